"""What is read of the contigs of a VCF: bins, and statistics of haplotypes and of regions."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from introghost import seeds
from introghost.arrays import num_bins
from introghost.haplotypes import OUTGROUP, TARGET, Haplotypes, callable_per_bin_bp
from introghost.inference.fields import Range
from introghost.inference.file_population import ContigPopulation, region_population
from introghost.statistics.haplotype import (
    BLANK_BINS,
    STATISTICS,
    WIDE_BINS,
    HaplotypeStatistics,
    haplotype_statistics,
    usable_bins,
    without_blank_runs,
)
from introghost.statistics.pooled import Summary, few_targets, of_both_at_most
from introghost.statistics.population import POPULATION_STATISTICS

if TYPE_CHECKING:
    from introghost.variants.sites import Interval
    from introghost.variants.source import VcfSource

Array = NDArray[np.float32]

TILE_BINS = 200


class BinStatus(StrEnum):
    """Whether a bin is called, or why it is not."""

    CALLED = "called"
    TOO_LITTLE_CALLABLE = "too little callable sequence"
    BLANK = f"no site in {BLANK_BINS} or more bins"
    CONTIG_WITHOUT_SITES = "no sites in the contig"
    WITHHELD = "withheld"


@dataclass(frozen=True)
class Bins:
    """The bins of one contig.

    Attributes
    ----------
    contig : str
    bin_bp : int
        Length of a bin; the last one may be shorter.
    starts_bp, ends_bp : ndarray of int64, shape (num_bins,)
        0-based and half-open.
    callable_bp : ndarray of float32, shape (num_bins,)
    num_sites : ndarray of int64, shape (num_bins,)
    status : ndarray of str, shape (num_bins,)
        Values of `BinStatus`.
    """

    contig: str
    bin_bp: int
    starts_bp: NDArray[np.int64]
    ends_bp: NDArray[np.int64]
    callable_bp: Array
    num_sites: NDArray[np.int64]
    status: NDArray[np.str_]

    @classmethod
    def of(cls, haplotypes: Haplotypes, blank: NDArray[np.bool_], bin_bp: int) -> "Bins":
        """Bins of a stretch.

        Parameters
        ----------
        haplotypes : Haplotypes
            Of the stretch; the first bin starts where it does.
        blank : ndarray of bool, shape (num_bins,)
            Bins in long runs without a usable site, of `statistics.haplotype.without_blank_runs`.
        bin_bp : int
        """
        start_bp, end_bp = haplotypes.interval_bp
        # The grid, and the callable base pairs of each of its bins.
        starts_bp = np.arange(start_bp, end_bp, bin_bp, dtype=np.int64)
        callable_bp = callable_per_bin_bp(haplotypes, bin_bp)
        # Why a bin is not called: a long run without a site outweighs too little callable sequence in the bin itself.
        if len(haplotypes.positions_bp):
            usable = usable_bins(callable_bp / np.float32(bin_bp))
            status = np.where(usable, BinStatus.CALLED, BinStatus.TOO_LITTLE_CALLABLE).astype(np.str_)
            status = np.where(blank, BinStatus.BLANK, status)
        else:
            status = np.full(len(starts_bp), BinStatus.CONTIG_WITHOUT_SITES)
        return cls(
            contig=haplotypes.contig,
            bin_bp=bin_bp,
            starts_bp=starts_bp,
            ends_bp=np.minimum(starts_bp + bin_bp, end_bp),
            callable_bp=callable_bp,
            num_sites=np.bincount((haplotypes.positions_bp - start_bp) // bin_bp, minlength=len(starts_bp)),
            status=np.asarray(status, dtype=np.str_),
        )

    def __len__(self) -> int:
        return len(self.starts_bp)

    @property
    def called(self) -> NDArray[np.bool_]:
        """Which bins are called, shape (num_bins,)."""
        called: NDArray[np.bool_] = self.status == BinStatus.CALLED
        return called

    @property
    def has_sites(self) -> bool:
        """Whether the contig has any usable site."""
        return bool(self.num_sites.any())

    @property
    def callable_fraction(self) -> Array:
        """Callable share of each bin, of a whole bin also where the contig ends within it.

        So the statistics are scaled, in training too: in a shorter bin they are smaller, as in one that is masked.
        """
        fraction: Array = self.callable_bp / np.float32(self.bin_bp)
        return fraction


@dataclass(frozen=True)
class ReadingPlan:
    """How a VCF is read for a model.

    Attributes
    ----------
    bin_bp, region_length_bp : int
        As the model was trained: `region_length_bp` is the stretch that population statistics describe.
    target_diploids : Range
        Numbers with which the segment network was trained: more individuals are looked at in groups.
    population_diploids : tuple of int
        The most of outgroup and target with which the segment network was trained: the population statistics that it
        is given are of so many, chosen if there are more.
    most_diploids : tuple of int or None
        The same of networks for whole genomes, for all statistics that these are given.
    summary : Summary or None
        What is kept of a region as a whole; None keeps nothing.
    tile_bins : int
        Bins whose distances are in memory at a time; the result does not depend on it.
    """

    bin_bp: int
    region_length_bp: int
    target_diploids: Range
    population_diploids: tuple[int, int]
    most_diploids: tuple[int, int] | None = None
    summary: Summary | None = None
    tile_bins: int = TILE_BINS


@dataclass(frozen=True)
class ContigStatistics:
    """Statistics of a whole contig, put together from tiles.

    Attributes
    ----------
    bins : Bins
    labels : list of str
        ``SAMPLE.HAPLOTYPE`` of each target haplotype.
    groups : list of ndarray of intp
        Rows of target haplotypes that are looked at together, see `target_groups`.
    haplotype : HaplotypeStatistics
        Of a contig without sites, without a bin: nothing can be computed.
    pooled : ndarray of float32, shape (num_regions, num_pooled_statistics)
        Of a contig without sites, or where the plan keeps nothing, without a region; so is `population`.
    population : ndarray of float32, shape (num_regions, num_population_statistics)
    """

    bins: Bins
    labels: list[str]
    groups: list[NDArray[np.intp]]
    haplotype: HaplotypeStatistics
    pooled: Array
    population: Array

    def without_haplotypes(self) -> "ContigStatistics":
        """The same without the statistics of haplotypes, which take nearly all of the memory."""
        return replace(self, haplotype=_no_statistics(len(self.labels)))


def contig_population(source: "VcfSource", interval: "Interval", plan: ReadingPlan) -> ContigPopulation:
    """Population statistics of one contig, as the segment network is given them.

    Parameters
    ----------
    source : VcfSource
    interval : tuple of str, int and int
        Contig, start and end in bp, 0-based and half-open.
    plan : ReadingPlan
    """
    haplotypes, _ = without_blank_runs(source.read(*interval), plan.bin_bp)
    if not len(haplotypes.positions_bp):
        return region_population(())
    return region_population(_regions(of_both_at_most(haplotypes, plan.population_diploids), plan.region_length_bp))


def contig_statistics(source: "VcfSource", interval: "Interval", plan: ReadingPlan) -> ContigStatistics:
    """Statistics of one contig, computed tile by tile, so that distances of few bins at a time are in memory.

    Tiles overlap by the reach of the window statistics and bins lie on one grid, so that the result does not depend
    on their length.

    Parameters
    ----------
    source : VcfSource
    interval : tuple of str, int and int
        Contig, start and end in bp, 0-based and half-open.
    plan : ReadingPlan

    Returns
    -------
    ContigStatistics
    """
    haplotypes, blank = without_blank_runs(source.read(*interval), plan.bin_bp)
    bins = Bins.of(haplotypes, blank, plan.bin_bp)
    labels, groups = haplotypes.target_labels, target_groups(haplotypes, plan.target_diploids)
    haplotype = _by_group(haplotypes, groups, plan) if bins.has_sites else _no_statistics(len(labels))
    if bins.has_sites and plan.summary is not None:
        values = haplotype.values if len(groups) == 1 else None
        pooled, population = _by_region(haplotypes, bins, values, plan, plan.summary)
    else:
        pooled = np.empty((0, 0 if plan.summary is None else len(plan.summary.names)), dtype=np.float32)
        population = np.empty((0, len(POPULATION_STATISTICS)), dtype=np.float32)
    return ContigStatistics(bins, labels, groups, haplotype, pooled, population)


def _no_statistics(num_haplotypes: int) -> HaplotypeStatistics:
    values = np.empty((num_haplotypes, 0, len(STATISTICS)), dtype=np.float32)
    return HaplotypeStatistics(values, np.empty((num_haplotypes, 0), dtype=np.int64))


def _by_group(haplotypes: Haplotypes, groups: list[NDArray[np.intp]], plan: ReadingPlan) -> HaplotypeStatistics:
    """Statistics of each group of target haplotypes among themselves."""
    if len(groups) == 1:
        return _tiled(haplotypes, plan)
    target, outgroup = (np.flatnonzero(haplotypes.roles == role) for role in (TARGET, OUTGROUP))
    labels = haplotypes.target_labels
    number = num_bins(haplotypes.interval_bp[1] - haplotypes.interval_bp[0], plan.bin_bp)
    values = np.empty((len(labels), number, len(STATISTICS)), dtype=np.float32)
    private_alleles = np.empty(values.shape[:2], dtype=np.int64)
    for group in groups:
        together = np.sort(np.concatenate([outgroup, target[group]]))
        part = _tiled(haplotypes.select_haplotypes(together), plan)
        values[group], private_alleles[group] = part.values, part.private_alleles
    return HaplotypeStatistics(values, private_alleles)


def _by_region(
    haplotypes: Haplotypes, bins: Bins, values: Array | None, plan: ReadingPlan, summary: Summary
) -> tuple[Array, Array]:
    """Pooled and population statistics of each region; `values` are those of all haplotypes together, if known."""
    chosen = haplotypes if plan.most_diploids is None else of_both_at_most(haplotypes, plan.most_diploids)
    population = region_population(_regions(chosen, plan.region_length_bp)).values
    few = few_targets(chosen)
    few_values = values if values is not None and few is haplotypes else _tiled(few, plan).values
    fraction, step = bins.callable_fraction, plan.region_length_bp // plan.bin_bp
    parts = [slice(first, first + step) for first in range(0, len(bins), step)]
    return np.stack([summary.compute(few_values[:, part], fraction[part]) for part in parts]), population


def target_groups(haplotypes: Haplotypes, trained: Range) -> list[NDArray[np.intp]]:
    """Rows among the target haplotypes that are looked at together.

    Among more than a network was trained with, alleles are shared and neighbours are near as it has never seen. More
    are divided into groups of about the same size, by a digest of their names: the order of samples has no meaning.

    Parameters
    ----------
    haplotypes : Haplotypes
    trained : Range
        Numbers of individuals in training. Where groups would be smaller than that, there is but one.
    """
    names = [haplotypes.sample_names[row] for row in np.flatnonzero(haplotypes.roles == TARGET)]
    ranked = seeds.shuffled(names, "group")
    parts = np.array_split(np.arange(len(ranked)), num_groups(len(ranked), trained))
    group_of = {ranked[place]: number for number, part in enumerate(parts) for place in part}
    group = np.array([group_of[name] for name in names])
    return [np.flatnonzero(group == number) for number in range(len(parts))]


def num_groups(diploids: int, trained: Range) -> int:
    """How many groups so many individuals make; 1 where groups would be smaller than in training.

    Parameters
    ----------
    diploids : int
        Individuals of a role.
    trained : Range
        Numbers of individuals in training.
    """
    number = -(-diploids // trained.highest)
    return number if diploids // max(number, 1) >= trained.lowest else 1


def _tiled(haplotypes: Haplotypes, plan: ReadingPlan) -> HaplotypeStatistics:
    """`haplotype_statistics` of a stretch, one tile after the other."""
    bin_bp, (start_bp, end_bp) = plan.bin_bp, haplotypes.interval_bp
    halo, number = WIDE_BINS // 2, num_bins(end_bp - start_bp, bin_bp)
    values = np.empty((len(haplotypes.target_labels), number, len(STATISTICS)), dtype=np.float32)
    private_alleles = np.empty(values.shape[:2], dtype=np.int64)
    for first in range(0, number, plan.tile_bins):
        last = min(first + plan.tile_bins, number)
        outer = max(first - halo, 0), min(last + halo, number)
        tile = haplotypes.restrict(start_bp + outer[0] * bin_bp, min(start_bp + outer[1] * bin_bp, end_bp))
        statistics, inner = haplotype_statistics(tile, bin_bp), slice(first - outer[0], last - outer[0])
        values[:, first:last] = statistics.values[:, inner]
        private_alleles[:, first:last] = statistics.private_alleles[:, inner]
    return HaplotypeStatistics(values, private_alleles)


def _regions(haplotypes: Haplotypes, length_bp: int) -> Iterator[Haplotypes]:
    """Regions of the trained length, the last one perhaps shorter; `extent.pooled_regions` says which of them count."""
    first, last = haplotypes.interval_bp
    for start in range(first, last, length_bp):
        yield haplotypes.restrict(start, min(start + length_bp, last))
