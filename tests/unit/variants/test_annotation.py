"""BED, genetic maps and ancestral FASTA."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from introghost.errors import DataError
from introghost.haplotypes import GeneticMap, on_contig
from introghost.variants.annotation import AncestralFasta, merge_intervals, read_bed, read_genetic_map, unnamed_contigs


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=12))
def test_merging_keeps_every_base_once(pairs: list[tuple[int, int]]) -> None:
    intervals = np.array([(start, start + length) for start, length in pairs], dtype=np.int64).reshape(-1, 2)
    merged = merge_intervals(intervals)
    bases = [base for start, end in merged for base in range(start, end)]
    assert bases == sorted({base for start, end in intervals for base in range(start, end)})
    assert (merged[1:, 0] > merged[:-1, 1]).all()


def test_bed(tmp_path: Path) -> None:
    path = tmp_path / "a.bed.gz"
    path.write_bytes(gzip.compress(b"track name=x\n#c\nchr1\t5\t9\tname\nchr1\t0\t3\nchr2 1 2\nchr1\t9\t10\n\n"))
    bed = read_bed(path)
    assert bed["chr1"].tolist() == [[0, 3], [5, 10]]
    assert on_contig(bed, "2") is bed["chr2"]
    assert on_contig(bed, "3") is None


@pytest.mark.parametrize("text", ["chr1\t5\n", "chr1\ta\t7\n", "chr1\t9\t7\n", "", "#only a comment\n"])
def test_refuses_bad_bed(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.bed"
    path.write_text(text)
    with pytest.raises(DataError, match=r"a\.bed"):
        read_bed(path)


@pytest.mark.parametrize(
    "text",
    [
        "Chromosome\tPosition(bp)\tRate(cM/Mb)\tMap(cM)\nchr1\t1\t1.0\t0\nchr1\t11\t1.0\t4\n",
        "chr1 1 1.0 0\nchr1 11 1.0 4\n",
        "pos\tchr\tcM\n1\t1\t0\n11\t1\t4\n",
        "position COMBINED_rate(cM/Mb) Genetic_Map(cM)\n1 1.0 0\n11 1.0 4\n",
    ],
)
def test_genetic_map_dialects(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.txt"
    path.write_text(text)
    genetic_map = on_contig(read_genetic_map(path), "1")
    assert genetic_map is not None
    assert genetic_map.centimorgans_at(np.array([0, 5, 10, 99])).tolist() == [0, 2, 4, 4]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("5\t1\t1\n5\t1\t2\n", "positions not increasing at 5"),
        ("5\t1\t1\n6\t1\t0\n", "map not increasing at 6"),
        ("5\t1\tx\n", "map.txt:2: not a point"),
        ("5\t1\tnan\n", "not finite"),
        ("", "no points"),
    ],
)
def test_refuses_bad_genetic_map(tmp_path: Path, rows: str, message: str) -> None:
    path = tmp_path / "map.txt"
    path.write_text("pos\tchr\tcM\n" + rows)
    with pytest.raises(DataError, match=message):
        read_genetic_map(path)
    path.write_text("a\tb\n1\t2\n")
    with pytest.raises(DataError, match="unknown columns"):
        read_genetic_map(path)


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


def test_contigs_that_nothing_names_are_told() -> None:
    intervals = {"chr1": np.array([[0, 10]])}
    maps = {"2": GeneticMap(np.array([0.0, 10.0]), np.array([0.0, 1.0]))}
    assert unnamed_contigs(["1", "2", "3"], intervals, maps) == [
        "the callable regions name nothing on 2, 3: nothing is callable there",
        "the genetic map names nothing on 1, 3: nothing is known of recombination there",
    ]
    assert unnamed_contigs(["1"], intervals, None) == []
