"""Trained models that come with the package: a folder each, of the form that ``introghost train`` writes."""

import shutil
from collections.abc import Collection
from pathlib import Path

from introghost import shipped

DESCRIPTION = "model.json"  # what the network of a bundle is and was trained on
MANIFEST = "MANIFEST.sha256"  # digests of the files of a bundle; a folder without it is none
DEFAULT = "human"  # the model that is asked where none is named
BIN_BP = 5_000  # width of its bins, and so of those of any verb unless asked otherwise
_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Names of the shipped models."""
    return sorted(path.name for path in _FOLDER.iterdir() if (path / "segments").is_dir())


def folder(name: str) -> Path:
    """Folder of a shipped model.

    Parameters
    ----------
    name : str
        Of `names`.
    """
    return _FOLDER / name


def evaluation(name: str) -> Path | None:
    """Folder of the tables that ``introghost evaluate`` wrote of a shipped model on unseen genomes; None without one.

    Parameters
    ----------
    name : str
        Of `names`.
    """
    tables = _FOLDER / f"{name}.evaluation"
    return tables if tables.is_dir() else None


def remove_others(model: Path, tasks: Collection[str]) -> None:
    """Remove the networks of a model, finished or begun, whose tasks are no longer wanted.

    Parameters
    ----------
    model : Path
        Folder of a model, there or not.
    tasks : collection of str
        Tasks whose networks stay.
    """
    for bundle in model.glob("*/"):
        if bundle.name not in tasks and ((bundle / MANIFEST).is_file() or (bundle / "checkpoint").is_dir()):
            shutil.rmtree(bundle)


def locate(model: str, option: str = "--model") -> Path:
    """Folder of a model: a shipped one by its name, any other by its path.

    Parameters
    ----------
    model : str
    option : str
        What the user gave it with, for messages.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        Neither the name of a shipped model nor a folder, or both.
    """
    return shipped.locate(model, {name: folder(name) for name in names()}, "model", option)
