"""The command line: one module per verb, each imported only when its verb is called."""

import contextlib
import functools
import importlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from introghost import __version__
from introghost.cli.overwriting import guarded
from introghost.cli.repeats import check_repeats
from introghost.errors import ConfigError, IntroghostError, OutputError

_VERBS = {
    "config": ("introghost.cli.config", "Check a configuration or a scenario before anything runs."),
    "vcf": ("introghost.cli.vcf", "Check a VCF, or write one from tree sequences."),
    "observe": ("introghost.cli.observe", "Learn from a VCF what it shows of genomes."),
    "simulate": ("introghost.cli.simulate", "Simulate genomes of one scenario."),
    "statistics": ("introghost.cli.statistics", "Turn tree sequences or a VCF into summary statistics."),
    "predictive": ("introghost.cli.predictive", "Compare simulated statistics with those of the data."),
    "train": ("introghost.cli.train", "Train the network of one task."),
    "evaluate": ("introghost.cli.evaluate", "Measure a model, or calls, against simulated truth."),
    "apply": ("introghost.cli.apply", "Ask a model about a VCF."),
    "report": ("introghost.cli.report", "Write the HTML report of a set of calls."),
}


@functools.cache
def _load(module: str) -> click.Command:
    return guarded(importlib.import_module(module).command)


@contextlib.contextmanager
def _in_one_line() -> Iterator[None]:
    """A wrong word of the command line is told in one line, as any other error; help is given as it is."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        command = f"{error.ctx.command_path}: " if error.ctx else ""
        raise ConfigError(f"{command}{' '.join(error.format_message().split())}") from error


class _LazyVerbs(click.Group):
    """A group that imports a verb's module only to run that verb or to show its help."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return _load(_VERBS[name][0]) if name in _VERBS else None

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _in_one_line():
            return super().make_context(*arguments, **options)

    def parse_args(self, context: click.Context, words: list[str]) -> list[str]:
        check_repeats(self, words, context)
        return super().parse_args(context, words)

    def invoke(self, context: click.Context) -> Any:
        with _in_one_line():
            return super().invoke(context)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _VERBS.items()])


@click.command(cls=_LazyVerbs, name="introghost", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="introghost")
def group() -> None:
    """Simulation-based inference of ghost introgression."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error of the user is one line on standard error and its class's exit code."""
    try:
        group.main(args=None if arguments is None else list(arguments), prog_name="introghost")
    except IntroghostError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:  # the disk is full, a folder is not ours: nothing that a traceback explains
        click.echo(f"error: {' '.join(str(error).split())}", err=True)
        sys.exit(OutputError.exit_code)
