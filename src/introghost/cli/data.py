"""The options that name a VCF and what belongs to it, the same for every verb that reads one."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from introghost.errors import ConfigError

if TYPE_CHECKING:
    from introghost.simulation.observation import ObservationModel
    from introghost.simulation.windows import Windows
    from introghost.variants.source import VcfSource

Function = TypeVar("Function", bound=Callable[..., Any])


def _one_region(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> str | None:
    """The region; of several, click would silently take the last."""
    if len(given) > 1:
        raise ConfigError(f"--region is given {len(given)} times: put several intervals into a file for --include-bed")
    if given == ("",):
        raise ConfigError("--region is empty: name a region, such as 22 or 22:20000000-30000000, or leave it out")
    return given[0] if given else None


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OPTIONS = (
    click.option(
        "--vcf",
        type=click.Path(exists=True, path_type=Path),  # VCF Zarr is a folder
        help="A phased VCF or BCF, plain, gzip or bgzip; or VCF Zarr, a folder or a zip of it.",
    ),
    click.option("--populations", type=_FILE, help="Table with the columns sample and population."),
    click.option("--outgroup", help="Populations assumed free of ghost ancestry, comma-separated."),
    click.option("--target", help="Populations tested for ghost ancestry, comma-separated."),
    click.option(
        "--region",
        multiple=True,
        callback=_one_region,
        help="One CHR or CHR:START-END, 1-based and inclusive; several go into --include-bed.",
    ),
    click.option("--include-bed", type=_FILE, help="Intervals in which sites could have been seen."),
    click.option(
        "--genetic-map",
        type=_FILE,
        help="HapMap format, or columns pos, chr, cM. Checked against the VCF; simulated genomes recombine by it.",
    ),
)
_NEEDED = ("vcf", "populations", "outgroup", "target", "ancestral")


def data_options(function: Function) -> Function:
    """Give a command the options of a VCF."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def split_names(names: str) -> list[str]:
    """Names out of a list separated by commas."""
    return [name.strip() for name in names.split(",") if name.strip()]


def open_data(options: Mapping[str, Any]) -> tuple["VcfSource", dict[str, Path]]:
    """Open the VCF that the options name; also the input files by role, for provenance.

    Raises
    ------
    ConfigError
        An option without which a VCF can't be read rightly is absent.
    """
    from introghost.variants.source import open_source

    for name in _NEEDED:
        if not options[name]:
            raise ConfigError(f"--vcf needs --{name}" if name != "vcf" else "--vcf is needed")
    source = open_source(
        options["vcf"],
        options["populations"],
        split_names(options["outgroup"]),
        split_names(options["target"]),
        ancestral=options["ancestral"],
        include_bed=options["include_bed"],
        genetic_map=options["genetic_map"],
        region=options["region"],
    )
    files = {name: options[name] for name in ("vcf", "populations", "include_bed", "genetic_map") if options[name]}
    kind, _, fasta = options["ancestral"].partition("=")
    return source, {**files, "ancestral": Path(fasta)} if kind == "fasta" else files


def open_windows(observation: "ObservationModel") -> tuple["Windows | None", dict[str, Path]]:
    """Windows of the mask and genetic map that an observation model names, None if it names neither.

    Returns
    -------
    Windows or None
    dict of str to Path
        The files by role, for provenance.
    """
    from introghost.simulation.windows import Windows
    from introghost.variants.annotation import read_bed, read_genetic_map
    from introghost.variants.source import parse_region

    named = {"include_bed": observation.include_bed, "genetic_map": observation.genetic_map}
    files = {role: Path(name) for role, name in named.items() if name}
    if not files:
        return None, files
    intervals = read_bed(files["include_bed"]) if "include_bed" in files else None
    maps = read_genetic_map(files["genetic_map"]) if "genetic_map" in files else None
    return Windows(intervals, maps, [parse_region(region) for region in observation.regions]), files


def describe(observation: "ObservationModel") -> dict[str, Any]:
    """An observation model for provenance: files by name alone, since their digests stand among the inputs."""
    return observation.describe(paths=False)


def length_warnings(windows: "Windows | None", region_length_bp: int) -> list[str]:
    """What to tell the user if regions are longer than every stretch that the mask knows."""
    longest_bp = None if windows is None else windows.longest_bp
    if longest_bp is None or region_length_bp <= longest_bp:
        return []
    return [
        f"regions of {region_length_bp:,} bp are longer than the longest stretch with callable sequence, "
        f"{longest_bp:,} bp; the rest will be masked: shorten --region-length-bp"
    ]
