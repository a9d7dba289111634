"""Where along a contig records lie, and where their absence must not be read as identity."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from introghost.findings import Code, Finding, Severity
from introghost.variants.samples import listed
from introghost.variants.sites import Sites

GAP_BP = 10_000
GAP_SPACINGS = 50
_PROBES, _SPACINGS = 16, 32
# Records that end so far before the end of their contig, and span so much of it that they are no extract, were cut.
_EARLY_BP, _EARLY_SHARE, _EXTRACT_SHARE = 1_000_000, 0.2, 0.1
_EVERYWHERE = np.array([[0, 2**40]], dtype=np.int64)

Positions = NDArray[np.int64]


class Records(Protocol):
    """The records of one file, whatever its format; see `records.VcfRecords` and `zarr_source.ZarrRecords`."""

    def ends(self) -> dict[str, tuple[int, int]]:
        """First record's position and last record's position + 1, 0-based, of each contig with records."""
        ...

    def sites(self, contig: str, start: int, end: int, margin: int) -> tuple[Sites, Positions]:
        """Sites in [start, end), and the positions of all records in [start - margin, end + margin).

        Parameters
        ----------
        contig : str
        start, end : int
            In bp, 0-based and half-open.
        margin : int
            In bp.

        Returns
        -------
        sites : Sites
        positions : ndarray of int64, shape (num_records,)
            Sorted, 0-based.
        """
        ...

    def positions_from(self, contig: str, start: int, number: int) -> Positions:
        """Positions of the first records, up to `number` of them, at `start` or after.

        Parameters
        ----------
        contig : str
        start : int
            0-based.
        number : int

        Returns
        -------
        ndarray of int64, shape (at most `number`,)
            Sorted, 0-based.
        """
        ...

    def limit(self, contig: str, start: int, end: int) -> None:
        """Announce that no sites outside [start, end) of that contig will be asked for.

        Parameters
        ----------
        contig : str
        start, end : int
            In bp, 0-based and half-open.
        """
        ...


def gap_threshold_bp(first: int, end: int, positions_from: Callable[[int, int], Positions]) -> int:
    """Length from which a stretch without records is taken for one where nothing could be seen.

    Fifty times the median distance between records: where distances are exponential, not one in 10^15 is longer. The
    median is of up to 32 distances at each of 16 places spread over the contig, since whole contigs would have to be
    decoded for more.

    Parameters
    ----------
    first, end : int
        First record's position and last record's + 1.
    positions_from : callable
        Given a position and a number, that many positions of records from there on.
    """
    probes = np.linspace(first, end, _PROBES, endpoint=False).astype(np.int64)
    distances = [np.diff(np.unique(positions_from(int(probe), _SPACINGS + 1))) for probe in probes]
    joined = np.concatenate(distances)
    return max(GAP_BP, int(GAP_SPACINGS * np.median(joined))) if len(joined) else GAP_BP


def early_end_findings(ends: Mapping[str, tuple[int, int]], lengths: Mapping[str, int]) -> list[Finding]:
    """That records end long before the end of their contig, as they do in a file that was cut short.

    That is more than 1 Mb and 20 % of the contig before its end. Of records that span less than a tenth of their contig
    nothing is said: these are an extract, a gene for example.

    Parameters
    ----------
    ends : mapping of str to tuple of int
        First record's position and last record's position + 1, 0-based, of each contig with records.
    lengths : mapping of str to int
        Of the contigs in bp, as far as they are known.

    Returns
    -------
    list of Finding
        One or none.
    """
    early = []
    for contig, (first, end) in ends.items():
        length = lengths.get(contig, end)
        is_early = length - end > max(_EARLY_BP, _EARLY_SHARE * length)
        if is_early and end - first >= _EXTRACT_SHARE * length:
            early.append(f"{contig} at {end:,} of {length:,} bp")
    if not early:
        return []
    text = (
        f"the records of some contigs end long before the contig does: {listed(early)}; is the file cut short? If only "
        "this part is meant, name it as --region"
    )
    return [Finding(Code.RECORDS_END_EARLY, Severity.WARNING, text)]


class CallableSequence:
    """Where along a contig sequence was seen, if records are dense enough there.

    Distances are in callable base pairs, so that a hole of the mask is no gap, and so that the sequence beside a hole
    is not lost with it.

    Parameters
    ----------
    intervals : ndarray of int64, shape (num_intervals, 2) or None
        Sorted, disjoint, half-open; None: all of the contig.
    """

    def __init__(self, intervals: Positions | None) -> None:
        self.intervals = _EVERYWHERE if intervals is None else intervals
        self._before = np.concatenate([[0], np.cumsum(np.diff(self.intervals, axis=1))])

    def coordinate(self, positions: Positions) -> Positions:
        """Callable base pairs before each position."""
        if not len(self.intervals):
            return np.zeros(np.shape(positions), dtype=np.int64)
        index = np.maximum(np.searchsorted(self.intervals[:, 0], positions, side="right") - 1, 0)
        inside = np.clip(positions - self.intervals[index, 0], 0, np.diff(self.intervals[index], axis=-1)[..., 0])
        result: Positions = self._before[index] + inside
        return result

    def contains(self, positions: Positions) -> NDArray[np.bool_]:
        """Which positions lie in one of the intervals."""
        result: NDArray[np.bool_] = self.coordinate(positions + 1) > self.coordinate(positions)
        return result

    def reach(self, start: int, end: int, threshold_bp: int) -> int:
        """How far beyond [start, end) records can matter for it: that far there are `threshold_bp` callable ones.

        Parameters
        ----------
        start, end : int
            In bp, 0-based and half-open.
        threshold_bp : int
            Callable base pairs without a record that make a gap.

        Returns
        -------
        int
            In bp; 0 if nothing of the stretch is callable.
        """
        if not len(self.intervals):
            return 0
        first, last = self.coordinate(np.array([start, end], dtype=np.int64))
        if first == last:  # nothing is callable, whatever records there are
            return 0
        # Positions with `threshold_bp` callable base pairs between them and the stretch, on either side.
        left = self._position(max(int(first) - threshold_bp, 0))
        right = self._position(min(int(last) + threshold_bp, int(self._before[-1])))
        return max(start - left, right - end, 0)

    def _position(self, coordinate: int) -> int:
        index = min(max(int(np.searchsorted(self._before, coordinate, side="left")) - 1, 0), len(self.intervals) - 1)
        return int(self.intervals[index, 0] + coordinate - self._before[index])

    def stretches(
        self, start: int, end: int, positions: Positions, extent: tuple[int, int] | None, threshold_bp: int
    ) -> Positions:
        """[start, end) without its gaps: what lies between neighbouring records further apart than the threshold.

        Parameters
        ----------
        start, end : int
            0-based, half-open.
        positions : ndarray of int64
            Sorted positions of all records within `reach` of [start, end), so that the answer for a base does not
            depend on `start` and `end`.
        extent : tuple of int or None
            The stretch that the contig's records span; its ends count as records. None if there are no records.
        threshold_bp : int

        Returns
        -------
        ndarray of int64, shape (num_intervals, 2)
            Holes of `intervals` that are no gaps are in it.
        """
        # Records, the ends of the extent among them, and the callable base pairs before each.
        marks = np.array([] if extent is None else [extent[0], extent[1] - 1], dtype=np.int64)
        marks_bp = np.unique(np.concatenate([marks, positions]).astype(np.int64))
        at = self.coordinate(marks_bp)
        first, last = self.coordinate(np.array([start, end], dtype=np.int64))
        # Of those near enough to matter; beyond them, on either side, a record that is just too far away to close a
        # gap. It is placed at the edge of the stretch, where a gap that reaches beyond it ends.
        first, last = first - threshold_bp - 1, last + threshold_bp
        near = (at > first) & (at < last)  # nothing is known beyond: as good as a far record
        marks_bp, at = marks_bp[near], np.concatenate([[first], at[near], [last]])
        marks_bp = np.concatenate([[start - 1], marks_bp, [end]])
        # A gap is from one record to the next with more callable base pairs than the threshold between them; what lies
        # between two gaps, or a gap and an end of the stretch, is kept unless it is empty.
        wide = np.flatnonzero(np.diff(at) > threshold_bp)
        edges = np.concatenate([[start], np.stack([marks_bp[wide] + 1, marks_bp[wide + 1]], axis=1).ravel(), [end]])
        stretches = np.clip(edges, start, end).reshape(-1, 2)
        result: Positions = stretches[stretches[:, 1] > stretches[:, 0]]
        return result
