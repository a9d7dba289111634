"""Model bundles: a folder of weights (safetensors), description (JSON) and digests. Nothing in it is executed."""

import hashlib
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as bytes_from_tensors

from introghost import atomic, provenance
from introghost.errors import ConfigError, ModelError
from introghost.inference import bundle_checks
from introghost.inference.bundle_checks import SCHEMA_VERSION

WEIGHTS, DESCRIPTION, MANIFEST = "weights.safetensors", "model.json", "MANIFEST.sha256"
_MAXIMUM_BYTES = {
    WEIGHTS: bundle_checks.MAXIMUM_WEIGHTS_BYTES + bundle_checks.MAXIMUM_TEXT_BYTES,
    DESCRIPTION: bundle_checks.MAXIMUM_TEXT_BYTES,
    MANIFEST: 2**16,
}
DEFAULT_FALSE_DISCOVERY_RATE = 0.15
_MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


@dataclass(frozen=True)
class Bundle:
    """One trained network with everything that is needed to use it rightly.

    Attributes
    ----------
    task : str
        ``"segments"``, ``"model-choice"`` or ``"parameters"``.
    network : torch.nn.Module
        In evaluation mode.
    description : dict
        Content of ``model.json``: architecture, statistics, bin_bp, ancestral, sample_sizes, provenance, and what the
        task has beside; see `bundle_checks`.
    """

    task: str
    network: torch.nn.Module
    description: dict[str, Any]

    @property
    def temperature(self) -> float:
        """What logits are divided by before they become probabilities."""
        return float(self.description["temperature"])

    def threshold(self, false_discovery_rate: float = DEFAULT_FALSE_DISCOVERY_RATE) -> float:
        """Posterior from which at most that part of what is called was false in held-out simulations.

        Raises
        ------
        ConfigError
            If it is none of the rates that training gave a threshold for.
        """
        thresholds = {float(rate): float(posterior) for rate, posterior in self.description["thresholds"]}
        if false_discovery_rate not in thresholds:
            known = ", ".join(f"{rate:g}" for rate in thresholds)
            raise ConfigError(f"false-discovery rate {false_discovery_rate:g}: the model has thresholds for {known}")
        return thresholds[false_discovery_rate]


def save(bundle: Bundle, folder: Path) -> None:
    """Write `bundle` to `folder`, each file atomically and the manifest last: a folder without one is not a bundle.

    Raises
    ------
    ModelError
        If the bundle is one that `load` would refuse.
    """
    description = {**bundle.description, "schema_version": SCHEMA_VERSION, "task": bundle.task}
    bundle_checks.check_description(description, bundle.task, str(folder / DESCRIPTION))
    tensors = {name: tensor.contiguous().cpu() for name, tensor in bundle.network.state_dict().items()}
    _check_values(tensors, str(folder / WEIGHTS))
    (folder / MANIFEST).unlink(missing_ok=True)
    with atomic.atomic_path(folder / WEIGHTS) as temporary:
        temporary.write_bytes(bytes_from_tensors(tensors))
    atomic.write_json(folder / DESCRIPTION, description)
    lines = [f"{provenance.sha256(folder / name)}  {name}\n" for name in (DESCRIPTION, WEIGHTS)]
    atomic.write_text(folder / MANIFEST, "".join(lines))


def load(folder: Path, task: str) -> Bundle:
    """Read and check the bundle in `folder`.

    Each file is read once, and what was checked is what is used. Names, shapes and sizes are compared before memory
    is set aside for the network.

    Raises
    ------
    ModelError
        If a file is missing, damaged or was changed after it was written, or the bundle is of another version or task.
    """
    contents = _read_files(folder)
    description = bundle_checks.parse_json(contents[DESCRIPTION], str(folder / DESCRIPTION))
    bundle_checks.check_description(description, task, str(folder / DESCRIPTION))
    network = bundle_checks.empty_network(description, task, str(folder / DESCRIPTION))
    where = str(folder / WEIGHTS)
    bundle_checks.check_weights(contents[WEIGHTS], network, where)
    try:
        weights = tensors_from_bytes(contents[WEIGHTS])  # numbers alone: the format has no code in it
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{where}: not safetensors ({reason}); copy the bundle again or train anew") from error
    _check_values(weights, where)
    network.load_state_dict(weights, assign=True)
    return Bundle(task, network.eval(), description)


def digest(folder: Path) -> str:
    """SHA-256 that stands for the bundle in `folder`: of its manifest, which holds those of the other files."""
    return provenance.sha256(folder / MANIFEST)


def _check_values(weights: dict[str, torch.Tensor], where: str) -> None:
    for name, tensor in weights.items():
        if not bool(torch.isfinite(tensor).all()):
            raise ModelError(f"{where}: tensor {name} holds values that are not finite; train anew")
        if name.endswith(("deviation", "floor", "novelty.scores")) and not bool((tensor > 0).all()):
            raise ModelError(f"{where}: tensor {name} holds values that are not above 0; train anew")


def _read_files(folder: Path) -> dict[str, bytes]:
    """Content of weights and description, each as its digest in the manifest says."""
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such folder; --model is the folder that holds {folder.name}/")
    if not (folder / MANIFEST).exists() and not (folder / MANIFEST).is_symlink():
        raise ModelError(
            f"{folder}: no model bundle here (no {MANIFEST}); --model is the folder that holds {folder.name}/"
        )
    recorded = _digests(_read_file(folder / MANIFEST), folder / MANIFEST)
    contents = {name: _read_file(folder / name) for name in (DESCRIPTION, WEIGHTS)}
    for name, content in contents.items():
        if recorded[name] != hashlib.sha256(content).hexdigest():
            raise ModelError(f"{folder / name}: SHA-256 differs from {MANIFEST}: the file was damaged or changed")
    return contents


def _read_file(path: Path) -> bytes:
    """Content of a plain file of bounded size: no link that leads out of the bundle, no device that never ends."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode):
            raise ModelError(f"{path}: not a plain file (a link, folder or device); copy the file itself there")
        limit = _MAXIMUM_BYTES[path.name]
        if about.st_size > limit:
            raise ModelError(f"{path}: {about.st_size:,} bytes, expected at most {limit:,}; is this a bundle's?")
        with path.open("rb") as file:
            return file.read(limit)
    except FileNotFoundError as error:
        raise ModelError(f"{path}: missing from the bundle; copy the whole folder") from error
    except OSError as error:
        raise ModelError(f"{path}: can't be read: {error.strerror}") from error


def _digests(content: bytes, path: Path) -> dict[str, str]:
    """Digest of each file by name; exactly the two files of a bundle, each once."""
    recorded: dict[str, str] = {}
    for number, line in enumerate(content.decode("utf-8", errors="replace").splitlines(), start=1):
        match = _MANIFEST_LINE.fullmatch(line)
        if match is None:
            raise ModelError(f"{path}: line {number} is not 'SHA-256  FILE'; the file was damaged or changed")
        digest, name = match.groups()
        if name not in (DESCRIPTION, WEIGHTS) or name in recorded:
            raise ModelError(
                f"{path}: line {number} names {ascii(name)[:60]}, expected {DESCRIPTION} and {WEIGHTS} once each"
            )
        recorded[name] = digest
    for name in (DESCRIPTION, WEIGHTS):
        if name not in recorded:
            raise ModelError(f"{path}: has no SHA-256 of {name}; the file was cut or changed")
    return recorded


def check_channels(bundle: Bundle, found: int) -> None:
    """Refuse another number of inputs than the network takes."""
    expected = bundle.description["architecture"]["channels"]
    if found != expected:
        raise ModelError(
            f"the {bundle.task} network takes {expected} values per place, this version of introghost computes "
            f"{found}; use the version that trained it, or train anew"
        )


def check_fit(bundle: Bundle, folder: Path, found: dict[str, Any]) -> None:
    """Refuse data whose statistics are not those that the bundle was trained on.

    Parameters
    ----------
    found : dict
        What the data have, under keys of the description (``bin_bp``, ``ancestral``, ``statistics``, …).

    Raises
    ------
    ModelError
        On the first difference; of lists of names it says which name.
    """
    for key, value in found.items():
        trained = bundle.description.get(key)
        if trained == value:
            continue
        if isinstance(trained, list) and isinstance(value, list):
            number = next((i for i, pair in enumerate(zip(trained, value, strict=False)) if pair[0] != pair[1]), None)
            number = min(len(trained), len(value)) if number is None else number
            theirs, ours = (repr(names[number]) if number < len(names) else "none" for names in (trained, value))
            raise ModelError(
                f"{folder}: {key} number {number + 1} is {theirs} in the bundle and {ours} in this version of "
                "introghost; use the version that trained it, or train anew"
            )
        option = f"--{key.replace('_', '-')} {trained}" if key.endswith("_bp") else "the option for the trained value"
        raise ModelError(
            f"{folder}: trained with {key} {trained!r}, the data have {value!r}; use {option}, or train anew"
        )
