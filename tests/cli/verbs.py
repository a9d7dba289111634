"""Verbs run as a user runs them, in this process."""

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
