"""A checkpoint is read as it was written, or not at all: one changed bit anywhere is enough."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors
import torch
from safetensors.torch import load_file, save_file

from introghost.inference import checkpoints
from introghost.inference.checkpoints import STATE, Checkpoint, State

Change = Callable[[dict[str, torch.Tensor], dict[str, object]], object]

RECORD = {"options": {"task": "segments", "seed": 1}}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    made = Checkpoint(tmp_path / "checkpoint", RECORD)
    made.write(
        State(
            network={"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.tensor([1.0, float("nan")])},
            best={"a.weight": torch.ones(2, 3), "a.bias": torch.zeros(2)},
            slots={0: {"step": torch.tensor(8.0), "exp_avg": torch.full((2, 3), 0.5)}},
            groups=[{"lr": 1e-3, "betas": [0.9, 0.95], "params": [0]}],
            schedule={"total_steps": 12, "last_epoch": 8},
            curve=torch.tensor([[1, 0.7, 0.6], [2, 0.5, 0.55]], dtype=torch.float64),
        )
    )
    return made


def test_what_was_written_is_read(checkpoint: Checkpoint) -> None:
    state = checkpoint.read()
    assert state is not None
    assert state.network["a.weight"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert state.network["a.bias"].isnan().tolist() == [False, True]
    assert {name: tensor.sum() for name, tensor in state.best.items()} == {"a.weight": 6, "a.bias": 0}
    assert state.slots[0]["exp_avg"].tolist() == [[0.5] * 3] * 2
    assert state.slots[0]["step"] == 8
    assert state.groups == [{"lr": 1e-3, "betas": [0.9, 0.95], "params": [0]}]
    assert state.schedule == {"total_steps": 12, "last_epoch": 8}
    assert state.curve.tolist() == [[1, 0.7, 0.6], [2, 0.5, 0.55]]
    assert checkpoints.task_name(checkpoint.folder) == "segments"


def test_no_bit_of_it_can_change(checkpoint: Checkpoint, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    path = checkpoint.folder / STATE
    content = path.read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        assert checkpoint.read() is None, place
        assert checkpoints.task_name(checkpoint.folder) is None
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == len(content)
    assert all(
        line.startswith(f"{path}: not a readable checkpoint (") and line.endswith("), not used") for line in lines
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors, rest: tensors.pop("best.a.bias"),
        lambda tensors, rest: [tensors.pop(name) for name in list(tensors) if name.startswith("optimiser")],
        lambda tensors, rest: tensors["curve"].__setitem__((1, 0), 3),
        lambda tensors, rest: tensors["network.a.weight"].zero_(),
        lambda tensors, rest: tensors.update({"curve": tensors["curve"].float()}),
        lambda tensors, rest: rest.update(schedule={}),
        lambda tensors, rest: rest.update(groups=[]),
        lambda tensors, rest: rest.update(record={"options": {"task": "parameters"}}),
    ],
)
def test_no_part_of_it_can_change(change: Change, checkpoint: Checkpoint, caplog: pytest.LogCaptureFixture) -> None:
    """Each is a good safetensors file with good JSON."""
    caplog.set_level("INFO")
    path = checkpoint.folder / STATE
    with safetensors.safe_open(path, "pt") as file:
        metadata = file.metadata()
    tensors, rest = load_file(path), json.loads(metadata["training"])
    save_file(tensors, path, {**metadata, "training": json.dumps(rest)})
    assert checkpoint.read() is not None
    change(tensors, rest)
    save_file(tensors, path, {**metadata, "training": json.dumps(rest)})
    assert checkpoint.read() is None
    reason = "its SHA-256 differs: it was damaged or changed"
    assert caplog.records[0].getMessage() == f"{path}: not a readable checkpoint ({reason}), not used"


def test_a_checkpoint_without_a_digest_is_not_used(checkpoint: Checkpoint) -> None:
    path = checkpoint.folder / STATE
    save_file(load_file(path), path)
    assert checkpoint.read() is None
