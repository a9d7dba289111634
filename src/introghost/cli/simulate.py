"""``introghost simulate``: genomes under a scenario, with their true ghost tracts."""

import sys
from pathlib import Path

import click


@click.command("simulate")
@click.option(
    "--scenario",
    "scenario_folder",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder with model.demes.yaml and priors.yaml.",
)
@click.option("--genomes", type=click.IntRange(min=1), required=True, help="How many genomes to simulate.")
@click.option("--first", type=click.IntRange(min=0), default=0, show_default=True, help="Index of the first genome.")
@click.option("--regions", type=click.IntRange(min=1), default=1, show_default=True, help="Regions of each genome.")
@click.option("--region-length-bp", type=click.IntRange(min=1), default=1_000_000, show_default=True)
@click.option("--outgroup-diploids", type=click.IntRange(min=1), required=True, help="Sampled from the outgroup.")
@click.option("--target-diploids", type=click.IntRange(min=1), required=True, help="Sampled from the target.")
@click.option(
    "--panel-diploids",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Further samples, half from either, that only the allele-count filter of the observation model sees.",
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
    outgroup_diploids: int,
    target_diploids: int,
    panel_diploids: int,
    seed: int,
    output: Path,
) -> None:
    """Simulate genomes under a scenario.

    A genome's content depends on the scenario, the root seed and the genome's index only, so batches can be cut as
    you like.
    """
    from tqdm import tqdm

    from introghost import provenance
    from introghost.simulation import ancestry, scenarios

    scenario = scenarios.load(scenario_folder)
    sizes = {
        "num_regions": regions,
        "region_length_bp": region_length_bp,
        "outgroup_diploids": outgroup_diploids,
        "target_diploids": target_diploids,
        "panel_diploids": panel_diploids,
    }
    options = {"scenario": scenario.name, "first": first, "genomes": genomes, "seed": seed, **sizes}
    inputs = {name: scenario_folder / name for name in ("model.demes.yaml", "priors.yaml")}
    on_terminal = sys.stderr.isatty()
    with tqdm(total=genomes, unit="genome", desc=scenario.name, disable=not on_terminal) as bar:

        def report(genome: int) -> None:
            bar.update()
            if not on_terminal:
                click.echo(f"{scenario.name}: genome {genome} done ({genome - first + 1} of {genomes})", err=True)

        ancestry.write_batch(
            scenario,
            output,
            first_genome=first,
            num_genomes=genomes,
            seed=seed,
            provenance=provenance.record("simulate", options, inputs),
            on_genome=report,
            **sizes,
        )
