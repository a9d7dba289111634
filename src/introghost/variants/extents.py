"""Where along a contig records lie, and where their absence must not be read as identity."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from introghost.variants.sites import Sites

GAP_BP = 10_000
GAP_SPACINGS = 50
_PROBES, _SPACINGS = 16, 32

Positions = NDArray[np.int64]


class Records(Protocol):
    """The records of one file, whatever its format; see `records.VcfRecords` and `zarr_source.ZarrRecords`."""

    def ends(self) -> dict[str, tuple[int, int]]:
        """First record's position and last record's position + 1, 0-based, of each contig with records."""
        ...

    def sites(self, contig: str, start: int, end: int, margin: int) -> tuple[Sites, Positions]:
        """Sites in [start, end), and the positions of all records in [start - margin, end + margin)."""
        ...

    def positions_from(self, contig: str, start: int, number: int) -> Positions:
        """Positions of the first records, up to `number` of them, at `start` or after."""
        ...

    def limit(self, contig: str, start: int, end: int) -> None:
        """Announce that no sites outside [start, end) of that contig will be asked for."""
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


def callable_stretches(
    start: int, end: int, positions: Positions, extent: tuple[int, int] | None, threshold_bp: int
) -> NDArray[np.int64]:
    """[start, end) without its gaps: what lies between neighbouring records further apart than the threshold.

    Parameters
    ----------
    start, end : int
        0-based, half-open.
    positions : ndarray of int64
        Sorted positions of all records from `threshold_bp` before `start` to `threshold_bp` after `end`, so that the
        answer for a base does not depend on `start` and `end`.
    extent : tuple of int or None
        The stretch that the contig's records span; its ends count as records. None if there are no records.
    threshold_bp : int

    Returns
    -------
    ndarray of int64, shape (num_intervals, 2)
    """
    lowest, highest = start - threshold_bp - 1, end + threshold_bp  # nothing is known there: as good as a far record
    marks = () if extent is None else (extent[0], extent[1] - 1)
    inside = [mark for mark in marks if lowest < mark < highest]
    known = np.unique(np.concatenate([[lowest, highest], inside, positions]).astype(np.int64))
    wide = np.flatnonzero(np.diff(known) > threshold_bp)
    edges = np.concatenate([[start], np.stack([known[wide] + 1, known[wide + 1]], axis=1).ravel(), [end]])
    stretches = np.clip(edges, start, end).reshape(-1, 2)
    result: NDArray[np.int64] = stretches[stretches[:, 1] > stretches[:, 0]]
    return result
