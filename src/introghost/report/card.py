"""The verdict card: who was tested, and an answer in a sentence to each of the three questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from introghost.findings import Code, Severity
from introghost.inference.decisions import WITHHELD, Decision
from introghost.report import tables
from introghost.report.estimates import (
    GENERATION_YEARS,
    LITTLE_LEARNT,
    MOSTLY_LEARNT,
    PROPORTION,
    PULSE_TIME,
    Estimate,
)
from introghost.report.overview import Overview
from introghost.report.records import Choice
from introghost.report.words import bayes_factor, number_of, percent, probability, round_number, whole_percent

_WHETHER = {
    Decision.GHOST: "Yes",
    Decision.NO_GHOST: "No",
    Decision.UNDECIDED: "Undecided",
    Decision.NO_SCENARIO_FITS: "No answer",
    Decision.TOO_LITTLE_SEQUENCE: "Too little sequence",
}


SURE = 0.9  # posterior of a segment that is hardly ever false


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
        estimates = Estimate.read(calls)
        lines = (
            _whether(overview, Choice.read(calls)),
            _how_much(overview, estimates, generation_years),
            _where(overview, segments, per_sample),
        )
        return cls(_title(overview, per_sample), _data(overview, per_sample), lines)


_NO_PROBABILITY = {
    Decision.NO_SCENARIO_FITS: "The data lie outside everything that was simulated: no probability is given.",
    Decision.TOO_LITTLE_SEQUENCE: "No verdict is given; segments are.",
}


def _title(overview: Overview, per_sample: pd.DataFrame) -> str:
    record = overview.record
    outgroup = record.data.options["outgroup"] or "outgroup"
    individuals = f" ({record.outgroup_diploids:,})" if record.outgroup_diploids is not None else ""
    target = f"{overview.target or 'target'} ({number_of(per_sample['sample'].nunique(), 'individual')})"
    return f"{target} tested for ghost ancestry with {outgroup.replace(',', ', ')}{individuals} as outgroup"


def _data(overview: Overview, per_sample: pd.DataFrame) -> str:
    record = overview.record
    callable_bp = float(per_sample["callable_bp"].max()) if len(per_sample) else 0.0
    region = record.data.options["region"]
    files = ", ".join(record.data.vcf_names) or "VCF"
    callable_mb = f"{round_number(callable_bp / 1e6, 3)} Mb callable"
    return " · ".join([f"{files}, {region}" if region else files, callable_mb, f"model {record.model_name}"])


def _whether(overview: Overview, choice: Choice) -> Line:
    """Whether a ghost gave to the target."""
    question, decision = "Did a ghost contribute?", overview.decision
    if decision is None:
        return Line(question, "Not asked", "This model only calls segments.")
    answer = _WHETHER[decision]
    if overview.p_ghost is None:
        return Line(question, answer, _NO_PROBABILITY.get(decision, "The probability is withheld."))
    facts = [f"prior {choice.prior_ghost:.2g}"] if choice.prior_ghost is not None else []
    factor = choice.notes.get("bayes_factor_ghost")
    if isinstance(factor, float | int):
        facts.append(f"Bayes factor {bayes_factor(float(factor))}")
    reason = f"P(ghost) {probability(overview.p_ghost)}" + (f" ({', '.join(facts)})." if facts else ".")
    if decision == Decision.UNDECIDED:
        reason += " At the stated costs of errors, neither answer is worth its risk."
    if decision in WITHHELD:
        reason = f"Forced, and not to be relied on: {reason}"
    return Line(question, answer, reason)


def _how_much(overview: Overview, estimates: Mapping[str, Estimate], generation_years: float) -> Line:
    """How much a ghost gave, and when."""
    question = "How much, and when?"
    if overview.decision is None:
        return Line(question, "Not asked", "This model has no network for parameters.")
    if PROPORTION not in estimates:
        if overview.is_proportion_withheld:
            return Line(question, "Withheld", _why_withheld(overview))
        return Line(question, "Not asked", "This model does not estimate the proportion of ghost ancestry.")
    proportion = estimates[PROPORTION]
    answer = f"{percent(proportion.median)} of ancestry"
    reason = f"95 % interval {percent(proportion.lower_95)} to {percent(proportion.upper_95)}."
    if PULSE_TIME in estimates:
        time = estimates[PULSE_TIME]
        if time.contraction >= MOSTLY_LEARNT:  # what is hardly learnt is no headline
            answer += f", {round_number(time.median * generation_years)} years ago"
        reason += f" {_when(time, generation_years)}"
    if overview.decision == Decision.NO_GHOST:
        answer = "Nothing, by the verdict"
        reason = f"Had there been a ghost: {percent(proportion.median)} of ancestry, {reason}"
    if overview.decision in WITHHELD or Code.PARAMETERS_WITHHELD in {one.code for one in overview.record.findings}:
        answer, reason = "Forced", f"Not to be relied on: {answer}. {reason}"
    return Line(question, answer, reason)


def _when(time: Estimate, generation_years: float) -> str:
    """When the pulse came, and what of it is the prior."""
    years, low, high, prior_low, prior_high = (
        round_number(value * generation_years)
        for value in (time.median, time.lower_95, time.upper_95, time.prior_lower_95, time.prior_upper_95)
    )
    generations = f"{round_number(time.median)} generations at {generation_years:g} years"
    sentence = f"Time: {low} to {high} years, median {years} ({generations})"
    if time.contraction >= MOSTLY_LEARNT:
        return f"{sentence}."
    if time.contraction < LITTLE_LEARNT:
        return f"{sentence}, hardly narrower than the prior: the data say little of it."
    learnt = whole_percent(time.contraction)
    return f"{sentence}; the prior is {prior_low} to {prior_high} years, and the data took {learnt} of its variance."


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
        reason = f"No segment was called in {len(per_sample):,} haplotypes."
        if overview.decision == Decision.TOO_LITTLE_SEQUENCE:
            reason += " The sequence is too little to show that there is no ghost ancestry in it."
        return Line(question, "Nothing called", reason)
    share = "" if overview.called_share is None else f"{percent(overview.called_share)} of the sequence"
    answer = share or number_of(len(segments), "segment")
    lengths_bp = segments["end"] - segments["start"]
    false_share = float(((1 - segments["mean_posterior"]) * lengths_bp).sum() / lengths_bp.sum())
    number = f"{number_of(len(segments), 'segment')} in {number_of(len(per_sample), 'haplotype')}"
    num_sure = int((segments["mean_posterior"] > SURE).sum())
    reason = (
        f"{number}, {num_sure:,} of them with a posterior above {SURE:g}. By their posteriors, {percent(false_share)} "
        "of the called sequence is expected to be false: more of short segments, and where the data differ from the "
        "simulations."
    )
    if share and overview.proportion is not None and overview.decision == Decision.GHOST:
        reason += " What is missed or false, and drift since the pulse, set this share apart from the proportion above."
    if overview.decision == Decision.TOO_LITTLE_SEQUENCE:
        reason += " In so little sequence more is missed and more may be false."
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
    *(Code.FEW_SAMPLES, Code.MANY_SAMPLES, Code.CALLABLE_SHARE, Code.SEGMENTS_UNLIKE),
)
