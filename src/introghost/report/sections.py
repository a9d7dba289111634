"""The sections of the page: values, tables and figures, ready to be laid out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from introghost.errors import DataError
from introghost.evaluation.predictive import share_as_far
from introghost.findings import Finding, Severity
from introghost.inference import decisions, learning
from introghost.report import figures, svg, tables, trust, words
from introghost.report.records import CallsRecord, Choice, PredictiveRecord, ScenarioProbability
from introghost.report.tables import PageTable

MAX_SAMPLE_ROWS, MAX_UNLIKE = 40, 10
DRAW_SEED = 1

# The levels of findings, in the words of the page.
_LEVELS = {
    Severity.WITHHELD: "This stops an answer",
    Severity.WARNING: "This weakens an answer",
    Severity.REMARK: "Worth knowing",
}
# What model_choice.json says beside the verdict, in words; what is not named here is told elsewhere on the page.
_NOTES = {
    "used_bp": "callable sequence that the verdict rests on (bp)",
    "left_out_bp": "callable sequence in stretches too short for it (bp)",
    "regions": "regions",
    "regions_of_short_stretches": "regions put together from short stretches",
    "outgroup_diploids": "outgroup individuals that the verdict looked at",
    "target_diploids": "target individuals that the verdict looked at",
    "p_ghost_odd": "P(ghost) from odd regions alone",
    "p_ghost_even": "P(ghost) from even regions alone",
    "p_ghost_standard_deviation": "standard deviation of P(ghost) among the networks",
    "novelty_p_value": "share of simulated genomes that are at least as unlike their scenario (p-value of novelty)",
}
_EVALUATION_TITLES = {
    "summary": "Local calls on unseen genomes",
    "by_proportion": "Local calls by realised introgression proportion",
    "by_scenario": "Local calls by scenario",
    "model_choice_summary": "Model choice on unseen genomes",
    "model_choice_confusion": "Model choice: true and assigned scenario",
    "decisions": "Model choice: what is decided at the default costs, by true scenario",
    "power": "Model choice: power and area under the curve against scenarios without a ghost",
    "calibration": "Model choice: calibration errors, and those that right probabilities would have",
    "novelty": "Model choice: how many genomes are taken for unlike every scenario",
    "scenario_reliability": "Model choice: observed frequency of a ghost and of each scenario, by their probability",
    "posterior_checks": "Parameter posterior on unseen genomes: p-values of its calibration",
    "posterior_summary": "Parameter posterior on unseen genomes: what it learns of each parameter",
    "posterior_coverage": "Parameter posterior on unseen genomes: how often intervals hold the truth",
}
_PREDICTIVE_COLUMNS = (
    *("statistic", "summary", "observed", "median", "lower", "upper", "deviation", "tail_probability"),
    *("verdict", "covered_by"),
)


@dataclass(frozen=True)
class Level:
    """Findings of one weight.

    Attributes
    ----------
    severity : Severity
    title : str
        What they do to the answer.
    texts : tuple of str
        One sentence or two each.
    """

    severity: Severity
    title: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class AnswerSection:
    """What the verdict rests on and what speaks against it.

    Attributes
    ----------
    scenarios : tuple of ScenarioProbability
        The most probable first.
    notes : dict of str to str
        What else ``model_choice.json`` says, in words.
    levels : tuple of Level
        Findings, the heaviest first; levels without any are left out.
    unlike : decisions.Unlike or None
        None without a table of percentiles.
    num_regions : int or None
        Regions that the verdict rests on; None where it is not said.
    """

    scenarios: tuple[ScenarioProbability, ...]
    notes: dict[str, str]
    levels: tuple[Level, ...]
    unlike: decisions.Unlike | None
    num_regions: int | None

    @property
    def unlike_table(self) -> PageTable | None:
        """The first of the statistics unlike every scenario."""
        return None if self.unlike is None else tables.page_table(self.unlike.rows, max_rows=MAX_UNLIKE)

    @property
    def tells_ghosts(self) -> bool:
        """Whether it is known which scenarios have a ghost."""
        return any(scenario.ghost_of_target is not None for scenario in self.scenarios)


@dataclass(frozen=True)
class AccuracySection:
    """Figures and tables of the evaluations; empty where nothing was evaluated.

    Attributes
    ----------
    panels : list of trust.Panel
    titled_tables : list of tuple of str and PageTable
        Each with its title.
    """

    panels: list[trust.Panel] = field(default_factory=list)
    titled_tables: list[tuple[str, PageTable]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.panels and not self.titled_tables


@dataclass(frozen=True)
class LikenessSection:
    """How the data compare with simulated genomes: in all statistics at once, and those that disagree.

    Attributes
    ----------
    is_outside : bool
        Whether the data are unlike the simulated genomes in all statistics at once.
    share_as_far : str
        Simulated genomes at least as far out as the data, in words.
    probability : str
        Tail probability of all statistics at once.
    caveats : tuple of str
        What makes the comparison see less than it could.
    num_statistics, num_outside : int
        Statistics, and those outside their interval.
    outside : PageTable
        Those outside their interval.
    figure : svg.Figure or None
        Of the statistics that deviate most; None without any.
    """

    is_outside: bool
    share_as_far: str
    probability: str
    caveats: tuple[str, ...]
    num_statistics: int
    num_outside: int
    outside: PageTable
    figure: svg.Figure | None


def answer_section(calls: Path, record: CallsRecord) -> AnswerSection:
    """What `apply` answered, out of its folder of calls.

    Parameters
    ----------
    calls : Path
        Folder that ``apply`` wrote.
    record : CallsRecord
        Its provenance.

    Raises
    ------
    DataError
        If a file is not of the form in which `apply` writes it.
    """
    choice = Choice.read(calls)
    return AnswerSection(
        scenarios=tuple(sorted(choice.scenarios, key=lambda one: -one.probability)),
        notes={
            meaning: tables.format_value(choice.notes[name]) for name, meaning in _NOTES.items() if name in choice.notes
        },
        levels=levels(record.findings),
        unlike=_unlike(calls / "statistic_percentiles.tsv"),
        num_regions=int(regions) if isinstance(regions := choice.notes.get("regions"), int | float) else None,
    )


def levels(findings: Sequence[Finding]) -> tuple[Level, ...]:
    """Findings by weight, the heaviest first; levels without any are left out."""
    texts = {each: tuple(_sentence(one.text) for one in findings if one.severity is each) for each in _LEVELS}
    return tuple(Level(each, title, texts[each]) for each, title in _LEVELS.items() if texts[each])


def _first_sentence(text: str) -> str:
    """The first sentence of a text; one ends with a full stop before a capital, which *et al. (2023)* is not."""
    return re.split(r"(?<=\.)\s+(?=[A-Z])", text, maxsplit=1)[0]


def _sentence(text: str) -> str:
    """A text with a capital and one full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _unlike(path: Path) -> decisions.Unlike | None:
    table = tables.read_optional(path, ("statistic", "value"))
    if table is None:
        return None
    percentiles = table.drop(columns=["statistic", "value"])
    texts = percentiles.select_dtypes(exclude="number").columns
    if percentiles.empty or len(texts) or percentiles.isna().any(axis=None):
        raise DataError(f"{path}: expected a column of percentiles for each scenario")
    return decisions.Unlike.of(table)


def likeness_section(path: Path) -> LikenessSection:
    """What `predictive` found, out of its table.

    Raises
    ------
    DataError
        If the table is missing, empty or not of the form in which `predictive` writes it.
    """
    table = tables.read_table(path, _PREDICTIVE_COLUMNS)
    if table.empty:
        raise DataError(f"{path}: no row in the table; run `introghost predictive` again")
    record = PredictiveRecord.read(path)
    # The first row is of all statistics together, the others of one each.
    together, single = table.iloc[0], table.iloc[1:]
    probability = float(together["tail_probability"])
    ranked = single.sort_values("deviation", key=abs, ascending=False, kind="stable")
    outside = ranked[ranked["verdict"] == "outside"]
    return LikenessSection(
        is_outside=together["verdict"] == "outside",
        share_as_far=(
            share_as_far(probability, record.num_genomes)
            if record.num_genomes
            else f"{100 * probability:.3g} % of the simulated genomes"
        ),
        probability=tables.format_value(probability),
        caveats=record.caveats,
        num_statistics=len(single),
        num_outside=len(outside),
        outside=tables.page_table(outside.drop(columns="verdict"), max_rows=MAX_SAMPLE_ROWS),
        figure=figures.predictive(ranked.head(figures.MAX_STATISTICS)) if len(ranked) else None,
    )


def accuracy_section(
    evaluation: Path | None,
    calls_evaluation: Path | None,
    proportion: float | None = None,
    num_regions: int | None = None,
) -> AccuracySection:
    """What `evaluate` measured, out of its folders: of the model, and of these calls.

    Parameters
    ----------
    evaluation : Path or None
        Folder of ``evaluate`` on simulated genomes; None: not given.
    calls_evaluation : Path or None
        Folder of ``evaluate --calls``; None: not given.
    proportion : float or None
        Estimated proportion of ghost ancestry of the data.
    num_regions : int or None
        Regions of the data that a verdict rests on.

    Raises
    ------
    DataError
        If a table is not of the form in which `evaluate` writes it.
    """
    titled = []
    if calls_evaluation is not None:
        summary = tables.read_table(calls_evaluation / "summary.tsv", ("metric", "value"))
        titled.append(("These calls against their true tracts", tables.page_table(summary)))
    if evaluation is None:
        return AccuracySection(titled_tables=titled)
    for name, title in _EVALUATION_TITLES.items():
        table = tables.read_optional(evaluation / f"{name}.tsv")
        if table is not None:
            titled.append((title, tables.page_table(table)))
    panels = [*_precision_recall(evaluation), *trust.figures(evaluation, proportion, num_regions)]
    return AccuracySection(panels, titled)


def _precision_recall(evaluation: Path) -> list[trust.Panel]:
    curve = tables.read_optional(evaluation / "precision_recall.tsv", ("recall", "precision"))
    if curve is None or curve.empty:
        return []
    summary = tables.read_table(evaluation / "summary.tsv", ("metric", "value"))
    average_precision = float(summary.set_index("metric")["value"]["average_precision"])
    return [trust.Panel(figures.precision_recall(curve, average_precision), "Precision and recall of bins.")]


def learning_curves(model: Path | None) -> list[trust.Panel]:
    """The learning curve of each bundle of a model, with what it says of the training.

    Raises
    ------
    DataError
        If a table is not of the form in which `train` writes it.
    """
    if model is None:
        return []
    panels = []
    for path in sorted(model.glob("*/learning_curve.tsv")):
        curve, task = tables.read_table(path, learning.COLUMNS), path.parent.name
        verdict = learning.of_curve(curve)
        caption = f"Training of {task}." if verdict is None else f"Training of {task}: {verdict}."
        panels.append(trust.Panel(figures.learning_curve(curve, task), caption))
    return panels


@dataclass(frozen=True)
class ScenarioDrawing:
    """A scenario, drawn.

    Attributes
    ----------
    name : str
    meaning : str
        What it is; empty where its folder does not say.
    probability : float or None
        None where it is not known.
    figure : svg.Figure
    """

    name: str
    meaning: str
    probability: float | None
    figure: svg.Figure

    @property
    def probability_text(self) -> str:
        """``= 0.123``; empty where it is not known."""
        return "" if self.probability is None else words.probability(self.probability)


def scenario_drawings(
    folders: Sequence[Path], probabilities: Sequence[ScenarioProbability] = ()
) -> list[ScenarioDrawing]:
    """A drawing of each scenario at one draw of its priors, the most probable first.

    Parameters
    ----------
    folders : sequence of Path
        Of scenarios.
    probabilities : sequence of ScenarioProbability
        Of scenarios by their names; those that are not among them come last.

    Raises
    ------
    ConfigError
        If a folder holds no valid scenario.
    """
    from introghost.simulation import priors, scenarios

    known, drawings = {one.name: one.probability for one in probabilities}, list[ScenarioDrawing]()
    for scenario in map(scenarios.load, folders):
        graph = scenario.graph(priors.draw(scenario, DRAW_SEED))
        figure = figures.scenario_drawing(graph, scenario.name, scenario.roles)
        meaning = _first_sentence(scenario.description)
        drawings.append(ScenarioDrawing(scenario.name, meaning, known.get(scenario.name), figure))
    return sorted(drawings, key=lambda one: -1.0 if one.probability is None else -1 - one.probability)
