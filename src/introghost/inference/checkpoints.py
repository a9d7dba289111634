"""Checkpoints: where a training stands at the end of an epoch, on disk, so that a killed one goes on from there."""

import contextlib
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import safetensors
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as bytes_from_tensors
from torch import Tensor

from introghost import atomic

logger = logging.getLogger(__name__)

STATE = "state.safetensors"
# Keys of that file's metadata, which are texts: JSON of all that is no tensor, and the digest of both together.
_REST, _DIGEST = "training", "sha256"
_CURVE, _NETWORK, _BEST, _OPTIMISER = "curve", "network", "best", "optimiser"

Tensors = dict[str, Tensor]
# What safetensors raises of damaged files, and ValueError of a digest that differs.
_UNREADABLE = (OSError, safetensors.SafetensorError, ValueError, KeyError)


@dataclass(frozen=True)
class State:
    """All that a training needs to go on after an epoch as if it had not stopped.

    Attributes
    ----------
    network, best : dict of str to Tensor
        The weights, and those of the lowest validation loss so far; without a finite loss `best` is empty.
    slots : dict of int to dict of str to Tensor
        Tensors of the optimiser by the number of the weight.
    groups : list of mapping
        Its other settings, which the schedule changes with every step.
    schedule : mapping of str to object
        State of the learning-rate schedule.
    curve : Tensor of float64, shape (num_rows, 3)
        Epoch, training loss and validation loss.
    """

    network: Tensors
    best: Tensors
    slots: Mapping[int, Tensors]
    groups: list[Mapping[str, object]]
    schedule: Mapping[str, object]
    curve: Tensor

    def to_bytes(self, record: Mapping[str, object]) -> bytes:
        """One safetensors file of the state and of the record of its training."""
        tensors = {_CURVE: self.curve, **_prefixed(_NETWORK, self.network), **_prefixed(_BEST, self.best)}
        for number, slot in self.slots.items():
            tensors |= _prefixed(f"{_OPTIMISER}.{number}", slot)
        rest = json.dumps({"record": record, "groups": self.groups, "schedule": self.schedule})
        content: bytes = bytes_from_tensors(tensors, {_REST: rest, _DIGEST: _digest(tensors, rest)})
        return content


@dataclass(frozen=True)
class Checkpoint:
    """The checkpoint of one training, in a folder of its own.

    Attributes
    ----------
    folder : Path
    record : mapping of str to object
        JSON that is the same for the same training and for no other, such as `provenance.record` of its options and
        statistics.
    """

    folder: Path
    record: Mapping[str, object]

    def under(self, conditions: Mapping[str, object]) -> "Checkpoint":
        """The same, of a training under certain conditions alone.

        Parameters
        ----------
        conditions : mapping of str to object
            JSON, which joins the record.
        """
        return replace(self, record={**self.record, **conditions})

    def read(self) -> State | None:
        """Where this training was stopped; None if it never ran, and of another training or a damaged file.

        The log says in one line why a file is not used.
        """
        path = self.folder / STATE
        if not path.is_file():
            return None
        try:
            record, state = _parsed(path)
        except _UNREADABLE as error:
            logger.info("%s: not a readable checkpoint (%s), not used", path, " ".join(str(error).split()))
            return None
        expected = json.loads(json.dumps(self.record))
        different = sorted(key for key in expected.keys() | record.keys() if expected.get(key) != record.get(key))
        if different:
            logger.info("%s: of another training (%s differ), not used", path, ", ".join(different))
            return None
        return state

    def write(self, state: State) -> None:
        """Keep the state in place of the one before, atomically.

        Parameters
        ----------
        state : State

        Raises
        ------
        OutputError
            The folder can't be written to, or the disk is full.
        """
        with atomic.atomic_path(self.folder / STATE) as temporary:
            temporary.write_bytes(state.to_bytes(self.record))

    def remove(self) -> None:
        """Remove the state, what killed writers left beside it, and the folder if nothing else is in it."""
        if not self.folder.is_dir():
            return
        for path in self.folder.iterdir():
            if path.name == STATE or atomic.is_temporary(path.name):
                path.unlink()
        with contextlib.suppress(OSError):
            self.folder.rmdir()


def task_name(folder: Path) -> str | None:
    """Task of the training whose checkpoint is in `folder`, as the options in its record say.

    Parameters
    ----------
    folder : Path
        There or not.

    Returns
    -------
    str or None
        None where no checkpoint can be read, or its record has no task.
    """
    if not (folder / STATE).is_file():
        return None
    with contextlib.suppress(*_UNREADABLE):
        options = _parsed(folder / STATE)[0].get("options")
        return str(options["task"]) if isinstance(options, dict) and "task" in options else None
    return None


def _digest(tensors: Tensors, rest: str) -> str:
    """SHA-256 of names, types, shapes and values of all tensors and of the text beside them."""
    return hashlib.sha256(bytes_from_tensors(tensors, {_REST: rest})).hexdigest()


def _prefixed(prefix: str, tensors: Tensors) -> Tensors:
    return {f"{prefix}.{name}": tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _parsed(path: Path) -> tuple[Mapping[str, object], State]:
    """The record and the state in a file."""
    with safetensors.safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
    tensors: Tensors = tensors_from_bytes(path.read_bytes())
    if metadata.get(_DIGEST) != _digest(tensors, metadata.get(_REST, "")):
        raise ValueError("its SHA-256 differs: it was damaged or changed")
    rest = json.loads(metadata[_REST])
    parts: dict[str, Tensors] = {_NETWORK: {}, _BEST: {}}
    slots = dict[int, Tensors]()
    curve = tensors.pop(_CURVE)
    for name, tensor in tensors.items():
        part, _, key = name.partition(".")
        if part == _OPTIMISER:
            number, _, key = key.partition(".")
            slots.setdefault(int(number), {})[key] = tensor
        else:
            parts[part][key] = tensor
    return rest["record"], State(parts[_NETWORK], parts[_BEST], slots, rest["groups"], rest["schedule"], curve)
