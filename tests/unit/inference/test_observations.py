"""Genomes that are observed several times: all observations of one are on one side of every split, fold and draw."""

from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray
from small_statistics import small_statistics

from introghost.errors import DataError
from introghost.inference import balance, genome_training, novelty, segment_training
from introghost.inference.discriminants import FOLDS, Discriminants, Predictors, ridge_regression
from introghost.inference.genome_batches import Genomes
from introghost.inference.segment_batches import SegmentBatches, SegmentRegions
from introghost.networks.novelty import Novelty
from introghost.statistics.table import Statistics

Value = TypeVar("Value", bound=np.generic)

OBSERVATIONS = 3
PAIRS = [(scenario, number) for scenario in ("ghost", "no_ghost") for number in range(20)]
GENOMES = 60
# Observations of one genome side by side, as in a file, and far apart, as where files are joined.
ORDERS = {"beside": np.repeat(np.arange(GENOMES), OBSERVATIONS), "apart": np.tile(np.arange(GENOMES), OBSERVATIONS)}


def observed(order: str = "beside") -> Statistics:
    """Statistics of forty genomes, each observed three times with values that differ."""
    draws = [small_statistics(PAIRS, seed=draw + 1, observation=draw) for draw in range(OBSERVATIONS)]
    joined = Statistics.concatenate(draws)
    rows = np.arange(len(joined.scenarios)).reshape(OBSERVATIONS, -1)
    return joined.select((rows.T if order == "beside" else rows).ravel())


@pytest.fixture(params=list(ORDERS))
def identities(request: pytest.FixtureRequest) -> NDArray[np.int64]:
    """Identity of each of 180 observations."""
    return ORDERS[request.param].astype(np.int64)


def by_identity(values: NDArray[Value], identities: NDArray[np.int64]) -> NDArray[Value]:
    """Values of each genome's observations, shape (num_genomes, OBSERVATIONS, ...)."""
    return np.stack([values[identities == identity] for identity in np.unique(identities)])


def assert_one_each(values: NDArray[np.generic], identities: NDArray[np.int64]) -> None:
    """Refuse values that differ between the observations of a genome, or that are all the same."""
    grouped = by_identity(values, identities)
    np.testing.assert_array_equal(grouped, np.broadcast_to(grouped[:, :1], grouped.shape))
    assert len(np.unique(values)) > 1


@pytest.mark.parametrize("order", list(ORDERS))
def test_observations_of_a_genome_are_validated_or_trained_on_together(order: str) -> None:
    genomes = Genomes.of(observed(order), seed=5)
    names = list(zip(genomes.scenarios.tolist(), genomes.parameters["t"].tolist(), strict=True))
    expected = {name: number for number, name in enumerate(dict.fromkeys(names))}
    assert genomes.identities.tolist() == [expected[name] for name in names]
    assert np.bincount(genomes.identities).tolist() == [OBSERVATIONS] * len(PAIRS)
    assert_one_each(genomes.held_out, genomes.identities)


@pytest.mark.parametrize("order", list(ORDERS))
def test_regions_of_a_genome_are_validated_or_trained_on_together(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of the batches that the training of the segment network reads."""
    sides: dict[bool, set[int]] = {}

    class Recorded(SegmentBatches):
        def __init__(self, data: SegmentRegions, regions: NDArray[np.intp], size: int, seed: int | None) -> None:
            sides[seed is None] = set(regions.tolist())
            super().__init__(data, regions, size, seed)

    monkeypatch.setattr(segment_training, "SegmentBatches", Recorded)
    statistics = observed(order)
    segment_training.train_segments(statistics, epochs=1, seed=1, width=4)
    names = [f"{s}/{g}" for s, g in zip(statistics.scenarios, statistics.genome_indices, strict=True)]
    training, validation = ({names[region] for region in sides[side]} for side in (False, True))
    assert training | validation == set(names)
    assert not training & validation
    assert validation
    assert len(sides[True]) == len(validation) * OBSERVATIONS * 2, "all observations of both regions"


def test_observations_of_a_genome_are_in_one_fold_of_the_discriminants(identities: NDArray[np.int64]) -> None:
    """Of noise that tells genomes apart, but not scenarios: what knew a genome would know its other observations."""
    rng = np.random.default_rng(2)
    classes, held_out = identities % 2, identities < 6
    standard = (rng.normal(size=(GENOMES, 80))[identities] + 0.1 * rng.normal(size=(180, 80))).astype(np.float32)
    weights = np.ones((180, 1), np.float32)
    made = Discriminants.fit(standard, classes, weights, held_out, identities)
    fold = made.fold.numpy()
    assert_one_each(fold, identities)
    assert (fold[held_out] == FOLDS).all()
    for index in (0, 1):
        assert np.bincount(fold[(classes == index) & ~held_out], minlength=FOLDS).min() >= 2 * OBSERVATIONS
    logits = np.einsum("bc,bsc->bs", standard, made.slopes.numpy()[fold, 0]) + made.intercepts.numpy()[fold, 0]
    assert np.mean((logits.argmax(axis=1) == classes)[~held_out]) < 0.7
    by_row = Discriminants.fit(standard, classes, weights, held_out, np.arange(180))
    fold = by_row.fold.numpy()
    logits = np.einsum("bc,bsc->bs", standard, by_row.slopes.numpy()[fold, 0]) + by_row.intercepts.numpy()[fold, 0]
    assert np.mean((logits.argmax(axis=1) == classes)[~held_out]) > 0.9, "the test can tell"


def test_observations_of_a_genome_are_in_one_fold_of_the_predictors(identities: NDArray[np.int64]) -> None:
    rng = np.random.default_rng(3)
    held_out = identities < 6
    standard = (rng.normal(size=(GENOMES, 80))[identities] + 0.1 * rng.normal(size=(180, 80))).astype(np.float32)
    values = rng.normal(size=(GENOMES, 1))[identities].astype(np.float32)
    correlations = []
    for told in (identities, np.arange(180)):
        made = Predictors.fit(standard, values, held_out, told)
        fold = made.fold.numpy()
        predicted = np.einsum("bc,bpc->bp", standard, made.slopes.numpy()[fold]) + made.intercepts.numpy()[fold]
        correlations.append(np.corrcoef(predicted[~held_out, 0], values[~held_out, 0])[0, 1])
        if told is identities:
            assert_one_each(fold, identities)
            assert (fold[held_out] == FOLDS).all()
            assert set(fold[~held_out].tolist()) == set(range(FOLDS))
    assert correlations[0] < 0.4, "noise predicts nothing of a genome of which no observation was seen"
    assert correlations[1] > 0.9, "the test can tell"


def test_a_genome_weighs_the_same_in_the_ridge_regression_however_often_it_was_observed() -> None:
    rng = np.random.default_rng(4)
    standard, values = (rng.normal(size=(40, size)).astype(np.float32) for size in (5, 2))
    values += standard[:, :2]
    times = rng.integers(1, 5, 40)
    rows = rng.permutation(np.repeat(np.arange(40), times))
    once = ridge_regression(standard, values, np.arange(40))
    often = ridge_regression(standard[rows], values[rows], rows)
    np.testing.assert_allclose(often.coef_, once.coef_, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(often.intercept_, once.intercept_, rtol=1e-4, atol=1e-5)
    by_row = ridge_regression(standard[rows], values[rows], np.arange(len(rows)))
    assert np.abs(by_row.coef_ - once.coef_).max() > 0.01


def test_bootstrap_weights_are_drawn_for_genomes(identities: NDArray[np.int64]) -> None:
    classes, held_out = (identities % 3).astype(np.int64), identities < 9
    weights = balance.bootstrap_weights(classes, held_out, identities, 4, np.random.default_rng(1))
    grouped = by_identity(weights, identities)
    np.testing.assert_array_equal(grouped, np.broadcast_to(grouped[:, :1], grouped.shape))
    assert len(np.unique(weights[~held_out])) == 4 * (GENOMES - 9)
    once = balance.bootstrap_weights(
        np.arange(GENOMES) % 3, np.arange(GENOMES) < 9, np.arange(GENOMES), 4, np.random.default_rng(1)
    )
    np.testing.assert_allclose(grouped[:, 0], once, rtol=1e-6)


def test_two_observations_are_not_two_genomes_to_train_on() -> None:
    classes, identities = np.array([0, 0, 1, 1]), np.array([0, 1, 2, 2])
    with pytest.raises(DataError, match="not two genomes left"):
        balance.repeated(classes, np.ones(4, dtype=bool), identities, np.random.default_rng(1))


def test_observations_of_a_genome_are_in_one_fold_of_novelty() -> None:
    """One genome lies fifty deviations from all others: nothing that it is measured by may know its observations."""
    rng = np.random.default_rng(5)
    identities = np.repeat(np.arange(160), OBSERVATIONS)
    classes = (identities % 2).astype(np.int64)
    whole = (rng.normal(size=(160, 10))[identities] + 0.1 * rng.normal(size=(480, 10))).astype(np.float32)
    whole[identities == 8, 0] = 50
    farthest = []
    for told in (identities, np.arange(480)):
        module = Novelty(10, 2, novelty.num_references(classes, identities), 1)
        novelty.fit(module, whole[None], [8], classes, told, np.random.default_rng(1))
        assert module.scores.shape == (1, 2, 240, 2), "all observations are references"
        farthest.append(np.sort(module.scores[0, 0, :, 0].numpy())[-OBSERVATIONS:])
    assert farthest[0].min() > 1_000, "squared deviations"
    assert farthest[1].max() < 300, "the test can tell: two of the three make the direction a usual one"


def test_of_genomes_observed_once_nothing_depends_on_their_identities() -> None:
    """Folds are dealt out row by row and weights are drawn row by row, in the order of the rows."""
    rng = np.random.default_rng(6)
    distinct = rng.permutation(90).astype(np.int64)
    assert balance.folds(distinct, FOLDS).tolist() == (np.arange(90) % FOLDS).tolist()
    classes, held_out = np.repeat([0, 1, 2], 30), rng.random(90) < 0.15
    weights = balance.bootstrap_weights(classes, held_out, distinct, 2, np.random.default_rng(1))
    drawn = np.random.default_rng(1).exponential(size=(90, 2))
    for index in range(3):
        rows = (classes == index) & ~held_out
        np.testing.assert_array_equal(weights[rows], (drawn[rows] / drawn[rows].mean(axis=0)).astype(np.float32))


def test_networks_are_trained_on_genomes_observed_several_times() -> None:
    statistics = observed("apart")
    trained = genome_training.train_model_choice(statistics, epochs=1, seed=3, members=2)
    once = genome_training.train_model_choice(small_statistics(PAIRS), epochs=1, seed=3, members=2)
    counts = [(b.training.num_training, b.training.num_validation) for b in (trained.bundle, once.bundle)]
    assert counts[0] == counts[1], "genomes, however often each was observed"


def test_a_fold_that_no_reference_is_in_is_passed_over() -> None:
    """Of the rarer scenario's forty genomes all are references, of the other's observations those of about thirty."""
    identities = np.concatenate([np.arange(60), np.repeat(np.arange(60, 120), 9)])
    classes = (identities >= 60).astype(np.int64)
    module = Novelty(4, 2, novelty.num_references(classes, identities), 1)
    whole = np.random.default_rng(1).normal(size=(1, len(classes), 4)).astype(np.float32)
    novelty.fit(module, whole, [2], classes, identities, np.random.default_rng(1))
    assert bool(module.scores.isfinite().all())
    assert bool((module.scores > 0).all())
