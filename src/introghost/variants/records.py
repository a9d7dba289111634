"""Records of a VCF or BCF: read by htslib, handed on in blocks of biallelic SNVs."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cyvcf2
import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.variants.header import contig_lengths, ends_by_index, read_header, undeclared_contigs
from introghost.variants.htslib import Messages, errors_raised
from introghost.variants.index import checked_index
from introghost.variants.sites import (
    Block,
    Interval,
    RecordOrder,
    Selection,
    SiteCollector,
    Sites,
    as_diploid,
    dropped_class,
    no_sites,
    unshared,
)
from introghost.variants.zarr_source import is_store, open_store, raw_blocks

_BLOCK = 1024
_COUNTED = 128  # records whose genotypes of all samples are held at a time


class _Pending:
    """A block that fills up record by record; its genotypes are written where the next block's will be."""

    def __init__(self, num_samples: int) -> None:
        self._codes = np.empty((_BLOCK, num_samples, 3), dtype=np.int16)
        self._clear()

    def _clear(self) -> None:
        self.positions: list[int] = []
        self._ref: list[str] = []
        self._alt: list[str] = []
        self._ancestral: list[Any] = []

    def add(self, record: Any, alt: str, ancestral: Any, codes: NDArray[np.int16]) -> None:
        self._codes[len(self.positions)] = codes
        self.positions.append(record.start)
        self._ref.append(record.REF)
        self._alt.append(alt)
        self._ancestral.append(ancestral)

    def take(self) -> Block:
        """What has been gathered, valid until the next record is added."""
        codes = self._codes[: len(self.positions)]
        block = Block(self.positions, self._ref, self._alt, self._ancestral, codes[:, :, :2], codes[:, :, 2])
        self._clear()
        return block


class VcfRecords:
    """The records of a VCF or BCF.

    With an index only the stretch asked for is read. Without one the file is read once and the selected samples'
    sites stay in memory (one byte per genotype).

    Parameters
    ----------
    path : Path
    selection : Selection
    lengths : dict of str to int
        Of the contigs that the header declares with one.
    undeclared : list of str
        Contigs that have records but no header line.
    """

    def __init__(self, path: Path, selection: Selection, lengths: dict[str, int], undeclared: list[str]) -> None:
        named = next((name for name in selection.names if "," in name), None)
        if named is not None:
            raise DataError(f"{path}: sample {named!r}: a name contains a comma; rename it with `bcftools reheader`")
        self._path = path
        self._selection = selection
        self._lengths = lengths
        self._undeclared = undeclared
        self._index = checked_index(path)
        self._limit: Interval | None = None
        self._cache: tuple[dict[str, Sites], dict[str, NDArray[np.int64]]] | None = None
        self._ends: dict[str, tuple[int, int]] | None = None
        self._bare: Any = None

    def limit(self, contig: str, start: int, end: int) -> None:
        """Announce that no sites outside [start, end) of that contig will be asked for."""
        self._limit = contig, start, end

    def ends(self) -> dict[str, tuple[int, int]]:
        """First record's position and last record's position + 1 of each contig with records."""
        if self._ends is None:
            self._ends = self._find_ends()
        return self._ends

    def _find_ends(self) -> dict[str, tuple[int, int]]:
        if self._index is None:
            _, positions = self._cached()
            return {contig: (int(at[0]), int(at[-1]) + 1) for contig, at in positions.items() if len(at)}
        with errors_raised(self._path):
            vcf = cyvcf2.VCF(str(self._path), samples=[])
            names = dict.fromkeys([*self._lengths, *vcf.seqnames])
            found = {
                name: ends_by_index(vcf, name, self._lengths.get(name))
                for name in names
                if self._index.has_records(name)
            }
        return {name: ends for name, ends in found.items() if ends is not None}

    def sites(self, contig: str, start: int, end: int, margin: int) -> tuple[Sites, NDArray[np.int64]]:
        """Sites in [start, end), and the positions of all records in [start - margin, end + margin).

        Raises
        ------
        DataError
        """
        first, last = start - margin, end + margin
        if self._index is None:
            by_contig, all_positions = self._cached()
        else:
            with errors_raised(self._path) as messages:
                records = self._open(self._selection.names)(f"{contig}:{max(first, 0) + 1}-{last}")
                by_contig, all_positions = self._collect(_sound(records, messages), (contig, start, end))
        sites = by_contig.get(contig, no_sites(len(self._selection.names)))
        positions = all_positions.get(contig, np.empty(0, dtype=np.int64))
        inside = slice(*np.searchsorted(sites.positions_bp, [start, end]).tolist())
        return sites.select(inside), positions[slice(*np.searchsorted(positions, [first, last]).tolist())]

    def positions_from(self, contig: str, start: int, number: int) -> NDArray[np.int64]:
        """Positions of the first records, up to `number` of them, at `start` or after."""
        if self._index is None:
            positions = self._cached()[1].get(contig, np.empty(0, dtype=np.int64))
            first = int(np.searchsorted(positions, start))
            return positions[first : first + number]
        with errors_raised(self._path):
            end = self.ends()[contig][1]
            if self._bare is None:  # opening takes longer than a look
                self._bare = self._open(())
            records = self._bare(f"{contig}:{start + 1}-{end}")  # a record may begin before and reach into it
            found = list(itertools.islice((record.start for record in records if record.start >= start), number))
        return np.array(found, dtype=np.int64)

    def _open(self, names: Sequence[str]) -> Any:
        return _opened(self._path, names, self._undeclared)

    def _cached(self) -> tuple[dict[str, Sites], dict[str, NDArray[np.int64]]]:
        if self._cache is None:
            with errors_raised(self._path) as messages:
                records = _sound(self._open(self._selection.names), messages)
                self._cache = self._collect(records, self._limit)
        return self._cache

    def _collect(
        self, records: Iterable[Any], interval: Interval | None
    ) -> tuple[dict[str, Sites], dict[str, NDArray[np.int64]]]:
        """Sites of the records inside `interval`, or of all, and the positions of all records."""
        order = RecordOrder(self._path, self._lengths)
        collector = SiteCollector(self._path, self._selection)
        pending, pending_contig = _Pending(len(self._selection.names)), ""
        wants_ancestral = self._selection.wants_ancestral
        for record in records:
            contig, position = record.CHROM, record.start
            order.admit(contig, position)
            if interval is not None and not (contig == interval[0] and interval[1] <= position < interval[2]):
                continue
            alt = record.ALT
            if not collector.wants(position, record.REF, alt):
                continue
            if contig != pending_contig or len(pending.positions) == _BLOCK:
                collector.add(pending_contig, pending.take())
                pending_contig = contig
            ancestral = record.INFO.get("AA") if wants_ancestral else None
            pending.add(record, alt[0], ancestral, genotype_codes(self._path, record))
        collector.add(pending_contig, pending.take())
        positions = {name: np.frombuffer(found, dtype=np.int64) for name, found in order.positions.items()}
        return collector.finish(), positions


def _opened(path: Path, names: Sequence[str] | None, undeclared: Sequence[str]) -> Any:
    vcf = cyvcf2.VCF(str(path), samples=None if names is None else list(names))
    for name in undeclared:  # cyvcf2 is not safe with a damaged record of a contig that it has yet to meet
        vcf.add_to_header(f"##contig=<ID={name}>")
    return vcf


def _sound(records: Iterable[Any], messages: Messages) -> Iterator[Any]:
    """The records, each looked at only after htslib has read it without an error."""
    for record in records:
        messages.check()
        yield record


def genotype_codes(path: Path, record: Any) -> NDArray[np.int16]:
    """Allele, allele and phase of each sample, shape (num_samples, 3).

    Raises
    ------
    DataError
        A record without genotypes, or a sample with more than two alleles.
    """
    where = f"{path}: {record.CHROM}:{record.POS:,}"
    if "GT" not in record.FORMAT:
        raise DataError(f"{where}: no genotypes (GT) in this record; introghost needs phased genotypes")
    codes: NDArray[np.int16] = record.genotype.array()
    if codes.shape[1] == 3:
        return codes
    try:
        return np.concatenate([as_diploid(codes[:, :-1]), codes[:, -1:]], axis=1, dtype=np.int16)
    except ValueError as error:
        raise DataError(f"{where}: {error}") from None


@dataclass(frozen=True)
class AlleleCounts:
    """Alleles at the biallelic SNVs of one contig that have a position of their own.

    Attributes
    ----------
    contig : str
    positions_bp : ndarray of int64, shape (num_sites,)
        0-based, increasing.
    alternate, called : ndarray of int32, shape (num_sites, 1 + num_subsets)
        Copies of ALT, and alleles that are not missing: in all samples of the file, then in each subset.
    """

    contig: str
    positions_bp: NDArray[np.int64]
    alternate: NDArray[np.int32]
    called: NDArray[np.int32]


class _AlleleCounter:
    """Gathers the allele counts of one contig after the other."""

    def __init__(self, samples: Sequence[str], subsets: Sequence[Iterable[str]]) -> None:
        columns = [np.ones(len(samples))] + [np.isin(samples, sorted(set(subset))) for subset in subsets]
        self._members = np.stack(columns, axis=1).astype(np.float32)  # counts below 2^24 are exact, and BLAS is fast
        self._found: dict[str, tuple[list[int], list[NDArray[np.int32]], list[NDArray[np.int32]]]] = {}

    def add(self, contig: str, positions: Sequence[int], genotypes: NDArray[np.integer]) -> None:
        """Take sites with genotypes of shape (num_sites, num_samples, ploidy)."""
        if not len(positions):
            return
        found = self._found.setdefault(contig, ([], [], []))
        found[0].extend(positions)
        for counts, of in zip(found[1:], (genotypes == 1, genotypes >= 0), strict=True):
            per_sample = of.sum(axis=2, dtype=np.float32)
            counts.append((per_sample @ self._members).astype(np.int32))

    def counts(self) -> Iterator[AlleleCounts]:
        """What has been gathered, without sites that share a position."""
        for contig, (found, alternate, called) in self._found.items():
            positions = np.array(found, dtype=np.int64)
            single = unshared(positions)
            yield AlleleCounts(
                contig, positions[single], np.concatenate(alternate)[single], np.concatenate(called)[single]
            )


def allele_counts(
    path: Path, *, region: Interval | None = None, subsets: Sequence[Iterable[str]] = ()
) -> Iterator[AlleleCounts]:
    """Count alleles over all samples of a file, whoever was selected; neither phase nor ploidy matters.

    Parameters
    ----------
    path : Path
        VCF, BCF or VCF Zarr store.
    region : tuple of str, int and int, optional
        Contig, start and end, 0-based and half-open.
    subsets : sequence of iterable of str
        Names of samples that are counted by themselves as well.

    Yields
    ------
    AlleleCounts
        One for each contig with such sites.

    Raises
    ------
    DataError
    """
    if is_store(path):
        store = open_store(path)
        counter = _AlleleCounter(store.samples, subsets)
        for contig, block in raw_blocks(store, region):
            counter.add(contig, block.positions_bp, block.genotypes)
    else:
        samples, header = read_header(path)
        counter = _AlleleCounter(samples, subsets)
        lengths, undeclared = contig_lengths(header), undeclared_contigs(path, header)
        with errors_raised(path) as messages:
            vcf = _opened(path, None, undeclared)
            _count(_sound(_all_records(path, vcf, region), messages), RecordOrder(path, lengths), region, counter)
    return counter.counts()


def _all_records(path: Path, vcf: Any, region: Interval | None) -> Iterator[Any]:
    """Records by contig where there is an index, for cyvcf2 makes a record of a blank line at the end of the file."""
    if checked_index(path) is None:
        return iter(vcf)
    if region is not None:
        return iter(vcf(f"{region[0]}:{region[1] + 1}-{region[2]}"))
    return itertools.chain.from_iterable(vcf(name) for name in dict.fromkeys(vcf.seqnames))


def _count(records: Iterable[Any], order: RecordOrder, region: Interval | None, counter: _AlleleCounter) -> None:
    waiting: list[NDArray[np.int16]] = []
    positions: list[int] = []
    waiting_contig = ""
    for record in records:
        contig, position = record.CHROM, record.start
        order.admit(contig, position)
        if region is not None and not (contig == region[0] and region[1] <= position < region[2]):
            continue
        if dropped_class(position, record.REF, record.ALT) is not None or "GT" not in record.FORMAT:
            continue
        genotypes = record.genotype.array()[:, :-1]
        if waiting and (len(waiting) == _COUNTED or contig != waiting_contig or genotypes.shape != waiting[-1].shape):
            counter.add(waiting_contig, positions, np.stack(waiting))
            waiting, positions = [], []
        waiting.append(genotypes)
        positions.append(position)
        waiting_contig = contig
    if waiting:
        counter.add(waiting_contig, positions, np.stack(waiting))
