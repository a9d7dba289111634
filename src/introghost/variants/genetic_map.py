"""Genetic maps by contig, from the formats of the programs that phase and impute."""

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity
from introghost.haplotypes import ANY_CONTIG, GeneticMap, on_contig
from introghost.text import read_lines
from introghost.variants.samples import listed

KIND = "a genetic map"
_EXPECTED = "expected pos, chr, cM or Chromosome, Position(bp), Rate(cM/Mb), Map(cM)"
# Words of headings in lower case, without blanks and underscores.
_CONTIG_HEADINGS = ("chr", "chrom", "chromosome", "contig", "chm", "chromosomeid")
_POSITION_HEADINGS = ("pos", "position", "position(bp)", "bp", "pos(bp)", "physicalposition", "physpos", "positionbp")
_BEGIN_HEADINGS = ("begin", "start", "chromstart")
_END_HEADINGS = ("end", "stop", "chromend")
_MAP_HEADINGS = (
    *("cm", "map(cm)", "geneticmap(cm)", "geneticmap", "poscm", "positioncm", "position(cm)", "pos(cm)", "mapcm"),
    *("genpos(cm)", "genposcm", "gpos", "geneticposition", "geneticposition(cm)", "cumulativecm", "cumcm", "map"),
)
_MORGAN_HEADINGS = ("m", "morgan", "morgans", "map(m)", "geneticmap(m)", "position(m)", "pos(m)", "map(morgans)")
_RATE_HEADINGS = ("rate", "rate(cm/mb)", "combinedrate(cm/mb)", "cmpermb", "cm/mb", "recombinationrate(cm/mb)")
_CENTIMORGANS_PER_MORGAN = 100
_LOOKED_AT = 200  # rows by which a file without a heading is told
_LONGEST_CENTIMORGANS = 1000  # no chromosome is that long; every position in bp but the first is greater
# Mean rates of whole chromosomes: about 1 cM/Mb in mammals, up to some 30 in bees, 300 in yeast.
LEAST_RATE, MOST_RATE = 0.1, 50.0
MOST_USABLE_RATE = 10_000.0


@dataclass(frozen=True)
class _Layout:
    """Which columns hold what.

    Attributes
    ----------
    contig : int or None
        None if the file is of one contig.
    position, value : int
        Physical position, and genetic position.
    unit : float
        Centimorgans in one unit of the genetic position.
    first_bp : int
        Position of the contig's first base: 1, or 0 for the ends of intervals.
    begin, rate : int or None
        Of a file of intervals, whose genetic positions are those of their ends: starts, and rates in cM/Mb.
    num_headings : int
        Fields of the heading, 0 if there is none; a row of one more begins with its name.
    """

    contig: int | None
    position: int
    value: int
    unit: float = 1.0
    first_bp: int = 1
    begin: int | None = None
    rate: int | None = None
    num_headings: int = 0


class _Row(NamedTuple):
    number: int
    fields: list[str]


def read_genetic_map(path: Path) -> dict[str, GeneticMap]:
    """Genetic maps by contig.

    Understood are, with a heading: HapMap (``Chromosome Position(bp) Rate(cM/Mb) Map(cM)``), SHAPEIT and GLIMPSE
    (``pos chr cM``), Eagle and IMPUTE (``chr position COMBINED_rate(cM/Mb) Genetic_Map(cM)``), RFMix (``#chm pos
    pos_cm``), deCODE (``Chr Begin End cMperMb cM``), and others that name position and map likewise, in Morgans too.
    Without one: HapMap, PLINK and Beagle (chromosome, identifier, cM, bp; also ``.bim``), EIGENSTRAT ``.snp``
    (identifier, chromosome, Morgans, bp), RFMix and deCODE. Files put together may repeat the heading.

    Parameters
    ----------
    path : Path
        A file or a pipe of text in any encoding that `text.read_lines` knows; positions in it are 1-based.

    Returns
    -------
    dict of str to GeneticMap
        Under ``""`` if the file names no chromosome.

    Raises
    ------
    DataError
        Missing or damaged file, unknown columns, a value that is no number, positions not strictly increasing or a
        map that decreases. A row that says the same twice is passed over.
    """
    points: dict[str, list[tuple[float, float]]] = {}
    rows = _rows(path)
    first_rows = list(itertools.islice(rows, _LOOKED_AT))
    if not first_rows:
        raise DataError(f"{path}: the genetic map has no points")
    layout = _by_heading(first_rows[0].fields) or _by_values(path, first_rows)
    for row in itertools.chain(first_rows, rows):
        try:
            contig, new_points = _points(path, row, layout)
        except DataError:
            heading = _by_heading(row.fields)
            if heading is None:
                raise
            layout = heading
            continue
        of_contig = points.setdefault(contig, [])
        of_contig += new_points if not of_contig else new_points[-1:]
    if not points:
        raise DataError(f"{path}: the genetic map has no points")
    return {contig: _genetic_map(path, contig, np.array(pairs)) for contig, pairs in points.items()}


def rate_findings(genetic_maps: Mapping[str, GeneticMap], contigs: Sequence[str]) -> list[Finding]:
    """Doubts whether the maps of `contigs` are in cM: mean rates over a contig that no organism is likely to have.

    Parameters
    ----------
    genetic_maps : mapping of str to GeneticMap
    contigs : sequence of str
        Those without a map do not count.
    """
    maps = {contig: on_contig(genetic_maps, contig) for contig in contigs}
    rates = {contig: mean_rate(of) for contig, of in maps.items() if of is not None}
    odd: dict[tuple[str, str], list[str]] = {}
    for contig, rate in rates.items():
        oddity = _oddity(rate)
        if oddity is not None:
            odd.setdefault(oddity, []).append(contig)
    findings = []
    for (what, question), names in odd.items():
        mean = float(np.mean([rates[contig] for contig in names]))
        text = (
            f"the genetic map of contig {listed(names)} {what}: {mean:.3g} cM/Mb on average, where {LEAST_RATE:g} to "
            f"{MOST_RATE:g} are usual; {question}"
        )
        findings.append(Finding(Code.GENETIC_MAP, Severity.WARNING, text))
    return findings


def _oddity(rate: float) -> tuple[str, str] | None:
    """What is odd about a mean rate in cM/Mb, and what to ask of the map."""
    if rate == 0:
        return "has no crossover", "give another map, or take the contig out of it"
    if rate < LEAST_RATE:
        return "is nearly flat", "are its positions in Morgans, not in cM?"
    if rate > MOST_RATE:
        return "is far too long", "is the column that of rates or of bp, not of cM?"
    return None


def check_usable(path: Path, genetic_maps: Mapping[str, GeneticMap]) -> None:
    """Refuse a map under which nothing can be simulated.

    Parameters
    ----------
    path : Path
        Of the map, for the message.
    genetic_maps : mapping of str to GeneticMap
        By contig.

    Raises
    ------
    DataError
        A mean rate that is beyond every organism by far.
    """
    for contig, genetic_map in genetic_maps.items():
        rate = mean_rate(genetic_map)
        if rate > MOST_USABLE_RATE:
            raise DataError(
                f"{path}: contig {contig!r}: a mean rate of {rate:.3g} cM/Mb is impossible; is it a column of rates or "
                "of bp, not of cM?"
            )


def mean_rate(genetic_map: GeneticMap) -> float:
    """Mean rate between the ends of a map, in cM/Mb."""
    length_bp = genetic_map.positions_bp[-1] - genetic_map.positions_bp[0]
    return float((genetic_map.centimorgans[-1] - genetic_map.centimorgans[0]) / length_bp * 1e6)


def _rows(path: Path) -> Iterator[_Row]:
    """Lines with content, as fields without quotes; of those behind a ``#`` the headings alone.

    A comment is a heading if it names the columns of the next line, one by one.
    """
    comment: _Row | None = None
    for number, line in enumerate(read_lines(path, KIND), start=1):
        bare = line.strip()
        row = _Row(number, _fields(bare.lstrip("# ")))
        if bare.startswith("#"):
            comment = row if _by_heading(row.fields) is not None else comment
            continue
        if not row.fields:
            continue
        if comment is not None and len(comment.fields) == len(row.fields):
            yield comment
        comment = None
        yield row


def _fields(line: str) -> list[str]:
    line = line.replace('"', "")
    delimiter = "\t" if "\t" in line else "," if "," in line else ";" if ";" in line else None
    return [field.strip() for field in line.split(delimiter)] if line else []


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _by_heading(fields: Sequence[str]) -> _Layout | None:
    """The layout that a heading names; None if it names no position or no map."""
    words = [re.sub(r"[\s_]", "", field.lower()) for field in fields]

    def column(headings: Sequence[str]) -> int | None:
        return next((words.index(name) for name in headings if name in words), None)

    contig, position, value = column(_CONTIG_HEADINGS), column(_POSITION_HEADINGS), column(_MAP_HEADINGS)
    morgans, end = column(_MORGAN_HEADINGS), column(_END_HEADINGS)
    unit = 1.0
    if value is None and morgans is not None:
        value, unit = morgans, float(_CENTIMORGANS_PER_MORGAN)
    if value is None:
        return None
    if position is not None:
        return _Layout(contig, position, value, unit, num_headings=len(words))
    if end is not None:
        begin, rate = column(_BEGIN_HEADINGS), column(_RATE_HEADINGS)
        return _Layout(contig, end, value, unit, 0, begin, rate, len(words))
    return None


def _by_values(path: Path, rows: Sequence[_Row]) -> _Layout:
    """The layout of a file without a heading, told by its first rows.

    Raises
    ------
    DataError
        Columns that are unknown, or known to hold no genetic position.
    """
    widths = {len(row.fields) for row in rows}
    columns = list(zip(*(row.fields for row in rows), strict=True)) if len(widths) == 1 else []
    layout = _by_columns(columns)
    if layout is not None:
        return layout
    where, words = f"{path}:{rows[0].number}", " ".join(rows[0].fields)
    if len(columns) == 3 and _are_whole(columns[2], beyond=_LONGEST_CENTIMORGANS):
        raise DataError(f"{where}: a PLINK map of three columns has no genetic positions: {words!r}; {_EXPECTED}")
    if len(columns) == 4 and _are_whole(columns[1]) and _are_whole(columns[2], beyond=_LONGEST_CENTIMORGANS):
        raise DataError(f"{where}: intervals with rates are no genetic map: {words!r}; {_EXPECTED}")
    raise DataError(f"{where}: unknown columns {words!r}; {_EXPECTED}")


def _by_columns(columns: Sequence[Sequence[str]]) -> _Layout | None:
    """The layout of columns without a heading, None if it is unknown.

    A column is of physical positions, not of genetic ones, where whole numbers go beyond the longest chromosome in cM.
    """
    width, longest = len(columns), _LONGEST_CENTIMORGANS
    if width in (4, 6) and _are_whole(columns[3], beyond=-1 if _has_text(columns[1]) else longest):
        # Chromosomes repeat, identifiers do not, but where they are left out.
        if len(set(columns[0])) > len(set(columns[1])) and not set(columns[1]) <= {".", "0"}:
            return _Layout(1, 3, 2, _CENTIMORGANS_PER_MORGAN)  # EIGENSTRAT
        return _Layout(0, 3, 2)  # PLINK, Beagle
    if width == 4 and _are_whole(columns[1]) and not _are_whole(columns[2], beyond=longest):
        return _Layout(0, 1, 3)  # HapMap
    if width == 5 and _are_whole(columns[1]) and _are_whole(columns[2], beyond=longest):
        return _Layout(0, 2, 4, first_bp=0, begin=1, rate=3)  # deCODE
    if width == 3 and [_are_whole(column, beyond=longest) for column in columns] == [False, True, False]:
        return None if _has_text(columns[2]) else _Layout(0, 1, 2)  # RFMix
    return None


def _are_whole(column: Sequence[str], beyond: int = -1) -> bool:
    """Whether a column holds whole numbers alone, the greatest beyond a bound."""
    return all(map(str.isdigit, column)) and max(map(int, column)) > beyond


def _has_text(column: Sequence[str]) -> bool:
    return not all(map(_is_number, column))


def _points(path: Path, row: _Row, layout: _Layout) -> tuple[str, list[tuple[float, float]]]:
    """Contig of a row, and its points: 0-based position and centimorgans, of an interval those of both ends."""
    has_row_name = bool(layout.num_headings) and len(row.fields) == layout.num_headings + 1  # as R writes tables
    fields = row.fields[1:] if has_row_name else row.fields
    try:
        contig = ANY_CONTIG if layout.contig is None else fields[layout.contig]
        position = float(fields[layout.position]) - layout.first_bp
        centimorgans = float(fields[layout.value]) * layout.unit
        if layout.begin is None or layout.rate is None:
            return contig, [(position, centimorgans)]
        begin = float(fields[layout.begin])
        return contig, [
            (begin, centimorgans - float(fields[layout.rate]) * (position - begin) / 1e6),
            (position, centimorgans),
        ]
    except (IndexError, ValueError):
        raise DataError(f"{path}:{row.number}: not a point of a genetic map: {' '.join(fields)!r}") from None


def _genetic_map(path: Path, contig: str, points: NDArray[np.float64]) -> GeneticMap:
    where = f"{path}: contig {contig!r}" if contig else f"{path}"
    # What is said twice over counts once.
    points = points[np.concatenate([[True], (np.diff(points, axis=0) != 0).any(axis=1)])]
    if not np.isfinite(points).all():
        raise DataError(f"{where}: the genetic map has a value that is not finite")
    if points[:, 0].min() < -1:
        raise DataError(f"{where}: the genetic map has a negative position, {points[:, 0].min() + 1:,.0f}")
    if len(points) == 1:
        raise DataError(f"{where}: the genetic map has only one point; a map needs two or more")
    for what, wrong in (("positions", np.diff(points[:, 0]) <= 0), ("map", np.diff(points[:, 1]) < 0)):
        if wrong.any():
            position = int(points[1:][wrong][0, 0]) + 1
            before, value = points[:-1][wrong][0, 1], points[1:][wrong][0, 1]
            raise DataError(
                f"{where}: {what} not increasing at {position:,} ({before:g} cM, then {value:g} cM); sort the points, "
                f"each position once{'' if contig else ', and name their chromosomes if there are several'}"
            )
    return GeneticMap(points[:, 0].copy(), points[:, 1].copy())
