"""The page of one set of calls: the answer, the segments and how far to trust them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from introghost import atomic, models, presets, provenance
from introghost.report import checks, costs, methods, overview, sections, svg
from introghost.report.card import Card
from introghost.report.checks import TrainingStatistics
from introghost.report.estimates import GENERATION_YEARS, EstimatesSection, estimates_section
from introghost.report.layout import render, write_figures
from introghost.report.overview import Overview
from introghost.report.records import CallsRecord, JsonSection, bundle_records
from introghost.report.sections import AccuracySection, AnswerSection, LikenessSection, ScenarioDrawing
from introghost.report.segments_section import SegmentsSection, segments_section
from introghost.report.trust import Panel


@dataclass(frozen=True)
class Sources:
    """What a report is made from.

    Of a model that comes with introghost, its own evaluation, bundles and scenarios are shown where none are given.

    Attributes
    ----------
    calls : Path
        Folder that ``apply`` wrote. ``segments.tsv``, ``per_sample.tsv`` and ``bin_status.tsv`` must be there, and
        ``provenance.json``, which ``apply`` writes last; ``model_choice.json``, ``statistic_percentiles.tsv``,
        ``parameter_posterior.tsv`` and ``parameter_draws.tsv`` are shown where they are.
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
    beside : Path or None
        Folder that ``apply`` wrote for the same data with another model.
    beside_evaluation : Path or None
        Folder that ``evaluate --calls`` wrote for `beside`.
    statistics : TrainingStatistics
        What the networks of `model` should have been trained on.
    generation_years : float
        Years of a generation, for times in years.
    genes : Path or None
        GTF or GFF3 whose genes are shown at the peaks.
    costs : tuple of Path
        Snakemake's benchmark files of the jobs behind the answer; none: nothing is said of times.
    """

    calls: Path
    evaluation: Path | None = None
    calls_evaluation: Path | None = None
    model: Path | None = None
    predictive: Path | None = None
    scenarios: tuple[Path, ...] = ()
    beside: Path | None = None
    beside_evaluation: Path | None = None
    statistics: TrainingStatistics = field(default_factory=TrainingStatistics)
    generation_years: float = GENERATION_YEARS
    genes: Path | None = None
    costs: tuple[Path, ...] = ()


def write_report(sources: Sources, output: Path, summary: Path | None = None, figures: Path | None = None) -> None:
    """Write the report of one set of calls as a single self-contained HTML file.

    Parameters
    ----------
    sources : Sources
    output : Path
        The HTML file; written atomically, and without a date, so that equal inputs give equal bytes.
    summary : Path or None
        Text file of the answer in plain lines, see `overview.summary_lines`; None: not written.
    figures : Path or None
        Folder for every figure as a file, see `layout.write_figures`; None: not written.

    Raises
    ------
    DataError
        If a folder or a file that must be there is missing, a file can't be read, an evaluation is of another model or
        of other calls, the calls beside are of other data, or the model was trained on other statistics.
    """
    _check(sources)
    record = CallsRecord.read(sources.calls)
    answer = Overview.read(sources.calls, sources.calls_evaluation)
    card = Card.read(sources.calls, answer, sources.generation_years)
    section = sections.answer_section(sources.calls, record)
    shown = _Sections.read(sources, record, answer, section)
    beside = None
    if sources.beside is not None:
        beside = overview.beside_table([answer, Overview.read(sources.beside, sources.beside_evaluation)])
    html = render(
        "report.html.j2",
        title=card.title,
        records=_records(sources),
        card=card,
        answer=section,
        beside=beside,
        segments=shown.segments,
        estimates=shown.estimates,
        accuracy=shown.accuracy,
        likeness=shown.likeness,
        learning_curves=shown.learning_curves,
        scenarios=shown.scenarios,
        methods=methods.paragraph(sources.calls, answer),
        command=methods.command(sources.calls, record),
        times=costs.steps_table(costs.read_jobs(sources.costs, costs.OF_ANSWER)) if sources.costs else None,
    )
    if figures is not None:
        write_figures(shown.figures(), figures)
    atomic.write_text(output, html)
    if summary is not None:
        atomic.write_text(summary, "".join(f"{line}\n" for line in overview.summary_lines(answer, output)))


@dataclass(frozen=True)
class _Sections:
    """The sections of the page that have figures."""

    segments: SegmentsSection
    estimates: EstimatesSection | None
    accuracy: AccuracySection
    likeness: LikenessSection | None
    learning_curves: list[Panel]
    scenarios: list[ScenarioDrawing]

    @classmethod
    def read(cls, sources: Sources, record: CallsRecord, answer: Overview, section: AnswerSection) -> "_Sections":
        """Out of the folders; what comes with introghost stands in for what is not given, if it is of this model."""
        shipped = _shipped_model(record)
        evaluation, model = sources.evaluation or _shipped_evaluation(record, shipped), sources.model or shipped
        proportion = None if answer.proportion is None else answer.proportion.median
        folders = sources.scenarios or ([] if shipped is None else _shipped_scenarios(section))
        return cls(
            segments_section(sources.calls, record, answer.are_segments_withheld, sources.genes),
            estimates_section(sources.calls, sources.generation_years),
            sections.accuracy_section(evaluation, sources.calls_evaluation, proportion, section.num_regions),
            None if sources.predictive is None else sections.likeness_section(sources.predictive),
            sections.learning_curves(model),
            sections.scenario_drawings(folders, section.scenarios),
        )

    def figures(self) -> Iterator[svg.Figure]:
        """All of them, in the order of the page."""
        yield from self.segments.figures
        if self.estimates is not None:
            yield from self.estimates.figures
        yield from (one.figure for one in self.accuracy.panels)
        if self.likeness is not None and self.likeness.figure is not None:
            yield self.likeness.figure
        yield from (one.figure for one in self.scenarios)
        yield from (one.figure for one in self.learning_curves)


def _shipped_model(record: CallsRecord) -> Path | None:
    """The model that made the calls, if it comes with introghost."""
    if record.model_name not in models.names():
        return None
    folder = models.folder(record.model_name)
    return folder if provenance.sha256(folder) == record.model_sha256 else None


def _shipped_evaluation(record: CallsRecord, shipped: Path | None) -> Path | None:
    """Tables of a model that comes with introghost, if they do, too."""
    folder = None if shipped is None else models.evaluation(record.model_name)
    if folder is not None:
        checks.check_same_model(record.model_sha256, folder, None)
    return folder


def _shipped_scenarios(section: AnswerSection) -> list[Path]:
    """Those of the choice that come with introghost."""
    shipped = presets.scenarios()
    return [shipped[one.name] for one in section.scenarios if one.name in shipped]


def _check(sources: Sources) -> None:
    """Refuse what is missing, or does not belong together."""
    for calls in (sources.calls, sources.beside):
        if calls is not None:
            checks.check_calls(calls)
    for role, folder in (("evaluation", sources.evaluation), ("model", sources.model)):
        checks.check_folder(folder, role)
    if sources.evaluation is not None:
        checks.check_evaluation(sources.evaluation, of_model=True)
    evaluated = ((sources.calls, sources.calls_evaluation), (sources.beside, sources.beside_evaluation))
    for calls, evaluation in evaluated:
        if calls is not None and evaluation is not None:
            checks.check_evaluation(evaluation, of_model=False)
            checks.check_same_calls(evaluation, calls)
    checks.check_same_model(CallsRecord.read(sources.calls).model_sha256, sources.evaluation, sources.model)
    if sources.beside is not None:
        checks.check_beside(sources.calls, sources.beside)
    if sources.model is not None:
        checks.check_trained_on(sources.model, sources.statistics)


def _records(sources: Sources) -> Iterator[tuple[str, JsonSection]]:
    """Title and provenance of the calls, of those beside them, and of each bundle."""
    yield "calls", JsonSection.read(sources.calls / provenance.COMPLETE)
    if sources.beside is not None:
        yield "calls of the other model", JsonSection.read(sources.beside / provenance.COMPLETE)
    if sources.model is not None:
        yield from bundle_records(sources.model)
