"""Callable regions: intervals of a BED file by contig."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity
from introghost.text import read_lines

KIND = "a BED file"
# What programs write into column 4 of a list of all sequence, beside the word for what is callable.
_STATES = {
    "CALLABLE": {"REF_N", "NO_COVERAGE", "LOW_COVERAGE", "EXCESSIVE_COVERAGE", "POOR_MAPPING_QUALITY", "HIGH_COVERAGE"},
    "1": {"0"},
    "TRUE": {"FALSE"},
}
_FARTHEST_BP = 2**40
_CONTIG_HEADINGS = ("chrom", "chr", "chromosome", "contig", "seqnames", "seqname", "seqid")
_START_HEADINGS = ("start", "chromstart", "begin", "from")
_END_HEADINGS = ("end", "chromend", "stop", "to")
_FEWEST_COLUMNS = 3
_FEW_GAPS, _MOST_GAPS = 5, 0.9


@dataclass(frozen=True)
class _Layout:
    """Which columns hold what, and how they count.

    `width` is the column of R's ``as.data.frame`` of ranges, which are 1-based and inclusive; `num_headings` is 0
    without a heading.
    """

    contig: int = 0
    start: int = 1
    end: int = 2
    width: int | None = None
    num_headings: int = 0


def read_bed(path: Path) -> dict[str, NDArray[np.int64]]:
    """Merged intervals of a BED file by contig.

    Columns are separated by tabs, blanks or commas. A heading, also one without ``#``, says where they are; ``track``
    and ``browser`` lines and comments are passed over, and so are quotes and names of rows, as R writes them. R's
    table of ranges, with a column ``width``, is known to be 1-based.

    Parameters
    ----------
    path : Path
        A file or a pipe of text in any encoding that `text.read_lines` knows.

    Returns
    -------
    dict of str to ndarray of int64, shape (num_intervals, 2)
        Sorted, disjoint and not abutting; 0-based, half-open.

    Raises
    ------
    DataError
        Missing or damaged file, a line that is not an interval, or no interval at all.
    """
    pairs: dict[str, list[tuple[int, int]]] = {}
    layout, states = _Layout(), set[str]()
    for number, line in enumerate(read_lines(path, KIND), start=1):
        fields = _fields(line)
        if not fields or fields[0] in ("track", "browser"):
            continue
        heading = None if any(map(str.isdigit, fields)) else _heading(fields)
        if heading is not None:
            layout = heading
        elif line.startswith("@"):
            raise DataError(f"{path}:{number}: a list of 1-based intervals as Picard takes it, not {KIND}; convert it")
        elif not line.startswith("#"):
            contig, start, end = _interval(path, number, fields, layout)
            states.update(fields[3:4])
            pairs.setdefault(contig, []).append((start, end))
    _check_states(path, states)
    if not pairs:
        raise DataError(f"{path}: no interval in the BED file; nothing would be callable")
    if all(start == end for intervals in pairs.values() for start, end in intervals):
        raise DataError(
            f"{path}: every interval ends where it starts, so that nothing is callable; BED is 0-based and half-open: "
            "take 1 from the starts of a 1-based file"
        )
    return {contig: interval_union(np.array(intervals, dtype=np.int64)) for contig, intervals in pairs.items()}


def _check_states(path: Path, states: set[str]) -> None:
    """Refuse a file whose fourth column says which intervals are callable and which are not."""
    upper = {state.upper() for state in states}
    for yes, others in _STATES.items():
        if yes in upper and len(upper) > 1 and upper - {yes} <= others:
            raise DataError(
                f"{path}: column 4 tells {yes} from {', '.join(sorted(upper - {yes}))}; keep the lines of {yes} alone, "
                f"for example with awk '$4 == \"{yes}\"'"
            )


def interval_union(intervals: NDArray[np.int64]) -> NDArray[np.int64]:
    """Union of intervals, shape (num_intervals, 2): sorted, disjoint; overlapping or abutting ones become one."""
    intervals = intervals[intervals[:, 1] > intervals[:, 0]]
    if not len(intervals):
        return intervals
    intervals = intervals[np.argsort(intervals[:, 0], kind="stable")]
    # An interval begins a run where it lies beyond the furthest end of all before it.
    reach = np.maximum.accumulate(intervals[:, 1])
    first = np.concatenate([[True], intervals[1:, 0] > reach[:-1]])
    last = np.concatenate([first[1:], [True]])
    return np.stack([intervals[first, 0], reach[last]], axis=1)


def counting_findings(intervals: Mapping[str, NDArray[np.int64]]) -> list[Finding]:
    """A doubt whether intervals are 1-based: neighbours that should abut then leave one base between them.

    Parameters
    ----------
    intervals : mapping of str to ndarray of int64, shape (num_intervals, 2)
        As `read_bed` gives them.
    """
    gaps = np.concatenate([of[1:, 0] - of[:-1, 1] for of in intervals.values()] or [np.empty(0, dtype=np.int64)])
    of_one_base = int((gaps == 1).sum())
    if len(gaps) < _FEW_GAPS or of_one_base < _MOST_GAPS * len(gaps):
        return []
    text = (
        f"between {of_one_base:,} of {len(gaps):,} neighbouring callable regions lies a single base; BED is 0-based "
        "and half-open: take 1 from the starts if the file is 1-based"
    )
    return [Finding(Code.CALLABLE_REGIONS, Severity.WARNING, text)]


def _fields(line: str) -> list[str]:
    """Fields of a line, without quotes; none of a blank line."""
    line = line.replace('"', "")
    fields = line.split("\t") if "\t" in line else line.split()
    if len(fields) < _FEWEST_COLUMNS and "," in line:
        fields = line.split(",")
    return [field.strip() for field in fields] if line.strip() else []


def _column(words: Sequence[str], headings: Sequence[str]) -> int | None:
    return next((words.index(name) for name in headings if name in words), None)


def _heading(fields: Sequence[str]) -> _Layout | None:
    """The layout that a heading names; None of any other line."""
    words = [re.sub(r"[\s_.#]", "", field.lower()) for field in fields]
    columns = [_column(words, headings) for headings in (_CONTIG_HEADINGS, _START_HEADINGS, _END_HEADINGS)]
    contig, start, end = columns
    if contig is None or start is None or end is None:
        return None
    return _Layout(contig, start, end, _column(words, ("width", "length")), len(words))


def _interval(path: Path, number: int, fields: Sequence[str], layout: _Layout) -> tuple[str, int, int]:
    """Contig, 0-based start and end of a row."""
    has_row_name = bool(layout.num_headings) and len(fields) == layout.num_headings + 1
    row = fields[1:] if has_row_name else fields
    try:
        contig, start, end = row[layout.contig], whole_number(row[layout.start]), whole_number(row[layout.end])
    except (IndexError, ValueError):
        remedy = "the columns are contig, start and end"
        if not any(re.search(r"\d{2}|^\d$", field) for field in fields):
            remedy = "if it is a heading, name the columns chrom, start and end"
        raise DataError(f"{path}:{number}: not a BED interval: {' '.join(fields)!r}; {remedy}") from None
    if end > _FARTHEST_BP:
        raise DataError(f"{path}:{number}: end {end:,} lies beyond any chromosome; is the line damaged?")
    if layout.width is not None and row[layout.width : layout.width + 1] == [str(end - start + 1)]:
        start -= 1
    if not 0 <= start <= end:
        raise DataError(
            f"{path}:{number}: start {start:,} and end {end:,} are not an interval; the columns are contig, start, end"
        )
    return contig, start, end


def whole_number(text: str) -> int:
    """A whole number that may be written like ``5e+05`` (R) or ``500000.0`` (pandas).

    ``1.23E+08`` is none: spreadsheets round what they write so.

    Raises
    ------
    ValueError
        It is none.
    """
    if text.isdigit() or re.fullmatch(r"[+-]\d+", text):
        return int(text)
    if not re.fullmatch(r"\d+(\.\d+)?(e\+?\d+)?", text) or float(text) != int(float(text)):
        raise ValueError(text)
    return int(float(text))
