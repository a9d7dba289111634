"""The sections of the page: values, tables and figures, ready to be laid out."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from introghost.errors import DataError
from introghost.evaluation.predictive import share_as_far
from introghost.findings import Code, Finding, Severity
from introghost.inference import decisions
from introghost.report import figures, tables
from introghost.report.records import CallsRecord, Choice, PredictiveRecord, ScenarioProbability
from introghost.report.tables import PageTable

MAX_SAMPLE_ROWS, MAX_UNLIKE = 40, 10
DRAW_SEED = 1

_NO_CHOICE = "Model choice was not run: only segments were called."
_ANSWERS = {
    "ghost": "At these costs the decision is for a contribution from an unsampled lineage.",
    "no ghost": "At these costs the decision is against a contribution from an unsampled lineage.",
    "undecided": "The data do not decide between the scenarios.",
    "too little sequence": "There is less sequence than networks were trained with: no verdict. Segments stand.",
    "no scenario fits": "The data lie outside all that was simulated: no verdict, and segments may be wrong.",
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
class Unlike:
    """Statistics of the data that lie outside the middle 98 % of every scenario.

    Attributes
    ----------
    number : int
        How many.
    num_statistics : int
        Out of how many.
    table : PageTable
        The first of them.
    """

    number: int
    num_statistics: int
    table: PageTable


@dataclass(frozen=True)
class AnswerSection:
    """The decision in words, what it rests on and what speaks against it.

    Attributes
    ----------
    text : str
        The decision in words.
    decision, p_ghost : str or None
        None where there is none, or it is withheld.
    scenarios : tuple of ScenarioProbability
    notes : dict of str to str
        What else ``model_choice.json`` says.
    findings : tuple of Finding
    unlike : Unlike or None
        None without a table of percentiles.
    parameters : PageTable or None
        The parameter posterior; None where there is none.
    """

    text: str
    decision: str | None
    p_ghost: str | None
    scenarios: tuple[ScenarioProbability, ...]
    notes: dict[str, str]
    findings: tuple[Finding, ...]
    unlike: Unlike | None
    parameters: PageTable | None

    @property
    def tells_ghosts(self) -> bool:
        """Whether it is known which scenarios have a ghost."""
        return any(scenario.ghost_of_target is not None for scenario in self.scenarios)


@dataclass(frozen=True)
class SegmentsSection:
    """Figures and tables of the called segments.

    Attributes
    ----------
    is_withheld : bool
    called_at : str
        The threshold in words.
    facts : dict of str to str
    num_contigs, num_shown : int
        Contigs, and those that the figures show.
    num_haplotypes, num_drawn : int
        Target haplotypes, and those that the figure shows.
    painting : Markup or None
        Figure of the segments; None without a contig.
    frequency : Markup or None
        Figure of the mean posterior along contigs; None where it is not known.
    per_sample : PageTable
        The haplotypes with the largest called share first.
    """

    is_withheld: bool
    called_at: str
    facts: dict[str, str]
    num_contigs: int
    num_shown: int
    num_haplotypes: int
    num_drawn: int
    painting: Markup | None
    frequency: Markup | None
    per_sample: PageTable


@dataclass(frozen=True)
class AccuracySection:
    """Figures and tables of the evaluations; empty where nothing was evaluated.

    Attributes
    ----------
    precision_recall, reliability : Markup or None
        Figures.
    titled_tables : list of tuple of str and PageTable
        Each with its title.
    """

    precision_recall: Markup | None = None
    reliability: Markup | None = None
    titled_tables: list[tuple[str, PageTable]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return self.precision_recall is None and self.reliability is None and not self.titled_tables


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
    figure : Markup or None
        Of the statistics that deviate most; None without any.
    """

    is_outside: bool
    share_as_far: str
    probability: str
    caveats: tuple[str, ...]
    num_statistics: int
    num_outside: int
    outside: PageTable
    figure: Markup | None


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
    if choice.decision is not None and choice.decision not in _ANSWERS:
        raise DataError(f"{calls}: decision is {choice.decision!r}, expected one of {', '.join(_ANSWERS)}")
    posterior = tables.read_optional(calls / "parameter_posterior.tsv")
    return AnswerSection(
        text=_NO_CHOICE if choice.decision is None else _ANSWERS[choice.decision],
        decision=choice.decision,
        p_ghost=None if choice.p_ghost is None else f"{choice.p_ghost:.3f}",
        scenarios=choice.scenarios,
        notes={name.replace("_", " "): tables.format_value(value) for name, value in choice.notes.items()},
        findings=record.findings,
        unlike=_unlike(calls / "statistic_percentiles.tsv"),
        parameters=None if posterior is None else tables.page_table(posterior, max_rows=MAX_SAMPLE_ROWS),
    )


def _unlike(path: Path) -> Unlike | None:
    table = tables.read_optional(path, ("statistic", "value"))
    if table is None:
        return None
    percentiles = table.drop(columns=["statistic", "value"])
    texts = percentiles.select_dtypes(exclude="number").columns
    if percentiles.empty or len(texts) or percentiles.isna().any(axis=None):
        raise DataError(f"{path}: expected a column of percentiles for each scenario")
    extreme = decisions.unlike(table)
    return Unlike(len(extreme), len(table), tables.page_table(extreme, max_rows=MAX_UNLIKE))


def segments_section(calls: Path, record: CallsRecord) -> SegmentsSection:
    """What `apply` called, out of its folder of calls.

    Parameters
    ----------
    calls : Path
        Folder that ``apply`` wrote.
    record : CallsRecord
        Its provenance.

    Raises
    ------
    DataError
        If a table is missing or not of the form in which `apply` writes it.
    """
    segments = tables.read_table(calls / "segments.tsv", tables.SEGMENT_COLUMNS)
    per_sample = tables.read_table(calls / "per_sample.tsv", tables.PER_SAMPLE_COLUMNS)
    path = calls / "posterior.bedgraph"
    frequency = tables.read_bedgraph(path) if path.is_file() else None
    extents = figures.contig_extents(segments, frequency)
    shown = dict(list(extents.items())[: figures.MAX_CONTIGS])
    labels = tables.haplotype_labels(per_sample)
    ranked = per_sample.sort_values(["fraction", "sample", "haplotype"], ascending=[False, True, True])
    return SegmentsSection(
        is_withheld=any(
            finding.code is Code.SEGMENTS_UNLIKE and finding.severity is Severity.WITHHELD
            for finding in record.findings
        ),
        called_at=_called_at(record),
        facts=_facts(segments, per_sample),
        num_contigs=len(extents),
        num_shown=len(shown),
        num_haplotypes=len(labels),
        num_drawn=min(len(labels), figures.MAX_HAPLOTYPES),
        painting=Markup(figures.segment_painting(segments, labels, shown)) if shown else None,
        frequency=Markup(figures.ghost_frequency(frequency, shown)) if frequency is not None and shown else None,
        per_sample=tables.page_table(ranked, max_rows=MAX_SAMPLE_ROWS),
    )


def _called_at(record: CallsRecord) -> str:
    """At which posterior segments were called, and the rate of false calls that it stands for."""
    if record.threshold is None:
        return ""
    rate = ""
    if record.false_discovery_rate is not None:
        part = f"{record.false_discovery_rate:.0%}"
        rate = f": at most {part} of what was called in held-out simulations with a ghost was false"
        rate += "; without a ghost, all is"
    return f"Called where the posterior is at least {record.threshold:.2f}{rate}."


def _facts(segments: pd.DataFrame, per_sample: pd.DataFrame) -> dict[str, str]:
    called_bp, callable_bp = per_sample["called_bp"].sum(), per_sample["callable_bp"].sum()
    lengths_bp = segments["end"] - segments["start"]
    return {
        "target haplotypes": tables.format_value(len(per_sample)),
        "segments": tables.format_value(len(segments)),
        "median segment length (bp)": tables.format_value(float(lengths_bp.median()) if len(lengths_bp) else None),
        "called fraction of the callable sequence": tables.format_value(
            float(called_bp / callable_bp) if callable_bp else None
        ),
    }


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
        figure=Markup(figures.predictive(ranked.head(figures.MAX_STATISTICS))) if len(ranked) else None,
    )


def accuracy_section(evaluation: Path | None, calls_evaluation: Path | None) -> AccuracySection:
    """What `evaluate` measured, out of its folders: of the model, and of these calls.

    Parameters
    ----------
    evaluation : Path or None
        Folder of ``evaluate`` on simulated genomes; None: not given.
    calls_evaluation : Path or None
        Folder of ``evaluate --calls``; None: not given.

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
    return AccuracySection(_precision_recall(evaluation), _reliability(evaluation), titled)


def _precision_recall(evaluation: Path) -> Markup | None:
    curve = tables.read_optional(evaluation / "precision_recall.tsv", ("recall", "precision"))
    if curve is None or curve.empty:
        return None
    summary = tables.read_table(evaluation / "summary.tsv", ("metric", "value"))
    average_precision = float(summary.set_index("metric")["value"]["average_precision"])
    return Markup(figures.precision_recall(curve, average_precision))


def _reliability(evaluation: Path) -> Markup | None:
    bins = tables.read_optional(evaluation / "reliability.tsv", ("mean_probability", "observed_frequency"))
    return None if bins is None or bins.empty else Markup(figures.reliability(bins))


def learning_curves(model: Path | None) -> list[Markup]:
    """The learning curve of each bundle of a model.

    Raises
    ------
    DataError
        If a table is not of the form in which `train` writes it.
    """
    if model is None:
        return []
    columns = ("epoch", "training_loss", "validation_loss")
    paths = sorted(model.glob("*/learning_curve.tsv"))
    return [Markup(figures.learning_curve(tables.read_table(path, columns), path.parent.name)) for path in paths]


def scenario_drawing(folder: Path) -> tuple[str, Markup]:
    """Name of a scenario, and a drawing of one draw of its priors.

    Raises
    ------
    ConfigError
        If the folder holds no valid scenario.
    """
    from introghost.simulation import priors, scenarios

    scenario = scenarios.load(folder)
    graph = scenario.graph(priors.draw(scenario, DRAW_SEED))
    return scenario.name, Markup(figures.scenario_drawing(graph, scenario.name))
