"""The options of `report`: each page has its own, and none is without an effect."""

from pathlib import Path

import pytest
from verbs import run


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "give --calls, for the page of an answer, or --model and --evaluation, for that of a model"),
        ("--model human", "give --calls, for the page of an answer, or --model and --evaluation, for that of a model"),
        ("--calls a --calls b --costs c", "--costs: not for several --calls; leave it out"),
        ("--calls a --link x.html", "--link: not for one set of --calls; leave it out"),
        ("--calls a --calls b --model human", "--model: not for several --calls; leave it out"),
        ("--calls a --calls b --scenario ghost", "--scenario: not for several --calls; leave it out"),
        ("--calls a --calls b --summary s.txt", "--summary: not for several --calls; leave it out"),
        (
            "--calls a --calls b --link x.html",
            "--link is given 1 times, --calls 2 times; give a page for each, or none",
        ),
        (
            "--model human --evaluation e --predictive p.tsv",
            "--predictive: not for the page of a model; leave it out",
        ),
        ("--model human --evaluation e --beside b", "--beside: not for the page of a model; leave it out"),
        ("--calls a --beside-evaluation e", "--beside-evaluation: needs --beside"),
        ("--calls a --segments-statistics s.zip", "--segments-statistics: needs --model"),
        ("--calls a --genomes-statistics s.zip", "--genomes-statistics: needs --model"),
    ],
)
def test_options_without_an_effect_are_refused(
    words: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.zip").touch()
    assert run("report", *words.split(), "--output", "page.html") == 2
    assert capsys.readouterr().err == f"error: {message}\n"
    assert {path.name for path in tmp_path.iterdir()} == {"s.zip"}


def test_the_page_is_named_as_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("report", "--calls", tmp_path, "--output", tmp_path / "page.pdf") == 2
    assert capsys.readouterr().err == (
        f"error: --output {tmp_path / 'page.pdf'}: the page is HTML; name it {tmp_path / 'page.html'}\n"
    )


def test_years_are_a_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for years in ("nan", "inf", "1e300"):
        words = ["--calls", tmp_path, "--generation-time", years, "--output", tmp_path / "page.html"]
        assert run("report", *words) == 2
        assert f"{float(years):g} is no number of years of a generation" in capsys.readouterr().err


def test_figures_have_a_folder_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures, page = tmp_path / "figures", tmp_path / "figures" / "page.html"
    assert run("report", "--calls", tmp_path, "--figures", figures, "--output", page) == 2
    assert capsys.readouterr().err == (
        f"error: --output {page} lies in --figures {figures}; give figures a folder of their own\n"
    )


def test_summary_and_page_are_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert run("report", "--calls", tmp_path, "--summary", page, "--output", page) == 2
    assert capsys.readouterr().err == f"error: --summary {page} is also --output; name another file\n"
    table = tmp_path / "per_sample.tsv"
    table.touch()
    assert run("report", "--calls", tmp_path, "--summary", table, "--output", page) == 2
    assert capsys.readouterr().err == f"error: --summary {table} is also an input; name another file\n"
