"""``introghost vcf``: check a VCF before an analysis, or write one from tree sequences."""

from pathlib import Path
from typing import Any

import click

from introghost.cli.data import data_options, open_data
from introghost.errors import ConfigError

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(name="vcf")
def command() -> None:
    """Check a VCF, or write one from tree sequences."""


@command.command()
@data_options
@click.option("--ancestral", default="outgroup-major", show_default=True, help="info-aa, fasta=FILE or outgroup-major.")
@click.option("--allow-unphased", is_flag=True, help="Do not refuse unphased heterozygotes.")
def check(allow_unphased: bool, **options: Any) -> None:
    """Read a VCF from end to end as an analysis would, and say what is in it.

    Without populations, all samples are checked together.
    """
    from introghost.variants.checks import summarise
    from introghost.variants.source import open_all_samples

    roles = [options[name] for name in ("populations", "outgroup", "target")]
    if options["vcf"] is None:
        raise ConfigError("--vcf is needed")
    if all(roles):
        source, _ = open_data(options, allow_unphased=allow_unphased)
    elif any(roles):
        raise ConfigError("--populations, --outgroup and --target go together; give all three or none")
    else:
        source = open_all_samples(options["vcf"], region=options["region"], allow_unphased=allow_unphased)
    for row in summarise(source).itertuples(index=False):
        click.echo(f"{row.section}\t{row.item}\t{row.value}")


@command.command()
@click.option("--trees", type=_FILE, required=True, help="A batch that `introghost simulate` wrote.")
@click.option("--output", type=_FILE, required=True, help="Plain text if it ends in .vcf, else bgzip.")
@click.option("--populations-output", type=_FILE, required=True, help="Table of samples and populations to write.")
def write(trees: Path, output: Path, populations_output: Path) -> None:
    """Write simulated genomes as a phased VCF, one contig for each tree sequence."""
    from introghost.variants.writing import write_vcf

    write_vcf(trees, output, populations_output)
