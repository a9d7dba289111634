"""Inputs out of a pipe, as ``<(…)`` gives them: read where they can be, else refused by name."""

import hashlib
import json
import os
import threading
from pathlib import Path

import pytest
from bad_inputs import Inputs
from verbs import run

from introghost.statistics.table import Statistics

BED = "1\t1000000\t1015150\n"
MAP = "pos\tchr\tcM\n1000001\t1\t2\n1100001\t1\t2.1\n"


def pipe(path: Path, content: str) -> Path:
    """A pipe that gives `content` once, as a shell makes it."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    threading.Thread(target=path.write_bytes, args=[content.encode()], daemon=True).start()
    return path


def test_tables_masks_maps_and_sequences_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = Inputs(tmp_path)
    inputs.header[1] = "##contig=<ID=1,length=1040000>"
    inputs.write()
    contents = {"include-bed": BED, "genetic-map": MAP, "ancestral": ">1\n" + "A" * 1_040_000 + "\n"}
    tables = []
    for make in (lambda path, content: path.write_text(content) and path, pipe):
        inputs.options |= {name: str(make(tmp_path / name, content)) for name, content in contents.items()}
        inputs.options["ancestral"] = f"fasta={inputs.options['ancestral']}"
        make(tmp_path / "populations.tsv", inputs.table)
        assert run("vcf", "check", *inputs.arguments()) == 0
        tables.append(capsys.readouterr().out)
        for name in (*contents, "populations.tsv"):
            (tmp_path / name).unlink()
    assert tables[0] == tables[1]
    assert "annotations\t1: extent inside the callable regions\t50.250 %" in tables[1]


def test_the_digest_is_of_what_was_read(tmp_path: Path) -> None:
    inputs = Inputs(tmp_path)
    inputs.write()
    pipe(tmp_path / "populations.tsv", inputs.table)
    inputs.options["include-bed"] = str(pipe(tmp_path / "mask", BED))
    output = tmp_path / "s.zarr.zip"
    assert run("statistics", *inputs.arguments(), "--output", output) == 0
    given = json.loads(Statistics.read(output).dataset.attrs["provenance"])["inputs"]
    assert given["include_bed"]["sha256"] == hashlib.sha256(BED.encode()).hexdigest()
    assert given["populations"]["sha256"] == hashlib.sha256(inputs.table.encode()).hexdigest()


@pytest.mark.parametrize("verb", [["vcf", "check"], ["statistics"], ["observe"], ["apply"]])
def test_a_vcf_is_refused_by_name(verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = Inputs(tmp_path)
    inputs.write()
    inputs.options["vcf"] = str(pipe(tmp_path / "vcf", inputs.text()))
    inputs.options["ancestral"] = "outgroup-major"
    assert run(*verb, *inputs.arguments(), "--output", tmp_path / "out") == 3
    error = capsys.readouterr().err
    assert error.endswith("vcf: a VCF can't come from a pipe, for it is read more than once; write it to a file\n")


@pytest.mark.parametrize(("option", "content"), [("include-bed", BED), ("genetic-map", MAP)])
def test_what_simulations_read_later_is_no_pipe(
    option: str, content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = Inputs(tmp_path)
    inputs.write()
    inputs.options[option] = str(pipe(tmp_path / "file", content))
    assert run("observe", *inputs.arguments(), "--output", tmp_path / "o.yaml") == 2
    assert "is a pipe, and simulations read it later; give a file" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["vcf", "populations", "include-bed", "genetic-map"])
def test_what_the_workflow_reads_later_is_no_pipe(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = Inputs(tmp_path)
    inputs.write()
    inputs.options[option] = str(pipe(tmp_path / "file", inputs.table))
    assert run("init", *inputs.arguments(), "--output", tmp_path / "my.yaml") == 2
    expected = f"error: --{option} {tmp_path / 'file'} is a pipe, and the workflow reads it later; give a file\n"
    assert capsys.readouterr().err == expected


def test_an_observation_model_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = Path(__file__).parents[2] / "config" / "demo"
    sizes = ["--genomes", 1, "--region-length-bp", 20_000]
    model = pipe(tmp_path / "observation", "observation:\n  outgroup_diploids: 3\n  target_diploids: 2\n")
    words = ["simulate", "--scenario", scenario, *sizes, "--observation", model, "--output", tmp_path / "a.trees"]
    assert run(*words) == 0, capsys.readouterr().err
