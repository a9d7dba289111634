"""The verb `statistics`: from tree sequences or a VCF to a file of summary statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from introghost import models
from introghost.cli.data import DATA, DEMO, data_options, describe, open_data, open_windows
from introghost.cli.help import Example, Verb

if TYPE_CHECKING:
    from introghost.findings import Finding
    from introghost.statistics.pooled import Summary
    from introghost.statistics.sources import DrawTimes
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


@click.command(
    "statistics",
    cls=Verb,
    groups={
        "VCF": (*DATA, "region_length_bp"),
        "Simulations": (
            *("trees", "observation", "observations", "haplotypes", "regions_only", "segment_model", "seed"),
        ),
    },
    examples=[
        Example("of simulations", "introghost statistics --trees ghost.trees --bin-bp 5000 --output ghost.zarr.zip"),
        Example(
            "of a VCF",
            f"introghost statistics {DEMO} --ancestral outgroup-major --bin-bp 5000 --output data.zarr.zip",
        ),
    ],
)
@click.option("--trees", type=_FILE, help="A batch of simulated tree sequences.")
@data_options(required=())
@click.option(
    "--ancestral",
    help="VCF, required: info-aa, fasta=FILE or outgroup-major. Trees: ancestral or outgroup-major, the default.",
)
@click.option("--bin-bp", type=click.IntRange(min=1), default=models.BIN_BP, show_default=True, help="Width of a bin.")
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
@click.option(
    "--observations",
    type=click.IntRange(min=1),
    help="Trees: how often each genome is observed, under independent draws of the observation model.  [default: 1]",
)
@click.option(
    "--haplotypes",
    type=click.IntRange(min=1),
    help="Trees: how many target haplotypes of a region are kept, drawn at random.  [default: 128]",
)
@click.option(
    "--regions-only",
    is_flag=True,
    help="Keep what regions are as a whole, which networks for whole genomes see, and no statistics of haplotypes: "
    "files are far smaller, and segments can't be learnt from them.",
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
    observations: int | None,
    haplotypes: int | None,
    regions_only: bool,
    output: Path,
    **source: str | Path | None,
) -> None:
    """Compute summary statistics of simulated or real haplotypes."""
    from introghost import provenance
    from introghost.errors import ConfigError
    from introghost.statistics.dataset import HAPLOTYPES_PER_REGION

    if (trees is None) == (not vcf):
        raise ConfigError("give either --trees or --vcf")
    if trees is not None:
        _refuse({**source, "region_length_bp": region_length_bp}, "is for --vcf; trees have regions and masks already")
        if regions_only:
            _refuse({"haplotypes": haplotypes}, "has no use with --regions-only, which keeps none")
        num_haplotypes = None if regions_only else haplotypes or HAPLOTYPES_PER_REGION
        seed = 1 if seed is None else seed
        computed = _of_trees(
            trees,
            ancestral or "outgroup-major",
            bin_bp,
            seed,
            observation,
            observations or 1,
            num_haplotypes,
            segment_model,
        )
    else:
        _refuse(
            {"observation": observation, "seed": seed, "observations": observations},
            "is for --trees; a VCF has been observed already",
        )
        _refuse({"haplotypes": haplotypes}, "is for --trees; all haplotypes of a VCF are kept")
        length_bp = region_length_bp or 1_000_000
        of_vcf = {"vcf": vcf, "ancestral": ancestral, **source}
        computed = _of_vcf(of_vcf, bin_bp, length_bp, segment_model, regions_only=regions_only)
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
    trees: Path,
    ancestral: str,
    bin_bp: int,
    seed: int,
    observation: str | None,
    observations: int,
    num_haplotypes: int | None,
    segment_model: str | None,
) -> _Computed:
    """Statistics of a batch of simulated genomes, seen through draws of the observation model."""
    from introghost.errors import ConfigError
    from introghost.simulation.observation import ObservationModel
    from introghost.statistics import sources

    if ancestral not in _OF_TREES:
        raise ConfigError(f"--ancestral {ancestral}: trees take `ancestral` or `outgroup-major`")
    model = ObservationModel.parse(observation)
    windows, window_files, _ = open_windows(model)
    draws = sources.Draws(model, ancestral, seed, windows, observations)
    length_bp = sources.region_length_bp(trees) if segment_model else 0
    summary, model_files = _summary(segment_model, ancestral, bin_bp, length_bp)
    statistics = sources.from_trees(
        trees, draws, bin_bp=bin_bp, num_haplotypes=num_haplotypes, summary=summary, on_draw=_show_times
    )
    options = {"bin_bp": bin_bp, "ancestral": ancestral, "seed": seed, "observation": describe(model)}
    options |= {"observations": observations, "haplotypes": num_haplotypes}
    tracts = trees.with_suffix(".tracts.parquet")
    return _Computed(statistics, options, {"trees": trees, "tracts": tracts, **window_files, **model_files})


def _show_times(times: "DrawTimes") -> None:
    """Print to standard error how long an observation of all genomes took."""
    click.echo(
        f"observation {times.draw}: {times.num_regions} regions, observed in {times.observing_s:.1f} s, statistics "
        f"computed in {times.computing_s:.1f} s",
        err=True,
    )


def _of_vcf(
    source: Mapping[str, str | Path | tuple[Path, ...] | None],
    bin_bp: int,
    region_length_bp: int,
    segment_model: str | None,
    *,
    regions_only: bool,
) -> _Computed:
    """Statistics of the VCF that the options of `data_options` name."""
    from introghost.findings import in_order
    from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP_MAJOR
    from introghost.statistics import sources

    opened, inputs = open_data(source)
    status = OUTGROUP_MAJOR if source["ancestral"] == OUTGROUP_MAJOR else KNOWN_ANCESTRAL
    summary, model_files = _summary(segment_model, status, bin_bp, region_length_bp)
    statistics = sources.from_source(
        opened,
        bin_bp=bin_bp,
        region_length_bp=region_length_bp,
        summary=summary,
        with_haplotypes=not regions_only,
    )
    given = {name: source[name] for name in ("ancestral", "region", "outgroup", "target")}
    options = {"bin_bp": bin_bp, "region_length_bp": region_length_bp, "regions_only": regions_only, **given}
    findings = in_order(opened.findings())
    return _Computed(statistics, options, inputs | model_files, opened.counts.to_json(), findings)


def _summary(
    segment_model: str | None, ancestral_status: str, bin_bp: int, region_length_bp: int
) -> tuple["Summary", dict[str, Path]]:
    """What is kept of a region as a whole, and the files that it rests on; a network that does not fit is refused."""
    from introghost.statistics.pooled import PLAIN

    if segment_model is None:
        return PLAIN, {}
    from introghost.inference import bundle_files, regions
    from introghost.inference.bundles import SegmentsBundle
    from introghost.inference.offers import Offer, check_fit

    folder = models.locate(segment_model, "--segment-model") / SegmentsBundle.task
    bundle = bundle_files.load(folder, SegmentsBundle)
    check_fit(bundle, Offer.of_this_version(ancestral_status, bin_bp, region_length_bp, PLAIN), folder)
    return regions.summary(bundle, bundle_files.digest(folder)), {"segments": folder}
