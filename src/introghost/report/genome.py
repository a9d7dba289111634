"""What a folder of calls says along the genome: frequency of called segments, peaks and deserts."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CLOSE_BP = 25_000  # a peak that lies as close to a higher one is part of it
LEAST_CARRIERS, FEW_HAPLOTYPES = 2, 10  # of a peak; of fewer haplotypes than that, one carrier is enough
MOST_DESERTS = 5
LEAST_DESERT_BP = 1_000_000


@dataclass(frozen=True)
class Contig:
    """The bins of one contig.

    Attributes
    ----------
    name : str
    starts_bp, ends_bp : ndarray of int64, shape (num_bins,)
    is_called : ndarray of bool, shape (num_bins,)
        Whether a bin has posteriors.
    frequency : ndarray of float64, shape (num_bins,)
        Share of the target haplotypes that have a called segment in each bin; 0 where nothing is called.
    """

    name: str
    starts_bp: NDArray[np.int64]
    ends_bp: NDArray[np.int64]
    is_called: NDArray[np.bool_]
    frequency: Floats

    @property
    def start_bp(self) -> int:
        """Where its first bin begins."""
        return int(self.starts_bp[0])

    @property
    def end_bp(self) -> int:
        """Where its last bin ends."""
        return int(self.ends_bp[-1])

    def frequency_at(self, positions_bp: NDArray[np.int64]) -> Floats:
        """Frequency in the bins that hold some positions; 0 beyond the ends and between bins."""
        index = np.clip(np.searchsorted(self.ends_bp, positions_bp, side="right"), 0, len(self.ends_bp) - 1)
        is_inside = (self.starts_bp[index] <= positions_bp) & (positions_bp < self.ends_bp[index])
        return np.where(is_inside, self.frequency[index], 0.0)


@dataclass(frozen=True)
class Stretch:
    """A stretch of a contig.

    Attributes
    ----------
    contig : str
    start_bp, end_bp : int
    frequency : float
        Highest share of the target haplotypes with a segment in a bin of it.
    """

    contig: str
    start_bp: int
    end_bp: int
    frequency: float

    @property
    def length_bp(self) -> int:
        """How long it is."""
        return self.end_bp - self.start_bp

    def is_close(self, other: "Stretch") -> bool:
        """Whether they overlap, or lie on one contig with less than `CLOSE_BP` between them."""
        gap_bp = max(self.start_bp, other.start_bp) - min(self.end_bp, other.end_bp)
        return self.contig == other.contig and gap_bp < CLOSE_BP

    def widened(self, margin_bp: int, contig: Contig) -> "Stretch":
        """The same with a margin to either side, within its contig."""
        start_bp, end_bp = max(self.start_bp - margin_bp, contig.start_bp), min(self.end_bp + margin_bp, contig.end_bp)
        return Stretch(self.contig, start_bp, end_bp, self.frequency)


def contigs(bins: pd.DataFrame, segments: pd.DataFrame, num_haplotypes: int) -> list[Contig]:
    """Contigs in the order of their bins.

    Parameters
    ----------
    bins : DataFrame
        Columns contig, start, end (bp) and called (bool); the bins of a contig stand in order.
    segments : DataFrame
        Columns contig, start, end (bp), a row for each haplotype's segment.
    num_haplotypes : int
        Of the target.

    Returns
    -------
    list of Contig
    """
    of_contig = dict(tuple(segments.groupby("contig", sort=False)))
    result = []
    for name, rows in bins.groupby("contig", sort=False):
        starts, ends = (rows[column].to_numpy(dtype=np.int64) for column in ("start", "end"))
        # Segments that cover each bin: those that began at or before it less those that ended before it.
        change = np.zeros(len(rows) + 1)
        if str(name) in of_contig:
            one = of_contig[str(name)]
            np.add.at(change, np.searchsorted(ends, one["start"].to_numpy(), side="right"), 1)
            np.add.at(change, np.searchsorted(starts, one["end"].to_numpy(), side="left"), -1)
        frequency = np.cumsum(change[:-1]) / max(num_haplotypes, 1)
        result.append(Contig(str(name), starts, ends, rows["called"].to_numpy(dtype=bool), frequency))
    return result


def peaks(genome: Iterable[Contig], num_haplotypes: int) -> list[Stretch]:
    """Stretches that the most target haplotypes carry.

    A peak stands out: on its way to a higher bin the frequency falls to half of it or less. It reaches as far as the
    frequency is more than half of its prominence (`scipy.signal.peak_widths`). With less than
    `CLOSE_BP` between it and a higher one it does not count.

    Parameters
    ----------
    genome : iterable of Contig
    num_haplotypes : int
        Of the target.

    Returns
    -------
    list of Stretch
        Each carried by `LEAST_CARRIERS` haplotypes or more (by one in a small
        target), the most frequent first.
    """
    carriers = LEAST_CARRIERS if num_haplotypes >= FEW_HAPLOTYPES else 1
    least = (carriers - 0.5) / max(num_haplotypes, 1)
    each = sorted((peak for contig in genome for peak in _peaks_of(contig, least)), key=lambda peak: -peak.frequency)
    result = list[Stretch]()
    for peak in each:
        if not any(peak.is_close(other) for other in result):
            result.append(peak)
    return result


def _peaks_of(contig: Contig, least: float) -> list[Stretch]:
    """The peaks of one contig."""
    from scipy import signal

    height = np.pad(contig.frequency, 1)  # a peak may be at the end of a contig
    tops, properties = signal.find_peaks(height, height=least, prominence=least)
    stands_out = properties["prominences"] >= height[tops] / 2
    tops = tops[stands_out]
    widths = signal.peak_widths(height, tops, rel_height=0.5)
    firsts, lasts = np.ceil(widths[2] - 1).astype(np.intp), np.floor(widths[3] - 1).astype(np.intp)
    return [
        Stretch(contig.name, int(contig.starts_bp[first]), int(contig.ends_bp[last]), float(height[top]))
        for first, last, top in zip(firsts, lasts, tops, strict=True)
    ]


def deserts(genome: Iterable[Contig]) -> list[Stretch]:
    """The longest stretches without a called segment.

    Parameters
    ----------
    genome : iterable of Contig

    Returns
    -------
    list of Stretch
        `MOST_DESERTS` at the most, each of `LEAST_DESERT_BP` or more, the longest first. A bin without posteriors ends
        one: nothing is known of it.
    """
    each = []
    for contig in genome:
        is_empty = contig.is_called & (contig.frequency == 0)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], is_empty, [False]])))
        for first, last in edges.reshape(-1, 2):
            each.append(Stretch(contig.name, int(contig.starts_bp[first]), int(contig.ends_bp[last - 1]), 0.0))
    longest = sorted(each, key=lambda stretch: -stretch.length_bp)
    return [one for one in longest[:MOST_DESERTS] if one.length_bp >= LEAST_DESERT_BP]
