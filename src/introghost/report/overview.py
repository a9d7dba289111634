"""The answers of calls in one row each: to be read beside others, or in three lines."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from introghost.findings import Code, Severity
from introghost.inference import decisions
from introghost.inference.decisions import Decision
from introghost.report import tables
from introghost.report.estimates import PROPORTION, Estimate
from introghost.report.records import CallsRecord, Choice
from introghost.report.tables import PageTable
from introghost.report.words import percent

_WITHHELD, _ABSENT = "withheld", "–"
_SHOWN_DIGITS = 8  # of a model's digest


@dataclass(frozen=True)
class Overview:
    """What a model says of one set of data.

    Attributes
    ----------
    record : CallsRecord
        Of the calls.
    decision : Decision or None
        None if the model does not choose between scenarios.
    p_ghost : float or None
        Posterior probability that a ghost gave to the target; None where it is withheld, or the model does not know.
    proportion : Estimate or None
        Ghost proportion; None where it is withheld, or the model does not estimate it.
    called_share : float or None
        Of the callable sequence of all target haplotypes; None without any.
    f1 : float or None
        Of bins called at the threshold, against the true tracts; None where these are not known.
    """

    record: CallsRecord
    decision: Decision | None
    p_ghost: float | None
    proportion: Estimate | None
    called_share: float | None
    f1: float | None

    @classmethod
    def read(cls, calls: Path, evaluation: Path | None = None) -> "Overview":
        """The overview of a folder of calls.

        Parameters
        ----------
        calls : Path
            Folder that ``apply`` wrote.
        evaluation : Path or None
            Folder that ``evaluate --calls`` wrote for these calls; None: their truth is not known.

        Raises
        ------
        DataError
            A file is missing, or not of the form in which the verb writes it.
        """
        choice = Choice.read(calls)
        per_sample = tables.read_table(calls / "per_sample.tsv", tables.PER_SAMPLE_COLUMNS)
        called_bp, callable_bp = float(per_sample["called_bp"].sum()), float(per_sample["callable_bp"].sum())
        return cls(
            record=CallsRecord.read(calls),
            decision=choice.decision,
            p_ghost=choice.p_ghost,
            proportion=Estimate.read(calls).get(PROPORTION),
            called_share=called_bp / callable_bp if callable_bp else None,
            f1=None if evaluation is None else f1(evaluation),
        )

    @property
    def target(self) -> str:
        """Population that was tested, several joined by commas."""
        return self.record.data.options["target"] or ""

    def count(self, severity: Severity) -> int:
        """How many findings weigh so much.

        Parameters
        ----------
        severity : Severity

        Returns
        -------
        int
        """
        return sum(finding.severity is severity for finding in self.record.findings)

    @property
    def p_ghost_text(self) -> str:
        """``0.999``; a word or a dash where there is none."""
        if self.p_ghost is not None:
            return f"{self.p_ghost:.3f}"
        return _ABSENT if self.decision is None else _WITHHELD

    @property
    def proportion_text(self) -> str:
        """``0.021 (0.009 to 0.050)``; a word or a dash where there is none."""
        one = self.proportion
        if one is not None:
            return f"{percent(one.median)} ({percent(one.lower_95)} to {percent(one.upper_95)})"
        return _WITHHELD if self.is_proportion_withheld else _ABSENT

    @property
    def are_segments_withheld(self) -> bool:
        """Whether the data are unlike all that the segment network was trained on."""
        unlike = (one for one in self.record.findings if one.code is Code.SEGMENTS_UNLIKE)
        return any(one.severity is Severity.WITHHELD for one in unlike)

    @property
    def is_proportion_withheld(self) -> bool:
        """Whether there is no proportion because nothing is said of parameters."""
        codes = {finding.code for finding in self.record.findings}
        is_withheld = self.decision in decisions.WITHHELD or Code.PARAMETERS_WITHHELD in codes
        return self.proportion is None and is_withheld


def f1(evaluation: Path) -> float | None:
    """Harmonic mean of precision and recall of the bins that were called at the threshold.

    Parameters
    ----------
    evaluation : Path
        Folder that ``evaluate --calls`` wrote.

    Returns
    -------
    float or None
        0 where nothing was called, or nothing rightly; None where there is no true tract to find.

    Raises
    ------
    DataError
        There is no summary, or it is not of the form in which `evaluate` writes it.
    """
    summary = tables.read_table(evaluation / "summary.tsv", ("metric", "value")).set_index("metric")["value"]
    precision, recall = (float(summary.get(f"{name}_at_threshold", float("nan"))) for name in ("precision", "recall"))
    if math.isnan(recall):
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def beside_table(overviews: Sequence[Overview]) -> PageTable:
    """What several models say of the same data, a row for each model.

    Parameters
    ----------
    overviews : sequence of Overview
        Of different models. Those of equal names are told apart by the first digits of their digests.

    Returns
    -------
    PageTable
        A dash or a word where a model does not say something, or it is withheld.
    """
    names = [one.record.model_name for one in overviews]
    rows = []
    for one in overviews:
        name = one.record.model_name
        digits = f" ({(one.record.model_sha256 or '')[:_SHOWN_DIGITS]})" if names.count(name) > 1 else ""
        cells = [one.p_ghost_text, one.proportion_text, tables.format_value(one.called_share)]
        rows.append([f"{name}{digits}", one.decision or _ABSENT, *cells, tables.format_value(one.f1)])
    return PageTable(
        ["model", "decision", "P(ghost)", "ghost proportion (95 % interval)", "called share", "F1 of bins"], rows
    )


def summary_lines(overview: Overview, page: Path) -> list[str]:
    """The answer in plain lines.

    Parameters
    ----------
    overview : Overview
    page : Path
        Of the report, as the user named it.

    Returns
    -------
    list of str
        Verdict with its probability, ghost proportion with its 95 % interval, F1 where the truth is known, the page.
    """
    one, p_ghost = overview.proportion, overview.p_ghost_text
    verdict = "no choice between scenarios, segments alone"
    if overview.decision is not None:
        verdict = f"{overview.decision}, P(ghost) {p_ghost if overview.p_ghost is None else f'= {p_ghost}'}"
    proportion = "withheld" if overview.is_proportion_withheld else "not estimated"
    if one is not None:
        proportion = f"{percent(one.median)} (95 % interval {percent(one.lower_95)} to {percent(one.upper_95)})"
        if overview.decision == Decision.NO_GHOST:
            proportion += ", had there been a ghost"
    lines = [f"{overview.target}: {verdict}", f"ghost proportion: {proportion}"]
    if overview.f1 is not None:
        lines.append(f"F1 against the true tracts: {overview.f1:.2f}")
    return [*lines, f"report: {page}"]
