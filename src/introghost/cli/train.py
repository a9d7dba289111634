"""The verb `train`: from statistics of simulations to a model bundle."""

from pathlib import Path

import click

from introghost.cli.data import show
from introghost.cli.scenario import SCENARIO, SCENARIO_HELP


@click.command("train")
@click.option(
    "--task", type=click.Choice(["segments", "model-choice", "parameters"]), required=True, help="What to learn."
)
@click.option(
    "--statistics",
    "statistics_paths",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    required=True,
    help="Statistics of simulations; give the option once for each batch.",
)
@click.option("--epochs", type=click.IntRange(min=1), help="At most; by default 12 for segments, 300 for the others.")
@click.option(
    "--scenario",
    type=SCENARIO,
    help=f"The scenario whose parameters are wanted; for parameters alone. {SCENARIO_HELP}.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Root seed.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder MODEL/TASK.")
def command(
    task: str, statistics_paths: tuple[Path, ...], epochs: int | None, scenario: Path | None, seed: int, output: Path
) -> None:
    """Train the network of one task and write it as a bundle.

    The split into training and validation is by genome. The bundle holds safetensors, JSON and digests; the learning
    curve lies beside it as learning_curve.tsv. Where in the sequence a ghost left segments (segments), whether it did
    at all (model-choice), and when and how much (parameters, those of one scenario) are asked of three networks.
    """
    import logging
    from dataclasses import replace

    from introghost import provenance
    from introghost.errors import ConfigError
    from introghost.evaluation.tables import write_tables
    from introghost.findings import Finding
    from introghost.inference import bundle_files, calibration, genome_training, segment_training
    from introghost.inference.bundles import ChoiceBundle, ParametersBundle, SegmentsBundle
    from introghost.inference.training import Trained
    from introghost.simulation import scenarios
    from introghost.statistics.table import Statistics

    if (task == "parameters") != (scenario is not None):
        raise ConfigError("--scenario: the scenario of --task parameters, which needs one; no other task has one")

    logging.basicConfig(format="%(message)s", level=logging.INFO)
    most_epochs = epochs or (12 if task == "segments" else 300)
    joined = Statistics.concatenate([Statistics.read(path) for path in statistics_paths])
    trained: Trained[SegmentsBundle] | Trained[ChoiceBundle] | Trained[ParametersBundle]
    findings = list[Finding]()
    if task == "segments":
        trained = segment_training.train_segments(joined, epochs=most_epochs, seed=seed)
        findings = calibration.bound_findings(trained.bundle.temperature)
    elif scenario is not None:
        trained = genome_training.train_parameters(joined, scenarios.load(scenario), epochs=most_epochs, seed=seed)
    else:
        trained = genome_training.train_model_choice(joined, epochs=most_epochs, seed=seed)
        findings = calibration.bound_findings(trained.bundle.temperature)
    options = {"task": task, "epochs": most_epochs, "seed": seed}
    inputs = {f"statistics {i}": p for i, p in enumerate(statistics_paths)}
    if scenario is not None:
        inputs |= {name: scenario / name for name in scenarios.FILES}
    record = provenance.record("train", options, inputs) | {"findings": [finding.to_json() for finding in findings]}
    show(findings)
    write_tables({"learning_curve": trained.learning_curve}, output)
    bundle_files.save(replace(trained.bundle, provenance=record), output)
