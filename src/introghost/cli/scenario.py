"""The option that names a scenario, the same for every verb that has it."""

from pathlib import Path

import click

from introghost import presets


class ScenarioFolder(click.Path):
    """Folder of a scenario: one that comes with introghost by its name, any other by its path."""

    name = "scenario"

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # type: ignore[override]
        """The folder; a name or a path that does not exist is the user's error.

        Parameters
        ----------
        value : str or Path
            Name of a shipped scenario, or path of a folder.
        param : click.Parameter or None
            The option, for the message; None is ``--scenario``.
        ctx : click.Context or None
            Not used.

        Raises
        ------
        ConfigError
            Neither a scenario of the package nor a folder, or both.
        """
        option = param.opts[0] if param is not None else "--scenario"
        return presets.locate_scenario(str(value), option)


SCENARIO = ScenarioFolder()
SCENARIO_HELP = (
    f"A scenario that comes with introghost ({', '.join(presets.scenarios())}), or a folder with model.demes.yaml and "
    "priors.yaml"
)
