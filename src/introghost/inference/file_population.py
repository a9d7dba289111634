"""What outgroup and target are like over a whole file, as the segment network is given it; or that it is unknown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from introghost.haplotypes import Haplotypes
from introghost.statistics.population import POPULATION_STATISTICS, population_statistics
from introghost.statistics.table import Statistics

Array = NDArray[np.float32]

LEAST_REGION_PART = 1 / 20  # of a region's length, callable, where its population statistics count


@dataclass(frozen=True)
class ContigPopulation:
    """Population statistics of the regions of a contig.

    Attributes
    ----------
    values : ndarray of float32, shape (num_regions, num_population_statistics)
        Of a contig without sites, without a region.
    callable_bp : ndarray of int64, shape (num_regions,)
    """

    values: Array
    callable_bp: NDArray[np.int64]


def region_population(regions: Iterable[Haplotypes]) -> ContigPopulation:
    """Population statistics of regions.

    Parameters
    ----------
    regions : iterable of Haplotypes
    """
    values, callable_bp = [np.empty((0, len(POPULATION_STATISTICS)), dtype=np.float32)], list[int]()
    for region in regions:
        values.append(population_statistics(region)[None])
        callable_bp.append(region.num_callable_bp)
    return ContigPopulation(np.concatenate(values), np.array(callable_bp, dtype=np.int64))


def mean_population(contigs: Sequence[ContigPopulation], region_length_bp: int) -> Array:
    """Population statistics of all contigs together.

    Parameters
    ----------
    contigs : sequence of ContigPopulation
    region_length_bp : int
        With less callable sequence than one region in all of them, statistics are unknown: those of a locus tell of
        the locus. Regions with less than a twentieth of that do not count.

    Returns
    -------
    ndarray of float32, shape (num_population_statistics,)
        Means over regions, weighted by their callable sequence; NaN if they are unknown.
    """
    callable_bp = np.concatenate([np.empty(0, np.int64), *(contig.callable_bp for contig in contigs)])
    counts = callable_bp >= LEAST_REGION_PART * region_length_bp
    if callable_bp[counts].sum() < region_length_bp:
        width = contigs[0].values.shape[1] if contigs else len(POPULATION_STATISTICS)
        return np.full(width, np.nan, dtype=np.float32)
    values = np.concatenate([contig.values for contig in contigs]).astype(np.float64)
    return np.average(values[counts], axis=0, weights=callable_bp[counts]).astype(np.float32)


def population_of_genomes(statistics: Statistics) -> Array:
    """Population statistics that the network is given for each region: those of all regions of its genome together.

    As if each genome, as one observation shows it, were a file.

    Parameters
    ----------
    statistics : Statistics

    Returns
    -------
    ndarray of float32, shape (num_regions, num_population_statistics)
        NaN where they are unknown, see `mean_population`.
    """
    population = np.empty_like(statistics.population)
    for genome in statistics.genomes():
        population[genome.rows] = _mean_of_rows(statistics, genome.rows)
    return population


def population_of_file(statistics: Statistics) -> Array:
    """Population statistics that the network is given if all these regions lie in one file.

    Parameters
    ----------
    statistics : Statistics

    Returns
    -------
    ndarray of float32, shape (num_population_statistics,)
        NaN if they are unknown, see `mean_population`.
    """
    return _mean_of_rows(statistics, np.arange(len(statistics.population)))


def _mean_of_rows(statistics: Statistics, rows: NDArray[np.intp]) -> Array:
    """`mean_population` of some regions."""
    callable_bp = statistics.callable_fraction[rows].sum(axis=1, dtype=np.float64) * statistics.bin_bp
    regions = ContigPopulation(statistics.population[rows], callable_bp.round().astype(np.int64))
    return mean_population([regions], statistics.region_length_bp)
