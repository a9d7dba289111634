import numpy as np
import pytest
import torch

from introghost.errors import DataError
from introghost.inference import inputs
from introghost.statistics.haplotype import NUM_DIFFERING, STATISTICS


def test_context_is_the_moments_and_their_moving_average_over_usable_bins():
    rng = np.random.default_rng(1)
    moments, usable = rng.random((2, 30, 3)).astype(np.float32), rng.random(30) < 0.7
    result, pooled = inputs.context(moments, usable, 10), np.concatenate([moments[0], moments[1]], axis=1)
    for b in range(30):
        near = slice(max(b - 5, 0), b + 6)
        average = pooled[near][usable[near]].mean(axis=0)
        np.testing.assert_allclose(result[b], np.concatenate([pooled[b], average]), rtol=1e-5)


def test_context_without_a_usable_bin_is_zero():
    result = inputs.context(np.ones((1, 4, 2), np.float32), np.zeros(4, bool), 2)
    np.testing.assert_array_equal(result[:, 2:], 0)


def joined(own: np.ndarray, **options: torch.Tensor) -> np.ndarray:
    """The input of every haplotype of a region, its moments being those of `own` itself."""
    moments = np.stack([own.mean(axis=0), own.std(axis=0)])
    around = torch.from_numpy(inputs.context(moments, np.ones(own.shape[1], bool), 10))
    return inputs.join(torch.from_numpy(own), around.expand(len(own), -1, -1), **options).numpy()


def test_deviations_are_from_the_bin_and_from_the_region():
    own = np.random.default_rng(7).random((6, 5, len(STATISTICS))).astype(np.float32)
    result = joined(own)
    assert result.shape == (6, 5, 5 * len(STATISTICS) + 2 * NUM_DIFFERING)
    for h, b, s in ((0, 0, 0), (3, 4, 2), (5, 2, NUM_DIFFERING - 1)):
        bins, region = own[:, b, s], own[:, :, s]
        in_bin = (own[h, b, s] - bins.mean()) / (bins.std() + 0.05)
        in_region = (own[h, b, s] - region.mean()) / (region.std(axis=0).mean() + 0.05)
        found = result[h, b, 5 * len(STATISTICS) :].reshape(2, NUM_DIFFERING)[:, s]
        np.testing.assert_allclose(found, [in_bin, in_region], rtol=1e-4, atol=1e-6)


def test_deviations_are_bounded_and_not_scaled_with_the_context():
    own = np.zeros((400, 5, len(STATISTICS)), np.float32)
    own[0] = 1e3
    factors = torch.full((1, 1, 4 * len(STATISTICS)), 1.5)
    plain, scaled = joined(own), joined(own, scale=factors)
    first = 5 * len(STATISTICS)
    np.testing.assert_array_equal(plain[0, :, first:], 10)
    np.testing.assert_array_equal(scaled[:, :, first:], plain[:, :, first:])
    np.testing.assert_allclose(scaled[:, :, len(STATISTICS) : first], 1.5 * plain[:, :, len(STATISTICS) : first])


def genomes(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.random((4, 6, 10, 3), np.float32), rng.random((4, 10)) < 0.8, rng.random((4, 5), np.float32)


def test_pooling_is_symmetric_in_regions_and_haplotypes():
    haplotype, usable, population = genomes(2)
    rng = np.random.default_rng(3)
    order, hap_order = rng.permutation(4), rng.permutation(6)
    expected = inputs.pool(haplotype, usable, population)
    permuted = inputs.pool(haplotype[order][:, hap_order], usable[order], population[order])
    np.testing.assert_allclose(permuted, expected, rtol=1e-5)


def test_pooling_leaves_out_absent_haplotypes_and_unusable_bins():
    haplotype, usable, population = genomes(4)
    expected = inputs.pool(haplotype[:, :4], usable, population)
    haplotype[:, 4:] = np.nan
    haplotype[np.broadcast_to(~usable[:, None, :, None], haplotype.shape) & ~np.isnan(haplotype)] = 1e6
    np.testing.assert_allclose(inputs.pool(haplotype, usable, population), expected, rtol=1e-5)


def test_pooling_without_a_usable_bin_is_refused():
    haplotype, usable, population = genomes(5)
    with pytest.raises(DataError, match="mask"):
        inputs.pool(haplotype, np.zeros_like(usable), population)


def test_a_scrap_of_a_region_does_not_count_unless_there_is_nothing_else():
    haplotype, _, population = genomes(6)
    usable = np.zeros((4, 10), dtype=bool)
    usable[0], usable[1, :5], usable[2, :4] = True, True, True
    np.testing.assert_array_equal(inputs.pooled_regions(usable), [0, 1])
    expected = np.concatenate(
        [
            (inputs.pool_region(haplotype[0]) + inputs.pool_region(haplotype[1][:, :5])) / 2,
            population[:2].mean(axis=0),
        ]
    )
    np.testing.assert_allclose(inputs.pool(haplotype, usable, population), expected, rtol=1e-5)
    np.testing.assert_array_equal(inputs.pooled_regions(usable[[3, 2]]), [1])
