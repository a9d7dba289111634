"""The verb `statistics`: from tree sequences or a VCF to a dataset of summary statistics."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from introghost.cli.data import data_options, describe, open_data, open_windows

if TYPE_CHECKING:
    from introghost.statistics.pooled import Summary

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("statistics")
@click.option("--trees", type=FILE, help="A batch of simulated tree sequences.")
@data_options
@click.option(
    "--ancestral",
    help="VCF, required: info-aa, fasta=FILE or outgroup-major. Trees: ancestral or outgroup-major, the default.",
)
@click.option("--bin-bp", type=click.IntRange(min=1), default=10_000, show_default=True, help="Width of a bin.")
@click.option(
    "--region-length-bp", type=click.IntRange(min=1), default=1_000_000, show_default=True, help="Tiles of a VCF."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Root seed of the observation model.")
@click.option(
    "--observation",
    metavar="JSON|FILE",
    help="Trees: the observation model, as JSON or a YAML file such as `introghost observe` writes.",
)
@click.option(
    "--segments",
    metavar="MODEL",
    help="Keep for each region, too, what the segment network of this model says: networks for whole genomes that "
    "are trained on it tell more, and are used with this segment network alone.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="S.zarr.zip")
def command(
    trees: Path | None,
    vcf: Path | None,
    bin_bp: int,
    region_length_bp: int,
    seed: int,
    observation: str | None,
    ancestral: str | None,
    segments: str | None,
    output: Path,
    **source: Any,
) -> None:
    """Compute summary statistics of simulated or real haplotypes."""
    from introghost import provenance
    from introghost.errors import ConfigError
    from introghost.findings import Finding, in_order
    from introghost.simulation.observation import ObservationModel
    from introghost.statistics import dataset, sources

    if (trees is None) == (vcf is None):
        raise ConfigError("give either --trees or --vcf")
    if vcf is not None and observation is not None:
        raise ConfigError("--observation is for --trees; a VCF has been observed already")
    options: dict[str, Any] = {"bin_bp": bin_bp, "ancestral": ancestral}
    findings, counts = list[Finding](), dict[str, Any]()
    if trees is not None:
        ancestral = ancestral or "outgroup-major"
        if ancestral not in ("ancestral", "outgroup-major"):
            raise ConfigError(f"--ancestral {ancestral}: trees take `ancestral` or `outgroup-major`")
        model = ObservationModel.parse(observation)
        windows, files = open_windows(model)
        options |= {"ancestral": ancestral, "seed": seed, "observation": describe(model)}
        inputs = {"trees": trees, "tracts": trees.with_suffix(".tracts.parquet"), **files}
        length_bp = sources.region_length_bp(trees) if segments else 0
        summary, model_files = _summary(segments, ancestral, bin_bp, length_bp)
        result = sources.from_trees(
            trees,
            bin_bp=bin_bp,
            ancestral=ancestral,
            seed=seed,
            observation=model,
            windows=windows,
            summary=summary,
        )
    else:
        opened, inputs = open_data({"vcf": vcf, "ancestral": ancestral, **source})
        options |= {"region_length_bp": region_length_bp, "region": source["region"]}
        options |= {name: source[name] for name in ("outgroup", "target")}
        summary, model_files = _summary(segments, ancestral, bin_bp, region_length_bp)
        result = sources.from_source(opened, bin_bp=bin_bp, region_length_bp=region_length_bp, summary=summary)
        findings, counts = opened.findings(), opened.counts.to_json()
    result.attrs["provenance"] = json.dumps(
        provenance.record("statistics", options, inputs | model_files) | counts, sort_keys=True
    )
    dataset.write(result, output)
    for finding in in_order(findings):
        click.echo(str(finding), err=True)


def _summary(
    segments: str | None, ancestral: str | None, bin_bp: int, region_length_bp: int
) -> tuple["Summary", dict[str, Path]]:
    """What is kept of a region as a whole, and the files that it rests on; a network that does not fit is refused."""
    from introghost.statistics.pooled import PLAIN

    if segments is None:
        return PLAIN, {}
    from introghost import models
    from introghost.inference import application, bundle, regions

    folder = models.locate(segments, "--segments") / "segments"
    network = bundle.load(folder, "segments")
    status = "outgroup-major" if ancestral == "outgroup-major" else "ancestral"
    size = {"bin_bp": bin_bp, "region_length_bp": region_length_bp}
    bundle.check_fit(network, folder, application.offered(status, size))
    return regions.summary(network, bundle.digest(folder)), {"segments": folder}
