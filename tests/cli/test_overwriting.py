"""No verb writes over its inputs, whichever options name them and however they are spelt."""

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from bad_inputs import Inputs
from verbs import leaves, run

from introghost.cli.overwriting import check
from introghost.errors import ConfigError

OUTPUTS = ("output", "populations_output", "summary")
PAIRS = [
    (verb, command, parameter, output)
    for verb, command in leaves()
    for output in sorted({str(parameter.name) for parameter in command.params} & set(OUTPUTS))
    for parameter in command.params
    if isinstance(parameter.type, click.Path) and parameter.name not in OUTPUTS
]


def test_all_verbs_are_looked_at() -> None:
    verbs = {verb for verb, *_ in PAIRS}
    assert verbs == {verb for verb, _ in leaves()} - {"config check"}


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
