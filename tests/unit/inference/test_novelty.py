"""Novelty on summaries that a few parameters drive: right for what is like the simulations, and able to object."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from introghost.inference import novelty
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.novelty import Novelty

CHANNELS, PARAMETERS, REFERENCES = 30, 3, 460
NUMBERS = (20, 5)
LOADINGS = np.random.default_rng(0).normal(size=(2, PARAMETERS, CHANNELS))

Array = NDArray[np.float32]


def genomes(scenario: int, number: int, rng: np.random.Generator, noise: float = 1.0) -> Array:
    parameters = rng.normal(size=(number, PARAMETERS))
    summaries = np.tanh(parameters) @ LOADINGS[scenario] + 0.3 * noise * rng.normal(size=(number, CHANNELS))
    return (summaries + 2 * scenario).astype(np.float32)


def noisier_by(whole: Array, factor: float, rng: np.random.Generator) -> Array:
    """Genomes of fewer regions: as much more noise as makes it `factor` times that of `whole`."""
    return (whole + 0.3 * np.sqrt(factor**2 - 1) * rng.normal(size=whole.shape)).astype(np.float32)


def p_values(fitted: Novelty, values: Array, number: int = NUMBERS[0]) -> tuple[np.ndarray, np.ndarray]:
    return novelty.p_values(fitted, values, np.full(len(values), number))


@pytest.fixture(scope="module")
def fitted() -> Novelty:
    rng = np.random.default_rng(1)
    classes = np.repeat([0, 1], [REFERENCES, REFERENCES + 40])
    whole = np.concatenate([genomes(0, REFERENCES, rng), genomes(1, REFERENCES + 40, rng)])
    values = np.stack([whole, noisier_by(whole, 2, rng)])
    module = Novelty(CHANNELS, 2, novelty.num_references(classes, np.arange(len(classes))), len(NUMBERS))
    novelty.fit(module, values, NUMBERS, classes, np.arange(len(classes)), rng)
    return module


def test_what_was_simulated_is_rarely_novel(fitted: Novelty) -> None:
    rng = np.random.default_rng(2)
    for scenario in (0, 1):
        each, together = p_values(fitted, genomes(scenario, 1000, rng))
        assert 0.02 < np.mean(each[:, scenario] < 0.05) < 0.09
        assert np.mean(each[:, 1 - scenario] < 0.05) > 0.95, "the other scenario's genomes lie elsewhere"
        assert 0.02 < np.mean(together < 0.05) < 0.09
        assert np.mean(together < 0.01) < 0.025


@pytest.mark.parametrize(("number", "usual"), [(5, True), (9, True), (20, False), (90, False)])
def test_genomes_of_few_regions_are_compared_with_parts_as_small(fitted: Novelty, number: int, usual: bool) -> None:
    rng = np.random.default_rng(7)
    each, together = p_values(fitted, noisier_by(genomes(0, 1000, rng), 2, rng), number)
    assert (0.02 < np.mean(together < 0.05) < 0.09) == usual
    assert (0.02 < np.mean(each[:, 0] < 0.05) < 0.09) == usual


def test_more_regions_than_known_are_not_novel_for_that(fitted: Novelty) -> None:
    assert np.mean(p_values(fitted, genomes(0, 1000, np.random.default_rng(8)), 90)[1] < 0.05) < 0.09


def off_manifold(scenario: int, number: int, rng: np.random.Generator) -> Array:
    return genomes(scenario, number, rng) + rng.normal(size=CHANNELS).astype(np.float32)


def noisier(scenario: int, number: int, rng: np.random.Generator) -> Array:
    return genomes(scenario, number, rng, noise=2)


@pytest.mark.parametrize("other", [off_manifold, noisier], ids=lambda function: function.__name__)
def test_what_is_unlike_all_of_it_is_novel(fitted: Novelty, other: Callable[..., Array]) -> None:
    each, together = p_values(fitted, other(0, 300, np.random.default_rng(3)))
    assert np.mean(together < 0.05) > 0.75
    assert np.mean((each < 0.05).all(axis=1)) > 0.75


def test_what_lies_far_on_the_manifold_is_novel_too(fitted: Novelty) -> None:
    far = genomes(0, 50, np.random.default_rng(4)) + 4 * LOADINGS[0, 0].astype(np.float32)
    assert np.mean(p_values(fitted, far)[1] < 0.01) > 0.9


def test_the_distance_is_that_of_the_measure_that_objects_more() -> None:
    """Deviations from the median in units of the upper tail, by hand, of two scenarios and two measures."""
    scores = np.exp(np.stack([np.outer(np.arange(11), [1.0, 2.0]), np.outer(np.arange(11), [3.0, 0.5]) + 1]))
    # Medians of the logarithms are 5 and 10, and 16 and 3.5; their 90 % quantiles lie 4 and 8, 12 and 2 above.
    measured = np.exp(np.array([[[9.0, 10.0], [5.0, 26.0]], [[16.0, 1.5], [10.0, 6.5]]]))
    np.testing.assert_allclose(novelty.farness(measured, scores), [[1.0, 2.0], [0.0, 1.5]])


def test_a_genome_that_one_measure_alone_objects_to_is_novel() -> None:
    """One that the other measure finds usual: p-values are of the harsher of the two, with Bonferroni's correction."""
    rng = np.random.default_rng(9)
    module = Novelty(2, 1, 60)
    references = rng.normal(size=(1, 60, 2))
    module.numbers.fill_(20)
    module.references.copy_(torch.from_numpy(references))
    measures = novelty.Measures.fit(module.references[0].double().numpy())
    far = np.array([[0.0, 7.0]], np.float32)
    own = measures(far.astype(np.float64))[0]
    usual = np.linspace(0.5, 1.5, 60)
    for harsh in (0, 1):
        scores = np.stack([usual * own[0], usual * own[1]], axis=1)  # at the median of both
        scores[:, harsh] = own[harsh] * np.linspace(0.1, 0.2, 60)  # beyond all by this one
        module.scores.copy_(torch.from_numpy(scores))
        deviations = novelty.farness(scores[None], scores[None])[0]
        module.nearest.copy_(torch.from_numpy(deviations))
        each, together = novelty.p_values(module, far, np.array([20.0]))
        assert each[0, 0] == pytest.approx(2 / 61)
        assert together[0] == pytest.approx(1 / 61)


def test_a_genome_with_as_many_regions_as_a_level_is_compared_with_that_level() -> None:
    module = Novelty(2, 1, 60, levels=3)
    module.numbers.copy_(torch.tensor([16.0, 8.0, 4.0]))
    module.references.copy_(torch.from_numpy(np.random.default_rng(9).normal(size=(1, 60, 2))))
    module.scores.fill_(1.0)
    module.nearest.copy_(torch.tensor([-1e9, 1e9, -1e9])[:, None, None])  # all, none and all of them are nearer
    numbers = np.array([20.0, 16.0, 15.0, 8.0, 7.0, 4.0, 1.0])
    together = novelty.p_values(module, np.zeros((7, 2), np.float32), numbers)[1]
    np.testing.assert_allclose(together, np.where((numbers < 16) & (numbers >= 8), 1, 1 / 61))


CONSTANT, CLIPPED = 4, 5  # channels


@pytest.fixture(scope="module")
def scaled() -> tuple[ModelChoiceNetwork, Array]:
    """A network with references, and the roots that these are of, (scenarios, references, channels)."""
    rng = np.random.default_rng(6)
    roots = rng.uniform(1, 2, size=(2, 60, CHANNELS)).astype(np.float32)
    roots[:, :, CONSTANT] = 1.5
    roots[0, :6, CLIPPED] = 1e4
    network = ModelChoiceNetwork(CHANNELS + 1, 2, 2, references=60)
    values = torch.from_numpy(roots.reshape(-1, CHANNELS) ** 2)
    usual = network.standardise.transform(values, torch.full((120,), 20.0))[6:]
    network.standardise.set(usual.mean(dim=0), usual.std(dim=0))  # the first six are beyond ten standard deviations
    network.novelty.references.copy_(network.standardise.roots(values).reshape(2, 60, CHANNELS))
    return network, roots


def percentiles_of(network: ModelChoiceNetwork, roots: Array) -> np.ndarray:
    return novelty.percentiles(network, (roots**2).astype(np.float32))


def test_percentiles_are_those_of_counting(scaled: tuple[ModelChoiceNetwork, Array]) -> None:
    network, roots = scaled
    own = np.random.default_rng(7).uniform(1, 2, CHANNELS).astype(np.float32)
    own[7] = roots[1, 3, 7]  # as much as one has
    percentages = percentiles_of(network, own)
    for scenario, channel in np.ndindex(2, CHANNELS):
        if channel == CONSTANT:
            continue
        others = roots[scenario, :, channel].tolist()
        below = sum(other < own[channel] for other in others) + sum(other == own[channel] for other in others) / 2
        assert percentages[channel, scenario] == pytest.approx(100 * below / 60, abs=2), (
            "but for rounding to half precision"
        )
    assert percentages[7, 1] % (100 / 60) == pytest.approx(50 / 60)


@pytest.mark.parametrize(("root", "percentile"), [(1.5, 50), (1.501, 100), (1.499, 0)])
def test_what_never_varied_is_usual_only_where_it_is_the_same(
    scaled: tuple[ModelChoiceNetwork, Array], root: float, percentile: float
) -> None:
    own = np.full(CHANNELS, 1.5, np.float32)
    own[CONSTANT] = root
    assert percentiles_of(scaled[0], own)[CONSTANT].tolist() == [percentile, percentile]


@pytest.mark.parametrize(("root", "percentile"), [(1.99999, 90), (2e4, 100)])
def test_what_lies_beyond_ten_deviations_is_beyond_the_simulations_that_do(
    scaled: tuple[ModelChoiceNetwork, Array], root: float, percentile: float
) -> None:
    own = np.full(CHANNELS, 1.5, np.float32)
    own[CLIPPED] = root
    assert percentiles_of(scaled[0], own)[CLIPPED, 0] == percentile


def test_the_table_of_percentiles_has_values_and_a_column_for_each_scenario(
    scaled: tuple[ModelChoiceNetwork, Array],
) -> None:
    values = np.random.default_rng(7).uniform(1, 4, CHANNELS).astype(np.float32)
    names = [f"s{number}" for number in range(CHANNELS)]
    table = novelty.percentile_table(scaled[0], values, names, ["no_ghost", "ghost"])
    assert table.columns.tolist() == ["statistic", "value", "no_ghost", "ghost"]
    assert table["statistic"].tolist() == names
    np.testing.assert_array_equal(table["value"], values)
    np.testing.assert_array_equal(table[["no_ghost", "ghost"]], novelty.percentiles(scaled[0], values))


def test_too_few_genomes_tell_nothing() -> None:
    def num_references(*sizes: int, observations: int = 1) -> int:
        classes = np.repeat(np.repeat([0, 1], sizes), observations)
        return novelty.num_references(classes, np.arange(len(classes)) // observations)

    assert num_references(9, 500) == 0
    assert num_references(40, 500) == 0, "the least p-value would be 1 / 81"
    assert num_references(60, 500) == 60
    assert num_references(600, 2000) == novelty.REFERENCES
    assert num_references(40, 500, observations=3) == 0, "observations of one genome tell no more"
    assert num_references(60, 500, observations=3) == 180
