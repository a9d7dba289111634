"""Verbs run as a user runs them, in this process."""

from collections.abc import Mapping

import click
import pytest

from introghost.cli import _VERBS, group, main


def run(*arguments: object) -> int:
    """Exit code of one verb."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(stopped.value.code or 0)


def leaves() -> list[tuple[str, click.Command]]:
    """Every verb, and the commands of those that have some."""
    found = []
    for name in _VERBS:
        command = group.get_command(click.Context(group), name)
        below = command.commands if isinstance(command, click.Group) else {"": command}
        found += [(f"{name} {sub}".strip(), each) for sub, each in below.items()]
    return found


def words(options: Mapping[str, object], *more: object) -> list[object]:
    """Options and their values as words; an option that `more` gives has the value that it has there."""
    defaults = {name: value for name, value in options.items() if name not in more}
    return [*(word for pair in defaults.items() for word in pair), *more]
