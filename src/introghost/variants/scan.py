"""One pass over all records and all samples of files of any format, whoever was selected, and unchecked."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from introghost.variants.counts import DropReason, ReadCounts
from introghost.variants.files import ContigOwners, PathInputs, VariantFile, open_files
from introghost.variants.htslib import errors_raised
from introghost.variants.phase_sets import NO_SET, PhaseSets
from introghost.variants.records import Columns, check_names, opened, phase_sets, sample_columns, sound, usable_index
from introghost.variants.sites import Block, RecordOrder, Selection, only_alternative, snv_allele
from introghost.variants.zarr_source import ZarrRecords, ZarrStore

_NO_END = 2**40
_BLOCK = 128  # records whose genotypes of all samples are held at a time

Region = tuple[str, int, int | None]


class _Snv(NamedTuple):
    """One biallelic SNV of a VCF or BCF; `codes` are the alleles of each sample, and the phase as their last column."""

    position: int
    ref: str
    alt: str
    ancestral: object
    codes: NDArray[np.int16]
    phase_sets: NDArray[np.int64] | None


class Scan:
    """A pass over VCF, BCF or VCF Zarr files, one after the other, or over one region of them.

    Attributes
    ----------
    files : VariantFiles
    samples : list of str
        Those that are in every file, in the order of the first.
    lengths : dict of str to int
        Of the contigs that a header declares with one.
    declares_aa : bool
        Whether every header declares INFO/AA.
    counts : ReadCounts
        Records, and those that are no biallelic SNVs by reason; complete after `blocks`.
    num_without_genotypes : int
        Biallelic SNVs without GT; complete after `blocks`.
    positions : dict of str to ndarray of int64
        Of all records from the first base on, by contig; complete after `blocks`.
    num_filtered : int
        Records whose FILTER names a filter; complete after `blocks`.
    file_records : list of int
        Records of each file; complete after `blocks`.
    owners : ContigOwners
        The file of each contig with records; complete after `blocks`.

    Parameters
    ----------
    vcf : path, or sequence of path
    region : tuple of str, int and int or None, optional
        Contig, 0-based start and end (None: the contig's).
    """

    def __init__(self, vcf: PathInputs, region: Region | None = None) -> None:
        self._region = region
        self.files = open_files(vcf)
        self.samples, self.lengths = self.files.samples, self.files.lengths
        self.declares_aa = self.files.declares_aa
        self.counts = ReadCounts()
        self.num_without_genotypes = 0
        self.num_filtered = 0
        self.file_records: list[int] = []
        self.positions: dict[str, NDArray[np.int64]] = {}
        self.owners = ContigOwners()

    def blocks(self) -> Iterator[tuple[str, Block]]:
        """Contig and biallelic SNVs with the genotypes of all samples; a block is of one contig and one ploidy.

        Raises
        ------
        DataError
            Damage: a cut or corrupt file, records that are not sorted or lie outside their contig. A contig with
            records in two files; without a region, also one of several files that has no record.
        """
        for file in self.files.files:
            before = self.counts.records
            yield from self._of_text(file) if file.store is None else self._of_store(file, file.store)
            self.file_records.append(self.counts.records - before)
            if self._region is None and len(self.files.files) > 1:
                self.owners.require_contig(file.path)

    def _admit(self, file: VariantFile, contig: str, positions: NDArray[np.int64]) -> None:
        """Take the positions of a file's records of a contig; none if all lie before the first base."""
        if len(positions):
            self.owners.claim(contig, file.path)
            self.positions[contig] = self._inside(positions, contig)

    def _inside(self, positions: NDArray[np.int64], contig: str) -> NDArray[np.int64]:
        if self._region is None:
            return positions
        name, start, end = self._region
        return positions[(positions >= start) & (positions < (end or _NO_END))] if contig == name else positions[:0]

    @property
    def num_snvs(self) -> int:
        """Biallelic SNVs with genotypes; complete after `blocks`."""
        return self.counts.records - self.counts.dropped.total() - self.num_without_genotypes

    def _of_store(self, file: VariantFile, store: ZarrStore) -> Iterator[tuple[str, Block]]:
        stretch = None if self._region is None else (self._region[0], self._region[1], self._region[2] or _NO_END)
        samples = tuple(self.samples)
        records = ZarrRecords(store, Selection(samples, self.declares_aa, self.counts, PhaseSets(samples)))
        yield from records.all_blocks(stretch)
        for name in records.ends():
            place = (name, -1, _NO_END) if stretch is None else stretch
            self.num_filtered += records.num_filtered(*place) if place[0] == name else 0
            self._admit(file, name, records.positions_from(name, 0, _NO_END))

    def _of_text(self, file: VariantFile) -> Iterator[tuple[str, Block]]:
        order = RecordOrder(file.path, file.lengths)
        has_others = len(self.samples) < len(file.samples)
        if has_others:
            check_names(file.path, self.samples)
        with errors_raised(file.path) as messages:
            vcf = opened(file.path, self.samples if has_others else None, file.undeclared)
            columns = sample_columns(vcf.samples, self.samples)
            waiting, last = list[_Snv](), ""
            for contig, snv in self._snvs(sound(self._records(file, vcf), messages), order, columns):
                same = waiting and contig == last and snv.codes.shape == waiting[-1].codes.shape
                if waiting and (not same or len(waiting) == _BLOCK):
                    yield last, _block(waiting)
                    waiting = []
                waiting.append(snv)
                last = contig
            if waiting:
                yield last, _block(waiting)
        for name, positions in order.positions.items():
            self._admit(file, name, np.array(positions, dtype=np.int64))

    def _records(self, file: VariantFile, vcf: Any) -> Iterator[Any]:
        """Records by contig where there is an index, for cyvcf2 makes a record of a blank line at the end of a file."""
        if usable_index(file.path) is None:
            yield from vcf
        elif self._region is not None:
            contig, start, end = self._region
            yield from vcf(contig if end is None else f"{contig}:{start + 1}-{end}")
        else:
            yield from itertools.chain.from_iterable(vcf(name) for name in dict.fromkeys(vcf.seqnames))

    def _snvs(self, records: Iterable[Any], order: RecordOrder, columns: Columns) -> Iterator[tuple[str, _Snv]]:
        """Count the records inside the region; give contig and content of the biallelic SNVs."""
        region = self._region
        for record in records:
            contig, position = record.CHROM, record.start
            order.admit(contig, position)
            if region and not (contig == region[0] and region[1] <= position < (region[2] or _NO_END)):
                continue
            self.counts.records += 1
            self.num_filtered += record.FILTER is not None  # neither PASS nor empty
            snv = self._snv(record, columns)
            if isinstance(snv, DropReason):
                self.counts.dropped[snv] += 1
            elif snv is None:
                self.num_without_genotypes += 1
            else:
                yield contig, snv

    def _snv(self, record: Any, columns: Columns) -> _Snv | DropReason | None:
        """A record as an SNV, or why it is none; None if it lacks genotypes."""
        alt = record.ALT
        number = snv_allele(record.start, record.REF, alt)
        if isinstance(number, DropReason):
            return number
        fields = record.FORMAT
        if "GT" not in fields:
            return None
        codes: NDArray[np.int16] = record.genotype.array()
        genotypes = only_alternative(codes[:, :-1], number, len(alt))
        if genotypes is None:
            return DropReason.SYMBOLIC
        codes[:, :-1] = genotypes
        ancestral = record.INFO.get("AA") if self.declares_aa else None
        sets = phase_sets(record, fields)
        return _Snv(
            record.start,
            record.REF,
            alt[number - 1],
            ancestral,
            codes[columns],
            None if sets is None else sets[columns],
        )


def _block(snvs: list[_Snv]) -> Block:
    codes = np.stack([snv.codes for snv in snvs])
    sets = None
    if any(snv.phase_sets is not None for snv in snvs):
        none = np.full(codes.shape[1], NO_SET, dtype=np.int64)
        sets = np.stack([none if snv.phase_sets is None else snv.phase_sets for snv in snvs])
    positions, ref, alt, ancestral, _, _ = zip(*snvs, strict=True)
    return Block(positions, ref, alt, ancestral, codes[:, :, :-1], codes[:, :, -1], sets)
