"""One pass over all records and samples of a VCF that counts what is there, whether or not it could be analysed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from introghost.variants.extents import gap_threshold_bp
from introghost.variants.scan import Region, Scan
from introghost.variants.sites import BASES, PADDING, Block, ancestral_base, first_two

_FLAWS = ("heterozygous", "unphased", "missing", "half-missing", "haploid", "polyploid", "beyond ALT")


@dataclass
class ContigTally:
    """Records of one contig; the arrays are of its biallelic SNVs, in the order of the file.

    Attributes
    ----------
    record_positions_bp : ndarray of int64, shape (num_records,)
        0-based and sorted; without records before the first base.
    """

    record_positions_bp: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    _positions: list[NDArray[np.int64]] = field(default_factory=list)
    _alleles: list[NDArray[np.bytes_]] = field(default_factory=list)
    _varies: list[NDArray[np.bool_]] = field(default_factory=list)

    def add(self, positions: Sequence[int], alleles: list[tuple[str, str]], varies: NDArray[np.bool_]) -> None:
        """Append a block of SNVs."""
        self._positions.append(np.array(positions, dtype=np.int64))
        self._alleles.append(np.array(alleles, dtype="S1").reshape(-1, 2))
        self._varies.append(varies)

    @property
    def extent_bp(self) -> tuple[int, int]:
        """First record's position and last record's position + 1."""
        return int(self.record_positions_bp[0]), int(self.record_positions_bp[-1]) + 1

    def gaps_bp(self) -> tuple[int, list[tuple[int, int]]]:
        """Length from which a stretch without records is a gap, as for the reader, and the gaps, 0-based half-open."""
        at = self.record_positions_bp

        def positions_from(start: int, number: int) -> NDArray[np.int64]:
            first = int(np.searchsorted(at, start))
            return at[first : first + number]

        threshold = gap_threshold_bp(*self.extent_bp, positions_from)
        wide = np.flatnonzero(np.diff(at) > threshold)
        return threshold, [(int(at[i]) + 1, int(at[i + 1])) for i in wide]

    @property
    def positions_bp(self) -> NDArray[np.int64]:
        """0-based, shape (num_snvs,)."""
        return np.concatenate([np.empty(0, dtype=np.int64), *self._positions])

    @property
    def alleles(self) -> NDArray[np.bytes_]:
        """REF and ALT in upper case, shape (num_snvs, 2)."""
        return np.concatenate([np.empty((0, 2), dtype="S1"), *self._alleles])

    @property
    def varies(self) -> NDArray[np.bool_]:
        """Whether somebody has REF and somebody ALT, shape (num_snvs,)."""
        return np.concatenate([np.empty(0, dtype=np.bool_), *self._varies])


@dataclass
class Tally:
    """What one pass has counted; genotypes are those of biallelic SNVs.

    Attributes
    ----------
    samples : list of str
    lengths : dict of str to int
        Of the contigs that the header declares with one.
    declares_aa : bool
        Whether the header declares INFO/AA.
    contigs : dict of str to ContigTally
        Those with records, in the order of the file.
    classes : Counter of str to int
        Records by class; `SNV` among them.
    num_filtered : int
        Records whose FILTER names a filter.
    genotypes : dict of str to ndarray of int64, shape (num_samples,)
        Number of genotypes of each sample that are heterozygous, unphased (and heterozygous), missing, half-missing
        (among the missing), haploid, polyploid or name an allele beyond ALT.
    ancestral : Counter of str to int
        SNVs whose INFO/AA is ``known`` (REF or ALT), ``neither`` or ``unknown``.
    """

    samples: list[str]
    lengths: dict[str, int]
    declares_aa: bool
    contigs: dict[str, ContigTally] = field(default_factory=dict)
    classes: Counter[str] = field(default_factory=Counter)
    num_filtered: int = 0
    genotypes: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    ancestral: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.genotypes = {flaw: np.zeros(len(self.samples), dtype=np.int64) for flaw in _FLAWS}

    def flawed(self, flaw: str, where: NDArray[np.bool_]) -> None:
        """Count genotypes with a property, given where they are, shape (num_snvs, num_samples)."""
        self.genotypes[flaw] += where.sum(axis=0)

    @property
    def num_records(self) -> int:
        """Records of any class."""
        return self.classes.total()

    @property
    def num_snvs(self) -> int:
        """Biallelic SNVs with genotypes."""
        return sum(len(contig.positions_bp) for contig in self.contigs.values())

    @property
    def num_duplicates(self) -> int:
        """Biallelic SNVs that share their position with another."""
        shared = 0
        for contig in self.contigs.values():
            _, occurrences = np.unique(contig.positions_bp, return_counts=True)
            shared += int(occurrences[occurrences > 1].sum())
        return shared


def tally(path: Path, region: Region | None = None) -> Tally:
    """Count everything in a VCF, BCF or VCF Zarr, or in one region of it.

    Parameters
    ----------
    path : Path
    region : tuple of str, int and int or None, optional
        Contig, 0-based start and end (None: the contig's).

    Raises
    ------
    DataError
        Damage that leaves nothing to describe: a cut or corrupt file, records that are not sorted or lie outside
        their contig.
    """
    scan = Scan(path, region)
    result = Tally(scan.samples, scan.lengths, scan.declares_aa)
    snvs = dict[str, ContigTally]()
    for contig, block in scan.blocks():
        _add(result, snvs.setdefault(contig, ContigTally()), block)
    result.classes, result.num_filtered = scan.classes, scan.num_filtered
    for name, positions in scan.positions.items():
        if len(positions):  # not if all its records lie before the first base
            result.contigs[name] = snvs.get(name, ContigTally())
            result.contigs[name].record_positions_bp = positions
    return result


def _add(result: Tally, contig: ContigTally, block: Block) -> None:
    """Count the genotypes of a block; of what is beyond two alleles nothing but its number."""
    result.flawed("polyploid", (block.genotypes[:, :, 2:] != PADDING).any(axis=2))
    codes = first_two(block.genotypes)
    first, second = codes[:, :, 0], codes[:, :, 1]
    heterozygous = (first >= 0) & (second >= 0) & (first != second)
    haploid = (second == PADDING) & (first >= 0)
    result.flawed("heterozygous", heterozygous)
    result.flawed("unphased", heterozygous & (block.phased == 0))
    result.flawed("missing", ((first < 0) | (second < 0)) & ~haploid)
    result.flawed("half-missing", ((first < 0) != (second < 0)) & ~haploid)
    result.flawed("haploid", haploid)
    result.flawed("beyond ALT", (first > 1) | (second > 1))
    varies = ((first == 0) | (second == 0)).any(axis=1) & ((first == 1) | (second == 1)).any(axis=1)
    alleles = [(ref.upper(), alt.upper()) for ref, alt in zip(block.ref, block.alt, strict=True)]
    if result.declares_aa:
        bases = (ancestral_base(value).upper() for value in block.ancestral)
        result.ancestral.update(_state(base, pair) for base, pair in zip(bases, alleles, strict=True))
    contig.add(block.positions_bp, alleles, varies)


def _state(base: str, alleles: tuple[str, str]) -> str:
    if base not in BASES:
        return "unknown"
    return "known" if base in alleles else "neither"
