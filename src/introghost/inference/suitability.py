"""Whether data lie in the range that a model was trained on: as findings."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from introghost.arrays import runs
from introghost.findings import Code, Finding, Severity, withheld_severity, withheld_text
from introghost.inference.bundles import Bundle, GenomeBundle
from introghost.inference.calling import ContigCalls
from introghost.inference.extent import SHARE_TOLERANCE, Extent, Least
from introghost.inference.fields import Range
from introghost.inference.file_population import LEAST_REGION_PART
from introghost.inference.reading import Bins, BinStatus, ReadingPlan, num_groups
from introghost.sizes import megabases
from introghost.statistics.haplotype import BLANK_BINS, WIDE_BINS, usable_bins

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
        f"the files have less than {megabases(region_length_bp)} of callable sequence (stretches with less than "
        f"{megabases(LEAST_REGION_PART * region_length_bp)} of it do not count): too little to tell how diverse "
        "outgroup and target are and how far apart, by which segments are called; more of them may be false or missed; "
        "ask about all loci together, or about more of the genome"
    )
    return [Finding(Code.POPULATIONS_UNKNOWN, Severity.WARNING, text)]


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
    least = Least.together([Least.of(bundle.training, bundle.regions) for bundle in bundles])
    text = (
        f"too little sequence: {extent}; the networks for whole genomes need {least}; "
        f"{withheld_text('scenario probabilities and parameters', is_forced)}"
    )
    return Finding(Code.TOO_LITTLE_SEQUENCE, withheld_severity(is_forced), text)


def parameters_finding(is_forced: bool = False) -> Finding:
    """That the data lie outside the range of training of the parameters, where intervals are confidently wrong."""
    text = (
        "the numbers of individuals or the mask lie outside the range in which parameters were trained, where "
        f"intervals are confidently wrong; {withheld_text('parameters', is_forced)}; train with data like yours"
    )
    return Finding(Code.PARAMETERS_WITHHELD, withheld_severity(is_forced), text)


def _percent_range(low: float, high: float) -> str:
    return f"{low:.0%}" if low == high else f"{low:.0%} to {high:.0%}"


def _by_value(bundles: Iterable[T], value: Callable[[T], str]) -> str:
    """``RANGE in the training of TASK and TASK``, for each range once."""
    tasks = dict[str, list[str]]()
    for bundle in bundles:
        tasks.setdefault(value(bundle), []).append(str(bundle.task))
    return ", ".join(f"{text} in the training of {' and '.join(names)}" for text, names in tasks.items())
