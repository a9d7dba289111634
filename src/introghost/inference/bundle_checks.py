"""What a bundle's description and weights must be, checked on the bytes before anything of their size is allocated."""

import inspect
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from introghost.errors import ModelError
from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP_MAJOR
from introghost.inference import prior_scale
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.posterior import PosteriorNetwork
from introghost.networks.segments import SegmentNetwork

SCHEMA_VERSION = 5
NETWORKS: dict[str, type[nn.Module]] = {
    "segments": SegmentNetwork,
    "model-choice": ModelChoiceNetwork,
    "parameters": PosteriorNetwork,
}
MAXIMUM_WEIGHTS_BYTES = 2**30
MAXIMUM_TEXT_BYTES = 2**24
_MAXIMUM_SIZE = 2**16
_SIZES = {  # others: 1 to the maximum
    ("model-choice", "width"): (0, _MAXIMUM_SIZE),
    ("model-choice", "members"): (1, 32),
    ("model-choice", "references"): (0, _MAXIMUM_SIZE),
    ("model-choice", "levels"): (1, 32),
    ("segments", "members"): (1, 32),
    ("parameters", "channels"): (1, 4096),
    ("parameters", "parameters"): (1, 64),
    ("parameters", "width"): (1, 512),
    ("parameters", "members"): (1, 16),
}
_DTYPES = {torch.float16: "F16", torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.bool: "BOOL"}
_HEADER_LENGTH_BYTES = 8


def parse_json(content: bytes, where: str) -> dict[str, Any]:
    """One JSON object; ``NaN``, infinities and a key given twice are refused."""
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{where}: not JSON ({error}); the file is damaged") from error
    if not isinstance(value, dict):
        raise ModelError(f"{where}: expected a JSON object, found {type(value).__name__}; the file is damaged")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def check_description(description: Mapping[str, Any], task: str, where: str) -> None:
    """Refuse a description of another version or task, or whose keys are absent or of the wrong kind.

    Raises
    ------
    ModelError
        On the first flaw.
    """
    _check_version(description.get("schema_version"), where)
    found = description.get("task")
    if found != task:
        raise ModelError(f"{where}: the bundle is for {found!r}, expected {task!r}; choose the folder of that task")
    for key, (is_valid, expected) in (_KINDS | _KINDS_OF_TASK[task]).items():
        if key not in description:
            raise ModelError(f"{where}: lacks {key}; train the model anew")
        if not is_valid(description[key]):
            raise ModelError(f"{where}: {key} is {_short(description[key])}, expected {expected}; train the model anew")
    if description["region_length_bp"] % description["bin_bp"]:
        raise ModelError(f"{where}: bin_bp does not divide region_length_bp; train the model anew")
    _check_architecture(description["architecture"], task, where)
    if task == "model-choice" and description["architecture"]["references"] == 1:
        raise ModelError(f"{where}: architecture.references is 1, one genome has no neighbours; train the model anew")
    if task == "model-choice" and len(description["scenarios"]) != description["architecture"]["scenarios"]:
        raise ModelError(f"{where}: scenarios are not as many as the architecture's outputs; train the model anew")
    if task == "parameters":
        number = len(prior_scale.parse(description["priors"]).names)
        if number != description["architecture"]["parameters"]:
            raise ModelError(f"{where}: priors are not as many as the architecture's outputs; train the model anew")


def _check_version(version: Any, where: str) -> None:
    if not _is_integer(version):
        raise ModelError(f"{where}: schema_version is {_short(version)}, expected {SCHEMA_VERSION}; is this a bundle?")
    if version > SCHEMA_VERSION:
        raise ModelError(f"{where}: bundle format {_short(version)} is too new, expected {SCHEMA_VERSION}; "
                         "update introghost")  # fmt: skip
    if version < SCHEMA_VERSION:
        raise ModelError(f"{where}: bundle format {_short(version)} is too old, expected {SCHEMA_VERSION}; "
                         "train the model anew")  # fmt: skip


def _short(value: Any) -> str:
    text = ascii(value) if not _is_integer(value) or abs(value) < 10**30 else "a huge number"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_ancestral(value: Any) -> bool:
    return value in (KNOWN_ANCESTRAL, OUTGROUP_MAJOR)


def _is_positive(value: Any) -> bool:
    return _is_integer(value) and 0 < value < 2**31


def _is_count(value: Any) -> bool:
    return _is_integer(value) and 0 <= value < 2**31


def _is_temperature(value: Any) -> bool:
    return (isinstance(value, float) or _is_positive(value)) and math.isfinite(value) and value > 0


def _is_names(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(isinstance(name, str) and name.isprintable() and name for name in value)
        and len(set(value)) == len(value)
    )


def _is_name(value: Any) -> bool:
    return _is_names([value])


def _is_priors(value: Any) -> bool:
    """What `prior_scale.parse` takes."""
    try:
        prior_scale.parse(value)
    except (ValueError, KeyError, TypeError, OverflowError):
        return False
    return True


def _is_sizes(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"outgroup_diploids", "target_diploids"}
        and all(isinstance(r, list) and len(r) == 2 and all(map(_is_positive, r)) for r in value.values())
        and all(low <= high for low, high in value.values())
    )


def _is_range(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_positive, value)) and value[0] <= value[1]


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"([0-9a-f]{64})?", value) is not None


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1


def _is_thresholds(value: Any) -> bool:
    """Pairs of a false-discovery rate and a posterior, rates ascending."""
    if not (isinstance(value, list) and value and all(isinstance(pair, list) and len(pair) == 2 for pair in value)):
        return False
    rates = [pair[0] for pair in value]
    return all(_is_share(number) for pair in value for number in pair) and rates == sorted(set(rates))


def _is_shares(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_share, value)) and value[0] <= value[1]


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "architecture": (_is_object, "an object"),
    "statistics": (_is_names, "a list of distinct names"),
    "population_statistics": (_is_names, "a list of distinct names"),
    "ancestral": (_is_ancestral, f"{KNOWN_ANCESTRAL} or {OUTGROUP_MAJOR}"),
    "bin_bp": (_is_positive, "a whole number above 0"),
    "region_length_bp": (_is_positive, "a whole number above 0"),
    "sample_sizes": (_is_sizes, "outgroup_diploids and target_diploids, each [lowest, highest]"),
    "callable_share": (_is_shares, "[lowest, highest], each above 0 and at most 1"),
    "observation": (_is_object, "an object"),
    "num_training": (_is_count, "a whole number"),
    "num_validation": (_is_count, "a whole number"),
    "provenance": (_is_object, "an object"),
}
_KINDS_OF_TASK: dict[str, dict[str, tuple[Callable[[Any], bool], str]]] = {
    "segments": {
        "temperature": (_is_temperature, "a finite number above 0"),
        "thresholds": (_is_thresholds, "pairs of a false-discovery rate and a posterior, each above 0 and at most 1"),
    },
    "model-choice": {
        "temperature": (_is_temperature, "a finite number above 0"),
        "scenarios": (_is_names, "a list of distinct names"),
        "regions": (_is_range, "[fewest, most], whole numbers above 0"),
        "segments": (_is_digest, "a SHA-256 in hexadecimal, or empty"),
    },
    "parameters": {
        "regions": (_is_range, "[fewest, most], whole numbers above 0"),
        "segments": (_is_digest, "a SHA-256 in hexadecimal, or empty"),
        "scenario": (_is_name, "a name"),
        "priors": (_is_priors, "priors, each after those it refers to"),
    },
}


def _check_architecture(architecture: Mapping[str, Any], task: str, where: str) -> None:
    """The arguments of the task's network: every whole number is given, the rest may be left out."""
    parameters = inspect.signature(NETWORKS[task]).parameters
    unknown = sorted(set(architecture) - set(parameters))
    if unknown:
        raise ModelError(f"{where}: architecture has an unknown key {_short(unknown[0])}; update introghost")
    for name, parameter in parameters.items():
        whole = parameter.annotation is int
        if name not in architecture:
            if whole:
                raise ModelError(f"{where}: architecture lacks {name}; train the model anew")
            continue
        value = architecture[name]
        lowest, highest = _SIZES.get((task, name), (1, _MAXIMUM_SIZE))
        if whole and not (_is_integer(value) and lowest <= value <= highest):
            raise ModelError(
                f"{where}: architecture.{name} is {_short(value)}, expected {lowest} to {highest:,}; "
                "train the model anew"
            )
        if not whole and not (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1):
            raise ModelError(f"{where}: architecture.{name} is {_short(value)}, expected 0 to 1; train the model anew")


def empty_network(description: Mapping[str, Any], task: str, where: str) -> nn.Module:
    """The network that the description asks for, without memory for its weights (on torch's ``meta`` device).

    The flows of the parameter posterior cannot be made there; the sizes of theirs are small.
    """
    try:
        with torch.device("cpu" if task == "parameters" else "meta"):
            network = NETWORKS[task](**description["architecture"])
    except (ValueError, RuntimeError, ArithmeticError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{where}: no network has this architecture ({reason}); train the model anew") from error
    needed = sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values())
    if needed > MAXIMUM_WEIGHTS_BYTES:
        raise ModelError(
            f"{where}: the architecture needs {needed:,} bytes, at most {MAXIMUM_WEIGHTS_BYTES:,} are loaded; "
            "the file is damaged"
        )
    return network


def check_weights(content: bytes, network: nn.Module, where: str) -> None:
    """Refuse weights whose header does not describe exactly the tensors of `network`, side by side in the file.

    Parameters
    ----------
    content : bytes
        The safetensors file.
    network : torch.nn.Module
        From `empty_network`.
    where : str
        The file, for messages.

    Raises
    ------
    ModelError
        A header that is cut or damaged, another name, shape or type, or offsets that overlap, leave gaps, or point
        outside the file.
    """
    length = int.from_bytes(content[:_HEADER_LENGTH_BYTES], "little")
    data_bytes = len(content) - _HEADER_LENGTH_BYTES - length
    if len(content) < _HEADER_LENGTH_BYTES or length > MAXIMUM_TEXT_BYTES or data_bytes < 0:
        raise ModelError(f"{where}: cut short or not safetensors; copy the bundle again or train anew")
    header = parse_json(content[_HEADER_LENGTH_BYTES : _HEADER_LENGTH_BYTES + length], where)
    header.pop("__metadata__", None)
    expected = network.state_dict()
    for name in sorted(expected.keys() ^ header.keys()):
        problem = "lacks the tensor" if name in expected else "has an unknown tensor"
        raise ModelError(
            f"{where}: {problem} {_short(name)}: the tensors are not those of the architecture; train the model anew"
        )
    spans = [_span(header[name], tensor, f"{where}: tensor {name}") for name, tensor in expected.items()]
    reached = 0
    for first, last in sorted(spans):
        if first != reached:
            raise ModelError(f"{where}: tensors overlap or leave a gap at byte {min(first, reached):,}; train anew")
        reached = last
    if reached != data_bytes:
        raise ModelError(
            f"{where}: {data_bytes:,} bytes of weights, expected {reached:,}: cut short or not safetensors; "
            "copy the bundle again or train anew"
        )


def _span(entry: Any, tensor: torch.Tensor, where: str) -> tuple[int, int]:
    """First byte and end of one tensor, checked against the tensor that the network wants."""
    if not isinstance(entry, dict):
        raise ModelError(f"{where}: {_short(entry)} is no description of a tensor; the file is damaged")
    wanted = {"dtype": _DTYPES.get(tensor.dtype), "shape": list(tensor.shape)}
    for key, value in wanted.items():
        if entry.get(key) != value or type(entry.get(key)) is not type(value):
            raise ModelError(
                f"{where}: {key} is {_short(entry.get(key))}, expected {value}: "
                "the tensors are not those of the architecture; train the model anew"
            )
    offsets = entry.get("data_offsets")
    if not (isinstance(offsets, list) and len(offsets) == 2 and all(map(_is_integer, offsets))):
        raise ModelError(f"{where}: data_offsets is {_short(offsets)}, expected two whole numbers; the file is damaged")
    first, last = offsets
    if first < 0 or last - first != tensor.numel() * tensor.element_size():
        raise ModelError(f"{where}: data_offsets {_short(offsets)} do not hold its shape; the file is damaged")
    return first, last
