"""Lengths of sequence in words."""


def megabases(length_bp: float) -> str:
    """A length in Mb with three significant digits; one below a kilobase in bp.

    Parameters
    ----------
    length_bp : float

    Examples
    --------
    >>> [megabases(length_bp) for length_bp in (1_000_000, 296_849, 2_875_001_522, 4_000, 150, 0)]
    ['1 Mb', '0.297 Mb', '2,880 Mb', '0.004 Mb', '150 bp', '0 Mb']
    """
    if 0 < length_bp < 1_000:
        return f"{length_bp:.0f} bp"
    rounded = float(f"{length_bp / 1e6:.3g}")
    return f"{rounded:,.0f} Mb" if rounded >= 1_000 else f"{rounded:g} Mb"
