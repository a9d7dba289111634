"""An option that takes one value and is given twice is an error of every verb, and is told before anything is read."""

from pathlib import Path

import click
import pytest
from bad_inputs import Inputs
from verbs import leaves, run

REPEATABLE = {
    ("vcf", "vcf check"),
    ("vcf", "observe"),
    ("vcf", "statistics"),
    ("vcf", "apply"),
    ("statistics", "train"),
    ("statistics", "evaluate"),
    ("simulated", "predictive"),
    ("scenario", "report"),
    ("vcf", "init"),
    ("calls", "report"),
    ("costs", "report"),
    ("segments-statistics", "report"),
    ("genomes-statistics", "report"),
    ("link", "report"),
    ("target", "init"),
    ("scenario-prior", "apply"),
}
OPTIONS = [
    (verb, parameter)
    for verb, command in leaves()
    for parameter in command.params
    if isinstance(parameter, click.Option) and not parameter.is_flag
]
SINGLE = [(verb, option) for verb, option in OPTIONS if not option.multiple]


def test_options_that_may_be_repeated() -> None:
    assert {(option.opts[0].removeprefix("--"), verb) for verb, option in OPTIONS if option.multiple} == REPEATABLE
    assert len(SINGLE) > 60


@pytest.mark.parametrize(("verb", "option"), [pytest.param(*one, id=f"{one[0]} {one[1].name}") for one in SINGLE])
def test_given_twice(verb: str, option: click.Option, capsys: pytest.CaptureFixture[str]) -> None:
    name = option.opts[0]
    assert run(*verb.split(), name, "1", f"{name}=2") == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {name} is given 2 times: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "instead"),
    [
        ("target", "separate several populations by commas"),
        ("region", "put several intervals into a file for --include-bed"),
        ("include-bed", "put all intervals into one file"),
        ("bin-bp", "give it once"),
    ],
)
def test_the_error_says_what_to_do(option: str, instead: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("vcf", "check", "--vcf", "x", *[f"--{option}", "1"] * 3) == 2
    assert capsys.readouterr().err == f"error: --{option} is given 3 times: {instead}\n"


def test_once_and_flags_are_let_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = Inputs(tmp_path)
    inputs.write()
    assert run("vcf", "check", *inputs.arguments(), "--region", "1") == 0
    capsys.readouterr()
    assert run("apply", "--force", "--force", "--help") == 0
    assert run("--version", "--version") == 0


@pytest.mark.parametrize(
    ("verb", "required"),
    [
        (["vcf", "check"], {"--vcf"}),
        (["observe"], {"--vcf", "--populations", "--outgroup", "--target", "--output"}),
        (["init"], {"--vcf", "--populations", "--outgroup", "--target", "--output"}),
        (["apply"], {"--vcf", "--populations", "--outgroup", "--target", "--output"}),
        (["statistics"], {"--output"}),
    ],
)
def test_required_options_are_marked(verb: list[str], required: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*verb, "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert {part.rpartition(" --")[2].split()[0] for part in text.split("[required]")[:-1]} == {
        name.removeprefix("--") for name in required
    }


@pytest.mark.parametrize(
    ("verb", "has_map"),
    [(["vcf", "check"], True), (["observe"], True), (["init"], True), (["apply"], False), (["statistics"], False)],
)
def test_a_genetic_map_is_taken_where_it_has_a_use(
    verb: list[str], has_map: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*verb, "--help") == 0
    assert ("--genetic-map" in capsys.readouterr().out) == has_map
