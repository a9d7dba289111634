"""Whether regions are like those that the segment network was trained on: conformal p-values.

A region is told by the mean, over its usable bins, of the moments of every statistic. How far it lies from the
simulated regions is measured by Mahalanobis' distance with a shrunk covariance (Ledoit and Wolf 2004, J Multivar Anal
88:365), and compared with the distances of simulated regions that were held out of training.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf

from introghost.networks.novelty import RegionNovelty
from introghost.statistics.haplotype import MOMENTS
from introghost.statistics.registry import COVARIATES

Array = NDArray[np.float64]

MOST_REFERENCES = 500
FEWEST_REFERENCES = 400  # fewer give no p-value of `plausibility.SEGMENTS_WITHHELD_LEVEL`
FEWEST_GENOMES = 200  # that these are of: regions of a genome are alike
LEAST_SHARE = 0.5  # usable, of a region: the mean over fewer bins scatters more than those it would be compared with


def features(moments: NDArray[np.float32], usable: NDArray[np.bool_]) -> Array:
    """What tells a region from others.

    Parameters
    ----------
    moments : ndarray of float32, shape (num_moments, num_bins, num_statistics)
        Over all target haplotypes, see `statistics.haplotype.moments`.
    usable : ndarray of bool, shape (num_bins,)

    Returns
    -------
    ndarray of float64, shape (num_moments * num_statistics,)
        Signed square roots; NaN where no bin is usable.
    """
    if not usable.any():
        return np.full(moments.shape[0] * moments.shape[2], np.nan)
    mean = moments[:, usable].mean(axis=1, dtype=np.float64).ravel()
    return np.asarray(np.sign(mean) * np.sqrt(np.abs(mean)))


def is_told(usable: NDArray[np.bool_], num_bins: int) -> NDArray[np.bool_]:
    """Whether enough of a region is usable to tell novelty by, in training as in application.

    Parameters
    ----------
    usable : ndarray of bool, shape (..., num_bins_here)
        Fewer than `num_bins` at the end of a contig.
    num_bins : int
        Of a whole region.

    Returns
    -------
    ndarray of bool, shape (...)
    """
    return np.asarray(usable.sum(axis=-1) >= LEAST_SHARE * num_bins)


def num_references(num_regions: int, num_genomes: int) -> int:
    """How many held-out regions are kept; 0 if they are too few, or of too few genomes, to tell novelty."""
    is_enough = num_regions >= FEWEST_REFERENCES and num_genomes >= FEWEST_GENOMES
    return min(num_regions, MOST_REFERENCES) if is_enough else 0


def fit(novelty: RegionNovelty, train: Array, held_out: Array, statistics: Sequence[str]) -> None:
    """Fill in the tensors of `novelty`.

    Parameters
    ----------
    novelty : RegionNovelty
    train, held_out : ndarray of float64, shape (num_regions, num_features)
        Of `features`, none NaN; of the held-out ones, as many as there are references are kept, evenly spaced by
        distance.
    statistics : sequence of str
        Names, for `registry.COVARIATES` among them say nothing of the sequence.
    """
    number = len(novelty.distances)
    if not number:
        return
    kept = np.flatnonzero([name not in COVARIATES for name in (*statistics,) * len(MOMENTS)])
    covariance = LedoitWolf().fit(train[:, kept])
    precision = np.zeros((train.shape[1], train.shape[1]))
    precision[np.ix_(kept, kept)] = covariance.precision_
    novelty.mean.copy_(torch.from_numpy(train.mean(axis=0)))
    novelty.precision.copy_(torch.from_numpy(precision))
    distances = np.sort(_distances(novelty, held_out))
    novelty.distances.copy_(torch.from_numpy(distances[np.linspace(0, len(distances) - 1, number).round().astype(int)]))


def p_values(novelty: RegionNovelty, regions: Array) -> Array:
    """How many held-out simulated regions lie as far as these.

    Parameters
    ----------
    novelty : RegionNovelty
        With references.
    regions : ndarray of float64, shape (num_regions, num_features)
        Of `features`.

    Returns
    -------
    ndarray of float64, shape (num_regions,)
        NaN where nothing is known of a region.
    """
    references = novelty.distances.numpy()
    distances = _distances(novelty, regions)
    farther = len(references) - np.searchsorted(references, distances, side="left")
    return np.where(np.isnan(distances), np.nan, (1 + farther) / (1 + len(references)))


def together(p_values: Array) -> float:
    """One p-value for all regions of a genome, which depend on each other: twice their median.

    That is a p-value however they depend (Rueger 1978, Metrika 25:171). NaN where no region has one.
    """
    known = p_values[~np.isnan(p_values)]
    return float(min(1.0, 2 * np.median(known))) if len(known) else float("nan")


def _distances(novelty: RegionNovelty, regions: Array) -> Array:
    centred = regions - novelty.mean.numpy()
    return np.asarray(np.einsum("ij,jk,ik->i", centred, novelty.precision.numpy(), centred))
