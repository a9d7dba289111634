"""From records to sites: the one path on which the records of every file format are sorted out, checked and decoded.

A reader of a format hands over what it finds in blocks; which records are sites, and which genotypes are refused, is
decided here alone, so that no format can be read more leniently than another.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.haplotypes import MISSING, varying_sites
from introghost.variants.counts import DropReason, ReadCounts
from introghost.variants.phase_sets import PhaseSets

BASES = frozenset("ACGT")
_LETTERS = frozenset("ACGTN")
_PLACEHOLDERS = frozenset({"<NON_REF>", "<*>"})  # "whatever else there may be", in files of all sites
PADDING = -2  # mark of htslib and of VCF Zarr for a haplotype that a sample does not have

Interval = tuple[str, int, int]


class GenotypeError(DataError):
    """A genotype that no analysis can use: unphased, not diploid, or with an allele beyond ALT."""


@dataclass
class Sites:
    """Biallelic SNVs of one contig, polymorphic in the selected samples.

    Attributes
    ----------
    positions_bp : ndarray of int64, shape (num_sites,)
        0-based and sorted.
    genotypes : ndarray of int8, shape (num_sites, num_haplotypes)
        0 is REF, 1 is ALT, -1 missing.
    ref, alt : ndarray of bytes, shape (num_sites,)
        Bases.
    ancestral : ndarray of bytes, shape (num_sites,)
        Base of INFO/AA, as `ancestral_base` gives it.
    """

    positions_bp: NDArray[np.int64]
    genotypes: NDArray[np.int8]
    ref: NDArray[np.bytes_]
    alt: NDArray[np.bytes_]
    ancestral: NDArray[np.bytes_]

    def select(self, keep: Any) -> "Sites":
        """The sites that an index, slice or mask picks."""
        return Sites(*(values[keep] for values in vars(self).values()))


def no_sites(num_samples: int) -> Sites:
    """Sites of a stretch without any."""
    bases = np.empty(0, dtype="S1")
    return Sites(np.empty(0, dtype=np.int64), np.empty((0, 2 * num_samples), dtype=np.int8), bases, bases, bases)


class Block(NamedTuple):
    """Biallelic SNVs of one contig with their genotypes.

    Attributes
    ----------
    positions_bp : sequence of int
        0-based.
    ref, alt : sequence of str
        Bases.
    ancestral : sequence
        INFO/AA as it is written.
    genotypes : ndarray of int, shape (num_sites, num_samples, ploidy)
    phased : ndarray of int or bool, shape (num_sites, num_samples)
    phase_sets : ndarray of int64, shape (num_sites, num_samples), or None
        FORMAT/PS; None where the file has none.
    """

    positions_bp: Sequence[int]
    ref: Sequence[str]
    alt: Sequence[str]
    ancestral: Sequence[Any]
    genotypes: NDArray[np.integer]
    phased: NDArray[np.integer | np.bool_]
    phase_sets: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Selection:
    """What is read of a file.

    Attributes
    ----------
    names : tuple of str
        The samples, in the order in which they are wanted; the file may have another.
    wants_ancestral : bool
        Whether INFO/AA is needed.
    counts : ReadCounts
        Where what was seen is counted.
    phase_sets : PhaseSets
        Where phase sets are gathered.
    """

    names: tuple[str, ...]
    wants_ancestral: bool
    counts: ReadCounts
    phase_sets: PhaseSets


@dataclass
class _Growing:
    """Sites of one contig while they are read."""

    diploid: NDArray[np.bool_]  # samples that have had a diploid genotype
    positions_bp: list[int] = field(default_factory=list)
    ref: list[str] = field(default_factory=list)
    alt: list[str] = field(default_factory=list)
    ancestral: list[str] = field(default_factory=list)
    genotypes: list[NDArray[np.int8]] = field(default_factory=list)
    polymorphic: list[NDArray[np.bool_]] = field(default_factory=list)


class RecordOrder:
    """Refuses records that are not sorted, whose contig comes back, or that lie beyond its end.

    Parameters
    ----------
    path : Path
        Of the file, for messages.
    lengths : dict of str to int
        Of the contigs, in bp, as far as they are known.

    Attributes
    ----------
    positions : dict of str to array of int64
        Position of every record so far, by contig; without those before the first base.
    """

    def __init__(self, path: Path, lengths: dict[str, int]) -> None:
        self.positions: dict[str, array[int]] = {}
        self._path = path
        self._lengths = lengths
        self._contig = ""
        self._previous = -1
        self._length: int | None = None
        self._current: array[int] = array("q")

    def admit(self, contig: str, position: int) -> None:
        """Take note of the next record.

        Parameters
        ----------
        contig : str
        position : int
            0-based; -1 is POS 0, before the first base.

        Raises
        ------
        DataError
            Records are not sorted, a contig comes back, or a record lies beyond its contig's end.
        """
        if contig != self._contig:
            if contig in self.positions:
                raise DataError(
                    f"{self._path}: contig {contig} comes back at {position + 1:,}; sort with `bcftools sort`"
                )
            self._contig, self._previous, self._length = contig, -1, self._lengths.get(contig)
            self._current = self.positions[contig] = array("q")
        if position < self._previous:
            raise DataError(
                f"{self._path}: not sorted: {contig}:{position + 1:,} comes after {contig}:{self._previous + 1:,}; "
                "sort with `bcftools sort`"
            )
        self._previous = position
        if self._length is not None and position >= self._length:
            raise DataError(
                f"{self._path}: {contig}:{position + 1:,} lies outside the contig; is the header's length right?"
            )
        if position >= 0:
            self._current.append(position)


class SiteCollector:
    """Collects the sites of one reading.

    Parameters
    ----------
    path : Path
        For messages.
    selection : Selection
    """

    def __init__(self, path: Path, selection: Selection) -> None:
        self._path = path
        self._names = selection.names
        self._counts = selection.counts
        self._phase_sets = selection.phase_sets
        self._growing: dict[str, _Growing] = {}

    def wants(self, position: int, ref: str, alt: Sequence[str]) -> int | None:
        """Count a record; the number of its one alternative base, or None if it is no biallelic SNV.

        If ALT names more than that base, `only_alternative` says whether a genotype does.

        Parameters
        ----------
        position : int
            0-based.
        ref : str
        alt : sequence of str

        Returns
        -------
        int or None
        """
        self._counts.records += 1
        number = snv_allele(position, ref, alt)
        if isinstance(number, DropReason):
            self._counts.dropped[number] += 1
            return None
        return number

    def drop(self, reason: DropReason) -> None:
        """Count a record that `wants` took for an SNV, and whose genotypes show that it is none."""
        self._counts.dropped[reason] += 1

    def add(self, contig: str, block: Block) -> None:
        """Take a block, after checking ploidy, allele numbers and phase.

        Parameters
        ----------
        contig : str
        block : Block
            May be empty; blocks of a contig come in the order of their positions.

        Raises
        ------
        DataError
            A genotype that is unphased, not diploid, or has an allele beyond ALT.
        """
        if not len(block.positions_bp):
            return
        sites = self._growing.get(contig)
        if sites is None:
            sites = self._growing[contig] = _Growing(np.zeros(len(self._names), dtype=np.bool_))
        genotypes = self._decode(contig, block, sites)
        polymorphic = varying_sites(genotypes)
        sites.polymorphic.append(polymorphic)
        sites.genotypes.append(genotypes[polymorphic])
        sites.positions_bp.extend(block.positions_bp)
        sites.ref.extend(block.ref)
        sites.alt.extend(block.alt)
        sites.ancestral.extend(ancestral_base(value) for value in block.ancestral)

    def _decode(self, contig: str, block: Block, sites: _Growing) -> NDArray[np.int8]:
        """Alleles of each haplotype, -1 for missing ones."""
        try:
            codes = as_diploid(block.genotypes)
        except ValueError as error:
            site = int(np.argmax((block.genotypes[:, :, 2:] != PADDING).any(axis=(1, 2))))
            raise GenotypeError(f"{self._path}: {contig}:{block.positions_bp[site] + 1:,}: {error}") from None
        first, second = codes[:, :, 0], codes[:, :, 1]
        self._check_ploidy(contig, block, first, second, sites)
        self._refuse((first > 1) | (second > 1), contig, block, "an allele number beyond ALT; mend the record")
        heterozygous = (first >= 0) & (second >= 0) & (first != second)
        self._refuse(
            heterozygous & (block.phased == 0),
            contig,
            block,
            "an unphased heterozygote; phase the VCF with SHAPEIT5 or Beagle",
        )
        missing = (first < 0) | (second < 0)
        counts = self._counts.genotypes
        counts.total += first.size
        counts.heterozygous += int(heterozygous.sum())
        counts.missing += int(missing.sum())
        counts.half_missing += int((missing & ((first >= 0) | (second >= 0))).sum())
        if block.phase_sets is not None:
            self._phase_sets.add(contig, block.phase_sets, heterozygous)
        result: NDArray[np.int8] = np.maximum(codes, MISSING).astype(np.int8).reshape(len(codes), -1)
        return result

    def _check_ploidy(
        self, contig: str, block: Block, first: NDArray[np.integer], second: NDArray[np.integer], sites: _Growing
    ) -> None:
        """Refuse haploid genotypes: a sample that has no others may be male, one that has both may be mistaken."""
        haploid = (second == PADDING) & (first >= 0)
        diploid = ((first >= 0) | (second >= 0)) & ~haploid
        sites.diploid |= diploid.any(axis=0)
        if not haploid.any():
            return
        samples = haploid.any(axis=0)
        if sites.diploid[np.argwhere(haploid)[0, 1]]:
            what = "a haploid genotype among diploid ones (mixed ploidy); leave out that stretch, or mend the genotypes"
        else:
            what = (
                f"a haploid genotype, as {int(samples.sum()):,} of {len(samples):,} selected samples have on this "
                "contig; leave out contigs like X, Y and MT, or choose samples that are diploid there"
            )
        self._refuse(haploid, contig, block, what)

    def _refuse(self, wrong: NDArray[np.bool_], contig: str, block: Block, what: str) -> None:
        if wrong.any():
            site, sample = (int(i) for i in np.argwhere(wrong)[0])
            position = block.positions_bp[site] + 1
            raise GenotypeError(f"{self._path}: {contig}:{position:,}: sample {self._names[sample]} has {what}")

    def finish(self) -> dict[str, Sites]:
        """Sites as arrays by contig, without those that share a position or do not vary."""
        return {contig: self._finish(sites) for contig, sites in self._growing.items()}

    def _finish(self, sites: _Growing) -> Sites:
        positions = np.array(sites.positions_bp, dtype=np.int64)
        polymorphic = np.concatenate(sites.polymorphic)
        single = unshared(positions)
        self._counts.dropped[DropReason.DUPLICATE_POSITION] += int((~single).sum())
        self._counts.dropped[DropReason.MONOMORPHIC] += int((single & ~polymorphic).sum())
        keep = single & polymorphic
        ref, alt, ancestral = (_upper(bases)[keep] for bases in (sites.ref, sites.alt, sites.ancestral))
        return Sites(positions[keep], np.concatenate(sites.genotypes)[single[polymorphic]], ref, alt, ancestral)


def unshared(positions_bp: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the positions, shape (num_sites,), occur once."""
    _, index, occurrences = np.unique(positions_bp, return_inverse=True, return_counts=True)
    result: NDArray[np.bool_] = occurrences[index] == 1
    return result


def as_diploid(genotypes: NDArray[np.integer]) -> NDArray[np.integer]:
    """Two alleles per sample, whatever the width of the last axis.

    A file is as wide as the highest ploidy in it, which may be that of a sample that nobody selected.

    Raises
    ------
    ValueError
        A sample with more than two alleles.
    """
    if genotypes.shape[-1] > 2:
        alleles = int((genotypes != PADDING).any(axis=tuple(range(genotypes.ndim - 1))).sum())
        if alleles > 2:
            raise ValueError(f"{alleles} alleles in a genotype; only diploid samples are supported")
    return first_two(genotypes)


def first_two(genotypes: NDArray[np.integer]) -> NDArray[np.integer]:
    """The first two alleles of each genotype; the second of a haploid one is `PADDING`, or missing if it is."""
    if genotypes.shape[-1] == 1:
        second = np.where(genotypes < 0, MISSING, PADDING).astype(genotypes.dtype)
        return np.concatenate([genotypes, second], axis=-1)
    return genotypes[..., :2]


def snv_allele(position: int, ref: str, alt: Sequence[str]) -> int | DropReason:
    """Number of the one alternative base of a record, from 1 on, or why the record is no biallelic SNV.

    Symbolic alleles beside the base, as in ``G,<NON_REF>`` or ``G,*``, do not count here: whether a genotype names
    one is for `only_alternative` to say.

    Parameters
    ----------
    position : int
        0-based; -1 is POS 0, before the first base.
    ref : str
    alt : sequence of str
    """
    if position < 0:
        return DropReason.BEFORE_FIRST_BASE
    if len(alt) == 1:
        number, allele = 1, alt[0]
        if _is_symbolic(allele):
            return DropReason.NO_ALT if allele in _PLACEHOLDERS else DropReason.SYMBOLIC
    else:
        written = [number for number, allele in enumerate(alt, start=1) if not _is_symbolic(allele)]
        if len(written) > 1:
            return DropReason.MULTIALLELIC
        if not written:
            return DropReason.NO_ALT if _PLACEHOLDERS.issuperset(alt) else DropReason.SYMBOLIC
        number, allele = written[0], alt[written[0] - 1]
    if len(ref) != 1 or len(allele) != 1:
        return DropReason.INDEL if _LETTERS.issuperset((ref + allele).upper()) else DropReason.NOT_BASES
    if ref.upper() not in BASES or allele.upper() not in BASES:
        return DropReason.NOT_BASES
    return number


def _is_symbolic(allele: str) -> bool:
    return allele[0] in "<*" or "[" in allele or "]" in allele


def only_alternative(genotypes: NDArray[np.integer], number: int, num_alternatives: int) -> NDArray[np.integer] | None:
    """Genotypes with 1 for the alternative allele `number`, or None if one of them names another alternative allele.

    Parameters
    ----------
    genotypes : ndarray of int, any shape
        Allele numbers; negative ones, and those beyond ALT, stay as they are.
    number, num_alternatives : int
        The allele in question, from 1 on, and how many ALT names.
    """
    if num_alternatives == 1:
        return genotypes
    if ((genotypes > 0) & (genotypes != number) & (genotypes <= num_alternatives)).any():
        return None
    return np.where(genotypes == number, 1, genotypes).astype(genotypes.dtype)


def _upper(bases: list[str]) -> NDArray[np.bytes_]:
    return np.array([base.upper() for base in bases], dtype="S1")


def ancestral_base(value: object) -> str:
    """Base of an INFO/AA value such as ``g``, ``G|||`` or ``.``; ``N`` if it is not a single base."""
    allele = str(value or "").split("|", 1)[0]
    return allele if len(allele) == 1 and allele.isascii() else "N"
