"""The verb `run`: the workflow, for those who do not know Snakemake."""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from introghost.cli.help import Example, Verb
from introghost.cli.stopping import flush
from introghost.errors import ConfigError

_SNAKEMAKE = "snakemake"
_VERBOSITY = ("--quiet", "-q", "--verbose", "--printshellcmds", "-p")


class _Run(Verb):
    """A verb that takes words of Snakemake's after ``--`` alone."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse a second word before ``--``.

        Raises
        ------
        click.UsageError
        """
        own = args[: args.index("--")] if "--" in args else args
        values, _, _ = self.make_parser(ctx).parse_args(list(own))
        words = values.get("options")
        if isinstance(words, tuple) and words and not ctx.resilient_parsing:
            ctx.fail(f"unexpected {words[0]!r}; targets and options of Snakemake follow after `--`")
        return super().parse_args(ctx, args)


@click.command(
    "run",
    cls=_Run,
    groups={"Workflow": ("config", "cores", "dry_run", "options")},
    examples=[Example("what would be done, without doing it", "introghost run my.yaml --dry-run --cores 2")],
)
@click.argument("config")
@click.option("--cores", type=click.IntRange(min=1), help="How many cores to use.  [default: all]")
@click.option("--dry-run", is_flag=True, help="Count the jobs of each step, and run none.")
@click.argument("options", nargs=-1, metavar="[-- SNAKEMAKE OPTIONS]")
def command(config: str, cores: int | None, dry_run: bool, options: tuple[str, ...]) -> NoReturn:
    """Run the workflow with CONFIG, a file that `introghost init` wrote, from the simulations to the page.

    The command line of Snakemake that does it is printed first. Results lie in the folder that CONFIG names, relative
    to the one in which the command is run. After a stop of any kind the same command goes on, and what is done already
    is not done again. Options of Snakemake, and targets, may follow after `--`. The exit code is that of Snakemake.
    """
    from introghost import presets
    from introghost.config import load

    path = presets.locate(config)
    load(path).check_files()
    # Snakemake takes any number of files after --configfile, so that another option follows it.
    words = [_SNAKEMAKE, "--configfile", str(path), "--cores", "all" if cores is None else str(cores)]
    if dry_run and not any(word in _VERBOSITY for word in options):
        words += ["--quiet", "rules"]
    words += ["--snakefile", str(presets.SNAKEFILE), "--workflow-profile", str(presets.PROFILE)]
    words += [flag for flag, is_given in (("--dry-run", dry_run), ("--nocolor", _has_no_colour())) if is_given]
    words += options
    click.echo(shlex.join(words), err=True)
    flush()
    _become(words)


def _has_no_colour() -> bool:
    """Whether the user wants no colours, see https://no-color.org."""
    return bool(os.environ.get("NO_COLOR"))


def _become(words: Sequence[str]) -> NoReturn:
    """Replace this process, so that signals and the exit code are those of Snakemake.

    Raises
    ------
    ConfigError
        Snakemake is not installed.
    """
    # Its jobs are calls of `introghost`: that of this Python, whether or not its environment is activated.
    folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    program = shutil.which(words[0], path=environment["PATH"])
    if program is None:
        raise ConfigError("Snakemake is not installed; run: pip install 'introghost[workflow]'")
    os.execve(program, list(words), environment)
