"""Text files as people have them: in any common encoding, with any line end, compressed or not, in a file or a pipe.

Every table, mask, map and sequence is read through `read_lines`, so that what one of them can be, all can be.
"""

import codecs
import contextlib
import gzip
import io
import re
import stat
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path

from introghost.errors import DataError

_GZIP = b"\x1f\x8b"
HEAD_BYTES = 4096  # by which the kind and the encoding of a file are told
# The mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KINDS = (
    (b"##fileformat=VCF", "a VCF"),
    (b"BCF\2", "a BCF"),
    (b"BAM\1", "a BAM"),
    (b"PK\3\4", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook"),
    *((b"BZh%d1AY&SY" % level, "compressed by bzip2") for level in range(1, 10)),
    (b"\xfd7zXZ", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (_GZIP, "compressed by gzip twice"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a document in Rich Text Format"),
    (b"PAR1\x15", "a Parquet file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
)
_HTML = re.compile(
    rb"(?is)(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--(?:(?!-->).)*-->\s*)*<(!doctype\s+html|html|head|body)\b"
)
_MARK = "\ufeff"

_pipes: dict[tuple[int, int, int], bytes] = {}


def is_pipe(path: Path) -> bool:
    """Whether a path is a pipe or a device, such as ``<(…)`` or ``/dev/stdin``: it can be read once, from its start."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)


def read_pipe(path: Path) -> bytes:
    """All bytes of a pipe; asked again, those that it gave before, unless somebody has written to it since."""
    content = _pipes.get(_state(path))
    if content is None:
        content = path.read_bytes()
        _pipes[_state(path)] = content
    return content


def _state(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_mtime_ns


def read_lines(path: Path, kind: str) -> Generator[str, None, None]:
    """Lines of a text file, without their ends.

    UTF-8, with a byte-order mark or not, UTF-16 and UTF-32 are understood, and line ends of every system; gzip and
    bgzip are unpacked.

    Parameters
    ----------
    path : Path
        A file or a pipe.
    kind : str
        What the file should be, for messages: for example ``a genetic map``.

    Yields
    ------
    str

    Raises
    ------
    DataError
        No such file, a damaged one, one of another encoding, or one that holds something else: a VCF, a workbook.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file; check the path")
    try:
        with _opened(path) as file:
            head = file.read(HEAD_BYTES)
            file.seek(0)
            encoding = _encoding(head)
            check_kind(path, head, kind, f"are two files swapped? else give {kind} as text")
            for number, line in enumerate(io.TextIOWrapper(file, encoding=encoding), start=1):
                if "\0" in line:
                    raise DataError(f"{path}:{number}: a NUL byte; the file is damaged, copy it again")
                # Files with marks that were put together have marks within.
                yield (line.removeprefix(_MARK) if line[0] == _MARK else line).rstrip("\n")
    except UnicodeError as error:
        raise _undecodable(path, encoding) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: damaged: {error}; copy it again") from error
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror}; expected {kind}") from error


def read_text(path: Path, kind: str) -> str:
    """The whole of a text file, as `read_lines` reads it; lines end with ``\\n``.

    Parameters
    ----------
    path : Path
    kind : str
        What the file is, for messages.

    Raises
    ------
    DataError
        As `read_lines` does.
    """
    return "".join(f"{line}\n" for line in read_lines(path, kind))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[io.BytesIO | io.BufferedReader | gzip.GzipFile]:
    """The bytes of a file or pipe, unpacked."""
    with io.BytesIO(read_pipe(path)) if is_pipe(path) else path.open("rb") as file:
        is_packed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        if is_packed:
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked
        else:
            yield file


def _encoding(head: bytes) -> str:
    """Encoding of a file that begins with `head`."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    # Of UTF-16 without a mark every other byte of plain letters is 0.
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4 and not even:
        return "utf-16-le"
    if even > len(head) // 4 and not odd:
        return "utf-16-be"
    return "utf-8"


def check_kind(path: Path, head: bytes, kind: str, remedy: str) -> None:
    """Refuse a file whose first bytes are those of something else than it should be.

    Parameters
    ----------
    path : Path
        For messages.
    head : bytes
        First bytes, unpacked.
    kind : str
        What the file should be, as for `read_lines`.
    remedy : str
        What to do if it is something else, but a page of the web.

    Raises
    ------
    DataError
    """
    if _HTML.match(head):
        raise DataError(
            f"{path}: this is an HTML page, not {kind}: a download may have failed, or asked for a login; open the "
            "page in a browser to see, and download the file again"
        )
    for start, other in _KINDS:
        if head.startswith(start):
            raise DataError(f"{path}: this is {other}, not {kind}; {remedy}")


def _undecodable(path: Path, encoding: str) -> DataError:
    """The error for a file that its encoding does not fit, with the first line that shows it."""
    if encoding not in ("utf-8", "utf-8-sig"):
        return DataError(f"{path}: damaged {encoding.upper()} text; save it as UTF-8")
    with _opened(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                byte = line[error.start]
                return DataError(
                    f"{path}:{number}: not UTF-8 text (byte 0x{byte:02x}); save it as UTF-8, for example by "
                    "`iconv -f LATIN1 -t UTF-8`"
                )
    return DataError(f"{path}: damaged UTF-8 text: it ends within a letter; copy it again")
