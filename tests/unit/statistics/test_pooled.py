"""What is pooled over a region, and over whom."""

import numpy as np
import pytest

from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP, TARGET, Haplotypes
from introghost.statistics.dataset import Region, build
from introghost.statistics.haplotype import STATISTICS, haplotype_statistics
from introghost.statistics.pooled import DIPLOIDS, POOLED, few_targets, pool


def haplotypes(diploids: int, order: np.ndarray | None = None) -> Haplotypes:
    rng = np.random.default_rng(5)
    number = 2 * diploids + 8
    rows = np.arange(number) if order is None else order
    return Haplotypes(
        contig="1",
        interval_bp=(0, 30_000),
        positions_bp=np.sort(rng.choice(30_000, 60, replace=False)),
        genotypes=rng.integers(0, 2, (60, number)).astype(np.int8)[:, rows],
        sample_names=tuple(f"s{row // 2}" for row in rows),
        haplotype_indices=(rows % 2).astype(np.int8),
        roles=(rows >= 8).astype(np.int8),
        callable_bp=np.array([[0, 30_000]]),
        ancestral_status=KNOWN_ANCESTRAL,
    )


def test_a_few_targets_are_whole_individuals_and_the_same_in_any_order_of_samples():
    few = few_targets(haplotypes(25))
    assert (few.roles == OUTGROUP).sum() == 8
    assert (few.roles == TARGET).sum() == 2 * DIPLOIDS
    assert all(few.target_labels.count(f"{name}.{index}") == 1 for name in few.sample_names[8:] for index in (0, 1))
    other = few_targets(haplotypes(25, np.random.default_rng(1).permutation(58)))
    assert set(other.target_labels) == set(few.target_labels)


def test_of_no_more_targets_all_are_taken_as_they_are():
    whole = haplotypes(DIPLOIDS)
    assert few_targets(whole) is whole


def test_pooled_statistics_are_of_all_haplotypes_and_of_usable_bins():
    rng = np.random.default_rng(5)
    statistics, usable = rng.random((6, 8, len(STATISTICS)), np.float32), np.arange(8) % 3 > 0
    pooled = dict(zip(POOLED, pool(statistics, usable), strict=True))
    for index, name in enumerate(STATISTICS):
        values = [statistics[h, b, index] for h in range(6) for b in range(8) if usable[b]]
        assert pooled[f"mean_of_{name}"] == pytest.approx(np.mean(values), rel=1e-5)
        assert pooled[f"quantile_0.95_of_{name}"] == pytest.approx(np.quantile(values, 0.95), rel=1e-5)
    np.testing.assert_array_equal(pool(statistics, np.zeros(8, bool)), 0)
    np.testing.assert_allclose(pool(statistics[::-1], usable), pool(statistics, usable), rtol=1e-5)


def test_what_is_kept_of_a_region_is_of_a_few_targets():
    many = haplotypes(25)
    statistics = haplotype_statistics(few_targets(many), 10_000).values
    built = build([Region(many, 0)], bin_bp=10_000)
    np.testing.assert_array_equal(built.pooled[0], pool(statistics, np.ones(3, bool)))
    assert built.haplotype.shape[1] == 50
