"""The fast population statistics against their slow twins, scikit-allel and tskit."""

import allel
import naive
import numpy as np
import pytest
import tskit

from introghost.haplotypes import Haplotypes
from introghost.statistics import population, registry, thresholds
from introghost.statistics.population import POPULATION_STATISTICS, population_statistics

OUTGROUP, TARGET = list(range(16)), list(range(16, 30))


@pytest.fixture(scope="module")
def values(simulated: Haplotypes) -> dict[str, float]:
    return dict(zip(POPULATION_STATISTICS, population_statistics(simulated).tolist(), strict=True))


def test_naive_twin(example: Haplotypes):
    fast = population_statistics(example)
    slow = naive.population(example)
    assert fast.dtype == np.float32
    assert set(slow) == set(POPULATION_STATISTICS)
    for name, value in zip(POPULATION_STATISTICS, fast, strict=True):
        assert value == pytest.approx(slow[name], rel=1e-4, abs=1e-6), name


def test_names_are_unique_and_described():
    names = [statistic.name for statistic in (*registry.HAPLOTYPE, *registry.POPULATION)]
    assert len(set(names)) == len(names)


def test_diversity_and_divergence_of_tskit(values: dict[str, float], tree_sequence: tskit.TreeSequence):
    assert values["pi_outgroup"] == pytest.approx(tree_sequence.diversity(OUTGROUP), rel=1e-5)
    assert values["pi_target"] == pytest.approx(tree_sequence.diversity(TARGET), rel=1e-5)
    assert values["dxy"] == pytest.approx(tree_sequence.divergence([OUTGROUP, TARGET]), rel=1e-5)


def test_tajima_d_and_theta_of_tskit(values: dict[str, float], tree_sequence: tskit.TreeSequence):
    assert values["tajima_d_target"] == pytest.approx(tree_sequence.Tajimas_D(TARGET), rel=1e-4)
    harmonic = (1 / np.arange(1, 14)).sum()
    assert values["theta_target"] == pytest.approx(tree_sequence.segregating_sites(TARGET) / harmonic, rel=1e-5)


def test_watterson_and_fst_of_scikit_allel(values: dict[str, float], simulated: Haplotypes):
    counts = [allel.HaplotypeArray(g).count_alleles(max_allele=1) for g in (simulated.outgroup, simulated.target)]
    theta = allel.watterson_theta(simulated.positions_bp + 1, counts[0], start=1, stop=120_000)
    assert values["theta_outgroup"] == pytest.approx(theta, rel=1e-5)
    numerator, denominator = allel.hudson_fst(*counts)
    assert values["fst"] == pytest.approx(np.nansum(numerator) / np.nansum(denominator), rel=1e-5)


def test_frequency_spectrum_of_tskit(values: dict[str, float], tree_sequence: tskit.TreeSequence):
    spectrum = tree_sequence.allele_frequency_spectrum([TARGET], polarised=True, span_normalise=False)[1:14]
    frequency = np.arange(1, 14) / 14
    for index, (low, high) in enumerate(zip(thresholds.SFS_EDGES[:-1], thresholds.SFS_EDGES[1:], strict=True)):
        share = spectrum[(frequency > low) & (frequency <= high)].sum() / spectrum.sum()
        assert values[f"sfs_target_{index}"] == pytest.approx(share, abs=1e-6)


def test_linkage_is_the_r_of_scikit_allel(simulated: Haplotypes):
    frequency = simulated.target.mean(axis=1)
    common = np.flatnonzero((frequency >= 0.1) & (frequency <= 0.9))[:60]
    r = allel.rogers_huff_r(simulated.target[common])
    pairs = np.subtract(*reversed([simulated.positions_bp[common][i] for i in np.triu_indices(len(common), 1)]))
    near = pairs <= 5_000
    mean = population._mean_r_squared(simulated.positions_bp[common], simulated.target[common], (0, 5_000))
    assert mean[0] == pytest.approx((r[near] ** 2).mean() - 1 / 13, rel=1e-3)
