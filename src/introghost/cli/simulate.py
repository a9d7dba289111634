"""``introghost simulate``: genomes under a scenario, with their true ghost tracts."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from introghost.cli.data import describe, length_findings, open_windows, show
from introghost.cli.help import Example, Verb
from introghost.cli.scenario import SCENARIO, SCENARIO_HELP
from introghost.errors import ConfigError

if TYPE_CHECKING:
    from introghost.simulation.observation import ObservationModel


@click.command(
    "simulate",
    cls=Verb,
    examples=[
        Example(
            "ten genomes of a megabase with a ghost",
            "introghost simulate --scenario ghost --genomes 10 --outgroup-diploids 20 --target-diploids 10"
            " --output ghost.trees",
        )
    ],
)
@click.option(
    "--scenario",
    "scenario_folder",
    type=SCENARIO,
    required=True,
    help=f"{SCENARIO_HELP}.",
)
@click.option("--genomes", type=click.IntRange(min=1), required=True, help="How many genomes to simulate.")
@click.option("--first", type=click.IntRange(min=0), default=0, show_default=True, help="Index of the first genome.")
@click.option("--regions", type=click.IntRange(min=1), default=1, show_default=True, help="Regions of each genome.")
@click.option("--region-length-bp", type=click.IntRange(min=1), default=1_000_000, show_default=True)
@click.option("--outgroup-diploids", type=click.IntRange(min=1), help="Sampled from the outgroup.")
@click.option("--target-diploids", type=click.IntRange(min=1), help="Sampled from the target.")
@click.option(
    "--observation",
    metavar="JSON|FILE",
    help="The observation model, as JSON or a YAML file such as `introghost observe` writes.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Root seed.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="X.trees; X.parameters.parquet and X.tracts.parquet are written beside it.",
)
def command(
    scenario_folder: Path,
    genomes: int,
    first: int,
    regions: int,
    region_length_bp: int,
    outgroup_diploids: int | None,
    target_diploids: int | None,
    observation: str | None,
    seed: int,
    output: Path,
) -> None:
    """Simulate genomes under a scenario.

    A genome's content depends on the scenario, the observation model, the root seed and the genome's index only, so
    batches can be cut as you like. Sizes may be left out where the observation model gives them.
    """
    from tqdm import tqdm

    from introghost import provenance
    from introghost.simulation import scenarios
    from introghost.simulation.ancestry import SimulationSettings, write_batch
    from introghost.simulation.observation import ObservationModel

    scenario = scenarios.load(scenario_folder)
    model = ObservationModel.parse(observation)
    windows, files, findings = open_windows(model)
    show([*findings, *length_findings(windows, region_length_bp, "--region-length-bp")])
    settings = SimulationSettings(
        seed=seed,
        num_regions=regions,
        region_length_bp=region_length_bp,
        outgroup_diploids=_number("outgroup", outgroup_diploids, model),
        target_diploids=_number("target", target_diploids, model),
        observation=model,
        windows=windows,
    )
    sizes = ("num_regions", "region_length_bp", "outgroup_diploids", "target_diploids")
    options = {"scenario": scenario.name, "first": first, "genomes": genomes, "seed": seed}
    options |= {name: getattr(settings, name) for name in sizes} | {"observation": describe(model)}
    inputs = {name: scenario_folder / name for name in scenarios.FILES} | files
    on_terminal, start_s = sys.stderr.isatty(), time.perf_counter()
    with tqdm(total=genomes, unit="genome", desc=scenario.name, disable=not on_terminal) as bar:

        def report(genome: int) -> None:
            bar.update()
            if not on_terminal:
                click.echo(f"{scenario.name}: genome {genome} done ({genome - first + 1} of {genomes})", err=True)

        write_batch(
            scenario,
            output,
            range(first, first + genomes),
            settings,
            provenance=provenance.record("simulate", options, inputs),
            on_genome=report,
        )
    seconds = time.perf_counter() - start_s
    click.echo(f"{scenario.name}: {genomes * regions} regions simulated in {seconds:.1f} s", err=True)


def _number(role: str, given: int | None, model: "ObservationModel") -> int:
    """Individuals to simulate: the most that the observation model asks for, unless more are given."""
    wanted = model.diploids(role)
    if wanted is None:
        if given is None:
            raise ConfigError(f"--{role}-diploids is needed, for the observation model has no {role}_diploids")
        return given
    if given is not None and given < wanted.high:
        raise ConfigError(
            f"--{role}-diploids {given} is below {wanted.high}, the most that the observation model draws; "
            "raise it or leave it out"
        )
    return int(wanted.high) if given is None else given
