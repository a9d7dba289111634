"""The page that compares targets: a row each, linked to its page, and nothing else compared."""

import re
from pathlib import Path

import pandas as pd
import pytest
from report_inputs import links_of, tables_of, words_of, write_calls
from verbs import run

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity
from introghost.report.comparison import write_comparison

FINDINGS = (
    Finding(Code.PARAMETERS_WITHHELD, Severity.WITHHELD, "37 diploids"),
    Finding(Code.BLANK_BINS, Severity.WARNING, "a gap"),
    Finding(Code.SHORT_STRETCHES, Severity.WARNING, "short"),
    Finding(Code.RECORDS_DROPPED, Severity.REMARK, "3 records are not used"),
)


@pytest.fixture
def calls(tmp_path: Path) -> list[Path]:
    return [
        write_calls(tmp_path / "calls" / "GBR", choice={"decision": "ghost", "p_ghost": 0.999}),
        write_calls(
            tmp_path / "calls" / "CEU,TSI",
            target="CEU,TSI",
            choice={"decision": "no ghost", "p_ghost": 0.0213},
            proportion=None,
            called_bp=10_000,
            findings=FINDINGS,
        ),
    ]


def test_a_row_for_each_target_in_the_order_in_which_they_are_given(tmp_path: Path, calls: list[Path]) -> None:
    output = tmp_path / "comparison.html"
    write_comparison(calls, [], output)
    assert tables_of(output)["What one model says of several targets"] == [
        ["target", "decision", "P(ghost)", "ghost proportion (95 % interval)", "called share", "answers withheld",
         "warnings", "remarks"],
        ["GBR", "ghost", "0.999", "2.1 % (0.43 % to 9.9 %)", "0.0125", "0", "0", "0"],
        ["CEU,TSI", "no ghost", "0.021", "withheld", "0.0025", "1", "2", "1"],
    ]  # fmt: skip
    assert "Model: human. Outgroup: YRI." in words_of(output)
    assert links_of(output) == []
    html = output.read_text()
    write_comparison(calls, [], output)
    assert output.read_text() == html
    write_comparison(calls[::-1], [], output)
    assert [row[0] for row in next(iter(tables_of(output).values()))] == ["target", "CEU,TSI", "GBR"]


def test_tracks_of_the_targets_stand_above_each_other_and_sharing_is_of_each_row(
    tmp_path: Path, calls: list[Path]
) -> None:
    """GBR has 50 kb called, and CEU,TSI 10 kb of these."""
    output = tmp_path / "comparison.html"
    write_comparison(calls, [], output, tmp_path / "figures")
    html = output.read_text()
    assert html.index(">1 GBR</text>") < html.index(">1 CEU,TSI</text>")
    titles = re.findall(r"<title>([^<]* shared with [^<]*)</title>", html)
    assert titles == [
        "GBR shared with GBR: 100 %", "GBR shared with CEU,TSI: 20 %", "CEU,TSI shared with GBR: 100 %",
        "CEU,TSI shared with CEU,TSI: 100 %",
    ]  # fmt: skip
    names = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert names == ["karyogram.svg", "karyogram.tsv", "sharing.svg", "sharing.tsv"]
    sharing = pd.read_csv(tmp_path / "figures" / "sharing.tsv", sep="\t", index_col="name")
    assert sharing.loc["GBR"].to_dict() == {"GBR": 1.0, "CEU,TSI": 0.2}


def test_targets_are_linked_to_their_pages(tmp_path: Path, calls: list[Path]) -> None:
    pages = [tmp_path / "report" / "GBR.html", tmp_path / "report" / "CEU,TSI 2.html"]
    with pytest.raises(DataError, match=r"GBR\.html: no such page to link to"):
        write_comparison(calls, pages, tmp_path / "comparison.html")
    pages[0].parent.mkdir()
    for page in pages:
        page.touch()
    for output, links in (
        (tmp_path / "comparison.html", ["report/GBR.html", "report/CEU%2CTSI%202.html"]),
        (tmp_path / "report" / "all.html", ["GBR.html", "CEU%2CTSI%202.html"]),
        (tmp_path / "other" / "all.html", ["../report/GBR.html", "../report/CEU%2CTSI%202.html"]),
    ):
        write_comparison(calls, pages, output)
        assert links_of(output) == links


def test_names_are_escaped(tmp_path: Path) -> None:
    names = {"outgroup": "O<i>&", "model": ("m<u>&", "b2")}
    calls = [write_calls(tmp_path / str(number), target=f"T<b>&{number}", **names) for number in range(2)]  # type: ignore[arg-type]
    pages = [tmp_path / f"T<b>&{number}.html" for number in range(2)]
    for page in pages:
        page.touch()
    output = tmp_path / "comparison.html"
    write_comparison(calls, pages, output)
    html = output.read_text()
    assert '<a href="T%3Cb%3E%260.html">T&lt;b&gt;&amp;0</a>' in html
    assert "Model: m&lt;u&gt;&amp;. Outgroup: O&lt;i&gt;&amp;." in html
    assert not [tag for tag in ("<b>", "<i>", "<u>") if tag in html]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": "CHB", "model": ("human", "d4")}, r"CHB: not comparable with .*GBR \(model differ\)"),
        ({"target": "CHB", "vcf": "z9"}, r"\(VCF files differ\); give calls that differ in their target alone"),
        ({"target": "CHB", "outgroup": "ESN"}, r"\(outgroup differ\)"),
        ({"target": "GBR"}, r"CHB: of the same target as .*GBR \(GBR\); give each target once"),
    ],
)
def test_calls_that_differ_in_more_than_the_target_are_refused(
    tmp_path: Path, calls: list[Path], changes: dict[str, object], message: str
) -> None:
    other = write_calls(tmp_path / "calls" / "CHB", **changes)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=message):
        write_comparison([*calls, other], [], tmp_path / "comparison.html")
    assert not (tmp_path / "comparison.html").exists()


def test_calls_that_were_not_finished_are_refused(tmp_path: Path, calls: list[Path]) -> None:
    (calls[1] / "provenance.json").unlink()
    with pytest.raises(DataError, match="no complete output of apply here"):
        write_comparison(calls, [], tmp_path / "comparison.html")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("segments.tsv", r"CEU,TSI/segments\.tsv: no such file; run `introghost apply` again"),
        ("per_sample.tsv", r"CEU,TSI/per_sample\.tsv: no such file; run `introghost apply` again"),
        (
            "model_choice.json",
            r"CEU,TSI/model_choice\.json: no such file, though .*/GBR of the same model has one; run",
        ),
    ],
)
def test_calls_that_lost_a_file_are_refused(tmp_path: Path, calls: list[Path], name: str, message: str) -> None:
    (calls[1] / name).unlink()
    for folders in (calls, calls[::-1]):
        with pytest.raises(DataError, match=message):
            write_comparison(folders, [], tmp_path / "comparison.html")
    assert not (tmp_path / "comparison.html").exists()


def test_a_model_of_segments_alone_makes_no_choice_of_any_target(tmp_path: Path, calls: list[Path]) -> None:
    for folder in calls:
        (folder / "model_choice.json").unlink()
    write_comparison(calls, [], tmp_path / "comparison.html")
    (_, *rows) = tables_of(tmp_path / "comparison.html")["What one model says of several targets"]
    assert [row[1:3] for row in rows] == [["–", "–"]] * 2


def test_command_line(tmp_path: Path, calls: list[Path]) -> None:
    page, output = tmp_path / "a b.html", tmp_path / "comparison.html"
    page.touch()
    words = [word for folder in calls for word in ("--calls", folder, "--link", page)]
    assert run("report", *words, "--output", output) == 0
    assert [row[0] for row in tables_of(output)["What one model says of several targets"]] == [
        "target",
        "GBR",
        "CEU,TSI",
    ]
    assert links_of(output) == ["a%20b.html"] * 2
