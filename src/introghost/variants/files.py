"""What files of any format say of themselves, and several of them as one: each has the records of other contigs."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from introghost.errors import ConfigError, DataError
from introghost.findings import Code, Finding, Severity
from introghost.haplotypes import on_contig, other_prefix
from introghost.variants.build import guess_build
from introghost.variants.extents import Records
from introghost.variants.header import contig_lengths, read_header, undeclared_contigs
from introghost.variants.htslib import begins_as_vcf
from introghost.variants.index import checked_index
from introghost.variants.records import VcfRecords
from introghost.variants.samples import listed
from introghost.variants.sites import Selection, Sites
from introghost.variants.zarr_source import ZarrRecords, ZarrStore, is_store, open_store

PathInput = str | os.PathLike[str]
PathInputs = PathInput | Sequence[PathInput]


def as_paths(vcf: PathInputs) -> tuple[Path, ...]:
    """One path or several as a tuple.

    Raises
    ------
    ConfigError
        None is given, or one is given twice.
    """
    paths = (Path(vcf),) if isinstance(vcf, str | os.PathLike) else tuple(Path(path) for path in vcf)
    if not paths:
        raise ConfigError("no VCF is given; name at least one")
    numbers = Counter(path.resolve() for path in paths)
    for path in paths:
        if numbers[path.resolve()] > 1:
            raise ConfigError(f"{path}: this VCF is given {numbers[path.resolve()]} times; give each file once")
    return paths


def by_role(vcf: PathInputs) -> dict[str, Path]:
    """The files by their role in provenance: ``vcf``, or ``vcf 0``, ``vcf 1``, … if there are several."""
    paths = as_paths(vcf)
    return {"vcf": paths[0]} if len(paths) == 1 else {f"vcf {number}": path for number, path in enumerate(paths)}


def check_not_exchanged(vcf: PathInputs, populations: Path) -> None:
    """Refuse a VCF in the place of the populations table, and something else in its own place.

    Parameters
    ----------
    vcf : path, or sequence of path
    populations : Path

    Raises
    ------
    DataError
        It says what to give where.
    """
    paths = as_paths(vcf)
    if begins_as_vcf(populations) and not any(is_store(path) or begins_as_vcf(path) for path in paths):
        first = paths[0]
        raise DataError(
            f"{first} is given as a VCF and is none, {populations} as a table of populations and is a VCF: they look "
            "exchanged; give each in the place of the other"
        )


@dataclass(frozen=True)
class VariantFile:
    """What a VCF, BCF or VCF Zarr store says of itself.

    Attributes
    ----------
    path : Path
    samples : list of str
    lengths : dict of str to int
        In bp, of the contigs that it declares with one.
    declares_aa : bool
        Whether it declares INFO/AA.
    undeclared : list of str
        Contigs that a VCF has records of and does not declare.
    store : ZarrStore or None
        The opened store; None of a VCF or BCF.
    """

    path: Path
    samples: list[str]
    lengths: dict[str, int]
    declares_aa: bool
    undeclared: list[str]
    store: ZarrStore | None

    def records(self, selection: Selection) -> Records:
        """The records of the selected samples."""
        if self.store is not None:
            return ZarrRecords(self.store, selection)
        return VcfRecords(self.path, selection, self.lengths, self.undeclared)


def describe(path: Path) -> VariantFile:
    """Open a VCF, BCF or VCF Zarr store and check it as far as that goes without reading its records.

    Raises
    ------
    DataError
        The file is missing, cut, damaged or of another format.
    """
    if is_store(path):
        store = open_store(path)
        return VariantFile(path, store.samples, store.lengths, store.declares_aa, [], store)
    samples, header = read_header(path)
    lengths, undeclared = contig_lengths(header), undeclared_contigs(path, header)
    return VariantFile(path, samples, lengths, "##INFO=<ID=AA," in header, undeclared, None)


@dataclass(frozen=True)
class VariantFiles:
    """One file or several, whose contigs follow each other in the order of the files; made by `open_files`.

    Attributes
    ----------
    files : tuple of VariantFile
        At least one.
    """

    files: tuple[VariantFile, ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        """Of the files."""
        return tuple(file.path for file in self.files)

    @property
    def label(self) -> str:
        """The files in a message about all of them."""
        return listed([str(path) for path in self.paths])

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each file without its folder, or its path where two have one name."""
        names = tuple(path.name for path in self.paths)
        return names if len(set(names)) == len(names) else tuple(str(path) for path in self.paths)

    @cached_property
    def samples(self) -> list[str]:
        """Samples that are in every file, in the order of the first."""
        others = [set(file.samples) for file in self.files[1:]]
        return [name for name in self.files[0].samples if all(name in samples for samples in others)]

    @cached_property
    def all_samples(self) -> list[str]:
        """Samples that are in any file, each once, those of the first file first."""
        return list(dict.fromkeys(name for file in self.files for name in file.samples))

    @cached_property
    def lengths(self) -> dict[str, int]:
        """Lengths in bp of the contigs that any file declares with one."""
        return {name: length for file in self.files for name, length in file.lengths.items()}

    @property
    def declares_aa(self) -> bool:
        """Whether every file declares INFO/AA."""
        return all(file.declares_aa for file in self.files)

    def require_samples(self, names: Sequence[str]) -> None:
        """Refuse files of which one lacks samples that are to be read.

        Parameters
        ----------
        names : sequence of str

        Raises
        ------
        DataError
            It names the file, and the first of the samples.
        """
        for file in self.files:
            present = set(file.samples)
            absent = [name for name in names if name not in present]
            if absent:
                raise DataError(
                    f"{file.path}: {len(absent):,} of {len(names):,} individuals of outgroup and target are not in "
                    f"this file, but in others: {listed(absent)}; every file must have them all: add them, or take "
                    "them out of the populations table"
                )

    def records(self, selection: Selection, *, is_whole: bool) -> Records:
        """The records of all files as those of one.

        Parameters
        ----------
        selection : Selection
        is_whole : bool
            Whether all of them are to be read, and not one region: each file of several must have a record then, or
            the first look at the records is a `DataError`.
        """
        return _JoinedRecords([(file.path, file.records(selection)) for file in self.files], is_whole)


def open_files(vcf: PathInputs) -> VariantFiles:
    """Open files, and check that they can be of one data set.

    Parameters
    ----------
    vcf : path, or sequence of path
        VCF, BCF and VCF Zarr stores.

    Returns
    -------
    VariantFiles

    Raises
    ------
    ConfigError
        No file, or one twice.
    DataError
        A file is missing or damaged, or two are of different builds of the reference or have no sample in common.
    """
    files = VariantFiles(tuple(describe(path) for path in as_paths(vcf)))
    _check_lengths(files.files)
    _check_builds(files.files)
    if not files.samples:
        raise DataError(f"{files.label}: these files have no individual in common; are they of one data set?")
    return files


def _check_lengths(files: Iterable[VariantFile]) -> None:
    """Refuse files that give a contig different lengths, whichever way its name is written with respect to chr."""
    lengths = dict[str, tuple[int, Path]]()
    for file in files:
        for name, length in file.lengths.items():
            other_bp, other = lengths.setdefault(name.removeprefix("chr"), (length, file.path))
            if other_bp != length and other != file.path:
                raise DataError(
                    f"{file.path}: contig {name} has {length:,} bp in the header, but {other_bp:,} bp in that of "
                    f"{other}; are they of two builds of the reference? give files of one"
                )


def _check_builds(files: Iterable[VariantFile]) -> None:
    """Refuse files whose contigs have the lengths of different builds, be it different contigs."""
    builds = {build: file.path for file in files if (build := guess_build(file.lengths)) is not None}
    if len(builds) > 1:
        (first, path), (second, other) = list(builds.items())[:2]
        raise DataError(
            f"{path} is of {first}, {other} of {second}, by the lengths of contigs; give files of one build"
        )


class ContigOwners:
    """Which file has the records of each contig, as they are met one after the other."""

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}

    def claim(self, contig: str, path: Path) -> None:
        """Take note that a file has records of a contig.

        Parameters
        ----------
        contig : str
        path : Path

        Raises
        ------
        DataError
            Another file has records of it too.
        """
        other = on_contig(self._paths, contig)
        if other is not None and other != path:
            written = "" if contig in self._paths else f" (as {other_prefix(contig)})"
            raise DataError(
                f"{path}: contig {contig} has records here and in {other}{written}; give all records of a contig in "
                "one file: leave one out, or join them with `bcftools concat`"
            )
        self._paths[contig] = path

    def __getitem__(self, contig: str) -> Path:
        return self._paths[contig]

    def contigs(self, path: Path) -> list[str]:
        """Contigs of a file."""
        return [contig for contig, owner in self._paths.items() if owner == path]

    def require_contig(self, path: Path) -> None:
        """Refuse a file of several that turned out to be empty: a job that failed may have left it behind.

        Parameters
        ----------
        path : Path
            All of its contigs are claimed.

        Raises
        ------
        DataError
            It has no record at position 1 or beyond.
        """
        if path not in self._paths.values():
            raise DataError(f"{path}: no record in this file; leave it out or write it again")


class _JoinedRecords:
    """The records of several files, of which each has other contigs; see `extents.Records`."""

    def __init__(self, parts: Sequence[tuple[Path, Records]], is_whole: bool) -> None:
        self._parts = parts
        self._needs_each = is_whole and len(parts) > 1
        self._ends: dict[str, tuple[int, int]] | None = None
        self._by_contig: dict[str, Records] = {}

    def ends(self) -> dict[str, tuple[int, int]]:
        """First record's position and last record's position + 1 of each contig, in the order of the files."""
        if self._ends is None:
            owners, ends = ContigOwners(), dict[str, tuple[int, int]]()
            for path, records in self._parts:
                for contig, of_contig in records.ends().items():
                    owners.claim(contig, path)
                    ends[contig] = of_contig
                    self._by_contig[contig] = records
                if self._needs_each:
                    owners.require_contig(path)
            self._ends = ends
        return self._ends

    def _of(self, contig: str) -> Records:
        """Records of the file that has the contig; of the first if none has."""
        self.ends()
        return self._by_contig.get(contig, self._parts[0][1])

    def sites(self, contig: str, start: int, end: int, margin: int) -> tuple[Sites, NDArray[np.int64]]:
        """Sites and positions of records, out of the contig's file.

        Parameters
        ----------
        contig : str
        start, end, margin : int
            In bp, 0-based and half-open.
        """
        return self._of(contig).sites(contig, start, end, margin)

    def positions_from(self, contig: str, start: int, number: int) -> NDArray[np.int64]:
        """Positions of the first records at `start` or after, out of the contig's file.

        Parameters
        ----------
        contig : str
        start, number : int
        """
        return self._of(contig).positions_from(contig, start, number)

    def limit(self, contig: str, start: int, end: int) -> None:
        """Announce to every file that nothing else will be asked for.

        Parameters
        ----------
        contig : str
        start, end : int
        """
        for _, records in self._parts:
            records.limit(contig, start, end)


def index_findings(path: Path) -> list[Finding]:
    """A remark on an index that is older than its file, though it fits; nothing of a VCF Zarr store."""
    index = None if is_store(path) else checked_index(path)
    if index is None or not index.is_older:
        return []
    text = (
        f"the index {index.path.name} is older than {path.name}, but fits where it was looked at, and is used; if the "
        f"file was changed since, re-index it with `bcftools index -f {path.name}`"
    )
    return [Finding(Code.INDEX, Severity.REMARK, text)]
