"""``introghost report``: the HTML page of a set of calls."""

from pathlib import Path

import click

from introghost.cli.scenario import SCENARIO, SCENARIO_HELP

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("report")
@click.option("--calls", type=_FOLDER, required=True, help="Folder that `introghost apply` wrote.")
@click.option("--evaluation", type=_FOLDER, help="Folder that `introghost evaluate --model` wrote.")
@click.option(
    "--calls-evaluation", type=_FOLDER, help="Folder that `introghost evaluate --calls` wrote for these calls."
)
@click.option("--model", help="The model that `apply` was given; its learning curves are drawn.")
@click.option(
    "--predictive",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Table that `introghost predictive` wrote for the data.",
)
@click.option(
    "--scenario", "scenarios", type=SCENARIO, multiple=True, help=f"To draw; may be repeated. {SCENARIO_HELP}."
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The HTML file to write."
)
def command(
    calls: Path,
    evaluation: Path | None,
    calls_evaluation: Path | None,
    model: str | None,
    predictive: Path | None,
    scenarios: tuple[Path, ...],
    output: Path,
) -> None:
    """Write one self-contained HTML page: the answer, the segments and how far to trust them."""
    from introghost import models
    from introghost.report.page import Sources, write_report

    folder = None if model is None else models.locate(model)
    write_report(Sources(calls, evaluation, calls_evaluation, folder, predictive, scenarios), output)
    click.echo(f"{output}: report written", err=True)
