"""Writing of tidy tables."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from introghost import provenance


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write each table to ``folder/<name>.tsv``, atomically, six significant digits, ``NA`` where undefined.

    Returns
    -------
    list of Path
        The files, in the order of `tables`.
    """
    paths = []
    for name, table in tables.items():
        path = Path(folder) / f"{name}.tsv"
        text = table.to_csv(None, sep="\t", index=False, float_format="%.6g", na_rep="NA", lineterminator="\n")
        provenance.write_text(path, text)
        paths.append(path)
    return paths
