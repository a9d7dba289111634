"""Writing of tidy tables."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from introghost import atomic

_LAST = "summary"


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write each table to ``folder/<name>.tsv``, atomically, six significant digits, ``NA`` where undefined.

    A table named ``summary`` says that all are there: an older one is removed first, the new one written last.

    Returns
    -------
    list of Path
        The files, in the order in which they were written.
    """
    paths = []
    (Path(folder) / f"{_LAST}.tsv").unlink(missing_ok=True)
    for name, table in sorted(tables.items(), key=lambda item: item[0] == _LAST):
        path = Path(folder) / f"{name}.tsv"
        write_table(table, path)
        paths.append(path)
    return paths


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write one table to `path`, in the form of `write_tables`."""
    text = table.to_csv(None, sep="\t", index=False, float_format="%.6g", na_rep="NA", lineterminator="\n")
    atomic.write_text(path, text)
