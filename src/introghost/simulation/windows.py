"""Real coordinates that simulated regions are placed at, so that their masks and recombination are real ones."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import msprime
import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.haplotypes import GeneticMap, on_contig

CROSSOVERS_PER_CENTIMORGAN = 0.01


@dataclass(frozen=True)
class Window:
    """Where a simulated region lies: the contig and its first base, 0-based."""

    contig: str
    start_bp: int


class Windows:
    """All places that a region may be put at.

    A window lies between the first and the last callable base of a contig, and inside the genetic map, where both are
    known.

    Parameters
    ----------
    callable_bp : mapping of str to ndarray of int64, shape (num_intervals, 2), optional
        Sorted, disjoint, half-open intervals by contig, as `variants.annotation.read_bed` gives them.
    genetic_maps : mapping of str to GeneticMap, optional
        As `variants.annotation.read_genetic_map` gives them. Either may name contigs with or without ``chr``.

    Raises
    ------
    DataError
        Neither is given, they share no stretch, or a map has no crossover.
    """

    def __init__(
        self,
        callable_bp: Mapping[str, NDArray[np.int64]] | None = None,
        genetic_maps: Mapping[str, GeneticMap] | None = None,
    ) -> None:
        self._callable_bp, self._genetic_maps = callable_bp, genetic_maps
        spans = {contig: self._span(contig) for contig in callable_bp or genetic_maps or {}}
        self._spans = {contig: span for contig, span in spans.items() if span[0] < span[1]}
        if not self._spans:
            listed = [", ".join(list(table)[:3]) or "none" for table in (callable_bp or {}, genetic_maps or {})]
            raise DataError(
                f"the callable intervals (contigs {listed[0]}) and the genetic map (contigs {listed[1]}) share no "
                "stretch to place regions in; give files of the same build"
            )

    @property
    def has_map(self) -> bool:
        """Whether recombination is known."""
        return self._genetic_maps is not None

    def draw(self, length_bp: int, seed: int) -> Window:
        """A window, uniform over all starts at which it fits.

        A contig on which it fits nowhere has one start, its first base, so that small data will do as well.
        """
        contigs = list(self._spans)
        starts = [max(1, end - start - length_bp + 1) for start, end in self._spans.values()]
        offset = int(np.random.default_rng(seed).integers(sum(starts)))
        chosen = int(np.searchsorted(np.cumsum(starts), offset, side="right"))
        offset -= sum(starts[:chosen])
        return Window(contigs[chosen], self._spans[contigs[chosen]][0] + offset)

    def callable_in(self, window: Window, length_bp: int) -> NDArray[np.int64]:
        """Callable intervals of a window, counted from its start.

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

    def _span(self, contig: str) -> tuple[int, int]:
        """Half-open stretch of a contig in which windows lie; empty where a file has nothing on the contig."""
        start, end = 0, 2**62
        if self._callable_bp is not None:
            intervals = self._callable_bp[contig]
            if not len(intervals):
                return 0, 0
            start, end = int(intervals[0, 0]), int(intervals[-1, 1])
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
