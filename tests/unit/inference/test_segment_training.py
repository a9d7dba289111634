"""The loss of the segment network, and what training makes of statistics."""

import numpy as np
import pytest
import torch
from scipy.special import expit
from small_statistics import small_statistics

from introghost.errors import DataError
from introghost.inference import calibration, segment_training, training
from introghost.inference.file_calibration import FileCalibration, posterior_spread
from introghost.inference.segment_batches import SegmentBatches, SegmentRegions
from introghost.inference.segment_training import segment_loss
from introghost.networks.segments import SegmentNetwork
from introghost.statistics.table import Statistics

PAIRS = [(scenario, number) for scenario in ("ghost", "no_ghost") for number in range(8)]


@pytest.fixture(scope="module")
def batch() -> tuple[torch.Tensor, ...]:
    data = SegmentRegions(small_statistics(PAIRS))
    return next(iter(SegmentBatches(data, np.arange(4), 16, None)))


class _Constant(torch.nn.Module):
    """Asks whether half precision is on where it is called."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        self.dtype = (values @ values.transpose(1, 2)).dtype
        return values.sum(dim=2)


def test_validation_has_all_digits(batch: tuple[torch.Tensor, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    network = _Constant()
    module = training.LossModule(network, lambda one: segment_loss(network, one), 1e-3, 10)
    monkeypatch.setattr(module, "log", lambda *_args, **_options: None)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        module.training_step(batch, 0)
        assert network.dtype == torch.bfloat16
        module.validation_step(batch, 0)
    assert network.dtype == torch.float32


def test_the_loss_is_that_of_usable_bins(batch: tuple[torch.Tensor, ...]) -> None:
    network = SegmentNetwork(18, 2, 8).eval()
    torch.nn.init.normal_(network.members[0][-1].weight)
    values, labels, usable = batch
    usable = usable.clone()
    usable[::2, :3] = 0
    with torch.inference_mode():
        logits = network(values).double().numpy()
        loss = segment_loss(network, (values, labels, usable))
    each = np.logaddexp(0, logits) - labels.numpy() * logits
    assert float(loss) == pytest.approx(each[usable.numpy() == 1].mean(), rel=1e-5)


def test_each_member_of_an_ensemble_has_the_loss_that_it_has_alone(batch: tuple[torch.Tensor, ...]) -> None:
    torch.manual_seed(1)
    network = SegmentNetwork(18, 2, 8, members=3).train()
    network.noise.eval()
    for member in network.members:
        torch.nn.init.normal_(member[-1].weight)
    together = segment_loss(network, batch)
    members = list(network.members)
    alone = []
    for member in members:
        network.members = torch.nn.ModuleList([member])
        alone.append(segment_loss(network, batch))
    torch.testing.assert_close(together, torch.stack(alone).mean())
    assert float(torch.stack(alone).detach().std()) > 1e-3, "members differ"


def test_temperature_and_thresholds_are_those_of_the_validation_haplotypes() -> None:
    """Computed once more from the network that came out; thresholds of genomes with a ghost alone.

    Nearly all of these is ghost-derived, so that the rates can be held.
    """
    dataset = small_statistics(PAIRS).dataset.copy(deep=True)
    dataset["ghost_fraction"][:] = (dataset["ghost_fraction"] > 0.04) & (dataset["scenario"] == "ghost")
    statistics = Statistics(dataset)
    trained = segment_training.train_segments(statistics, epochs=2, seed=6, width=8)
    held_out = training.split_genomes(statistics.scenarios, statistics.genome_indices, 6)
    data, (regions,) = SegmentRegions(statistics), np.nonzero(held_out)
    pairs = np.array([(region, haplotype) for region in regions for haplotype in range(4)])
    values, labels, _ = data.batch(pairs[:, 0], pairs[:, 1])
    with torch.inference_mode():
        logits = trained.bundle.network(values).numpy().ravel()
    bundle = trained.bundle
    temperature = calibration.binary_temperature(logits, labels.numpy().ravel())
    assert bundle.temperature == pytest.approx(temperature, rel=1e-3)
    posterior = expit(logits / bundle.temperature)
    has_ghost = np.repeat(statistics.scenarios[pairs[:, 0]] == "ghost", 5)
    for rate, threshold in bundle.thresholds.items():
        expected = calibration.threshold(posterior[has_ghost], labels.numpy().ravel()[has_ghost], rate)
        assert threshold == pytest.approx(expected, rel=1e-4)
        assert threshold < 1
    assert list(bundle.thresholds) == [0.05, 0.1, 0.15, 0.2]
    is_called = (posterior >= bundle.threshold()).reshape(len(regions) // 2, -1)  # a genome has two regions
    assert bundle.highest_called_share == pytest.approx(is_called.mean(axis=1).max())
    assert (bundle.training.num_training, bundle.training.num_validation) == (32 - len(regions), len(regions))
    assert bundle.inputs == data.channel_names
    assert bundle.architecture == {"channels": 18, "population": 2, "width": 8, "members": 1, "references": 0}


def test_posteriors_are_calibrated_by_genome_before_thresholds_are_chosen() -> None:
    """Computed once more from the network that came out, each genome by itself."""
    pairs = [(scenario, genome) for genome in range(800) for scenario in ("ghost", "no_ghost")]
    dataset = small_statistics(pairs).dataset.copy(deep=True)
    dataset.attrs["region_length_bp"] = 50_000  # of two regions, so that population statistics are known
    dataset["ghost_fraction"][:] = (dataset["ghost_fraction"] > 0.04) & (dataset["scenario"] == "ghost")
    statistics = Statistics(dataset)
    bundle = segment_training.train_segments(statistics, epochs=2, seed=6, width=8).bundle
    held_out = training.split_genomes(statistics.scenarios, statistics.genome_indices, 6)
    data = SegmentRegions(statistics)
    posteriors, labels = [], []
    for genome in np.unique(data.genome[held_out]):
        regions = np.flatnonzero(data.genome == genome)
        values, truth, _ = data.batch(np.repeat(regions, 4), np.tile(np.arange(4), len(regions)))
        with torch.inference_mode():
            logits = bundle.network(values).numpy()
        posteriors.append(expit(logits / bundle.temperature).reshape(len(regions), 4, -1))
        labels.append(truth.numpy().reshape(posteriors[-1].shape))
    spreads = np.stack([posterior_spread(posterior) for posterior in posteriors])
    flat = [[each.ravel() for each in part] for part in (posteriors, labels)]
    expected = FileCalibration.fit(*flat, spreads)
    assert expected is not None
    assert bundle.file_calibration is not None
    calibrated = [expected.calibrated(each, spread) for each, spread in zip(flat[0], spreads, strict=True)]
    with_ghost = np.concatenate([truth for truth in flat[1] if truth.any()])
    thresholds = {}
    for name, part in (("alone", flat[0]), ("given file", calibrated)):
        scores = np.concatenate([each for each, truth in zip(part, flat[1], strict=True) if truth.any()])
        thresholds[name] = {rate: calibration.threshold(scores, with_ghost, rate) for rate in bundle.thresholds}
    for rate, threshold in bundle.thresholds.items():
        assert threshold == pytest.approx(thresholds["given file"][rate], rel=1e-3)
    expected = expected.with_thresholds(*(list(each.values()) for each in thresholds.values()))
    for name, value in bundle.file_calibration.to_json().items():
        np.testing.assert_allclose(value, expected.to_json()[name], rtol=0.01, atol=0.01, err_msg=name)


def test_the_highest_called_share_is_that_of_the_genome_with_most() -> None:
    """Half of one region of a genome is ghost-derived and a quarter of the other, as a statistic shows."""
    dataset = small_statistics(PAIRS, num_bins=8).dataset.copy(deep=True)
    is_ghost = np.arange(8) < np.where(np.arange(32) % 2, 2, 4)[:, None, None]
    dataset["ghost_fraction"][:] = is_ghost
    dataset["haplotype_statistics"][:, :, :, 0] = 9.0 * is_ghost
    dataset["ghost_fraction"][:2] = 1
    dataset["haplotype_statistics"][:2, :, :, 0] = 9
    dataset["callable_fraction"][:2, 3:] = 0  # of the first genome scraps alone, which do not count
    dataset["callable_fraction"][2::2, 3:] = (
        0  # and one region of each other genome is a scrap, half of which is called
    )
    for seed in (1, 2):
        held_out = training.split_genomes(dataset["scenario"].values, dataset["genome"].values, seed)
        bundle = segment_training.train_segments(Statistics(dataset), epochs=40, seed=seed, width=8).bundle
        assert bundle.highest_called_share == 2 / 8, held_out[:2]


def test_nothing_called_is_a_share_that_a_bundle_can_hold() -> None:
    dataset = small_statistics(PAIRS).dataset.copy(deep=True)
    dataset["ghost_fraction"][:] = dataset["ghost_fraction"] > 0.9
    bundle = segment_training.train_segments(Statistics(dataset), epochs=1, seed=1, width=8).bundle
    assert bundle.threshold() == 1
    assert 0 < bundle.highest_called_share < 1e-5


def test_a_region_that_was_observed_several_times_counts_once() -> None:
    observed = Statistics.concatenate([small_statistics(PAIRS, num_regions=3, observation=draw) for draw in (0, 1)])
    training_data = segment_training.train_segments(observed, epochs=1, seed=1, width=8).bundle.training
    held_out = training.split_genomes(*map(np.array, zip(*PAIRS, strict=True)), seed=1)
    assert training_data.num_validation == 3 * held_out.sum()
    assert training_data.num_training == 3 * (~held_out).sum()


def test_statistics_that_teach_nothing_are_refused() -> None:
    """Rows beyond a small sample, which hold no number, are no ghost tract."""
    dataset = small_statistics(PAIRS).dataset.copy(deep=True)
    dataset["ghost_fraction"][:] = 0
    dataset["ghost_fraction"][0, -1] = np.nan
    with pytest.raises(DataError, match="no ghost tract"):
        segment_training.train_segments(Statistics(dataset), epochs=1, seed=1)
    masked = small_statistics(PAIRS).dataset.copy(deep=True)
    masked["callable_fraction"][:] = 0.01
    with pytest.raises(DataError, match="enough callable sequence"):
        segment_training.train_segments(Statistics(masked), epochs=1, seed=1)
