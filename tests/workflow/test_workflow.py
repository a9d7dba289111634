"""The workflow can be planned, is lint-free and formatted; nothing is run."""

import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
pytest.importorskip("snakemake", reason="the extra `workflow` is not installed")


def run(program: str, *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    binaries = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        [str(binaries / program), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    """A copy without results, so that what a plan says does not depend on what was run before."""
    shutil.copy(ROOT / "Snakefile", tmp_path)
    for name in ("workflow", "config"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def jobs(result: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """Number of jobs of each rule that a dry run plans."""
    assert result.returncode == 0, result.stdout + result.stderr
    rows = (line.split() for line in result.stdout.splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}


@pytest.mark.parametrize("arguments", [(), ("--snakefile", "workflow/Snakefile")])
def test_default_target_asks_for_the_report_of_every_stage(workflow: Path, arguments: tuple[str, ...]) -> None:
    planned = jobs(run("snakemake", "--dry-run", "--quiet", "rules", *arguments, folder=workflow))
    one_each = {"simulate_data", "write_data", "evaluate", "apply", "apply_start", "report", "report_model"}
    assert {rule for rule, count in planned.items() if count == 1} >= one_each
    assert planned["simulate"] == planned["statistics_segments"] + planned["statistics_genomes"] > 7
    assert planned["train"] == 3
    assert planned["evaluate_calls"] == 2
    assert "compare" not in planned


def test_the_shipped_model_is_made_without_data(workflow: Path) -> None:
    planned = jobs(
        run("snakemake", "--dry-run", "--quiet", "rules", "--configfile", "config/human.yaml", folder=workflow)
    )
    assert {"train", "evaluate", "report_model"} <= set(planned)
    assert not {"check", "apply", "apply_start", "statistics_data", "predictive", "report"} & set(planned)
    assert planned["statistics_segments"] == 112 + 5
    assert planned["train"] == 3


def test_the_segment_network_comes_before_the_genomes_that_it_is_asked_about(workflow: Path) -> None:
    result = run("snakemake", "--dry-run", folder=workflow)
    described = re.findall(r"^rule (\w+):\n +input: (.*)$", result.stdout, flags=re.M)
    segments = "results/model/segments/MANIFEST.sha256"
    assert all(segments in files for rule, files in described if rule == "statistics_genomes")
    simulations = [files for rule, files in described if rule == "simulate"]
    assert sum(segments in files for files in simulations) == jobs(result)["statistics_genomes"]


def test_no_file_of_the_workflow_is_ancient() -> None:
    """An input whose age does not count lets results of an older configuration stand."""
    rules = [path.read_text() for path in (ROOT / "workflow").rglob("*") if path.suffix == ".smk"]
    assert rules
    assert not any("ancient" in text for text in rules)


@pytest.fixture
def thousand(workflow: Path) -> dict[str, Any]:
    """The configuration of the 1000 Genomes, whose files lie in a folder with blanks and quotes; empty ones here."""
    place = "my 'own' \"düta\""
    text = (workflow / "config" / "1000genomes.yaml").read_text().replace("resources/1000genomes", "PLACE")
    config: dict[str, Any] = yaml.safe_load(text)
    data = config["data"]
    data["vcf"] = [path.replace("PLACE", place) for path in data["vcf"]]
    data |= {key: data[key].replace("PLACE", place) for key in ("populations", "genetic_map")}
    data["include_bed"] = config["observation"]["include_bed"] = f"{place}/mask.bed"
    config["observation"]["genetic_map"] = data["genetic_map"]
    (workflow / place).mkdir()
    for path in (*data["vcf"], data["populations"], data["genetic_map"], data["include_bed"]):
        (workflow / path).touch()
    return config


def commands_of(result: subprocess.CompletedProcess[str]) -> list[list[str]]:
    """Words of the commands that a dry run prints."""
    return [shlex.split(line) for line in re.findall(r"^Shell command: (introghost .*)$", result.stdout, flags=re.M)]


def values(words: list[str], option: str) -> list[str]:
    """Every value that an option is given."""
    return [word for before, word in itertools.pairwise(words) if before == option]


def test_files_and_populations_reach_every_command_whole(workflow: Path, thousand: dict[str, Any]) -> None:
    thousand["data"] |= {"outgroup": ["YRI", "East Africa"], "target": ["GBR, NO", "CHB"]}
    thousand["results"] = "the results"
    (workflow / "c.yaml").write_text(yaml.safe_dump(thousand, allow_unicode=True), encoding="utf-8")
    result = run("snakemake", "--dry-run", "--printshellcmds", "--configfile", "c.yaml", folder=workflow)
    planned = jobs(result)
    assert "simulate_data" not in planned
    assert planned["statistics_data"] == planned["predictive"] == planned["apply"] == planned["report"] == 2
    assert planned["compare"] == planned["check"] == 1
    assert planned["train"] == 3, "one training for all targets"
    commands = commands_of(result)
    for verb, targets in (
        (["vcf", "check"], ["GBR,NO,CHB"]),
        (["statistics", "--vcf"], ["CHB", "GBR,NO"]),
        (["apply"], ["CHB", "CHB", "GBR,NO", "GBR,NO"]),  # by the networks made here, and by those that they start from
    ):
        chosen = [words for words in commands if words[1 : 1 + len(verb)] == verb]
        assert sorted(words[words.index("--target") + 1] for words in chosen) == targets
        for words in chosen:
            assert values(words, "--vcf") == thousand["data"]["vcf"]
            assert values(words, "--outgroup") == ["YRI,East Africa"]
            assert values(words, "--populations") == [thousand["data"]["populations"]]
            assert values(words, "--include-bed") == [thousand["data"]["include_bed"]]
            assert values(words, "--output")[0].startswith("the results/")
    simulate = next(words for words in commands if words[1] == "simulate")
    assert '"minimum_allele_count": 5' in values(simulate, "--observation")[0]
    (compare,) = [words for words in commands if words[1] == "report" and len(values(words, "--calls")) == 2]
    assert values(compare, "--link") == ["the results/report/GBR+NO.html", "the results/report/CHB.html"]
    predictive = next(words for words in commands if words[1] == "predictive")
    assert len(values(predictive, "--simulated")) == planned["statistics_segments"]
    assert "the results/statistics/segments/no_ghost/test-0.zarr.zip" in values(predictive, "--simulated")


def test_every_file_in_a_shell_command_is_quoted() -> None:
    files = {path for path in (ROOT / "workflow" / "rules").glob("*.smk") if path.name != "common.smk"}
    for path in files:
        commands = re.findall(r"shell:\n((?:\s+[^\n]*\"[^\n]*\n?)+)", path.read_text(encoding="utf-8"))
        assert commands, path
        bare = [word for text in commands for word in re.findall(r"{(?:input|output|log)[^}:]*}", text)]
        assert bare == [], path.name


def test_what_no_code_reads_is_no_input(workflow: Path) -> None:
    result = run("snakemake", "--dry-run", folder=workflow)
    inputs = [line for line in result.stdout.splitlines() if line.strip().startswith("input:")]
    assert any("tracts.parquet" in line for line in inputs)
    assert not any("parameters.parquet" in line for line in inputs)


def test_a_typo_in_the_configuration_stops_the_workflow_and_names_the_key(workflow: Path) -> None:
    result = run("snakemake", "--dry-run", "--config", "scenario=3", folder=workflow)
    assert result.returncode != 0
    assert "unknown key 'scenario' in the top level; did you mean 'scenarios'?" in result.stdout + result.stderr


def test_lint_finds_nothing() -> None:
    result = run("snakemake", "--lint")
    assert result.returncode == 0, result.stdout + result.stderr


def test_rules_are_formatted() -> None:
    result = run("snakefmt", "--check", "Snakefile", "workflow")
    assert result.returncode == 0, result.stdout + result.stderr
