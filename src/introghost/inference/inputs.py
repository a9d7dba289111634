"""From statistics to what the networks are given: context for segments, pooled statistics for whole genomes.

Beside each function that lays channels out stands one that names them: a model keeps these names and is refused where
they differ.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from introghost.inference.extent import pooled_regions
from introghost.statistics.haplotype import MOMENTS, usable_bins

Array = NDArray[np.float32]

_HARDLY = 0.02
POPULATION = "population"


def context(moments: Array, population: Array) -> Array:
    """What surrounds a haplotype in each bin: moments of each statistic over haplotypes, and what the file is like.

    Nothing else is averaged along the sequence. An average over a megabase of what haplotypes are like ranks real ones
    worse: it depends on which other loci a file has, and on tracts that many carry. What outgroup and target are like
    as a whole tells how much of a ghost to expect, and how old it is.

    Parameters
    ----------
    moments : ndarray of float32, shape (num_moments, num_bins, num_statistics)
        Over all target haplotypes, see `statistics.haplotype.moments`.
    population : ndarray of float32, shape (num_population,)
        Population statistics, the same in all bins; NaN where they are unknown.

    Returns
    -------
    ndarray of float32, shape (num_bins, num_moments * num_statistics + num_population)
    """
    everywhere = np.broadcast_to(population, (moments.shape[1], len(population)))
    return np.concatenate([*moments, everywhere], axis=1)


def context_channel_names(statistics: Sequence[str], population: Sequence[str]) -> tuple[str, ...]:
    """Names of the channels of a `context` of these statistics, in its order."""
    of_haplotypes = (f"{name}:{moment}" for moment in MOMENTS for name in statistics)
    return (*of_haplotypes, *(f"{POPULATION}:{name}" for name in population))


def segment_input(statistics: Tensor, around: Tensor, blur: Tensor | float = 1.0) -> Tensor:
    """What the segment network is given: statistics of a haplotype, their context, and how unlike the others it is.

    Parameters
    ----------
    statistics : Tensor, shape (..., num_bins, num_statistics)
    around : Tensor, shape (..., num_bins, 2 * num_statistics + num_population)
        A `context`.
    blur : Tensor or float
        What the context is multiplied by, in training.

    Returns
    -------
    Tensor, shape (..., num_bins, 4 * num_statistics + num_population)
        The last part is the deviation from the mean over haplotypes in standard deviations, near 0 where haplotypes
        hardly differ, whatever the precision of their values.
    """
    number = statistics.shape[-1]
    mean, deviation = around[..., :number], around[..., number : 2 * number]
    deviations = (statistics - mean) / (deviation + _HARDLY * (mean + 0.5))
    return torch.cat([statistics, around * blur, deviations], dim=-1)


def segment_channel_names(statistics: Sequence[str], population: Sequence[str]) -> tuple[str, ...]:
    """Names of the channels of a `segment_input` of these statistics, in its order.

    Parameters
    ----------
    statistics : sequence of str
        In the order of the haplotype statistics, for example ``private_window``.
    population : sequence of str
        Population statistics, for example ``fst``.

    Returns
    -------
    tuple of str, length 4 * len(statistics) + len(population)
        The statistics themselves, then their context (``private_window:mean``, ``private_window:standard_deviation``,
        ``population:fst``), and how far the haplotype is from the mean, ``private_window:deviation``.
    """
    around = context_channel_names(statistics, population)
    return (*statistics, *around, *(f"{name}:deviation" for name in statistics))


NUM_REGIONS = "num_regions"


def genome_channel_names(pooled: Sequence[str], population: Sequence[str]) -> tuple[str, ...]:
    """Names of what a network for whole genomes is given.

    Parameters
    ----------
    pooled, population : sequence of str
        Statistics of haplotypes pooled over a region, and statistics of populations: the columns of `pool_each`.

    Returns
    -------
    tuple of str, length len(pooled) + len(population) + 1
        Those, and `NUM_REGIONS` for the number of regions, which is given apart.
    """
    return (*pooled, *population, NUM_REGIONS)


@dataclass(frozen=True)
class Pooled:
    """What a network for whole genomes is given: means over the regions of each, and how many regions they are of.

    What is averaged over few regions is noisier: a network that was trained on parts of genomes can tell by how much.

    Attributes
    ----------
    values : ndarray of float32, shape (num_genomes, num_pooled)
    num_regions : ndarray of float32, shape (num_genomes,)
    """

    values: Array
    num_regions: Array

    @classmethod
    def of(cls, regions: NDArray[np.floating], most: int | None = None) -> "Pooled":
        """One genome.

        Parameters
        ----------
        regions : ndarray of float, shape (num_regions, num_pooled)
            Of `pool_each`; they enter symmetrically.
        most : int, optional
            The most regions of training: more than that are given out as so many.
        """
        number = len(regions) if most is None else min(len(regions), most)
        mean = regions.mean(axis=0, dtype=np.float64).astype(np.float32)
        return cls(mean[None], np.array([number], dtype=np.float32))

    @classmethod
    def stack(cls, genomes: "Iterable[Pooled]") -> "Pooled":
        """The genomes of all of these, one after the other; at least one."""
        several = list(genomes)
        return cls(
            np.concatenate([genome.values for genome in several]),
            np.concatenate([genome.num_regions for genome in several]),
        )

    def __len__(self) -> int:
        return len(self.num_regions)

    def __getitem__(self, genomes: NDArray[np.bool_] | NDArray[np.intp] | slice) -> "Pooled":
        """Some of the genomes."""
        return Pooled(self.values[genomes], self.num_regions[genomes])

    def tensors(self) -> tuple[Tensor, Tensor]:
        """Values and numbers of regions, as the networks take them."""
        return torch.from_numpy(self.values), torch.from_numpy(self.num_regions)


def pool_each(pooled: Array, usable: NDArray[np.bool_], population_statistics: Array) -> NDArray[np.float64]:
    """Statistics of each of the `pooled_regions` of one genome.

    Parameters
    ----------
    pooled : ndarray of float32, shape (num_regions, num_pooled_statistics)
        Of a `statistics.pooled.Summary`.
    usable : ndarray of bool, shape (num_regions, num_bins)
        A region at the end of a contig has the bins of a whole one here, those beyond not usable.
    population_statistics : ndarray of float32, shape (num_regions, num_population_statistics)

    Returns
    -------
    ndarray of float64, shape (num_pooled_regions, num_pooled)
        Where one is made of several regions, these weigh by usable bins.

    Raises
    ------
    DataError
        No usable bin at all.
    """
    values = np.concatenate([pooled, population_statistics], axis=1).astype(np.float64)
    number = usable.sum(axis=1)
    return np.stack([np.average(values[group], axis=0, weights=number[group]) for group in pooled_regions(usable)])


def callable_share(callable_fraction: Array) -> Array:
    """Mean callable fraction of the usable bins along the last axis; NaN where there is none."""
    usable = usable_bins(callable_fraction)
    total = np.where(usable, callable_fraction, 0).sum(axis=-1)
    number = usable.sum(axis=-1)
    share: Array = np.divide(total, number, out=np.full(np.shape(total), np.nan, np.float32), where=number > 0)
    return share
