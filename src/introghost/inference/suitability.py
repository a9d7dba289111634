"""Whether data lie in the range that a model was trained on, and whether its answers agree: as findings."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from introghost.arrays import runs
from introghost.findings import Code, Finding, Severity
from introghost.inference import calling, decisions, model_choice, region_novelty
from introghost.inference.bundles import (
    DEFAULT_FALSE_DISCOVERY_RATE,
    Bundle,
    GenomeBundle,
    ParametersBundle,
    SegmentsBundle,
)
from introghost.inference.calling import ContigCalls
from introghost.inference.decisions import Decision, Doubts
from introghost.inference.fields import Range
from introghost.inference.file_population import LEAST_REGION_PART
from introghost.inference.genome import Extent
from introghost.inference.model_choice import SHARE_TOLERANCE
from introghost.inference.reading import Bins, BinStatus, ReadingPlan, num_groups
from introghost.statistics.haplotype import BLANK_BINS, WIDE_BINS, usable_bins
from introghost.statistics.registry import COVARIATES

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
# Contigs that a finding names.
LISTED = 5

T = TypeVar("T", bound=Bundle)


def bin_findings(calls: Sequence[ContigCalls]) -> list[Finding]:
    """What to tell of bins that are not called."""
    findings = list[Finding]()
    without_sites = [contig.bins.contig for contig in calls if not contig.bins.has_sites]
    if without_sites:
        names, verb = ", ".join(without_sites[:LISTED]), "has" if len(without_sites) == 1 else "have"
        more = f" and {len(without_sites) - LISTED} more" if len(without_sites) > LISTED else ""
        contigs = "contig" if len(without_sites) == 1 else "contigs"
        text = f"{contigs} {names}{more} {verb} no usable site: not called"
        findings.append(Finding(Code.CONTIG_WITHOUT_SITES, Severity.WARNING, text))
    blank_bp = sum(_blank_bp(contig.bins) for contig in calls)
    if blank_bp:
        text = (
            f"{blank_bp:,} bp in runs of {BLANK_BINS} or more bins without a usable site are not called; "
            "`introghost vcf check` counts the records that are not used, and why"
        )
        findings.append(Finding(Code.BLANK_BINS, Severity.WARNING, text))
    return findings


def _blank_bp(bins: Bins) -> int:
    return int((bins.ends_bp - bins.starts_bp)[bins.status == BinStatus.BLANK].sum())


def population_findings(population: NDArray[np.float32], region_length_bp: int) -> list[Finding]:
    """What to tell if segments are called without knowing what outgroup and target are like.

    Parameters
    ----------
    population : ndarray of float32, shape (num_population,)
        Of `file_population.mean_population`.
    region_length_bp : int
        Of training.
    """
    if not np.isnan(population).any():
        return []
    text = (
        f"less than {_megabases(region_length_bp)} callable, in regions of {_megabases(region_length_bp)} that have "
        f"{_megabases(LEAST_REGION_PART * region_length_bp)} or more: segments are called without population "
        "statistics, and more of them may be false; give all loci in one file, or more of the genome"
    )
    return [Finding(Code.POPULATIONS_UNKNOWN, Severity.WARNING, text)]


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


def callable_share_findings(bundles: Sequence[Bundle], bins: Sequence[Bins]) -> list[Finding]:
    """What to tell if more, or less, of the sequence is masked than in the simulations of training.

    Parameters
    ----------
    bundles : sequence of Bundle
    bins : sequence of Bins
        Of each contig.
    """
    share = _callable_share(bins)
    outside = [bundle for bundle in bundles if not _share_fits(bundle, share)]
    if not outside:
        return []
    ranges = _by_value(outside, lambda bundle: _percent_range(*bundle.training.callable_share))
    text = (
        f"{share:.0%} of the sequence is callable, {ranges}: their answers may be wrong; check --include-bed, or train "
        "with this mask"
    )
    return [Finding(Code.CALLABLE_SHARE, Severity.WARNING, text)]


def _callable_share(bins: Sequence[Bins]) -> float:
    """Callable share of the sequence that is looked at; NaN where no bin is called.

    A hole of the mask that takes whole bins counts, as one does that takes parts of them; a long one does not: there
    is no sequence to look at.
    """
    fractions = []
    for contig in bins:
        is_looked_at = usable_bins(contig.callable_fraction)
        for first, last in runs(~is_looked_at):
            if last - first < WIDE_BINS and first > 0 and last < len(contig):
                is_looked_at[first:last] = True
        fractions.append(contig.callable_fraction[is_looked_at])
    looked_at = np.concatenate(fractions)
    return float(looked_at.mean()) if len(looked_at) else float("nan")


def _share_fits(bundle: Bundle, share: float) -> bool:
    """Whether a callable share is one of training; where no bin is usable (NaN), nothing is called."""
    low, high = bundle.training.callable_share
    return bool(np.isnan(share)) or low - SHARE_TOLERANCE <= share <= high + SHARE_TOLERANCE


def sample_size_findings(bundles: Sequence[Bundle], diploids: tuple[int, int], plan: ReadingPlan) -> list[Finding]:
    """What to tell if the numbers of diploids are outside those of training.

    Parameters
    ----------
    bundles : sequence of Bundle
    diploids : tuple of int
        Of the outgroup and of the target, in the data. More target individuals than in training are no trouble where
        they make groups of the right size; networks for whole genomes are given at most those of the plan.
    plan : ReadingPlan
    """
    findings = []
    for role, name in enumerate(("outgroup diploids", "target diploids")):
        outside = [bundle for bundle in bundles if not _size_fits(bundle, role, diploids[role], plan)]
        if outside:
            ranges = _by_value(outside, lambda bundle, role=role: str(_trained_sizes(bundle)[role]))  # type: ignore[misc]
            few = diploids[role] < max(_trained_sizes(bundle)[role].lowest for bundle in outside)
            code = Code.FEW_SAMPLES if few else Code.MANY_SAMPLES
            text = f"{name}: {diploids[role]} in the data, {ranges}; answers of these may be wrong"
            findings.append(Finding(code, Severity.WARNING, text))
    return findings


def _trained_sizes(bundle: Bundle) -> tuple[Range, Range]:
    return bundle.training.outgroup_diploids, bundle.training.target_diploids


def _size_fits(bundle: Bundle, role: int, number: int, plan: ReadingPlan) -> bool:
    """Whether so many individuals of a role are as many as in training."""
    trained = _trained_sizes(bundle)[role]
    if isinstance(bundle, GenomeBundle) and plan.most_diploids is not None:
        return min(number, plan.most_diploids[role]) in trained
    groups = num_groups(number, trained) if role == 1 else 1
    return trained.lowest <= number // groups and number <= groups * trained.highest


def is_outside_training(bundle: Bundle, diploids: tuple[int, int], bins: Sequence[Bins], plan: ReadingPlan) -> bool:
    """Whether numbers of individuals or the callable share lie outside the range of a bundle's training.

    Parameters
    ----------
    bundle : Bundle
    diploids : tuple of int
        Individuals of the outgroup and the target.
    bins : sequence of Bins
        Of each contig.
    plan : ReadingPlan
        Says which individuals are chosen, or looked at in groups, where there are more than in training.
    """
    sizes_fit = all(_size_fits(bundle, role, number, plan) for role, number in enumerate(diploids))
    return not (sizes_fit and _share_fits(bundle, _callable_share(bins)))


def extent_findings(bundles: Sequence[GenomeBundle], extent: Extent) -> list[Finding]:
    """What to tell if answers about the whole genome rest on other stretches than training's.

    Parameters
    ----------
    bundles : sequence of GenomeBundle
        May be empty.
    extent : Extent
        How much sequence the answers rest on.
    """
    if not bundles:
        return []
    findings, length_bp = list[Finding](), bundles[0].training.region_length_bp
    above = [bundle for bundle in bundles if extent.regions > bundle.regions.highest]
    if above:
        ranges = _by_value(above, lambda bundle: str(bundle.regions))
        text = f"{extent.regions:,} regions of {length_bp:,} bp, {ranges}: the answer is less sure than it could be"
        findings.append(Finding(Code.MANY_REGIONS, Severity.REMARK, text))
    if 2 * extent.regions_of_short_stretches > extent.regions:
        text = (
            f"{extent.regions_of_short_stretches:,} of {extent.regions:,} regions are put together from shorter "
            f"stretches; linkage reaches less far there than in {length_bp:,} bp, so train with a --region-length-bp "
            "that fits short contigs, and with the mask"
        )
        findings.append(Finding(Code.SHORT_STRETCHES, Severity.WARNING, text))
    return findings


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
            f"scenarios as the data; {_withheld('scenario probabilities and parameters', is_forced)}; look for other "
            "numbers of individuals, missing genotypes, a mask or errors that training did not have: "
            "statistic_percentiles.tsv tells which statistics are unlike the simulations"
        )
        findings.append(Finding(Code.NO_SCENARIO_FITS, _weight(is_forced), text))
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


def too_little_finding(bundles: Sequence[GenomeBundle], extent: Extent, is_forced: bool = False) -> Finding:
    """That there is too little sequence for the networks for whole genomes.

    Parameters
    ----------
    bundles : sequence of GenomeBundle
        All networks for whole genomes of the model.
    extent : Extent
    is_forced : bool
        Whether their answers are given all the same.
    """
    least_bp = max(model_choice.least_callable_bp(bundle) for bundle in bundles)
    regions = f"{extent.regions:,} region{'' if extent.regions == 1 else 's'}"
    text = (
        f"too little sequence: {_megabases(extent.used_bp)} callable in {regions}, the networks for whole genomes need "
        f"{_megabases(least_bp)}; {_withheld('scenario probabilities and parameters', is_forced)}"
    )
    return Finding(Code.TOO_LITTLE_SEQUENCE, _weight(is_forced), text)


def parameters_finding(is_forced: bool = False) -> Finding:
    """That the data lie outside the range of training of the parameters, where intervals are confidently wrong."""
    text = (
        "the numbers of individuals or the mask lie outside the range in which parameters were trained, where "
        f"intervals are confidently wrong; {_withheld('parameters', is_forced)}; train with data like yours"
    )
    return Finding(Code.PARAMETERS_WITHHELD, _weight(is_forced), text)


def _weight(is_forced: bool) -> Severity:
    """An answer that is forced is not withheld, and may be wrong."""
    return Severity.WARNING if is_forced else Severity.WITHHELD


def _withheld(what: str, is_forced: bool) -> str:
    return f"{what} are given because they are forced" if is_forced else f"{what} are not given without --force"


def _megabases(length_bp: float) -> str:
    return f"{length_bp / 1e6:.3g} Mb"


def unlike_findings(percentiles: pd.DataFrame) -> list[Finding]:
    """What to tell if more statistics are `decisions.unlike` every scenario than are by chance."""
    # Numbers of haplotypes and callable shares have findings of their own.
    is_covariate = percentiles["statistic"].str.endswith(tuple(COVARIATES))
    percentiles = percentiles[~is_covariate]
    names = decisions.unlike(percentiles)["statistic"]
    if len(names) <= MANY * len(percentiles):
        return []
    text = (
        f"{len(names)} of {len(percentiles)} statistics lie outside the middle 98 % of the simulated genomes of every "
        f"scenario ({', '.join(names.head(3))}, ...): look for a filter, missing genotypes, a mask or errors that "
        "training did not have; statistic_percentiles.tsv tells which"
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
    return [Finding(Code.POSTERIOR_AT_EDGE, Severity.WARNING, text)]


def segments_findings(calls: Sequence[ContigCalls], is_forced: bool = False) -> list[Finding]:
    """What to tell if the data are unlike all that the segment network was trained on; see `are_segments_withheld`.

    Parameters
    ----------
    calls : sequence of ContigCalls
    is_forced : bool
        Whether segments are given that would be withheld.
    """
    p_value = _novelty_p_value(calls)
    if np.isnan(p_value):
        has_references = any(len(contig.novelty_p_values) for contig in calls)
        why = "no region is half callable" if has_references else "it was trained on too few genomes"
        text = f"nothing is known of how the data compare with the simulations of the segment network: {why}"
        return [Finding(Code.NOVELTY_UNKNOWN, Severity.REMARK, text)]
    if p_value > decisions.NOVELTY_LEVEL:
        return []
    text = f"the data are unlike the simulations of the segment network (p = {p_value:.2g}): "
    advice = "look for a filter, a mask or errors that training did not have, for roles that were exchanged, or train "
    advice += "with data like yours"
    if not are_segments_withheld(calls):
        return [Finding(Code.SEGMENTS_UNLIKE, Severity.WARNING, f"{text}segments may be wrong; {advice}")]
    return [Finding(Code.SEGMENTS_UNLIKE, _weight(is_forced), f"{text}{_withheld('segments', is_forced)}; {advice}")]


def are_segments_withheld(calls: Sequence[ContigCalls]) -> bool:
    """Whether the median region is as unlike training as hardly any held-out one.

    Parameters
    ----------
    calls : sequence of ContigCalls
    """
    return bool(_novelty_p_value(calls) <= SEGMENTS_WITHHELD_LEVEL)


def called_share_findings(bundle: SegmentsBundle, calls: Sequence[ContigCalls]) -> list[Finding]:
    """What to tell if more is called, at the model's own threshold, than of any region that training held out.

    Parameters
    ----------
    bundle : SegmentsBundle
    calls : sequence of ContigCalls
    """
    share = calling.called_share(calls, bundle.thresholds.get(DEFAULT_FALSE_DISCOVERY_RATE, 1.0))
    if share <= bundle.highest_called_share:
        return []
    text = (
        f"{share:.1%} of the sequence is called, of the simulated regions of training at most "
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


def _percent_range(low: float, high: float) -> str:
    return f"{low:.0%}" if low == high else f"{low:.0%} to {high:.0%}"


def _by_value(bundles: Iterable[T], value: Callable[[T], str]) -> str:
    """``RANGE in the training of TASK and TASK``, for each range once."""
    tasks = dict[str, list[str]]()
    for bundle in bundles:
        tasks.setdefault(value(bundle), []).append(str(bundle.task))
    return ", ".join(f"{text} in the training of {' and '.join(names)}" for text, names in tasks.items())
