"""htslib, kept strict: its complaints become errors, and a file that was cut short is refused."""

import contextlib
import gzip
import os
import sys
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from introghost.errors import DataError

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_ERRORS = ("[E::", "[W::bgzf", "[W::bcf_record_check")
_HARMLESS = "[E::bcf_hdr_parse_line]"  # a free-text line of the header, which htslib leaves out
_GZIP_MAGIC = b"\x1f\x8b"


def check_complete(path: Path) -> None:
    """Refuse a file that is missing, empty, or BGZF-compressed without the end-of-file block.

    Raises
    ------
    DataError
    """
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


def text_contigs(path: Path) -> list[str]:
    """First column of the records of a VCF, each name once; none for a BCF, whose header must declare them all.

    Raises
    ------
    DataError
        A damaged compressed file.
    """
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP_MAGIC
    names: dict[bytes, None] = {}
    try:
        with gzip.open(path) if compressed else path.open("rb") as lines:
            for number, line in enumerate(lines):
                if number == 0 and line.startswith(b"BCF"):
                    return []
                if not line.startswith(b"#") and line.strip():
                    names.setdefault(line.split(b"\t", 1)[0])
    except (EOFError, OSError, zlib.error) as error:
        raise _damaged(path, str(error)) from error
    return [name.decode(errors="replace").rstrip("\r\n") for name in names]


class Messages:
    """What htslib has written to file descriptor 2 so far."""

    def __init__(self, path: Path, held: IO[bytes]) -> None:
        self._path = path
        self._held = held
        self._seen = 0

    def check(self) -> None:
        """Raise a `DataError` if there is an error among the messages since the last call."""
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

    Raises
    ------
    DataError
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
