"""The workflow on what a user has: files of several chromosomes, two targets, networks adapted from `human`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from introghost.cli import main

ROOT = Path(__file__).parents[2]
pytest.importorskip("snakemake", reason="the extra `workflow` is not installed")
pytestmark = pytest.mark.slow

TARGETS = ("North", "South Coast")
CONFIG: dict[str, Any] = {
    "seed": 11,
    "bin_bp": 5000,
    "scenarios": ["ghost", "no_ghost"],
    "observation": {"outgroup_diploids": 12, "target_diploids": [5, 6]},
    "simulations": {
        "segments": {"genomes": {"ghost": 8, "no_ghost": 6}, "test_genomes": {"ghost": 2}},
        "genomes": {"genomes": 10, "test_genomes": 2, "regions": 6, "batch_genomes": 12},
    },
    "train": {
        "segments": {"from": "human", "epochs": 1},
        "model-choice": {"from": "human", "epochs": 2},
        "parameters": {"from": "human", "epochs": 2, "scenario": "ghost"},
    },
    "data": {
        "vcf": ["first.vcf", "second.vcf"],
        "populations": "populations.tsv",
        "outgroup": "Outgroup",
        "target": list(TARGETS),
    },
}


def verb(*words: object) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    assert not stopped.value.code


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the workflow has run on two files of four contigs each, of a genome with a ghost."""
    folder = tmp_path_factory.mktemp("several targets")
    sizes = ("--outgroup-diploids", 12, "--target-diploids", 12, "--regions", 8, "--genomes", 1)
    verb("simulate", "--scenario", ROOT / "config" / "demo", *sizes, "--output", folder / "x.trees")
    table = folder / "table.tsv"
    verb("vcf", "write", "--trees", folder / "x.trees", "--output", folder / "x.vcf", "--populations-output", table)
    lines = (folder / "x.vcf").read_text().splitlines(keepends=True)
    for name, contigs in (("first.vcf", "1234"), ("second.vcf", "5678")):
        kept = [line for line in lines if line.startswith("#") or line.split("\t", 1)[0] in contigs]
        (folder / name).write_text("".join(kept))
    populations = pd.read_csv(table, sep="\t")
    is_target = populations["population"] == "Target"
    populations.loc[is_target, "population"] = [TARGETS[number % 2] for number in range(is_target.sum())]
    populations.to_csv(folder / "populations.tsv", sep="\t", index=False)
    (folder / "my.yaml").write_text(yaml.safe_dump(CONFIG))
    result = snakemake(folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


def snakemake(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    binaries = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
    command = [str(binaries / "snakemake"), "--snakefile", str(ROOT / "workflow" / "Snakefile"), "--cores", "2"]
    command += ["--configfile", "my.yaml", *more]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_each_target_has_calls_of_every_contig_and_of_its_individuals(folder: Path) -> None:
    table = pd.read_csv(folder / "populations.tsv", sep="\t").set_index("sample")["population"]
    for name, population in zip(("North", "South_Coast"), TARGETS, strict=True):
        calls = folder / "results" / "calls" / name
        status = pd.read_csv(calls / "bin_status.tsv", sep="\t", dtype={"contig": str})
        assert list(status["contig"].unique()) == list("12345678")
        samples = pd.read_csv(calls / "per_sample.tsv", sep="\t")["sample"].unique()
        assert set(samples) == set(table.index[table == population])
        choice = json.loads((calls / "model_choice.json").read_text())
        assert set(choice["probabilities"]) == {"ghost", "no_ghost"}
        assert choice["regions"] == 8


def test_pages_show_the_answer_beside_that_of_the_model_it_started_from(folder: Path) -> None:
    for name in ("North", "South_Coast"):
        page = (folder / "results" / "report" / f"{name}.html").read_text(encoding="utf-8")
        start = json.loads((folder / "results" / "calls_of_start" / name / "model_choice.json").read_text())
        assert start["decision"] in page
        summary = (folder / "results" / "report" / f"{name}.txt").read_text(encoding="utf-8")
        made = json.loads((folder / "results" / "calls" / name / "model_choice.json").read_text())
        assert made["decision"] in summary
    comparison = (folder / "results" / "comparison.html").read_text(encoding="utf-8")
    assert all(f'href="report/{name}.html"' in comparison for name in ("North", "South_Coast"))


def test_networks_were_adapted_once_for_both_targets(folder: Path) -> None:
    for task in CONFIG["train"]:
        description = json.loads((folder / "results" / "model" / task / "model.json").read_text())
        assert description["provenance"]["options"]["from"]["name"] == "human"
    plans = snakemake(folder, "--dry-run")
    assert "Nothing to be done" in plans.stdout + plans.stderr


def test_another_target_is_asked_without_another_training(folder: Path) -> None:
    changed = {**CONFIG, "data": {**CONFIG["data"], "target": [*TARGETS, "North,South Coast"]}}
    (folder / "my.yaml").write_text(yaml.safe_dump(changed))
    plans = snakemake(folder, "--dry-run", "--quiet", "rules")
    (folder / "my.yaml").write_text(yaml.safe_dump(CONFIG))
    assert plans.returncode == 0, plans.stderr
    rows = (line.split() for line in plans.stdout.splitlines())
    planned = {row[0] for row in rows if len(row) == 2 and row[1].isdigit()}
    assert {"apply", "apply_start", "report", "compare"} <= planned
    assert not {"simulate", "train", "evaluate", "statistics_segments", "statistics_genomes"} & planned
