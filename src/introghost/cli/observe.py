"""The verb `observe`: learn from VCF files what they show of genomes, and write it as a section of a configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from introghost.cli.data import DATA, DEMO, data_options, map_findings, open_data, show
from introghost.cli.help import Example, Verb
from introghost.errors import ConfigError


@click.command(
    "observe",
    cls=Verb,
    groups={
        "Data": (*DATA, "genetic_map", "ancestral"),
        "Output": ("output",),
    },
    examples=[
        Example(
            "an observation model for simulations that look like the data",
            f"introghost observe {DEMO} --output observation.yaml",
        )
    ],
)
@data_options(genetic_map=True)
@click.option(
    "--ancestral",
    default="outgroup-major",
    show_default=True,
    help="info-aa, fasta=FILE or outgroup-major; as in the configuration.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="observation.yaml")
def command(output: Path, **options: Any) -> None:
    """Learn what VCF files show of genomes: sizes, missing genotypes, and the allele-count filter of its makers.

    Writes a section `observation`, which a configuration takes as it is or by its path, and which `simulate` and
    `statistics` take as --observation. What can't be learned from a VCF, such as its phasing errors, is set to wide
    ranges; look them over. All samples that are in every file are read, not only those of the two roles.
    """
    from introghost import atomic, provenance
    from introghost.findings import in_order
    from introghost.variants import learned
    from introghost.variants.samples import listed
    from introghost.variants.survey import survey_targets

    _check_files(options)
    source, _ = open_data(options)
    findings = map_findings(source, options["genetic_map"])
    region = source.contigs()[0] if options["region"] else None
    surveyed = survey_targets(source, [source.roles], region)[0]
    names = {name: str(options[name]) for name in ("include_bed", "genetic_map") if options[name]}
    entries = learned.learn(
        surveyed,
        files=names,
        regions=source.contigs(),
        ancestral_known=options["ancestral"] != "outgroup-major",
        vcf=listed(source.files.names),
    )
    digests = [provenance.sha256(path) for path in source.files.paths]
    files = list(zip(source.files.names, digests, strict=True))
    atomic.write_text(output, learned.to_yaml(entries, learned.facts(surveyed), files))
    show(in_order([*source.findings(), *findings]))
    for name, text in learned.facts(surveyed).items():
        click.echo(f"{name}\t{text}")
    for entry in entries:
        click.echo(f"{entry.key}\t{entry.text}\t{entry.reason}")
    click.echo(f"{output}: section `observation` written", err=True)


def _check_files(options: Mapping[str, Any]) -> None:
    """Refuse a pipe whose name would be written down for simulations to read."""
    from introghost.text import is_pipe

    for name in ("include_bed", "genetic_map"):
        if options[name] is not None and is_pipe(options[name]):
            option = f"--{name.replace('_', '-')}"
            raise ConfigError(f"{option} {options[name]} is a pipe, and simulations read it later; give a file")
