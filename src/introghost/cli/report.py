"""``introghost report``: the HTML page of a set of calls, of several sets, or of a model."""

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from introghost.cli.help import Example, Verb
from introghost.cli.scenario import SCENARIO, SCENARIO_HELP
from introghost.errors import ConfigError

_MOST_YEARS = 1000
_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)
_STATISTICS = click.Path(exists=True, dir_okay=False, path_type=Path)

# Options of each page, beside --output; what is given beyond them would have no effect.
_OF_MODEL: tuple[str, ...] = (
    *("model", "evaluation", "scenarios", "segments_statistics", "genomes_statistics", "costs", "figures"),
)
_OF_CALLS: tuple[str, ...] = (
    *("calls", "evaluation", "calls_evaluation", "beside", "beside_evaluation", "model", "segments_statistics"),
    *("genomes_statistics", "predictive", "scenarios", "summary", "generation_time", "figures", "genes", "costs"),
)
_OF_SEVERAL: tuple[str, ...] = ("calls", "links", "figures")
# An option that says something of what another one names.
_BELONGS_TO = {"beside_evaluation": "beside", "segments_statistics": "model", "genomes_statistics": "model"}


def _years(_context: click.Context, _option: click.Parameter, value: float | None) -> float | None:
    """Refuse what is no number of years, which a range of numbers lets pass."""
    if value is not None and not value <= _MOST_YEARS:
        raise click.BadParameter(f"{value:g} is no number of years of a generation; give one up to {_MOST_YEARS}")
    return value


def _options(function: Callable[..., None]) -> Callable[..., None]:
    """All options of the verb, in the order in which its help lists them."""
    options = (
        click.option("--calls", multiple=True, type=_FOLDER, help="Folder that `introghost apply` wrote."),
        click.option("--evaluation", type=_FOLDER, help="Folder that `introghost evaluate --model` wrote."),
        click.option(
            "--calls-evaluation", type=_FOLDER, help="Folder that `introghost evaluate --calls` wrote for these calls."
        ),
        click.option(
            "--beside", type=_FOLDER, help="Calls of the same data by another model, whose answer is shown beside."
        ),
        click.option("--beside-evaluation", type=_FOLDER, help="As --calls-evaluation, for the calls of --beside."),
        click.option("--model", help="The model that `apply` was given; its learning curves are drawn."),
        click.option(
            "--segments-statistics",
            multiple=True,
            type=_STATISTICS,
            help="Statistics that the segment network must have been trained on, all of them and no others.",
        ),
        click.option(
            "--genomes-statistics",
            multiple=True,
            type=_STATISTICS,
            help="The same for the networks of model choice and parameters.",
        ),
        click.option("--predictive", type=_FILE, help="Table that `introghost predictive` wrote for the data."),
        click.option(
            "--scenario", "scenarios", type=SCENARIO, multiple=True, help=f"To draw; may be repeated. {SCENARIO_HELP}."
        ),
        click.option(
            "--costs",
            multiple=True,
            type=_FILE,
            help="Snakemake's benchmark file of a job behind the page (…/benchmarks/STEP….tsv), for the time per step;"
            " once for each.",
        ),
        click.option(
            "--link",
            "links",
            multiple=True,
            type=_FILE,
            help="With several --calls: the page of each, to link to, in the same order.",
        ),
        click.option(
            "--generation-time",
            type=click.FloatRange(min=0, min_open=True),
            callback=_years,
            metavar="YEARS",
            help="Years of a generation, for times in years.  [default: 29, as of humans]",
        ),
        click.option("--genes", type=_FILE, help="GTF or GFF3 whose genes are shown at the peaks."),
        click.option("--summary", type=_FILE, help="Text file to write the answer to, in a few plain lines."),
        click.option(
            "--figures", type=_FOLDER, help="Folder to write every figure to, NAME.svg, and its table, NAME.tsv."
        ),
        click.option("--output", type=_FILE, required=True, help="The HTML file to write."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@click.command(
    "report",
    cls=Verb,
    groups={
        "Calls": (
            "calls",
            "calls_evaluation",
            "beside",
            "beside_evaluation",
            "links",
            "predictive",
            "generation_time",
            "genes",
        ),
        "Model": ("model", "evaluation", "segments_statistics", "genomes_statistics", "scenarios", "costs"),
        "Output": ("output", "summary", "figures"),
    },
    examples=[Example("the page of a set of calls", "introghost report --calls calls --output calls/report.html")],
)
@_options
def command(
    calls: tuple[Path, ...],
    evaluation: Path | None,
    calls_evaluation: Path | None,
    beside: Path | None,
    beside_evaluation: Path | None,
    model: str | None,
    segments_statistics: tuple[Path, ...],
    genomes_statistics: tuple[Path, ...],
    predictive: Path | None,
    scenarios: tuple[Path, ...],
    costs: tuple[Path, ...],
    links: tuple[Path, ...],
    generation_time: float | None,
    genes: Path | None,
    summary: Path | None,
    figures: Path | None,
    output: Path,
) -> None:
    """Write one self-contained HTML page.

    With --calls: the answer, the segments and how far to trust them. With --calls several times: what one model says of
    several targets, side by side. With --model and --evaluation alone: what the model was trained on, how accurate it
    is, and what it cost.
    """
    from introghost import models
    from introghost.report.checks import TrainingStatistics
    from introghost.report.comparison import write_comparison
    from introghost.report.estimates import GENERATION_YEARS
    from introghost.report.model_page import ModelSources, write_model_report
    from introghost.report.page import Sources, write_report

    if output.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f"--output {output}: the page is HTML; name it {output.with_suffix('.html')}")
    _check_options(click.get_current_context().params, len(calls), len(links))
    folder = None if model is None else models.locate(model)
    statistics = TrainingStatistics(segments_statistics, genomes_statistics)
    if len(calls) > 1:
        write_comparison(calls, links, output, figures)
    elif calls:
        sources = Sources(
            calls=calls[0],
            evaluation=evaluation,
            calls_evaluation=calls_evaluation,
            model=folder,
            predictive=predictive,
            scenarios=scenarios,
            beside=beside,
            beside_evaluation=beside_evaluation,
            statistics=statistics,
            generation_years=GENERATION_YEARS if generation_time is None else generation_time,
            genes=genes,
            costs=costs,
        )
        write_report(sources, output, summary, figures)
    elif folder is not None and evaluation is not None:
        write_model_report(ModelSources(folder, evaluation, scenarios, statistics, costs), output, figures)
    else:
        raise ConfigError("give --calls, for the page of an answer, or --model and --evaluation, for that of a model")
    click.echo(f"{output}: report written", err=True)
    if figures is not None:
        click.echo(f"{figures}: figures written", err=True)


def _check_options(values: Mapping[str, object], num_calls: int, num_links: int) -> None:
    """Refuse options that the page has no use for, and those that lack the one that they belong to.

    Raises
    ------
    ConfigError
        Such an option is given, or links are not as many as calls.
    """
    page, used = "the page of a model", _OF_MODEL
    if num_calls:
        page, used = ("one set of --calls", _OF_CALLS) if num_calls == 1 else ("several --calls", _OF_SEVERAL)
    given = [name for name, value in values.items() if value not in (None, ()) and name != "output"]
    for name in given:
        if name not in used:
            raise ConfigError(f"{_option(name)}: not for {page}; leave it out")
        if name in _BELONGS_TO and _BELONGS_TO[name] not in given:
            raise ConfigError(f"{_option(name)}: needs {_option(_BELONGS_TO[name])}")
    if num_links not in (0, num_calls):
        raise ConfigError(
            f"--link is given {num_links} times, --calls {num_calls} times; give a page for each, or none"
        )


def _option(name: str) -> str:
    return "--" + {"links": "link", "scenarios": "scenario"}.get(name, name.replace("_", "-"))
