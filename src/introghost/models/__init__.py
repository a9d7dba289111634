"""Trained models that come with the package: a folder each, of the form that ``introghost train`` writes."""

from pathlib import Path

from introghost import shipped

MANIFEST = "MANIFEST.sha256"  # digests of the files of a bundle; a folder without it is none
_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Names of the shipped models."""
    return sorted(path.name for path in _FOLDER.iterdir() if (path / "segments").is_dir())


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
    return shipped.locate(model, {name: _FOLDER / name for name in names()}, "model", option)
