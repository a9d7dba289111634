"""Ancestral alleles out of a FASTA."""

import bz2
import gzip
from pathlib import Path

import numpy as np
import pytest

from introghost.errors import DataError
from introghost.variants.ancestral_fasta import AncestralFasta


def test_ancestral_fasta(tmp_path: Path) -> None:
    path = tmp_path / "a.fa.gz"
    path.write_bytes(gzip.compress(b">chr1 first\nACgt\nN-\n>2\nTTT\n"))
    fasta = AncestralFasta(path)
    assert fasta.alleles("1", np.array([0, 1, 2, 3, 4, 9])).tolist() == [b"A", b"C", b"G", b"T", b"N", b"N"]
    assert fasta.alleles("2", np.array([2])).tolist() == [b"T"]
    with pytest.raises(DataError, match="no sequence for contig '3'"):
        fasta.alleles("3", np.array([2]))
    path.write_text("ACGT\n")
    with pytest.raises(DataError, match="not FASTA"):
        AncestralFasta(path)


@pytest.mark.parametrize("text", ["\ufeff>1\r\nAC\r\nGT\r\n", ">1\rAC\rGT\r"])
def test_marks_and_line_ends(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.fa"
    path.write_bytes(text.encode())
    assert AncestralFasta(path).alleles("1", np.arange(5)).tolist() == [b"A", b"C", b"G", b"T", b"N"]


@pytest.mark.parametrize("content", [bz2.compress(b">1\nACGT\n"), gzip.compress(bytes(range(256)))])
def test_a_fasta_that_is_not_text_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.fa.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.fa\.gz(:2)?: (not UTF-8 text|this is compressed by bzip2)"):
        AncestralFasta(path)
