"""``introghost config``: is this configuration, or this scenario, one that will run?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from introghost.cli.data import length_findings, open_data, open_windows, show
from introghost.errors import ConfigError

DATA_KEYS = ("vcf", "populations", "outgroup", "target", "region", "include_bed", "genetic_map")


@click.group("config")
def command() -> None:
    """Check a configuration or a scenario before anything runs."""


@command.command("check")
@click.argument("config", type=click.Path(exists=True, path_type=Path))
@click.option("--draws", type=click.IntRange(min=1), default=20, show_default=True, help="Draws from each prior.")
@click.option(
    "--figures",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for a drawing of each scenario, NAME.svg.",
)
def check(config: Path, draws: int, figures: Path | None) -> None:
    """Check CONFIG, a YAML file, with its data and every scenario it names; or a single scenario's folder."""
    from introghost.config import load, scenario_folders
    from introghost.simulation import scenarios

    folders = [config]
    if not config.is_dir():
        content = load(config)
        _check_files(content)
        folders = scenario_folders(content)
    if figures:
        figures.mkdir(parents=True, exist_ok=True)
    for folder in folders:
        figure = figures / f"{folder.name}.svg" if figures else None
        marginals = scenarios.check(folder, draws=draws, figure=figure)
        click.echo(f"{folder}: ok; its parameters in {draws} draws:")
        click.echo(marginals.to_string(index=False, float_format="{:.4g}".format))
    click.echo(f"{config}: ok")


def _check_files(config: Mapping[str, Any]) -> None:
    """Check what the data and the observation model name, without reading a record."""
    from introghost.simulation.observation import ObservationModel
    from introghost.variants.genetic_map import rate_findings, read_genetic_map

    windows, _, findings = open_windows(ObservationModel.parse(config["observation"]))
    show(findings)
    show(length_findings(windows, config["region_length_bp"], "region_length_bp"))
    data = config["data"]
    if "simulated" in data:
        return
    for key in ("vcf", "populations", "include_bed", "genetic_map"):
        if key in data and not Path(data[key]).exists():
            raise ConfigError(f"data.{key}: {data[key]}: no such file; paths are relative to the working directory")
    source, _ = open_data({**dict.fromkeys(DATA_KEYS), **data, "ancestral": config["ancestral"]})
    outgroup, target = source.num_diploids()
    click.echo(f"{data['vcf']}: {outgroup} individuals of the outgroup, {target} of the target")
    if data.get("genetic_map") != config["observation"].get("genetic_map"):
        if "genetic_map" in data:
            maps = read_genetic_map(Path(data["genetic_map"]))
            show(rate_findings(maps, list(maps)))
        click.echo("warning: data.genetic_map and observation.genetic_map differ; which map is right?", err=True)
    for role, found in (("outgroup", outgroup), ("target", target)):
        wanted = config["observation"][f"{role}_diploids"]
        low, high = wanted if isinstance(wanted, list) else (wanted, wanted)
        if not low <= found <= high:
            drawn = f"{low}" if low == high else f"{low} to {high}"
            click.echo(
                f"warning: {data['vcf']}: {found} individuals of the {role}, outside observation.{role}_diploids, "
                f"{drawn}; posteriors may be off: widen it",
                err=True,
            )
