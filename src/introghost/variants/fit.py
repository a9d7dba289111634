"""Do callable regions and genetic maps fit the contigs that they are for?"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity
from introghost.haplotypes import ANY_CONTIG, GeneticMap, on_contig, other_prefix
from introghost.variants.build import BUILDS, guess_build
from introghost.variants.genetic_map import rate_findings
from introghost.variants.intervals import counting_findings
from introghost.variants.samples import listed

MASK, MAP = "callable regions", "genetic map"
_OVERHANG_BP = 100_000  # the last bin of a tiling may reach that far beyond the end
_MOST_BEYOND = 0.5


def respelt_contigs(what: str, table: Mapping[str, object] | None, contigs: Sequence[str]) -> Counter[str]:
    """How many contigs a table holds only under their name with, or without, ``chr``.

    Parameters
    ----------
    what : str
        `MASK` or `MAP`.
    table : mapping by contig or None
    contigs : sequence of str
    """
    respelt = sum(contig not in (table or {}) and other_prefix(contig) in (table or {}) for contig in contigs)
    return Counter({f"contigs matched to the {what} without regard to 'chr'": respelt} if respelt else {})


def check_intervals(
    contigs: Sequence[tuple[str, int, int]], lengths: Mapping[str, int], intervals: Mapping[str, NDArray[np.int64]]
) -> list[Finding]:
    """Hold callable regions against the contigs that they are for.

    Parameters
    ----------
    contigs : sequence of tuple
        Name, first and end position of what will be read.
    lengths : mapping of str to int
        Lengths of contigs, as far as known.
    intervals : mapping of str to ndarray of int64, shape (num_intervals, 2)

    Returns
    -------
    list of Finding
        Contigs that they do not name, what lies beyond the end of a contig (and is left out), and whether they look
        1-based.

    Raises
    ------
    DataError
        They name none of the contigs, lie mostly beyond the end of one, or none overlaps what will be read of one.
    """
    names = [name for name, _, _ in contigs]
    _check_named(f"{MASK} have", intervals, names)
    findings = _unnamed(f"{MASK} name", "nothing is callable there", Code.CALLABLE_REGIONS, intervals, names)
    for name, start, end in contigs:
        of = on_contig(intervals, name)
        if of is None:
            continue
        findings += _intervals_beyond(name, of, lengths)
        if not ((of[:, 0] < end) & (of[:, 1] > start)).any():
            raise DataError(
                f"the callable regions of contig {name} leave out all of {start + 1:,}-{end:,}, where the records "
                "are; is the mask of another build, or of what to exclude?"
            )
    return findings + counting_findings(intervals)


def check_genetic_maps(
    contigs: Sequence[tuple[str, int, int]], lengths: Mapping[str, int], genetic_maps: Mapping[str, GeneticMap]
) -> list[Finding]:
    """Hold genetic maps against the contigs that they are for.

    Parameters
    ----------
    contigs : sequence of tuple
        Name, first and end position of what will be read.
    lengths : mapping of str to int
        Lengths of contigs, as far as known.
    genetic_maps : mapping of str to GeneticMap

    Returns
    -------
    list of Finding
        Contigs that they do not name, maps of another part of a contig or with points beyond its end, and impossible
        rates.

    Raises
    ------
    DataError
        They name none of the contigs, lie mostly beyond the end of one, or a map without chromosomes is to be that of
        several contigs.
    """
    names = [name for name, _, _ in contigs]
    if ANY_CONTIG in genetic_maps and len(names) > 1:
        raise DataError(
            f"the genetic map has no column with the chromosome, and the VCF has {len(names):,} contigs "
            f"({listed(names)}); give one file with the columns pos, chr, cM"
        )
    _check_named(f"{MAP} has", genetic_maps, names)
    findings = _unnamed(
        f"{MAP} names", "nothing is known of recombination there", Code.GENETIC_MAP, genetic_maps, names
    )
    for name, start, end in contigs:
        of, length = on_contig(genetic_maps, name), lengths.get(name)
        if of is None:
            continue
        if of.positions_bp[0] >= end or of.positions_bp[-1] < start:
            text = f"the genetic map of contig {name} lies elsewhere on it than the records; is it of another build?"
            findings.append(Finding(Code.GENETIC_MAP, Severity.WARNING, text))
        if length is not None and of.positions_bp[-1] >= length:
            share, reach = float((of.positions_bp >= length).mean()), int(of.positions_bp[-1]) + 1
            findings += _beyond(f"the {MAP} reaches", reach, name, lengths, share)
    return findings + rate_findings(genetic_maps, names)


def _check_named(what: str, table: Mapping[str, object], contigs: Sequence[str]) -> None:
    if all(on_contig(table, contig) is None for contig in contigs):
        raise DataError(f"the {what} no contig of the VCF: named are {listed(sorted(table))}, it has {listed(contigs)}")


def _unnamed(what: str, outcome: str, code: Code, table: Mapping[str, object], contigs: Sequence[str]) -> list[Finding]:
    absent = [contig for contig in contigs if on_contig(table, contig) is None]
    text = f"the {what} nothing on {listed(absent)}: {outcome}"
    return [Finding(code, Severity.WARNING, text)] if absent else []


def _intervals_beyond(contig: str, intervals: NDArray[np.int64], lengths: Mapping[str, int]) -> list[Finding]:
    """What the intervals of one contig say beyond its end."""
    length = lengths.get(contig)
    if length is None or not len(intervals) or intervals[-1, 1] <= length:
        return []
    beyond_bp = int(np.diff(np.maximum(intervals, length), axis=1).sum())
    share = beyond_bp / int(np.diff(intervals, axis=1).sum())
    return _beyond(f"the {MASK} reach", int(intervals[-1, 1]), contig, lengths, share)


def _beyond(what: str, end: int, contig: str, lengths: Mapping[str, int], share: float) -> list[Finding]:
    """A remark on what reaches a little beyond the end of a contig, a doubt if it reaches far or fits another build.

    Parameters
    ----------
    what : str
        What reaches there, for the message.
    end : int
        How far, in bp.
    contig : str
    lengths : mapping of str to int
        Lengths of the VCF's contigs.
    share : float
        Part of the whole that lies beyond the end.

    Raises
    ------
    DataError
        Most of it lies beyond the end.
    """
    build, length = guess_build(lengths), lengths[contig]
    of_build = "" if build is None else f", as in {build}"
    where = f"{what} to {end:,}, {end - length:,} bp beyond the end of contig {contig} ({length:,} bp{of_build})"
    if share > _MOST_BEYOND:
        raise DataError(f"{where}; is it of another build of the reference? give that of the VCF's")
    others = [name for name, ends in BUILDS.items() if name != build and ends.get(contig.removeprefix("chr")) == end]
    text = f"{where}; what lies beyond is left out"
    if others:
        question = f"; the contig ends there in {listed(others)}: is it of that build?"
        return [Finding(Code.INTERVALS_CLIPPED, Severity.WARNING, text + question)]
    if end - length > _OVERHANG_BP:
        return [Finding(Code.INTERVALS_CLIPPED, Severity.WARNING, f"{text}; is it of another build of the reference?")]
    return [Finding(Code.INTERVALS_CLIPPED, Severity.REMARK, text)]
