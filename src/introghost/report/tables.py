"""Reading of the tables that the report shows, and their form on the page."""

import gzip
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from introghost.errors import DataError

SEGMENT_COLUMNS = ("contig", "start", "end", "sample", "haplotype", "mean_posterior", "num_private_alleles")
BIN_STATUS_COLUMNS = ("contig", "start", "end", "status")
_HUGE = 1e9  # from which on a number has an exponent
_MISSING = ["NA", "", "nan"]
_TEXTS = ("contig", "sample", "truth", "assigned")
# What pandas and gzip raise of a damaged file.
_DAMAGE = (pd.errors.ParserError, pd.errors.EmptyDataError, EOFError, gzip.BadGzipFile, zlib.error)
PER_SAMPLE_COLUMNS = ("sample", "haplotype", "called_bp", "callable_bp", "fraction")


@dataclass(frozen=True)
class PageTable:
    """A table as strings, ready for the page.

    Attributes
    ----------
    header : list of str
    rows : list of list of str
        A text for each column.
    """

    header: list[str]
    rows: list[list[str]]


def page_table(table: pd.DataFrame, *, max_rows: int | None = None) -> PageTable:
    """The first rows of a table, each value as `format_value` gives it.

    Parameters
    ----------
    table : DataFrame
    max_rows : int, optional
        By default all of them.
    """
    rows = table.head(max_rows) if max_rows is not None else table
    header = [str(name).replace("_", " ") for name in table.columns]
    return PageTable(header, [[format_value(value) for value in row] for row in rows.itertuples(index=False)])


def format_value(value: object) -> str:
    """Text of a cell: numbers from 1,000 on rounded, smaller ones with four significant digits; a dash for no value."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if 1_000 <= abs(value) < _HUGE else f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def read_table(path: Path, columns: tuple[str, ...] = (), *, is_compressed: bool = False) -> pd.DataFrame:
    """Read a tab-separated table with a header; ``NA``, ``nan`` and empty cells are missing, but for names.

    Parameters
    ----------
    path : Path
    columns : tuple of str
        Those that must be there; others may be.
    is_compressed : bool
        Whether it is compressed with gzip.

    Raises
    ------
    DataError
        If the file is not there, cannot be parsed or lacks one of `columns`.
    """
    compression: Literal["gzip"] | None = "gzip" if is_compressed else None
    try:
        header = pd.read_csv(path, sep="\t", nrows=0, compression=compression).columns
        missing_words = {name: _MISSING for name in header if name not in _TEXTS}
        table = pd.read_csv(
            path,
            sep="\t",
            dtype=dict.fromkeys(_TEXTS, str),
            keep_default_na=False,
            na_values=missing_words,
            compression=compression,
        )
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        wanted = f" with the columns {', '.join(columns)}" if columns else ""
        raise DataError(f"{path}: not text; expected a tab-separated table{wanted}") from None
    except (*_DAMAGE, ValueError) as error:
        raise DataError(f"{path}: not a tab-separated table ({error})") from None
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise DataError(f"{path}: column {', '.join(missing)} is missing; it has {', '.join(table.columns)}")
    return table


def read_optional(path: Path, columns: tuple[str, ...] = ()) -> pd.DataFrame | None:
    """Like `read_table`, and None where the file is not there.

    Parameters
    ----------
    path : Path
    columns : tuple of str
        Those that must be there, if the file is.

    Raises
    ------
    DataError
        If the file cannot be parsed or lacks one of `columns`.
    """
    return read_table(path, columns) if path.is_file() else None
