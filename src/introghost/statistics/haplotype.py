"""Statistics of each target haplotype in each bin.

"Private" is a derived allele that no outgroup haplotype carries: the mark of ancestry that the outgroup lacks
(Plagnol & Wall 2006, PLoS Genetics 2:e105; Skov et al. 2018, PLoS Genetics 14:e1007641). Counts are over the bin;
distances and shared private alleles are over the bin and its neighbours, `WINDOW_BINS` bins in all, or `WIDE_BINS`:
tracts are of all lengths, and the nearest haplotype of a short stretch is another one than that of a long one.
Everything is divided by callable sequence, so that a masked bin is not mistaken for an identical one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from introghost import seeds
from introghost.haplotypes import MISSING, OUTGROUP, TARGET, Haplotypes

STATISTICS: tuple[str, ...] = (
    "private_singletons",
    "private_shared_rare",
    "private_shared_intermediate",
    "private_shared_common",
    "rare_in_outgroup",
    "common_in_outgroup",
    "enriched_in_target",
    "distance_nearest_outgroup",
    "distance_quantile_outgroup",
    "distance_mean_outgroup",
    "distance_nearest_outgroup_bin",
    "distance_nearest_outgroup_halves",
    "distance_nearest_outgroup_wide",
    "distance_nearest_target",
    "distance_mean_target",
    "distance_nearest_target_halves",
    "distance_nearest_target_wide",
    "closer_targets",
    "private_shared_with_closest_target",
    "private_shared_with_closest_target_wide",
    "private_window",
    "private_quarter_1",
    "private_quarter_2",
    "private_quarter_3",
    "private_quarter_4",
    "closest_target_distance_nearest_outgroup",
    "closest_target_distance_quantile_outgroup",
    "closest_target_private_shared",
    "closest_target_private_window",
    "outgroup_segregating",
    "target_segregating",
    "callable_fraction",
    "outgroup_haplotypes",
    "target_haplotypes",
)
QUARTERS = tuple(name for name in STATISTICS if name.startswith("private_quarter_"))
# Statistics that change places when a sequence is read from its other end.
MIRRORED = dict(zip(QUARTERS, reversed(QUARTERS), strict=True))
MOMENTS = ("mean", "standard_deviation")
WINDOW_BINS = 5
WIDE_BINS = 15  # an odd multiple of WINDOW_BINS: windows side by side make a wide one
PANEL_HAPLOTYPES = 200
MINIMUM_CALLABLE_FRACTION = 0.1
BLANK_BINS = 5
RARE_IN_OUTGROUP = 0.05
ENRICHED_RATIO = 0.25
SHARED_CLASSES = (0.05, 0.2)
OUTGROUP_QUANTILE = 0.05
TIE = 1e-3  # differences are whole numbers, but where genotypes are missing

Array = NDArray[np.float32]


def haplotype_statistics(haplotypes: Haplotypes, bin_bp: int) -> Array:
    """Every statistic of `STATISTICS` for each target haplotype in each bin of the interval.

    Bins start at the interval's start; the last one may be shorter.

    Parameters
    ----------
    haplotypes : Haplotypes
    bin_bp : int
        Bin size.

    Returns
    -------
    ndarray of float32, shape (num_target_haplotypes, num_bins, num_statistics)
        Counts and distances per 10 kb of callable sequence; 0 where less than `MINIMUM_CALLABLE_FRACTION` of the
        bin (for window statistics: of the window) is callable. A missing genotype is neither derived nor ancestral:
        it adds to no count, and distances are over the sites that both haplotypes have, scaled up to all sites of the
        bin; those in halves to all of the half, in which a haplotype that shares no site is not the nearest.
        The numbers of haplotypes stand beside, since a minimum over more haplotypes is smaller.
    """
    target, outgroup = _panels(haplotypes)
    callable_bp = callable_per_bin_bp(haplotypes, bin_bp)
    counts, differences_out, differences_in, shared = _per_bin(haplotypes, target, outgroup, bin_bp)
    members = panel(haplotypes, TARGET)
    bins_bp = np.full_like(callable_bp, bin_bp)
    windows_bp, whole_bp = _windows(callable_bp[:, None]), _windows(bins_bp[:, None])
    scale = {
        "bin": _per_10kb(callable_bp, bins_bp)[None, :],
        "window": _per_10kb(windows_bp[0][:, 0], whole_bp[0][:, 0])[None, :],
        "wide": _per_10kb(windows_bp[1][:, 0], whole_bp[1][:, 0])[None, :],
    }

    nearest_bin = differences_out.min(axis=2).T
    window_out, wide = _windows(differences_out)  # each wide array is let go before the next is made
    nearest_out_wide = wide.min(axis=2)
    window_in, wide = _windows(differences_in)
    nearest_in_wide = _exclude_self(wide, np.inf, members).min(axis=2)
    closest, wide = _windows(shared)
    closest_shared_wide = _exclude_self(wide, 0.0, members).max(axis=2)
    rank = int(OUTGROUP_QUANTILE * window_out.shape[2])
    mean_out = window_out.mean(axis=2, dtype=np.float64)  # the same in any order of haplotypes
    nearest_out = window_out.min(axis=2)
    window_out.partition(rank, axis=2)
    mean_in = _mean_of_others(window_in, members)
    nearest_in = _exclude_self(window_in, np.inf, members).min(axis=2)
    at_closest = _at_closest(window_in, nearest_in, members)
    quantile_out = window_out[:, :, rank]
    closest_shared = _exclude_self(closest, 0.0, members).max(axis=2)
    private_window = _rolling_sum(_private_total(counts).T, WINDOW_BINS)
    values = {
        **{name: (value, "bin") for name, value in counts.items()},
        "distance_nearest_outgroup": (nearest_out.T, "window"),
        "distance_quantile_outgroup": (quantile_out.T, "window"),
        "distance_mean_outgroup": (mean_out.T, "window"),
        "distance_nearest_outgroup_bin": (nearest_bin, "bin"),
        "distance_nearest_outgroup_wide": (nearest_out_wide.T, "wide"),
        "distance_nearest_target": (nearest_in.T, "window"),
        "distance_mean_target": (mean_in.T, "window"),
        "distance_nearest_target_wide": (nearest_in_wide.T, "wide"),
        "private_shared_with_closest_target": (closest_shared.T, "window"),
        "private_shared_with_closest_target_wide": (closest_shared_wide.T, "wide"),
        "private_window": (private_window.T, "window"),
        **{name: (value, "bin") for name, value in zip(QUARTERS, _quarters(haplotypes, bin_bp), strict=True)},
        "closest_target_distance_nearest_outgroup": (at_closest(nearest_out), "window"),
        "closest_target_distance_quantile_outgroup": (at_closest(quantile_out), "window"),
        "closest_target_private_shared": (at_closest(closest_shared), "window"),
        "closest_target_private_window": (at_closest(private_window), "window"),
    }
    result = np.empty((target.shape[1], len(callable_bp), len(STATISTICS)), dtype=np.float32)
    as_they_are = {
        "closer_targets": np.where(scale["window"] > 0, _closer(window_in, nearest_out, members), 0.0),
        "callable_fraction": callable_bp[None, :] / bin_bp,
        "outgroup_haplotypes": np.float32(outgroup.shape[1]),
        "target_haplotypes": np.float32(target.shape[1]),
    }
    for index, name in enumerate(STATISTICS):
        if name in as_they_are:
            result[:, :, index] = as_they_are[name]
        else:
            value, unit = values[name]
            result[:, :, index] = np.where(np.isfinite(value), value, 0.0) * scale[unit]
    return result


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
    """Bins with enough callable sequence to be called, the same shape as `callable_fraction`."""
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
    start, end = haplotypes.interval_bp
    callable_bp = callable_per_bin_bp(haplotypes, bin_bp)
    usable = callable_bp >= MINIMUM_CALLABLE_FRACTION * bin_bp
    number = np.bincount((haplotypes.positions_bp - start) // bin_bp, minlength=len(callable_bp))
    edges = np.diff(np.pad((number == 0).astype(np.int8), 1))
    blank = np.zeros(len(usable), dtype=np.bool_)
    for first, last in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        whole = last - first == len(usable)
        blank[first:last] = usable[first:last] & (whole or usable[first:last].sum() >= BLANK_BINS)
    if not blank.any():
        return haplotypes, blank
    starts = start + bin_bp * np.flatnonzero(~blank)
    return haplotypes.mask(np.stack([starts, np.minimum(starts + bin_bp, end)], axis=1)), blank


def callable_per_bin_bp(haplotypes: Haplotypes, bin_bp: int) -> Array:
    """Callable base pairs in each bin, float32 of shape (num_bins,)."""
    start, end = haplotypes.interval_bp
    edges = np.minimum(np.arange(start, end + bin_bp, bin_bp), end)[: -(-(end - start) // bin_bp) + 1]
    lengths = np.diff(haplotypes.callable_bp, axis=1)[:, 0]
    ends = np.concatenate([[start], haplotypes.callable_bp.ravel()]).astype(np.float64)
    covered = np.concatenate([[0, 0], np.repeat(np.cumsum(lengths), 2)[:-1]]) if len(lengths) else np.zeros(1)
    result: Array = np.diff(np.interp(edges, ends, covered)).astype(np.float32)
    return result


def _panels(haplotypes: Haplotypes) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    return haplotypes.genotypes[:, haplotypes.roles == TARGET], haplotypes.genotypes[:, haplotypes.roles == OUTGROUP]


def panel(haplotypes: Haplotypes, role: int) -> NDArray[np.intp]:
    """Indices, among the haplotypes of a role, of at most `PANEL_HAPLOTYPES`: those that distances are measured to.

    Of more, individuals are chosen by a digest of their names: the same in every tile of a contig, whatever the order
    of samples.
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


def _per_bin(
    haplotypes: Haplotypes, target: NDArray[np.int8], outgroup: NDArray[np.int8], bin_bp: int
) -> tuple[dict[str, Array], Array, Array, Array]:
    """Counts and nearest differences in halves of bins (num_target, num_bins); differences to outgroup and target
    panels and private alleles shared with the target panel, each (num_bins, num_target, panel)."""
    masks = _site_classes(target, outgroup)
    out_panel, in_panel = panel(haplotypes, OUTGROUP), panel(haplotypes, TARGET)
    carried = (target == 1).astype(np.float32)
    names = list(masks)
    class_matrix = np.stack([masks[name] for name in names]).astype(np.float32)
    private = class_matrix[:4].any(axis=0)
    before = np.concatenate([[0], np.cumsum(private)])
    private_carried = carried[private]
    private_panel = private_carried[:, in_panel]
    out_seg, in_seg = _segregating(outgroup), _segregating(target)
    panels = np.concatenate([outgroup[:, out_panel], target[:, in_panel]], axis=1)
    complete = target.min(initial=0) >= 0 and panels.min(initial=0) >= 0
    left, right = (carried, panels.astype(np.float32)) if complete else (target, panels)
    pairs_of: Callable[..., _Pairs] = _pairs if complete else _pairs_where_known
    bins = list(_bins(haplotypes, bin_bp))
    differences = np.empty((len(bins), target.shape[1], panels.shape[1]), dtype=np.float32)
    shared = np.empty((len(bins), target.shape[1], len(in_panel)), dtype=np.float32)
    halves_out, halves_in = (np.zeros((target.shape[1], len(bins)), dtype=np.float32) for _ in range(2))
    counts, seg = [], []
    for index, halves in enumerate(bins):
        sites = slice(halves[0].start, halves[1].stop)
        counts.append(class_matrix[:, sites] @ carried[sites])
        first, second = (pairs_of(left[half], right[half]) for half in halves)
        differences[index] = (first + second).scaled_up(0.0)
        for pairs in (first, second):
            in_half = pairs.scaled_up(np.inf)
            to_others = _exclude_self(in_half[None, :, len(out_panel) :], np.inf, in_panel)[0]
            halves_out[:, index] += _least(in_half[:, : len(out_panel)])
            halves_in[:, index] += _least(to_others)
        own = slice(before[sites.start], before[sites.stop])
        np.matmul(private_carried[own].T, private_panel[own], out=shared[index])
        seg.append((out_seg[sites].sum(), in_seg[sites].sum()))
    stacked = np.stack(counts, axis=2)
    named = {name: stacked[i] for i, name in enumerate(names)}
    named |= {"distance_nearest_outgroup_halves": halves_out, "distance_nearest_target_halves": halves_in}
    for i, name in enumerate(("outgroup_segregating", "target_segregating")):
        named[name] = np.broadcast_to(np.array([s[i] for s in seg], dtype=np.float32), stacked.shape[1:])
    return named, differences[:, :, : len(out_panel)], differences[:, :, len(out_panel) :], shared


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
    }


def _private_total(counts: dict[str, Array]) -> Array:
    total: Array = np.sum([counts[name] for name in STATISTICS[:4]], axis=0)
    return total


def _segregating(genotypes: NDArray[np.int8]) -> NDArray[np.bool_]:
    both: NDArray[np.bool_] = (genotypes == 1).any(axis=1) & (genotypes == 0).any(axis=1)
    return both


@dataclass(frozen=True)
class _Pairs:
    """Differing sites of each pair of haplotypes, (num_left, num_right), out of `sites`; `known` are the sites that
    both have, None where nothing is missing."""

    different: Array
    known: Array | None
    sites: int

    def __add__(self, other: "_Pairs") -> "_Pairs":
        known = None if self.known is None or other.known is None else self.known + other.known
        return _Pairs(self.different + other.different, known, self.sites + other.sites)

    def scaled_up(self, unknown: float) -> Array:
        """Differences over all sites; `unknown` where there are sites and none is known."""
        if self.known is None or self.sites == 0:
            return self.different
        result = np.full_like(self.different, unknown)
        return np.divide(self.different * self.sites, self.known, out=result, where=self.known > 0)


def _pairs(left: Array, right: Array) -> _Pairs:
    """Pairs of haplotypes without missing genotypes."""
    ones = np.ones((1, left.shape[1]), np.float32), np.ones((1, right.shape[1]), np.float32)
    either = np.concatenate([left, left.sum(axis=0, keepdims=True), ones[0]])  # both sums ride on the one product
    different: Array = either.T @ np.concatenate([-2 * right, ones[1], right.sum(axis=0, keepdims=True)])
    return _Pairs(different, None, len(left))


def _pairs_where_known(left: NDArray[np.int8], right: NDArray[np.int8]) -> _Pairs:
    """Pairs of haplotypes of which genotypes are missing."""
    left_1, right_1 = (left == 1).astype(np.float32), (right == 1).astype(np.float32)
    left_0, right_0 = (left == 0).astype(np.float32), (right == 0).astype(np.float32)
    different = left_1.T @ right_0 + left_0.T @ right_1
    return _Pairs(different, (left_0 + left_1).T @ (right_0 + right_1), len(left))


def _least(differences: Array) -> Array:
    """Least of each row, 0 where there is nothing to compare with."""
    least = differences.min(axis=1)
    return np.where(np.isfinite(least), least, np.float32(0))


def _quarters(haplotypes: Haplotypes, bin_bp: int) -> Array:
    """Private alleles carried in each quarter of each bin, four times over, (4, num_target, num_bins)."""
    target, outgroup = _panels(haplotypes)
    private = ~(outgroup == 1).any(axis=1)
    before = np.cumsum(target[private] == 1, axis=0, dtype=np.int32)
    before = np.concatenate([np.zeros_like(before[:1], shape=(1, target.shape[1])), before])
    start, end = haplotypes.interval_bp
    bins = np.arange(-(-(end - start) // bin_bp))[:, None]
    edges = np.append(start + (bins * bin_bp + np.arange(4) * bin_bp // 4).ravel(), start + len(bins) * bin_bp)
    counts = np.diff(before[np.searchsorted(haplotypes.positions_bp[private], edges)], axis=0)
    result: Array = 4 * counts.reshape(len(bins), 4, -1).transpose(1, 2, 0).astype(np.float32)
    return result


def _at_closest(pairs: Array, nearest: Array, members: NDArray[np.intp]) -> Callable[[Array], Array]:
    """What gives a statistic (num_bins, num_target) of each haplotype's closest one, (num_target, num_bins).

    `pairs` are differences to the panel of `members`, `nearest` their minima. Of several that are equally close the
    largest value counts, so that the order of haplotypes does not matter.
    """
    is_closest = (pairs <= nearest[:, :, None] + TIE) & np.isfinite(pairs)

    def value(statistic: Array) -> Array:
        largest: Array = np.where(is_closest, statistic[:, None, members], -np.inf).max(axis=2).T
        return largest

    return value


def _exclude_self(pairs: Array, value: float, members: NDArray[np.intp]) -> Array:
    """`pairs` (num_bins, num_target, panel), each haplotype's pair with itself set to `value` in place."""
    pairs[:, members, np.arange(len(members))] = value
    return pairs


def _mean_of_others(pairs: Array, members: NDArray[np.intp]) -> NDArray[np.float64]:
    """Mean over the panel, a member's pair with itself left out, (num_bins, num_target)."""
    others = np.full(pairs.shape[1], pairs.shape[2], dtype=np.float32)
    others[members] -= 1
    total = _exclude_self(pairs, 0.0, members).sum(axis=2, dtype=np.float64)
    mean: NDArray[np.float64] = total / np.maximum(others, 1)
    return mean


def _closer(pairs: Array, nearest_out: Array, members: NDArray[np.intp]) -> Array:
    """Share of the other target haplotypes that are closer than any of the outgroup, (num_target, num_bins).

    `pairs` are differences to the panel of `members`, each one's to itself infinite.
    """
    others = np.full(pairs.shape[1], pairs.shape[2], dtype=np.float32)
    others[members] -= 1
    number = (pairs < nearest_out[:, :, None] - TIE).sum(axis=2, dtype=np.float32)
    share: Array = (number / np.maximum(others, 1)).T
    return share


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
    """Factor that turns a count into one per 10 kb of callable sequence; 0 where too little is callable."""
    enough = callable_bp >= MINIMUM_CALLABLE_FRACTION * total_bp
    return np.divide(10_000, callable_bp, out=np.zeros_like(callable_bp), where=enough & (callable_bp > 0))
