"""Documents are read by people: sentences are short, and what is code in them runs."""

import os
import re
import sys
from pathlib import Path

import pytest
from code_blocks import ROOT, blocks, commands
from verbs import run

from introghost.report.card import Card
from introghost.report.overview import Overview

DPYD = Path(os.environ.get("INTROGHOST_SHARED", ROOT.parent / "shared")) / "data" / "1000genomes-dpyd"
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tests" / "unit" / "report")]

from report_inputs import write_calls  # noqa: E402

import prose  # noqa: E402
import statistics_page  # noqa: E402


@pytest.mark.parametrize("path", prose.pages(), ids=lambda path: path.name)
def test_sentences_are_short(path: Path) -> None:
    page = prose.read(path)
    assert page.mean <= prose.MEAN_WORDS
    assert max(page.lengths, default=0) <= prose.MOST_WORDS, page.longest


def test_sentences_are_counted_without_code_tables_and_links(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        "# A heading\n\nOne [two three](four.md) `five six`. Seven\neight (e.g. nine) 1.5 kb!\n\n| a | table |\n\n"
        "```\nno words. Here.\n```\n\n* An item\n* Another one. And more\n"
    )
    assert prose.read(path).sentences == (
        "One two three code.", "Seven eight (e.g. nine) 1.5 kb!", "An item", "Another one.", "And more",
    )  # fmt: skip


def test_the_page_of_statistics_is_that_of_the_code() -> None:
    assert statistics_page.PAGE.read_text(encoding="utf-8") == statistics_page.page() + "\n"


def test_the_tutorial_on_simulated_data_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    simulated = (ROOT / "docs" / "tutorial.md").read_text().split("## A real locus")[0]
    lines = [words for block in blocks("docs/tutorial.md") if block in simulated for words in commands(block)]
    assert [words[1] for words in lines] == ["simulate", "vcf", "vcf", "apply", "evaluate", "report"]
    for words in lines:
        assert run(*words[1:]) == 0, words
    assert (tmp_path / "report.html").is_file()


@pytest.mark.skipif(not DPYD.is_dir(), reason=f"no real data in {DPYD}; set INTROGHOST_SHARED")
def test_the_tutorial_on_a_real_locus_runs_and_says_what_comes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in DPYD.glob("[Dp]*.*"):
        (tmp_path / path.name).symlink_to(path)
    real = (ROOT / "docs" / "tutorial.md").read_text().split("## A real locus")[1]
    for block in (block for block in blocks("docs/tutorial.md") if block in real):
        for words in commands(block):
            assert run(*words[1:]) == 0, words
    said = capsys.readouterr().err
    (number,) = re.findall(r"([\d,]+) segments in 198 haplotypes", said)
    assert f"calls {number} segments" in real
    assert "405 individuals" in real
    assert "outgroup diploids: 405 in the data" in said
    (code,) = [block for block in blocks("docs/tutorial.md", "python") if block in real]
    values: dict[str, object] = {}
    exec(code, values)
    assert len(values["segments"]) == int(number)  # type: ignore[arg-type]


def test_the_readmes_python_runs(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("vcf.gz", "tsv"):
        (tmp_path / f"demo.{name}").symlink_to(demo / f"demo.{name}")
    monkeypatch.chdir(tmp_path)
    (block,) = blocks("README.md", "python")
    values: dict[str, object] = {}
    exec(block, values)
    assert str(values["answer"]).startswith("<Answer: ghost")


def test_the_readmes_card_is_in_the_words_of_the_page(tmp_path: Path) -> None:
    """Numbers are those of an example; the sentences around them are what the page writes."""
    choice = {"decision": "ghost", "p_ghost": 0.973, "bayes_factor_ghost": 73.1, "prior": {"a": 1 / 3, "b": 2 / 3},
              "ghost_of_target": {"a": True, "b": False}}  # fmt: skip
    calls = write_calls(tmp_path / "calls", choice=choice)
    lines = Card.read(calls, Overview.read(calls)).lines
    quoted = re.findall(r"^> (.*(?:\n> .+)*)", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    assert len(quoted) == len(lines)
    for quote, line in zip(quoted, lines, strict=True):
        words = quote.replace("\n> ", " ")
        written = f"**{line.question}** {line.answer}. {line.reason}"
        assert masked(words) == masked(written)


def masked(text: str) -> str:
    """A text without its numbers, and with nouns in the plural."""
    return re.sub(r"N (segment|haplotype)\b", r"N \1s", re.sub(r"[\d.,]*\d", "N", text))


def test_the_readmes_three_commands_run(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("vcf.gz", "tsv"):
        (tmp_path / f"my.{name}").symlink_to(demo / f"demo.{name}")
    monkeypatch.chdir(tmp_path)
    (block,) = [block for block in blocks("README.md") if "introghost apply" in block]
    for words in commands(block):
        assert run(*(word.replace("YRI,ESN", "Outgroup").replace("CEU", "Target") for word in words[1:])) == 0, words
