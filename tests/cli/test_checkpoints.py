"""A training that is killed goes on when the same command is run again, and ends with the same bytes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import safetensors
import torch
from verbs import run

from introghost.cli.train import CHECKPOINT
from introghost.inference import bundle_files
from introghost.inference.bundles import ChoiceBundle
from introghost.inference.checkpoints import STATE, Checkpoint

SCENARIOS = Path(__file__).parents[2] / "config" / "scenarios"
SIZES = "--regions", 2, "--region-length-bp", 100_000, "--outgroup-diploids", 4, "--target-diploids", 4
TASKS = {
    "segments": ("--epochs", 6, "--width", 8, "--members", 2),
    "model-choice": ("--epochs", 30),
    "parameters": ("--epochs", 12, "--scenario", SCENARIOS / "ghost", "--members", 2),
}


@pytest.fixture(scope="module")
def statistics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of statistics of a few small genomes."""
    folder = tmp_path_factory.mktemp("statistics")
    for scenario in ("ghost", "no_ghost"):
        trees, output = folder / f"{scenario}.trees", folder / f"{scenario}.zarr.zip"
        run("simulate", "--scenario", SCENARIOS / scenario, "--genomes", 20, *SIZES, "--output", trees)
        run("statistics", "--trees", trees, "--bin-bp", 10_000, "--ancestral", "outgroup-major", "--output", output)
    return folder


def words(task: str, statistics: Path, output: Path, *more: object) -> tuple[object, ...]:
    files = [word for path in sorted(statistics.glob("*.zarr.zip")) for word in ("--statistics", path)]
    return "train", "--task", task, *files, *TASKS[task], *more, "--output", output


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def epochs_in(output: Path) -> int:
    """Epochs of the checkpoint in a folder."""
    path = output / CHECKPOINT / STATE
    if not path.exists():
        return 0
    with safetensors.safe_open(path, "pt") as file:
        return len(file.get_tensor("curve"))


def train_and_kill(arguments: tuple[object, ...], epoch: int) -> None:
    """A training in a process of its own, killed as soon as the checkpoint of an epoch is there."""
    process = subprocess.Popen([sys.executable, "-m", "introghost", *map(str, arguments)], stderr=subprocess.DEVNULL)
    while epochs_in(Path(str(arguments[-1]))) < epoch:
        assert process.poll() is None, "it ended by itself"
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


@pytest.fixture(scope="module")
def undisturbed(statistics: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was trained in one go."""
    model = tmp_path_factory.mktemp("undisturbed")
    for task in TASKS:
        assert run(*words(task, statistics, model / task)) == 0
    return model


@pytest.fixture(scope="module")
def killed(statistics: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose trainings were killed after three epochs or a little later."""
    model = tmp_path_factory.mktemp("killed")
    for task in TASKS:
        train_and_kill(words(task, statistics, model / task), 3)
    return model


@pytest.mark.parametrize("task", TASKS)
def test_a_killed_training_ends_with_the_same_bytes(
    task: str, statistics: Path, undisturbed: Path, killed: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    output = tmp_path / task
    shutil.copytree(killed / task, output)
    assert [path.name for path in output.iterdir()] == [CHECKPOINT]
    done = epochs_in(output)
    epochs = TASKS[task][1]
    assert done < int(str(epochs))
    caplog.set_level("INFO")
    assert run(*words(task, statistics, output)) == 0
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == f"training goes on after epoch {done} of {epochs}"
    assert lines[1].startswith(f"epoch {done + 1} of {epochs}: training loss ")
    assert content(output) == content(undisturbed / task)


def test_a_training_that_is_killed_again_and_again_ends_with_the_same_bytes(
    statistics: Path, undisturbed: Path, killed: Path, tmp_path: Path
) -> None:
    output = tmp_path / "segments"
    shutil.copytree(killed / "segments", output)
    arguments = words("segments", statistics, output)
    train_and_kill(arguments, epochs_in(output) + 1)
    assert run(*arguments) == 0
    assert content(output) == content(undisturbed / "segments")


class _Killed(BaseException):
    """Stands for a kill at one place."""


@pytest.mark.parametrize(("holder", "function"), [(bundle_files, "save"), (Checkpoint, "remove")])
def test_a_kill_after_the_last_epoch_costs_no_epoch(
    holder: object,
    function: str,
    statistics: Path,
    undisturbed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def kill(*_arguments: object) -> None:
        raise _Killed

    arguments = words("model-choice", statistics, tmp_path / "model-choice")
    with monkeypatch.context() as context:
        context.setattr(holder, function, kill)
        with pytest.raises(_Killed):
            run(*arguments)
    caplog.clear()
    caplog.set_level("INFO")
    assert run(*arguments) == 0
    assert [record.getMessage() for record in caplog.records] == ["training goes on after epoch 30 of 30"]
    assert content(tmp_path / "model-choice") == content(undisturbed / "model-choice")


def test_a_checkpoint_of_another_training_is_not_used(
    statistics: Path, undisturbed: Path, killed: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another seed, other statistics, another start: each ends as it does without the checkpoint."""
    other = tmp_path / "other"
    other.mkdir()
    for scenario in ("ghost", "no_ghost"):
        given = "--trees", statistics / f"{scenario}.trees", "--bin-bp", 10_000, "--ancestral", "outgroup-major"
        run("statistics", *given, "--seed", 5, "--output", other / f"{scenario}.zarr.zip")
    caplog.set_level("INFO")
    for number, (folder, more, difference) in enumerate(
        (
            (statistics, ("--seed", 2), "options"),
            (other, (), "inputs"),
            (other, ("--from", undisturbed), "inputs, options"),
        )
    ):
        output, fresh = tmp_path / f"{number}", tmp_path / f"fresh-{number}"
        shutil.copytree(killed / "model-choice", output)
        caplog.clear()
        assert run(*words("model-choice", folder, output, *more)) == 0
        first = caplog.records[0].getMessage()
        assert first == f"{output / CHECKPOINT / STATE}: of another training ({difference} differ), not used"
        assert run(*words("model-choice", folder, fresh, *more)) == 0
        assert content(output) == content(fresh) != content(undisturbed / "model-choice")


def test_a_training_goes_on_only_where_it_would_end_the_same(
    statistics: Path, undisturbed: Path, killed: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With another number of threads sums come in another order; provenance does not tell them apart."""
    output, threads = tmp_path / "model-choice", torch.get_num_threads()
    shutil.copytree(killed / "model-choice", output)
    caplog.set_level("INFO")
    torch.set_num_threads(threads + 1)
    try:
        assert run(*words("model-choice", statistics, output)) == 0
    finally:
        torch.set_num_threads(threads)
    first = caplog.records[0].getMessage()
    assert first == f"{output / CHECKPOINT / STATE}: of another training (threads differ), not used"
    records = [bundle_files.load(model, ChoiceBundle).provenance for model in (output, undisturbed / "model-choice")]
    assert records[0] == records[1]
    assert not {"threads", "device", "precision"} & set(records[0])


@pytest.mark.parametrize("keep", [100, -1])
def test_a_damaged_checkpoint_is_not_used(
    keep: int, statistics: Path, undisturbed: Path, killed: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    output = tmp_path / "model-choice"
    shutil.copytree(killed / "model-choice", output)
    path = output / CHECKPOINT / STATE
    path.write_bytes(path.read_bytes()[:keep])
    caplog.set_level("INFO")
    assert run(*words("model-choice", statistics, output)) == 0
    assert "not a readable checkpoint" in caplog.records[0].getMessage()
    assert content(output) == content(undisturbed / "model-choice")
