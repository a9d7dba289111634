"""What a VCF says of itself before its genotypes are read: samples, contigs and where the records lie."""

import re
from pathlib import Path
from typing import Any

import cyvcf2

from introghost.errors import DataError
from introghost.variants.htslib import check_beginning, check_complete, errors_raised, text_contigs
from introghost.variants.index import check_reach, checked_index, index_path


def read_header(path: Path) -> tuple[list[str], str]:
    """Names of the samples, and the header's text, of a file that is complete and whose index, if any, is its own.

    Parameters
    ----------
    path : Path

    Returns
    -------
    samples : list of str
    header : str

    Raises
    ------
    DataError
        A file that is cut or damaged or has no samples, or an index of another file.
    """
    check_complete(path)
    check_beginning(path)
    checked_index(path)
    samples: list[str] = []
    header = ""
    with errors_raised(path):
        vcf = cyvcf2.VCF(str(path))
        samples, header = list(vcf.samples), str(vcf.raw_header)
    if not samples:
        raise DataError(f"{path}: the VCF has no samples; introghost needs phased genotypes")
    check_reach(path, contig_lengths(header))
    return samples, header


def contig_lengths(header: str) -> dict[str, int]:
    """Lengths of the contigs that the header declares with one."""
    lengths: dict[str, int] = {}
    for line in re.findall(r"^##contig=<(.*)>", header, flags=re.MULTILINE):
        name, length = re.search(r"\bID=([^,>]+)", line), re.search(r"\blength=(\d+)", line)
        if name and length and int(length[1]) > 0:
            lengths[name[1]] = int(length[1])
    return lengths


def undeclared_contigs(path: Path, header: str) -> list[str]:
    """Contigs that a VCF has records of but no header line for: those of its index, or else of its text.

    Parameters
    ----------
    path : Path
    header : str
        The header's text.

    Raises
    ------
    DataError
        A symbolic contig, or a name that VCF does not allow.
    """
    declared = set(re.findall(r"^##contig=<(?:.*\W)?ID=([^,>]+)", header, flags=re.MULTILINE))
    if is_indexed(path):
        with errors_raised(path):
            names = list(cyvcf2.VCF(str(path), samples=[]).seqnames)
    else:
        names = text_contigs(path)
    undeclared = [name for name in names if name not in declared]
    for name in undeclared:
        if re.fullmatch(r"<[^<>]+>", name):
            raise DataError(f"{path}: symbolic contig {name}, of an assembly file; take its records out")
        if not re.fullmatch(r"[\w!#$%&+./:;?@^|~-]+", name):
            raise DataError(f"{path}: a record's contig is named {name!r}; is a line broken?")
    return undeclared


def is_indexed(path: Path) -> bool:
    """Whether a tabix or CSI index lies beside the file."""
    return index_path(path) is not None


def ends_by_index(vcf: Any, contig: str, length: int) -> tuple[int, int] | None:
    """First record's position and last record's position + 1, by bisection over index queries.

    Parameters
    ----------
    vcf : cyvcf2.VCF
    contig : str
    length : int
        Of the contig in bp; where it is not known, how far the index reaches.
    """
    first = next((record.start for record in vcf(contig) if record.start >= 0), None)
    if first is None:
        return None
    start, end = first, length  # a record starts in [start, end) and none at or beyond end
    while end - start > 1:
        middle = (start + end) // 2
        latest = next((r.start for r in vcf(f"{contig}:{middle + 1}-{end}") if r.start >= middle), None)
        if latest is None:
            end = middle
        else:
            start = latest
    return first, start + 1
