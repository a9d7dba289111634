"""Genes of an annotation near the peaks."""

import re
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from introghost.errors import DataError
from introghost.report.genome import Stretch
from introghost.text import read_lines

# Where a gene's name may stand, the best one first; GTF writes `key "value"`, GFF3 `key=value`.
_NAMES = [
    re.compile(pattern)
    for pattern in (
        r'gene_name "([^"]+)"',
        r"(?:^|;)(?:gene_name|Name)=([^;]+)",
        r'gene_id "([^"]+)"',
        r"(?:^|;)ID=([^;]+)",
    )
]
_FIELDS = 9


@dataclass(frozen=True)
class Gene:
    """A gene.

    Attributes
    ----------
    name : str
    contig : str
    start_bp, end_bp : int
        0-based and half-open.
    """

    name: str
    contig: str
    start_bp: int
    end_bp: int

    def overlaps(self, stretch: Stretch) -> bool:
        """Whether it shares a base pair with a stretch, whether contigs are called ``1`` or ``chr1``."""
        same = _plain(self.contig) == _plain(stretch.contig)
        return same and self.start_bp < stretch.end_bp and stretch.start_bp < self.end_bp


def read_genes(path: Path, windows: Sequence[Stretch]) -> list[Gene]:
    """Genes that overlap some stretches.

    Parameters
    ----------
    path : Path
        GTF or GFF3, compressed or not; features of the type ``gene`` count.
    windows : sequence of Stretch

    Returns
    -------
    list of Gene
        In the order of the file.

    Raises
    ------
    DataError
        The file is not there, a line has not nine columns or no positions, no feature is a gene, or no gene is on a
        contig of the stretches.
    """
    contigs = {_plain(window.contig) for window in windows}
    genes, present, num_genes = list[Gene](), set[str](), 0
    for number, line in enumerate(read_lines(path, "an annotation of genes"), 1):
        if line.startswith("##FASTA"):  # of GFF3: sequences follow
            break
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != _FIELDS or not (fields[3].isdecimal() and fields[4].isdecimal()):
            raise DataError(f"{path}: line {number} is not of a GTF or GFF3: nine columns, of which two are numbers")
        if not 1 <= int(fields[3]) <= int(fields[4]):
            raise DataError(f"{path}: line {number} goes from {fields[3]} to {fields[4]}; positions are from 1 upwards")
        if fields[2] != "gene":
            continue
        num_genes += 1
        present.add(_plain(fields[0]))
        if _plain(fields[0]) in contigs:
            gene = Gene(_name(fields[8]), fields[0], int(fields[3]) - 1, int(fields[4]))
            if any(gene.overlaps(window) for window in windows):
                genes.append(gene)
    if not num_genes:
        raise DataError(f"{path}: no feature of the type gene; give an annotation with genes")
    if contigs and not contigs & present:
        raise DataError(
            f"{path}: no gene on {', '.join(sorted(contigs))}, where segments are; it has "
            f"{', '.join(sorted(present)[:5])}"
        )
    return genes


def _name(attributes: str) -> str:
    matches = (pattern.search(attributes) for pattern in _NAMES)
    return next((urllib.parse.unquote(match[1]) for match in matches if match is not None), "gene")


def _plain(contig: str) -> str:
    return contig.lower().removeprefix("chr")
