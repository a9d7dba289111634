"""Whether what a model answers can be believed, and whether its answers agree: as findings."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from introghost.findings import Code, Finding, Severity, withheld_severity, withheld_text
from introghost.inference import calling, decisions, region_novelty
from introghost.inference.bundles import DEFAULT_FALSE_DISCOVERY_RATE, ParametersBundle, SegmentsBundle
from introghost.inference.calling import ContigCalls
from introghost.inference.decisions import Decision, Doubts
from introghost.sizes import megabases

DISAGREEMENT = 0.5
SPREAD = 0.1
# Of the statistics; simulated genomes hardly ever have more that are unlike every scenario.
MANY = 0.02
# Called share of the sequence that contradicts a decision: without a ghost, simulated targets have at most .2 %.
MUCH_CALLED, HARDLY_CALLED = 0.005, 0.0001
# A posterior whose median lies beyond this quantile of the prior, on either side, is squeezed against its edge.
EDGE_QUANTILE = 0.025
# p-value of novelty at which segments are not given: that of a median region farther than 400 held-out ones or more.
SEGMENTS_WITHHELD_LEVEL = 0.005


def threshold_findings(threshold: float, false_discovery_rate: float | None) -> list[Finding]:
    """What to tell where no threshold keeps the false-discovery rate that was asked for.

    Parameters
    ----------
    threshold : float
        Posterior from which a bin is called; 1 stands for none.
    false_discovery_rate : float or None
        That was asked for; None if the threshold itself was given.
    """
    if false_discovery_rate is None or threshold < 1:
        return []
    text = f"no threshold of this model keeps false calls below {false_discovery_rate:.0%}: next to nothing is called"
    return [Finding(Code.NO_THRESHOLD, Severity.WARNING, text)]


def choice_findings(decision: Decision, doubts: Doubts, is_forced: bool = False) -> list[Finding]:
    """What the doubts in the choice between scenarios amount to; see `too_little_finding` for too little sequence.

    Parameters
    ----------
    decision : Decision
        The final one.
    doubts : Doubts
    is_forced : bool
        Whether answers are given that would be withheld.
    """
    findings = list[Finding]()
    if decision is Decision.NO_SCENARIO_FITS:
        text = (
            f"no scenario fits: only {doubts.novelty_p_value:.2%} of the simulated genomes lie as far from all "
            f"scenarios as the data; {withheld_text('scenario probabilities and parameters', is_forced)}; look for "
            "other numbers of individuals, missing genotypes, a mask or errors that training did not have: "
            "statistic_percentiles.tsv tells which statistics are unlike the simulations"
        )
        findings.append(Finding(Code.NO_SCENARIO_FITS, withheld_severity(is_forced), text))
    if doubts.novelty_p_value is None and decision is not Decision.TOO_LITTLE_SEQUENCE:
        text = "training had too few genomes of a scenario to tell whether any scenario fits the data"
        findings.append(Finding(Code.NOVELTY_UNKNOWN, Severity.WARNING, text))
    odd, even = doubts.p_ghost_odd, doubts.p_ghost_even
    if odd is not None and even is not None and abs(odd - even) > DISAGREEMENT:
        text = (
            f"one half of the regions gives a ghost the probability {odd:.2f}, the other {even:.2f}: a few regions "
            "decide, or some are unlike the simulations"
        )
        findings.append(Finding(Code.HALVES_DISAGREE, Severity.WARNING, text))
    if doubts.p_ghost_standard_deviation > SPREAD and decision not in decisions.WITHHELD:
        text = (
            f"members of the ensemble differ by {doubts.p_ghost_standard_deviation:.2f} in the probability of a ghost: "
            "take it as uncertain; more sequence helps, and so does training on more genomes"
        )
        findings.append(Finding(Code.ENSEMBLE_DISAGREES, Severity.WARNING, text))
    return findings


def unlike_findings(percentiles: pd.DataFrame) -> list[Finding]:
    """What to tell if more statistics are `decisions.Unlike` every scenario than are by chance."""
    unlike = decisions.Unlike.of(percentiles)
    names = unlike.rows["statistic"]
    if len(names) <= MANY * unlike.num_statistics:
        return []
    text = (
        f"{len(names)} of {unlike.num_statistics} statistics lie outside the middle 98 % of the simulated genomes of "
        f"every scenario ({', '.join(names.head(3))}, ...): look for a filter, missing genotypes, a mask or errors "
        "that training did not have; statistic_percentiles.tsv tells which"
    )
    return [Finding(Code.STATISTICS_UNLIKE, Severity.WARNING, text)]


def edge_findings(bundle: ParametersBundle, draws: NDArray[np.float64]) -> list[Finding]:
    """Which parameters' posteriors are squeezed against an edge of their priors.

    Parameters
    ----------
    bundle : ParametersBundle
    draws : ndarray of float64, shape (num_draws, num_parameters)
        On the scale on which the prior is standard normal.
    """
    quantiles = stats.norm.cdf(np.median(draws, axis=0))
    names = [
        f"{name} ({'lower' if quantile < 0.5 else 'upper'})"
        for name, quantile in zip(bundle.scale.names, quantiles, strict=True)
        if not EDGE_QUANTILE <= quantile <= 1 - EDGE_QUANTILE
    ]
    if not names:
        return []
    text = (
        f"the posterior is squeezed against an edge of the prior: {', '.join(names)}; the truth may lie outside, and "
        "then the other parameters are wrong too: train with wider priors, or look for a flaw of the data"
    )
    if "outgroup_size (lower)" in names:
        text += "; an outgroup that seems so small may be the target: have the two been exchanged?"
    return [Finding(Code.POSTERIOR_AT_EDGE, Severity.WARNING, text)]


def segments_findings(bundle: SegmentsBundle, calls: Sequence[ContigCalls], is_forced: bool = False) -> list[Finding]:
    """What to tell if the data are unlike all that the segment network was trained on; see `are_segments_withheld`.

    Parameters
    ----------
    bundle : SegmentsBundle
    calls : sequence of ContigCalls
    is_forced : bool
        Whether segments are given that would be withheld.
    """
    p_value = _novelty_p_value(calls)
    if np.isnan(p_value):
        text = "it was not checked whether the data are like the simulations that the segment network learnt from: "
        if any(len(contig.novelty_p_values) for contig in calls):
            length = megabases(bundle.training.region_length_bp)
            text += f"that takes a stretch of {length} at least half of which is callable; ask about more of the genome"
        else:
            text += "that takes a model which was trained on more genomes"
        return [Finding(Code.NOVELTY_UNKNOWN, Severity.REMARK, text)]
    if p_value > decisions.NOVELTY_LEVEL:
        return []
    text = f"the data are unlike the simulations of the segment network (p = {p_value:.2g}): "
    advice = "look for a filter, a mask or errors that training did not have, for roles that were exchanged, or train "
    advice += "with data like yours"
    if not are_segments_withheld(calls):
        return [Finding(Code.SEGMENTS_UNLIKE, Severity.WARNING, f"{text}segments may be wrong; {advice}")]
    return [
        Finding(
            Code.SEGMENTS_UNLIKE,
            withheld_severity(is_forced),
            f"{text}{withheld_text('segments', is_forced)}; {advice}",
        )
    ]


def are_segments_withheld(calls: Sequence[ContigCalls]) -> bool:
    """Whether the median region is as unlike training as hardly any held-out one.

    Parameters
    ----------
    calls : sequence of ContigCalls
    """
    return bool(_novelty_p_value(calls) <= SEGMENTS_WITHHELD_LEVEL)


def called_share_findings(bundle: SegmentsBundle, calls: Sequence[ContigCalls]) -> list[Finding]:
    """What to tell if more is called, at the model's own threshold, than of any genome that training held out.

    Of less callable sequence than a region of training has nothing is told: a locus may be a tract.

    Parameters
    ----------
    bundle : SegmentsBundle
    calls : sequence of ContigCalls
    """
    callable_bp = sum(float(contig.bins.callable_bp[contig.bins.called].sum()) for contig in calls)
    if callable_bp < bundle.training.region_length_bp:
        return []
    share = calling.called_share(calls, bundle.thresholds.get(DEFAULT_FALSE_DISCOVERY_RATE, 1.0))
    if share <= bundle.highest_called_share:
        return []
    text = (
        f"{share:.1%} of the sequence is called, of the simulated genomes of training at most "
        f"{bundle.highest_called_share:.1%}: most of it may be false; check which population is the outgroup, and "
        "whether it is close enough to the target"
    )
    return [Finding(Code.MUCH_CALLED, Severity.WARNING, text)]


def _novelty_p_value(calls: Sequence[ContigCalls]) -> float:
    """Of all regions together; NaN where none has one, which is below no level."""
    return region_novelty.together(np.concatenate([contig.novelty_p_values for contig in calls]))


def contradiction_findings(
    decision: Decision | None, bundle: SegmentsBundle, calls: Sequence[ContigCalls]
) -> list[Finding]:
    """Whether the decision and the segments contradict each other, at the model's own threshold.

    Parameters
    ----------
    decision : Decision or None
        None: there is nothing that segments could contradict.
    bundle : SegmentsBundle
    calls : sequence of ContigCalls

    Returns
    -------
    list of Finding
        One or none.
    """
    threshold = bundle.thresholds.get(DEFAULT_FALSE_DISCOVERY_RATE, 1.0)
    if threshold >= 1:  # no call can be relied on
        return []
    if any(contig.is_withheld for contig in calls):
        return []
    share = calling.called_share(calls, threshold)
    if decision is Decision.NO_GHOST and share > MUCH_CALLED:
        text = (
            f"the decision is no ghost, and {share:.1%} of the sequence is called: one of them is wrong; without a "
            f"ghost at most {MUCH_CALLED:.1%} is expected to be called"
        )
    elif decision is Decision.GHOST and share < HARDLY_CALLED:
        text = f"the decision is ghost, and only {share:.2%} of the sequence is called: one of them may be wrong"
    else:
        return []
    return [Finding(Code.VERDICT_AGAINST_SEGMENTS, Severity.WARNING, text)]
