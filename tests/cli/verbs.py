"""Verbs run as a user runs them, in this process."""

import pytest

from introghost.cli import main


def run(*arguments: object) -> int:
    """Exit code of one verb."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(stopped.value.code or 0)
