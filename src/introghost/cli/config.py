"""``introghost config``: is this configuration, or this scenario, one that will run?"""

from pathlib import Path

import click


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
    """Check CONFIG, a YAML file, and every scenario it names; or a single scenario's folder."""
    from introghost.config import load, scenario_folders
    from introghost.simulation import scenarios

    folders = [config] if config.is_dir() else scenario_folders(load(config))
    if figures:
        figures.mkdir(parents=True, exist_ok=True)
    for folder in folders:
        figure = figures / f"{folder.name}.svg" if figures else None
        marginals = scenarios.check(folder, draws=draws, figure=figure)
        click.echo(f"{folder}: ok; its parameters in {draws} draws:")
        click.echo(marginals.to_string(index=False, float_format="{:.4g}".format))
    click.echo(f"{config}: ok")
