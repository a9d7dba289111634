"""The whole workflow, run on a configuration small enough for it."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from introghost import provenance
from introghost.cli import main
from introghost.statistics.table import Statistics

ROOT = Path(__file__).parents[2]
pytest.importorskip("snakemake", reason="the extra `workflow` is not installed")

CONFIG: dict[str, Any] = {
    "seed": 3,
    "results": "out/a 'tiny' rün",
    "bin_bp": 10_000,
    "region_length_bp": 200_000,
    "scenarios": ['my "scenarios"/ghost', "no_ghost"],
    "observation": "what is seen.yaml",
    "simulations": {
        "segments": {"genomes": {"ghost": 5, "no_ghost": 4}, "test_genomes": 2, "observations": 2, "batch_genomes": 5},
        "genomes": {"genomes": {"ghost": 8, "no_ghost": 6}, "test_genomes": 2, "regions": 2, "batch_genomes": 8},
    },
    "train": {"segments": {"epochs": 1, "width": 8}, "model-choice": {"epochs": 2}},
    "data": {
        "simulated": {"folder": "demo", "regions": 1, "region_length_bp": 200_000},
        "outgroup": "Outgroup",
        "target": "Target",
    },
}
OBSERVATION = {
    "outgroup_diploids": 6,
    "target_diploids": [4, 6],
    "panel_target_diploids": 4,
    "minimum_allele_count": [1, 2],
    "missing": [0, 0.1],
    "switch_error": 0.01,
    "include_bed": "the mask's.bed",
}
RESULTS = Path("out", "a 'tiny' rün")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder in which no name does without quotes in a shell."""
    folder = tmp_path / 'Über "the" $HOME\'s folder'
    folder.mkdir()
    shutil.copy(ROOT / "Snakefile", folder)
    shutil.copytree(ROOT / "workflow", folder / "workflow")
    shutil.copytree(ROOT / "config" / "scenarios" / "ghost", folder / 'my "scenarios"' / "ghost")
    (folder / "what is seen.yaml").write_text(yaml.safe_dump({"observation": OBSERVATION}))
    mask = "".join(f"1\t{start}\t{start + 900}\n" for start in range(0, 1_000_000, 1_000))
    (folder / "the mask's.bed").write_text(mask)
    return folder


def snakemake(
    folder: Path, config: dict[str, Any], *more: str, proxy: str | None = None
) -> subprocess.CompletedProcess[str]:
    (folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    binaries = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    environment |= {} if proxy is None else dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), proxy)
    cores = [] if "--cores" in more else ["--cores", "2"]
    command = [str(binaries / "snakemake"), *cores, "--configfile", "tiny.yaml", *more]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_workflow_runs_from_simulation_to_report(folder: Path) -> None:
    result = snakemake(folder, CONFIG)
    assert result.returncode == 0, result.stdout + result.stderr
    results = folder / RESULTS
    page = (results / "report" / "Target.html").read_text(encoding="utf-8")
    assert "Do the simulations look like the data?" in page
    assert "These calls against their true tracts" in page
    assert "P(ghost)" in (results / "report" / "Target.txt").read_text(encoding="utf-8")
    assert (results / "model.html").stat().st_size
    assert (results / "check" / "vcf.tsv").stat().st_size
    table = pd.read_csv(results / "predictive" / "Target" / "predictive.tsv", sep="\t")
    assert (results / "predictive" / "Target" / "predictive.provenance.json").stat().st_size
    assert table["statistic"].iloc[0] == "all statistics together"
    fraction = table[table["statistic"] == "callable_fraction"].set_index("summary").loc["mean"]
    assert fraction["median"] == pytest.approx(0.9, abs=0.02)
    assert fraction["verdict"] == "outside"  # the data were not masked
    check_statistics(results)
    check_report(folder)
    assert not (folder / "results").exists()
    again = snakemake(folder, CONFIG)
    assert "Nothing to be done" in again.stdout + again.stderr


def check_report(folder: Path) -> None:
    """The report of Snakemake is made offline, asks for nothing when it is read, and has categories with captions."""
    result = snakemake(folder, CONFIG, "--report", "report.zip", proxy="http://127.0.0.1:9")
    assert result.returncode == 0, result.stdout + result.stderr
    with zipfile.ZipFile(folder / "report.zip") as archive:
        html = archive.read("report/report.html").decode()
        packed = {Path(name).name for name in archive.namelist()}
    assert packed >= {"Target.html", "model.html", "predictive.tsv", "summary.tsv"}
    categories = re.search(r"categories = (\{.*?\]\}\})", html)
    assert categories is not None
    assert sorted(json.loads(categories[1])) == [
        "1. The answer", "2. Do the simulations look like the data?", "3. How far to trust the networks",
    ]  # fmt: skip
    assert "page of the model" in html
    assert not re.search(r"""<(?:script|link|img)[^>]*(?:src|href)=["']https?:""", html)
    assert "Question." in html, "captions say what is asked, how, how to read it, and what to bear in mind"


def check_statistics(results: Path) -> None:
    """Genomes were observed as often as wanted, and of those for the verdict whole regions alone are kept."""
    segments = Statistics.read(results / "statistics" / "segments" / "ghost" / "train-2.zarr.zip")
    assert len(segments.scenarios) == 5 * 2 * 4, "genomes, observations and regions"
    assert len(set(segments.genome_indices.tolist())) == 5
    assert segments.haplotype.shape[1] <= 16
    assert not segments.segment_model_digest
    test = Statistics.read(results / "statistics" / "segments" / "ghost" / "test-0.zarr.zip")
    assert test.genome_indices.tolist() == [genome for genome in (0, 1) for _ in range(4)]
    genomes = Statistics.read(results / "statistics" / "genomes" / "ghost" / "train-2.zarr.zip")
    assert genomes.genome_indices.tolist() == [genome for genome in range(2, 10) for _ in range(2)]
    assert genomes.segment_model_digest == provenance.sha256(results / "model" / "segments" / "MANIFEST.sha256")
    assert "haplotype_statistics" not in genomes.dataset


def test_a_vcf_that_cannot_be_used_stops_the_workflow_before_it_simulates(folder: Path) -> None:
    samples = "\t".join(f"s{i}" for i in range(4))
    (folder / "a bad one.vcf").write_text(
        f"##fileformat=VCFv4.2\n##contig=<ID=1,length=300000>\n"
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{samples}\n"
        "1\t5000\t.\tA\tC\t.\t.\t.\tGT\t0/1\t0/0\t0/1\t0/0\n"
    )
    rows = [f"s{i}\t{'A' if i < 2 else 'B'}" for i in range(4)]
    (folder / "populations.tsv").write_text("\n".join(["sample\tpopulation", *rows]) + "\n")
    data = {"vcf": "a bad one.vcf", "populations": "populations.tsv", "outgroup": "A", "target": "B", "region": "1"}
    data |= {"include_bed": "the mask's.bed"}
    result = snakemake(folder, {**CONFIG, "data": data}, "--show-failed-logs", "--cores", "1")
    assert result.returncode != 0
    assert "unphased" in result.stdout + result.stderr
    assert not list((folder / "out").rglob("*.trees"))
    assert not (folder / RESULTS / "check" / "vcf.tsv").exists()
    log = RESULTS / "logs" / "check.log"
    assert f"what was found in it: {log}" in result.stdout + result.stderr
    found = (folder / log).read_text()
    assert "file\tsamples\t4\n" in found
    assert "error: " in found
    assert "--bin-bp 20000" in snakemake(folder, {**CONFIG, "data": data, "bin_bp": 20_000}, "-n", "-p").stdout


@pytest.fixture
def data(folder: Path) -> dict[str, str]:
    header = "##fileformat=VCFv4.2\n##contig=<ID=1,length=300000>\n"
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts0\ts1\n"
    (folder / "an x.vcf").write_text(
        header
        + '##FORMAT=<ID=GT,Number=1,Type=String,Description="G">\n'
        + columns
        + "1\t9\t.\tA\tC\t.\t.\t.\tGT\t0|1\t0|0\n"
    )
    (folder / "x.tsv").write_text("sample\tpopulation\ns0\tA\ns1\tB\n")
    return {"vcf": "an x.vcf", "populations": "x.tsv", "outgroup": "A", "target": "B", "include_bed": "the mask's.bed"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, ""),
        ({"vcf": "y.vcf"}, "data.vcf: y.vcf: no such file"),
        ({"target": "C"}, "target population 'C' has no samples"),
        ({"ancestral": "info-aa"}, "declares no INFO/AA"),
        ({"observation": {**OBSERVATION, "include_bed": "absent.bed"}, "include_bed": "absent.bed"}, "absent.bed"),
        ({"include_bed": "other.bed"}, "data.include_bed: other.bed, but observation.include_bed is the mask's.bed"),
    ],
)
def test_config_check_looks_at_the_data(
    folder: Path,
    data: dict[str, str],
    change: dict[str, Any],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    top = {key: value for key, value in change.items() if key in ("ancestral", "observation")}
    content = {**CONFIG, **top, "data": {**data, **{key: change[key] for key in change if key not in top}}}
    (folder / "c.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(SystemExit) as stopped:
        main(["config", "check", "c.yaml", "--draws", "1"])
    captured = capsys.readouterr()
    assert bool(stopped.value.code) == bool(message)
    assert message in captured.err
    assert message or "A and B: 1 individuals of the outgroup, 1 of the target" in captured.out


@pytest.mark.parametrize(("end", "told"), [(200_000, False), (150_000, True)])
def test_config_check_warns_of_regions_longer_than_the_mask(
    folder: Path, data: dict[str, str], end: int, told: bool, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(folder)
    (folder / "the mask's.bed").write_text(f"1\t0\t{end}\n")
    (folder / "c.yaml").write_text(yaml.safe_dump({**CONFIG, "data": data}))
    with pytest.raises(SystemExit) as stopped:
        main(["config", "check", "c.yaml", "--draws", "1"])
    error = capsys.readouterr().err
    assert not stopped.value.code, error
    assert ("callable sequence, 150,000 bp; the rest will be masked: shorten region_length_bp" in error) == told


@pytest.mark.parametrize(("diploids", "drawn"), [(1, None), ([1, 3], None), (2, "2"), ([2, 3], "2 to 3")])
def test_config_check_warns_of_other_numbers_of_individuals(
    folder: Path, data: dict[str, str], diploids: Any, drawn: str | None, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(folder)
    observation = {**OBSERVATION, "outgroup_diploids": diploids, "target_diploids": 1}
    (folder / "c.yaml").write_text(yaml.safe_dump({**CONFIG, "observation": observation, "data": data}))
    with pytest.raises(SystemExit) as stopped:
        main(["config", "check", "c.yaml", "--draws", "1"])
    captured = capsys.readouterr()
    assert not stopped.value.code, captured.err
    told = [line for line in captured.err.splitlines() if "individuals of the" in line]
    line = f"warning: 1 individuals of the outgroup in the data, outside observation.outgroup_diploids, {drawn}; "
    assert told == ([] if drawn is None else [line + "posteriors may be off: widen it"])


@pytest.mark.parametrize("both", [True, False])
def test_config_check_warns_of_another_map(
    folder: Path, data: dict[str, str], both: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    (folder / "map.tsv").write_text("pos\tchr\tcM\n1\t1\t0\n900000\t1\t1\n")
    observation = {**OBSERVATION, "genetic_map": "map.tsv"} if both else OBSERVATION
    content = {**CONFIG, "observation": observation, "data": {**data, "genetic_map": "map.tsv"}}
    (folder / "c.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(SystemExit) as stopped:
        main(["config", "check", "c.yaml", "--draws", "1"])
    captured = capsys.readouterr()
    assert not stopped.value.code, captured.err
    assert ("genetic_map differ" in captured.err) != both
