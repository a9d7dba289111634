"""One pass over all records and all samples of a file of any format, whoever was selected, and unchecked."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from introghost.variants.header import contig_lengths, read_header, undeclared_contigs
from introghost.variants.htslib import errors_raised
from introghost.variants.index import checked_index
from introghost.variants.records import opened, sound
from introghost.variants.sites import Block, RecordOrder, Selection, dropped_class
from introghost.variants.zarr_source import ZarrRecords, ZarrStore, is_store, open_store, raw_blocks

SNV = "biallelic SNV"
NO_GENOTYPES = "SNV without genotypes"
_NO_END = 2**40
_BLOCK = 128  # records whose genotypes of all samples are held at a time

Region = tuple[str, int, int | None]


class Scan:
    """A pass over a VCF, BCF or VCF Zarr, or over one region of it.

    Attributes
    ----------
    samples : list of str
    lengths : dict of str to int
        Of the contigs that the header declares with one.
    declares_aa : bool
        Whether the header declares INFO/AA.
    classes : Counter of str to int
        Records by class, `SNV` among them; complete after `blocks`.
    positions : dict of str to ndarray of int64
        Of all records from the first base on, by contig; complete after `blocks`.
    num_filtered : int
        Records whose FILTER names a filter; complete after `blocks`.

    Parameters
    ----------
    path : Path
    region : tuple of str, int and int or None, optional
        Contig, 0-based start and end (None: the contig's).
    """

    def __init__(self, path: Path, region: Region | None = None) -> None:
        self._path = path
        self._region = region
        self.classes: Counter[str] = Counter()
        self.num_filtered = 0
        self.positions: dict[str, NDArray[np.int64]] = {}
        self._store = open_store(path) if is_store(path) else None
        if self._store is not None:
            self.samples, self.lengths = self._store.samples, self._store.lengths
            self.declares_aa = self._store.declares_aa
        else:
            self.samples, header = read_header(path)
            self.lengths, self.declares_aa = contig_lengths(header), "##INFO=<ID=AA," in header
            self._undeclared = undeclared_contigs(path, header)

    def blocks(self) -> Iterator[tuple[str, Block]]:
        """Contig and biallelic SNVs with the genotypes of all samples; a block is of one contig and one ploidy.

        Raises
        ------
        DataError
            Damage: a cut or corrupt file, records that are not sorted or lie outside their contig.
        """
        yield from self._of_text() if self._store is None else self._of_store(self._store)

    def _inside(self, positions: NDArray[np.int64], contig: str) -> NDArray[np.int64]:
        if self._region is None:
            return positions
        name, start, end = self._region
        return positions[(positions >= start) & (positions < (end or _NO_END))] if contig == name else positions[:0]

    def _of_store(self, store: ZarrStore) -> Iterator[tuple[str, Block]]:
        counts = Counter[str]()
        stretch = None if self._region is None else (self._region[0], self._region[1], self._region[2] or _NO_END)
        yield from raw_blocks(store, stretch, counts)
        self.classes.update({item.removeprefix("dropped: "): n for item, n in counts.items() if item != "records"})
        self.classes[SNV] = counts["records"] - self.classes.total()
        records = ZarrRecords(store, Selection(tuple(self.samples), False, Counter()))
        for name in records.ends():
            place = (name, -1, _NO_END) if stretch is None else stretch
            self.num_filtered += records.num_filtered(*place) if place[0] == name else 0
            self.positions[name] = self._inside(records.positions_from(name, 0, _NO_END), name)

    def _of_text(self) -> Iterator[tuple[str, Block]]:
        order = RecordOrder(self._path, self.lengths)
        with errors_raised(self._path) as messages:
            vcf = opened(self._path, None, self._undeclared)
            waiting, last = list[Any](), ""
            for contig, found in self._snvs(sound(self._records(vcf), messages), order):
                same = waiting and contig == last and found[-1].shape == waiting[-1][-1].shape
                if waiting and (not same or len(waiting) == _BLOCK):
                    yield last, _block(waiting)
                    waiting = []
                waiting.append(found)
                last = contig
            if waiting:
                yield last, _block(waiting)
        found_positions = {name: np.array(at, dtype=np.int64) for name, at in order.positions.items()}
        self.positions.update({name: self._inside(at, name) for name, at in found_positions.items()})

    def _records(self, vcf: Any) -> Iterator[Any]:
        """Records by contig where there is an index, for cyvcf2 makes a record of a blank line at the end of a file."""
        if checked_index(self._path) is None:
            yield from vcf
        elif self._region is not None:
            contig, start, end = self._region
            yield from vcf(contig if end is None else f"{contig}:{start + 1}-{end}")
        else:
            yield from itertools.chain.from_iterable(vcf(name) for name in dict.fromkeys(vcf.seqnames))

    def _snvs(self, records: Iterable[Any], order: RecordOrder) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Count the records inside the region; of the SNVs give contig, position, REF, ALT, INFO/AA and codes."""
        region = self._region
        for record in records:
            contig, position, ref, alt = record.CHROM, record.start, record.REF, record.ALT
            order.admit(contig, position)
            if region and not (contig == region[0] and region[1] <= position < (region[2] or _NO_END)):
                continue
            kind = dropped_class(position, ref, alt) or SNV
            if kind == SNV and "GT" not in record.FORMAT:
                kind = NO_GENOTYPES
            self.classes[kind] += 1
            self.num_filtered += record.FILTER is not None  # neither PASS nor empty
            if kind == SNV:
                ancestral = record.INFO.get("AA") if self.declares_aa else None
                yield contig, (position, ref, alt[0], ancestral, record.genotype.array())


def _block(snvs: list[Any]) -> Block:
    positions, ref, alt, ancestral, codes = zip(*snvs, strict=True)
    stacked = np.stack(codes)
    return Block(positions, ref, alt, ancestral, stacked[:, :, :-1], stacked[:, :, -1])
