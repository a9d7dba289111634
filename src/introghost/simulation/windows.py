"""Real coordinates that simulated regions are placed at, so that their masks and recombination are real ones."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msprime
import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.haplotypes import GeneticMap, on_contig

CROSSOVERS_PER_CENTIMORGAN = 0.01
LEAST_CALLABLE = 0.1
_MOST_DRAWS = 100


@dataclass(frozen=True)
class Window:
    """Where a simulated region lies.

    Attributes
    ----------
    contig : str
    start_bp : int
        First base, 0-based.
    """

    contig: str
    start_bp: int


class Windows:
    """All places that a region may be put at.

    A window lies between the first and the last callable base of a contig, and inside the genetic map, where both are
    known, and in the regions that are wanted.

    Parameters
    ----------
    callable_bp : mapping of str to ndarray of int64, shape (num_intervals, 2), optional
        Sorted, disjoint, half-open intervals by contig, as `variants.intervals.read_bed` gives them.
    genetic_maps : mapping of str to GeneticMap, optional
        As `variants.genetic_map.read_genetic_map` gives them. Either may name contigs with or without ``chr``.

    regions : sequence of (str, int, int or None), optional
        Contig, 0-based start and half-open end (None: the contig's) of where windows are wanted.

    Raises
    ------
    DataError
        Neither is given, they share no stretch, or a map has no crossover.
    """

    def __init__(
        self,
        callable_bp: Mapping[str, NDArray[np.int64]] | None = None,
        genetic_maps: Mapping[str, GeneticMap] | None = None,
        regions: Sequence[tuple[str, int, int | None]] = (),
    ) -> None:
        self._callable_bp, self._genetic_maps = callable_bp, genetic_maps
        wanted = regions or [(contig, 0, None) for contig in callable_bp or genetic_maps or {}]
        spans = [(contig, *self._span(contig, start, end)) for contig, start, end in wanted]
        self._spans = [span for span in spans if span[1] < span[2]]
        if not self._spans:
            listed = [", ".join(list(table)[:3]) or "none" for table in (callable_bp or {}, genetic_maps or {})]
            raise DataError(
                f"the callable intervals (contigs {listed[0]}) and the genetic map (contigs {listed[1]}) share no "
                f"stretch {'of the wanted regions ' if regions else ''}to place simulated regions in; give files of "
                "the same build"
            )

    @property
    def has_map(self) -> bool:
        """Whether recombination is known."""
        return self._genetic_maps is not None

    @property
    def longest_bp(self) -> int | None:
        """Longest stretch from the first to the last callable base of a contig; None where everything is callable.

        Of the contigs that windows are drawn on. A wanted region may be shorter: a window reaches beyond it.
        """
        if self._callable_bp is None:
            return None
        masks = [on_contig(self._callable_bp, contig) for contig, _, _ in self._spans]
        return max(int(mask[-1, 1] - mask[0, 0]) for mask in masks if mask is not None)

    def draw(self, length_bp: int, seed: int) -> Window:
        """A window of which at least a tenth is callable, for nothing is learned from, or asked in, a masked desert.

        Spans are drawn by their length, and in a span every start at which the window fits; a span shorter than the
        window lies anywhere inside it, so that small data will do as well. Where a hundred windows have less, it is
        the one with most.

        Parameters
        ----------
        length_bp : int
        seed : int

        Raises
        ------
        DataError
            None of them has any callable sequence.
        """
        rng = np.random.default_rng(seed)
        weights = np.array([end - start for _, start, end in self._spans], dtype=np.float64)
        best_bp, best = 0, None
        for _ in range(_MOST_DRAWS):
            contig, start, end = self._spans[int(rng.choice(len(weights), p=weights / weights.sum()))]
            first, last = sorted((start, end - length_bp))
            window = Window(contig, max(0, int(rng.integers(first, last, endpoint=True))))
            callable_bp = int(np.diff(self.callable_in(window, length_bp), axis=1).sum())
            if callable_bp > best_bp:
                best_bp, best = callable_bp, window
            if callable_bp >= LEAST_CALLABLE * length_bp:
                break
        if best is None:
            raise DataError(
                f"{_MOST_DRAWS} windows of {length_bp:,} bp have no callable base; does the BED name what is left out?"
            )
        return best

    def callable_in(self, window: Window, length_bp: int) -> NDArray[np.int64]:
        """Callable intervals of a window, counted from its start.

        Parameters
        ----------
        window : Window
        length_bp : int
            Its length.

        Returns
        -------
        ndarray of int64, shape (num_intervals, 2)
            Sorted, disjoint, within [0, length_bp); everything where no intervals are known.
        """
        if self._callable_bp is None:
            return np.array([[0, length_bp]], dtype=np.int64)
        intervals = on_contig(self._callable_bp, window.contig)
        if intervals is None:
            return np.empty((0, 2), dtype=np.int64)
        first = np.searchsorted(intervals[:, 1], window.start_bp, side="right")
        last = np.searchsorted(intervals[:, 0], window.start_bp + length_bp, side="left")
        shifted: NDArray[np.int64] = np.clip(intervals[first:last] - window.start_bp, 0, length_bp)
        return shifted

    def rates(self, window: Window, length_bp: int, *, fallback_rate: float) -> msprime.RateMap:
        """Recombination in a window, in crossovers per base and generation.

        Parameters
        ----------
        window : Window
        length_bp : int
        fallback_rate : float
            Constant rate where there is no map, or not one crossover in the map's window (an assembly gap, of which
            the map knows nothing).

        Returns
        -------
        msprime.RateMap
            Of length `length_bp`; outside the ends of the map, its mean rate.
        """
        genetic_map = None if self._genetic_maps is None else on_contig(self._genetic_maps, window.contig)
        if genetic_map is None:
            return msprime.RateMap.uniform(length_bp, fallback_rate)
        start, end = window.start_bp, window.start_bp + length_bp
        points = genetic_map.positions_bp
        edges = np.concatenate([[start], points[(points > start) & (points < end)], [end]])
        beyond = edges - np.clip(edges, points[0], points[-1])
        centimorgans = genetic_map.centimorgans_at(edges) + beyond * _mean_centimorgans_per_bp(genetic_map)
        if centimorgans[-1] <= centimorgans[0]:
            return msprime.RateMap.uniform(length_bp, fallback_rate)
        rate = np.diff(centimorgans) * CROSSOVERS_PER_CENTIMORGAN / np.diff(edges)
        return msprime.RateMap(position=edges - start, rate=rate)

    def _span(self, contig: str, start: int, wanted_end: int | None) -> tuple[int, int]:
        """What of a wanted stretch lies within the files' reach, half-open; empty where a file has nothing there."""
        end = 2**62 if wanted_end is None else wanted_end
        if self._callable_bp is not None:
            intervals = on_contig(self._callable_bp, contig)
            if intervals is None or not len(intervals):
                return 0, 0
            start, end = max(start, int(intervals[0, 0])), min(end, int(intervals[-1, 1]))
        if self._genetic_maps is not None:
            genetic_map = on_contig(self._genetic_maps, contig)
            if genetic_map is None:
                return 0, 0
            points, centimorgans = genetic_map.positions_bp, genetic_map.centimorgans
            if centimorgans[-1] <= centimorgans[0]:
                raise DataError(
                    f"contig {contig!r}: the genetic map has no crossover in {len(points)} points; "
                    "take the contig out of the map or give another"
                )
            start, end = max(start, math.ceil(points[0])), min(end, math.floor(points[-1]))
        return start, end


def _mean_centimorgans_per_bp(genetic_map: GeneticMap) -> float:
    points, centimorgans = genetic_map.positions_bp, genetic_map.centimorgans
    return float((centimorgans[-1] - centimorgans[0]) / (points[-1] - points[0]))
