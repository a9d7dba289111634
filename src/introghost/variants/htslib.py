"""htslib, kept strict: its complaints become errors, and a file that was cut short is refused."""

import codecs
import contextlib
import gzip
import itertools
import os
import re
import sys
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import IO

from introghost.errors import DataError
from introghost.text import HEAD_BYTES, check_kind, is_pipe

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_ERRORS = ("[E::", "[W::bgzf", "[W::bcf_record_check")
_HARMLESS = "[E::bcf_hdr_parse_line]"  # a free-text line of the header, which htslib leaves out
_GZIP_MAGIC = b"\x1f\x8b"
_FIXED_COLUMNS = 9
_VCF_START, _BCF_START = b"##fileformat=VCF", b"BCF\2\2"
_HIGHEST_IDX = 1_000_000


def check_complete(path: Path) -> None:
    """Refuse a file that is missing, empty, or BGZF-compressed without the end-of-file block.

    Raises
    ------
    DataError
        The file is one of these, or a pipe.
    """
    if is_pipe(path):
        raise DataError(f"{path}: a VCF can't come from a pipe, for it is read more than once; write it to a file")
    if not path.is_file():
        raise DataError(f"{path}: no such file; check the path")
    with path.open("rb") as file:
        head = file.read(18)
        if not head:
            raise DataError(f"{path}: the file is empty; copy it again")
        is_bgzf = head[:2] == _GZIP_MAGIC and head[12:14] == b"BC"
        file.seek(0, os.SEEK_END)
        if not is_bgzf:
            return
        file.seek(-min(file.tell(), len(BGZF_END)), os.SEEK_END)
        if file.read() != BGZF_END:
            raise DataError(f"{path}: the bgzip end-of-file block is missing, so the file is truncated; copy it again")


def check_beginning(path: Path) -> None:
    """Refuse what is neither VCF nor BCF, a VCF without a sample, or a header that would fill the memory.

    Raises
    ------
    DataError
        The file is one of these, or damaged at its start.
    """
    columns = b""
    try:
        with open_bytes(path) as lines:
            start = lines.read(len(_BCF_START) + 4)
            if start.startswith(_BCF_START):
                header = lines.read(int.from_bytes(start[-4:], "little")).splitlines()
            elif _VCF_START.startswith(start):
                header = []
                for columns in itertools.chain([start + lines.readline()], lines):
                    if not columns.startswith(b"##"):
                        break
                    header.append(columns)
            elif start.startswith(codecs.BOM_UTF8):
                raise DataError(
                    f"{path}: begins with a byte-order mark, which htslib can't read; remove the first 3 bytes"
                )
            else:
                check_kind(path, start + lines.read(HEAD_BYTES), "a VCF", "give the VCF itself")
                raise DataError(f"{path}: not a VCF, or damaged at its start: it does not begin with ##fileformat=VCF")
    except (EOFError, OSError, zlib.error) as error:
        raise _damaged(path, str(error)) from error
    for line in header:
        number = re.search(rb"\bIDX\s*=\s*\+?(\d+)", line, flags=re.IGNORECASE)  # as leniently as htslib
        if number and int(number[1]) > _HIGHEST_IDX:  # htslib makes room for all numbers up to it
            raise DataError(f"{path}: IDX={int(number[1])} in the header; take it out, it is for BCF alone")
    if columns.startswith(b"#CHROM\t") and columns.rstrip(b"\r\n").count(b"\t") < _FIXED_COLUMNS:
        raise DataError(f"{path}: the VCF has no samples; introghost needs phased genotypes")


def begins_as_vcf(path: Path) -> bool:
    """Whether a file begins as a VCF or a BCF does; not asked of a pipe, which can be read but once."""
    if is_pipe(path) or not path.is_file():
        return False
    try:
        with open_bytes(path) as file:
            return file.read(len(_VCF_START)).startswith((_VCF_START, _BCF_START))
    except (EOFError, OSError, zlib.error):
        return False


def text_contigs(path: Path) -> list[str]:
    """First column of the records of a VCF, each name once; none for a BCF, whose header must declare them all.

    The text is looked through for what htslib reads without a word, or stumbles over: lines that are blank, that hold a
    NUL byte, that have more columns than the header, that belong to a header, or whose end is missing.

    Raises
    ------
    DataError
        A damaged compressed file, or such a line.
    """
    names: dict[bytes, None] = {}
    num_tabs: int | None = None
    blank, complaint, line = 0, "", b"\n"
    try:
        with open_bytes(path) as lines:
            for number, line in enumerate(lines, start=1):
                if number == 1 and line.startswith(b"BCF"):
                    return []
                if line.startswith(b"#") and num_tabs is None:  # the header's last line names the columns
                    num_tabs = line.rstrip(b"\t\r\n").count(b"\t") if line.startswith(b"#CHROM") else None
                elif not line.strip():
                    blank = blank or number
                elif not complaint:  # of a damaged file not the first odd line is told, but the damage itself
                    flaw = _flaw(line, num_tabs)
                    if flaw is not None:
                        complaint = f"{path}:{number}: {flaw}"
                    names.setdefault(line.split(b"\t", 1)[0])
    except (EOFError, OSError, zlib.error) as error:
        raise _damaged(path, str(error)) from error
    if not line.endswith(b"\n"):
        raise DataError(
            f"{path}: the last line has no end, so the file may be cut short; copy it again, or end the line"
        )
    if blank:
        raise DataError(f"{path}:{blank}: a blank line among the records or after them; take it out")
    if complaint:
        raise DataError(complaint)
    return [name.decode(errors="replace").rstrip("\r\n") for name in names]


def open_bytes(path: Path) -> BufferedIOBase | gzip.GzipFile:
    """Open a file to read its bytes, unpacked if it is compressed with gzip or bgzip."""
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP_MAGIC
    return gzip.open(path) if compressed else path.open("rb")


def _flaw(line: bytes, num_tabs: int | None) -> str | None:
    """What is wrong with a record's line that htslib would not mind, or would name misleadingly."""
    if line.startswith(b"#"):
        return "a header line among the records; take it out"
    if b"\0" in line:
        return "a NUL byte; the file is damaged, copy it again"
    tabs = line.count(b"\t")
    if tabs == 0 and b" " in line.strip():
        return "spaces instead of tabs between the columns; write the file with tabs"
    if num_tabs is not None and tabs > num_tabs:
        return f"{tabs + 1:,} columns, the header has {num_tabs + 1:,}; mend the record"
    return None


class Messages:
    """What htslib has written to file descriptor 2 so far.

    Parameters
    ----------
    path : Path
        Of the VCF, for errors.
    held : file
        In which the messages are.
    """

    def __init__(self, path: Path, held: IO[bytes]) -> None:
        self._path = path
        self._held = held
        self._seen = 0

    def check(self) -> None:
        """Refuse the file if there is an error among the messages since the last call.

        Raises
        ------
        DataError
            There is one.
        """
        size = os.fstat(self._held.fileno()).st_size
        if size == self._seen:
            return
        text = os.pread(self._held.fileno(), size - self._seen, self._seen).decode(errors="replace")
        self._seen = size
        for line in text.splitlines():
            if line.startswith(_ERRORS) and not line.startswith(_HARMLESS):
                raise _damaged(self._path, line)


@contextlib.contextmanager
def errors_raised(path: Path) -> Iterator[Messages]:
    """Run htslib calls with its messages held back; an error among them, or an exception, becomes a `DataError`.

    htslib reports damage only on file descriptor 2; cyvcf2 then hands out a half-read record, or goes on as if the
    file had ended. So that descriptor is read when the block ends, and before a record is used where the block calls
    `Messages.check`. Mere warnings are dropped, except those about the compression.

    Yields
    ------
    Messages
        Of htslib within the block.

    Raises
    ------
    DataError
        htslib or cyvcf2 found an error.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # cyvcf2's, for a stretch without records
        messages = Messages(path, held)
        descriptor = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield messages
        except DataError:
            raise
        except Exception as error:
            messages.check()
            if type(error) is not Exception and not isinstance(error, (OSError, UnicodeDecodeError)):
                raise  # not one of cyvcf2's, which are bare
            raise _damaged(path, str(error)) from error
        finally:
            os.dup2(descriptor, 2)
            os.close(descriptor)
        messages.check()


def _damaged(path: Path, complaint: str) -> DataError:
    return DataError(f"{path}: damaged or not valid VCF: {' '.join(complaint.split())}; check it with `bcftools view`")
