"""The fast haplotype statistics against their slow twins, scikit-allel and tskit."""

import dataclasses

import allel
import naive
import numpy as np
import pytest
import tskit
from small_haplotypes import make

from introghost.haplotypes import OUTGROUP, TARGET, Haplotypes, callable_per_bin_bp
from introghost.statistics import registry
from introghost.statistics.haplotype import haplotype_statistics, moments, usable_bins
from introghost.statistics.registry import STATISTICS, Scale


def test_every_statistic_of_the_registry_is_described():
    assert len(STATISTICS) == 40
    assert all(s.definition and s.unit and s.citation for s in (*registry.HAPLOTYPE, *registry.POPULATION))


def test_what_code_needs_to_know_of_a_statistic_stands_in_the_registry():
    assert STATISTICS[:4] == registry.PRIVATE_CLASSES
    assert registry.COVARIATES == ("callable_fraction", "outgroup_haplotypes", "target_haplotypes")
    quarters = [f"private_quarter_{number}" for number in (1, 2, 3, 4)]
    assert dict(zip(quarters, reversed(quarters), strict=True)) == registry.MIRRORED
    scales = {statistic.name: statistic.scale for statistic in registry.HAPLOTYPE}
    assert scales["distance_nearest_outgroup_halves"] == Scale.BIN
    assert scales["closest_target_private_shared"] == Scale.WINDOW
    assert scales["private_shared_with_closest_target_wide"] == Scale.WIDE
    unscaled = ["closer_targets", *registry.COVARIATES]
    assert [name for name, scale in scales.items() if scale == Scale.NONE] == unscaled


def test_definitions_quote_the_thresholds_of_the_code():
    definitions = {statistic.name: statistic.definition for statistic in (*registry.HAPLOTYPE, *registry.POPULATION)}
    for name, quoted in {
        "private_shared_intermediate": ["5 %", "20 %"],
        "enriched_in_target": ["25 %"],
        "nearly_private": ["2 %", "25 %"],
        "distance_quantile_outgroup": ["5 % quantile", "window of 5 bins"],
        "distance_nearest_outgroup_wide": ["window of 15 bins"],
        "sfs_target_3": ["(0.2, 0.5]"],
        "ld_outgroup_1": ["≥ 0.1", "(5 kb, 20 kb]"],
        "private_run_max": ["gaps below 10 kb"],
        "private_ld": ["within 50 kb"],
        "haplotype_diversity_target": ["50 segregating sites", "every 200 sites"],
        "joint_sfs_0_2": ["absent in the outgroup and (0.1, 0.5] in the target"],
    }.items():
        assert all(text in definitions[name] for text in quoted), definitions[name]


@pytest.mark.parametrize("bin_bp", [10_000, 15_000])
def test_naive_twin(example: Haplotypes, bin_bp: int):
    fast = haplotype_statistics(example, bin_bp).values
    slow = naive.haplotype(example, bin_bp)
    assert fast.dtype == np.float32
    assert set(slow) == set(STATISTICS)
    for index, name in enumerate(STATISTICS):
        np.testing.assert_allclose(fast[:, :, index], slow[name], rtol=1e-4, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("bin_bp", [10_000, 15_000])
def test_private_alleles_are_counted_one_by_one(example: Haplotypes, bin_bp: int):
    start, end = example.interval_bp
    bins = range(start, end, bin_bp)
    outgroup, target = (naive.columns(example, role) for role in (OUTGROUP, TARGET))
    expected = [
        [
            sum(
                alleles[site] == 1 and all(other[site] != 1 for other in outgroup)
                for site, position in enumerate(example.positions_bp)
                if first <= position < first + bin_bp
            )
            for first in bins
        ]
        for alleles in target
    ]
    counted = haplotype_statistics(example, bin_bp).private_alleles
    assert counted.dtype == np.int64
    np.testing.assert_array_equal(counted, expected)


def test_private_alleles_are_those_that_scaled_statistics_stand_for(example: Haplotypes):
    statistics = haplotype_statistics(example, 10_000)
    callable_bp = callable_per_bin_bp(example, 10_000)
    unscaled = statistics.values[:, :, :4].sum(axis=2) * callable_bp / 10_000
    is_usable = usable_bins(callable_bp / np.float32(10_000))
    np.testing.assert_array_equal(np.rint(unscaled)[:, is_usable], statistics.private_alleles[:, is_usable])


def test_moments_are_over_haplotypes(example: Haplotypes):
    statistics = haplotype_statistics(example, 10_000).values
    mean, deviation = moments(statistics)
    for b in range(statistics.shape[1]):
        for s in range(statistics.shape[2]):
            values = statistics[:, b, s].astype(float).tolist()
            average = sum(values) / len(values)
            variance = sum((value - average) ** 2 for value in values) / len(values)
            np.testing.assert_allclose([mean[b, s], deviation[b, s]], [average, variance**0.5], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(moments(statistics[::-1]), moments(statistics))


@pytest.fixture(scope="module")
def panels() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Fast and slow statistics of more haplotypes than distances are measured to."""
    rng = np.random.default_rng(11)
    genotypes = (rng.random((14, 411)) < rng.random((14, 1))).astype(np.int8)
    genotypes[::3, :205] = 0
    positions = np.sort(rng.choice(20_000, 14, replace=False))
    haplotypes = make(positions, genotypes, 205, 20_000)
    return haplotype_statistics(haplotypes, 10_000).values, naive.haplotype(haplotypes, 10_000)


@pytest.mark.parametrize("name", [name for name in STATISTICS if name != "distance_mean_target"])
def test_naive_twin_when_distances_are_to_panels(panels: tuple[np.ndarray, dict[str, np.ndarray]], name: str):
    fast, slow = panels
    np.testing.assert_allclose(fast[:, :, STATISTICS.index(name)], slow[name], rtol=1e-4, atol=1e-4)


def test_mean_distance_of_haplotypes_outside_the_panel(panels: tuple[np.ndarray, dict[str, np.ndarray]]):
    fast, slow = panels
    index = STATISTICS.index("distance_mean_target")
    np.testing.assert_allclose(fast[:, :, index], slow["distance_mean_target"], rtol=1e-4, atol=1e-4)


def test_callable_bp_twin(example: Haplotypes):
    start, _ = example.interval_bp
    fast = callable_per_bin_bp(example, 10_000)
    slow = [naive.callable_total(example, start + b * 10_000, start + (b + 1) * 10_000) for b in range(len(fast))]
    np.testing.assert_allclose(fast, slow)


def test_segregating_sites_of_scikit_allel_and_tskit(simulated: Haplotypes, tree_sequence: tskit.TreeSequence):
    fast = haplotype_statistics(simulated, 10_000).values
    segregating = fast[0, :, STATISTICS.index("outgroup_segregating")]
    counts = allel.HaplotypeArray(simulated.outgroup).count_alleles(max_allele=1)
    varies = counts.is_segregating()
    expected, _ = np.histogram(simulated.positions_bp[varies], bins=np.arange(0, 120_001, 10_000))
    np.testing.assert_allclose(segregating, expected, rtol=1e-5)
    windows = np.arange(0, 120_001, 10_000)
    by_tskit = tree_sequence.segregating_sites(range(16), windows=windows, span_normalise=False)
    np.testing.assert_allclose(segregating, by_tskit, rtol=1e-5)


def test_mean_distance_is_the_divergence_of_tskit(simulated: Haplotypes, tree_sequence: tskit.TreeSequence):
    fast = haplotype_statistics(simulated, 10_000).values[:, 5, STATISTICS.index("distance_mean_outgroup")]
    for row, sample in enumerate(range(16, 30)):
        divergence = tree_sequence.divergence([[sample], range(16)], windows=[0, 30_000, 80_000, 120_000])[1]
        assert fast[row] == pytest.approx(divergence * 10_000, rel=1e-4)


def test_order_of_haplotypes_does_not_matter(simulated: Haplotypes):
    target = np.flatnonzero(simulated.roles == 1)
    order = np.concatenate([np.arange(16), np.random.default_rng(1).permutation(target)])
    shuffled = dataclasses.replace(simulated, genotypes=simulated.genotypes[:, order])
    np.testing.assert_allclose(
        haplotype_statistics(shuffled, 10_000).values,
        haplotype_statistics(simulated, 10_000).values[order[16:] - 16],
        rtol=1e-5,
    )


def test_what_is_not_known_of_one_half_of_a_bin_is_taken_from_the_other():
    genotypes = np.zeros((20, 6), dtype=np.int8)
    genotypes[:, 2:] = 1  # differs from the outgroup everywhere
    genotypes[:10, 2] = -1
    found = haplotype_statistics(make(250 + 500 * np.arange(20), genotypes, 2, 10_000), 10_000).values[0, 0]
    for name in ("distance_nearest_outgroup", "distance_nearest_outgroup_bin", "distance_mean_outgroup"):
        assert found[STATISTICS.index(name)] == 20, name
    assert found[STATISTICS.index("distance_nearest_outgroup_halves")] == 10, "nobody is near where nothing is known"


def test_a_haplotype_of_which_nothing_is_known_is_not_the_nearest():
    genotypes = np.zeros((4, 6), dtype=np.int8)
    genotypes[:, 2:] = 1
    genotypes[:2, 1] = -1  # of the outgroup, in the first half
    found = haplotype_statistics(make(1_000 + 2_000 * np.arange(4), genotypes, 2, 10_000), 10_000).values[:, 0]
    np.testing.assert_array_equal(found[:, STATISTICS.index("distance_nearest_outgroup_halves")], 4)
