"""What comes with the package and is asked for by name: models, scenarios, configurations."""

from collections.abc import Callable, Mapping
from pathlib import Path

from introghost.errors import ConfigError
from introghost.spelling import did_you_mean


def locate(
    given: str,
    shipped: Mapping[str, Path],
    what: str,
    option: str,
    exists: Callable[[Path], bool] = Path.is_dir,
) -> Path:
    """Path of something that comes with the package, by its name, or of the user's own, by its path.

    Parameters
    ----------
    given : str
        A name or a path.
    shipped : mapping of str to Path
        What comes with the package, by name.
    what : str
        What it is, for messages: ``model``, ``scenario``.
    option : str
        What the user gave it with, for messages.
    exists : callable
        Whether a path is one that the user may give; by default a folder.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        Neither a shipped name nor an existing path, or both.
    """
    if given in shipped:
        if exists(Path(given)):
            raise ConfigError(
                f"{option} {given}: the shipped {what} or the folder here? write ./{given} for the folder"
            )
        return shipped[given]
    if not exists(Path(given)):
        names = ", ".join(sorted(shipped)) or "there is none"
        hint = did_you_mean(given, [*shipped, *_neighbours(Path(given), exists)])
        kind = "file" if Path(given).suffix in (".yaml", ".yml") else "folder"
        raise ConfigError(
            f"{option} {given}: no such {kind}, and no shipped {what} of that name ({names})"
            + (f"; {hint}" if hint else "")
        )
    return Path(given)


def _neighbours(path: Path, exists: Callable[[Path], bool]) -> list[str]:
    """What lies where a path leads to and may be given, as it would be written."""
    try:
        return [str(path.with_name(other.name)) for other in path.parent.iterdir() if exists(other)]
    except OSError:  # no such folder, or one that may not be read
        return []
