"""Posteriors of haplotypes and bins, and the segments that they make."""

import copy
import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from random_source import UNKNOWN, RandomSource, bundle_of, contig_statistics

from introghost.haplotypes import MISSING
from introghost.inference import calling, region_novelty
from introghost.inference.bundles import SegmentsBundle
from introghost.inference.calling import SEGMENT_TYPES, ContigCalls
from introghost.inference.reading import Bins, BinStatus
from introghost.networks.novelty import RegionNovelty
from introghost.statistics.haplotype import STATISTICS, moments


def calls_of(
    posterior: list[list[float]], *, contig: str = "1", labels: tuple[str, ...] = ("a.0", "a.1")
) -> ContigCalls:
    """Bins of 10 bp, all of them callable; those without a posterior are not called."""
    values = np.array(posterior, dtype=np.float32)
    number = values.shape[1]
    status = np.where(np.isnan(values[0]), BinStatus.BLANK, BinStatus.CALLED).astype(np.str_)
    starts = np.arange(number, dtype=np.int64) * 10
    bins = Bins(contig, 10, starts, starts + 10, np.full(number, 10, np.float32), np.ones(number, np.int64), status)
    return ContigCalls(bins, list(labels), values, np.ones(values.shape, np.int64))


@pytest.mark.parametrize(("diploids", "missing"), [(6, 0.0), (6, 0.1), (110, 0.0)])
def test_permuting_haplotypes_permutes_the_calls_exactly(diploids: int, missing: float) -> None:
    rng = np.random.default_rng(3)
    source = RandomSource(800, 200_000, diploids)
    source.genotypes[rng.random(source.genotypes.shape) < missing] = MISSING
    statistics = contig_statistics(source, 200_000, region_length_bp=100_000)
    bundle = bundle_of(statistics, 100_000)
    expected = calling.call_contig(bundle, statistics, UNKNOWN).posterior
    individuals = 2 * rng.permutation(diploids)[:, None]
    order = (individuals + rng.permuted(np.tile([0, 1], (diploids, 1)), axis=1)).ravel()
    columns = 2 * diploids + order
    source.genotypes[:, 2 * diploids :] = source.genotypes[:, columns]
    source.samples[2 * diploids :] = source.samples[columns]
    permuted = contig_statistics(source, 200_000, region_length_bp=100_000)
    np.testing.assert_array_equal(permuted.haplotype.values, statistics.haplotype.values[order])
    posterior = calling.call_contig(bundle, permuted, UNKNOWN).posterior
    assert len(np.unique(expected)) > 100
    np.testing.assert_array_equal(posterior >= 0.5, expected[order] >= 0.5)
    # Rows of a matrix product are rounded in blocks.
    np.testing.assert_allclose(posterior, expected[order], rtol=0, atol=1e-7)


def test_posteriors_do_not_depend_on_how_many_haplotypes_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    statistics = contig_statistics(RandomSource(3000, 400_000), 400_000)
    bundle, posteriors = bundle_of(statistics), []
    for positions in (1, 200, 2**18):
        monkeypatch.setattr(calling, "POSITIONS", positions)
        posteriors.append(calling.call_contig(bundle, statistics, UNKNOWN).posterior)
    assert posteriors[0].std() > 0.1
    for other in posteriors[1:]:
        np.testing.assert_allclose(other, posteriors[0], atol=1e-5)


def test_segments_are_runs_above_the_threshold() -> None:
    calls = calls_of([[0.9, 0.7, 0.1, np.nan, 0.6], [0.0, 0.0, 0.0, np.nan, 0.0]])
    table = calling.segments([calls], 0.5)
    assert table[["start", "end", "num_private_alleles"]].to_numpy().tolist() == [[0, 20, 2], [40, 50, 1]]
    assert table["mean_posterior"].tolist() == pytest.approx([0.8, 0.6])
    assert calling.segments([calls], float(np.float32(0.9)))["start"].tolist() == [0], "the threshold itself counts"


def test_a_bin_without_a_call_ends_a_segment() -> None:
    calls = calls_of([[0.9, np.nan, 0.9], [0.9, np.nan, 0.1]])
    table = calling.segments([calls], 0.0)
    assert table[["start", "end", "haplotype"]].to_numpy().tolist() == [
        [0, 10, 0],
        [0, 10, 1],
        [20, 30, 0],
        [20, 30, 1],
    ]


def test_segments_are_sorted_by_contig_as_read_then_start_sample_and_haplotype() -> None:
    labels = ("b.s.1", "a.0")
    calls = [
        calls_of([[0.1, 0.9], [0.9, 0.9]], contig="10", labels=labels),
        calls_of([[0.9, 0.9], [0.9, 0.1]], contig="2", labels=labels),
    ]
    table = calling.segments(calls, 0.5)
    expected = [("10", 0, 20, "a", 0), ("10", 10, 20, "b.s", 1), ("2", 0, 10, "a", 0), ("2", 0, 20, "b.s", 1)]
    assert list(table[["contig", "start", "end", "sample", "haplotype"]].itertuples(index=False, name=None)) == expected


@pytest.mark.parametrize("called", [(True, False), (False, True), (False, False)])
def test_tables_have_the_same_types_also_where_a_contig_or_all_have_no_segment(called: tuple[bool, bool]) -> None:
    calls = [calls_of([[0.9 if some else 0.1, 0.1]] * 2, contig=str(i)) for i, some in enumerate(called)]
    table, full = calling.segments(calls, 0.5), calling.segments([calls_of([[0.9, 0.9]] * 2)] * 2, 0.5)
    assert len(table) == 2 * sum(called)
    assert list(table.columns) == list(SEGMENT_TYPES)
    pd.testing.assert_series_equal(table.dtypes, full.dtypes)
    assert table["start"].dtype == table["haplotype"].dtype == np.int64
    assert table["mean_posterior"].dtype == np.float64


def test_the_called_share_is_of_callable_sequence_in_called_bins() -> None:
    calls = calls_of([[0.9, 0.1, 0.9, np.nan], [0.1, 0.1, 0.9, np.nan]])
    calls.bins.callable_bp[:] = [10, 4, 2, 10]
    assert calling.called_share([calls], 0.5) == pytest.approx((12 + 2) / (2 * 16))
    assert calling.called_share([calls, calls], 0.5) == pytest.approx(14 / 32)
    assert calling.called_share([calls_of([[np.nan], [np.nan]])], 0.5) == 0


def test_the_temperature_divides_logits_and_bins_that_are_not_usable_have_no_posterior() -> None:
    source = RandomSource(800, 200_000).mask([[0, 100_000], [100_000, 100_500], [110_000, 200_000]])
    statistics = contig_statistics(source, 200_000)
    bundle = bundle_of(statistics)
    values, fraction = statistics.haplotype.values, statistics.bins.callable_fraction
    cold = calling.segment_posterior(bundle, values, fraction, UNKNOWN)
    warm = calling.segment_posterior(dataclasses.replace(bundle, temperature=2.0), values, fraction, UNKNOWN)
    assert np.flatnonzero(np.isnan(cold).all(axis=0)).tolist() == [10]
    assert np.isnan(cold).sum() == len(cold)
    logits = np.log(cold / (1 - cold))
    np.testing.assert_allclose(np.log(warm / (1 - warm)), logits / 2, atol=1e-4)


def with_references(bundle: SegmentsBundle, mean: float) -> SegmentsBundle:
    """Its network was trained on regions whose features have this mean, each a deviation of 1."""
    number = 2 * len(STATISTICS)
    network = copy.deepcopy(bundle.network)
    network.novelty = RegionNovelty(number, 99)
    network.novelty.mean.fill_(mean)
    network.novelty.precision.copy_(torch.eye(number))
    network.novelty.distances.copy_(torch.linspace(0, 1e4, 99))
    return dataclasses.replace(bundle, network=network)


def test_each_region_of_a_contig_has_a_p_value_and_scraps_have_none() -> None:
    statistics = contig_statistics(RandomSource(3000, 490_000), 490_000, region_length_bp=200_000)
    bundle = bundle_of(statistics, 200_000)
    assert len(calling.call_contig(bundle, statistics, UNKNOWN).novelty_p_values) == 0
    called = calling.call_contig(with_references(bundle, 0.0), statistics, UNKNOWN)
    features = region_novelty.features(moments(statistics.haplotype.values)[:, :20], np.ones(20, np.bool_))
    farther = (np.linspace(0, 1e4, 99) >= (features**2).sum()).sum()
    assert len(called.novelty_p_values) == 3
    assert called.novelty_p_values[0] == (1 + farther) / 100
    assert 0 < farther < 99
    assert np.isnan(called.novelty_p_values[2])
    assert (calling.call_contig(with_references(bundle, 1e3), statistics, UNKNOWN).novelty_p_values[:2] == 0.01).all()


def test_what_is_withheld_is_called_nowhere() -> None:
    calls = calls_of([[0.9, 0.8], [0.1, 0.9]])
    assert len(calling.segments([calls], 0.5)) == 2
    assert len(calling.segments([calling.withheld(calls)], 0.5)) == 0
    assert calling.called_share([calling.withheld(calls)], 0.0) == 0
