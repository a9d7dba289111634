"""From statistics to what the networks are given: context for segments, pooling for model choice."""

import numpy as np
from numpy.typing import NDArray

from introghost.statistics.haplotype import MINIMUM_CALLABLE_FRACTION

Array = NDArray[np.float32]

QUANTILES = (0.05, 0.5, 0.95, 0.99)


def context(statistics: Array, window_bins: int) -> Array:
    """What surrounds a haplotype: each statistic pooled over haplotypes, and that pooled along the sequence.

    Parameters
    ----------
    statistics : ndarray of float32, shape (num_haplotypes, num_bins, num_statistics)
    window_bins : int
        Bins of the centred moving average, truncated at the ends: the same for a region and for a whole contig, so
        that tiling leaves no seam.

    Returns
    -------
    ndarray of float32, shape (num_bins, 2 * num_statistics)
    """
    pooled = statistics.mean(axis=0, dtype=np.float64)
    total = np.concatenate([np.zeros((1, pooled.shape[1])), np.cumsum(pooled, axis=0)])
    index = np.arange(len(pooled))
    low = np.maximum(index - window_bins // 2, 0)
    high = np.minimum(index + window_bins // 2 + 1, len(pooled))
    smooth = (total[high] - total[low]) / (high - low)[:, None]
    return np.concatenate([pooled, np.maximum(smooth, 0)], axis=1).astype(np.float32)


def pool(haplotype_statistics: Array, population_statistics: Array) -> Array:
    """Pooled statistics of one genome, regions and haplotypes entering symmetrically.

    Parameters
    ----------
    haplotype_statistics : ndarray of float32, shape (num_regions, num_haplotypes, num_bins, num_statistics)
    population_statistics : ndarray of float32, shape (num_regions, num_population_statistics)

    Returns
    -------
    ndarray of float32
        Mean and quantiles of each haplotype statistic per region, and the population statistics, averaged over regions.
    """
    flat = haplotype_statistics.reshape(len(haplotype_statistics), -1, haplotype_statistics.shape[-1])
    spread = np.quantile(flat, QUANTILES, axis=1).mean(axis=1).ravel()
    mean = flat.mean(axis=(0, 1), dtype=np.float64)
    return np.concatenate([mean, spread, population_statistics.mean(axis=0, dtype=np.float64)]).astype(np.float32)


def usable_bins(callable_fraction: Array) -> NDArray[np.bool_]:
    """Bins with enough callable sequence to be called, the same shape as `callable_fraction`."""
    return callable_fraction >= MINIMUM_CALLABLE_FRACTION
