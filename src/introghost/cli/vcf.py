"""``introghost vcf``: check a VCF before an analysis, or write one from tree sequences."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from introghost import models
from introghost.cli.data import DATA, DEMO, data_options, split_names
from introghost.cli.help import Example, Verb, Verbs
from introghost.errors import ConfigError

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(name="vcf", cls=Verbs)
def command() -> None:
    """Check a VCF, or write one from tree sequences."""


@command.command(
    cls=Verb,
    groups={
        "Data": (*DATA, "genetic_map", "ancestral"),
        "Output": ("bin_bp", "output"),
    },
    examples=[
        Example(
            "whether an analysis would take a VCF",
            f"introghost vcf check {DEMO}",
        )
    ],
)
@data_options(required=("vcf",), genetic_map=True)
@click.option("--ancestral", default="outgroup-major", show_default=True, help="info-aa, fasta=FILE or outgroup-major.")
@click.option("--bin-bp", type=click.IntRange(min=1), default=models.BIN_BP, show_default=True, help="Width of a bin.")
@click.option("--output", type=_FILE, help="Write the table to this file too, tab-separated.")
def check(bin_bp: int, output: Path | None, **options: Any) -> None:
    """Describe a VCF and say what an analysis of it would refuse or should doubt.

    With populations, outgroup and target the exit code is 3 if an analysis would refuse the file, and the last row says
    whether there is enough sequence for all three questions or for segments only, asked of the model `human`. Without
    them samples are described by population, or all together.
    """
    from introghost.atomic import write_text
    from introghost.inference.extent import Least
    from introghost.variants.checks import inspect
    from introghost.variants.trial import Request

    roles = {role: options[role] for role in ("outgroup", "target")}
    if any(roles.values()) and not (all(roles.values()) and options["populations"]):
        raise ConfigError("--populations, --outgroup and --target go together; give all three, or no role")
    named = {role: tuple(split_names(names or "")) for role, names in roles.items()}
    least = Least.of_model(models.folder(models.DEFAULT))
    shortage = None if least is None else partial(least.shortage, models.DEFAULT)
    result = inspect(Request(**{**options, **named}, bin_bp=bin_bp), shortage)
    lines = ["\t".join(row) for row in result.table.itertuples(index=False, name=None)]
    click.echo("\n".join(lines))
    if output is not None:
        write_text(output, "section\titem\tvalue\n" + "".join(f"{line}\n" for line in lines))
    if result.refusal is not None:
        raise result.refusal


@command.command(
    cls=Verb,
    examples=[
        Example(
            "a VCF of a simulated genome",
            "introghost vcf write --trees demo.trees --output written.vcf.gz --populations-output written.tsv",
        )
    ],
)
@click.option("--trees", type=_FILE, required=True, help="A batch that `introghost simulate` wrote.")
@click.option("--output", type=_FILE, required=True, help="Plain text if it ends in .vcf, else bgzip.")
@click.option("--populations-output", type=_FILE, required=True, help="Table of samples and populations to write.")
def write(trees: Path, output: Path, populations_output: Path) -> None:
    """Write simulated genomes as a phased VCF, one contig for each tree sequence."""
    from introghost.variants.writing import write_vcf

    write_vcf(trees, output, populations_output)
