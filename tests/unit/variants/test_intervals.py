"""BED files as people have them."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from introghost.errors import DataError
from introghost.findings import Code
from introghost.haplotypes import on_contig
from introghost.variants.intervals import counting_findings, interval_union, read_bed


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=12))
def test_a_union_keeps_every_base_once(pairs: list[tuple[int, int]]) -> None:
    intervals = np.array([(start, start + length) for start, length in pairs], dtype=np.int64).reshape(-1, 2)
    union = interval_union(intervals)
    bases = [base for start, end in union for base in range(start, end)]
    assert bases == sorted({base for start, end in intervals for base in range(start, end)})
    assert (union[1:, 0] > union[:-1, 1]).all()


def test_bed(tmp_path: Path) -> None:
    path = tmp_path / "a.bed.gz"
    path.write_bytes(gzip.compress(b"track name=x\n#c\nchr1\t5\t9\tname\nchr1\t0\t3\nchr2 1 2\nchr1\t9\t10\n\n"))
    bed = read_bed(path)
    assert bed["chr1"].tolist() == [[0, 3], [5, 10]]
    assert on_contig(bed, "2") is bed["chr2"]
    assert on_contig(bed, "3") is None


@pytest.mark.parametrize(
    "text",
    [
        "1\t0\t500000\n1\t600000\t700000\n",
        "chrom\tchromStart\tchromEnd\n1\t0\t500000\n1\t600000\t700000\n",
        "#chrom\tstart\tend\n1\t0\t500000\n#chrom\tstart\tend\n1\t600000\t700000\n",
        "start,end,chr\n0,500000,1\n600000,700000,1\n",
        "1,0,500000\n1,600000,700000\n",
        "1 0 500000 a,b,c\n1 600000 700000 d,e,f\n",
        "1\t0\t500000\ta, b\n1\t600000\t700000\n",
        "browser position 1:1-2\ntrack\n#\n1 600000 700000\n1 0 5e+05\n",
        "1\t0\t500000.0\n1\t6e5\t700000\n",
        '"chrom" "start" "end"\n"1" "1" 0 500000\n"2" "1" 6e+05 7e+05\n',
        '"","chrom","start","end"\n"1","1",0,500000\n"2","1",600000,700000\n',
        "seqnames\tstart\tend\twidth\tstrand\n1\t1\t500000\t500000\t*\n1\t600001\t700000\t100000\t*\n",
        "seqnames start end width strand\n1 1 1 500000 500000 *\n2 1 600001 700000 100000 *\n",
    ],
)
def test_forms_of_bed(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.bed"
    for content in (text.encode(), text.encode("utf-8-sig"), text.replace("\n", "\r\n").encode("utf-16")):
        path.write_bytes(content)
        assert {contig: of.tolist() for contig, of in read_bed(path).items()} == {
            "1": [[0, 500_000], [600_000, 700_000]]
        }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t5\n", r"a\.bed:1: not a BED interval: 'chr1 5'; the columns are contig, start and end"),
        ("chr1\t5\t9\nchr1\ta\t7\n", r"a\.bed:2: not a BED interval"),
        ("where\tpos1\tpos2\nchr1\t5\t9\n", r"a\.bed:1: not a BED interval.*if it is a heading, name the columns"),
        ("chr1\t9\t7\n", "start 9 and end 7 are not an interval"),
        ("0\t500000\t1\n", "are not an interval; the columns are contig, start, end"),
        ("chr1\t-1\t7\n", "are not an interval"),
        ("chr1\t0\t1.23E+08\n", r"not a BED interval: 'chr1 0 1\.23E\+08'"),
        ("chr1\t0\t1.5\n", "not a BED interval"),
        ("chr1\t1,000\t2,000\n", "not a BED interval"),
        ("", "no interval in the BED file"),
        ("#only a comment\n", "no interval in the BED file"),
        ("1\t5\t5\n1\t9\t9\n", "every interval ends where it starts.*1-based"),
        ("@HD\tVN:1.6\n1\t1\t5\t+\tx\n", "as Picard takes it"),
        ("##fileformat=VCFv4.2\n#CHROM\tPOS\n", "this is a VCF, not a BED file"),
    ],
)
def test_refuses_bad_bed(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.bed"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_bed(path)


def test_intervals_that_count_from_1_are_doubted() -> None:
    ends = np.arange(100, 1001, 100)
    one_based, zero_based = (np.stack([ends - 99 - shift, ends], axis=1) for shift in (0, 1))
    (finding,) = counting_findings({"1": one_based})
    assert finding.code == Code.CALLABLE_REGIONS
    assert "between 9 of 9 neighbouring callable regions lies a single base" in finding.text
    assert counting_findings({"1": interval_union(zero_based)}) == []
    assert counting_findings({"1": one_based[:5]}) == []
    assert counting_findings({"1": one_based[::2]}) == []
    assert counting_findings({}) == []


@pytest.mark.parametrize(("states", "word"), [(("CALLABLE", "NO_COVERAGE"), "CALLABLE"), (("1", "0"), "1")])
def test_a_list_of_all_sequence_with_its_states_is_no_mask(tmp_path: Path, states: tuple[str, str], word: str) -> None:
    path = tmp_path / "states.bed"
    path.write_text(f"1\t0\t100\t{states[0]}\n1\t100\t200\t{states[1]}\n")
    with pytest.raises(DataError, match=f"column 4 tells {word} from {states[1]}; keep the lines of {word} alone"):
        read_bed(path)
    path.write_text(f"1\t0\t100\t{states[0]}\n1\t150\t200\t{states[0]}\n")
    assert read_bed(path)["1"].tolist() == [[0, 100], [150, 200]]


def test_an_end_beyond_any_chromosome_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "huge.bed"
    path.write_text("1\t0\t99999999999999999999\n")
    with pytest.raises(DataError, match="beyond any chromosome"):
        read_bed(path)
