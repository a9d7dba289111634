"""The answers of calls in a row each, and in a few plain lines."""

from pathlib import Path

import pandas as pd
import pytest
from report_inputs import tables_of, write_calls, write_evaluation_of_calls, write_tsv
from verbs import run

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity
from introghost.report.overview import Overview, f1, summary_lines
from introghost.report.page import Sources, write_report

GHOST: dict[str, object] = {"decision": "ghost", "p_ghost": 0.9994, "probabilities": {"ghost": 0.9994}}
WITHHELD: dict[str, object] = {"decision": "too little sequence"}
BESIDE = "What another model says of the same data"


@pytest.mark.parametrize(
    ("precision", "recall", "expected"),
    [
        (0.75, 0.6, 2 / 3),  # 2 · 0.45 / 1.35
        (1.0, 1.0, 1.0),
        (0.0, 0.0, 0.0),
        (None, 0.0, 0.0),  # nothing was called
        (0.0, None, None),  # there is no true tract
    ],
)
def test_f1(tmp_path: Path, precision: float | None, recall: float | None, expected: float | None) -> None:
    evaluation = write_evaluation_of_calls(tmp_path / "e", write_calls(tmp_path / "c"), precision, recall)
    assert f1(evaluation) == (None if expected is None else pytest.approx(expected))


def test_another_model_is_shown_beside(tmp_path: Path) -> None:
    calls = write_calls(tmp_path / "calls", model=("model", "d4"), choice=GHOST)
    beside = write_calls(
        tmp_path / "beside", choice={"decision": "undecided", "p_ghost": 0.84}, proportion=None, called_bp=30_000
    )
    sources = Sources(
        calls,
        calls_evaluation=write_evaluation_of_calls(tmp_path / "e", calls, 0.75, 0.6),
        beside=beside,
        beside_evaluation=write_evaluation_of_calls(tmp_path / "f", beside, 0.5, 0.5),
    )
    output = tmp_path / "report.html"
    write_report(sources, output)
    assert tables_of(output)[BESIDE] == [
        ["model", "decision", "P(ghost)", "ghost proportion (95 % interval)", "called share", "F1 of bins"],
        ["model", "ghost", "0.999", "2.1 % (0.43 % to 9.9 %)", "0.0125", "0.6667"],
        ["human", "undecided", "0.840", "–", "0.0075", "0.5"],
    ]
    assert "calls of the other model</summary>" in output.read_text()
    write_report(Sources(calls, beside=beside), output)
    assert [row[-1] for row in tables_of(output)[BESIDE][1:]] == ["–", "–"]
    write_report(Sources(calls), output)
    assert BESIDE not in tables_of(output)


def test_names_are_escaped(tmp_path: Path) -> None:
    calls = write_calls(tmp_path / "calls", target="T<b>&", model=("m<i>&", "d4"), choice=GHOST)
    beside = write_calls(tmp_path / "beside", target="T<b>&", model=("n<u>&", "e5"))
    output = tmp_path / "report.html"
    write_report(Sources(calls, beside=beside), output)
    html = output.read_text()
    assert "<td>m&lt;i&gt;&amp;</td>" in html
    assert "<td>n&lt;u&gt;&amp;</td>" in html
    assert "T&lt;b&gt;&amp;" in html, "in the provenance"
    assert not [tag for tag in ("<b>", "<i>", "<u>") if tag in html]


def test_command_line(tmp_path: Path) -> None:
    calls = write_calls(tmp_path / "calls", model=("model", "d4"), choice=GHOST)
    beside = write_calls(tmp_path / "beside", choice=GHOST)
    options = {
        "--calls": calls,
        "--calls-evaluation": write_evaluation_of_calls(tmp_path / "e", calls, 0.75, 0.6),
        "--beside": beside,
        "--beside-evaluation": write_evaluation_of_calls(tmp_path / "f", beside, 0.5, 0.5),
        "--summary": tmp_path / "summary.txt",
        "--output": tmp_path / "report.html",
    }
    assert run("report", *(word for option in options.items() for word in option)) == 0
    rows = tables_of(tmp_path / "report.html")[BESIDE][1:]
    assert [(row[0], row[-1]) for row in rows] == [("model", "0.6667"), ("human", "0.5")]
    assert (tmp_path / "summary.txt").read_text() == (
        "GBR: ghost, P(ghost) = 0.999\n"
        "ghost proportion: 2.1 % (95 % interval 0.43 % to 9.9 %)\n"
        "F1 against the true tracts: 0.67\n"
        f"report: {tmp_path / 'report.html'}\n"
    )


def test_models_of_one_name_are_told_apart(tmp_path: Path) -> None:
    calls = write_calls(tmp_path / "calls", model=("model", "0123456789"), choice=WITHHELD, proportion=None)
    beside = write_calls(tmp_path / "beside", model=("model", "abcdefghij"), proportion=None)
    output = tmp_path / "report.html"
    write_report(Sources(calls, beside=beside), output)
    assert [row[:4] for row in tables_of(output)[BESIDE][1:]] == [
        ["model (01234567)", "too little sequence", "withheld", "withheld"],
        ["model (abcdefgh)", "–", "–", "–"],
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vcf": "z9"}, r"beside: calls of other data than .*calls \(VCF files differ\)"),
        ({"outgroup": "ESN"}, r"\(outgroup differ\)"),
        ({"target": "CHB", "vcf": "z9"}, r"\(VCF files, target differ\)"),
        ({"model": ("copy", "d4")}, "beside: made by the same model as .*calls; give the calls of another one"),
    ],
)
def test_calls_of_other_data_or_of_the_same_model_are_not_shown_beside(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    calls = write_calls(tmp_path / "calls", model=("model", "d4"), choice=GHOST)
    beside = write_calls(tmp_path / "beside", **changes)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=message):
        write_report(Sources(calls, beside=beside), tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_calls_that_do_not_say_what_they_are_of_are_not_taken_for_the_same(tmp_path: Path) -> None:
    calls, beside = write_calls(tmp_path / "calls"), write_calls(tmp_path / "beside", model=("model", "d4"))
    for folder in (calls, beside):
        (folder / "provenance.json").write_text("{}")
    with pytest.raises(DataError, match=r"populations differ"):
        write_report(Sources(calls, beside=beside), tmp_path / "report.html")


def test_the_evaluation_beside_must_be_of_the_calls_beside(tmp_path: Path) -> None:
    calls = write_calls(tmp_path / "calls")
    beside = write_calls(tmp_path / "beside", model=("model", "d4"))
    evaluation = write_evaluation_of_calls(tmp_path / "e", calls, 0.5, 0.5)
    with pytest.raises(DataError, match=r"e: an evaluation of other calls than .*beside"):
        write_report(Sources(calls, beside=beside, beside_evaluation=evaluation), tmp_path / "report.html")
    with pytest.raises(DataError, match="nowhere: no such folder of calls"):
        write_report(Sources(calls, beside=tmp_path / "nowhere"), tmp_path / "report.html")


def summary(folder: Path, calls: Path, evaluation: Path | None = None) -> list[str]:
    page, path = folder / "page.html", folder / "summary.txt"
    write_report(Sources(calls, calls_evaluation=evaluation), page, path)
    lines = path.read_text().splitlines()
    assert lines.pop() == f"report: {page}"
    return lines


def test_summary(tmp_path: Path) -> None:
    calls = write_calls(tmp_path / "calls", target="Target", choice=GHOST)
    expected = [
        "Target: ghost, P(ghost) = 0.999",
        "ghost proportion: 2.1 % (95 % interval 0.43 % to 9.9 %)",
        "F1 against the true tracts: 0.67",
    ]
    assert summary(tmp_path, calls) == expected[:2]
    assert summary(tmp_path, calls, write_evaluation_of_calls(tmp_path / "e", calls, 0.75, 0.6)) == expected


PARAMETERS = Finding(Code.PARAMETERS_WITHHELD, Severity.WITHHELD, "37 diploids, 50 in training")


@pytest.mark.parametrize(
    ("choice", "findings", "expected"),
    [
        (WITHHELD, [], ["GBR: too little sequence, P(ghost) withheld", "ghost proportion: withheld"]),
        (GHOST, [PARAMETERS], ["GBR: ghost, P(ghost) = 0.999", "ghost proportion: withheld"]),
        (GHOST, [], ["GBR: ghost, P(ghost) = 0.999", "ghost proportion: not estimated"]),
        (None, [], ["GBR: no choice between scenarios, segments alone", "ghost proportion: not estimated"]),
    ],
)
def test_summary_of_answers_that_are_not_given(
    tmp_path: Path, choice: dict[str, object] | None, findings: list[Finding], expected: list[str]
) -> None:
    calls = write_calls(tmp_path / "calls", choice=choice, findings=findings, proportion=None)
    assert summary(tmp_path, calls) == expected


def test_a_posterior_without_the_proportion_has_none(tmp_path: Path) -> None:
    calls = write_calls(tmp_path / "calls", choice=GHOST)
    path = calls / "parameter_posterior.tsv"
    pd.read_csv(path, sep="\t").query("parameter == 'pulse_time'").to_csv(path, sep="\t", index=False)
    overview = Overview.read(calls)
    assert overview.proportion is None
    assert summary_lines(overview, Path("x.html"))[1] == "ghost proportion: not estimated"


def test_without_callable_sequence_there_is_no_called_share(tmp_path: Path) -> None:
    calls = write_calls(tmp_path / "calls")
    write_tsv(
        calls / "per_sample.tsv", sample=["A"], haplotype=[0], called_bp=[0], callable_bp=[0], fraction=[float("nan")]
    )
    assert Overview.read(calls).called_share is None


def test_nothing_is_written_where_a_table_is_refused(tmp_path: Path) -> None:
    calls = write_calls(tmp_path / "calls", choice=GHOST)
    write_tsv(calls / "parameter_posterior.tsv", parameter=["ghost_proportion"])
    with pytest.raises(DataError, match=r"parameter_posterior\.tsv: column median"):
        write_report(Sources(calls), tmp_path / "page.html", tmp_path / "summary.txt")
    assert {path.name for path in tmp_path.iterdir()} == {"calls"}
