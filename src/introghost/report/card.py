"""The verdict card: who was tested, and an answer in a sentence to each of the three questions."""

import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from introghost.findings import Code, Severity
from introghost.inference.decisions import Decision
from introghost.report import tables
from introghost.report.overview import PROPORTION, Overview
from introghost.report.records import Choice

PULSE_TIME = "pulse_time"
GENERATION_YEARS = 29.0  # of humans; Fenner 2005, Am J Phys Anthropol 128:415
LITTLE_LEARNT = 0.1  # contraction up to which a posterior is hardly more than its prior
_SURE = 0.9995
_WHETHER = {
    Decision.GHOST: "Yes",
    Decision.NO_GHOST: "No",
    Decision.UNDECIDED: "Undecided",
    Decision.NO_SCENARIO_FITS: "No answer",
    Decision.TOO_LITTLE_SEQUENCE: "Not asked",
}


@dataclass(frozen=True)
class Line:
    """The answer to one question.

    Attributes
    ----------
    question : str
    answer : str
        In a word or two.
    reason : str
        What it rests on, or why there is none; a sentence or two.
    """

    question: str
    answer: str
    reason: str


@dataclass(frozen=True)
class Card:
    """The first thing on the page.

    Attributes
    ----------
    title : str
        Who was tested against whom.
    data : str
        File, callable sequence, model.
    lines : tuple of Line
        Whether, how much and when, where.
    """

    title: str
    data: str
    lines: tuple[Line, ...]

    @classmethod
    def read(cls, calls: Path, overview: Overview, generation_years: float = GENERATION_YEARS) -> "Card":
        """The card of a folder of calls.

        Parameters
        ----------
        calls : Path
            Folder that ``apply`` wrote.
        overview : Overview
            Of the same folder.
        generation_years : float
            Years of a generation.

        Raises
        ------
        DataError
            A file is missing, or not of the form in which `apply` writes it.
        """
        segments = tables.read_table(calls / "segments.tsv", tables.SEGMENT_COLUMNS)
        per_sample = tables.read_table(calls / "per_sample.tsv", tables.PER_SAMPLE_COLUMNS)
        posterior = tables.read_optional(calls / "parameter_posterior.tsv", ("parameter", "median"))
        lines = (
            _whether(overview, Choice.read(calls)),
            _how_much(overview, posterior, generation_years),
            _where(overview, segments, per_sample),
        )
        return cls(_title(overview, per_sample), _data(overview, per_sample), lines)


def _title(overview: Overview, per_sample: pd.DataFrame) -> str:
    record = overview.record
    outgroup = record.data.options["outgroup"] or "outgroup"
    individuals = f" ({record.outgroup_diploids:,})" if record.outgroup_diploids is not None else ""
    target = f"{overview.target or 'target'} ({tables.number_of(per_sample['sample'].nunique(), 'individual')})"
    return f"{target} tested for ghost ancestry with {outgroup.replace(',', ', ')}{individuals} as outgroup"


def _data(overview: Overview, per_sample: pd.DataFrame) -> str:
    record = overview.record
    callable_mb = float(per_sample["callable_bp"].max()) / 1e6 if len(per_sample) else 0.0
    region = record.data.options["region"]
    files = ", ".join(record.data.vcf_names) or "VCF"
    words = [f"{files}, {region}" if region else files, f"{callable_mb:,.3g} Mb called", f"model {record.model_name}"]
    return " · ".join(words)


def _whether(overview: Overview, choice: Choice) -> Line:
    """Whether a ghost gave to the target."""
    question, decision = "Did a ghost contribute?", overview.decision
    if decision is None:
        return Line(question, "Not asked", "This model only calls segments.")
    answer = _WHETHER[decision]
    if overview.p_ghost is None:
        reason = {
            Decision.NO_SCENARIO_FITS: "The data lie outside everything that was simulated: no probability is given.",
            Decision.TOO_LITTLE_SEQUENCE: "There is too little sequence for a verdict. Segments are not affected.",
        }.get(decision, "The probability is withheld.")
        return Line(question, answer, reason)
    facts = [f"prior {choice.prior_ghost:.2g}"] if choice.prior_ghost is not None else []
    factor = choice.notes.get("bayes_factor_ghost")
    if isinstance(factor, float | int):
        facts.append(f"Bayes factor {bayes_factor_text(float(factor))}")
    reason = f"P(ghost) {probability_text(overview.p_ghost)}" + (f" ({', '.join(facts)})." if facts else ".")
    if decision == Decision.UNDECIDED:
        reason += " At the stated costs of errors, neither answer is worth its risk."
    return Line(question, answer, reason)


def _how_much(overview: Overview, posterior: pd.DataFrame | None, generation_years: float) -> Line:
    """How much a ghost gave, and when."""
    question = "How much, and when?"
    if overview.decision is None:
        return Line(question, "Not asked", "This model has no network for parameters.")
    row = None if posterior is None else _parameter(posterior, PROPORTION)
    if row is None:
        if overview.is_proportion_withheld:
            return Line(question, "Withheld", _why_withheld(overview))
        return Line(question, "Not asked", "This model does not estimate the proportion of ghost ancestry.")
    answer = f"{percent(row['median'])} of ancestry"
    reason = f"95 % interval {percent(row['lower_95'])} to {percent(row['upper_95'])}."
    time = _parameter(posterior, PULSE_TIME) if posterior is not None else None
    if time is not None:
        years, low, high = (
            tables.round_number(float(time[name]) * generation_years) for name in ("median", "lower_95", "upper_95")
        )
        answer += f", {years} years ago"
        generations = f"{tables.round_number(float(time['median']))} generations at {generation_years:g} years"
        reason += f" Time: {low} to {high} years ({generations})"
        is_little = float(time["contraction"]) < LITTLE_LEARNT
        reason += ", hardly narrower than the prior: the data say little of it." if is_little else "."
    if overview.decision == Decision.NO_GHOST:
        reason += " Only if there was a ghost at all, which the verdict speaks against."
    return Line(question, answer, reason)


def _why_withheld(overview: Overview) -> str:
    """Reason for which parameters are withheld."""
    if overview.decision == Decision.TOO_LITTLE_SEQUENCE:
        return "There is too little sequence to estimate them."
    if overview.decision == Decision.NO_SCENARIO_FITS:
        return "No scenario fits the data."
    texts = [one.text for one in overview.record.findings if one.code is Code.PARAMETERS_WITHHELD]
    return f"{texts[0].rstrip('.')}." if texts else "The data lie outside the range of training."


def _where(overview: Overview, segments: pd.DataFrame, per_sample: pd.DataFrame) -> Line:
    """What was called, and how much of it is expected to be false."""
    question = "Where?"
    if overview.are_segments_withheld:
        return Line(question, "Withheld", "The data are unlike everything that the segment network was trained on.")
    if segments.empty:
        return Line(question, "Nowhere", f"No segment was called in {len(per_sample):,} haplotypes.")
    share = "" if overview.called_share is None else f"{percent(overview.called_share)} of the sequence"
    answer = share or tables.number_of(len(segments), "segment")
    lengths_bp = segments["end"] - segments["start"]
    false_share = float(((1 - segments["mean_posterior"]) * lengths_bp).sum() / lengths_bp.sum())
    number = f"{tables.number_of(len(segments), 'segment')} in {tables.number_of(len(per_sample), 'haplotype')}"
    reason = f"{number}. By their posteriors, {percent(false_share)} of what is called is expected to be false."
    if overview.f1 is not None:
        reason += f" Against the true tracts, F1 of bins is {overview.f1:.2f}."
    heavy = [
        one for one in overview.record.findings if one.severity is not Severity.REMARK and one.code in _OF_SEGMENTS
    ]
    if heavy:
        reason += " See the warnings below."
    return Line(question, answer, reason)


_OF_SEGMENTS = (
    *(Code.MUCH_CALLED, Code.OUTGROUP_RELATIVES, Code.POPULATIONS_UNKNOWN, Code.VERDICT_AGAINST_SEGMENTS),
    *(Code.FEW_SAMPLES, Code.MANY_SAMPLES, Code.CALLABLE_SHARE),
)


def _parameter(posterior: pd.DataFrame, name: str) -> "pd.Series[float] | None":
    rows = posterior[posterior["parameter"] == name]
    return None if rows.empty else rows.iloc[0]


def probability_text(value: float) -> str:
    """``= 0.973``; ``> 0.999`` and ``< 0.001`` where three digits would say certain.

    Examples
    --------
    >>> [probability_text(value) for value in (0.973, 0.99999, 0.0001)]
    ['= 0.973', '> 0.999', '< 0.001']
    """
    if value > _SURE:
        return "> 0.999"
    return "< 0.001" if value < 1 - _SURE else f"= {value:.3f}"


def bayes_factor_text(value: float) -> str:
    """Two significant digits; a fraction where it speaks against; above a thousand no more than that.

    Examples
    --------
    >>> [bayes_factor_text(value) for value in (73.2, 0.02, 5e6, 1e-9)]
    ['73', '1/50', '> 1,000', '< 1/1,000']
    """
    if value > 1000:
        return "> 1,000"
    if value < 1 / 1000:
        return "< 1/1,000"
    return tables.round_number(value) if value >= 1 else f"1/{tables.round_number(1 / value)}"


def percent(value: float) -> str:
    """``3.7 %``, two significant digits; ``0.08 %``; below .01 % ``< 0.01 %``.

    Examples
    --------
    >>> [percent(value) for value in (0.0371, 0.126, 0.0008, 0.00001, 0.0)]
    ['3.7 %', '13 %', '0.08 %', '< 0.01 %', '0 %']
    """
    if value == 0:
        return "0 %"
    if value < 1e-4:
        return "< 0.01 %"
    digits = max(0, 1 - math.floor(math.log10(value * 100)))
    return f"{value * 100:.{min(digits, 2)}f} %"
