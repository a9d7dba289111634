"""The command line: one module per verb, each imported only when its verb is called."""

import functools
import importlib
import itertools
import os
import re
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from introghost import __version__
from introghost.cli.help import Verbs
from introghost.cli.overwriting import guarded
from introghost.cli.repeats import check_repeats
from introghost.cli.stopping import BROKEN_PIPE_CODE, Stopped, close_broken_streams, flush, stoppable
from introghost.errors import ConfigError, IntroghostError, OutputError
from introghost.spelling import suggestion

_VERBS = {
    "config": ("introghost.cli.config", "Check a configuration or a scenario before anything runs."),
    "vcf": ("introghost.cli.vcf", "Check a VCF, or write one from tree sequences."),
    "observe": ("introghost.cli.observe", "Learn from a VCF what it shows of genomes."),
    "init": ("introghost.cli.init", "Write a configuration that suits VCF files."),
    "run": ("introghost.cli.run", "Run the workflow with a configuration."),
    "simulate": ("introghost.cli.simulate", "Simulate genomes of one scenario."),
    "statistics": ("introghost.cli.statistics", "Turn tree sequences or a VCF into summary statistics."),
    "predictive": ("introghost.cli.predictive", "Compare simulated statistics with those of the data."),
    "train": ("introghost.cli.train", "Train the network of one task."),
    "evaluate": ("introghost.cli.evaluate", "Measure a model, or calls, against simulated truth."),
    "apply": ("introghost.cli.apply", "Ask a model about a VCF."),
    "report": ("introghost.cli.report", "Write the HTML report of a set of calls."),
    "cite": ("introghost.cli.cite", "List what to cite."),
}
# Of other programs; the nearest option in spelling means the opposite.
_MASK_OPTIONS = ("--exclude-bed", "--exclude", "--mask", "--exclude-positions")
_MASK_HINT = (
    "--include-bed takes the sequence that is callable; of a mask of what is not, give the complement "
    "(`bedtools complement`)"
)


@functools.cache
def _load(module: str) -> click.Command:
    return guarded(importlib.import_module(module).command)


class _LazyVerbs(Verbs):
    """A group that imports a verb's module only to run that verb or to show its help."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return _load(_VERBS[name][0]) if name in _VERBS else None

    def parse_args(self, context: click.Context, words: list[str]) -> list[str]:
        check_repeats(self, words, context)
        return super().parse_args(context, words)

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except BrokenPipeError:  # for which click has a code of its own
            raise click.exceptions.Exit(BROKEN_PIPE_CODE) from None
        except KeyboardInterrupt as error:  # of a library that has a handler of its own
            raise Stopped(signal.SIGINT) from error

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _VERBS.items()])


@click.command(cls=_LazyVerbs, name="introghost", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="introghost")
def group() -> None:
    """Did a population receive DNA from a lineage that nobody sampled? Simulation-based inference of introgression.

    Begin with `introghost vcf check`, which says whether a VCF can be used, then `introghost apply`, which asks the
    model that comes with introghost, then `introghost report`, which writes the page. `introghost init` and
    `introghost run` adapt the model to data of your own. `introghost VERB --help` has examples.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    An error of the user is one line on standard error and its class's exit code (see `introghost.errors`). A signal is
    one line and 128 plus its number: 130 for Ctrl-C, 143 for SIGTERM. A reader of the output that goes away, as
    ``head`` does, ends the command without a word, with 141.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``introghost``; by default those of the process.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    # Read by OpenMP when torch is imported: a thread that waits leaves its core to others. On busy cores training takes
    # a quarter of the time.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        code = _exit_code(words)
    except BrokenPipeError:
        code = BROKEN_PIPE_CODE
    close_broken_streams()
    sys.exit(code)


def _exit_code(words: list[str]) -> int:
    """Exit code of a command; its error, if there is one, is printed."""
    try:
        with stoppable():
            _check_not_empty(words)
            # Not standalone: click would print usage errors in lines of its own, and Ctrl-C as "Aborted!" with code 1.
            code: int | None = group.main(args=words, prog_name="introghost", standalone_mode=False)
            flush()
            return code or 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.UsageError as error:
        command = f"{error.ctx.command_path}: " if error.ctx else ""
        return _failed(f"{command}{_usage_text(error)}", ConfigError.exit_code)
    except (IntroghostError, Stopped) as error:
        return _failed(str(error), error.exit_code)
    except BrokenPipeError:
        raise
    except OSError as error:  # the disk is full, a folder is not ours: nothing that a traceback explains
        return _failed(_system_text(error), OutputError.exit_code)


def _system_text(error: OSError) -> str:
    """What the system refused, on one line."""
    if isinstance(error, NotADirectoryError | FileExistsError) and error.filename:
        return f"{error.filename}: can't be made: a part of this path is a file, not a folder; choose another place"
    return " ".join(str(error).split())


def _usage_text(error: click.UsageError) -> str:
    """What is wrong with a command line, on one line."""
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        parameters = error.ctx.command.get_params(error.ctx)
        options = [name for one in parameters if isinstance(one, click.Option) for name in one.opts]
        hint = _MASK_HINT if error.option_name in _MASK_OPTIONS else suggestion(error.option_name, options)
        return f"no option {error.option_name}; {hint}"
    return " ".join(error.format_message().split())


def _failed(message: str, exit_code: int) -> int:
    click.echo(f"error: {message}", err=True)
    return exit_code


def _check_not_empty(words: Sequence[str]) -> None:
    """Refuse empty values, such as unset shell variables give: an empty path would be the current folder.

    Raises
    ------
    ConfigError
    """
    for before, word in itertools.pairwise(["", *words]):
        option = before if word == "" else word.removesuffix("=")
        if word == "" or re.fullmatch(r"--[\w-]+=", word):
            subject = option if option.startswith("-") else "a word of the command line"
            raise ConfigError(f"{subject} is empty: give it a value, or leave it out")
