"""An option that takes one value is given once: of several, click would silently take the last."""

from collections import Counter

import click

from introghost.errors import ConfigError

_INSTEAD = {
    "populations": "put all samples into one table",
    "outgroup": "separate several populations by commas",
    "target": "separate several populations by commas",
    "region": "put several intervals into a file for --include-bed",
    "include_bed": "put all intervals into one file",
    "genetic_map": "put the maps of all chromosomes into one file, with a column that names them",
}


def check_repeats(command: click.Command, words: list[str], context: click.Context) -> None:
    """Refuse an option of a command, or of the one below it that is called, that is given more than once.

    Options that may be repeated, and flags, are let pass.

    Parameters
    ----------
    command : click.Command
    words : list of str
        Its command line.
    context : click.Context
        That of the command.

    Raises
    ------
    ConfigError
        An option is given more than once.
    click.UsageError
        A command line that can't be understood.
    """
    _, rest, order = command.make_parser(context).parse_args(args=list(words))
    numbers = Counter(parameter for parameter in order if _takes_one(parameter))
    for parameter, number in numbers.items():
        if number > 1:
            instead = _INSTEAD.get(str(parameter.name), "give it once")
            raise ConfigError(f"{parameter.opts[0]} is given {number} times: {instead}")
    below = command.get_command(context, rest[0]) if isinstance(command, click.Group) and rest else None
    if below is not None:
        check_repeats(below, rest[1:], click.Context(below, parent=context, info_name=rest[0]))


def _takes_one(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and not (parameter.multiple or parameter.is_flag or parameter.count)
