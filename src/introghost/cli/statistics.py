"""The verb `statistics`: from tree sequences or a VCF to a file of summary statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from introghost.cli.data import data_options, describe, open_data, open_windows

if TYPE_CHECKING:
    from introghost.findings import Finding
    from introghost.statistics.pooled import Summary
    from introghost.statistics.table import Statistics

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OF_TREES = ("ancestral", "outgroup-major")


@dataclass(frozen=True)
class _Computed:
    """Statistics, the options and files that made them, and what reading the data showed."""

    statistics: "Statistics"
    options: Mapping[str, object]
    inputs: Mapping[str, Path]
    counts: Mapping[str, object] = field(default_factory=dict)
    findings: Sequence["Finding"] = ()


@click.command("statistics")
@click.option("--trees", type=_FILE, help="A batch of simulated tree sequences.")
@data_options(required=())
@click.option(
    "--ancestral",
    help="VCF, required: info-aa, fasta=FILE or outgroup-major. Trees: ancestral or outgroup-major, the default.",
)
@click.option("--bin-bp", type=click.IntRange(min=1), default=10_000, show_default=True, help="Width of a bin.")
@click.option("--region-length-bp", type=click.IntRange(min=1), help="VCF: length of regions.  [default: 1000000]")
@click.option("--seed", type=int, help="Trees: root seed of the observation model.  [default: 1]")
@click.option(
    "--observation",
    metavar="JSON|FILE",
    help="Trees: the observation model, as JSON or a YAML file such as `introghost observe` writes.",
)
@click.option(
    "--segment-model",
    metavar="MODEL",
    help="Keep for each region, too, what the segment network of this model says: networks for whole genomes that "
    "are trained on it tell more, and are used with this segment network alone.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="S.zarr.zip")
def command(
    trees: Path | None,
    vcf: tuple[Path, ...],
    ancestral: str | None,
    bin_bp: int,
    region_length_bp: int | None,
    seed: int | None,
    observation: str | None,
    segment_model: str | None,
    output: Path,
    **source: str | Path | None,
) -> None:
    """Compute summary statistics of simulated or real haplotypes."""
    from introghost import provenance
    from introghost.errors import ConfigError

    if (trees is None) == (not vcf):
        raise ConfigError("give either --trees or --vcf")
    if trees is not None:
        _refuse({**source, "region_length_bp": region_length_bp}, "is for --vcf; trees have regions and masks already")
        seed = 1 if seed is None else seed
        computed = _of_trees(trees, ancestral or "outgroup-major", bin_bp, seed, observation, segment_model)
    else:
        _refuse({"observation": observation, "seed": seed}, "is for --trees; a VCF has been observed already")
        length_bp = region_length_bp or 1_000_000
        computed = _of_vcf({"vcf": vcf, "ancestral": ancestral, **source}, bin_bp, length_bp, segment_model)
    record = provenance.record("statistics", computed.options, computed.inputs)
    computed.statistics.with_provenance({**record, **computed.counts}).write(output)
    for finding in computed.findings:
        click.echo(str(finding), err=True)


def _refuse(options: Mapping[str, object], reason: str) -> None:
    """Refuse options that are given and would have no effect."""
    from introghost.errors import ConfigError

    for name, value in options.items():
        if value is not None:
            raise ConfigError(f"--{name.replace('_', '-')} {reason}")


def _of_trees(
    trees: Path, ancestral: str, bin_bp: int, seed: int, observation: str | None, segment_model: str | None
) -> _Computed:
    """Statistics of a batch of simulated genomes, seen through the observation model."""
    from introghost.errors import ConfigError
    from introghost.simulation.observation import ObservationModel
    from introghost.statistics import sources

    if ancestral not in _OF_TREES:
        raise ConfigError(f"--ancestral {ancestral}: trees take `ancestral` or `outgroup-major`")
    model = ObservationModel.parse(observation)
    windows, window_files, _ = open_windows(model)
    length_bp = sources.region_length_bp(trees) if segment_model else 0
    summary, model_files = _summary(segment_model, ancestral, bin_bp, length_bp)
    statistics = sources.from_trees(
        trees, bin_bp=bin_bp, ancestral=ancestral, seed=seed, observation=model, windows=windows, summary=summary
    )
    options = {"bin_bp": bin_bp, "ancestral": ancestral, "seed": seed, "observation": describe(model)}
    tracts = trees.with_suffix(".tracts.parquet")
    return _Computed(statistics, options, {"trees": trees, "tracts": tracts, **window_files, **model_files})


def _of_vcf(
    source: Mapping[str, str | Path | tuple[Path, ...] | None],
    bin_bp: int,
    region_length_bp: int,
    segment_model: str | None,
) -> _Computed:
    """Statistics of the VCF that the options of `data_options` name."""
    from introghost.findings import in_order
    from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP_MAJOR
    from introghost.statistics import sources

    opened, inputs = open_data(source)
    status = OUTGROUP_MAJOR if source["ancestral"] == OUTGROUP_MAJOR else KNOWN_ANCESTRAL
    summary, model_files = _summary(segment_model, status, bin_bp, region_length_bp)
    statistics = sources.from_source(opened, bin_bp=bin_bp, region_length_bp=region_length_bp, summary=summary)
    given = {name: source[name] for name in ("ancestral", "region", "outgroup", "target")}
    options = {"bin_bp": bin_bp, "region_length_bp": region_length_bp, **given}
    findings = in_order(opened.findings())
    return _Computed(statistics, options, inputs | model_files, opened.counts.to_json(), findings)


def _summary(
    segment_model: str | None, ancestral_status: str, bin_bp: int, region_length_bp: int
) -> tuple["Summary", dict[str, Path]]:
    """What is kept of a region as a whole, and the files that it rests on; a network that does not fit is refused."""
    from introghost.statistics.pooled import PLAIN

    if segment_model is None:
        return PLAIN, {}
    from introghost import models
    from introghost.inference import bundle_files, regions
    from introghost.inference.bundles import SegmentsBundle
    from introghost.inference.offers import Offer, check_fit

    folder = models.locate(segment_model, "--segment-model") / SegmentsBundle.task
    bundle = bundle_files.load(folder, SegmentsBundle)
    check_fit(bundle, Offer.of_this_version(ancestral_status, bin_bp, region_length_bp, PLAIN), folder)
    return regions.summary(bundle, bundle_files.digest(folder)), {"segments": folder}
