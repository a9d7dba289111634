"""What comes with the package: scenarios and configurations of the repository's folder ``config``, and the workflow.

``config`` and ``workflow`` here are links to those folders in a clone, and the files themselves where the package is
installed.
"""

from pathlib import Path

from introghost import shipped

_FOLDER = (Path(__file__).parent / "config").resolve()
_SCENARIOS = _FOLDER / "scenarios"
_WORKFLOW = (Path(__file__).parent / "workflow").resolve()
SNAKEFILE, PROFILE = _WORKFLOW / "Snakefile", _WORKFLOW / "profiles" / "default"


def scenarios() -> dict[str, Path]:
    """Folders of the shipped scenarios by name: ``ghost``, ``apes/ghost``, …, and ``demo``, the demonstration's."""
    folders = [path.parent for path in _SCENARIOS.rglob("priors.yaml")]
    named = {folder.relative_to(_SCENARIOS).as_posix(): folder for folder in folders}
    return dict(sorted(named.items())) | {"demo": _FOLDER / "demo"}


def configurations() -> dict[str, Path]:
    """Files of the shipped configurations by name: ``config``, the demonstration's, ``1000genomes``, …"""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


def locate_scenario(scenario: str, option: str = "--scenario") -> Path:
    """Folder of a scenario: a shipped one by its name, any other by its path.

    Parameters
    ----------
    scenario : str
    option : str
        What the user gave it with, for messages.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        Neither the name of a shipped scenario nor a folder, or both.
    """
    return shipped.locate(scenario, scenarios(), "scenario", option)


def locate(given: str, option: str = "CONFIG") -> Path:
    """A shipped configuration's file or a shipped scenario's folder by its name, any other by its path.

    Parameters
    ----------
    given : str
        Name or path.
    option : str
        The option or argument that it was given to, for the message.

    Raises
    ------
    ConfigError
        Neither, or both.
    """
    return shipped.locate(given, configurations() | scenarios(), "configuration or scenario", option, Path.exists)
