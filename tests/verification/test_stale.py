"""After an edit, one run makes anew all that depends on it, and nothing is left that another run would make anew."""

import contextlib
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from edits import ANSWERS, CONFIGURATIONS, FILES, KEYS, Edit, keys
from verbs import run

from introghost.documents import JsonObject

ROOT = Path(__file__).parents[2]
cli = pytest.importorskip("snakemake.cli", reason="the extra `workflow` is not installed")

NOTHING = "Nothing to be done"
SEEN = "outgroup_diploids: 6\ntarget_diploids: [4, {target}]\nmissing: [0, 0.1]\ninclude_bed: mask.bed\ngenetic_map: map.tsv\n"
MAP = "pos\tchr\tcM\n1\t1\t0\n500000\t1\t{middle}\n1000000\t1\t1\n1\t2\t0\n1000000\t2\t1\n"


def inputs(folder: Path) -> None:
    """The workflow, and the files that the configurations name, of those that are read from data empty ones."""
    shutil.copy(ROOT / "Snakefile", folder)
    shutil.copytree(ROOT / "workflow", folder / "workflow")
    for place in ("my_demo", "other_demo"):
        shutil.copytree(ROOT / "config" / "demo", folder / place)
    for place in ("scenarios/ghost", "other_ghost"):
        shutil.copytree(ROOT / "config" / "scenarios" / "ghost", folder / place)
    edited(folder / "other_demo" / "priors.yaml", "0.0225", "0.05")
    edited(folder / "other_ghost" / "priors.yaml", "lower: 0.003", "lower: 0.05")
    edited(folder / "other_ghost" / "model.demes.yaml", "demes: [Outgroup, Target]", "source: Outgroup, dest: Target")
    for name, callable_bp in {"mask.bed": 900, "other.bed": 700}.items():
        rows = (f"{chromosome}\t{at}\t{at + callable_bp}\n" for chromosome in "12" for at in range(0, 1_000_000, 1_000))
        (folder / name).write_text("".join(rows))
    for name, middle in {"map.tsv": 0.5, "other.tsv": 0.8}.items():
        (folder / name).write_text(MAP.format(middle=middle))
    for name, target in {"seen.yaml": 6, "others_seen.yaml": 5}.items():
        section = "".join(f"  {line}\n" for line in SEEN.format(target=target).splitlines())
        (folder / name).write_text(f"observation:\n{section}")
    for name in ("data.vcf.gz", "other.vcf.gz", "populations.tsv", "others.tsv", "ancestral.fa", "other.fa"):
        (folder / name).write_text(name)
    for task in ("segments", "model-choice", "parameters"):
        (folder / "start" / task).mkdir(parents=True)
        (folder / "start" / task / "MANIFEST.sha256").touch()


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, path
    path.write_text(text.replace(old, new), encoding="utf-8")


def snakemake(folder: Path, document: JsonObject, *more: str) -> str:
    """What Snakemake says, run in this process: a plan then takes a fraction of a second."""
    (folder / "edited.yaml").write_text(yaml.safe_dump(document))
    arguments = ["--cores", "2", "--configfile", "edited.yaml", *more]
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as stopped:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["snakemake", *arguments])
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            cli.main(arguments)
    assert stopped.value.code == 0, said.getvalue()
    return said.getvalue()


def steps(said: str) -> set[str]:
    """The steps that are planned, or run: each rule with the kind of genomes or the task that it is about."""
    blocks = re.findall(r"^(?:local)?rule (\w+):\n((?: +.*\n)*)", said, flags=re.M)
    abouts = (re.search(r"wildcards: .*?\b(?:kind|task)=([\w-]+)", block) for _rule, block in blocks)
    found = {f"{rule} {about[1]}" if about else rule for (rule, _), about in zip(blocks, abouts, strict=True)}
    return found - {"introghost", "all"}


Finished = Callable[[str], tuple[Path, set[str]]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Gives the folder of a run that is finished by what Snakemake has recorded of it, though its results are empty."""
    runs = dict[str, tuple[Path, set[str]]]()

    def of(name: str) -> tuple[Path, set[str]]:
        if name not in runs:
            folder = tmp_path_factory.mktemp("finished") / "x"
            folder.mkdir()
            inputs(folder)
            plan = snakemake(folder, CONFIGURATIONS[name], "--dry-run")
            for path in (path for line in re.findall(r"^ +output: (.*)$", plan, flags=re.M) for path in line.split(", ")):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).touch()
            snakemake(folder, CONFIGURATIONS[name], "--touch", "--forceall")
            runs[name] = folder, steps(plan)
        return runs[name]

    return of


def test_every_key_of_the_configuration_has_an_edit() -> None:
    assert sorted(KEYS) == sorted(keys())


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_after_a_run_nothing_is_planned(finished: Finished, name: str) -> None:
    folder, _ = finished(name)
    said = snakemake(folder, CONFIGURATIONS[name], "--dry-run")
    assert NOTHING in said
    assert "missing provenance" not in said


@pytest.mark.parametrize("key", KEYS)
def test_another_value_of_a_key_plans_what_depends_on_it(finished: Finished, key: str) -> None:
    edit = KEYS[key]
    folder, before = finished(edit.configuration)
    document = edit.of_key(key, CONFIGURATIONS[edit.configuration])
    assert steps(snakemake(folder, document, "--dry-run")) == edit.planned & (before | ADDED.get(key, set()))


@pytest.mark.parametrize("path", FILES)
def test_other_content_of_a_file_plans_what_depends_on_it(finished: Finished, tmp_path: Path, path: str) -> None:
    edit = FILES[path]
    folder, before = finished(edit.configuration)
    shutil.copytree(folder, tmp_path / "x")  # with the times of the files
    shutil.copyfile(tmp_path / "x" / str(edit.value), tmp_path / "x" / path)
    assert steps(snakemake(tmp_path / "x", CONFIGURATIONS[edit.configuration], "--dry-run")) == edit.planned & before


ADDED = {"data.targets": {"compare"}, "train.segments.from": {"apply_start"}}  # steps that there were none of
