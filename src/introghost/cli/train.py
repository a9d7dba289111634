"""The verb `train`: from statistics of simulations to a model bundle."""

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

import click

from introghost.cli.data import show
from introghost.cli.help import Example, Verb
from introghost.cli.scenario import SCENARIO, SCENARIO_HELP
from introghost.errors import ConfigError

if TYPE_CHECKING:
    from introghost.inference.bundles import Bundle, ChoiceBundle, ParametersBundle, SegmentsBundle
    from introghost.inference.checkpoints import Checkpoint
    from introghost.inference.starting import Start
    from introghost.inference.training import Trained

    AnyTrained = Trained[SegmentsBundle] | Trained[ChoiceBundle] | Trained[ParametersBundle]

CHECKPOINT = "checkpoint"


class _Settings(TypedDict):
    """What all tasks are trained with."""

    epochs: int
    width: int | None
    members: int | None
    seed: int


@click.command(
    "train",
    cls=Verb,
    examples=[
        Example(
            "a segment network, from nothing",
            "introghost train --task segments --statistics ghost.zarr.zip --epochs 2 --output model/segments",
        )
    ],
)
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
@click.option(
    "--from",
    "start",
    metavar="MODEL",
    help="A model that comes with introghost, or a folder: its network of this task is adapted to the statistics.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="At most; by default 12 for segments and 300 for the others, with --from 2 and 40.",
)
@click.option(
    "--width",
    type=click.IntRange(min=0, max=512),
    help="Hidden units; by default 48 for segments, 16 for model-choice (0 for none) and 32 for parameters.",
)
@click.option(
    "--members",
    type=click.IntRange(min=1, max=16),
    help="Networks whose probabilities are averaged; by default 1 for segments and 5 for the others.",
)
@click.option(
    "--scenario",
    type=SCENARIO,
    help=f"The scenario whose parameters are wanted; for parameters alone. {SCENARIO_HELP}.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Root seed.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder MODEL/TASK.")
def command(
    task: str,
    statistics_paths: tuple[Path, ...],
    start: str | None,
    epochs: int | None,
    width: int | None,
    members: int | None,
    scenario: Path | None,
    seed: int,
    output: Path,
) -> None:
    """Train the network of one task and write it as a bundle.

    The split into training and validation is by genome. The bundle holds safetensors, JSON and digests; the learning
    curve lies beside it as learning_curve.tsv. Where in the sequence a ghost left segments (segments), whether it did
    at all (model-choice), and when and how much (parameters, those of one scenario) are asked of three networks.

    A training that was stopped or killed goes on from its last whole epoch when the same command is run again; what it
    needs for that is in OUTPUT/checkpoint/, until the bundle is complete.
    """
    import logging
    from dataclasses import replace

    from introghost import provenance
    from introghost.evaluation.tables import write_tables
    from introghost.inference import bundle_files, calibration, genome_training, learning, lineage, starting
    from introghost.inference.bundles import ParametersBundle
    from introghost.inference.checkpoints import Checkpoint
    from introghost.simulation import scenarios

    if (task == "parameters") != (scenario is not None):
        raise ConfigError("--scenario: the scenario of --task parameters, which needs one; no other task has one")
    if width == 0 and task != "model-choice":
        raise ConfigError("--width 0: only --task model-choice can do without hidden units; give one at least")

    logging.basicConfig(format="%(message)s", level=logging.INFO)
    _check_output(task, output)
    begun = _start(start, task)
    most_epochs = epochs or _epochs(task, begun is not None)
    options = {"task": task, "epochs": most_epochs, "width": width, "members": members, "seed": seed}
    options |= {"from": None if begun is None else begun.origin()}
    inputs = {f"statistics {i}": p for i, p in enumerate(statistics_paths)}
    if scenario is not None:
        inputs |= {name: scenario / name for name in scenarios.FILES}
    record = provenance.record("train", options, inputs)
    if begun is not None:
        starting.check_unseen(begun, dict(zip(statistics_paths, lineage.training_digests(record), strict=True)))
    checkpoint = Checkpoint(output / CHECKPOINT, record)
    settings: _Settings = {"epochs": most_epochs, "width": width, "members": members, "seed": seed}
    trained = _train(task, statistics_paths, begun, scenario, settings, checkpoint)
    bundle = trained.bundle
    if isinstance(bundle, ParametersBundle):
        findings = genome_training.prior_findings(trained.learning_curve, len(bundle.scale.names))
    else:
        findings = calibration.bound_findings(bundle.temperature)
    findings += learning.findings(trained.learning_curve)
    show(findings)
    write_tables({"learning_curve": trained.learning_curve}, output)
    record |= {"findings": [finding.to_json() for finding in findings]}
    bundle_files.save(replace(bundle, provenance=record), output)
    checkpoint.remove()


def _epochs(task: str, is_trained: bool) -> int:
    """By default: a network that was trained before needs fewer."""
    if task == "segments":
        return 2 if is_trained else 12
    return 40 if is_trained else 300


def _check_output(task: str, output: Path) -> None:
    """Refuse a folder that holds the bundle of another task, or where its training was stopped."""
    from introghost.inference import bundle_files, checkpoints

    tasks = bundle_files.task_name(output), checkpoints.task_name(output / CHECKPOINT)
    for other, what in zip(tasks, ("bundle", "checkpoint"), strict=True):
        if other not in (None, task):
            raise ConfigError(f"--output {output} holds the {what} of task {other}, not {task}; name another folder")


def _start(name: str | None, task: str) -> "Start[Bundle] | None":
    """The bundle that training starts from."""
    from introghost import models
    from introghost.inference.bundles import TYPES, Task
    from introghost.inference.starting import Start

    if name is None:
        return None
    return Start.load(models.locate(name, "--from"), TYPES[Task(task)])


def _train(
    task: str,
    paths: tuple[Path, ...],
    start: "Start[Bundle] | None",
    scenario: Path | None,
    settings: _Settings,
    checkpoint: "Checkpoint",
) -> "AnyTrained":
    """The bundle of one task and how its training went; `start` is of the same task."""
    from introghost.inference import genome_training, segment_batches, segment_training
    from introghost.simulation import scenarios
    from introghost.statistics.table import Statistics

    if task == "segments":
        of_segments = cast("Start[SegmentsBundle] | None", start)
        halves = Statistics.concatenate([segment_batches.halve(Statistics.read(path)) for path in paths])
        return segment_training.train_segments(halves, **settings, start=of_segments, checkpoint=checkpoint)
    joined = Statistics.concatenate([Statistics.read(path) for path in paths])
    if scenario is not None:
        of_parameters = cast("Start[ParametersBundle] | None", start)
        parsed = scenarios.load(scenario)
        return genome_training.train_parameters(joined, parsed, **settings, start=of_parameters, checkpoint=checkpoint)
    of_choice = cast("Start[ChoiceBundle] | None", start)
    return genome_training.train_model_choice(joined, **settings, start=of_choice, checkpoint=checkpoint)
