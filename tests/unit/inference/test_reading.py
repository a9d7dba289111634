"""Bins, statistics of contigs and whole genomes made of them: what is read, what counts, and how much it is."""

import dataclasses

import numpy as np
import pytest
from random_source import UNKNOWN, RandomSource, bundle_of, contig_of, contig_statistics, plan
from small_statistics import small_statistics

from introghost.errors import DataError
from introghost.inference import calling, file_population, inputs, reading
from introghost.inference.fields import Range
from introghost.inference.genome import Genome
from introghost.inference.reading import BinStatus
from introghost.inference.suitability import bin_findings, sample_size_findings
from introghost.statistics.haplotype import STATISTICS, haplotype_statistics
from introghost.statistics.pooled import PLAIN, POOLED, at_most, pool
from introghost.statistics.population import population_statistics
from introghost.statistics.table import Statistics


@pytest.mark.parametrize("tile_bins", [3, 7, 50])
def test_tiles_leave_no_seam(tile_bins: int) -> None:
    source = RandomSource(4000, 995_000)
    whole = contig_statistics(source, 995_000, tile_bins=1000)
    tiled = contig_statistics(source, 995_000, tile_bins=tile_bins)
    np.testing.assert_allclose(tiled.haplotype.values, whole.haplotype.values, rtol=1e-5, atol=1e-4)
    np.testing.assert_array_equal(tiled.haplotype.private_alleles, whole.haplotype.private_alleles)
    np.testing.assert_array_equal(tiled.bins.callable_bp, whole.bins.callable_bp)


def test_a_long_run_of_bins_without_sites_is_blank_and_a_short_one_is_not() -> None:
    source = RandomSource(4000, 1_000_000)
    for start, end in ((200_000, 240_000), (500_000, 550_000)):
        source.keep((source.positions < start) | (source.positions >= end))
    statistics = contig_statistics(source, 1_000_000)
    assert np.flatnonzero(statistics.bins.num_sites == 0).tolist() == [20, 21, 22, 23, 50, 51, 52, 53, 54]
    calls = calling.call_contig(bundle_of(statistics), statistics, UNKNOWN)
    assert np.flatnonzero(calls.bins.status == BinStatus.BLANK).tolist() == [50, 51, 52, 53, 54]
    assert np.isnan(calls.posterior).any(axis=0).tolist() == (calls.bins.status == BinStatus.BLANK).tolist()
    assert np.isnan(calls.posterior).all(axis=0).tolist() == (calls.bins.status == BinStatus.BLANK).tolist()
    (finding,) = bin_findings([calls])
    assert finding.code == "blank-bins"
    assert finding.text.startswith("50,000 bp in runs")


def test_a_stump_of_a_bin_at_the_end_of_a_contig_is_not_called() -> None:
    for length, status in ((190_500, BinStatus.TOO_LITTLE_CALLABLE), (191_500, BinStatus.CALLED)):
        source = RandomSource(1500, length)
        source.positions[-8:] = length - 100 + np.arange(8)  # so that the stump has sites, private ones among them
        source.genotypes[-8:] = [0] * 12 + [1] * 12
        statistics = contig_statistics(source, length)
        bins = statistics.bins
        assert (bins.starts_bp[-1], bins.ends_bp[-1], bins.callable_bp[-1]) == (190_000, length, length - 190_000)
        assert bins.callable_fraction[-1] == pytest.approx((length - 190_000) / 10_000), "of a whole bin"
        calls = calling.call_contig(bundle_of(statistics), statistics, UNKNOWN)
        assert bins.num_sites[-1] >= 8
        assert bins.status[-1] == status
        assert np.isnan(calls.posterior[:, -1]).all() == (status != BinStatus.CALLED)
        assert (calls.private_alleles[:, -1] >= 8).all(), "counted whether called or not"


def test_bins_of_a_contig_without_sites_say_so() -> None:
    source = RandomSource(100, 100_000)
    source.keep(np.zeros(100, bool))
    statistics = contig_statistics(source, 100_000, summary=PLAIN)
    assert set(statistics.bins.status) == {BinStatus.CONTIG_WITHOUT_SITES}
    assert not statistics.bins.has_sites
    assert not statistics.bins.called.any()
    assert (statistics.pooled.shape, len(statistics.population)) == ((0, len(POOLED)), 0)
    with pytest.raises(DataError, match="no bin of the target has enough callable sequence"):
        Genome.of([statistics], 200_000)


def test_an_assembly_of_short_contigs_is_pooled_whole() -> None:
    assembly = [
        contig_statistics(RandomSource(800, 60_000 + 10_000 * i), 60_000 + 10_000 * i, summary=PLAIN) for i in range(4)
    ]
    genome = Genome.of(assembly, 200_000)
    expected = {"regions": 2, "regions_of_short_stretches": 2, "bins": 30, "used_bp": 300_000, "left_out_bp": 0}
    assert genome.extent.to_json() == expected
    others = Genome.of(assembly[:2], 200_000)
    assert not np.allclose(genome.regions.mean(axis=0), others.regions.mean(axis=0)), "the later contigs count"


def test_a_vcf_is_pooled_as_simulated_regions_are() -> None:
    # Nothing in the first region, all of the second, a scrap of the third, more than half of the last, short one.
    source = RandomSource(8000, 755_000).mask([[200_000, 400_000], [480_000, 510_000], [600_000, 755_000]])
    genome = Genome.of([contig_statistics(source, 755_000, summary=PLAIN)], 200_000)
    assert genome.extent.to_json() == {
        "regions": 2,
        "regions_of_short_stretches": 0,
        "bins": 36,
        "used_bp": 355_000,
        "left_out_bp": 30_000,
    }
    usable = np.arange(80).reshape(4, 20)
    usable = ((usable >= 20) & (usable < 40)) | ((usable >= 48) & (usable < 51)) | ((usable >= 60) & (usable < 76))
    regions = [source.read("1", first, last) for first, last in ((200_000, 400_000), (600_000, 755_000))]
    values = [haplotype_statistics(region, 10_000).values for region in regions]
    populations = [population_statistics(region) for region in regions]
    nothing, none = np.zeros(len(POOLED), np.float32), np.zeros(len(populations[0]))
    parts = np.stack([nothing, pool(values[0], usable[1]), nothing, pool(values[1], usable[3, :16])])
    population = np.stack([none, populations[0], none, populations[1]])
    np.testing.assert_allclose(genome.regions, inputs.pool_each(parts, usable, population), rtol=1e-5)
    mean = dict(zip(STATISTICS, genome.regions.mean(axis=0), strict=False))["callable_fraction"]
    assert mean == pytest.approx((1 + 15.5 / 16) / 2, abs=1e-6), "no region counts but the two"


def test_what_is_used_and_left_out_is_the_callable_sequence_of_usable_bins_to_the_last_base_pair() -> None:
    """Whole numbers, whatever single precision makes of sums of many of them."""
    rng = np.random.default_rng(1)
    for seed in range(20):
        lengths = rng.integers(20, 900, size=30)
        contigs = [contig_of(rng.integers(0, 10_001, size=number), contig=str(i)) for i, number in enumerate(lengths)]
        extent = Genome.of(contigs, 1_000_000).extent
        usable_bp = sum(int(c.bins.callable_bp[c.bins.called].astype(np.int64).sum()) for c in contigs)
        assert extent.used_bp + extent.left_out_bp == usable_bp, seed
        assert extent.left_out_bp >= 0
        assert extent.bins <= sum(int(c.bins.called.sum()) for c in contigs)


def test_nothing_is_left_out_where_every_region_counts() -> None:
    full = contig_of(np.random.default_rng(2).integers(9_001, 10_001, size=3_000).astype(np.float64))
    extent = Genome.of([full], 1_000_000).extent
    assert (extent.regions, extent.left_out_bp) == (30, 0)
    assert extent.used_bp == int(full.bins.callable_bp.astype(np.int64).sum())


def test_fractions_of_a_base_pair_are_rounded_in_each_bin() -> None:
    contig = contig_of(np.full(100, 5_000.6))
    assert Genome.of([contig], 1_000_000).extent.used_bp == 100 * 5_001
    scrap = contig_of(np.where(np.arange(110) < 100, 10_000, 2_000.4))
    extent = Genome.of([scrap], 1_000_000).extent
    assert (extent.used_bp, extent.left_out_bp) == (1_000_000, 20_000)


def test_more_individuals_than_in_training_are_looked_at_in_groups_as_if_alone() -> None:
    source, trained = RandomSource(800, 200_000, 25), Range(1, 10)
    whole = contig_statistics(source, 200_000, region_length_bp=100_000, target_diploids=trained)
    assert sorted(len(group) for group in whole.groups) == [16, 16, 18], "whole individuals, about as many in each"
    assert sorted(np.concatenate(whole.groups)) == list(range(50))
    bundle = bundle_of(whole, 100_000)
    expected = calling.call_contig(bundle, whole, UNKNOWN).posterior
    for group in whole.groups:
        alone = RandomSource(800, 200_000, 25)
        kept = np.concatenate([np.arange(50), 50 + group])
        alone.samples, alone.genotypes = source.samples[kept], source.genotypes[:, kept]
        alone.keep(alone.genotypes.min(axis=1) != alone.genotypes.max(axis=1))  # others are no sites of these alone
        alone.read = lambda *place, alone=alone: dataclasses.replace(  # type: ignore[method-assign]
            RandomSource.read(alone, *place), roles=np.repeat([0, 1], [50, len(alone.samples) - 50]).astype(np.int8)
        )
        statistics = contig_statistics(alone, 200_000, region_length_bp=100_000, target_diploids=trained)
        np.testing.assert_allclose(
            calling.call_contig(bundle, statistics, UNKNOWN).posterior, expected[group], atol=1e-6
        )


def test_whole_genomes_are_looked_at_with_no_more_individuals_than_in_training() -> None:
    source, size = RandomSource(800, 200_000, 25), {"region_length_bp": 100_000, "summary": PLAIN}
    limited = contig_statistics(source, 200_000, **size, most_diploids=(8, 12))
    for start, population in zip((0, 100_000), limited.population, strict=True):
        chosen = source.read("1", start, start + 100_000)
        for role, most in ((0, 8), (1, 12)):
            chosen = at_most(chosen, role, most)
        assert [int((chosen.roles == role).sum()) for role in (0, 1)] == [16, 24]
        np.testing.assert_allclose(population, population_statistics(chosen), rtol=1e-5)
    same = contig_statistics(source, 200_000, **size, most_diploids=(25, 25))
    every = contig_statistics(source, 200_000, **size)
    np.testing.assert_array_equal(same.population, every.population)
    assert not np.allclose(limited.population, every.population)


@pytest.mark.parametrize(
    ("diploids", "trained", "groups"), [(50, Range(50, 50), 1), (51, Range(50, 50), 1), (503, Range(1, 200), 3)]
)
def test_groups_are_never_smaller_than_in_training(diploids: int, trained: Range, groups: int) -> None:
    source = RandomSource(10, 1000, diploids)
    haplotypes = source.read("1", 0, 1000)
    assert len(reading.target_groups(haplotypes, trained)) == reading.num_groups(diploids, trained) == groups
    bundle = bundle_of(contig_statistics(RandomSource(800, 100_000), 100_000))
    training = dataclasses.replace(bundle.training, outgroup_diploids=Range(1, 1000), target_diploids=trained)
    findings = sample_size_findings([dataclasses.replace(bundle, training=training)], (9, diploids), plan())
    assert [finding.code for finding in findings] == (["many-samples"] if diploids == 51 else [])


def test_the_order_of_samples_does_not_change_the_groups() -> None:
    haplotypes = RandomSource(10, 1000, 25).read("1", 0, 1000)
    order = np.concatenate([np.arange(50), np.arange(99, 49, -1)])
    names = tuple(haplotypes.sample_names[row] for row in order)
    turned = dataclasses.replace(haplotypes, sample_names=names, genotypes=haplotypes.genotypes[:, order])

    def groups(of: object) -> set[frozenset[str]]:
        rows = reading.target_groups(of, Range(1, 10))  # type: ignore[arg-type]
        return {frozenset(of.sample_names[50 + row] for row in group) for group in rows}  # type: ignore[attr-defined]

    assert groups(turned) == groups(haplotypes)


def test_population_statistics_of_a_contig_are_those_of_its_regions() -> None:
    source = RandomSource(3000, 500_000)
    contig = reading.contig_population(source, ("1", 0, 500_000), plan(200_000))  # type: ignore[arg-type]
    ends = ((0, 200_000), (200_000, 400_000), (400_000, 500_000))
    expected = np.stack([population_statistics(source.read("1", *interval)) for interval in ends])
    np.testing.assert_array_equal(contig.values, expected)
    assert contig.callable_bp.tolist() == [200_000, 200_000, 100_000]
    nothing = reading.contig_population(RandomSource(0, 500_000), ("1", 0, 500_000), plan(200_000))  # type: ignore[arg-type]
    assert (nothing.values.shape, len(nothing.callable_bp)) == ((0, expected.shape[1]), 0)


def test_population_statistics_of_a_file_are_weighted_by_callable_sequence() -> None:
    first, second = np.full((1, 50), 2.0, np.float32), np.stack([np.full(50, 4.0), np.zeros(50)]).astype(np.float32)
    nothing = file_population.ContigPopulation(np.empty((0, 50), np.float32), np.empty(0, np.int64))
    contigs = [
        file_population.ContigPopulation(first, np.array([500_000])),
        file_population.ContigPopulation(second, np.array([1_000_000, 49_999])),
        nothing,
    ]
    expected = (2.0 * 500_000 + 4.0 * 1_000_000) / 1_500_000
    mean = file_population.mean_population(contigs, 1_000_000)
    np.testing.assert_allclose(mean, np.full(50, expected), err_msg="less than a twentieth of a region does not count")


@pytest.mark.parametrize(
    ("callable_bp", "is_known"),
    [([1_000_000], True), ([999_999], False), ([50_000] * 20, True), ([49_999] * 40, False)],
)
def test_population_statistics_of_little_sequence_or_scraps_are_unknown(callable_bp: list[int], is_known: bool) -> None:
    values = np.ones((len(callable_bp), 50), np.float32)
    mean = file_population.mean_population([file_population.ContigPopulation(values, np.array(callable_bp))], 1_000_000)
    np.testing.assert_array_equal(mean, values[0] if is_known else np.full(50, np.nan))
    assert np.isnan(file_population.mean_population([], 1)).all()


def test_each_genome_is_a_file_of_its_regions() -> None:
    """Of two observations of two genomes; two regions of one are masked, which leaves less than a region to know."""
    draws = [small_statistics([("ghost", 0), ("ghost", 1)], num_regions=3, seed=n, observation=n) for n in (0, 1)]
    dataset = Statistics.concatenate(draws).dataset.copy(deep=True)
    dataset["callable_fraction"][0, :2] = 0.5
    dataset["callable_fraction"][9:11] = 0
    dataset["callable_fraction"][11, 0] = 0.5
    statistics = Statistics(dataset)
    callable_fraction, population = statistics.callable_fraction.astype(np.float64), statistics.population
    for first in (0, 3, 6):
        weights = callable_fraction[first : first + 3].sum(axis=1)
        expected = weights @ population[first : first + 3] / weights.sum()
        given = file_population.population_of_genomes(statistics)[first : first + 3]
        np.testing.assert_allclose(given, np.tile(expected, (3, 1)), rtol=1e-5)
    assert np.isnan(file_population.population_of_genomes(statistics)[9:]).all()
    weights = callable_fraction.sum(axis=1)
    expected = np.delete(weights, [9, 10]) @ np.delete(population, [9, 10], axis=0) / weights.sum()
    np.testing.assert_allclose(file_population.population_of_file(statistics), expected, rtol=1e-5)
