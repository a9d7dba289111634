"""Statistics of each target haplotype in each bin.

"Private" is a derived allele that no outgroup haplotype carries: the mark of ancestry that the outgroup lacks
(Plagnol & Wall 2006, PLoS Genetics 2:e105; Skov et al. 2018, PLoS Genetics 14:e1007641). Counts are over the bin;
distances and shared private alleles are over the bin and its neighbours, `WINDOW_BINS` bins in all, or `WIDE_BINS`:
tracts are of all lengths, and the nearest haplotype of a short stretch is another one than that of a long one.
Everything is divided by callable sequence, so that a masked bin is not mistaken for an identical one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from introghost import seeds
from introghost.arrays import bin_edges_bp, num_bins, runs
from introghost.haplotypes import MISSING, OUTGROUP, TARGET, Haplotypes, callable_per_bin_bp
from introghost.statistics import pairs, registry
from introghost.statistics.registry import MIRRORED, PRIVATE_CLASSES, QUARTERS, STATISTICS, Scale
from introghost.statistics.thresholds import (
    BLANK_BINS,
    ENRICHED_RATIO,
    MINIMUM_CALLABLE_FRACTION,
    NEARLY_PRIVATE,
    OUTGROUP_QUANTILE,
    PANEL_HAPLOTYPES,
    RARE_IN_OUTGROUP,
    SHARED_CLASSES,
    WIDE_BINS,
    WINDOW_BINS,
)

__all__ = [
    "BLANK_BINS",
    "MINIMUM_CALLABLE_FRACTION",
    "MIRRORED",
    "MOMENTS",
    "STATISTICS",
    "WIDE_BINS",
    "HaplotypeStatistics",
    "haplotype_statistics",
    "moments",
    "panel",
    "usable_bins",
    "without_blank_runs",
]

MOMENTS = ("mean", "standard_deviation")

Array = NDArray[np.float32]
Named = dict[str, NDArray[np.floating]]


@dataclass(frozen=True, eq=False)
class HaplotypeStatistics:
    """Statistics of target haplotypes, and the counts among them that are reported as they are.

    Attributes
    ----------
    values : ndarray of float32, shape (num_target_haplotypes, num_bins, num_statistics)
        In the order of `STATISTICS`.
    private_alleles : ndarray of int64, shape (num_target_haplotypes, num_bins)
        Private alleles that each haplotype carries in each bin, of all `PRIVATE_CLASSES`, not scaled.
    """

    values: Array
    private_alleles: NDArray[np.int64]


def haplotype_statistics(haplotypes: Haplotypes, bin_bp: int) -> HaplotypeStatistics:
    """Every statistic of `STATISTICS` for each target haplotype in each bin of the interval.

    Bins start at the interval's start; the last one may be shorter.

    Parameters
    ----------
    haplotypes : Haplotypes
    bin_bp : int
        Bin size.

    Returns
    -------
    HaplotypeStatistics
        Counts and distances per 10 kb of callable sequence; 0 where less than `MINIMUM_CALLABLE_FRACTION` of the
        bin (for window statistics: of the window) is callable. A missing genotype is neither derived nor ancestral:
        it adds to no count, and distances are over the sites that both haplotypes have, scaled up to all sites of the
        bin; those in halves to all of the half, in which a haplotype that shares no site is not the nearest.
        The numbers of haplotypes stand beside, since a minimum over more haplotypes is smaller.
    """
    callable_bp = callable_per_bin_bp(haplotypes, bin_bp)
    factors = _factors_per_10kb(callable_bp, bin_bp)
    per_bin = _per_bin(haplotypes, bin_bp)
    private = np.sum([per_bin.counts[name] for name in PRIVATE_CLASSES], axis=0)
    unscaled: Named = {**per_bin.counts, **_quarters(haplotypes, bin_bp), **_over_windows(haplotypes, per_bin, private)}
    # A share of haplotypes is not scaled, but where nothing is known of the window it is 0 like everything else.
    unscaled["closer_targets"] = np.where(factors[Scale.WINDOW] > 0, unscaled["closer_targets"], 0.0)
    unscaled["callable_fraction"] = callable_bp[None, :] / bin_bp
    for role, code in (("outgroup", OUTGROUP), ("target", TARGET)):
        unscaled[f"{role}_haplotypes"] = np.full((1, 1), (haplotypes.roles == code).sum(), dtype=np.float32)
    return HaplotypeStatistics(_scaled(unscaled, factors, private.shape), private.astype(np.int64))


def _factors_per_10kb(callable_bp: Array, bin_bp: int) -> dict[Scale, Array]:
    """What turns a count over each stretch into one per 10 kb of callable sequence, each of shape (1, num_bins)."""
    whole_bp = np.full_like(callable_bp, bin_bp)
    stretches = ((callable_bp, whole_bp), *zip(_windows(callable_bp), _windows(whole_bp), strict=True))
    scales = (Scale.BIN, Scale.WINDOW, Scale.WIDE)
    return {scale: _per_10kb(*stretch)[None, :] for scale, stretch in zip(scales, stretches, strict=True)}


def _scaled(unscaled: Named, factors: Mapping[Scale, Array], shape: tuple[int, ...]) -> Array:
    """All statistics of the registry in one array, each multiplied by the factor of its scale."""
    result = np.empty((*shape, len(registry.HAPLOTYPE)), dtype=np.float32)
    for index, statistic in enumerate(registry.HAPLOTYPE):
        value = unscaled[statistic.name]
        if statistic.scale is Scale.NONE:
            result[:, :, index] = value
        else:
            result[:, :, index] = np.where(np.isfinite(value), value, 0.0) * factors[statistic.scale]
    return result


def _over_windows(haplotypes: Haplotypes, per_bin: "_PerBin", private: Array) -> Named:
    """Statistics of pairs of haplotypes, most of them over windows, each of shape (num_target, num_bins), unscaled.

    `private`, (num_target, num_bins), are private alleles per bin.
    """
    members = panel(haplotypes, TARGET)
    values = _distances_to_outgroup(per_bin.to_outgroup)
    for name, alleles in (("private", private), ("nearly_private", per_bin.counts["nearly_private"])):
        values |= _shared_with_closest(f"{name}_shared_with_closest_target", per_bin.shared[name], members)
        values[f"{name}_window"] = _rolling_sum(alleles.T, WINDOW_BINS)
    # Differences to other target haplotypes: each wide array is let go before the next is made.
    window, wide = _windows(per_bin.to_target)
    values["distance_nearest_target_wide"] = pairs.exclude_self(wide, np.inf, members).min(axis=2)
    del wide
    values["distance_mean_target"] = pairs.mean_of_others(window, members)
    nearest = pairs.exclude_self(window, np.inf, members).min(axis=2)
    values["distance_nearest_target"] = nearest
    values["closer_targets"] = pairs.share_closer(window, values["distance_nearest_outgroup"], members)
    # The same statistics of whichever target haplotype is closest.
    of_closest = pairs.of_closest(window, nearest, members)
    for name in (
        *("distance_nearest_outgroup", "distance_quantile_outgroup"),
        *("private_window", "nearly_private_window"),
    ):
        values[f"closest_target_{name}"] = of_closest(values[name])
    values["closest_target_private_shared"] = of_closest(values["private_shared_with_closest_target"])
    return {name: value.T for name, value in values.items()}


def _distances_to_outgroup(differences: Array) -> Named:
    """Nearest, low quantile and mean of the differences to the outgroup's panel, each (num_bins, num_target)."""
    window, wide = _windows(differences)
    values: Named = {
        "distance_nearest_outgroup_bin": differences.min(axis=2),
        "distance_nearest_outgroup_wide": wide.min(axis=2),
        "distance_nearest_outgroup": window.min(axis=2),
        "distance_mean_outgroup": window.mean(axis=2, dtype=np.float64),  # the same in any order of haplotypes
    }
    rank = int(OUTGROUP_QUANTILE * window.shape[2])
    for name, sums in (("distance_quantile_outgroup", window), ("distance_quantile_outgroup_wide", wide)):
        sums.partition(rank, axis=2)
        values[name] = sums[:, :, rank].copy()
    return values


def _shared_with_closest(name: str, shared: Array, members: NDArray[np.intp]) -> dict[str, Array]:
    """Alleles of a class shared with the target haplotype that shares most, each (num_bins, num_target)."""
    sums = zip((name, f"{name}_wide"), _windows(shared), strict=True)
    return {label: pairs.exclude_self(window, 0.0, members).max(axis=2) for label, window in sums}


def moments(statistics: Array) -> Array:
    """`MOMENTS` of each statistic over all target haplotypes.

    Ghost tracts are in few haplotypes: they move the deviation where they leave the mean as it was.

    Parameters
    ----------
    statistics : ndarray of float32, shape (num_haplotypes, num_bins, num_statistics)

    Returns
    -------
    ndarray of float32, shape (2, num_bins, num_statistics)
    """
    result = np.empty((len(MOMENTS), *statistics.shape[1:]), dtype=np.float32)
    for index in range(statistics.shape[1]):  # of a whole contig in double precision there would be too much
        values = np.sort(statistics[:, index].astype(np.float64), axis=0)  # the same sum in any order of haplotypes
        result[:, index] = values.mean(axis=0), values.std(axis=0)
    return result


def usable_bins(callable_fraction: Array) -> NDArray[np.bool_]:
    """Bins with enough callable sequence to be called.

    Parameters
    ----------
    callable_fraction : ndarray of float32, any shape
        Callable share of each bin.

    Returns
    -------
    ndarray of bool, the same shape
    """
    return callable_fraction >= MINIMUM_CALLABLE_FRACTION


def without_blank_runs(haplotypes: Haplotypes, bin_bp: int) -> tuple[Haplotypes, NDArray[np.bool_]]:
    """Take long runs of bins without any site out of the callable sequence.

    Where a file has records but none that can be used, for want of an ancestral state say, haplotypes are not alike:
    nothing was to be seen. For whole contigs of real data.

    Parameters
    ----------
    haplotypes : Haplotypes
    bin_bp : int

    Returns
    -------
    Haplotypes
    ndarray of bool, shape (num_bins,)
        Bins with enough callable sequence that are in a run of at least `BLANK_BINS` of them, or in a contig without
        any site.
    """
    edges = bin_edges_bp(*haplotypes.interval_bp, bin_bp)
    usable = usable_bins(callable_per_bin_bp(haplotypes, bin_bp) / np.float32(bin_bp))
    num_sites = np.bincount((haplotypes.positions_bp - edges[0]) // bin_bp, minlength=len(usable))
    blank = np.zeros(len(usable), dtype=np.bool_)
    for first, last in runs(num_sites == 0):
        is_whole_contig = last - first == len(usable)
        blank[first:last] = usable[first:last] & (is_whole_contig or usable[first:last].sum() >= BLANK_BINS)
    if not blank.any():
        return haplotypes, blank
    return haplotypes.mask(np.stack([edges[:-1], edges[1:]], axis=1)[~blank]), blank


def panel(haplotypes: Haplotypes, role: int) -> NDArray[np.intp]:
    """Haplotypes of one role that distances are measured to.

    Of more than `PANEL_HAPLOTYPES`, individuals are chosen by a digest of their names: the same in every tile of a
    contig, whatever the order of samples.

    Parameters
    ----------
    haplotypes : Haplotypes
    role : int
        `OUTGROUP` or `TARGET`.

    Returns
    -------
    ndarray of intp, shape (num_panel,)
        Indices among the haplotypes of the role, ascending, at most `PANEL_HAPLOTYPES`.
    """
    names = [haplotypes.sample_names[index] for index in np.flatnonzero(haplotypes.roles == role)]
    rank = {name: place for place, name in enumerate(seeds.shuffled(names, "panel"))}
    chosen = sorted(range(len(names)), key=lambda index: rank[names[index]])[:PANEL_HAPLOTYPES]
    return np.sort(np.array(chosen, dtype=np.intp))


def _bins(haplotypes: Haplotypes, bin_bp: int) -> Iterator[tuple[slice, slice]]:
    """Sites of the two halves of each bin."""
    start, end = haplotypes.interval_bp
    starts = np.arange(start, end, bin_bp)
    edges_bp = np.stack([starts, starts + bin_bp // 2, starts + bin_bp], axis=1)
    for first, middle, last in np.searchsorted(haplotypes.positions_bp, edges_bp):
        yield slice(first, middle), slice(middle, last)


@dataclass(frozen=True, eq=False)
class _PerBin:
    """What is counted in each bin.

    ``counts`` by statistic are of shape (num_target, num_bins); differences ``to_outgroup`` and ``to_target`` panels
    and alleles ``shared`` with the target panel, private and nearly private ones, of shape (num_bins, num_target,
    num_panel).
    """

    counts: dict[str, Array]
    to_outgroup: Array
    to_target: Array
    shared: dict[str, Array]


def _per_bin(haplotypes: Haplotypes, bin_bp: int) -> _PerBin:
    target, outgroup = haplotypes.target, haplotypes.outgroup
    bins = list(_bins(haplotypes, bin_bp))
    sites = [slice(first.start, second.stop) for first, second in bins]
    classes = _site_classes(target, outgroup)
    carried = (target == 1).astype(np.float32)
    counts = _class_counts(classes, carried, sites)
    for name, genotypes in (("outgroup_segregating", outgroup), ("target_segregating", target)):
        varies = (genotypes == 1).any(axis=1) & (genotypes == 0).any(axis=1)
        number = np.array([varies[of_bin].sum() for of_bin in sites], dtype=np.float32)
        counts[name] = np.broadcast_to(number, (target.shape[1], len(bins)))
    members = panel(haplotypes, TARGET)
    differences, halves = _differences(target, outgroup[:, panel(haplotypes, OUTGROUP)], members, bins)
    shared_classes = {
        "private": np.any([classes[name] for name in PRIVATE_CLASSES], axis=0),
        "nearly_private": classes["nearly_private"],
    }
    num_outgroup = differences.shape[2] - len(members)
    return _PerBin(
        counts | halves,
        differences[:, :, :num_outgroup],
        differences[:, :, num_outgroup:],
        {name: _shared(carried, of_class, members, sites) for name, of_class in shared_classes.items()},
    )


def _class_counts(classes: Mapping[str, NDArray[np.bool_]], carried: Array, sites: list[slice]) -> dict[str, Array]:
    """Alleles of each class that each target haplotype carries in each bin, (num_target, num_bins)."""
    matrix = np.stack(list(classes.values())).astype(np.float32)
    counts = np.stack([matrix[:, of_bin] @ carried[of_bin] for of_bin in sites], axis=2)
    return dict(zip(classes, counts, strict=True))


def _differences(
    target: NDArray[np.int8], outgroup: NDArray[np.int8], members: NDArray[np.intp], bins: list[tuple[slice, slice]]
) -> tuple[Array, dict[str, Array]]:
    """Differences of target haplotypes to the panels of both roles, the outgroup's first.

    `outgroup` is the outgroup's panel, `members` are the rows of the target's.

    Returns
    -------
    ndarray of float32, shape (num_bins, num_target, num_outgroup_panel + num_target_panel)
    dict of str to ndarray of float32, shape (num_target, num_bins)
        Differences to whoever is nearest in each half of a bin, both halves together.
    """
    # Both panels side by side, the columns of the pairs. Without missing genotypes one matrix product counts
    # differences.
    panels = np.concatenate([outgroup, target[:, members]], axis=1)
    is_complete = target.min(initial=0) >= 0 and panels.min(initial=0) >= 0
    plain = (target == 1).astype(np.float32), panels.astype(np.float32)
    # Over the whole bin for every pair, and in its halves for the nearest haplotype alone.
    differences = np.empty((len(bins), target.shape[1], panels.shape[1]), dtype=np.float32)
    names = ("distance_nearest_outgroup_halves", "distance_nearest_target_halves")
    halves = {name: np.zeros((target.shape[1], len(bins)), dtype=np.float32) for name in names}
    for index, bin_halves in enumerate(bins):
        # Differing sites of every pair, and the sites that both have genotypes at, in each half of the bin.
        first, second = (
            pairs.count_complete(plain[0][half], plain[1][half])
            if is_complete
            else pairs.count_with_missing(target[half], panels[half])
            for half in bin_halves
        )
        # Scaled up to all sites of the bin; 0 for a pair that has none in common.
        differences[index] = (first + second).scaled_up(0.0)
        # The least difference in each half, added up; a pair without a site in common, and a haplotype and itself, are
        # infinitely far apart.
        for counted in (first, second):
            in_half = counted.scaled_up(np.inf)
            to_others = pairs.exclude_self(in_half[None, :, outgroup.shape[1] :], np.inf, members)[0]
            for name, to_role in zip(names, (in_half[:, : outgroup.shape[1]], to_others), strict=True):
                halves[name][:, index] += pairs.least(to_role)
    return differences, halves


def _shared(carried: Array, of_class: NDArray[np.bool_], members: NDArray[np.intp], sites: list[slice]) -> Array:
    """Alleles of a class that target haplotypes share with those of the panel, (num_bins, num_target, num_panel)."""
    before = np.concatenate([[0], np.cumsum(of_class)])
    class_carried = carried[of_class]
    class_panel = class_carried[:, members]
    shared = np.empty((len(sites), carried.shape[1], len(members)), dtype=np.float32)
    for index, of_bin in enumerate(sites):
        class_sites = slice(before[of_bin.start], before[of_bin.stop])
        np.matmul(class_carried[class_sites].T, class_panel[class_sites], out=shared[index])
    return shared


def _site_classes(target: NDArray[np.int8], outgroup: NDArray[np.int8]) -> dict[str, NDArray[np.bool_]]:
    """Which sites count for which statistic, by the derived allele's count in the target and the outgroup."""
    in_count = (target == 1).sum(axis=1)
    in_share = in_count / np.maximum((target != MISSING).sum(axis=1), 1)
    out_count = (outgroup == 1).sum(axis=1)
    out_share = out_count / np.maximum((outgroup != MISSING).sum(axis=1), 1)
    private = out_count == 0
    several = private & (in_count > 1)
    return {
        "private_singletons": private & (in_count == 1),
        "private_shared_rare": several & (in_share <= SHARED_CLASSES[0]),
        "private_shared_intermediate": several & (in_share > SHARED_CLASSES[0]) & (in_share <= SHARED_CLASSES[1]),
        "private_shared_common": several & (in_share > SHARED_CLASSES[1]),
        "rare_in_outgroup": (out_count > 0) & (out_share <= RARE_IN_OUTGROUP),
        "common_in_outgroup": out_share > RARE_IN_OUTGROUP,
        "enriched_in_target": (out_count > 0) & (out_share <= ENRICHED_RATIO * in_share),
        "nearly_private": (out_share <= NEARLY_PRIVATE) & (out_share <= ENRICHED_RATIO * in_share),
    }


def _quarters(haplotypes: Haplotypes, bin_bp: int) -> dict[str, Array]:
    """Private alleles carried in each quarter of each bin, four times over, each (num_target, num_bins)."""
    target, outgroup = haplotypes.target, haplotypes.outgroup
    # Carried private alleles before each private site, so that those of a quarter are a difference.
    private = ~(outgroup == 1).any(axis=1)
    before = np.cumsum(target[private] == 1, axis=0, dtype=np.int32)
    before = np.concatenate([np.zeros_like(before[:1], shape=(1, target.shape[1])), before])
    start, end = haplotypes.interval_bp
    bins = np.arange(num_bins(end - start, bin_bp))[:, None]
    edges = np.append(start + (bins * bin_bp + np.arange(4) * bin_bp // 4).ravel(), start + len(bins) * bin_bp)
    counts = np.diff(before[np.searchsorted(haplotypes.positions_bp[private], edges)], axis=0)
    by_quarter = 4 * counts.reshape(len(bins), 4, -1).transpose(1, 2, 0).astype(np.float32)
    return dict(zip(QUARTERS, by_quarter, strict=True))


def _windows(values: Array) -> tuple[Array, Array]:
    """Sums over the `WINDOW_BINS` and over the `WIDE_BINS` bins around each bin along axis 0; fewer at the ends."""
    beyond = WIDE_BINS // 2
    rest = [(0, 0)] * (values.ndim - 1)
    narrow = _rolling_sum(np.pad(values, [(beyond, beyond), *rest]), WINDOW_BINS)
    steps = range(WINDOW_BINS // 2, WIDE_BINS, WINDOW_BINS)
    wide = sum((narrow[step : step + len(values)] for step in steps[1:]), start=narrow[steps[0] :][: len(values)])
    return narrow[beyond : beyond + len(values)], wide


def _rolling_sum(values: Array, bins: int) -> Array:
    """Sum over the `bins` bins around each bin along axis 0; fewer at the ends."""
    half = bins // 2
    total = values.astype(np.float32)
    for shift in range(1, min(half, len(values) - 1) + 1):
        total[shift:] += values[:-shift]
        total[:-shift] += values[shift:]
    return total


def _per_10kb(callable_bp: Array, total_bp: Array) -> Array:
    """What turns a count into one per 10 kb of callable sequence, (num_bins,); 0 where too little is callable."""
    enough = callable_bp >= MINIMUM_CALLABLE_FRACTION * total_bp
    return np.divide(10_000, callable_bp, out=np.zeros_like(callable_bp), where=enough & (callable_bp > 0))
