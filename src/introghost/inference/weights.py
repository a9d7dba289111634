"""What the weights of a bundle must be, checked on the bytes before anything of their size is allocated."""

import inspect

import torch
from torch import nn

from introghost.errors import ModelError
from introghost.inference.fields import Json, is_whole, parse_object, short

MAXIMUM_WEIGHTS_BYTES = 2**30
MAXIMUM_TEXT_BYTES = 2**24
_MAXIMUM_SIZE = 2**16
_SIZES = {  # network and argument: others are 1 to the maximum
    ("ModelChoiceNetwork", "width"): (0, _MAXIMUM_SIZE),
    ("ModelChoiceNetwork", "members"): (1, 32),
    ("ModelChoiceNetwork", "references"): (0, _MAXIMUM_SIZE),
    ("ModelChoiceNetwork", "levels"): (1, 32),
    ("ModelChoiceNetwork", "discriminants"): (1, 4096),
    ("SegmentNetwork", "members"): (1, 32),
    ("SegmentNetwork", "references"): (0, _MAXIMUM_SIZE),
    ("PosteriorNetwork", "channels"): (1, 4096),
    ("PosteriorNetwork", "parameters"): (1, 64),
    ("PosteriorNetwork", "width"): (1, 512),
    ("PosteriorNetwork", "members"): (1, 16),
}
_NOT_ON_META = ("PosteriorNetwork",)  # its flows cannot be made there; the sizes of theirs are small
_DTYPES = {torch.float16: "F16", torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.bool: "BOOL"}
_HEADER_LENGTH_BYTES = 8


def check_architecture(architecture: Json, network_type: type[nn.Module], where: str) -> None:
    """Refuse arguments that a network does not take: every whole number is given, the rest may be left out.

    Parameters
    ----------
    architecture : mapping of str to number
    network_type : type of torch.nn.Module
        Whose constructor takes the arguments.
    where : str
        Names the file in messages.

    Raises
    ------
    ModelError
        An argument is unknown, absent or outside its range.
    """
    parameters = inspect.signature(network_type).parameters
    unknown = sorted(set(architecture) - set(parameters))
    if unknown:
        raise ModelError(f"{where}: architecture has an unknown key {short(unknown[0])}; update introghost")
    for name, parameter in parameters.items():
        takes_whole = parameter.annotation is int
        if name not in architecture:
            if takes_whole:
                raise ModelError(f"{where}: architecture lacks {name}; train the model anew")
            continue
        value = architecture[name]
        lowest, highest = _SIZES.get((network_type.__name__, name), (1, _MAXIMUM_SIZE)) if takes_whole else (0, 1)
        fits = is_whole(value) if takes_whole else isinstance(value, int | float) and not isinstance(value, bool)
        if not (fits and lowest <= value <= highest) or (not takes_whole and value == 1):  # type: ignore[operator]
            raise ModelError(
                f"{where}: architecture.{name} is {short(value)}, expected {lowest} to {highest:,}; "
                "train the model anew"
            )


def empty_network(architecture: Json, network_type: type[nn.Module], where: str) -> nn.Module:
    """The network of an architecture, without memory for its weights (on torch's ``meta`` device) where that can be.

    Parameters
    ----------
    architecture : mapping of str to number
        Which `check_architecture` has passed.
    network_type : type of torch.nn.Module
    where : str
        Names the file in messages.

    Raises
    ------
    ModelError
        No such network, or one that is too large to be a bundle's.
    """
    try:
        with torch.device("cpu" if network_type.__name__ in _NOT_ON_META else "meta"):
            network = network_type(**architecture)
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
    header = dict(parse_object(content[_HEADER_LENGTH_BYTES : _HEADER_LENGTH_BYTES + length], where))
    header.pop("__metadata__", None)
    expected = network.state_dict()
    for name in sorted(expected.keys() ^ header.keys()):
        problem = "lacks the tensor" if name in expected else "has an unknown tensor"
        raise ModelError(
            f"{where}: {problem} {short(name)}: the tensors are not those of the architecture; train the model anew"
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


def _span(entry: object, tensor: torch.Tensor, where: str) -> tuple[int, int]:
    """First byte and end of one tensor, checked against the tensor that the network wants."""
    if not isinstance(entry, dict):
        raise ModelError(f"{where}: {short(entry)} is no description of a tensor; the file is damaged")
    wanted = {"dtype": _DTYPES.get(tensor.dtype), "shape": list(tensor.shape)}
    for key, value in wanted.items():
        if entry.get(key) != value or type(entry.get(key)) is not type(value):
            raise ModelError(
                f"{where}: {key} is {short(entry.get(key))}, expected {value}: "
                "the tensors are not those of the architecture; train the model anew"
            )
    offsets = entry.get("data_offsets")
    if not (isinstance(offsets, list) and len(offsets) == 2 and all(map(is_whole, offsets))):
        raise ModelError(f"{where}: data_offsets is {short(offsets)}, expected two whole numbers; the file is damaged")
    first, last = offsets
    if first < 0 or last - first != tensor.numel() * tensor.element_size():
        raise ModelError(f"{where}: data_offsets {short(offsets)} do not hold its shape; the file is damaged")
    return first, last


def check_values(weights: dict[str, torch.Tensor], where: str) -> None:
    """Refuse tensors with values that no training gives.

    Parameters
    ----------
    weights : dict of str to Tensor
    where : str
        Names the file in messages.

    Raises
    ------
    ModelError
        A value that is not finite; a standard deviation, floor or novelty score that is not above 0.
    """
    for name, tensor in weights.items():
        if not bool(torch.isfinite(tensor).all()):
            raise ModelError(f"{where}: tensor {name} holds values that are not finite; train anew")
        if name.endswith(("deviation", "floor", "novelty.scores")) and not bool((tensor > 0).all()):
            raise ModelError(f"{where}: tensor {name} holds values that are not above 0; train anew")
