"""No verb writes over what it reads: checked before the verb runs, from the options alone."""

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from introghost.errors import ConfigError

_OUTPUTS = ("output", "populations_output", "summary")
_FOLDERS_OF_OUTPUT = ("figures",)  # they hold nothing else
_READ_BESIDE = (".tbi", ".csi", ".fai", ".gzi")
_MODELS = ("--model", "--from", "--segment-model")  # a shipped model by its name, any other by its folder
_WRITTEN_ONLY = (".html", ".trees")  # no verb reads such a file out of a folder that it is given


def guarded(command: click.Command) -> click.Command:
    """Let a command, and those below it, refuse outputs that are also inputs.

    Parameters
    ----------
    command : click.Command
        Changed in place.

    Returns
    -------
    click.Command
        The same one.
    """
    if isinstance(command, click.Group):
        for each in command.commands.values():
            guarded(each)
    elif command.callback is not None:
        command.callback = _checked(command, command.callback)
    return command


def _checked(command: click.Command, callback: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(callback)
    def run(**values: object) -> object:
        check(command, values)
        return callback(**values)

    return run


def check(command: click.Command, values: Mapping[str, object]) -> None:
    """Refuse options of which an output is an input, or two outputs are one.

    Parameters
    ----------
    command : click.Command
    values : mapping of str to object
        Value of each parameter of the command by its name.

    Raises
    ------
    ConfigError
        An output is an input, or lies in one or in a folder of outputs, or both outputs are one file; or a model is
        neither shipped nor there.
    """
    outputs = {name: Path(str(values[name])) for name in _OUTPUTS if values.get(name) is not None}
    if len({path.resolve() for path in outputs.values()}) < len(outputs):
        first, second = (f"--{name.replace('_', '-')}" for name in outputs)
        raise ConfigError(f"{second} {values[list(outputs)[1]]} is also {first}; name another file")
    if not outputs:
        return
    for folder in (name for name in _FOLDERS_OF_OUTPUT if values.get(name) is not None):
        inside = next((name for name, path in outputs.items() if _lies_in(path, Path(str(values[folder])))), None)
        if inside is not None:
            raise ConfigError(
                f"--{inside} {values[inside]} lies in --{folder} {values[folder]}; give {folder} a folder of their own"
            )
    inputs = [path for path in _inputs(command, values) if path.exists()]
    models = [folder for model in _models(command, values) for folder in (model, *model.glob("*/"))]
    for name, path in outputs.items():
        overwrites = path.exists() and any(_overwrites(path, given) for given in inputs)
        if overwrites or any(_lies_in(path, folder) for folder in models):
            raise ConfigError(f"--{name.replace('_', '-')} {path} is also an input; name another file")


def _overwrites(output: Path, given: Path) -> bool:
    inside = given.is_dir() and given.resolve() in output.resolve().parents
    return os.path.samefile(output, given) or (inside and output.is_file() and output.suffix not in _WRITTEN_ONLY)


def _lies_in(output: Path, folder: Path) -> bool:
    return folder.resolve() in (output.resolve(), *output.resolve().parents)


def _models(command: click.Command, values: Mapping[str, object]) -> Iterator[Path]:
    """Folders of the models that the options name, in which nothing is written: they would be other models."""
    from introghost import models

    for parameter in command.params:
        value = values.get(str(parameter.name))
        option = next((name for name in parameter.opts if name in _MODELS), None)
        if option is not None and value is not None:
            yield models.locate(str(value), option)


def _inputs(command: click.Command, values: Mapping[str, object]) -> Iterator[Path]:
    """Files and folders that the options name, and those that are read with them."""
    for parameter in command.params:
        name, value = str(parameter.name), values.get(str(parameter.name))
        if value is None or name in (*_OUTPUTS, *_FOLDERS_OF_OUTPUT):
            continue
        if name == "observation":
            yield from _observation_files(str(value))
        elif name == "ancestral":
            yield from _with_neighbours(Path(str(value).removeprefix("fasta=")))
        elif isinstance(parameter.type, click.Path):
            for each in value if isinstance(value, tuple) else (value,):
                yield from _with_neighbours(Path(each))


def _with_neighbours(path: Path) -> Iterator[Path]:
    yield path
    yield from (Path(f"{path}{suffix}") for suffix in _READ_BESIDE)
    stem = path.name.removesuffix(".trees").removesuffix(".tracts.parquet")
    if stem != path.name:
        yield from (path.with_name(stem + suffix) for suffix in (".trees", ".tracts.parquet", ".parameters.parquet"))


def _observation_files(text: str) -> Iterator[Path]:
    from introghost.simulation.observation import ObservationModel

    if not text.lstrip().startswith("{"):
        yield Path(text)
    model = ObservationModel.parse(text)
    yield from (Path(name) for name in (model.include_bed, model.genetic_map) if name is not None)
