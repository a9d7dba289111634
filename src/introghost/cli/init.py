"""The verb `init`: look at VCF files and write a configuration for the workflow that suits them."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from introghost import models
from introghost.cli.data import DATA, DEMO, data_options, map_findings, open_data, show, split_names
from introghost.cli.help import Example, Verb
from introghost.errors import ConfigError

_YEAR_MINUTES = 365 * 24 * 60


def _possible(context: click.Context, parameter: click.Parameter, minutes: float | None) -> float | None:
    if minutes is not None and not 1 <= minutes <= _YEAR_MINUTES:  # nor is nan
        raise ConfigError(f"--minutes {minutes:g}: expected 1 to {_YEAR_MINUTES} minutes")
    return minutes


@click.command(
    "init",
    cls=Verb,
    groups={
        "Data": (*DATA, "genetic_map", "ancestral"),
        "Output": ("minutes", "output"),
    },
    examples=[
        Example(
            "a configuration of the workflow that adapts the model to the data in about an hour",
            f"introghost init {DEMO} --minutes 60 --output my.yaml",
        )
    ],
)
@data_options(genetic_map=True, several_targets=True)
@click.option(
    "--ancestral",
    default="outgroup-major",
    show_default=True,
    help="info-aa, fasta=FILE or outgroup-major. Training starts from a model that comes with introghost only with "
    "outgroup-major, and takes hours more with the others.",
)
@click.option(
    "--minutes",
    type=float,
    callback=_possible,
    help="Time to aim at on two cores; never fewer genomes than training needs, which may take longer.  [default: 45, "
    "or 150 where no trained model suits]",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The configuration, my.yaml, which must not be there yet; results will be in results/my.",
)
def command(output: Path, target: tuple[str, ...], minutes: float | None, **options: Any) -> None:
    """Write a configuration for VCF files, which runs as it is: simulations like them, networks adapted to them.

    The files are read as `vcf check` and `observe` read them, and refused where those refuse them. Each line of the
    configuration says where its value comes from; look them over. Paths are written as they are given, and are
    relative to the folder that the workflow runs in.
    """
    from introghost import atomic, config, documents
    from introghost.findings import in_order
    from introghost.proposal import Inputs, Start, propose
    from introghost.variants.survey import survey_targets

    _check_targets(target)
    _check_paths(options, output)
    results = _results_of(output)
    roles = [open_data({**options, "target": one})[0].roles for one in target]
    source, _ = open_data({**options, "target": ",".join(target)})
    findings = map_findings(source, options["genetic_map"])
    region = source.contigs()[0] if options["region"] else None
    surveys = dict(zip(target, survey_targets(source, roles, region), strict=True))
    inputs = Inputs(
        vcf=tuple(str(path) for path in options["vcf"]),
        populations=str(options["populations"]),
        targets=target,
        outgroup=options["outgroup"],
        ancestral=options["ancestral"],
        region=options["region"],
        include_bed=_text(options["include_bed"]),
        genetic_map=_text(options["genetic_map"]),
    )
    start = Start.load(models.DEFAULT)
    proposal = propose(inputs, surveys, contigs=source.contigs(), results=results, start=start, minutes=minutes)
    text = proposal.to_yaml()
    config.parse(documents.parse_object(text, str(output)))
    atomic.write_text(output, text)
    show(in_order([*source.findings(), *findings]))
    for name, words in proposal.summary().items():
        click.echo(f"{name}\t{words}")
    for words in _next(output):
        click.echo(f"next\t{words}")
    click.echo(f"{output}: configuration written", err=True)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _next(output: Path) -> list[str]:
    """What to run after this, with the configuration."""
    name = shlex.quote(str(output))
    return [
        f"introghost config check {name}",
        f"introghost run {name}",
    ]


def _check_targets(targets: Sequence[str]) -> None:
    """Refuse a target that is given again, in whichever order: of two answers to one question, one is too many."""
    by_populations = dict[frozenset[str], str]()
    for target in targets:
        populations = frozenset(split_names(target))
        if populations in by_populations:
            first = by_populations[populations]
            other = "" if first == target else f", once as {first}"
            raise ConfigError(f"--target {target} is given twice{other}; leave one out")
        by_populations[populations] = target


def _results_of(output: Path) -> str:
    """Folder of results, named like the file, without leading dots: they would hide it, or lead to another one.

    Raises
    ------
    ConfigError
        The file is there already, perhaps edited by its user; its name begins with a dash, or has only dots.
    """
    if output.exists():
        raise ConfigError(f"{output} is there already; name another file or remove it")
    if output.name.startswith("-"):
        raise ConfigError(f"--output {str(output)!r}: commands take it for an option; name another file")
    name = output.stem.lstrip(".")
    if not name:
        raise ConfigError(f"--output {str(output)!r}: results are named like it, without dots; name another file")
    return f"results/{name}"


def _check_paths(options: Mapping[str, Any], output: Path) -> None:
    """Refuse what the workflow could not read later: pipes, and names that Snakemake takes for something else.

    Raises
    ------
    ConfigError
    """
    from introghost.config import SCHEMA
    from introghost.documents import Section, load_schema
    from introghost.text import is_pipe

    allowed = Section(load_schema(SCHEMA)).section("$defs").section("path").text("pattern")
    for option, path in _named_paths(options):
        if is_pipe(path):
            raise ConfigError(f"{option} {path} is a pipe, and the workflow reads it later; give a file")
        if not re.search(allowed, str(path)):
            raise ConfigError(f"{option} {str(path)!r}: Snakemake does not take braces or angle brackets; rename it")
    if not re.search(allowed, output.name):
        raise ConfigError(
            f"--output {str(output)!r}: results are named like it, without braces or angle brackets; name another file"
        )


def _named_paths(options: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """Files that the configuration will name, each with its option."""
    yield from (("--vcf", path) for path in options["vcf"])
    for name in ("populations", "include_bed", "genetic_map"):
        if options[name] is not None:
            yield f"--{name.replace('_', '-')}", options[name]
    kind, _, fasta = options["ancestral"].partition("=")
    if fasta:
        yield f"--ancestral {kind}=", Path(fasta)
