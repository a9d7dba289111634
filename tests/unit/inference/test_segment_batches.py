"""Batches of the segment network: what training may see of a region, and what validation must."""

import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from small_statistics import small_statistics

from introghost.errors import DataError
from introghost.haplotypes import OUTGROUP_MAJOR, Haplotypes
from introghost.inference import inputs, segment_batches
from introghost.inference.segment_batches import SegmentBatches, SegmentRegions, draw_loci, mirrored_channels
from introghost.networks.layers import signed_root
from introghost.networks.segments import SegmentNetwork
from introghost.simulation import scenarios
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.observation import ObservationModel
from introghost.simulation.observed import observe
from introghost.statistics import dataset
from introghost.statistics.dataset import Region
from introghost.statistics.haplotype import STATISTICS as HAPLOTYPE_STATISTICS
from introghost.statistics.table import Statistics

SCENARIOS = Path(__file__).parents[3] / "config" / "scenarios"
REGIONS, HAPLOTYPES, BINS, STATISTICS = 3, 30, 8, 4


@pytest.fixture
def whole_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sequence is cut down to a locus, and population statistics are known of each."""
    monkeypatch.setattr(segment_batches, "LOCUS_SHARE", 0.0)
    monkeypatch.setattr(segment_batches, "UNKNOWN_SHARE", 0.0)


@pytest.fixture(scope="module")
def data() -> SegmentRegions:
    return SegmentRegions(small_statistics([("ghost", 1)], num_regions=3, num_haplotypes=HAPLOTYPES, num_bins=BINS))


def rows(data: SegmentRegions, seed: int | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Values and labels of one epoch, in batches of 16."""
    values, labels, _ = zip(*SegmentBatches(data, np.arange(REGIONS), 16, seed), strict=True)
    return torch.cat(values), torch.cat(labels)


def test_an_epoch_is_the_same_for_the_same_seed_and_another_for_another(data: SegmentRegions) -> None:
    first, again, other = (rows(data, seed)[0] for seed in (1, 1, 2))
    torch.testing.assert_close(first, again, rtol=0, atol=0, equal_nan=True)
    assert not torch.equal(first.nan_to_num(), other.nan_to_num())


def test_an_error_while_the_next_batch_is_put_together_is_not_lost(
    data: SegmentRegions, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = SegmentBatches(data, np.arange(REGIONS), 16, 1)
    given, whole = iter(batches), data.batch
    monkeypatch.setattr(data, "batch", lambda *given: whole(*given) if len(seen) < 2 else 1 / 0)
    seen: list[object] = []
    with pytest.raises(ZeroDivisionError):
        seen.extend(given)
    assert 0 < len(seen) < len(batches)


def test_no_thread_is_left_of_an_epoch_that_was_given_up(data: SegmentRegions) -> None:
    before = threading.active_count()
    given = iter(SegmentBatches(data, np.arange(REGIONS), 16, 1))
    next(given)
    assert threading.active_count() == before + 1
    given.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def places(data: SegmentRegions, values: torch.Tensor) -> tuple[list[int], list[bool]]:
    """Which haplotype each sequence is of, among those of all regions, and whether it is read backwards."""
    ahead = data.statistics.float().flatten(0, 1)
    back = ahead.flip(1)[:, :, mirrored_channels(NAMES)]
    where, backwards = [], []
    for row in values[:, :, :STATISTICS]:
        matches = [torch.isclose(way, row).flatten(1).all(dim=1).nonzero().flatten().tolist() for way in (ahead, back)]
        (place,) = matches[0] + matches[1]
        where.append(place)
        backwards.append(bool(matches[1]))
    return where, backwards


NAMES = ("a", "b", "private_quarter_1", "private_quarter_4")


@pytest.mark.usefixtures("whole_sequences")
def test_every_second_batch_of_training_is_read_backwards_and_none_of_validation(data: SegmentRegions) -> None:
    for seed, expected in ((1, [False, True, False, True, False]), (None, [False] * 5)):
        for (values, labels, usable), reverse in zip(
            SegmentBatches(data, np.arange(REGIONS), 16, seed), expected, strict=True
        ):
            where, backwards = places(data, values)
            assert backwards == [reverse] * len(values)
            truth = data.labels.flatten(0, 1)[where]
            torch.testing.assert_close(labels, truth.flip(1) if reverse else truth, rtol=0, atol=0)
            assert usable.all()


@pytest.mark.usefixtures("whole_sequences")
def test_training_blurs_the_context_and_nothing_else(data: SegmentRegions) -> None:
    for values, _, _ in SegmentBatches(data, np.arange(REGIONS), 16, 1):
        where, backwards = places(data, values)
        for row, place, back in zip(values, where, backwards, strict=True):
            right_way = row.flip(0)[:, data.mirrored] if back else row
            statistics = data.statistics[place // HAPLOTYPES, place % HAPLOTYPES].float()
            clean = inputs.segment_input(statistics, data.context[place // HAPLOTYPES])
            factor = right_way / clean
            torch.testing.assert_close(right_way[:, :STATISTICS], clean[:, :STATISTICS])
            torch.testing.assert_close(right_way[:, -STATISTICS:], clean[:, -STATISTICS:])
            around = factor[:, STATISTICS:-STATISTICS]
            torch.testing.assert_close(around, around[:1].expand_as(around))  # one factor per statistic, along all bins
            assert 0.01 < around[0].log().abs().mean() < 1


def test_loci_are_of_all_lengths_and_lie_anywhere() -> None:
    shown = draw_loci(20_000, 50, np.random.default_rng(1))
    length = shown.sum(axis=1)
    assert abs((length < 50).mean() - segment_batches.LOCUS_SHARE) < 0.02
    assert length.min() == segment_batches.LEAST_LOCUS_BINS
    assert (np.diff(shown.astype(int), axis=1) == 1).sum(axis=1).max() == 1, "one stretch"
    of_loci = shown[length < 50]
    assert np.median(of_loci.sum(axis=1)) == pytest.approx(np.sqrt(4 * 50), abs=1)
    assert of_loci.mean(axis=0).min() > 0.03, "the ends too"
    assert draw_loci(9, 2, np.random.default_rng(1)).shape == (9, 2)


def test_training_sees_some_loci_alone_and_learns_of_nothing_else(data: SegmentRegions) -> None:
    hidden = 0
    for values, labels, usable in SegmentBatches(data, np.arange(REGIONS), 16, 1):
        assert not values[~usable.bool()][:, ~data.everywhere].any()
        assert labels.any(), "labels stay, for the loss goes by what is usable"
        hidden += int((~usable.bool()).any(dim=1).sum())
    assert 0.1 < hidden / (REGIONS * segment_batches.HAPLOTYPES_PER_EPOCH) < 0.45


def test_population_statistics_are_unknown_of_some_sequences_of_training_and_of_none_of_validation(
    data: SegmentRegions,
) -> None:
    for seed, share in ((1, segment_batches.UNKNOWN_SHARE), (None, 0)):
        is_unknown = rows(data, seed)[0].isnan()
        assert not is_unknown[:, :, ~data.of_population].any()
        of_sequence = is_unknown[:, :1, data.of_population][:, :, :1]
        assert (is_unknown[:, :, data.of_population] == of_sequence).all(), "all or nothing, along the sequence"
        assert abs(float(of_sequence.float().mean()) - share) < 0.15


def test_a_locus_alone_is_what_a_file_of_it_alone_would_show() -> None:
    """But for windows that reach across its ends."""
    ((trees, tracts),) = simulate_genome_with_tracts(
        scenarios.load(SCENARIOS / "ghost"),
        1,
        SimulationSettings(seed=1, num_regions=1, region_length_bp=600_000, outgroup_diploids=5, target_diploids=4),
    )
    observed = observe(trees, ObservationModel(), ancestral=OUTGROUP_MAJOR, seed=1)
    haplotypes, tracts = observed.haplotypes, observed.tracts(tracts)
    locus = np.zeros(60, dtype=bool)
    locus[20:45] = True

    def regions(shown: Haplotypes) -> SegmentRegions:
        origin = {"index": 0, "genome": 1, "scenario": "ghost", "ghost_of_target": True}
        region = Region(shown, tracts=tracts, rows=np.arange(8), **origin)
        attributes = {"outgroup_diploids": [5, 5], "target_diploids": [4, 4], "observation": "{}"}
        return SegmentRegions(dataset.build([region], bin_bp=10_000, num_rows=8, attributes=attributes))

    every = np.zeros(8, dtype=np.intp), np.arange(8)
    of_the_file, *_ = regions(haplotypes.mask(np.array([[200_000, 450_000]]))).batch(*every)
    whole = regions(haplotypes)
    values, _, usable = whole.only(whole.batch(*every), np.tile(locus, (8, 1)))
    np.testing.assert_array_equal(usable, np.tile(locus, (8, 1)))
    far = np.r_[0:10, 55:60, 30:35]  # from the ends of the locus
    kept = ~whole.of_population
    torch.testing.assert_close(values[:, far][:, :, kept], of_the_file[:, far][:, :, kept], rtol=1e-3, atol=1e-3)
    assert of_the_file[:, :, ~kept].isnan().all(), "less than half of the region is callable"
    assert values[:, far].any(dim=2).all(), "numbers of haplotypes are known everywhere"


def test_validation_sees_things_as_they_are(data: SegmentRegions) -> None:
    values, _ = rows(data, None)
    blocks = values[:, :, STATISTICS:-STATISTICS].reshape(REGIONS, -1, BINS, data.context.shape[2])
    torch.testing.assert_close(blocks, data.context[:, None].expand_as(blocks), rtol=0, atol=0)
    torch.testing.assert_close(values, rows(data, None)[0], rtol=0, atol=0)


def test_what_has_a_direction_is_turned_with_the_sequence() -> None:
    names = ["a", "private_quarter_2", "private_quarter_1", "private_quarter_3", "b", "private_quarter_4"]
    of_names = dict(zip(names, (0, 3, 5, 1, 4, 2), strict=True))  # where each finds its mirror image
    named = SegmentRegions(small_statistics([("ghost", 1)], names=names))
    batch = named.batch(np.array([0, 1]), np.array([2, 0]))
    turned, labels, _ = named.reversed(batch)
    for first in (0, 6, 12, 20):  # two population statistics stand before the deviations
        for index, name in enumerate(names):
            expected = batch[0][:, :, first + of_names[name]].flip(1)
            torch.testing.assert_close(turned[:, :, first + index], expected, rtol=0, atol=0)
    torch.testing.assert_close(labels, batch[1].flip(1), rtol=0, atol=0)
    torch.testing.assert_close(named.reversed((turned, labels, batch[2]))[0], batch[0], rtol=0, atol=0)


def test_mirror_images_are_by_name() -> None:
    channels = inputs.segment_channel_names(HAPLOTYPE_STATISTICS, ["fst"])
    order = mirrored_channels(channels)
    assert sorted(order) == list(range(len(channels)))
    exchanged = {channels[index]: channels[place] for index, place in enumerate(order) if index != place}
    assert len(exchanged) == 4 * 4
    assert exchanged["private_quarter_1"] == "private_quarter_4"
    assert exchanged["private_quarter_3:mean"] == "private_quarter_2:mean"
    assert exchanged["private_quarter_2:deviation"] == "private_quarter_3:deviation"


def padded(statistics: Statistics, absent: int) -> Statistics:
    """The same with no value in the last rows of the first region, as in the file of a small sample."""
    dataset = statistics.dataset.copy(deep=True)
    for name in ("haplotype_statistics", "ghost_fraction"):
        dataset[name][0, -absent:] = np.nan
    return Statistics(dataset)


def test_rows_beyond_a_small_sample_are_never_seen() -> None:
    data = SegmentRegions(padded(small_statistics([("ghost", 1)]), 3))
    assert data.present.tolist() == [1, 4]
    for seed in (1, 2, None):
        values, labels = rows_of(data, seed)
        assert torch.isfinite(values[:, :, ~data.of_population]).all()
        assert torch.isfinite(labels).all()


def rows_of(data: SegmentRegions, seed: int | None) -> tuple[torch.Tensor, torch.Tensor]:
    values, labels, _ = zip(*SegmentBatches(data, np.arange(2), 3, seed), strict=True)
    return torch.cat(values), torch.cat(labels)


def test_networks_standardise_by_the_regions_they_are_given_each_weighing_the_same() -> None:
    data = SegmentRegions(padded(small_statistics([("ghost", 1), ("ghost", 2)]), 3))
    network = SegmentNetwork(len(data.channel_names), int(data.of_population.sum()), 8)
    data.standardise(network, np.array([0, 2]))
    of_regions = [signed_root(data.batch(np.full(n, r), np.arange(n))[0]).flatten(0, 1) for r, n in ((0, 1), (2, 4))]
    mean = torch.stack([roots.mean(0) for roots in of_regions]).mean(0)
    square = torch.stack([roots.square().mean(0) for roots in of_regions]).mean(0)
    torch.testing.assert_close(network.standardise.mean, mean, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(network.standardise.deviation, (square - mean.square()).sqrt(), rtol=1e-3, atol=1e-3)


def test_what_is_not_callable_does_not_enter_the_standardisation() -> None:
    statistics = small_statistics([("ghost", 1), ("ghost", 2)], num_regions=1)
    masked = statistics.dataset.copy(deep=True)
    masked["callable_fraction"][0, 2:] = 0
    masked["callable_fraction"][1] = 0
    data = SegmentRegions(Statistics(masked))
    network = SegmentNetwork(len(data.channel_names), int(data.of_population.sum()), 8)
    data.standardise(network, np.array([0, 1]))
    values, _, _ = data.batch(np.zeros(4, np.int64), np.arange(4))
    expected = torch.where(data.of_population, 0.0, signed_root(values[:, :2]).mean((0, 1)))  # too few bins for these
    torch.testing.assert_close(network.standardise.mean, expected, rtol=1e-4, atol=1e-5)


def test_statistics_without_truth_are_refused() -> None:
    bare = Statistics(small_statistics([("ghost", 1)]).dataset.drop_vars("ghost_fraction"))
    with pytest.raises(DataError, match="no truth"):
        SegmentRegions(bare)
