"""Records of a VCF Zarr store, a folder or a zip of one, as bio2zarr's ``vcf2zarr`` writes it.

The store is cut along variants, so that any stretch can be read without an index; what its records mean is decided by
the same code as for a VCF.
"""

import contextlib
import itertools
import math
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.variants.counts import DropReason
from introghost.variants.phase_sets import FIELDS, set_numbers
from introghost.variants.sites import (
    Block,
    Interval,
    RecordOrder,
    Selection,
    SiteCollector,
    Sites,
    no_sites,
    only_alternative,
)

_NEEDED = ("sample_id", "contig_id", "variant_contig", "variant_position", "variant_allele")
_NEVER_EMPTY = ("sample_id", "contig_id", "variant_position", "variant_allele", "variant_AA")
_VERSIONS = ("0.4", "0.5")
_FEW = 10  # variants that may have no carrier in a whole chunk, which zarr then leaves out


def is_store(path: Path) -> bool:
    """Whether a path is a folder or a zip file, the two forms of a store."""
    return path.is_dir() or (path.is_file() and zipfile.is_zipfile(path))


@contextlib.contextmanager
def _errors_raised(path: Path) -> Iterator[None]:
    """Whatever zarr and its codecs say of a store that they can't read, as a `DataError`."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        complaint = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path}: damaged or not VCF Zarr: {complaint}; write it again with vcf2zarr") from error


@dataclass(frozen=True)
class ZarrStore:
    """An opened store, and what it says of itself.

    Attributes
    ----------
    path : Path
    group : zarr.Group
    samples : list of str
    contigs : list of str
        By number.
    lengths : dict of str to int
        Of the contigs that have one.
    """

    path: Path
    group: Any
    samples: list[str]
    contigs: list[str]
    lengths: dict[str, int]

    @property
    def declares_aa(self) -> bool:
        """Whether there is an INFO/AA."""
        return "variant_AA" in self.group


def open_store(path: Path) -> ZarrStore:
    """Open a store and check that it is whole.

    Raises
    ------
    DataError
        Not a VCF Zarr store of a version that is understood, or one without genotypes or with parts missing.
    """
    with _errors_raised(path):
        group = _group(path)
        version = str(group.attrs.get("vcf_zarr_version", "none"))
        if version not in _VERSIONS:
            raise DataError(f"{path}: VCF Zarr version {version}; expected {' or '.join(_VERSIONS)} (see vcf2zarr)")
        for name in _NEEDED:
            if name not in group:
                raise DataError(f"{path}: the store has no {name}; write it again with vcf2zarr")
        if "call_genotype" not in group:
            raise DataError(f"{path}: no genotypes (GT) in the store; introghost needs phased genotypes")
        for name in _NEVER_EMPTY:
            if name in group and not is_stored_whole(path, group[name]):
                raise DataError(f"{path}: part of {name} is missing; copy the store again")
        samples = [str(name) for name in group["sample_id"][:]]
        contigs = [str(name) for name in group["contig_id"][:]]
        lengths = group["contig_length"][:].tolist() if "contig_length" in group else [-1] * len(contigs)
    if not samples:
        raise DataError(f"{path}: the VCF has no samples; introghost needs phased genotypes")
    lengths_bp = {name: int(length) for name, length in zip(contigs, lengths, strict=True) if length > 0}
    return ZarrStore(path, group, samples, contigs, lengths_bp)


def _group(path: Path) -> Any:
    if path.is_dir():
        return zarr.open_group(str(path), mode="r")
    store = zarr.storage.ZipStore(path, mode="r")
    with zipfile.ZipFile(path) as archive:
        folders = {name.split("/", 1)[0] for name in archive.namelist()}
        is_root = any(name in (".zgroup", "zarr.json", ".zattrs") for name in archive.namelist())
    if not is_root and len(folders) == 1:
        return zarr.open_group(store, mode="r", path=folders.pop())
    return zarr.open_group(store, mode="r")


def is_stored_whole(path: Path, values: Any) -> bool:
    """Whether every chunk of an array has its file; zarr reads those that have none as zeros or empty text.

    Parameters
    ----------
    path : Path
        Of the store.
    values : zarr.Array
    """
    edges = values.shards or values.chunks
    expected = math.prod(-(-length // edge) for length, edge in zip(values.shape, edges, strict=True))
    return bool(len(_stored_chunks(path, values)) >= expected)


def _stored_chunks(path: Path, values: Any) -> set[tuple[int, ...]]:
    """Numbers of the chunks (or shards) of an array that have a file, whichever way the format writes ``3.0.0``."""
    if path.is_dir():
        folder = path / values.path
        files = [file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()]
    else:
        with zipfile.ZipFile(path) as archive:
            files = [name.removeprefix(f"{values.path}/") for name in archive.namelist()]
    return {tuple(map(int, re.findall(r"\d+", name))) for name in files if re.fullmatch(r"(c/)?\d+([./]\d+)*", name)}


class ZarrRecords:
    """The records of a VCF Zarr store.

    Parameters
    ----------
    store : ZarrStore
    selection : Selection
    """

    def __init__(self, store: ZarrStore, selection: Selection) -> None:
        self._path = store.path
        self._group = store.group
        self._selection = selection
        numbers = {name: number for number, name in enumerate(store.samples)}
        self._columns = np.array([numbers[name] for name in selection.names], dtype=np.int64)
        with _errors_raised(self._path):
            self._positions = self._group["variant_position"][:].astype(np.int64) - 1
            contigs = self._group["variant_contig"][:].astype(np.int64)
            self._rows = self._find_contigs(store, contigs)
            genotypes = self._group["call_genotype"]
            self._is_whole = is_stored_whole(store.path, genotypes)
            self._stored = set() if self._is_whole else _stored_chunks(store.path, genotypes)
            self._chunk_rows = int(genotypes.chunks[0])

    def _find_contigs(self, store: ZarrStore, contigs: NDArray[np.int64]) -> dict[str, slice]:
        """Rows of each contig, refused like those of a VCF if they are not in order."""
        edges = [0, *(np.flatnonzero(np.diff(contigs)) + 1).tolist(), len(contigs)]
        order, rows = RecordOrder(self._path, store.lengths), dict[str, slice]()
        for first, end in itertools.pairwise(edges):
            if first == end:
                continue
            name, positions = store.contigs[contigs[first]], self._positions[first:end]
            # sorted positions are in order if the outermost are; of others the first that steps back is refused
            steps_back = np.flatnonzero(np.diff(positions) < 0)[:1].tolist()
            for row in [0, *(row for step in steps_back for row in (step, step + 1)), len(positions) - 1]:
                order.admit(name, int(positions[row]))
            rows[name] = slice(first, end)
        return rows

    def limit(self, contig: str, start: int, end: int) -> None:
        """Nothing to gain: only what is asked for is read anyway.

        Parameters
        ----------
        contig : str
        start, end : int
            Not used.
        """

    def ends(self) -> dict[str, tuple[int, int]]:
        """First record's position and last record's position + 1 of each contig with records."""
        at = {name: self._on(name) for name in self._rows}
        return {name: (int(positions[0]), int(positions[-1]) + 1) for name, positions in at.items() if len(positions)}

    def _on(self, contig: str) -> NDArray[np.int64]:
        """Positions of a contig's records, without those before its first base."""
        positions: NDArray[np.int64] = self._positions[self._rows.get(contig, slice(0))]
        return positions[np.searchsorted(positions, 0) :]

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
        """
        positions = self._on(contig)
        first = int(np.searchsorted(positions, start))
        return positions[first : first + number]

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
            The store is damaged, or a record is one that introghost does not take.
        """
        collector = SiteCollector(self._path, self._selection)
        with _errors_raised(self._path):
            for block in self.blocks(contig, start, end, collector):
                collector.add(contig, block)
        sites = collector.finish().get(contig, no_sites(len(self._columns)))
        positions = self._on(contig)
        first, last = np.searchsorted(positions, [start - margin, end + margin]).tolist()
        return sites, positions[first:last]

    def num_filtered(self, contig: str, start: int, end: int) -> int:
        """Records of a stretch whose FILTER names a filter.

        Parameters
        ----------
        contig : str
        start, end : int
            In bp, 0-based and half-open.

        Returns
        -------
        int
            0 if the store has no filters.

        Raises
        ------
        DataError
            The store is damaged.
        """
        if "variant_filter" not in self._group or contig not in self._rows:
            return 0
        rows = self._rows[contig]
        first, last = (np.searchsorted(self._positions[rows], [start, end]) + rows.start).tolist()
        with _errors_raised(self._path):
            failed = np.array([str(name) != "PASS" for name in self._group["filter_id"][:]], dtype=np.bool_)
            return int(self._group["variant_filter"][first:last][:, failed].any(axis=1).sum())

    def blocks(self, contig: str, start: int, end: int, collector: SiteCollector) -> Iterator[Block]:
        """The biallelic SNVs of a stretch, one block for each chunk of variants.

        Parameters
        ----------
        contig : str
        start, end : int
            In bp, 0-based and half-open.
        collector : SiteCollector
            Counts every record and says which it wants.

        Yields
        ------
        Block
        """
        rows = self._rows.get(contig, slice(0, 0))
        lower = start if start > 0 else -1  # like a VCF's, the first stretch shows the records at position 0
        first, last = (np.searchsorted(self._positions[rows], [lower, end]) + rows.start).tolist()
        while first < last:
            until = min((first // self._chunk_rows + 1) * self._chunk_rows, last)
            yield self._block(slice(first, until), collector)
            first = until

    def all_blocks(self, region: Interval | None) -> Iterator[tuple[str, Block]]:
        """Contig and biallelic SNVs, chunk by chunk and unchecked, of a region, 0-based and half-open, or of all.

        Raises
        ------
        DataError
            A damaged store.
        """
        for contig, (first, end) in self.ends().items():
            start = 0
            if region is not None:
                if contig != region[0]:
                    continue
                start, end = max(first, region[1]), min(end, region[2])
            with _errors_raised(self._path):
                for block in self.blocks(contig, start, end, SiteCollector(self._path, self._selection)):
                    if len(block.positions_bp):
                        yield contig, block

    def _block(self, rows: slice, collector: SiteCollector) -> Block:
        positions = self._positions[rows].tolist()
        alleles = [
            (ref, [allele for allele in alt if allele]) for ref, *alt in self._group["variant_allele"][rows].tolist()
        ]
        numbers = [collector.wants(position, ref, alt) for position, (ref, alt) in zip(positions, alleles, strict=True)]
        wanted = [row for row, number in enumerate(numbers) if number is not None]
        genotypes, phased = self._genotypes(rows, wanted, positions)
        # Where ALT names more than the one base, a record is of use only if nobody carries anything else.
        usable = np.ones(len(wanted), dtype=np.bool_)
        for index, row in enumerate(wanted):
            number, num_alternatives = numbers[row], len(alleles[row][1])
            if number is not None and num_alternatives > 1:
                codes = only_alternative(genotypes[index], number, num_alternatives)
                if codes is None:
                    usable[index] = False
                    collector.drop(DropReason.SYMBOLIC)
                else:
                    genotypes[index] = codes
        kept = [row for row, is_usable in zip(wanted, usable, strict=True) if is_usable]
        ancestral = self._ancestral(rows) if self._selection.wants_ancestral else [None] * len(positions)
        return Block(
            [positions[row] for row in kept],
            [alleles[row][0] for row in kept],
            [alleles[row][1][(numbers[row] or 1) - 1] for row in kept],
            [ancestral[row] for row in kept],
            genotypes[usable],
            phased[usable],
            self._phase_sets(rows, kept),
        )

    def _phase_sets(self, rows: slice, kept: list[int]) -> NDArray[np.int64] | None:
        """Phase sets of the selected samples, shape (num_sites, num_samples), if the store has them."""
        name = next((f"call_{field}" for field in FIELDS if f"call_{field}" in self._group), None)
        if name is None or not kept:
            return None
        values = self._group[name][rows][kept]
        return np.stack([set_numbers(of_record[self._columns]) for of_record in values])

    def _ancestral(self, rows: slice) -> list[Any]:
        values = self._group["variant_AA"][rows]
        if values.ndim == 1:
            return list(values.tolist())
        return [",".join(value for value in several if value) for several in values.tolist()]

    def _genotypes(
        self, rows: slice, wanted: list[int], positions: list[int]
    ) -> tuple[NDArray[np.integer], NDArray[np.bool_]]:
        """Codes and phases of the selected samples; only the chunks that hold them are read."""
        source = self._group["call_genotype"]
        if not wanted:
            return np.empty((0, len(self._columns), source.shape[2]), np.int8), np.empty((0, len(self._columns)), bool)
        low, high = int(self._columns.min()), int(self._columns.max()) + 1
        picked = np.ix_(np.array(wanted), self._columns - low)
        genotypes = source[rows, low:high][picked]
        if not self._is_whole:
            self._check_stored(rows, positions[wanted[0]])
        if "call_genotype_phased" not in self._group:
            return genotypes, np.zeros(genotypes.shape[:2], dtype=np.bool_)
        return genotypes, self._group["call_genotype_phased"][rows, low:high][picked]

    def _check_stored(self, rows: slice, position: int) -> None:
        """A chunk that is absent reads as REF everywhere, which is right only if zarr found nothing else to write."""
        genotypes = self._group["call_genotype"]
        height, width = (genotypes.shards or genotypes.chunks)[:2]
        chunk = rows.start // height
        needed = {(chunk, column) for column in np.unique(self._columns // width).tolist()}
        if needed <= {numbers[:2] for numbers in self._stored}:
            return
        # how much of the chunk is asked for says nothing: what counts is whether all of it can be REF
        alternatives = self._group["variant_allele"][chunk * height : (chunk + 1) * height][:, 1:]
        if (alternatives != "").any(axis=1).sum() >= _FEW:
            raise DataError(
                f"{self._path}: the genotypes from position {position + 1:,} on are missing; copy the store again"
            )
