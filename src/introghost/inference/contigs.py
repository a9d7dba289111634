"""Statistics of the contigs of a VCF, and those of whole genomes pooled from them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from introghost import seeds
from introghost.errors import DataError
from introghost.haplotypes import OUTGROUP, TARGET, Haplotypes
from introghost.inference import inputs
from introghost.inference.bundle import Bundle
from introghost.statistics.haplotype import (
    BLANK_BINS,
    STATISTICS,
    WIDE_BINS,
    callable_per_bin_bp,
    haplotype_statistics,
    usable_bins,
    without_blank_runs,
)
from introghost.statistics.pooled import PLAIN, Summary, at_most, few_targets
from introghost.statistics.population import POPULATION_STATISTICS, population_statistics

if TYPE_CHECKING:
    from introghost.variants.source import VcfSource

Array = NDArray[np.float32]

TILE_BINS = 200
CALLED, TOO_LITTLE, GAP, NO_SITES = (
    "called",
    "too little callable sequence",
    f"no site in {BLANK_BINS} or more bins",
    "no sites in the contig",
)


@dataclass(frozen=True)
class ContigStatistics:
    """Statistics of a whole contig, put together from tiles; shapes as in `statistics.haplotype`.

    ``groups`` are rows of target haplotypes, see `target_groups`.

    ``num_sites`` is int64 and ``blank`` bool (see `statistics.haplotype.without_blank_runs`), of shape (num_bins,). Of
    a contig without sites, `haplotype` has no bin, `pooled` and `population` no region, for nothing can be computed.
    """

    contig: str
    start_bp: int
    end_bp: int
    labels: list[str]
    groups: list[NDArray[np.intp]]
    haplotype: Array
    pooled: Array
    population: Array
    callable_bp: Array
    num_sites: NDArray[np.int64]
    blank: NDArray[np.bool_]

    @property
    def has_sites(self) -> bool:
        """Whether the contig has any usable site."""
        return bool(self.num_sites.any())

    def without_haplotypes(self) -> "ContigStatistics":
        """The same without the statistics of haplotypes, which take nearly all of the memory."""
        return replace(self, haplotype=self.haplotype[:, :0].copy())


def contig_statistics(
    source: "VcfSource",
    contig: str,
    start_bp: int,
    end_bp: int,
    *,
    bin_bp: int,
    region_length_bp: int,
    target_diploids: tuple[int, int],
    whole_diploids: tuple[int, int] | None = None,
    summary: Summary | None = PLAIN,
    tile_bins: int = TILE_BINS,
) -> ContigStatistics:
    """Statistics of one contig, computed tile by tile, so that distances of few bins at a time are in memory.

    Tiles overlap by the reach of the window statistics and bins lie on one grid, so that the result does not depend
    on `tile_bins`.

    Parameters
    ----------
    source : VcfSource
    contig : str
    start_bp, end_bp : int
        0-based, half-open.
    bin_bp, region_length_bp : int
        As the model was trained: `region_length_bp` is the stretch that the population statistics describe.
    target_diploids : tuple of int
        Fewest and most with which the segment network was trained: more are looked at in groups.
    whole_diploids : tuple of int, optional
        The most of outgroup and target with which networks for whole genomes were trained: of more, so many are chosen.
    summary : Summary or None
        What is kept of a region as a whole, if anything is.
    tile_bins : int
        Bins of a tile.

    Returns
    -------
    ContigStatistics
    """
    haplotypes, blank = without_blank_runs(source.read(contig, start_bp, end_bp), bin_bp)
    callable_bp = callable_per_bin_bp(haplotypes, bin_bp)
    groups = target_groups(haplotypes, target_diploids)
    if len(haplotypes.positions_bp):
        haplotype = np.empty((len(haplotypes.target_labels), len(callable_bp), len(STATISTICS)), dtype=np.float32)
        target, outgroup = (np.flatnonzero(haplotypes.roles == role) for role in (TARGET, OUTGROUP))
        for group in groups:
            together = np.sort(np.concatenate([outgroup, target[group]]))
            part = haplotypes.select_haplotypes(together) if len(groups) > 1 else haplotypes
            haplotype[group] = _tiled(part, bin_bp, tile_bins)
    else:
        haplotype = np.empty((len(haplotypes.target_labels), 0, len(STATISTICS)), dtype=np.float32)
    if len(haplotypes.positions_bp) and summary is not None:
        chosen = haplotypes
        for role, most in zip((OUTGROUP, TARGET), whole_diploids or (), strict=False):
            chosen = at_most(chosen, role, most)
        population = np.stack([population_statistics(region) for region in _regions(chosen, region_length_bp)])
        few = few_targets(chosen)
        of_few = haplotype if few is haplotypes and len(groups) == 1 else _tiled(few, bin_bp, tile_bins)
        fraction = np.where(blank, np.float32(0), callable_bp / np.float32(bin_bp))
        starts = range(0, len(fraction), region_length_bp // bin_bp)
        parts = (slice(first, first + starts.step) for first in starts)
        pooled = np.stack([summary.compute(of_few[:, part], fraction[part]) for part in parts])
    else:
        pooled = np.empty((0, len(summary.names) if summary else 0), dtype=np.float32)
        population = np.empty((0, len(POPULATION_STATISTICS)), dtype=np.float32)
    return ContigStatistics(
        contig,
        start_bp,
        end_bp,
        haplotypes.target_labels,
        groups,
        haplotype,
        pooled,
        population,
        callable_bp,
        np.bincount((haplotypes.positions_bp - start_bp) // bin_bp, minlength=len(callable_bp)).astype(np.int64),
        blank,
    )


def target_groups(haplotypes: Haplotypes, trained: tuple[int, int]) -> list[NDArray[np.intp]]:
    """Rows among the target haplotypes that are looked at together.

    Among more than a network was trained with, alleles are shared and neighbours are near as it has never seen. More
    are divided into groups of about the same size, by a digest of their names: the order of samples has no meaning.

    Parameters
    ----------
    haplotypes : Haplotypes
    trained : tuple of int
        Fewest and most individuals of training. Where groups would be smaller than that, there is but one.
    """
    names = [haplotypes.sample_names[row] for row in np.flatnonzero(haplotypes.roles == TARGET)]
    ranked = seeds.shuffled(names, "group")
    parts = np.array_split(np.arange(len(ranked)), num_groups(len(ranked), trained))
    group_of = {ranked[place]: number for number, part in enumerate(parts) for place in part}
    found = np.array([group_of[name] for name in names])
    return [np.flatnonzero(found == number) for number in range(len(parts))]


def num_groups(diploids: int, trained: tuple[int, int]) -> int:
    number = -(-diploids // trained[1])
    return number if diploids // max(number, 1) >= trained[0] else 1


def _tiled(haplotypes: Haplotypes, bin_bp: int, tile_bins: int) -> Array:
    """`haplotype_statistics` of a stretch, one tile after the other."""
    start_bp, end_bp = haplotypes.interval_bp
    halo = WIDE_BINS // 2
    num_bins = -(-(end_bp - start_bp) // bin_bp)
    result = np.empty((len(haplotypes.target_labels), num_bins, len(STATISTICS)), dtype=np.float32)
    for first in range(0, num_bins, tile_bins):
        last = min(first + tile_bins, num_bins)
        outer = max(first - halo, 0), min(last + halo, num_bins)
        tile = haplotypes.restrict(start_bp + outer[0] * bin_bp, min(start_bp + outer[1] * bin_bp, end_bp))
        result[:, first:last] = haplotype_statistics(tile, bin_bp).values[:, first - outer[0] : last - outer[0]]
    return result


def _regions(haplotypes: Haplotypes, length_bp: int) -> Iterator[Haplotypes]:
    """Regions of the trained length, the last one perhaps shorter; `inputs.pooled_regions` says which of them count."""
    first, last = haplotypes.interval_bp
    for start in range(first, last, length_bp):
        yield haplotypes.restrict(start, min(start + length_bp, last))


def callable_fraction_of(statistics: ContigStatistics, bin_bp: int) -> Array:
    """Callable share of each bin, of a whole bin also where the contig ends within it.

    So the statistics are scaled, in training too: of a shorter stretch they are 0, which must not pass for a finding.
    """
    fraction: Array = statistics.callable_bp / np.float32(bin_bp)
    return fraction


def bin_status(statistics: ContigStatistics, callable_fraction: Array) -> NDArray[np.str_]:
    """Why each bin is or isn't called."""
    status = np.where(usable_bins(callable_fraction), CALLED, TOO_LITTLE)
    status[statistics.blank] = GAP
    return status if statistics.has_sites else np.full(len(status), NO_SITES)


def pool_contigs(contigs: list[ContigStatistics], bundle: Bundle) -> tuple[NDArray[np.float64], dict[str, int]]:
    """Pooled statistics of the regions of one genome read from a VCF.

    The regions of all contigs, cut on each contig's own grid, are pooled by `inputs.pool_each` as those of training.

    Returns
    -------
    ndarray of float64, shape (num_regions, num_pooled)
        Of `inputs.pool_each`; `whole` makes of it what a network is given.
    dict of str to int
        What they are of: number of ``regions``, and how many of those are put together, ``regions_of_short_stretches``;
        usable ``bins`` in them, ``used_bp``, callable sequence in these, and ``left_out_bp``, callable sequence in
        stretches too short to count.

    Raises
    ------
    DataError
        No usable bin at all.
    """
    bin_bp = bundle.description["bin_bp"]
    bins = bundle.description["region_length_bp"] // bin_bp
    pooled, usable, population, seen_bp = [], [], [], []
    for contig in contigs:
        if not contig.has_sites:
            continue
        called = bin_status(contig, callable_fraction_of(contig, bin_bp)) == CALLED
        rest = (0, -len(called) % bins)
        usable.append(np.pad(called, rest).reshape(-1, bins))
        seen_bp.append(np.pad(np.where(called, contig.callable_bp, 0), rest).reshape(-1, bins).sum(axis=1))
        pooled.append(contig.pooled)
        population.append(contig.population)
    if not any(part.any() for part in usable):
        raise DataError("no bin of the target has enough callable sequence; check --include-bed and --region")
    joined = np.concatenate(usable)
    groups = inputs.pooled_regions(joined)
    in_region_bp = np.concatenate(seen_bp)
    used_bp = sum(int(in_region_bp[group].sum()) for group in groups)
    about = {
        "regions": len(groups),
        "regions_of_short_stretches": sum(len(group) > 1 for group in groups),
        "bins": sum(int(joined[group].sum()) for group in groups),
        "used_bp": used_bp,
        "left_out_bp": int(in_region_bp.sum()) - used_bp,
    }
    return inputs.pool_each(np.concatenate(pooled), joined, np.concatenate(population)), about
