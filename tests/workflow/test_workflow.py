"""The workflow can be planned, is lint-free and formatted; nothing is run."""

import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

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
    one_each = {"simulate_data", "write_data", "evaluate", "evaluate_data", "apply", "report"}
    assert {rule for rule, count in planned.items() if count == 1} >= one_each
    assert planned["simulate"] == planned["statistics"] > 3
    assert planned["train"] == 3


def test_a_vcf_is_planned_without_simulated_data_and_with_its_options(workflow: Path) -> None:
    files = ("DPYD.vcf.gz", "populations.tsv", "accessible.chr1.97-99Mb.bed", "genetic_map.chr1.97-99Mb.tsv")
    for name in files:
        path = workflow / "resources" / "1000genomes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    config = (workflow / "config" / "1000genomes.yaml").read_text()
    bed = "\n  include_bed: resources/1000genomes/accessible.chr1.97-99Mb.bed"
    masked = config.replace("\ndata:", f"\ndata:{bed}").replace("\nobservation:", f"\nobservation:{bed}")
    (workflow / "masked.yaml").write_text(masked)
    result = run("snakemake", "--dry-run", "--printshellcmds", "--configfile", "masked.yaml", folder=workflow)
    assert "simulate_data" not in jobs(result)
    assert "--outgroup YRI --target GBR" in result.stdout
    assert "--include-bed resources/1000genomes/accessible.chr1.97-99Mb.bed" in result.stdout
    assert '"minimum_allele_count": 5' in result.stdout
    assert "results/1000genomes/report.html" in result.stdout


def test_populations_and_paths_reach_every_command_whole(workflow: Path) -> None:
    names = ("DPYD.vcf.gz", "populations.tsv", "genetic_map.chr1.97-99Mb.tsv")
    place = "my 'own' \"düta\""
    (workflow / place).mkdir()
    for name in names:
        (workflow / place / name).touch()
    text = (workflow / "config" / "1000genomes.yaml").read_text()
    config = yaml.safe_load(text.replace("resources/1000genomes", "PLACE"))
    config["data"] = {key: value.replace("PLACE", place) for key, value in config["data"].items()}
    config["observation"]["genetic_map"] = config["data"]["genetic_map"]
    config["data"] |= {"outgroup": ["YRI", "East Africa"], "target": "GBR, NO"}
    config["results"] = "the results"
    (workflow / "c.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    result = run("snakemake", "--dry-run", "--printshellcmds", "--configfile", "c.yaml", folder=workflow)
    assert jobs(result)["statistics_data"] == 1
    printed = re.findall(r"^Shell command: (introghost .*)$", result.stdout, flags=re.M)
    commands = [shlex.split(line) for line in printed]
    for verb in (["vcf", "check"], ["statistics", "--vcf"], ["apply"]):
        (words,) = [words for words in commands if words[1 : 1 + len(verb)] == verb]
        options = dict(itertools.pairwise(words))
        assert (options["--outgroup"], options["--target"]) == ("YRI,East Africa", "GBR,NO")
        assert options["--vcf"] == f"{place}/DPYD.vcf.gz"
        assert options["--populations"] == f"{place}/populations.tsv"
        assert options["--output"].startswith("the results/")
    (predictive,) = [words for words in commands if words[1] == "predictive"]
    simulated = [word for option, word in itertools.pairwise(predictive) if option == "--simulated"]
    assert len(simulated) == jobs(result)["statistics"]
    assert set(simulated) >= {"the results/statistics/no_ghost/test.zarr.zip"}


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
    result = run("snakemake", "--dry-run", "--config", "test_genome=3", folder=workflow)
    assert result.returncode != 0
    assert "unknown key 'test_genome' in the top level; did you mean 'test_genomes'?" in result.stdout + result.stderr


def test_lint_finds_nothing() -> None:
    result = run("snakemake", "--lint")
    assert result.returncode == 0, result.stdout + result.stderr


def test_rules_are_formatted() -> None:
    result = run("snakefmt", "--check", "Snakefile", "workflow")
    assert result.returncode == 0, result.stdout + result.stderr
