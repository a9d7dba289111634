"""One pass over all records and samples of a VCF that counts what is there, whether or not it could be analysed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cyvcf2
import numpy as np
from numpy.typing import NDArray

from introghost.variants.extents import gap_threshold_bp
from introghost.variants.header import contig_lengths, is_indexed, read_header, undeclared_contigs
from introghost.variants.htslib import errors_raised
from introghost.variants.sites import BASES, PADDING, RecordOrder, Selection, dropped_class
from introghost.variants.zarr_source import ZarrRecords, is_store, open_store, raw_blocks

SNV = "biallelic SNV"
_NO_END = 2**40
_BLOCK = 1024
_FLAWS = ("heterozygous", "unphased", "missing", "half-missing", "haploid", "polyploid", "beyond ALT")

Region = tuple[str, int, int | None]


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

    def add(self, positions: list[int], alleles: list[tuple[str, str]], varies: NDArray[np.bool_]) -> None:
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
    if is_store(path):
        return _tally_store(path, region)
    samples, header = read_header(path)
    result = Tally(samples, contig_lengths(header), "##INFO=<ID=AA," in header)
    undeclared = undeclared_contigs(path, header)
    with errors_raised(path) as messages:
        vcf = cyvcf2.VCF(str(path))
        for name in undeclared:  # cyvcf2 is not safe with a damaged record of a contig that it has yet to meet
            vcf.add_to_header(f"##contig=<ID={name}>")
        order, counter = RecordOrder(path, result.lengths), _Counter(result)
        for record in _records(path, vcf, region):
            messages.check()
            contig, position = record.CHROM, record.start
            order.admit(contig, position)
            if region is None or (contig == region[0] and region[1] <= position < (region[2] or _NO_END)):
                counter.count(contig, record)
        counter.flush()
    positions = {name: np.array(found, dtype=np.int64) for name, found in order.positions.items()}
    return _with_positions(result, positions, region)


def _records(path: Path, vcf: Any, region: Region | None) -> Iterator[Any]:
    if region is None or not is_indexed(path):
        return iter(vcf)
    contig, start, end = region
    return iter(vcf(contig if end is None else f"{contig}:{start + 1}-{end}"))


def _with_positions(result: Tally, positions: dict[str, NDArray[np.int64]], region: Region | None) -> Tally:
    """Add the positions of all records; contigs whose records all lie before the first base have none."""
    for name, at in positions.items():
        if region is not None:
            at = at[(at >= region[1]) & (at < (region[2] or _NO_END))] if name == region[0] else at[:0]
        if len(at):
            result.contigs.setdefault(name, ContigTally()).record_positions_bp = at
    result.contigs = {name: contig for name, contig in result.contigs.items() if len(contig.record_positions_bp)}
    return result


def _tally_store(path: Path, region: Region | None) -> Tally:
    store = open_store(path)
    result, counts = Tally(store.samples, store.lengths, store.declares_aa), Counter[str]()
    counter = _Counter(result)
    stretch = None if region is None else (region[0], region[1], region[2] or _NO_END)
    for contig, block in raw_blocks(store, stretch, counts):
        ploidy = block.genotypes.shape[2]
        result.flawed("polyploid", (block.genotypes[:, :, 2:] != PADDING).any(axis=2))
        second = block.genotypes[:, :, 1] if ploidy > 1 else np.where(block.genotypes[:, :, 0] < 0, -1, PADDING)
        alleles = [(ref.upper(), alt.upper()) for ref, alt in zip(block.ref, block.alt, strict=True)]
        codes = np.stack([block.genotypes[:, :, 0], second, block.phased], axis=2)
        counter.add(contig, list(block.positions_bp), alleles, block.ancestral, codes)
    result.classes = Counter({item.removeprefix("dropped: "): n for item, n in counts.items() if item != "records"})
    result.classes[SNV] = counts["records"] - result.classes.total()
    records = ZarrRecords(store, Selection(tuple(store.samples), False, Counter()))
    found = {name: records.positions_from(name, 0, _NO_END) for name in records.ends()}
    return _with_positions(result, found, region)


class _Counter:
    """Adds records to a tally, SNVs in blocks."""

    def __init__(self, result: Tally) -> None:
        self._tally = result
        self._codes = np.empty((_BLOCK, len(result.samples), 3), dtype=np.int16)
        self._clear("")

    def _clear(self, contig: str) -> None:
        self._contig = contig
        self._positions: list[int] = []
        self._alleles: list[tuple[str, str]] = []
        self._ancestral: list[Any] = []

    def count(self, contig: str, record: Any) -> None:
        """Add one record that htslib has read."""
        if contig != self._contig or len(self._positions) == _BLOCK:
            self.flush()
            self._clear(contig)
        alt = record.ALT
        kind = dropped_class(record.start, record.REF, alt) or SNV
        if kind == SNV and "GT" not in record.FORMAT:
            kind = "SNV without genotypes"
        self._tally.classes[kind] += 1
        if kind != SNV:
            return
        self._codes[len(self._positions)] = self._diploid(record.genotype.array())
        self._positions.append(record.start)
        self._alleles.append((record.REF.upper(), alt[0].upper()))
        self._ancestral.append(record.INFO.get("AA") if self._tally.declares_aa else None)

    def _diploid(self, codes: NDArray[np.int16]) -> NDArray[np.int16]:
        """Two alleles and the phase of each sample; what is beyond two is counted and left out."""
        if codes.shape[1] == 2:
            return np.insert(codes, 1, np.where(codes[:, 0] < 0, -1, PADDING), axis=1)
        if codes.shape[1] > 3:
            self._tally.flawed("polyploid", codes[None, :, 2] != PADDING)
            return codes[:, [0, 1, -1]]
        return codes

    def flush(self) -> None:
        """Add the waiting SNVs."""
        if self._positions:
            codes = self._codes[: len(self._positions)]
            self.add(self._contig, self._positions, self._alleles, self._ancestral, codes)

    def add(
        self,
        contig: str,
        positions: list[int],
        alleles: list[tuple[str, str]],
        ancestral: Sequence[Any],
        codes: NDArray[np.integer],
    ) -> None:
        """Add SNVs; `codes` are allele, allele and phase, shape (num_snvs, num_samples, 3)."""
        first, second, phased = codes[:, :, 0], codes[:, :, 1], codes[:, :, 2]
        heterozygous = (first >= 0) & (second >= 0) & (first != second)
        haploid = (second == PADDING) & (first >= 0)
        self._tally.flawed("heterozygous", heterozygous)
        self._tally.flawed("unphased", heterozygous & (phased == 0))
        self._tally.flawed("missing", ((first < 0) | (second < 0)) & ~haploid)
        self._tally.flawed("half-missing", ((first < 0) != (second < 0)) & ~haploid)
        self._tally.flawed("haploid", haploid)
        self._tally.flawed("beyond ALT", (first > 1) | (second > 1))
        varies = ((first == 0) | (second == 0)).any(axis=1) & ((first == 1) | (second == 1)).any(axis=1)
        if self._tally.declares_aa:
            states = (_ancestral_state(value, *pair) for value, pair in zip(ancestral, alleles, strict=True))
            self._tally.ancestral.update(states)
        self._tally.contigs.setdefault(contig, ContigTally()).add(positions, alleles, varies)


def _ancestral_state(value: Any, ref: str, alt: str) -> str:
    base = str(value or "").split("|", 1)[0].upper()
    if base not in BASES:
        return "unknown"
    return "known" if base in (ref, alt) else "neither"
