"""One pass over all records and samples of VCF files that counts what is there, whether or not it could be analysed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from introghost.haplotypes import varying_sites
from introghost.variants.extents import CallableSequence, gap_threshold_bp
from introghost.variants.files import PathInputs
from introghost.variants.heterozygosity import Heterozygosity
from introghost.variants.phase_sets import PhaseSets
from introghost.variants.scan import Region, Scan
from introghost.variants.sites import BASES, PADDING, Block, Interval, ancestral_base, first_two


class Flaw(StrEnum):
    """Properties of a genotype that are counted by sample."""

    HETEROZYGOUS = "heterozygous"
    """Two different alleles; a flaw only if there are too many or too few."""
    UNPHASED = "unphased"
    """Heterozygous and without phase."""
    MISSING = "missing"
    HALF_MISSING = "half-missing"
    """Among the missing."""
    HAPLOID = "haploid"
    POLYPLOID = "polyploid"
    BEYOND_ALT = "beyond-alt"
    """It names an allele that the record does not have."""


class AncestralState(StrEnum):
    """What is known of the ancestral allele of a SNV."""

    KNOWN = "known"
    """REF or ALT."""
    NEITHER = "neither"
    UNKNOWN = "unknown"


class Gap(NamedTuple):
    """A stretch without records.

    Attributes
    ----------
    start, end : int
        In bp, 0-based and half-open.
    callable_bp : int
        How much of it is callable by the mask.
    """

    start: int
    end: int
    callable_bp: int


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
        """Append a block of SNVs.

        Parameters
        ----------
        positions : sequence of int
            0-based, ascending.
        alleles : list of tuple of str
            Reference and alternative base of each.
        varies : ndarray of bool, shape (num_snvs,)
            Whether both alleles are seen.
        """
        self._positions.append(np.array(positions, dtype=np.int64))
        self._alleles.append(np.array(alleles, dtype="S1").reshape(-1, 2))
        self._varies.append(varies)

    @property
    def extent_bp(self) -> tuple[int, int]:
        """First record's position and last record's position + 1."""
        return int(self.record_positions_bp[0]), int(self.record_positions_bp[-1]) + 1

    def gaps_bp(self, intervals: NDArray[np.int64] | None = None) -> tuple[int, list[Gap]]:
        """Length from which a stretch without records is a gap, and the gaps, both as for the reader.

        Parameters
        ----------
        intervals : ndarray of int64, shape (num_intervals, 2), optional
            The callable regions of the contig: only their base pairs count. None: all of it.
        """
        at = self.record_positions_bp

        def positions_from(start: int, number: int) -> NDArray[np.int64]:
            first = int(np.searchsorted(at, start))
            return at[first : first + number]

        threshold = gap_threshold_bp(*self.extent_bp, positions_from)
        sequence = CallableSequence(intervals)
        # What lies between the stretches that the reader would take as seen.
        seen = sequence.stretches(*self.extent_bp, at, self.extent_bp, threshold)
        between = np.stack([seen[:-1, 1], seen[1:, 0]], axis=1)
        named = np.diff(sequence.coordinate(between), axis=1)[:, 0]
        gaps = zip(between[:, 0].tolist(), between[:, 1].tolist(), named.tolist(), strict=True)
        return threshold, [Gap(*gap) for gap in gaps]

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
    scan : Scan
        The pass itself: samples, contigs' lengths, and records by class.
    heterozygosity : Heterozygosity
    phase_sets : PhaseSets
    contigs : dict of str to ContigTally
        Those with records, in the order of the file.
    genotypes : dict of Flaw to ndarray of int64, shape (num_samples,)
        Number of genotypes of each sample with that property.
    ancestral : Counter of AncestralState to int
        SNVs by what INFO/AA says.
    """

    scan: Scan
    heterozygosity: Heterozygosity
    phase_sets: PhaseSets
    contigs: dict[str, ContigTally] = field(default_factory=dict)
    genotypes: dict[Flaw, NDArray[np.int64]] = field(default_factory=dict)
    ancestral: Counter[AncestralState] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.genotypes = {flaw: np.zeros(len(self.samples), dtype=np.int64) for flaw in Flaw}

    @property
    def samples(self) -> list[str]:
        """All samples of the file."""
        return self.scan.samples

    @property
    def lengths(self) -> dict[str, int]:
        """Lengths of the contigs that the header declares with one."""
        return self.scan.lengths

    def count(self, flaw: Flaw, where: NDArray[np.bool_]) -> None:
        """Count genotypes with a property, given where they are, shape (num_snvs, num_samples).

        Parameters
        ----------
        flaw : Flaw
            The property.
        where : ndarray of bool, shape (num_snvs, num_samples)
            Genotypes that have it.
        """
        self.genotypes[flaw] += where.sum(axis=0)

    def extents(self) -> list[Interval]:
        """Each contig with records, and where these lie: its name, start and end, 0-based and half-open."""
        return [(name, *contig.extent_bp) for name, contig in self.contigs.items()]

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


def tally(vcf: PathInputs, region: Region | None = None, populations: Mapping[str, str] | None = None) -> Tally:
    """Count everything in VCF, BCF or VCF Zarr files, or in one region of them.

    Parameters
    ----------
    vcf : path, or sequence of path
        Of several, the samples that are in every one are looked at.
    region : tuple of str, int and int or None, optional
        Contig, 0-based start and end (None: the contig's).
    populations : mapping of str to str, optional
        Population of each sample, within which random mating is assumed; without it all are of one.

    Raises
    ------
    DataError
        Damage that leaves nothing to describe: a cut or corrupt file, records that are not sorted or lie outside
        their contig.
    """
    scan = Scan(vcf, region)
    of_samples = ["" if populations is None else populations.get(sample, "") for sample in scan.samples]
    result = Tally(scan, Heterozygosity(scan.samples, of_samples), PhaseSets(tuple(scan.samples)))
    snvs = dict[str, ContigTally]()
    for contig, block in scan.blocks():
        _add(result, contig, snvs.setdefault(contig, ContigTally()), block)
    for name, positions in scan.positions.items():
        if len(positions):  # not if all its records lie before the first base
            result.contigs[name] = snvs.get(name, ContigTally())
            result.contigs[name].record_positions_bp = positions
    return result


def _add(result: Tally, name: str, contig: ContigTally, block: Block) -> None:
    """Count the genotypes of a block; of what is beyond two alleles nothing but its number."""
    result.count(Flaw.POLYPLOID, (block.genotypes[:, :, 2:] != PADDING).any(axis=2))
    codes = first_two(block.genotypes)
    first, second = codes[:, :, 0], codes[:, :, 1]
    heterozygous = (first >= 0) & (second >= 0) & (first != second)
    haploid = (second == PADDING) & (first >= 0)
    result.count(Flaw.HETEROZYGOUS, heterozygous)
    result.count(Flaw.UNPHASED, heterozygous & (block.phased == 0))
    result.count(Flaw.MISSING, ((first < 0) | (second < 0)) & ~haploid)
    result.count(Flaw.HALF_MISSING, ((first < 0) != (second < 0)) & ~haploid)
    result.count(Flaw.HAPLOID, haploid)
    result.count(Flaw.BEYOND_ALT, (first > 1) | (second > 1))
    result.heterozygosity.add(name, np.array(block.positions_bp, dtype=np.int64), codes)
    if block.phase_sets is not None:
        result.phase_sets.add(name, block.phase_sets, heterozygous & (block.phased != 0))
    alleles = [(ref.upper(), alt.upper()) for ref, alt in zip(block.ref, block.alt, strict=True)]
    if result.scan.declares_aa:
        bases = (ancestral_base(value).upper() for value in block.ancestral)
        result.ancestral.update(_state(base, pair) for base, pair in zip(bases, alleles, strict=True))
    contig.add(block.positions_bp, alleles, varying_sites(codes.reshape(len(codes), -1)))


def _state(base: str, alleles: tuple[str, str]) -> AncestralState:
    if base not in BASES:
        return AncestralState.UNKNOWN
    return AncestralState.KNOWN if base in alleles else AncestralState.NEITHER
