"""The report: one HTML page without outside resources, equal bytes for equal inputs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jinja2

from introghost import __version__, atomic, provenance
from introghost.report import checks, sections
from introghost.report.records import CallsRecord, JsonSection

_REFERENCES = (
    "Baumdicker et al. (2022) Efficient ancestry and mutation simulation with msprime 1.0. Genetics 220, iyab229.",
    "Kelleher et al. (2016) Efficient coalescent simulation and genealogical analysis for large sample sizes. "
    "PLoS Computational Biology 12, e1004842 (msprime, tskit).",
    "Gower et al. (2022) Demes: a standard format for demographic models. Genetics 222, iyac131.",
    "Miles et al. scikit-allel: a Python package for exploring and analysing genetic variation data. "
    "doi:10.5281/zenodo.822784.",
    "Paszke et al. (2019) PyTorch: an imperative style, high-performance deep learning library. NeurIPS 32.",
    "Pedersen and Quinlan (2017) cyvcf2: fast, flexible variant analysis with Python. Bioinformatics 33, 1867–1869.",
)


@dataclass(frozen=True)
class Sources:
    """What a report is made from.

    Attributes
    ----------
    calls : Path
        Folder that ``apply`` wrote. ``segments.tsv`` and ``per_sample.tsv`` must be there, and ``provenance.json``,
        which ``apply`` writes last; ``posterior.bedgraph``, ``model_choice.json``, ``statistic_percentiles.tsv`` and
        ``parameter_posterior.tsv`` are shown where they are.
    evaluation : Path or None
        Folder that ``evaluate --model`` wrote.
    calls_evaluation : Path or None
        Folder that ``evaluate --calls`` wrote for these calls, whose truth is known.
    model : Path or None
        Folder of bundles; every ``*/learning_curve.tsv`` is drawn.
    predictive : Path or None
        Table that ``predictive`` wrote for the data.
    scenarios : tuple of Path
        Scenario folders, each drawn once.
    """

    calls: Path
    evaluation: Path | None = None
    calls_evaluation: Path | None = None
    model: Path | None = None
    predictive: Path | None = None
    scenarios: tuple[Path, ...] = ()


def write_report(sources: Sources, output: Path) -> None:
    """Write the report of one set of calls as a single self-contained HTML file.

    Parameters
    ----------
    sources : Sources
    output : Path
        The HTML file; written atomically, and without a date, so that equal inputs give equal bytes.

    Raises
    ------
    DataError
        If a folder or a file that must be there is missing, a file can't be read, or an evaluation is of another model
        or of other calls.
    """
    checks.check_folders(sources.calls, sources.evaluation, sources.model)
    for folder, of_model in ((sources.evaluation, True), (sources.calls_evaluation, False)):
        if folder is not None:
            checks.check_evaluation(folder, of_model=of_model)
    record = CallsRecord.read(sources.calls)
    checks.check_same_model(record.model_sha256, sources.evaluation, sources.model)
    checks.check_same_calls(sources.calls_evaluation, sources.calls)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("introghost", "report/templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    html = environment.get_template("report.html.j2").render(
        version=__version__,
        references=_REFERENCES,
        answer=sections.answer_section(sources.calls, record),
        segments=sections.segments_section(sources.calls, record),
        accuracy=sections.accuracy_section(sources.evaluation, sources.calls_evaluation),
        likeness=None if sources.predictive is None else sections.likeness_section(sources.predictive),
        learning_curves=sections.learning_curves(sources.model),
        scenarios=[sections.scenario_drawing(folder) for folder in sources.scenarios],
        records=[(title, json.dumps(dict(one.values), indent=1, sort_keys=True)) for title, one in _records(sources)],
    )
    atomic.write_text(output, html)


def _records(sources: Sources) -> Iterator[tuple[str, JsonSection]]:
    """Title and provenance of the calls and of each bundle."""
    yield "calls", JsonSection.read(sources.calls / provenance.COMPLETE)
    if sources.model is not None:
        for path in sorted(sources.model.glob("*/model.json")):
            yield f"model {path.parent.name}", JsonSection.read(path).section("provenance")
