"""Writing of tidy tables."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from introghost import atomic
from introghost.tsv import to_tsv

_LAST = "summary"  # of the tables that belong together


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write each table to ``folder/<name>.tsv``, atomically, six significant digits, ``NA`` where undefined.

    A table named ``summary`` says that all are there: an older one is removed first, the new one written last.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables by their names.
    folder : Path
        Made where it is absent.

    Returns
    -------
    list of Path
        The files, in the order in which they were written.

    Raises
    ------
    OutputError
        The folder can't be written to, or the disk is full.
    """
    paths = []
    (Path(folder) / f"{_LAST}.tsv").unlink(missing_ok=True)
    for name, table in sorted(tables.items(), key=lambda item: item[0] == _LAST):
        path = Path(folder) / f"{name}.tsv"
        write_table(table, path)
        paths.append(path)
    return paths


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write one table to `path`, in the form of `write_tables`.

    Parameters
    ----------
    table : DataFrame
    path : Path

    Raises
    ------
    OutputError
        The folder can't be written to, or the disk is full.
    """
    atomic.write_text(path, to_tsv(table, float_format="%.6g", missing="NA"))
