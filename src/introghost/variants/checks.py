"""What a VCF holds, as a table for a person to look over before an analysis."""

from collections import Counter

import pandas as pd

from introghost.haplotypes import OUTGROUP
from introghost.variants.source import VcfSource

_TILE_BP = 5_000_000


def summarise(source: VcfSource) -> pd.DataFrame:
    """Read a source from end to end and describe it.

    Parameters
    ----------
    source : VcfSource
        Freshly opened, so that its counts are of this reading alone.

    Returns
    -------
    DataFrame
        Columns section (``samples``, ``contigs`` or ``sites``, ``genotypes``), item and value (text).

    Raises
    ------
    DataError
        Whatever makes the file unusable.
    """
    roles = source.roles
    samples = Counter(zip(roles.populations, roles.roles.tolist(), strict=True))
    rows = [
        ("samples", f"{population} ({'outgroup' if role == OUTGROUP else 'target'})", f"{number:,}")
        for (population, role), number in sorted(samples.items())
    ]
    for contig, start, end in source.contigs():
        num_sites = 0
        for tile in range(start, end, _TILE_BP):
            num_sites += len(source.read(contig, tile, min(tile + _TILE_BP, end)).positions_bp)
        rows.append(("contigs", f"{contig}:{start + 1:,}-{end:,}", f"{num_sites:,} sites kept"))
    counts = Counter(source.counts)
    genotypes, heterozygous = counts.pop("genotypes", 0), counts.pop("genotypes: heterozygous", 0)
    unphased, missing = counts.pop("genotypes: heterozygous, unphased", 0), counts.pop("genotypes: missing", 0)
    rows += [("sites", item, f"{number:,}") for item, number in counts.items() if number]
    rows.append(("genotypes", "missing", _percentage(missing, genotypes)))
    rows.append(("genotypes", "heterozygous", _percentage(heterozygous, genotypes)))
    rows.append(("genotypes", "phased heterozygotes", _percentage(heterozygous - unphased, heterozygous)))
    return pd.DataFrame(rows, columns=["section", "item", "value"])


def _percentage(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3f} %" if whole else "none seen"
