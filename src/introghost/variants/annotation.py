"""What is known about the sites of a contig from other files: ancestral alleles, callable regions, a genetic map."""

import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypeVar

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.haplotypes import ANY_CONTIG, GeneticMap, on_contig, other_prefix
from introghost.variants.build import guess_build
from introghost.variants.samples import listed

_CHROMOSOME_HEADINGS = ("chr", "chrom", "chromosome", "#chrom", "#chr")
_POSITION_HEADINGS = ("pos", "position", "position(bp)", "bp")
_MAP_HEADINGS = ("cm", "map(cm)", "genetic_map(cm)")

T = TypeVar("T")


def _open_text(path: Path) -> IO[str]:
    if not path.is_file():
        raise DataError(f"{path}: no such file; check the path")
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rt", encoding="utf-8") if compressed else path.open(encoding="utf-8")


def _read_lines(path: Path, parse: Callable[[Iterable[str]], T]) -> T:
    try:
        with _open_text(path) as file:
            return parse(file)
    except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise DataError(f"{path}: damaged or not text: {error}; copy it again") from error


def read_bed(path: Path) -> dict[str, NDArray[np.int64]]:
    """Merged intervals of a BED file by contig.

    Returns
    -------
    dict of str to ndarray of int64, shape (num_intervals, 2)
        Sorted, disjoint and not abutting; 0-based, half-open.

    Raises
    ------
    DataError
        Missing or damaged file, a line that is not an interval, or no interval at all.
    """
    intervals: dict[str, list[tuple[int, int]]] = {}

    def parse(lines: Iterable[str]) -> None:
        for number, line in enumerate(lines, start=1):
            fields = line.split()
            if not fields or line.startswith(("#", "track", "browser")):
                continue
            try:
                start, end = int(fields[1]), int(fields[2])
            except (IndexError, ValueError):
                raise DataError(f"{path}:{number}: not a BED interval: {line.strip()!r}") from None
            if not 0 <= start <= end:
                raise DataError(f"{path}:{number}: start {start:,} and end {end:,} are not an interval")
            intervals.setdefault(fields[0], []).append((start, end))

    _read_lines(path, parse)
    if not intervals:
        raise DataError(f"{path}: no interval in the BED file; nothing would be callable")
    return {contig: merge_intervals(np.array(pairs, dtype=np.int64)) for contig, pairs in intervals.items()}


def merge_intervals(intervals: NDArray[np.int64]) -> NDArray[np.int64]:
    """Union of intervals, shape (num_intervals, 2): sorted, disjoint; overlapping or abutting ones become one."""
    intervals = intervals[intervals[:, 1] > intervals[:, 0]]
    if not len(intervals):
        return intervals
    intervals = intervals[np.argsort(intervals[:, 0], kind="stable")]
    reach = np.maximum.accumulate(intervals[:, 1])
    first = np.concatenate([[True], intervals[1:, 0] > reach[:-1]])
    last = np.concatenate([first[1:], [True]])
    return np.stack([intervals[first, 0], reach[last]], axis=1)


def read_genetic_map(path: Path) -> dict[str, GeneticMap]:
    """Genetic maps by contig.

    Parameters
    ----------
    path : Path
        With a heading that names position (1-based, bp), cumulative map (cM) and, unless the map is of one contig,
        chromosome; or without a heading the four HapMap columns chromosome, position, rate, map.

    Returns
    -------
    dict of str to GeneticMap
        Under ``""`` if the file names no chromosome.

    Raises
    ------
    DataError
        Missing or damaged file, unknown columns, a value that is no number, positions not strictly increasing or a
        map that decreases.
    """
    points: dict[str, list[tuple[float, float]]] = {}

    def parse(lines: Iterable[str]) -> None:
        columns: tuple[int | None, int, int] | None = None
        for number, line in enumerate(lines, start=1):
            fields = line.split()
            if not fields:
                continue
            if columns is None:
                columns = _map_columns(path, fields)
                if not fields[1].replace(".", "", 1).isdigit():
                    continue
            chromosome, position, centimorgans = columns
            try:
                contig = ANY_CONTIG if chromosome is None else fields[chromosome]
                point = float(fields[position]) - 1, float(fields[centimorgans])
            except (IndexError, ValueError):
                raise DataError(f"{path}:{number}: not a point of a genetic map: {line.strip()!r}") from None
            points.setdefault(contig, []).append(point)

    _read_lines(path, parse)
    if not points:
        raise DataError(f"{path}: the genetic map has no points")
    return {contig: _genetic_map(path, contig, np.array(pairs)) for contig, pairs in points.items()}


def _map_columns(path: Path, fields: list[str]) -> tuple[int | None, int, int]:
    names = [field.lower() for field in fields]
    found = [
        next((i for i, name in enumerate(names) if name in headings), None)
        for headings in (_CHROMOSOME_HEADINGS, _POSITION_HEADINGS, _MAP_HEADINGS)
    ]
    chromosome, position, centimorgans = found
    if position is not None and centimorgans is not None:
        return chromosome, position, centimorgans
    if len(fields) == 4 and fields[1].isdigit():
        return 0, 1, 3
    raise DataError(
        f"{path}:1: unknown columns {' '.join(fields)!r}; expected pos, chr, cM or "
        "Chromosome, Position(bp), Rate(cM/Mb), Map(cM)"
    )


def _genetic_map(path: Path, contig: str, points: NDArray[np.float64]) -> GeneticMap:
    if not np.isfinite(points).all():
        raise DataError(f"{path}: contig {contig!r}: the genetic map has a value that is not finite")
    if len(points) == 1:
        raise DataError(f"{path}: contig {contig!r}: the genetic map has only one point; a map needs two or more")
    for column, wrong, what in ((0, np.diff(points[:, 0]) <= 0, "positions"), (1, np.diff(points[:, 1]) < 0, "map")):
        if wrong.any():
            position = int(points[1:][wrong][0, 0]) + 1
            value = points[1:][wrong][0, column]
            raise DataError(f"{path}: contig {contig!r}: {what} not increasing at {position:,} ({value:g})")
    return GeneticMap(points[:, 0].copy(), points[:, 1].copy())


def check_annotations(
    contigs: Sequence[tuple[str, int, int]],
    lengths: Mapping[str, int],
    intervals: Mapping[str, NDArray[np.int64]] | None,
    genetic_maps: Mapping[str, GeneticMap] | None,
) -> Counter[str]:
    """Hold callable regions and genetic maps against the contigs that they are for.

    Parameters
    ----------
    contigs : sequence of tuple
        Name, first and end position of what will be read.
    lengths : mapping of str to int
        Lengths of contigs, as far as known.
    intervals, genetic_maps : mapping by contig, optional

    Returns
    -------
    Counter of str to int
        How many contigs were found only under their name with or without ``chr``.

    Raises
    ------
    DataError
        They name none of the contigs, reach beyond the end of one, or no region overlaps what will be read of one; or
        a map without chromosomes is to be that of several contigs.
    """
    names = [name for name, _, _ in contigs]
    counts: Counter[str] = Counter()
    if intervals is not None:
        counts += _matched("callable regions", "have", intervals, names)
        ends = {contig: int(of[-1, 1]) for contig, of in intervals.items() if len(of)}
        _check_reach("callable regions reach", ends, names, lengths)
        for name, start, end in contigs:
            of = on_contig(intervals, name)
            if of is not None and not ((of[:, 0] < end) & (of[:, 1] > start)).any():
                raise DataError(
                    f"the callable regions of contig {name} leave out all of {start + 1:,}-{end:,}, where the records "
                    "are; is the mask of another build, or of what to exclude?"
                )
    if genetic_maps is not None:
        if ANY_CONTIG in genetic_maps and len(names) > 1:
            raise DataError(
                f"the genetic map has no column with the chromosome, and the VCF has {len(names):,} contigs "
                f"({listed(names)}); give one file with the columns pos, chr, cM"
            )
        counts += _matched("genetic map", "has", genetic_maps, names)
        ends = {contig: int(of.positions_bp[-1]) + 1 for contig, of in genetic_maps.items()}
        _check_reach("genetic map reaches", ends, names, lengths)
    return counts


def unnamed_contigs(
    contigs: Sequence[str],
    intervals: Mapping[str, NDArray[np.int64]] | None,
    genetic_maps: Mapping[str, GeneticMap] | None,
) -> list[str]:
    """What to tell the user of contigs that the callable regions or the genetic map do not name, one line each."""
    named: list[tuple[str, Mapping[str, object] | None, str]] = [
        ("callable regions name", intervals, "nothing is callable there"),
        ("genetic map names", genetic_maps, "nothing is known of recombination there"),
    ]
    found = []
    for what, table, outcome in named:
        absent = [] if table is None else [contig for contig in contigs if on_contig(table, contig) is None]
        if absent:
            found.append(f"the {what} nothing on {listed(absent)}: {outcome}")
    return found


def _matched(what: str, verb: str, table: Mapping[str, object], contigs: Sequence[str]) -> Counter[str]:
    if all(on_contig(table, contig) is None for contig in contigs):
        raise DataError(
            f"the {what} {verb} no contig of the VCF: named are {listed(sorted(table))}, it has {listed(contigs)}"
        )
    respelt = sum(contig not in table and other_prefix(contig) in table for contig in contigs)
    return Counter({f"contigs matched to the {what} without regard to 'chr'": respelt} if respelt else {})


def _check_reach(what: str, ends: Mapping[str, int], contigs: Sequence[str], lengths: Mapping[str, int]) -> None:
    for contig in contigs:
        end, length = on_contig(ends, contig), lengths.get(contig)
        if end is not None and length is not None and end > length:
            build = guess_build(lengths)
            known = "" if build is None else f" as in {build}"
            raise DataError(
                f"the {what} to {end:,}, beyond the end of the contig {contig} ({length:,} bp{known}); "
                "is it of another build?"
            )


class AncestralFasta:
    """Ancestral alleles from a FASTA, one contig held in memory at a time.

    Lower case (low confidence in the Ensembl convention) counts like upper case; anything but A, C, G, T is missing.
    Names in the Ensembl form ``ANCESTOR_for_chromosome:GRCh37:22:1:51304566:1`` are understood.

    Parameters
    ----------
    path : Path
        Plain or gzip-compressed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._contig: str | None = None
        self._sequence: NDArray[np.uint8] = np.empty(0, dtype=np.uint8)
        if _read_lines(path, lambda lines: next(iter(lines), ""))[:1] != ">":
            raise DataError(f"{path}: not FASTA: it does not begin with '>'")

    def alleles(self, contig: str, positions_bp: NDArray[np.int64]) -> NDArray[np.bytes_]:
        """Upper-case base at 0-based positions, ``N`` beyond the sequence's end.

        Parameters
        ----------
        contig : str
        positions_bp : ndarray of int64, shape (num_sites,)

        Returns
        -------
        ndarray of S1, shape (num_sites,)

        Raises
        ------
        DataError
            No sequence of that name (with or without ``chr``), or a damaged file.
        """
        if contig != self._contig:
            self._sequence, self._contig = self._load(contig), contig
        inside = positions_bp < len(self._sequence)
        bases = np.full(len(positions_bp), ord("N"), dtype=np.uint8)
        bases[inside] = self._sequence[positions_bp[inside]]
        return np.char.upper(bases.view("S1"))

    def check_length(self, contig: str, length: int | None) -> None:
        """Refuse a sequence that is not as long as its contig, if that is known.

        Raises
        ------
        DataError
        """
        self.alleles(contig, np.empty(0, dtype=np.int64))
        if length is not None and len(self._sequence) != length:
            raise DataError(
                f"{self.path}: the sequence of contig {contig} has {len(self._sequence):,} bases, the VCF's header "
                f"says {length:,}; is it of another build?"
            )

    def _load(self, contig: str) -> NDArray[np.uint8]:
        wanted = {contig, other_prefix(contig)}

        def parse(lines: Iterable[str]) -> bytes | None:
            sequence: list[str] | None = None
            for line in lines:
                if line.startswith(">"):
                    if sequence is not None:
                        break
                    name = (line[1:].split() or [""])[0]
                    parts = name.split(":")
                    if name in wanted or (len(parts) > 2 and parts[2] in wanted):
                        sequence = []
                elif sequence is not None:
                    sequence.append(line.strip())
            return None if sequence is None else "".join(sequence).encode()

        sequence = _read_lines(self.path, parse)
        if sequence is None:
            raise DataError(f"{self.path}: no sequence for contig {contig!r}; give the FASTA of that contig")
        return np.frombuffer(sequence, dtype=np.uint8)
