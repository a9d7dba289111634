"""Help teaches: groups hold options that are there, and every example runs."""

import os
import shlex
import subprocess
from pathlib import Path

import click
import pytest
from verbs import leaves, run

from introghost.cli.help import Example, Verb

# Examples build on the files of those before them: in the order of a first analysis.
ORDER = (
    *("vcf check", "apply", "report", "evaluate", "observe", "init", "config check", "run", "simulate", "statistics"),
    *("predictive", "train", "vcf write", "cite"),
)


def verbs() -> dict[str, Verb]:
    commands = dict(leaves())
    assert all(isinstance(command, Verb) for command in commands.values())
    return {name: command for name, command in commands.items() if isinstance(command, Verb)}


def test_every_verb_has_an_example_and_groups_of_its_own_options() -> None:
    assert set(ORDER) == set(verbs())
    for name, verb in verbs().items():
        assert verb.examples, name
        grouped = [option for options in verb.groups.values() for option in options]
        assert len(grouped) == len(set(grouped)), name
        assert set(grouped) <= {parameter.name for parameter in verb.params}, name
        if verb.groups and name not in ("evaluate", "statistics"):
            assert set(grouped) == {parameter.name for parameter in verb.params}, name


def test_help_shows_options_by_group_and_examples_at_the_end() -> None:
    @click.command(cls=Verb, groups={"Data": ["vcf"]}, examples=[Example("a thing", "introghost thing --vcf a")])
    @click.option("--force", is_flag=True)
    @click.option("--vcf", required=True, help="A file.")
    def thing() -> None:
        """Do it."""

    lines = [line.strip() for line in thing.get_help(click.Context(thing)).splitlines() if line]
    assert lines[2:] == [
        "Data:", "--vcf TEXT  A file.  [required]",
        "Options:", "--force", "--help   Show this message and exit.",
        "Examples:", "# a thing", "introghost thing --vcf a",
    ]  # fmt: skip


def test_the_examples_of_all_verbs_run(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in demo.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    # In place of this process, which would be replaced by Snakemake.
    monkeypatch.setattr(os, "execve", lambda _, words, environment: subprocess.run(words, env=environment, check=True))
    commands = verbs()
    for name in ORDER:
        for example in commands[name].examples:
            words = shlex.split(example.command.partition(" > ")[0])
            assert words[: 1 + len(name.split())] == ["introghost", *name.split()]
            assert run(*words[1:]) == 0, example.command
