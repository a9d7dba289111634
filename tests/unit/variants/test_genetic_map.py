"""Genetic maps in the formats of other programs, their units, and what is wrong with them."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from introghost.errors import DataError
from introghost.findings import Code, Severity
from introghost.haplotypes import GeneticMap, on_contig
from introghost.variants.genetic_map import check_usable, rate_findings, read_genetic_map

# Three points of chromosome 1: 0 cM at its first base, 0.5 cM at base 500,000, 1.5 cM at the millionth.
POSITIONS, CENTIMORGANS = [0, 499_999, 999_999], [0, 0.5, 1.5]
DIALECTS = {
    "hapmap": "Chromosome\tPosition(bp)\tRate(cM/Mb)\tMap(cM)\n"
    "chr1\t1\t1\t0\nchr1\t500000\t2\t.5\nchr1\t1000000\t0\t1.5\n",
    "hapmap without a heading": "chr1 1 1.0 0\nchr1 500000 2.0 0.5\nchr1 1000000 0 1.5\n",
    "shapeit": "pos\tchr\tcM\n1\t1\t0\n500000\t1\t0.5\n1000000\t1\t1.5\n",
    "impute": "position COMBINED_rate(cM/Mb) Genetic_Map(cM)\n1 1.0 0\n500000 2.0 0.5\n1000000 0 1.5\n",
    "eagle": "chr position COMBINED_rate(cM/Mb) Genetic_Map(cM)\n1 1 1.0 0\n1 500000 2.0 0.5\n1 1000000 0 1.5\n",
    "plink": "1 rs1 0 1\n1 rs2 0.5 500000\n1 rs3 1.5 1000000\n",
    "plink with dots": "1\t.\t0\t1\n1\t.\t0.5\t500000\n1\t.\t1.5\t1000000\n",
    "plink with numbers": "1 1 0 1\n1 500000 0.5 500000\n1 1000000 1.5 1000000\n",
    "bim": "1 rs1 0 1 A G\n1 rs2 0.5 500000 C T\n1 rs3 1.5 1000000 A C\n",
    "eigenstrat": "   rs1   1  0.000  1 A G\n   rs2  1 0.005 500000 C T\n   rs3 1 0.015 1000000 A T\n",
    "eigenstrat without alleles": "rs1 1 0 1\nrs2 1 0.005 500000\nrs3 1 0.015 1000000\n",
    "rfmix": "#chm\tpos\tpos_cm\nchr1\t1\t0\nchr1\t500000\t0.5\nchr1\t1000000\t1.5\n",
    "rfmix without a heading": "1\t1\t0.0\n1\t500000\t0.5\n1\t1000000\t1.5\n",
    "decode": "# of 2019\nChr\tBegin\tEnd\tcMperMb\tcM\nchr1\t0\t499999\t1.000002\t0.5\nchr1\t499999\t999999\t2\t1.5\n",
    "decode without a heading": "chr1 0 499999 1.000002 0.5\nchr1 499999 999999 2 1.5\n",
    "morgans by name": "chr,pos,Map(M)\n1,1,0\n1,500000,0.005\n1,1000000,0.015\n",
    "r": '"chr" "pos" "cM"\n"1" 1 0\n"1" 5e+05 0.5\n"1" 1e+06 1.5\n',
    "twice the heading": "pos\tchr\tcM\n1\t1\t0\n500000\t1\t0.5\npos\tchr\tcM\n1000000\t1\t1.5\n",
    "another heading": "pos\tchr\tcM\n1\t1\t0\nchr pos cM\n1 500000 0.5\n1 1000000 1.5\n",
    "comments": "#made by x\npos chr cM\n#\n1 1 0\n500000 1 0.5\n# a b c\n1000000 1 1.5\n",
    "a point twice": "pos\tchr\tcM\n1\t1\t0\n500000\t1\t0.5\n500000\t1\t0.5\n1000000\t1\t1.5\n",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in DIALECTS.items()])
def test_dialects(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.txt"
    forms = (text, "\ufeff" + text, text.replace("\n", "\r\n"), text.replace("\n", "\r"))
    for content in (*(form.encode() for form in forms), gzip.compress(text.encode()), text.encode("utf-16")):
        path.write_bytes(content)
        genetic_map = on_contig(read_genetic_map(path), "1")
        assert genetic_map is not None
        np.testing.assert_allclose(genetic_map.positions_bp, POSITIONS)
        np.testing.assert_allclose(genetic_map.centimorgans, CENTIMORGANS, atol=1e-6)


def test_positions_of_a_short_map(tmp_path: Path) -> None:
    path = tmp_path / "map.txt"
    path.write_text("chr1 1 1.0 0\nchr1 11 1.0 4\n")
    genetic_map = on_contig(read_genetic_map(path), "1")
    assert genetic_map is not None
    assert genetic_map.centimorgans_at(np.array([0, 5, 10, 99])).tolist() == [0, 2, 4, 4]


def test_contigs_that_are_put_together(tmp_path: Path) -> None:
    path = tmp_path / "map.txt"
    head = "Chromosome Position(bp) Rate(cM/Mb) Map(cM)\n"
    path.write_text(f"{head}chr1 1 1 0\nchr1 11 1 4\n{head}chrX 5 1 0\nchrX 7 1 2\n")
    maps = read_genetic_map(path)
    assert {name: of.centimorgans.tolist() for name, of in maps.items()} == {"chr1": [0, 4], "chrX": [0, 2]}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("5\t1\t1\n5\t1\t2\n", r"positions not increasing at 5 \(1 cM, then 2 cM\); sort the points"),
        ("5\t1\t1\n6\t1\t0\n", r"map not increasing at 6 \(1 cM, then 0 cM\)"),
        ("5\t1\tx\n", "map.txt:2: not a point of a genetic map: '5 1 x'"),
        ("5\t1\n", "map.txt:2: not a point"),
        ("5\t1\tNA\n", "map.txt:2: not a point"),
        ("5\t1\tnan\n", "not finite"),
        ("-5\t1\t0\n5\t1\t1\n", "negative position, -5"),
        ("5\t1\t1\n", "one point"),
        ("", "no points"),
    ],
)
def test_refuses_bad_points(tmp_path: Path, rows: str, message: str) -> None:
    path = tmp_path / "map.txt"
    path.write_text("pos\tchr\tcM\n" + rows)
    with pytest.raises(DataError, match=message):
        read_genetic_map(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\n1\t2\n", "unknown columns 'a b'; expected pos, chr, cM or"),
        ("1 rs1 1000\n1 rs2 2000\n", "a PLINK map of three columns has no genetic positions: '1 rs1 1000'"),
        ("1 1000 1000\n1 2000 2000\n", "a PLINK map of three columns has no genetic positions"),
        ("1 0 1000 0.5\n1 1000 2000 0.7\n", "intervals with rates are no genetic map: '1 0 1000 0.5'"),
        ("chrom\tstart\tend\trate\n1\t0\t1000\t0.5\n", "unknown columns"),
        ("1000 1.1 0\n2000 1.1 0.1\n", "unknown columns"),
        ("1000 0\n2000 0.1\n", "unknown columns"),
        ("", "no points"),
        ("# a comment\n", "no points"),
        (
            "pos cM\n1000 0\n2000 1\npos cM\n500 0\n900 1\n",
            r"map.txt: positions not increasing at 500 .*name their chromosomes if there are several",
        ),
    ],
)
def test_unknown_columns_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "map.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_genetic_map(path)


def straight(centimorgans: float) -> GeneticMap:
    return GeneticMap(np.array([0.0, 2e6]), np.array([0.0, centimorgans]))


@pytest.mark.parametrize(
    ("centimorgans", "rate", "question"),
    [
        (0.02, "0.01 cM/Mb", "Morgans"),
        (0.0, "has no crossover: 0 cM/Mb", "another map"),
        (2e6, "1e+06 cM/Mb", "rates or of bp"),
        (102.0, "51 cM/Mb", "rates or of bp"),
    ],
)
def test_impossible_rates_are_doubted(centimorgans: float, rate: str, question: str) -> None:
    maps = {"1": straight(2.0), "chr2": straight(centimorgans), "3": straight(centimorgans), "4": straight(0.01)}
    (finding,) = rate_findings(maps, ["1", "2", "3", "9"])
    assert (finding.code, finding.severity) == (Code.GENETIC_MAP, Severity.WARNING)
    assert finding.text.startswith("the genetic map of contig 2, 3 ")
    assert rate in finding.text
    assert question in finding.text


def test_usual_rates_are_not_doubted() -> None:
    maps = {"1": straight(0.2), "2": straight(2.6), "3": straight(100.0)}
    assert rate_findings(maps, list(maps)) == []
    check_usable(Path("m"), maps)
    with pytest.raises(DataError, match=r"m: contig '2': a mean rate of 1e\+06 cM/Mb is impossible"):
        check_usable(Path("m"), {**maps, "2": straight(2e6)})


def test_identifiers_that_are_left_out_are_no_chromosomes(tmp_path: Path) -> None:
    path = tmp_path / "beagle.map"
    path.write_text("chr1\t.\t0\t1\nchr1\t.\t1.0\t1000000\nchr2\t.\t0\t1\nchr2\t.\t1.5\t1000000\n")
    maps = read_genetic_map(path)
    assert sorted(maps) == ["chr1", "chr2"]
    assert maps["chr2"].centimorgans.tolist() == [0, 1.5]


@pytest.mark.parametrize(
    "text",
    [
        '"chr" "pos" "cM"\n"1" "1" 1 0\n"2" "1" 1000001 1.2\n',
        "# physical position and genetic map of chromosome 1\n1 . 0 1\n1 . 1.2 1000001\n",
        "#chr pos cM\n1 1 0\n1 1000001 1.2\n",
    ],
    ids=["rows named by R", "a comment of several words", "a heading behind a hash"],
)
def test_names_of_rows_and_comments_are_no_columns(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.map"
    path.write_text(text)
    maps = read_genetic_map(path)
    assert list(maps) == ["1"]
    assert maps["1"].positions_bp.tolist() == [0, 1_000_000]
    assert maps["1"].centimorgans.tolist() == [0, 1.2]
