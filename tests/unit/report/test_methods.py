"""The paragraph for a paper, and the command that makes the calls again."""

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from report_inputs import write_calls

from introghost.cli.apply import command as apply_command
from introghost.findings import Code, Finding, Severity
from introghost.references import REFERENCES
from introghost.report import methods
from introghost.report.overview import Overview
from introghost.report.records import CallsRecord


def calls_with(folder: Path, **record: object) -> tuple[Path, CallsRecord]:
    calls = write_calls(folder, outgroup="YRI,ESN", choice={"decision": "ghost"})
    path = calls / "provenance.json"
    content = json.loads(path.read_text())
    content["options"] |= record.pop("options", {})  # type: ignore[operator]
    path.write_text(json.dumps(content | record))
    return calls, CallsRecord.read(calls)


def paragraph_of(calls: Path) -> str:
    return methods.paragraph(calls, Overview.read(calls))


def test_the_paragraph_says_what_was_done(tmp_path: Path) -> None:
    costs = {"false_ghost": 5.0, "missed_ghost": 1.0, "undecided": 0.5}
    options = {"threshold": 0.45842, "false_discovery_rate": 0.15, "costs": costs}
    numbers = {"records": 8262, "kept_sites": 5949, "individuals": {"outgroup": 207, "target": 1}, "version": "9.9"}
    words = paragraph_of(calls_with(tmp_path / "calls", options=options, **numbers)[0])
    for part in (
        "GBR (1 individual) was tested for introgression from an unsampled lineage with introghost 9.9, with YRI, ESN "
        "(207 individuals) as outgroup.",
        "Its model human (SHA-256 b2) consists of",
        "Of 8,262 records, 5,949 biallelic SNPs were used; the allele that is more frequent in the outgroup was taken",
        "posterior is at least 0.458, the threshold at which at most 15 % of the called sequence was false in held-out",
        "The decision, ghost, minimises the expected cost (false positive 5, false negative 1, no decision 0.5).",
    ):
        assert part in words


def test_the_paragraph_leaves_out_what_is_not_recorded(tmp_path: Path) -> None:
    words = paragraph_of(calls_with(tmp_path / "calls")[0])
    for part in ("records", "Segments were called", "expected cost", "None"):
        assert part not in words


@pytest.mark.parametrize("decision", ["no scenario fits", "too little sequence"])
def test_the_paragraph_does_not_say_what_was_not_done(tmp_path: Path, decision: str) -> None:
    costs = {"false_ghost": 5.0, "missed_ghost": 1.0, "undecided": 0.5}
    unlike = Finding(Code.SEGMENTS_UNLIKE, Severity.WITHHELD, "unlike").to_json()
    calls, _ = calls_with(tmp_path / "calls", options={"threshold": 0.5, "costs": costs}, findings=[unlike])
    (calls / "model_choice.json").write_text(json.dumps({"decision": decision}))
    words = paragraph_of(calls)
    assert "minimises" not in words
    assert "Segments were called" not in words


def test_files_are_in_the_order_in_which_they_were_given(tmp_path: Path) -> None:
    inputs = {f"vcf {number}": {"name": f"chr{number + 1}.vcf.gz"} for number in sorted(range(12), key=str)}
    _, record = calls_with(tmp_path / "calls", inputs=inputs)
    assert record.data.vcf_names == tuple(f"chr{number}.vcf.gz" for number in range(1, 13))


def test_the_command_is_one_that_apply_takes(tmp_path: Path) -> None:
    options = {
        "region": "1:1-2000", "threshold": 0.4, "false_discovery_rate": None, "force": True, "prior": {"ghost": 0.2},
        "costs": {"false_ghost": 2.0, "missed_ghost": 1.0, "undecided": 0.5},
    }  # fmt: skip
    inputs = {name: {"name": f"{name}.gz", "sha256": "a"} for name in ("vcf 0", "vcf 1", "include_bed", "populations")}
    calls, record = calls_with(tmp_path / "calls", options=options, inputs=inputs | {"model": {"name": "human"}})
    words = shlex.split(methods.command(calls, record))
    assert words[:6] == ["introghost", "apply", "--vcf", "vcf 0.gz", "--vcf", "vcf 1.gz"]
    for name in ("vcf 0.gz", "vcf 1.gz", "include_bed.gz", "populations.gz"):
        (tmp_path / name).write_text("")
    given = [str(tmp_path / word) if (tmp_path / word).is_file() else word for word in words[2:]]
    context = apply_command.make_context("apply", given)
    assert (context.params["outgroup"], context.params["region"], context.params["threshold"]) == (
        "YRI,ESN",
        "1:1-2000",
        0.4,
    )
    assert (context.params["force"], context.params["false_ghost_cost"]) == (True, 2.0)
    assert CliRunner().invoke(apply_command, given).exit_code != 0, "these are no VCF files"


def test_a_rate_is_given_in_place_of_the_threshold_that_follows_from_it(tmp_path: Path) -> None:
    options = {"threshold": 0.4, "false_discovery_rate": 0.1, "ancestral": "fasta"}
    inputs = {"vcf": {"name": "a b.vcf"}, "ancestral": {"name": "chimp.fa"}}
    words = shlex.split(methods.command(*calls_with(tmp_path / "calls", options=options, inputs=inputs)))
    assert "--threshold" not in words
    assert words[words.index("--false-discovery-rate") + 1] == "0.1"
    assert words[words.index("--ancestral") + 1] == "fasta=chimp.fa"
    assert "a b.vcf" in words


def test_references_are_lines_and_entries() -> None:
    by_key = {one.key: one for one in REFERENCES}
    assert len(by_key) == len(REFERENCES)
    assert by_key["cyvcf2"].text == (
        "Pedersen and Quinlan (2017) cyvcf2: fast, flexible variant analysis with Python. Bioinformatics 33, "
        "1867–1869. doi:10.1093/bioinformatics/btx057."
    )
    assert by_key["tarp"].text.startswith("Lemos et al. (2023) Sampling-based")
    assert "pages = {1867--1869}" in by_key["cyvcf2"].bibtex
    assert by_key["cyvcf2"].bibtex.startswith("@article{cyvcf2,\n  author = {Pedersen, Brent S. and Quinlan, Aaron R.}")
    assert all(one.bibtex.count("{") == one.bibtex.count("}") for one in REFERENCES)
