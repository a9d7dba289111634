"""``introghost vcf``: check a VCF before an analysis, or write one from tree sequences."""

from pathlib import Path

import click

from introghost.errors import ConfigError

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(name="vcf")
def command() -> None:
    """Check a VCF, or write one from tree sequences."""


@command.command()
@click.option("--vcf", type=_FILE, required=True, help="VCF or BCF; plain, gzip or bgzip.")
@click.option("--populations", type=_FILE, help="Table with the columns sample and population.")
@click.option("--outgroup", help="Outgroup populations, separated by commas.")
@click.option("--target", help="Target populations, separated by commas.")
@click.option("--ancestral", default="outgroup-major", show_default=True, help="info-aa, fasta=FILE or outgroup-major.")
@click.option("--include-bed", type=_FILE, help="BED of callable regions.")
@click.option("--genetic-map", type=_FILE, help="Genetic map with positions and cM.")
@click.option("--region", help="CHR or CHR:START-END, 1-based and inclusive.")
@click.option("--allow-unphased", is_flag=True, help="Do not refuse unphased heterozygotes.")
def check(
    vcf: Path,
    populations: Path | None,
    outgroup: str | None,
    target: str | None,
    ancestral: str,
    include_bed: Path | None,
    genetic_map: Path | None,
    region: str | None,
    allow_unphased: bool,
) -> None:
    """Read a VCF from end to end as an analysis would, and say what is in it.

    Without populations, all samples are checked together.
    """
    from introghost.variants.checks import summarise
    from introghost.variants.source import open_all_samples, open_source

    if populations is None and outgroup is None and target is None:
        source = open_all_samples(vcf, region=region, allow_unphased=allow_unphased)
    elif populations is None or outgroup is None or target is None:
        raise ConfigError("--populations, --outgroup and --target go together; give all three or none")
    else:
        source = open_source(
            vcf,
            populations,
            split_names(outgroup),
            split_names(target),
            ancestral=ancestral,
            include_bed=include_bed,
            genetic_map=genetic_map,
            region=region,
            allow_unphased=allow_unphased,
        )
    for row in summarise(source).itertuples(index=False):
        click.echo(f"{row.section}\t{row.item}\t{row.value}")


def split_names(names: str) -> list[str]:
    """Names out of a list separated by commas."""
    return [name.strip() for name in names.split(",") if name.strip()]


@command.command()
@click.option("--trees", type=_FILE, required=True, help="A batch that `introghost simulate` wrote.")
@click.option("--output", type=_FILE, required=True, help="Plain text if it ends in .vcf, else bgzip.")
@click.option("--populations-output", type=_FILE, required=True, help="Table of samples and populations to write.")
def write(trees: Path, output: Path, populations_output: Path) -> None:
    """Write simulated genomes as a phased VCF, one contig for each tree sequence."""
    from introghost.variants.writing import write_vcf

    write_vcf(trees, output, populations_output)
