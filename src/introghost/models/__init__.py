"""Trained models that come with the package: a folder each, of the form that ``introghost train`` writes."""

from pathlib import Path

from introghost.errors import ConfigError

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
    if model in names():
        if Path(model).is_dir():
            raise ConfigError(f"{option} {model}: the shipped model or the folder here? write ./{model} for the folder")
        return _FOLDER / model
    if not Path(model).is_dir():
        shipped = ", ".join(names()) or "there is none"
        raise ConfigError(f"{option} {model}: no such folder, and no shipped model of that name ({shipped})")
    return Path(model)
