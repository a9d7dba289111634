"""Text in any encoding, with any line end, compressed or not, from a file or a pipe; and what is no text."""

import bz2
import codecs
import gzip
import hashlib
import lzma
import os
import threading
from pathlib import Path

import pytest

from introghost import provenance, text
from introghost.errors import DataError

LINES = ["sample\tpopulation", "Žofie\tYRI", "", "a b\tCEU"]
CONTENT = "".join(f"{line}\n" for line in LINES)


def read(path: Path) -> list[str]:
    return list(text.read_lines(path, "a genetic map"))


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
@pytest.mark.parametrize("packed", [False, True])
def test_encodings_line_ends_and_compression(tmp_path: Path, encoding: str, line_end: str, packed: bool) -> None:
    content = CONTENT.replace("\n", line_end).encode(encoding)
    if encoding == "utf-32-le":
        content = codecs.BOM_UTF32_LE + content
    path = tmp_path / "a.tsv"
    path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    assert read(path) == LINES
    assert text.read_text(path, "a table") == CONTENT


def test_a_file_without_a_last_line_end_and_one_in_several_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(b"a\nb")
    assert read(path) == ["a", "b"]
    path.write_bytes(b"")
    assert read(path) == []
    # bgzip and `cat` write several gzip streams; `cat` leaves marks within.
    path.write_bytes(
        gzip.compress(codecs.BOM_UTF8 + b"a\n", mtime=0) + gzip.compress(codecs.BOM_UTF8 + b"b\n", mtime=0)
    )
    assert read(path) == ["a", "b"]


def test_other_marks_of_unicode_do_not_end_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes("a\u2028b\x0bc\x85d\n".encode())
    assert read(path) == ["a\u2028b\x0bc\x85d"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\nb\nNaïve\n".encode("latin-1"), r"a\.tsv:3: not UTF-8 text \(byte 0xef\); save it as UTF-8"),
        (b"a\nb\xe2\x82", r"a\.tsv:2: not UTF-8 text \(byte 0xe2\)"),
        (codecs.BOM_UTF16_LE + b"a\0\n\0b", "damaged UTF-16 text; save it as UTF-8"),
        (b"a\nb\0c\n", r"a\.tsv:2: a NUL byte"),
        (gzip.compress(CONTENT.encode() * 99, mtime=0)[:-9], "damaged: .*copy it again"),
        (gzip.compress(bytes(range(256)), mtime=0), "not UTF-8 text"),
        (gzip.compress(gzip.compress(b"a", mtime=0), mtime=0), "compressed by gzip twice, not a genetic map"),
        (bz2.compress(b"a\n"), "compressed by bzip2, not a genetic map"),
        (lzma.compress(b"a\n"), "compressed by xz"),
        (b"PK\3\4rest", "an Excel workbook"),
        (b"%PDF-1.4", "a PDF"),
        (b"<!DOCTYPE html><html>", "this is an HTML page, not a genetic map: a download may have failed"),
        (b"\n\n<HTML lang=en>", "this is an HTML page"),
        (b"\xef\xbb\xbf<!-- saved --><html>", "this is an HTML page"),
        (b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC ''>", "this is an HTML page"),
        (gzip.compress(b"BCF\2\2", mtime=0), "this is a BCF, not a genetic map; are two files swapped"),
        (b"##fileformat=VCFv4.2\n", "this is a VCF, not a genetic map; are two files swapped"),
    ],
)
def test_what_is_no_such_text_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as error:
        read(path)
    assert "\n" not in str(error.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read(tmp_path / "none")


def fill(path: Path, content: bytes) -> threading.Thread:
    writer = threading.Thread(target=path.write_bytes, args=[content])
    writer.start()
    return writer


@pytest.mark.parametrize("packed", [False, True])
def test_a_pipe_is_read_once_and_remembered(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    content = gzip.compress(CONTENT.encode(), mtime=0) if packed else CONTENT.encode()
    writer = fill(path, content)
    assert read(path) == LINES
    writer.join()
    assert read(path) == LINES
    assert provenance.sha256(path) == hashlib.sha256(content).hexdigest()


def test_files_are_no_pipes(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe")
    names = ["file", "pipe", "none", "."]
    assert [text.is_pipe(tmp_path / name) for name in names] == [False, True, False, False]
    assert text.is_pipe(Path("/dev/null"))
