"""Networks for whole genomes: what they are trained on, and that they find what theory says."""

import numpy as np
import pytest
import torch
import xarray as xr
from sklearn.covariance import ShrunkCovariance
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from squares import squares

from introghost.inference import genome_training, training
from introghost.inference.genome_training import _Genomes, _Parts
from introghost.networks.model_choice import ModelChoiceNetwork

REGIONS, CHANNELS = 16, 3


@pytest.fixture(scope="module")
def genomes() -> _Genomes:
    """Six genomes whose statistics tell which genome and which of its regions they are of."""
    rows = [np.stack([np.full(REGIONS, g), np.arange(REGIONS), np.ones(REGIONS)], axis=1) for g in range(6)]
    return _Genomes([row.astype(np.float32) for row in rows], np.arange(6) * REGIONS, np.arange(6) > 3)


def epoch(genomes: _Genomes, cases: list[int], seed: int | None, size: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    batches = _Parts(genomes, np.array(cases), (torch.arange(6),), size, seed)
    pooled, labels = zip(*batches, strict=True)
    return torch.cat(pooled), torch.cat(labels)


def test_every_genome_comes_once_in_an_epoch_and_every_second_time_whole(genomes: _Genomes) -> None:
    parts = _Parts(genomes, np.arange(6), (torch.arange(6),), 4, 1)
    numbers = []
    for _ in range(200):
        pooled, labels = (torch.cat(part) for part in zip(*parts, strict=True))
        assert sorted(labels.tolist()) == list(range(6))
        torch.testing.assert_close(pooled[:, 0], labels.float()), "labels stay with their genomes"
        numbers += pooled[:, -1].tolist()
    assert {2.0, 16.0} <= set(numbers) <= set(range(2, 17))
    assert 0.45 < np.mean(np.array(numbers) == REGIONS) < 0.65


def test_parts_are_of_distinct_regions(genomes: _Genomes) -> None:
    rng = np.random.default_rng(1)
    means = [genomes.part(3, 2, rng)[1] for _ in range(500)]
    assert min(means) >= 0.5, "0 and 0 would be less"
    assert np.mean(means) == pytest.approx((REGIONS - 1) / 2, abs=0.5)
    np.testing.assert_allclose(genomes.part(3, REGIONS, rng), [3, (REGIONS - 1) / 2, 1, REGIONS])


def test_validation_is_the_same_in_every_epoch_and_training_is_not(genomes: _Genomes) -> None:
    first, labels = epoch(genomes, [4, 5], None)
    assert labels.tolist() == [4] * 4 + [5] * 4
    assert first[:, -1].tolist() == [16, 8, 4, 2] * 2
    torch.testing.assert_close(first, epoch(genomes, [4, 5], None, size=100)[0])
    train = _Parts(genomes, np.arange(4), (torch.arange(6),), 4, 1)
    one, other = (next(iter(train))[0] for _ in range(2))
    assert not torch.equal(one, other)
    torch.testing.assert_close(one, epoch(genomes, [0, 1, 2, 3], 1)[0])


@pytest.mark.parametrize("width", [0, 16])
def test_model_choice_between_two_gaussians_is_that_of_bayes_theorem(width: int) -> None:
    """Networks see signed roots, so that squares with a sign are seen as the Gaussian variables that they are of."""
    torch.manual_seed(1)
    classes = torch.arange(6_000) % 2
    seen = squares(torch.randn(6_000, 2) + classes[:, None] * torch.tensor([1.5, -0.5]))
    weights = torch.distributions.Exponential(1.0).sample((6_000, 3))
    held_out = np.arange(6_000) < 500
    weights[held_out] = 1
    network = ModelChoiceNetwork(3, 2, width, members=3)
    discriminants = genome_training._Discriminants.fit(
        network.standardise(seen).numpy(), classes.numpy(), weights.numpy(), held_out
    )
    discriminants.give(network)
    data = torch.utils.data.TensorDataset(seen, classes, weights, discriminants.fold)
    parts = [torch.utils.data.Subset(data, np.flatnonzero(side).tolist()) for side in (~held_out, held_out)]
    loaders = torch.utils.data.DataLoader(parts[0], 100, shuffle=True), torch.utils.data.DataLoader(parts[1], 500)
    training.fit(network, discriminants.loss, *loaders, epochs=20, learning_rate=0.01, patience=20)
    new = torch.randn(1_000, 2) + torch.tensor([0.75, -0.25])
    exact = torch.sigmoid(new @ torch.tensor([1.5, -0.5]) - (1.5**2 + 0.5**2) / 2)
    with torch.inference_mode():
        found = torch.softmax(network(squares(new)), dim=1)[:, 1]
        each = torch.softmax(network.each(squares(new)), dim=2)[:, :, 1]
    assert float((found - exact).abs().max()) < 0.08
    assert float((found - exact).abs().mean()) < 0.02
    torch.testing.assert_close(found, each.mean(0))
    assert 0.001 < float(each.std(0).mean()) < 0.03, "members see other genomes"


def test_discriminants_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    classes = np.repeat([0, 1, 2], 40)
    standard = (rng.normal(size=(120, 5)) + rng.normal(size=(3, 5))[classes]).astype(np.float32)
    slopes, intercepts = genome_training.discriminant(standard, classes, np.ones(120), 0.3)
    other = LinearDiscriminantAnalysis(
        solver="eigen", covariance_estimator=ShrunkCovariance(shrinkage=0.3), priors=np.full(3, 1 / 3)
    ).fit(standard, classes)
    found, expected = standard @ slopes.T + intercepts, other.decision_function(standard)
    np.testing.assert_allclose(found, expected - expected.mean(axis=1, keepdims=True), rtol=1e-4, atol=1e-4)
    twice = np.concatenate([np.arange(120), np.flatnonzero(classes == 1)])
    again = genome_training.discriminant(standard[twice], classes[twice], np.ones(160), 0.3)
    weighed = genome_training.discriminant(standard, classes, np.where(classes == 1, 2.0, 1.0), 0.3)
    for one, two, three in zip(again, weighed, (slopes, intercepts), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(two, three, rtol=1e-6, atol=1e-9), "scenarios weigh the same, whatever their genomes"


def test_a_genome_is_judged_without_its_own_fold() -> None:
    """Of noise alone many statistics could learn by heart which genome is of which scenario."""
    rng = np.random.default_rng(2)
    standard, classes = rng.normal(size=(80, 60)).astype(np.float32), np.arange(80) % 2
    held_out = np.arange(80) < 8
    made = genome_training._Discriminants.fit(standard, classes, np.ones((80, 1), np.float32), held_out)
    slopes, intercepts, fold = made.slopes.numpy()[:, 0], made.intercepts.numpy()[:, 0], made.fold.numpy()
    own = np.einsum("bc,bsc->bs", standard, slopes[fold]) + intercepts[fold]
    learnt = standard @ slopes[-1].T + intercepts[-1]
    right = [np.mean((found.argmax(axis=1) == classes)[~held_out]) for found in (own, learnt)]
    assert right[0] < 0.7
    assert right[1] > 0.85


def test_few_regions_say_less_and_a_network_knows_by_how_much() -> None:
    """The mean of n Gaussian regions: the exact log odds are n times those of one region."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    classes = np.arange(1_200) % 2
    regions = [
        np.stack([0.5 * label + rng.normal(size=REGIONS), np.zeros(REGIONS)], axis=1).astype(np.float32)
        for label in classes
    ]
    shifted = [np.column_stack([(row[:, 0] + 30) ** 2, row[:, 1]]).astype(np.float32) for row in regions]
    data = _Genomes(shifted, np.arange(1_200), np.arange(1_200) < 200)
    parts, weights = data.parts(data.numbers(), rng), np.ones((1_200, 1), np.float32)
    network = ModelChoiceNetwork(3, 2, 0, members=1)
    genome_training._scale(network, parts)
    standard = network.standardise(torch.from_numpy(parts[0])).numpy()
    discriminants = genome_training._Discriminants.fit(standard, classes, weights, data.held_out)
    discriminants.give(network)
    labels = torch.from_numpy(classes), torch.from_numpy(weights), discriminants.fold
    loaders = (
        torch.utils.data.DataLoader(_Parts(data, np.flatnonzero(side), labels, 50, seed), batch_size=None)
        for side, seed in ((~data.held_out, 1), (data.held_out, None))
    )
    training.fit(network, discriminants.loss, *loaders, epochs=60, learning_rate=0.02, patience=60)
    for number in (2, 16):
        mean = torch.linspace(-0.25, 0.75, 5)
        seen = torch.stack([(mean + 30) ** 2, torch.zeros(5), torch.full((5,), float(number))], dim=1)
        with torch.inference_mode():
            logits = network(seen)
        exact = number * (0.5 * mean - 0.125)
        torch.testing.assert_close(logits[:, 1] - logits[:, 0], exact, rtol=0.3, atol=0.6)


def test_what_is_known_of_regions_is_told(genomes: _Genomes) -> None:
    told = genome_training._of_genomes(xr.Dataset(attrs={"segments": "x"}), genomes)
    assert told == {"regions": [2, 16], "segments": "x"}
