"""A tabix or CSI index, trusted only after it has been held against the file that it lies beside.

htslib believes whatever index it finds: one that was made before the file was last changed makes it return too few
records, or those of another place, without a word. The times of the two files prove nothing either way, so that the
places that the index names are looked at in the file as well.
"""

import gzip
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from introghost.errors import DataError

_SUFFIXES = (".csi", ".tbi")  # in the order in which htslib looks for them
_TOLERANCE_S = 5.0  # copying may give the smaller file the earlier time
_BGZF_HEAD = struct.Struct("<4BI2BH2B2H")
_TBI_META_BIN = 37_450
_NO_CONTIG = "\0"


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
    """

    path: Path
    names: tuple[str, ...]
    begins: tuple[int | None, ...]
    ends: tuple[int | None, ...]

    def has_records(self, contig: str) -> bool:
        """Whether the contig may have records."""
        return not self.names or contig in self.names


def index_path(path: Path) -> Path | None:
    """The index that htslib uses for a file, or None if there is none."""
    return next((found for suffix in _SUFFIXES if (found := Path(f"{path}{suffix}")).is_file()), None)


def checked_index(path: Path) -> Index | None:
    """The index beside a VCF or BCF, None if there is none.

    Raises
    ------
    DataError
        An index that is older than the file, damaged, or of another file.
    """
    found = index_path(path)
    if found is None:
        return None
    data, index = path.stat(), found.stat()
    return _checked(path, found, data.st_mtime_ns, data.st_size, index.st_mtime_ns, index.st_size)


@lru_cache(maxsize=16)
def _checked(path: Path, found: Path, data_ns: int, data_size: int, index_ns: int, index_size: int) -> Index:
    if data_ns - index_ns > _TOLERANCE_S * 1e9:
        raise DataError(f"{found}: the index is older than {path.name}; re-index with `bcftools index -f {path}`")
    try:
        index = _parse(found)
    except (EOFError, OSError, zlib.error, struct.error, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{found}: the index is damaged ({error}); re-index with `bcftools index -f {path}`") from error
    try:
        complaint = _misfit(path, index)
    except (EOFError, OSError, zlib.error, struct.error) as error:
        complaint = f"there is no compressed block where the index says: {error}"
    if complaint:
        raise DataError(
            f"{found}: the index is not of {path.name} as it is now ({complaint}); "
            f"re-index with `bcftools index -f {path}`"
        )
    return index


def _parse(found: Path) -> Index:
    with gzip.open(found) as file:
        content = file.read()
    reader = _Reader(content)
    magic = reader.take(4)
    if magic not in (b"TBI\1", b"CSI\1"):
        raise ValueError("it does not begin like an index")
    is_csi = magic == b"CSI\1"
    if is_csi:
        _, depth, length = reader.integers(3)
        auxiliary = _Reader(reader.take(length))
        meta_bin = ((1 << (3 * depth + 3)) - 1) // 7 + 1
        (num_contigs,) = reader.integers(1)
        names = _names(auxiliary) if length >= 28 else ()
    else:
        (num_contigs,) = reader.integers(1)
        names, meta_bin = _names(reader), _TBI_META_BIN
    if names and len(names) != num_contigs:
        raise ValueError(f"{len(names)} names for {num_contigs} contigs")
    offsets = [_offsets(reader, is_csi, meta_bin) for _ in range(num_contigs)]
    return Index(found, names, tuple(begin for begin, _ in offsets), tuple(end for _, end in offsets))


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


def _offsets(reader: _Reader, is_csi: bool, meta_bin: int) -> tuple[int | None, int | None]:
    """Where one contig's records begin and end, from the extra bin that htslib adds for it."""
    begin, end = None, None
    (num_bins,) = reader.integers(1)
    for _ in range(num_bins):
        (number,) = reader.integers(1)
        if is_csi:
            reader.take(8)
        (num_chunks,) = reader.integers(1)
        chunks = reader.offsets(2 * num_chunks)
        if number == meta_bin and num_chunks == 2:
            begin, end = chunks[0], chunks[1]
    if not is_csi:
        (num_windows,) = reader.integers(1)
        reader.take(8 * num_windows)
    return begin, end


def _misfit(path: Path, index: Index) -> str | None:
    """What speaks against the index: another contig where one should begin, or records after the last one."""
    with path.open("rb") as file:
        is_bcf = next(_content(file, 0), b"")[:3] == b"BCF"
        for number, begin in enumerate(index.begins):
            if begin is None:
                continue
            name = index.names[number] if index.names else str(number)
            found = _contig_at(file, begin, is_bcf)
            if found != (str(number) if is_bcf else name):
                return f"contig {name} does not begin where it says"
        ends = [end for end in index.ends if end is not None]
        if ends and max(ends) >> 16 > path.stat().st_size:
            return "it knows records beyond the file's end"
        if ends and any(block.strip() for block in _content(file, max(ends))):
            return "the file goes on after the last record that it knows"
    return None


def _contig_at(file: BinaryIO, offset: int, is_bcf: bool) -> str:
    """Name of the contig of the record at a virtual offset; for a BCF its number."""
    start = b""
    for block in _content(file, offset):
        start += block
        if is_bcf and len(start) >= 12:
            return str(struct.unpack_from("<2Ii", start)[2])
        if not is_bcf and b"\t" in start:
            return start.split(b"\t", 1)[0].decode(errors="replace")
    return _NO_CONTIG


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
