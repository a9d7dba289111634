"""The fast haplotype statistics against their slow twins, scikit-allel and tskit."""

import dataclasses

import allel
import naive
import numpy as np
import pytest
import tskit
from small_haplotypes import make

from introghost.haplotypes import Haplotypes
from introghost.statistics import registry
from introghost.statistics.haplotype import STATISTICS, callable_per_bin_bp, haplotype_statistics, moments


def test_registry_lists_every_statistic_in_order():
    assert tuple(statistic.name for statistic in registry.HAPLOTYPE) == STATISTICS
    names = [statistic.name for statistic in registry.ALL]
    assert len([s for s in registry.ALL if s.definition and s.unit and s.citation]) == len(names)


@pytest.mark.parametrize("bin_bp", [10_000, 15_000])
def test_naive_twin(example: Haplotypes, bin_bp: int):
    fast = haplotype_statistics(example, bin_bp).values
    slow = naive.haplotype(example, bin_bp)
    assert fast.dtype == np.float32
    assert set(slow) == set(STATISTICS)
    for index, name in enumerate(STATISTICS):
        np.testing.assert_allclose(fast[:, :, index], slow[name], rtol=1e-4, atol=1e-4, err_msg=name)


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
