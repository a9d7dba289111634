"""Model bundles: a folder of weights (safetensors), description (JSON) and digests. Nothing in it is executed."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from introghost import provenance
from introghost.errors import ModelError
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.segments import SegmentNetwork

SCHEMA_VERSION = 1
WEIGHTS, DESCRIPTION, MANIFEST = "weights.safetensors", "model.json", "MANIFEST.sha256"
_NETWORKS: dict[str, type[torch.nn.Module]] = {"segments": SegmentNetwork, "model-choice": ModelChoiceNetwork}


@dataclass(frozen=True)
class Bundle:
    """One trained network with everything that is needed to use it rightly.

    Attributes
    ----------
    task : str
        ``"segments"`` or ``"model-choice"``.
    network : torch.nn.Module
        In evaluation mode.
    description : dict
        Content of ``model.json``: architecture, statistics, bin_bp, ancestral, temperature, sample sizes, provenance.
    """

    task: str
    network: torch.nn.Module
    description: dict[str, Any]

    @property
    def temperature(self) -> float:
        """What logits are divided by before they become probabilities."""
        return float(self.description["temperature"])


def save(bundle: Bundle, folder: Path) -> None:
    """Write `bundle` to `folder`, each file atomically and the manifest last: a folder without one is not a bundle."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    description = {**bundle.description, "schema_version": SCHEMA_VERSION, "task": bundle.task}
    with provenance.atomic_path(folder / WEIGHTS) as temporary:
        save_file({name: tensor.contiguous().cpu() for name, tensor in bundle.network.state_dict().items()}, temporary)
    provenance.write_json(folder / DESCRIPTION, description)
    lines = [f"{provenance.sha256(folder / name)}  {name}\n" for name in (DESCRIPTION, WEIGHTS)]
    provenance.write_text(folder / MANIFEST, "".join(lines))


def load(folder: Path, task: str) -> Bundle:
    """Read and check the bundle in `folder`.

    Raises
    ------
    ModelError
        If a file is missing or was changed after it was written, or the bundle is of another version or task.
    """
    _check_digests(folder)
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{folder / DESCRIPTION}: not JSON: {error}") from error
    version = description.get("schema_version")
    if version != SCHEMA_VERSION:
        age = (
            "too new: update introghost"
            if isinstance(version, int) and version > SCHEMA_VERSION
            else "too old: train it anew"
        )
        raise ModelError(f"{folder}: bundle format {version!r}, expected {SCHEMA_VERSION}; it is {age}")
    if description.get("task") != task:
        raise ModelError(f"{folder}: the bundle is for {description.get('task')!r}, expected {task!r}")
    absent = [key for key in ("architecture", "temperature") if key not in description]
    if absent:
        raise ModelError(f"{folder / DESCRIPTION}: lacks {', '.join(absent)}")
    network = _NETWORKS[task](**description["architecture"])
    weights = load_file(folder / WEIGHTS)
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    if {name: tuple(tensor.shape) for name, tensor in weights.items()} != expected:
        raise ModelError(f"{folder / WEIGHTS}: the tensors are not those of the architecture in {DESCRIPTION}")
    network.load_state_dict(weights)
    if not math.isfinite(description["temperature"]):
        raise ModelError(f"{folder / DESCRIPTION}: temperature {description['temperature']!r} is not a number")
    return Bundle(task, network.eval(), description)


def _check_digests(folder: Path) -> None:
    if not (folder / MANIFEST).is_file():
        raise ModelError(
            f"{folder}: no model bundle here (no {MANIFEST}); --model is the folder that holds {folder.name}/"
        )
    lines = (folder / MANIFEST).read_text(encoding="utf-8", errors="replace").splitlines()
    recorded: dict[str, str] = {name.strip(): digest for digest, _, name in (line.partition(" ") for line in lines)}
    for name in (DESCRIPTION, WEIGHTS):
        if not (folder / name).is_file():
            raise ModelError(f"{folder / name}: missing from the bundle")
        if recorded.get(name) != provenance.sha256(folder / name):
            raise ModelError(f"{folder / name}: SHA-256 differs from {MANIFEST}: the file was damaged or changed")


def check_fit(bundle: Bundle, folder: Path, found: dict[str, Any]) -> None:
    """Refuse data whose statistics are not those that the bundle was trained on.

    Parameters
    ----------
    found : dict
        What the data have, under keys of the description (``bin_bp``, ``ancestral``, ``statistics``, …).
    """
    for key, value in found.items():
        if bundle.description[key] != value:
            raise ModelError(
                f"{folder}: trained with {key} {bundle.description[key]!r}, the data have {value!r}; "
                "use the option that gives the trained value, or train anew"
            )
