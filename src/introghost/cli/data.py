"""The options that name VCF files and what belongs to them, the same for every verb that reads such files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from introghost.errors import ConfigError
from introghost.findings import Code, Finding, Severity

if TYPE_CHECKING:
    from introghost.simulation.observation import ObservationModel
    from introghost.simulation.windows import Windows
    from introghost.variants.source import VcfSource

Function = TypeVar("Function", bound=Callable[..., Any])

NEEDED = ("vcf", "populations", "outgroup", "target")
DATA = ("vcf", "populations", "outgroup", "target", "region", "include_bed")
"""Names of the parameters of a VCF, for groups of the help; `data_options` may add ``genetic_map``."""
DEMO = "--vcf demo.vcf.gz --populations demo.tsv --outgroup Outgroup --target Target"
"""The data of examples."""
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class _VcfPath(click.Path):
    """A file or folder that is there; of several in one word it says how to give them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path.

        Raises
        ------
        click.BadParameter
            It does not exist.
        """
        paths = str(value).split(",")
        if len(paths) > 1 and not Path(str(value)).exists() and all(Path(path).exists() for path in paths):
            self.fail(f"{value} names {len(paths)} files; give the option again before each", param, ctx)
        return super().convert(value, param, ctx)


def _not_empty(context: click.Context, parameter: click.Parameter, region: str | None) -> str | None:
    if region == "":
        raise ConfigError("--region is empty: name a region, such as 22 or 22:20000000-30000000, or leave it out")
    return region


def data_options(
    *, required: Sequence[str] = NEEDED, genetic_map: bool = False, several_targets: bool = False
) -> Callable[[Function], Function]:
    """A decorator that gives a command the options of a VCF.

    Parameters
    ----------
    required : sequence of str
        Options without which the command line is refused, of `NEEDED`.
    genetic_map : bool
        Whether ``--genetic-map`` is among the options; it has a use where simulations are prepared.
    several_targets : bool
        Whether ``--target`` may be given several times, each time for a target of its own.
    """
    again = "; give it again for another target, which gets an answer of its own" if several_targets else ""
    options = [
        click.option(
            "--vcf",
            type=_VcfPath(exists=True, path_type=Path),  # VCF Zarr is a folder
            required="vcf" in required,
            multiple=True,
            help="A phased VCF or BCF, plain, gzip or bgzip; or VCF Zarr, a folder or a zip of it. May be repeated: "
            "the files have the same individuals and different contigs, which come in the order of the files; odd and "
            "even regions are counted in that order.",
        ),
        click.option(
            "--populations",
            type=_FILE,
            required="populations" in required,
            help="Table with the columns sample and population.",
        ),
        click.option(
            "--outgroup",
            required="outgroup" in required,
            help="Populations assumed free of ghost ancestry, comma-separated.",
        ),
        click.option(
            "--target",
            multiple=several_targets,
            required="target" in required,
            help=f"Populations tested for ghost ancestry, comma-separated{again}.",
        ),
        click.option(
            "--region",
            callback=_not_empty,
            help="One CHR or CHR:START-END, 1-based and inclusive; several go into --include-bed.",
        ),
        click.option("--include-bed", type=_FILE, help="Intervals in which sites could have been seen."),
    ]
    if genetic_map:
        options.append(
            click.option(
                "--genetic-map",
                type=_FILE,
                help="HapMap, SHAPEIT, Eagle, PLINK or a like format. Checked against the VCF; simulated genomes "
                "recombine by it.",
            )
        )

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def split_names(names: str) -> list[str]:
    """Names out of a list separated by commas."""
    return [name.strip() for name in names.split(",") if name.strip()]


def open_data(options: Mapping[str, Any]) -> tuple["VcfSource", dict[str, Path]]:
    """Open the VCF files that the options name; also the input files by role, for provenance.

    Raises
    ------
    ConfigError
        An option without which a VCF can't be read rightly is absent.
    """
    from introghost.variants.files import by_role
    from introghost.variants.source import open_source

    for name in (*NEEDED, "ancestral"):
        if not options[name]:
            raise ConfigError(f"--vcf needs --{name}" if name != "vcf" else "--vcf is needed")
    source = open_source(
        options["vcf"],
        options["populations"],
        split_names(options["outgroup"]),
        split_names(options["target"]),
        ancestral=options["ancestral"],
        include_bed=options["include_bed"],
        region=options["region"],
    )
    files = by_role(options["vcf"]) | {name: options[name] for name in ("populations", "include_bed") if options[name]}
    kind, _, fasta = options["ancestral"].partition("=")
    return source, {**files, "ancestral": Path(fasta)} if kind == "fasta" else files


def map_findings(source: "VcfSource", genetic_map: Path | None) -> list[Finding]:
    """What is doubtful about a genetic map for the contigs of a VCF.

    Parameters
    ----------
    source : VcfSource
    genetic_map : Path or None
        None: there is nothing to say.

    Raises
    ------
    DataError
        It can't be read, or is of other contigs.
    """
    from introghost.variants.fit import check_genetic_maps
    from introghost.variants.genetic_map import read_genetic_map

    if genetic_map is None:
        return []
    return check_genetic_maps(source.contigs(), source.header_lengths, read_genetic_map(genetic_map))


def open_windows(
    observation: "ObservationModel",
) -> tuple["Windows | None", dict[str, Path], list[Finding]]:
    """Windows of the mask and genetic map that an observation model names, None if it names neither.

    Returns
    -------
    Windows or None
    dict of str to Path
        The files by role, for provenance.
    list of Finding
        Doubts about the files.

    Raises
    ------
    DataError
        A file that can't be read, a map with an impossible rate, or files that do not fit each other.
    """
    from introghost.simulation.windows import Windows
    from introghost.variants.genetic_map import check_usable, rate_findings, read_genetic_map
    from introghost.variants.intervals import counting_findings, read_bed
    from introghost.variants.source import parse_region

    named = {"include_bed": observation.include_bed, "genetic_map": observation.genetic_map}
    files = {role: Path(name) for role, name in named.items() if name}
    if not files:
        return None, files, []
    intervals = maps = None
    findings: list[Finding] = []
    if "include_bed" in files:
        intervals = read_bed(files["include_bed"])
        findings += counting_findings(intervals)
    if "genetic_map" in files:
        maps = read_genetic_map(files["genetic_map"])
        check_usable(files["genetic_map"], maps)
        findings += rate_findings(maps, list(maps))
    return Windows(intervals, maps, [parse_region(region) for region in observation.regions]), files, findings


def describe(observation: "ObservationModel") -> dict[str, Any]:
    """An observation model for provenance: files by name alone, since their digests stand among the inputs."""
    return observation.describe(paths=False)


def length_findings(windows: "Windows | None", region_length_bp: int, option: str) -> list[Finding]:
    """That regions are longer than every stretch that the mask knows.

    Parameters
    ----------
    windows : Windows or None
        The mask; None if there is none.
    region_length_bp : int
    option : str
        What sets the length of regions, for the message.

    Returns
    -------
    list of Finding
        One or none.
    """
    longest_bp = None if windows is None else windows.longest_bp
    if longest_bp is None or region_length_bp <= longest_bp:
        return []
    text = (
        f"regions of {region_length_bp:,} bp are longer than the longest stretch with callable sequence, "
        f"{longest_bp:,} bp; the rest will be masked: shorten {option}"
    )
    return [Finding(Code.REGION_LENGTH, Severity.WARNING, text)]


def show(findings: Iterable[Finding]) -> None:
    """Print findings to standard error, one a line."""
    for finding in findings:
        click.echo(str(finding), err=True)
