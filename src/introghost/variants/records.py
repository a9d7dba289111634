"""Records of a VCF or BCF: read by htslib, handed on in blocks of biallelic SNVs."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cyvcf2
import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.variants.counts import DropReason
from introghost.variants.header import ends_by_index
from introghost.variants.htslib import Messages, errors_raised
from introghost.variants.index import Index, checked_index
from introghost.variants.phase_notation import in_older_notation
from introghost.variants.phase_sets import FIELDS, NO_SET, set_numbers
from introghost.variants.sites import (
    Block,
    GenotypeError,
    Interval,
    RecordOrder,
    Selection,
    SiteCollector,
    Sites,
    as_diploid,
    no_sites,
    only_alternative,
)

_BLOCK = 1024

Columns = NDArray[np.int64] | slice


class _Pending:
    """A block that fills up record by record; its genotypes are written where the next block's will be.

    Parameters
    ----------
    num_samples : int
    columns : ndarray of int or slice
        Where the wanted samples are in a record, see `sample_columns`.
    """

    def __init__(self, num_samples: int, columns: Columns) -> None:
        self._columns = columns
        self._codes = np.empty((_BLOCK, num_samples, 3), dtype=np.int16)
        self._sets: NDArray[np.int64] | None = None
        self._clear()

    def _clear(self) -> None:
        self.positions: list[int] = []
        self._ref: list[str] = []
        self._alt: list[str] = []
        self._ancestral: list[Any] = []

    def add(
        self, record: Any, alt: str, ancestral: object, codes: NDArray[np.int16], sets: NDArray[np.int64] | None
    ) -> None:
        self._codes[len(self.positions)] = codes[self._columns]
        if sets is not None and self._sets is None:
            self._sets = np.full(self._codes.shape[:2], NO_SET, dtype=np.int64)
        if self._sets is not None:
            self._sets[len(self.positions)] = NO_SET if sets is None else sets[self._columns]
        self.positions.append(record.start)
        self._ref.append(record.REF)
        self._alt.append(alt)
        self._ancestral.append(ancestral)

    def take(self) -> Block:
        """What has been gathered, valid until the next record is added."""
        number = len(self.positions)
        codes, sets = self._codes[:number], None if self._sets is None else self._sets[:number]
        block = Block(self.positions, self._ref, self._alt, self._ancestral, codes[:, :, :2], codes[:, :, 2], sets)
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
        check_names(path, selection.names)
        self._path = path
        self._selection = selection
        self._lengths = lengths
        self._undeclared = undeclared
        self._index = usable_index(path)
        self._limit: Interval | None = None
        self._cache: tuple[dict[str, Sites], dict[str, NDArray[np.int64]]] | None = None
        self._ends: dict[str, tuple[int, int]] | None = None
        self._bare: Any = None

    def limit(self, contig: str, start: int, end: int) -> None:
        """Announce that no sites outside [start, end) of that contig will be asked for.

        Parameters
        ----------
        contig : str
        start, end : int
            In bp, 0-based and half-open.
        """
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
            extents = {
                name: ends_by_index(vcf, name, self._lengths.get(name) or self._index.reach_bp)
                for name in names
                if self._index.has_records(name)
            }
        return {name: ends for name, ends in extents.items() if ends is not None}

    def sites(self, contig: str, start: int, end: int, margin: int) -> tuple[Sites, NDArray[np.int64]]:
        """Sites in [start, end), and the positions of all records in [start - margin, end + margin).

        Parameters
        ----------
        contig : str
        start, end : int
            In bp, 0-based and half-open.
        margin : int
            In bp.

        Returns
        -------
        sites : Sites
        positions : ndarray of int64, shape (num_records,)
            Sorted, 0-based.

        Raises
        ------
        DataError
            The file is damaged, or a record is one that introghost does not take.
        """
        first, last = start - margin, end + margin
        if self._index is None:
            by_contig, all_positions = self._cached()
        else:
            with errors_raised(self._path) as messages:
                vcf = self._open(self._selection.names)
                records = sound(vcf(f"{contig}:{max(first, 0) + 1}-{last}"), messages)
                by_contig, all_positions = self._collect(records, vcf.samples, (contig, start, end))
        sites = by_contig.get(contig, no_sites(len(self._selection.names)))
        positions = all_positions.get(contig, np.empty(0, dtype=np.int64))
        inside = slice(*np.searchsorted(sites.positions_bp, [start, end]).tolist())
        return sites.select(inside), positions[slice(*np.searchsorted(positions, [first, last]).tolist())]

    def positions_from(self, contig: str, start: int, number: int) -> NDArray[np.int64]:
        """Positions of the first records, up to `number` of them, at `start` or after.

        Parameters
        ----------
        contig : str
        start : int
            0-based.
        number : int

        Returns
        -------
        ndarray of int64, shape (at most `number`,)
            Sorted, 0-based.

        Raises
        ------
        DataError
            The file is damaged.
        """
        if self._index is None:
            positions = self._cached()[1].get(contig, np.empty(0, dtype=np.int64))
            first = int(np.searchsorted(positions, start))
            return positions[first : first + number]
        with errors_raised(self._path):
            end = self.ends()[contig][1]
            if self._bare is None:  # opening takes longer than a look
                self._bare = self._open(())
            records = self._bare(f"{contig}:{start + 1}-{end}")  # a record may begin before and reach into it
            starts = list(itertools.islice((record.start for record in records if record.start >= start), number))
        return np.array(starts, dtype=np.int64)

    def _open(self, names: Sequence[str]) -> Any:
        return opened(self._path, names, self._undeclared)

    def _cached(self) -> tuple[dict[str, Sites], dict[str, NDArray[np.int64]]]:
        if self._cache is None:
            with errors_raised(self._path) as messages:
                vcf = self._open(self._selection.names)
                self._cache = self._collect(sound(vcf, messages), vcf.samples, self._limit)
        return self._cache

    def _collect(
        self, records: Iterable[Any], samples: Sequence[str], interval: Interval | None
    ) -> tuple[dict[str, Sites], dict[str, NDArray[np.int64]]]:
        """Sites of the records, which have these samples, inside `interval` or of all; and positions of all records."""
        order = RecordOrder(self._path, self._lengths)
        collector = SiteCollector(self._path, self._selection)
        names = self._selection.names
        pending, pending_contig = _Pending(len(names), sample_columns(samples, names)), ""
        wants_ancestral = self._selection.wants_ancestral
        for record in records:
            contig, position = record.CHROM, record.start
            order.admit(contig, position)
            if interval is not None and not (contig == interval[0] and interval[1] <= position < interval[2]):
                continue
            alt = record.ALT
            number = collector.wants(position, record.REF, alt)
            if number is None:
                continue
            fields = record.FORMAT
            codes = genotype_codes(self._path, record, fields)
            if len(alt) > 1:
                genotypes = only_alternative(codes[:, :2], number, len(alt))
                if genotypes is None:
                    collector.drop(DropReason.SYMBOLIC)
                    continue
                codes[:, :2] = genotypes
            if contig != pending_contig or len(pending.positions) == _BLOCK:
                collector.add(pending_contig, pending.take())
                pending_contig = contig
            ancestral = record.INFO.get("AA") if wants_ancestral else None
            pending.add(record, alt[number - 1], ancestral, codes, phase_sets(record, fields))
        collector.add(pending_contig, pending.take())
        positions = {name: np.frombuffer(content, dtype=np.int64) for name, content in order.positions.items()}
        return collector.finish(), positions


def check_names(path: Path, names: Iterable[str]) -> None:
    """Refuse samples that htslib can't be asked for.

    Parameters
    ----------
    path : Path
    names : iterable of str
        Samples to read.

    Raises
    ------
    DataError
        A name that htslib takes for something else.
    """
    for name in names:
        if "," in name or name.startswith("^") or name == "-":
            raise DataError(
                f"{path}: sample {name!r}: htslib can't be asked for a name with a comma, with '^' at its start, "
                "or '-'; rename it with `bcftools reheader`"
            )


def sample_columns(samples: Sequence[str], names: Sequence[str]) -> Columns:
    """Where samples are in the records of a file, which keeps its own order whatever it is asked for.

    Parameters
    ----------
    samples : sequence of str
        Of the records, in their order.
    names : sequence of str
        Those that are wanted, in the order in which they are wanted.

    Returns
    -------
    ndarray of int64, shape (num_names,), or slice
        A slice of all where both are the same, so that nothing is copied.
    """
    if list(samples) == list(names):
        return slice(None)
    numbers = {name: number for number, name in enumerate(samples)}
    return np.array([numbers[name] for name in names], dtype=np.int64)


def usable_index(path: Path) -> Index | None:
    """The index beside a file, None if there is none or if the file is read from a copy in an older notation.

    Raises
    ------
    DataError
        An index that is damaged, of another file, or without the reach for its contigs.
    """
    index = checked_index(path)
    return index if in_older_notation(path) == path else None


def phase_sets(record: Any, fields: Sequence[str]) -> NDArray[np.int64] | None:
    """Phase set of each sample of a record.

    Parameters
    ----------
    record : cyvcf2.Variant
    fields : sequence of str
        The record's FORMAT fields.

    Returns
    -------
    ndarray of int64, shape (num_samples,), or None
        `phase_sets.NO_SET` where it is missing; None if no field has sets.
    """
    if len(fields) == 1:
        return None
    field = next((field for field in FIELDS if field in fields), None)
    return None if field is None else set_numbers(record.format(field))


def opened(path: Path, names: Sequence[str] | None, undeclared: Sequence[str]) -> Any:
    """A cyvcf2 reader that knows the contigs without a header line.

    Parameters
    ----------
    path : Path
    names : sequence of str or None
        Samples to read; None is all.
    undeclared : sequence of str
        Contigs without a header line.

    Returns
    -------
    cyvcf2.VCF
    """
    vcf = cyvcf2.VCF(str(in_older_notation(path)), samples=None if names is None else list(names))
    for name in undeclared:  # cyvcf2 is not safe with a damaged record of a contig that it has yet to meet
        vcf.add_to_header(f"##contig=<ID={name}>")
    return vcf


def sound(records: Iterable[Any], messages: Messages) -> Iterator[Any]:
    """Give the records, each looked at only after htslib has read it without an error.

    Parameters
    ----------
    records : iterable of cyvcf2.Variant
    messages : Messages
        Of htslib.

    Yields
    ------
    cyvcf2.Variant

    Raises
    ------
    DataError
        htslib found an error.
    """
    for record in records:
        messages.check()
        yield record


def genotype_codes(path: Path, record: Any, fields: Sequence[str]) -> NDArray[np.int16]:
    """Allele, allele and phase of each sample of a record.

    Parameters
    ----------
    path : Path
        Of the file, for the message.
    record : cyvcf2.Variant
    fields : sequence of str
        The record's FORMAT fields.

    Returns
    -------
    ndarray of int16, shape (num_samples, 3)
        As cyvcf2 gives them; a missing allele is below 0.

    Raises
    ------
    DataError
        A record without genotypes, or a sample with more than two alleles.
    """
    if "GT" not in fields:
        where = f"{path}: {record.CHROM}:{record.POS:,}"
        raise DataError(f"{where}: no genotypes (GT) in this record; introghost needs phased genotypes")
    codes: NDArray[np.int16] = record.genotype.array()
    if codes.shape[1] == 3:
        return codes
    try:
        return np.concatenate([as_diploid(codes[:, :-1]), codes[:, -1:]], axis=1, dtype=np.int16)
    except ValueError as error:
        raise GenotypeError(f"{path}: {record.CHROM}:{record.POS:,}: {error}") from None
