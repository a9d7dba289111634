"""A tabix or CSI index, trusted only after it has been held against the file that it lies beside.

htslib believes whatever index it finds: one that was made before the file was last changed makes it return too few
records, or those of another place, without a word. The times of the two files prove nothing either way, since copying
and downloading change them, so that the places that the index names are looked at in the file.
"""

import gzip
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from introghost.errors import DataError

_GZIP_MAGIC = b"\x1f\x8b"
_SUFFIXES = (".csi", ".tbi")  # in the order in which htslib looks for them
_TOLERANCE_S = 5.0  # copying may give the smaller file the earlier time
_BGZF_HEAD = struct.Struct("<4BI2BH2B2H")
_TBI_META_BIN, _TBI_SHIFT, _TBI_DEPTH = 37_450, 14, 5
_MOST_PLACES = 100  # of each contig that are looked at
_NO_CONTIG = "\0"


class Place(NamedTuple):
    """A record by where it is in the file and where on its contig it may begin.

    Attributes
    ----------
    offset : int
        Virtual offset.
    start, end : int
        The stretch, 0-based and half-open, in which the record begins.
    """

    offset: int
    start: int
    end: int


@dataclass(frozen=True)
class Index:
    """What an index says of a file.

    Attributes
    ----------
    path : Path
    names : tuple of str
        Contigs by number; empty for a BCF, where the header has them.
    begins, ends : tuple of int or None
        Virtual offset (position in the compressed file · 2^16 + position in the block) of each contig's first record
        and of the end of its last one; None for a contig without records or an index that does not say.
    places : tuple of tuple of Place
        Of each contig, records that the index names.
    reach_bp : int
        Records that begin there or beyond can't be in such an index.
    is_csi : bool
    is_older : bool
        Whether it was written before the file was last changed, as their times have it.
    """

    path: Path
    names: tuple[str, ...]
    begins: tuple[int | None, ...]
    ends: tuple[int | None, ...]
    places: tuple[tuple["Place", ...], ...]
    reach_bp: int
    is_csi: bool
    is_older: bool = False

    def has_records(self, contig: str) -> bool:
        """Whether the contig may have records."""
        return not self.names or contig in self.names


def index_path(path: Path) -> Path | None:
    """The index that htslib uses for a file, or None if there is none."""
    return next((index_file for suffix in _SUFFIXES if (index_file := Path(f"{path}{suffix}")).is_file()), None)


def checked_index(path: Path) -> Index | None:
    """The index beside a VCF or BCF, None if there is none.

    Raises
    ------
    DataError
        An index that is damaged, or of another file.
    """
    index_file = index_path(path)
    if index_file is None:
        return None
    data, index = path.stat(), index_file.stat()
    return _checked(path, index_file, data.st_mtime_ns, data.st_size, index.st_mtime_ns, index.st_size)


@lru_cache(maxsize=16)
def _checked(path: Path, index_file: Path, data_ns: int, data_size: int, index_ns: int, index_size: int) -> Index:
    try:
        index = _parse(index_file)
    except (EOFError, OSError, zlib.error, struct.error, UnicodeDecodeError, ValueError) as error:
        raise DataError(
            f"{index_file}: the index is damaged ({error}); re-index with `bcftools index -f {path}`"
        ) from error
    try:
        complaint = _misfit(path, index)
    except (EOFError, OSError, zlib.error, struct.error, ValueError) as error:
        _check_intact(path)
        complaint = f"there is no compressed block where the index says: {error}"
    if complaint:
        raise DataError(
            f"{index_file}: the index is not of {path.name} as it is now ({complaint}); "
            f"re-index with `bcftools index -f {path}`"
        )
    return replace(index, is_older=data_ns - index_ns > _TOLERANCE_S * 1e9)


def _check_intact(path: Path) -> None:
    """Refuse a compressed file that can't be read to its end: then the file is wrong, not the index."""
    with path.open("rb") as start:
        if start.read(2) != _GZIP_MAGIC:
            return
    try:
        with gzip.open(path, "rb") as file:
            while file.read(2**24):
                pass
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path}: damaged ({error}); copy it again") from error


def check_reach(path: Path, lengths: Mapping[str, int]) -> None:
    """Refuse a tabix index of contigs that are longer than it can reach.

    Parameters
    ----------
    path : Path
        The VCF.
    lengths : mapping of str to int
        Lengths of the contigs, as far as known.

    Raises
    ------
    DataError
        A contig with records is.
    """
    index = checked_index(path)
    if index is None or index.is_csi:
        return
    longest = max((name for name in lengths if index.has_records(name)), key=lengths.__getitem__, default=None)
    if longest is not None and lengths[longest] > index.reach_bp:
        raise DataError(
            f"{index.path}: a TBI index reaches to {index.reach_bp:,} bp, contig {longest} is {lengths[longest]:,} bp "
            f"long; delete it and make a CSI index with `bcftools index -c {path}`"
        )


def _parse(index_file: Path) -> Index:
    with gzip.open(index_file) as file:
        content = file.read()
    reader = _Reader(content)
    magic = reader.take(4)
    if magic not in (b"TBI\1", b"CSI\1"):
        raise ValueError("it does not begin like an index")
    is_csi = magic == b"CSI\1"
    if is_csi:
        shift, depth, length = reader.integers(3)
        auxiliary = _Reader(reader.take(length))
        meta_bin = ((1 << (3 * depth + 3)) - 1) // 7 + 1
        (num_contigs,) = reader.integers(1)
        names = _names(auxiliary) if length >= 28 else ()
    else:
        (num_contigs,) = reader.integers(1)
        names, shift, depth, meta_bin = _names(reader), _TBI_SHIFT, _TBI_DEPTH, _TBI_META_BIN
    if names and len(names) != num_contigs:
        raise ValueError(f"{len(names)} names for {num_contigs} contigs")
    layout = _Layout(is_csi, shift, depth, meta_bin)
    contigs = [_contig(reader, layout) for _ in range(num_contigs)]
    begins, ends, places = zip(*contigs, strict=True) if contigs else ((), (), ())
    return Index(index_file, names, begins, ends, places, layout.reach_bp, is_csi)


class _Layout(NamedTuple):
    """How an index cuts a contig into bins: the root is all its reach, each level has eight times as many bins."""

    is_csi: bool
    shift: int
    depth: int
    meta_bin: int

    @property
    def reach_bp(self) -> int:
        return 1 << (self.shift + 3 * self.depth)

    def stretch(self, number: int) -> tuple[int, int]:
        """Start and end of a bin, 0-based and half-open."""
        level, first = 0, 0
        while number >= first + (1 << 3 * level):
            first += 1 << 3 * level
            level += 1
        width = self.reach_bp >> 3 * level
        return (number - first) * width, (number - first + 1) * width


class _Reader:
    """Takes little-endian values off the front of bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, number: int) -> bytes:
        if number < 0 or self._at + number > len(self._content):
            raise EOFError("it ends too early")
        self._at += number
        return self._content[self._at - number : self._at]

    def integers(self, number: int) -> tuple[int, ...]:
        return struct.unpack(f"<{number}i", self.take(4 * number))

    def offsets(self, number: int) -> tuple[int, ...]:
        return struct.unpack(f"<{number}Q", self.take(8 * number))


def _names(reader: _Reader) -> tuple[str, ...]:
    """Contigs out of tabix's configuration: six numbers, the names' length, and the names, each ended by a zero."""
    length = reader.integers(7)[6]
    return tuple(name.decode() for name in reader.take(length).split(b"\0")[:-1])


def _contig(reader: _Reader, layout: _Layout) -> tuple[int | None, int | None, tuple[Place, ...]]:
    """Where one contig's records begin and end, from the extra bin that htslib adds for it, and places of some."""
    begin, end, places = None, None, list[Place]()
    (num_bins,) = reader.integers(1)
    for _ in range(num_bins):
        (number,) = reader.integers(1)
        if layout.is_csi:
            reader.take(8)
        (num_chunks,) = reader.integers(1)
        chunks = reader.offsets(2 * num_chunks)
        if number == layout.meta_bin and num_chunks == 2:
            begin, end = chunks[0], chunks[1]
        elif 0 <= number < layout.meta_bin - 1:
            places += [Place(offset, *layout.stretch(number)) for offset in chunks[::2]]
    if not layout.is_csi:
        (num_windows,) = reader.integers(1)
        reader.take(8 * num_windows)
    places.sort()
    return begin, end, tuple(places[:: -(-len(places) // _MOST_PLACES) or 1])


def _misfit(path: Path, index: Index) -> str | None:
    """What speaks against the index: other records where it names some, or records after the last one."""
    with path.open("rb") as file:
        is_bcf = next(_content(file, 0), b"")[:3] == b"BCF"
        for number, begin in enumerate(index.begins):
            name = index.names[number] if index.names else str(number)
            contig = str(number) if is_bcf else name
            if begin is not None and _record_at(file, begin, is_bcf)[0] != contig:
                return f"contig {name} does not begin where it says"
            for offset, start, end in index.places[number]:
                named, position = _record_at(file, offset, is_bcf)
                if named != contig or not start <= max(position, 0) < end:
                    return f"a record of contig {name} is not where it says"
        ends = [end for end in index.ends if end is not None]
        if ends and max(ends) >> 16 > path.stat().st_size:
            return "it knows records beyond the file's end"
        if ends and any(block.strip() for block in _content(file, max(ends))):
            return "the file goes on after the last record that it knows"
    return None


def _record_at(file: BinaryIO, offset: int, is_bcf: bool) -> tuple[str, int]:
    """Name of the contig (for a BCF its number) and 0-based position of the record at a virtual offset."""
    start = b""
    for block in _content(file, offset):
        start += block
        if is_bcf and len(start) >= 16:
            _, _, contig, position = struct.unpack_from("<2I2i", start)
            return str(contig), position
        columns = start.split(b"\t", 2)
        if not is_bcf and len(columns) > 2:
            return columns[0].decode(errors="replace"), int(columns[1]) - 1
    return _NO_CONTIG, -1


def _content(file: BinaryIO, offset: int) -> Iterator[bytes]:
    """What the blocks of a BGZF file hold, from a virtual offset on."""
    address, skip = offset >> 16, offset & 0xFFFF
    while True:
        file.seek(address)
        head = file.read(18)
        if not head:
            return
        *magic, _, _, _, _, first, second, _, size = _BGZF_HEAD.unpack(head)
        if magic != [31, 139, 8, 4] or (first, second) != (66, 67):
            raise EOFError(f"byte {address:,}")
        yield zlib.decompress(file.read(size + 1 - 18 - 8), -15)[skip:]
        address, skip = address + size + 1, 0
