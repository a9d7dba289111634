"""YAML and JSON documents that users write: read as one object, checked against a schema, refused in one line."""

import functools
import importlib.resources
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias, TypeGuard

import jsonschema
import yaml

from introghost.errors import ConfigError, DataError
from introghost.spelling import suggestion
from introghost.text import read_text

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | float | bool | None"
JsonObject: TypeAlias = dict[str, JsonValue]

_LONG_LINE = 60
_QUOTES = "YAML reads an unquoted NO, ON or yes as true or false, and 001 or 1:20 as a number: put it in quotes"


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which would silently keep the last of several equal keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """A mapping; a key that is there already is an error."""
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        repeated = next((key for key in keys if keys.count(key) > 1), None)
        if repeated is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key '{repeated}' is given twice", node.start_mark)
        return dict(super().construct_mapping(node, deep))


def read_object(path: Path) -> JsonObject:
    """The object that a YAML or JSON file holds.

    Parameters
    ----------
    path : Path
        A file or a pipe of text in any encoding that `text.read_lines` knows.

    Returns
    -------
    dict
        Keys and values as `parse_object` gives them.

    Raises
    ------
    ConfigError
        The file can't be read, is not YAML, or does not hold keys and values.
    """
    try:
        text = read_text(Path(path), "YAML")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except DataError as error:
        raise ConfigError(str(error)) from error
    return parse_object(text, str(path))


def parse_object(text: str, where: str) -> JsonObject:
    """The object that YAML or JSON text holds.

    Parameters
    ----------
    text : str
    where : str
        What the text is, for messages: a file, an option.

    Returns
    -------
    dict
        See `plain_object`.

    Raises
    ------
    ConfigError
        Not YAML, a key given twice, or something other than keys and values.
    """
    try:
        content: object = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ConfigError(f"{where}: not valid YAML: {' '.join(str(error).split())}") from error
    return plain_object(content, where)


def commented(lines: Iterable[tuple[str, str]]) -> list[str]:
    """Lines of YAML with a comment each, aligned as far as lines are short.

    Parameters
    ----------
    lines : iterable of (str, str)
        A line and its comment, which may be empty.
    """
    lines = list(lines)
    width = max((len(line) for line, _ in lines if len(line) < _LONG_LINE), default=0)
    return [f"{line:<{width}}  # {comment}" if comment else line for line, comment in lines]


def plain_object(content: object, where: str) -> JsonObject:
    """The same keys and values, of JSON's types alone, whoever read them.

    Parameters
    ----------
    content : object
        What a reader of YAML or JSON gave.
    where : str
        Names the document in messages.

    Raises
    ------
    ConfigError
        No object, a key that is not text, or a value that JSON does not have, such as a date.
    """
    if not isinstance(content, Mapping):
        kind = "nothing" if content is None else type(content).__name__
        raise ConfigError(f"{where}: expected keys and values, found {kind}")
    return {_key(key, where): _plain(value, where) for key, value in content.items()}


def _key(key: object, where: str) -> str:
    if key is None:
        raise ConfigError(f"{where}: the key null is not text; a scenario without a ghost is called no_ghost")
    if not isinstance(key, str):
        raise ConfigError(f"{where}: YAML reads a key as {key!r}, which is not text. {_QUOTES}")
    return key


def _plain(value: object, where: str) -> JsonValue:
    if isinstance(value, Mapping):
        return plain_object(value, where)
    if isinstance(value, list | tuple):
        return [_plain(each, where) for each in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise ConfigError(f"{where}: YAML reads a value as {value}, a {type(value).__name__}; put it in quotes")


class Section:
    """One section of a document, whose values are asked for by their types.

    Parameters
    ----------
    content : mapping of str to JSON value
    name : str
        Dotted name of the section in its document, for messages; empty at the top level.
    """

    def __init__(self, content: Mapping[str, JsonValue], name: str = "") -> None:
        self.content, self.name = content, name

    def __contains__(self, key: str) -> bool:
        return key in self.content

    def where(self, key: str) -> str:
        """Dotted name of a key."""
        return f"{self.name}.{key}" if self.name else key

    def text(self, key: str) -> str:
        """Text.

        Raises
        ------
        ConfigError
            It is absent or not text; as the other methods do for their types.
        """
        value = self.content.get(key)
        if not isinstance(value, str):
            raise ConfigError(f"{self.where(key)}: {not_text(value)}")
        return value

    def optional_text(self, key: str) -> str | None:
        """Text, or None where the key is absent."""
        return self.text(key) if key in self.content else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; none where the key is absent.

        Raises
        ------
        ConfigError
            No list, or something in it that is not text.
        """
        value = self.content.get(key, [])
        if not isinstance(value, list):
            raise ConfigError(f"{self.where(key)}: {value!r}; expected a list")
        return tuple(Section({str(i): each}, self.where(key)).text(str(i)) for i, each in enumerate(value))

    def number(self, key: str, default: float | None = None) -> float:
        """A finite number.

        Parameters
        ----------
        key : str
        default : float, optional
            Given where the key is absent. Without it the key has to be there.

        Raises
        ------
        ConfigError
            It is absent without a default, or no finite number.
        """
        value = self.content.get(key, default)
        if not is_number(value):
            raise ConfigError(f"{self.where(key)}: {value!r}; expected a number{number_hint(value)}")
        return value

    def integer(self, key: str) -> int:
        """A whole number.

        Raises
        ------
        ConfigError
            It is absent or no whole number.
        """
        value = self.number(key)
        if value != int(value):
            raise ConfigError(f"{self.where(key)}: {value!r}; expected a whole number")
        return int(value)

    def truth(self, key: str, default: bool | None = None) -> bool:
        """True or false.

        Parameters
        ----------
        key : str
        default : bool, optional
            Given where the key is absent. Without it the key has to be there.

        Raises
        ------
        ConfigError
            It is absent without a default, or neither true nor false.
        """
        value = self.content.get(key, default)
        if not isinstance(value, bool):
            raise ConfigError(f"{self.where(key)}: {value!r}; expected true or false")
        return value

    def section(self, key: str) -> "Section":
        """The section below a key, empty where the key is absent.

        Raises
        ------
        ConfigError
            What the key has is not keys and values.
        """
        value = self.content.get(key, {})
        if not isinstance(value, dict):
            raise ConfigError(f"{self.where(key)}: {value!r}; expected keys and values")
        return Section(value, self.where(key))

    def sections(self) -> dict[str, "Section"]:
        """Every key as a section of its own."""
        return {key: self.section(key) for key in self.content}


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def not_text(value: object) -> str:
    """What to say of a value in whose place there should be text."""
    if value is None:
        return "empty; give a value, in quotes if it is the word null, or leave the key out"
    return f"YAML reads the value as {value!r}, which is not text. {_QUOTES}"


def number_hint(value: object) -> str:
    """What to add where text stands in the place of a number that YAML does not take for one."""
    try:
        return " (YAML reads 1e-8 as text; write 1.0e-8)" if isinstance(value, str) and float(value) else ""
    except ValueError:
        return ""


def unknown_key(key: str, section: str, valid: Iterable[str]) -> str:
    """What to say of a key that does not exist.

    Parameters
    ----------
    key : str
    section : str
        Keys above it, joined by dots; empty at the top of a document.
    valid : iterable of str
        Keys that the section can have.
    """
    return f"unknown key '{key}' in {_named(section)}; {suggestion(key, valid)}"


def _named(section: str) -> str:
    return f"section '{section}'" if section else "the top level"


def check_schema(content: JsonObject, schema: str) -> None:
    """Check a document against a schema of the package.

    Parameters
    ----------
    content : dict
    schema : str
        Name of a file in ``introghost/schemas``.

    Raises
    ------
    ConfigError
        On the first fault, a misspelt key before all: it is also why another key seems to be absent.
    """
    faults = list(jsonschema.Draft202012Validator(load_schema(schema)).iter_errors(content))
    if faults:
        raise ConfigError(_explain(min(faults, key=_urgency)))


@functools.cache
def load_schema(name: str) -> JsonObject:
    """A schema of the package."""
    text = (importlib.resources.files("introghost") / "schemas" / name).read_text(encoding="utf-8")
    return parse_object(text, name)


def _urgency(error: jsonschema.ValidationError) -> tuple[bool, list[str]]:
    return error.validator != "additionalProperties", [str(part) for part in error.absolute_path]


def _explain(error: jsonschema.ValidationError) -> str:
    """One line for an error of a schema: by the rule that is broken, or the schema's own words."""
    section = ".".join(str(part) for part in error.absolute_path)
    explain = _EXPLANATIONS.get(str(error.validator))
    schema_words = f"{section or 'document'}: {error.message}"
    return (None if explain is None else explain(error, section)) or schema_words


def _explain_unknown_key(error: jsonschema.ValidationError, section: str) -> str | None:
    if not (isinstance(error.instance, dict) and isinstance(error.schema, Mapping)):
        return None
    valid = [str(key) for key in error.schema["properties"]]
    return unknown_key(next(key for key in error.instance if key not in valid), section, valid)


def _explain_absent_key(error: jsonschema.ValidationError, section: str) -> str | None:
    wanted: object = error.validator_value
    if not (isinstance(error.instance, dict) and isinstance(wanted, list)):
        return None
    return f"{_named(section)} lacks {', '.join(key for key in wanted if key not in error.instance)}"


def _explain_type(error: jsonschema.ValidationError, section: str) -> str:
    wanted: object = error.validator_value
    if "string" not in (wanted if isinstance(wanted, list) else [wanted]):
        return f"{section or 'document'}: {error.message}{number_hint(error.instance)}"
    return f"{section}: expected text" if isinstance(error.instance, dict) else f"{section}: {not_text(error.instance)}"


def _explain_pattern(error: jsonschema.ValidationError, section: str) -> str | None:
    if not (isinstance(error.schema, Mapping) and "description" in error.schema):
        return None
    return f"{section}: {error.instance!r} does not fit. {error.schema['description']}"


_EXPLANATIONS: dict[str, Callable[[jsonschema.ValidationError, str], str | None]] = {
    "additionalProperties": _explain_unknown_key,
    "required": _explain_absent_key,
    "type": _explain_type,
    "pattern": _explain_pattern,
}
