"""No verb writes over its inputs, whichever options name them and however they are spelt."""

from collections.abc import Callable
from pathlib import Path

import click
import pytest
import torch
from bad_inputs import Inputs
from untrained import choice_bundle, segments_bundle
from verbs import leaves, run

from introghost import models
from introghost.cli.overwriting import check
from introghost.errors import ConfigError
from introghost.inference import bundle_files
from introghost.inference.checkpoints import STATE, Checkpoint, State
from introghost.models import MANIFEST

OUTPUTS = ("output", "populations_output", "summary")
FOLDERS = ("figures",)  # files are added to them
PAIRS = [
    (verb, command, parameter, output)
    for verb, command in leaves()
    for output in sorted({str(parameter.name) for parameter in command.params} & set(OUTPUTS))
    for parameter in command.params
    if isinstance(parameter.type, click.Path) and parameter.name not in (*OUTPUTS, *FOLDERS)
]


def test_all_verbs_are_looked_at() -> None:
    verbs = {verb for verb, *_ in PAIRS}
    assert verbs == {verb for verb, _ in leaves()} - {"config check", "cite", "run"}


@pytest.mark.parametrize(
    ("command", "parameter", "output"),
    [pytest.param(*rest, id=f"{verb} {rest[1].name} {rest[2]}") for verb, *rest in PAIRS],
)
def test_every_path_is_guarded(command: click.Command, parameter: click.Parameter, output: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.mkdir() if getattr(parameter.type, "file_okay", True) is False else path.touch()
    link = tmp_path / "link"
    link.symlink_to(path)
    value = (path,) if parameter.multiple else path
    with pytest.raises(ConfigError, match="is also an input; name another file"):
        check(command, {parameter.name: value, output: link})
    check(command, {parameter.name: value, output: tmp_path / "new"})


def sizes(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.iterdir()}


@pytest.mark.parametrize(
    ("verb", "output"),
    [
        (["observe"], "in.vcf.gz"),
        (["observe"], "in.vcf.gz.tbi"),
        (["vcf", "check"], "populations.tsv"),
        (["statistics"], "m.bed"),
        (["statistics"], "a.fa"),
    ],
)
def test_inputs_stay_as_they_are(
    verb: list[str], output: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = Inputs(tmp_path)
    inputs.write()
    inputs.add("include-bed", "m.bed", ["1\t0\t2000000"])
    inputs.add("ancestral", "a.fa", [">1", "A" * 100])
    inputs.options["ancestral"] = f"fasta={tmp_path / 'a.fa'}"
    before = sizes(tmp_path)
    assert run(*verb, *inputs.arguments(), "--output", tmp_path / output) == 2
    assert capsys.readouterr().err == f"error: --output {tmp_path / output} is also an input; name another file\n"
    assert sizes(tmp_path) == before


def of(name: str) -> Callable[[dict[str, object]], None]:
    command = dict(leaves())[name]
    return lambda values: check(command, values)


def test_files_that_are_read_beside_others_are_inputs_too(tmp_path: Path) -> None:
    for name in ("x.trees", "x.tracts.parquet", "m.bed", "segments.tsv", "report.html"):
        (tmp_path / name).touch()
    trees, bed = tmp_path / "x.trees", tmp_path / "m.bed"
    with pytest.raises(ConfigError, match="tracts"):
        of("statistics")({"trees": trees, "output": tmp_path / "x.tracts.parquet"})
    with pytest.raises(ConfigError, match=r"m\.bed is also an input"):
        of("statistics")({"trees": trees, "observation": f'{{"include_bed": "{bed}"}}', "output": bed})
    with pytest.raises(ConfigError, match=r"segments\.tsv is also an input"):
        of("report")({"calls": tmp_path, "output": tmp_path / "segments.tsv"})
    of("report")({"calls": tmp_path, "output": tmp_path / "report.html"})
    new = tmp_path / "new.vcf"
    with pytest.raises(ConfigError, match=r"--populations-output .*new\.vcf is also --output"):
        of("vcf write")({"trees": trees, "output": new, "populations_output": new})


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Folder of a model of two tasks."""
    for bundle in (segments_bundle(), choice_bundle()):
        bundle_files.save(bundle, tmp_path / "m" / bundle.task)
    return tmp_path / "m"


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_options_that_name_a_model_are_looked_at() -> None:
    options = {(verb, name) for verb, command in leaves() for each in command.params for name in each.opts}
    models = {(verb, name) for verb, name in options if "model" in name or name == "--from"}
    expected = {("apply", "--model"), ("evaluate", "--model"), ("report", "--model"), ("train", "--from")}
    assert models == {*expected, ("statistics", "--segment-model")}


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ("report --model {m} --evaluation {x}.none", "segments/model.json"),
        ("report --model {m} --evaluation {x}.none", "new.html"),
        ("statistics --segment-model {m} --trees {x}", "segments/model.json"),
        ("evaluate --model {m} --statistics {x}", ""),
        ("evaluate --model {m}/../m --statistics {x}", "segments"),
        ("evaluate --model {m} --statistics {x}", "new"),
        ("apply --model {m} --vcf {x} --populations {x} --outgroup A --target B", ""),
        ("train --task segments --from {m} --statistics {x}", ""),
        ("train --task segments --from {m} --statistics {x}", "segments"),
        ("train --task segments --from {m} --statistics {x}", "parameters"),
        ("train --task parameters --scenario ghost --from {m} --statistics {x}", "model-choice"),
    ],
)
def test_a_model_that_is_read_stays_as_it_is(
    words: str, output: str, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").touch()
    before = contents(model)
    path = model / output
    assert run(*words.format(m=model, x=tmp_path / "x").split(), "--output", path) == 2
    assert capsys.readouterr().err == f"error: --output {path} is also an input; name another file\n"
    assert contents(model) == before
    assert not (model / "new").exists()


def test_models_are_guarded_behind_links_and_by_their_names(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "segments").symlink_to(model / "segments")
    with pytest.raises(ConfigError, match="is also an input"):
        of("report")({"model": str(linked), "output": model / "segments" / "model.json"})
    of("report")({"model": str(linked), "output": model / "model-choice" / "report.html"})
    of("report")({"model": str(model), "output": tmp_path / "m.html"})
    with pytest.raises(ConfigError, match="is also an input"):
        of("evaluate")({"model": "human", "output": models.locate("human") / "segments"})
    with pytest.raises(ConfigError, match="--segment-model none: no such folder"):
        of("statistics")({"segment_model": "none", "output": tmp_path / "new"})
    monkeypatch.chdir(tmp_path)
    of("evaluate")({"model": "human", "output": Path("human")})


def test_training_writes_over_no_bundle_of_another_task(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither over a finished one, nor one half written, nor one whose training was stopped."""
    (tmp_path / "x").touch()
    (model / "segments" / MANIFEST).unlink()
    stopped = tmp_path / "stopped"
    state = State({}, {}, {}, [], {}, torch.zeros((1, 3), dtype=torch.float64))
    Checkpoint(stopped / "checkpoint", {"options": {"task": "parameters"}}).write(state)
    for output, task, holds in (
        (model / "model-choice", "segments", "bundle of task model-choice"),
        (model / "segments", "model-choice", "bundle of task segments"),
        (stopped, "segments", "checkpoint of task parameters"),
    ):
        before = contents(output)
        assert run("train", "--task", task, "--statistics", tmp_path / "x", "--output", output) == 2
        expected = f"error: --output {output} holds the {holds}, not {task}; name another folder\n"
        assert capsys.readouterr().err == expected
        assert contents(output) == before
    assert run("train", "--task", "segments", "--statistics", tmp_path / "x", "--output", model / "segments") == 3
    (stopped / "checkpoint" / STATE).write_bytes(b"damaged")
    assert run("train", "--task", "segments", "--statistics", tmp_path / "x", "--output", stopped) == 3


def test_training_starts_from_no_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").touch()
    (tmp_path / "empty" / "segments").mkdir(parents=True)
    given = "--statistics", tmp_path / "x", "--from", tmp_path / "empty", "--output", tmp_path / "new"
    assert run("train", "--task", "segments", *given) == 4
    folder = tmp_path / "empty" / "segments"
    assert capsys.readouterr().err.startswith(f"error: {folder}: no model bundle here (no MANIFEST.sha256); ")
    assert not (tmp_path / "new").exists()
