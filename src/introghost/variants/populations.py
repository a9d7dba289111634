"""The table that says which population each sample belongs to, in the many forms that such tables have."""

import collections
import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from introghost.errors import DataError
from introghost.text import read_lines

KIND = "a table of samples and populations"
# Words of headings without blanks, dots, dashes and underscores, the best first.
_SAMPLE_HEADINGS = (
    *("sample", "sampleid", "samplename", "iid", "individualid", "individual", "ind", "indid", "individ", "geneticid"),
    *("samplealias", "samples", "name", "id"),
)
_POPULATION_HEADINGS = (
    *("population", "pop", "populationcode", "populationid", "popcode", "popid", "popname", "group", "groupid"),
    *("populationname", "populations", "grouplabel", "label"),
)
_OTHER_HEADINGS = ("sex", "gender", "fid", "sid", "pat", "mat", "superpop", "superpopulation", "region")
_SEXES = {"m", "f", "u"}
_FAM_SEXES = {"0", "1", "2", "-9"}
_EXPECTED = "write a heading with the columns sample and population"
COLUMNS_ORDER = "put the sample first and the population second, or name the columns so in a heading"
"""What to do where samples stand in the place of populations."""


class _Row(NamedTuple):
    """Fields of one line, without quotes and blanks around them."""

    number: int
    fields: list[str]


class _Columns(NamedTuple):
    """Where a row holds its sample and its population."""

    sample: int
    population: int


def read_populations(path: Path) -> dict[str, str]:
    """Population of each sample from a table of samples and populations.

    Columns are separated by tabs, commas, semicolons or blanks, and found by their headings (`sample`, `IID`,
    `Sample name`; `population`, `pop`, `Population code`, …). Row names before the first column, quotes and comments,
    on lines of their own or behind the columns after ``# ``, are passed over. Without a heading these are understood:
    an EIGENSTRAT ``.ind``, a PLINK ``.fam`` whose families are populations, and else the first two columns. All values
    stay the text that they are.

    Parameters
    ----------
    path : Path
        A file or a pipe of text in any encoding that `text.read_lines` knows.

    Returns
    -------
    dict of str to str

    Raises
    ------
    DataError
        Missing file, headings that name no sample or no population, a line with fewer columns, a sample in two
        populations, no sample at all, or what may be read in two ways: ``#`` without a blank behind a population, and
        lines without a heading that have columns by their blanks as by their commas.
    """
    headings, rows = _split_heading(_rows(path))
    if not rows:
        raise DataError(f"{path}: no sample in the table; expected two columns, sample and population")
    columns = _columns_by_heading(path, headings, rows) if headings else _columns_by_values(path, rows)
    populations: dict[str, str] = {}
    for number, fields in rows:
        if len(fields) <= max(columns):
            raise DataError(f"{path}:{number}: expected a sample and a population, found {' '.join(fields)!r}")
        sample, population = fields[columns.sample], fields[columns.population]
        if not sample:
            raise DataError(f"{path}:{number}: a line without a sample's name: {' '.join(fields)!r}; complete it")
        if populations.setdefault(sample, population) != population:
            hint = _hint_on_columns(rows, columns, has_heading=bool(headings))
            raise DataError(
                f"{path}:{number}: {sample} is in two populations: {populations[sample]} and {population}{hint}"
            )
    _check_comments(path, rows, columns)
    return populations


def _hint_on_columns(rows: Sequence[_Row], columns: _Columns, *, has_heading: bool) -> str:
    """Why a sample may be in two populations: columns in the other order, or another table."""
    pairs = [
        (row.fields[columns.sample], row.fields[columns.population]) for row in rows if len(row.fields) > max(columns)
    ]
    lines_of = collections.Counter(sample for sample, _ in pairs)
    names = {population for _, population in pairs}
    # Populations have several samples, and a sample is there once; so may be positions of a BED, which has no heading.
    is_exchanged = sum(number > 1 for number in lines_of.values()) > 1 and len(names) == len(rows)
    if is_exchanged and (has_heading or not all(name.isdecimal() for name in names)):
        return f"; the columns look exchanged: {COLUMNS_ORDER}"
    return "" if has_heading else "; the table has no heading with the columns sample and population: is it another?"


def _check_comments(path: Path, rows: Sequence[_Row], columns: _Columns) -> None:
    """Refuse a population that is another one with ``#`` and more behind it: a comment, or two populations?"""
    names = {row.fields[columns.population] for row in rows}
    for number, fields in rows:
        before = re.match(r"(.+?)\s+#", fields[columns.population])
        if before is not None and before[1] in names:
            raise DataError(
                f"{path}:{number}: population {fields[columns.population]!r} looks like {before[1]!r} with a comment; "
                "give comments lines of their own, or name the population without '#'"
            )


def _rows(path: Path) -> list[_Row]:
    """All lines with content as fields; comments are left out as far as a line's own look tells."""
    lines = [(number, line.strip(" ")) for number, line in enumerate(read_lines(path, KIND), start=1) if line.strip()]
    if lines and lines[0][1].startswith(("{", "[")):
        raise DataError(f"{path}: this is JSON, such as hmmix takes, not {KIND}; {_EXPECTED}")
    if lines and re.fullmatch(r'"?sep=."?', lines[0][1]):  # a line for Excel
        del lines[0]
    uncommented = [(number, _uncommented(line)) for number, line in lines]
    delimiter = _delimiter(path, [line for _, line in uncommented if line])
    return [
        _Row(number, _fields(path, number, line, delimiter))
        for number, line in uncommented
        if line and (delimiter in line or not line.startswith("#"))
    ]


def _uncommented(line: str) -> str:
    """The line without a comment at its end; nothing of a comment; of a heading behind a ``#`` the heading."""
    if re.match(r"#(\s|#|$)", line) is None:
        return re.sub(r'[ \t]+#( [^\t"]*)?$', "", line)
    bare = line.lstrip("# \t")
    words = _words(re.split(r"[\t,;]" if re.search(r"[\t,;]", bare) else " +", bare))
    is_heading = {*words} & {*_SAMPLE_HEADINGS} and {*words} & {*_POPULATION_HEADINGS}
    is_prose = " " in bare and not {*words} <= {*_SAMPLE_HEADINGS, *_POPULATION_HEADINGS, *_OTHER_HEADINGS}
    return bare if is_heading and not is_prose else ""


def _delimiter(path: Path, lines: Sequence[str]) -> str:
    """What separates columns: a tab where any line has one, else a comma or semicolon that all have, else blanks."""
    if any("\t" in line for line in lines):
        return "\t"
    rows = [line for line in lines if not line.startswith("#")]
    marks = [mark for mark in ",;" if rows and all(mark in line for line in rows)]
    delimiter = max(marks, key=rows[0].count, default=" ") if rows else " "
    # Without a heading, `Smith,J YRI` may be a sample and a population, as `s1,Han Chinese` is.
    blanks_fit = all(re.fullmatch(rf"[^\s{delimiter}]+{delimiter}[^\s{delimiter}]+ +\S+", line) for line in rows)
    if marks and blanks_fit and _column(rows[0].split(delimiter), (*_SAMPLE_HEADINGS, *_POPULATION_HEADINGS)) is None:
        raise DataError(
            f"{path}: lines such as {rows[0]!r} may be columns by {delimiter!r} or by blanks; write a heading with the "
            f"columns sample and population, as sample{delimiter}population or sample population"
        )
    return delimiter


def _fields(path: Path, number: int, line: str, delimiter: str) -> list[str]:
    if delimiter == " " or delimiter not in line:  # below or above lines with tabs, one may have blanks
        return [field.strip('"') for field in re.findall(r'"[^"]*"|\S+', line)]
    try:
        fields = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise DataError(f"{path}:{number}: quotes that do not match: {line!r}; mend the line") from error
    return [field.strip() for field in fields]


def _words(fields: Sequence[str]) -> list[str]:
    """Fields as words of a heading: in lower case, without marks, blanks and what stands in brackets."""
    return [re.sub(r"\(.*?\)|[\s_.#-]", "", field.lower()) for field in fields]


def _column(fields: Sequence[str], known: Sequence[str]) -> int | None:
    """Index of the best heading among `known`."""
    words = _words(fields)
    return next((words.index(name) for name in known if name in words), None)


def _split_heading(rows: list[_Row]) -> tuple[list[str], list[_Row]]:
    """The heading, empty if there is none, and the rows below it, without further copies of the heading."""
    # A comment may look like a row but for its number of columns.
    width = collections.Counter(len(row.fields) for row in rows).most_common(1)[0][0] if rows else 0
    rows = [row for row in rows if any(row.fields) and (len(row.fields) == width or not row.fields[0].startswith("#"))]
    first = rows[0].fields if rows else []
    if _column(first, _SAMPLE_HEADINGS) is None and _column(first, _POPULATION_HEADINGS) is None:
        return [], rows
    return first, [row for row in rows if row.fields != first]


def _columns_by_heading(path: Path, headings: list[str], rows: list[_Row]) -> _Columns:
    sample, population = _column(headings, _SAMPLE_HEADINGS), _column(headings, _POPULATION_HEADINGS)
    if sample is None or population is None:
        absent = "sample" if sample is None else "population"
        hint = "; FID is taken for a family" if absent == "population" and "fid" in _words(headings) else ""
        raise DataError(
            f"{path}: no column for the {absent} among the headings {', '.join(map(repr, headings))}; "
            f"name one {absent}{hint}"
        )
    # R writes the names of rows before the first column, without a heading.
    shift = 1 if all(len(row.fields) == len(headings) + 1 for row in rows) else 0
    return _Columns(sample + shift, population + shift)


def _columns_by_values(path: Path, rows: list[_Row]) -> _Columns:
    """Columns of a table without a heading."""
    widths = {len(row.fields) for row in rows}
    if widths == {3} and {row.fields[1].lower() for row in rows} <= _SEXES:  # EIGENSTRAT: sample, sex, population
        return _Columns(0, 2)
    if widths == {6} and {row.fields[4] for row in rows} <= _FAM_SEXES:  # PLINK: family, individual, parents, sex, …
        if all(row.fields[0] in ("0", row.fields[1]) for row in rows):
            raise DataError(f"{path}: a PLINK .fam without populations in its first column; {_EXPECTED}")
        return _Columns(1, 0)
    return _Columns(0, 1)
