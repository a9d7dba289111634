"""Bundles as folders: weights (safetensors), description (JSON) and digests. Nothing in them is executed."""

import hashlib
import json
import re
import stat
from pathlib import Path
from typing import TypeVar

import safetensors
import torch
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as bytes_from_tensors

from introghost import atomic, provenance
from introghost.errors import ModelError
from introghost.inference import weights
from introghost.inference.bundles import Bundle, Task
from introghost.inference.fields import Fields, Json, is_whole, parse_object, short
from introghost.models import DESCRIPTION, MANIFEST

SCHEMA_VERSION = 1
WEIGHTS = "weights.safetensors"
_MAXIMUM_BYTES = {
    WEIGHTS: weights.MAXIMUM_WEIGHTS_BYTES + weights.MAXIMUM_TEXT_BYTES,
    DESCRIPTION: weights.MAXIMUM_TEXT_BYTES,
    MANIFEST: 2**16,
}
_MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  (.+)")

AnyBundle = TypeVar("AnyBundle", bound=Bundle)


def save(bundle: Bundle, folder: Path) -> None:
    """Write a bundle, each file atomically and the manifest last: a folder without one is not a bundle.

    Parameters
    ----------
    bundle : Bundle
    folder : Path
        Made where it is absent.

    Raises
    ------
    ModelError
        If the bundle is one that `load` would refuse.
    OutputError
        The folder can't be written to, or the disk is full.
    """
    where = str(folder / DESCRIPTION)
    description = {**bundle.to_json(), "schema_version": SCHEMA_VERSION, "task": str(bundle.task)}
    type(bundle).from_json(Fields(description, where), bundle.network)
    weights.check_architecture(bundle.architecture, bundle.network_type, where)
    tensors = {name: tensor.contiguous().cpu() for name, tensor in bundle.network.state_dict().items()}
    weights.check_values(tensors, str(folder / WEIGHTS))
    text = json.dumps(description, indent=2, sort_keys=True) + "\n"
    contents = {DESCRIPTION: text.encode(), WEIGHTS: bytes_from_tensors(tensors)}
    (folder / MANIFEST).unlink(missing_ok=True)
    for name, content in contents.items():
        with atomic.atomic_path(folder / name) as temporary:
            temporary.write_bytes(content)
    # Digests of what was written here, not of what is there now: another writer's file is never certified.
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in contents.items()]
    atomic.write_text(folder / MANIFEST, "".join(lines))


def load(folder: Path, bundle_type: type[AnyBundle]) -> AnyBundle:
    """Read and check the bundle in `folder`.

    Each file is read once, and what was checked is what is used. Names, shapes and sizes are compared before memory
    is set aside for the network.

    Parameters
    ----------
    folder : Path
    bundle_type : type
        `bundles.SegmentsBundle`, `bundles.ChoiceBundle` or `bundles.ParametersBundle`.

    Raises
    ------
    ModelError
        If a file is missing, damaged or was changed after it was written, or the bundle is of another version or task.
    """
    contents = _read_files(folder)
    where = str(folder / DESCRIPTION)
    description = parse_object(contents[DESCRIPTION], where)
    _check_version(description, where)
    if description.get("task") != bundle_type.task:
        raise ModelError(
            f"{where}: the bundle is for {short(description.get('task'))}, expected '{bundle_type.task}'; "
            "choose the folder of that task"
        )
    architecture = Fields(description, where).section("architecture")
    weights.check_architecture(architecture, bundle_type.network_type, where)
    network = weights.empty_network(architecture, bundle_type.network_type, where)
    bundle = bundle_type.from_json(Fields(description, where), network)
    network.load_state_dict(_tensors(contents[WEIGHTS], network, str(folder / WEIGHTS)), assign=True)
    network.eval()
    return bundle


def task_name(folder: Path) -> Task | None:
    """Task of the bundle in `folder`, finished or half written.

    Parameters
    ----------
    folder : Path
        There or not.

    Returns
    -------
    Task or None
        None where no description of a bundle can be read.
    """
    path = folder / DESCRIPTION
    try:
        return Task(str(parse_object(_read_file(path), str(path)).get("task")))
    except (ModelError, ValueError):
        return None


def digest(folder: Path) -> str:
    """SHA-256 that stands for the bundle in `folder`: of its manifest, which holds those of the other files."""
    return provenance.sha256(folder / MANIFEST)


def _check_version(description: Json, where: str) -> None:
    version = description.get("schema_version")
    if not isinstance(version, int) or not is_whole(version):
        raise ModelError(f"{where}: schema_version is {short(version)}, expected {SCHEMA_VERSION}; is this a bundle?")
    if version != SCHEMA_VERSION:
        age, remedy = ("new", "update introghost") if version > SCHEMA_VERSION else ("old", "train the model anew")
        raise ModelError(f"{where}: bundle format {short(version)} is too {age}, expected {SCHEMA_VERSION}; {remedy}")


def _tensors(content: bytes, network: torch.nn.Module, where: str) -> dict[str, torch.Tensor]:
    """The tensors of a network, checked."""
    weights.check_weights(content, network, where)
    try:
        tensors: dict[str, torch.Tensor] = tensors_from_bytes(content)  # numbers alone: the format has no code in it
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{where}: not safetensors ({reason}); copy the bundle again or train anew") from error
    weights.check_values(tensors, where)
    return tensors


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
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise ModelError(f"{path}: not a plain file (a link, folder or device); copy the file itself there")
        limit = _MAXIMUM_BYTES[path.name]
        if status.st_size > limit:
            raise ModelError(f"{path}: {status.st_size:,} bytes, expected at most {limit:,}; is this a bundle's?")
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
