"""Tables as text: the one place that knows how a TSV is written."""

import pandas as pd


def to_tsv(table: pd.DataFrame, *, float_format: str, missing: str = "") -> str:
    """A table as tab-separated text with a heading and without row labels.

    Parameters
    ----------
    table : DataFrame
    float_format : str
        Of columns of floats, such as ``"%.5f"``. A column of mixed types is written as it is: give tables typed
        columns, also where they are empty.
    missing : str
        What stands for a value that is not defined.

    Returns
    -------
    str
        Lines end in a newline on every system.

    Examples
    --------
    >>> to_tsv(pd.DataFrame({"metric": ["accuracy"], "value": [0.123456]}), float_format="%.3g")
    'metric\\tvalue\\naccuracy\\t0.123\\n'
    """
    text: str = table.to_csv(
        None, sep="\t", index=False, float_format=float_format, na_rep=missing, lineterminator="\n"
    )
    return text
