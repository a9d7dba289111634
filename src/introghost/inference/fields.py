"""Typed values out of the JSON of a bundle: what is absent, of another kind or out of range is refused in one line."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from introghost.errors import ModelError

Json = Mapping[str, object]
T = TypeVar("T")

LARGEST = 2**31 - 1
_DIGEST = re.compile(r"([0-9a-f]{64})?")
_ANEW = "train the model anew"


def parse_object(content: bytes, where: str) -> Json:
    """One JSON object; ``NaN``, infinities and a key given twice are refused.

    Parameters
    ----------
    content : bytes
        UTF-8.
    where : str
        Names the file in messages.

    Raises
    ------
    ModelError
        Not JSON, or JSON of another kind than an object.
    """
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{where}: not JSON ({error}); the file is damaged") from error
    if not isinstance(value, dict):
        raise ModelError(f"{where}: expected a JSON object, found {type(value).__name__}; the file is damaged")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def short(value: object) -> str:
    """A value for a message, in ASCII and of at most 60 characters."""
    text = ascii(value) if not is_whole(value) or abs(value) < 10**30 else "a huge number"  # type: ignore[arg-type]
    return text if len(text) <= 60 else f"{text[:57]}..."


def is_whole(value: object) -> bool:
    """Whether a JSON value is a whole number; ``true`` is none."""
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True)
class Range:
    """Whole numbers between two bounds.

    Attributes
    ----------
    lowest, highest : int
        Both among the numbers.
    """

    lowest: int
    highest: int

    def __contains__(self, number: int) -> bool:
        return self.lowest <= number <= self.highest

    def __str__(self) -> str:
        return f"{self.lowest}" if self.lowest == self.highest else f"{self.lowest} to {self.highest}"

    def to_json(self) -> list[int]:
        """``[lowest, highest]``."""
        return [self.lowest, self.highest]


@dataclass(frozen=True)
class Fields:
    """The keys of one JSON object, taken one by one.

    Every method raises `ModelError` if the key is absent or its value is not of the kind that the method returns.

    Attributes
    ----------
    values : mapping of str to object
    where : str
        Names the file in messages.
    """

    values: Json
    where: str

    def take(self, key: str, convert: Callable[[object], T], expected: str) -> T:
        """What a conversion makes of the value of a key.

        Parameters
        ----------
        key : str
        convert : callable
            Takes the value; a `ValueError`, `TypeError`, `KeyError` or `OverflowError` of it means another kind of
            value.
        expected : str
            What the value should be, for the message.

        Raises
        ------
        ModelError
            The key is absent, or its value can't be converted.
        """
        if key not in self.values:
            raise ModelError(f"{self.where}: lacks {key}; {_ANEW}")
        try:
            return convert(self.values[key])
        except (ValueError, TypeError, KeyError, OverflowError):
            value = short(self.values[key])
            raise ModelError(f"{self.where}: {key} is {value}, expected {expected}; {_ANEW}") from None

    def positive(self, key: str) -> int:
        """A whole number above 0."""
        return self.take(key, lambda value: _whole(value, 1), "a whole number above 0")

    def count(self, key: str) -> int:
        """A whole number, 0 allowed."""
        return self.take(key, lambda value: _whole(value, 0), "a whole number")

    def interval(self, key: str) -> Range:
        """``[lowest, highest]`` of whole numbers above 0."""
        return self.take(key, to_range, "[lowest, highest], whole numbers above 0")

    def share_interval(self, key: str) -> tuple[float, float]:
        """``[lowest, highest]`` of numbers above 0 and at most 1."""
        return self.take(key, _shares, "[lowest, highest], each above 0 and at most 1")

    def scale(self, key: str) -> float:
        """A finite number above 0."""
        return self.take(key, _scale, "a finite number above 0")

    def share(self, key: str) -> float:
        """A number above 0 and at most 1."""
        return self.take(key, share, "a number above 0 and at most 1")

    def name(self, key: str) -> str:
        """A text that can be printed, not empty."""
        return self.take(key, lambda value: _names([value])[0], "a name")

    def names(self, key: str) -> tuple[str, ...]:
        """Distinct names, at least one."""
        return self.take(key, _names, "a list of distinct names")

    def one_of(self, key: str, choices: tuple[str, ...]) -> str:
        """One of some words.

        Parameters
        ----------
        key : str
        choices : tuple of str
            The words.
        """
        return choices[self.take(key, lambda value: choices.index(str(value)), " or ".join(choices))]

    def digest(self, key: str) -> str:
        """A SHA-256 in hexadecimal, or nothing."""
        return self.take(key, _digest, "a SHA-256 in hexadecimal, or empty")

    def section(self, key: str) -> Json:
        """An object."""
        return self.take(key, _section, "an object")

    def refuse(self, reason: str) -> ModelError:
        """The error for values that do not fit each other."""
        return ModelError(f"{self.where}: {reason}; {_ANEW}")


def _whole(value: object, lowest: int) -> int:
    if not (isinstance(value, int) and is_whole(value) and lowest <= value <= LARGEST):
        raise ValueError
    return value


def to_range(value: object) -> Range:
    """`Range` of a JSON pair of whole numbers above 0.

    Raises
    ------
    ValueError
        It is none, or descends.
    """
    lowest, highest = (_whole(number, 1) for number in _pair(value))
    if lowest > highest:
        raise ValueError
    return Range(lowest, highest)


def share(value: object) -> float:
    """A number above 0 and at most 1.

    Raises
    ------
    ValueError
        It is none.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 1:
        raise ValueError
    return float(value)


def _shares(value: object) -> tuple[float, float]:
    lowest, highest = (share(number) for number in _pair(value))
    if lowest > highest:
        raise ValueError
    return lowest, highest


def _pair(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError
    return value


def _scale(value: object) -> float:
    if not isinstance(value, float):
        return float(_whole(value, 1))
    if not (math.isfinite(value) and value > 0):
        raise ValueError
    return value


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError
    names = tuple(name for name in value if isinstance(name, str) and name and name.isprintable())
    if len(names) < len(value) or len(set(names)) < len(names):
        raise ValueError
    return names


def _digest(value: object) -> str:
    if not isinstance(value, str) or _DIGEST.fullmatch(value) is None:
        raise ValueError
    return value


def _section(value: object) -> Json:
    if not isinstance(value, dict):
        raise ValueError
    return value
