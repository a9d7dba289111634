"""Applying bundles: posteriors per haplotype and bin, scenario probabilities, and segments."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from introghost.inference import decisions, inputs, novelty
from introghost.inference.bundle import Bundle, check_channels
from introghost.inference.contigs import (
    CALLED,
    GAP,
    ContigStatistics,
    bin_status,
    callable_fraction_of,
    num_groups,
)
from introghost.inference.inputs import Pooled
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.statistics.haplotype import (
    BLANK_BINS,
    STATISTICS,
    moments,
    usable_bins,
)
from introghost.statistics.population import POPULATION_STATISTICS

Array = NDArray[np.float32]

NUM_PRIVATE = 4
POSITIONS = 2**18
SHARE_TOLERANCE = 0.05


@dataclass(frozen=True)
class ContigCalls:
    """Posteriors along one contig.

    Attributes
    ----------
    contig : str
    starts_bp, ends_bp : ndarray of int64, shape (num_bins,)
        Bins, 0-based and half-open.
    labels : list of str
        ``SAMPLE.HAPLOTYPE`` of each target haplotype.
    posterior : ndarray of float32, shape (num_haplotypes, num_bins)
        NaN where `status` is not ``called``.
    private_alleles : ndarray of int64, shape (num_haplotypes, num_bins)
    callable_bp : ndarray of float32, shape (num_bins,)
    num_sites : ndarray of int64, shape (num_bins,)
    status : ndarray of str, shape (num_bins,)
        ``called``, or why the bin is not.
    """

    contig: str
    starts_bp: NDArray[np.int64]
    ends_bp: NDArray[np.int64]
    labels: list[str]
    posterior: Array
    private_alleles: NDArray[np.int64]
    callable_bp: Array
    num_sites: NDArray[np.int64]
    status: NDArray[np.str_]


def segment_posterior(
    bundle: Bundle, statistics: Array, callable_fraction: Array, over_haplotypes: Array | None = None
) -> Array:
    """Probability that each bin of each haplotype is ghost-derived.

    Parameters
    ----------
    bundle : Bundle
        Of the task ``"segments"``.
    statistics : ndarray of float32, shape (num_haplotypes, num_bins, num_statistics)
    callable_fraction : ndarray of float32, shape (num_bins,)
    over_haplotypes : ndarray of float32, shape (num_moments, num_bins, num_statistics), optional
        Moments over all target haplotypes, if `statistics` does not hold all of them.

    Returns
    -------
    ndarray of float32, shape (num_haplotypes, num_bins)
        NaN where too little of the bin is callable.
    """
    usable = usable_bins(callable_fraction)
    if over_haplotypes is None:
        over_haplotypes = moments(statistics)
    window = bundle.description["region_length_bp"] // bundle.description["bin_bp"]
    around = torch.from_numpy(inputs.context(over_haplotypes, usable, window))
    own = torch.from_numpy(statistics)
    check_channels(bundle, inputs.segment_input(own[:0], around.expand(0, -1, -1)).shape[2])
    result = np.empty(statistics.shape[:2], dtype=np.float32)
    with torch.inference_mode():
        step = max(1, POSITIONS // own.shape[1])  # as many haplotypes at a time as memory can be spared for
        for start in range(0, len(own), step):
            part = own[start : start + step]
            logits = bundle.network(inputs.segment_input(part, around.expand(len(part), -1, -1)))
            result[start : start + step] = torch.sigmoid(logits / bundle.temperature).numpy()
    result[:, ~usable] = np.nan
    return result


def scenario_probabilities(bundle: Bundle, pooled: Pooled) -> NDArray[np.float64]:
    """Posterior probability of each scenario of the bundle, each equally likely beforehand.

    Parameters
    ----------
    pooled : Pooled
        Of each genome.

    Returns
    -------
    ndarray of float64, shape (num_genomes, num_scenarios)
    """
    check_channels(bundle, pooled.values.shape[1] + 1)
    with torch.inference_mode():
        logits = bundle.network(*pooled.tensors()).double()
        probabilities: NDArray[np.float64] = torch.softmax(logits / bundle.temperature, dim=1).numpy()
    return probabilities


def whole(bundle: Bundle, regions: NDArray[np.float64]) -> Pooled:
    """What a bundle's network is given of the genome that these regions make; see `inputs.Pooled.of`."""
    return Pooled.of(regions, bundle.description["regions"][1])


def too_little(bundle: Bundle, regions: NDArray[np.float64]) -> bool:
    """Whether a genome has fewer regions than any part of one that the bundle's network was trained on."""
    return len(regions) < int(bundle.description["regions"][0])


def doubts(bundle: Bundle, regions: NDArray[np.float64]) -> dict[str, Any]:
    """What speaks against believing the choice between scenarios for one genome.

    Parameters
    ----------
    bundle : Bundle
        Of the task ``"model-choice"``.
    regions : ndarray of float64, shape (num_regions, num_pooled)
        Of `pool_contigs`.

    Returns
    -------
    dict
        ``novelty_p_value``: how many of all simulated genomes lie as far from the nearest scenario, and
        ``novelty_p_values`` under each scenario; both None where training had too few genomes to tell, and of too
        little sequence. ``p_ghost_odd`` and ``p_ghost_even``: of every second region alone, under equal priors; None of
        too few regions for that. ``p_ghost_standard_deviation``: over the members of the ensemble.
    """
    network = cast(ModelChoiceNetwork, bundle.network)
    names = bundle.description["scenarios"]
    ghost = [decisions.has_ghost(name) for name in names]
    found: dict[str, Any] = {"novelty_p_value": None, "novelty_p_values": None}
    genome = whole(bundle, regions)
    with torch.inference_mode():
        if network.novelty.references.shape[1] and not too_little(bundle, regions):
            roots = network.standardise.roots(torch.from_numpy(genome.values)).numpy()
            each, together = novelty.p_values(network.novelty, roots, genome.num_regions)
            found["novelty_p_value"] = float(together[0])
            found["novelty_p_values"] = dict(zip(names, each[0].tolist(), strict=True))
        members = torch.softmax(network.each(*genome.tensors())[:, 0].double() / bundle.temperature, dim=1)
    enough = len(regions) >= 2 * bundle.description["regions"][0]
    for number, name in enumerate(("p_ghost_odd", "p_ghost_even")):
        part = scenario_probabilities(bundle, whole(bundle, regions[number::2])) if enough else None
        found[name] = None if part is None else float(part[0, ghost].sum())
    found["p_ghost_standard_deviation"] = float(members[:, ghost].sum(dim=1).std(correction=0))
    return found


def call_contig(bundle: Bundle, statistics: ContigStatistics) -> ContigCalls:
    """Posteriors along one contig from its statistics; every bin has a row, called or not."""
    bin_bp = bundle.description["bin_bp"]
    starts = np.arange(statistics.start_bp, statistics.end_bp, bin_bp, dtype=np.int64)
    ends = np.minimum(starts + bin_bp, statistics.end_bp)
    fraction = callable_fraction_of(statistics, bin_bp)
    posterior = np.full((len(statistics.labels), len(starts)), np.nan, dtype=np.float32)
    private = np.zeros(posterior.shape, dtype=np.int64)
    status = bin_status(statistics, fraction)
    if statistics.has_sites:
        called_fraction = np.where(status == CALLED, fraction, np.float32(0))  # a gap is not context either
        for group in statistics.groups:
            posterior[group] = segment_posterior(bundle, statistics.haplotype[group], called_fraction)
        per_10kb = statistics.haplotype[:, :, [STATISTICS.index(name) for name in STATISTICS[:NUM_PRIVATE]]]
        private = np.rint(per_10kb.sum(axis=2) * statistics.callable_bp / 10_000).astype(np.int64)
    return ContigCalls(
        contig=statistics.contig,
        starts_bp=starts,
        ends_bp=ends,
        labels=statistics.labels,
        posterior=posterior,
        private_alleles=private,
        callable_bp=statistics.callable_bp,
        num_sites=statistics.num_sites,
        status=status,
    )


def window_warnings(calls: list[ContigCalls]) -> list[str]:
    """What to tell the user about bins that are not called."""
    warnings = [
        f"contig {contig.contig} has no usable site: not called" for contig in calls if not any(contig.num_sites)
    ]
    gaps = sum(int((contig.ends_bp - contig.starts_bp)[contig.status == GAP].sum()) for contig in calls)
    if gaps:
        warnings.append(
            f"{gaps:,} bp in runs of {BLANK_BINS} or more bins without a usable site are not called; "
            "`introghost vcf check` counts the records that are not used, and why"
        )
    return warnings


def segments(calls: ContigCalls, threshold: float) -> pd.DataFrame:
    """Runs of bins whose posterior is at least `threshold`.

    Returns
    -------
    DataFrame
        contig, start, end (0-based, half-open), sample, haplotype, mean_posterior, num_private_alleles; sorted by
        start, then sample and haplotype. A bin without a call ends a segment.
    """
    rows = []
    above = calls.posterior >= threshold
    edges = np.diff(np.pad(above.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    for haplotype, label in enumerate(calls.labels):
        sample, index = label.rsplit(".", 1)
        firsts, lasts = np.flatnonzero(edges[haplotype] == 1), np.flatnonzero(edges[haplotype] == -1)
        for first, last in zip(firsts, lasts, strict=True):
            inside = slice(first, last)
            rows.append(
                {
                    "contig": calls.contig,
                    "start": calls.starts_bp[first],
                    "end": calls.ends_bp[last - 1],
                    "sample": sample,
                    "haplotype": int(index),
                    "mean_posterior": float(calls.posterior[haplotype, inside].mean()),
                    "num_private_alleles": int(calls.private_alleles[haplotype, inside].sum()),
                }
            )
    columns = ["contig", "start", "end", "sample", "haplotype", "mean_posterior", "num_private_alleles"]
    return pd.DataFrame(rows, columns=columns).sort_values(["start", "sample", "haplotype"], ignore_index=True)


def offered(ancestral: str, size: dict[str, int]) -> dict[str, Any]:
    """What this version computes from data of that ancestral status, under the keys that `check_fit` compares."""
    return {
        **size,
        "statistics": list(STATISTICS),
        "population_statistics": list(POPULATION_STATISTICS),
        "ancestral": ancestral,
    }


def extent_warnings(bundle: Bundle, about: dict[str, int]) -> list[str]:
    """What to tell the user if the choice between scenarios rests on other stretches than training's; see above."""
    length, found = bundle.description["region_length_bp"], list[str]()
    if 2 * about["bins"] * bundle.description["bin_bp"] < length:
        found.append(
            f"{bundle.task} rests on {about['bins']:,} bins, less than half of a region as in training: "
            "it is hardly more than a guess"
        )
    fewest, most = bundle.description["regions"]
    if not fewest <= about["regions"] <= most:
        trained = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        few = "do not rely on it, of so few regions it is too sure of itself"
        found.append(
            f"{bundle.task} rests on {about['regions']:,} regions of {length:,} bp, {trained} in training: "
            + (few if about["regions"] < fewest else "of more it is less sure than it could be")
        )
    number = about["regions_of_short_stretches"]
    if 2 * number > about["regions"]:
        found.append(
            f"regions that {bundle.task} rests on: {about['regions']:,}, put together from shorter "
            f"stretches: {number:,}; linkage reaches less far there than in {length:,} bp, so train with a "
            "--region-length-bp that fits short contigs, and with the mask"
        )
    return found


def mask_warnings(bundle: Bundle, contigs: list[ContigStatistics]) -> list[str]:
    """What to tell the user if more, or less, of the sequence is masked than in the simulations of training."""
    fractions = np.concatenate([callable_fraction_of(contig, bundle.description["bin_bp"]) for contig in contigs])
    share = float(inputs.callable_share(fractions))
    low, high = bundle.description["callable_share"]
    if np.isnan(share) or low - SHARE_TOLERANCE <= share <= high + SHARE_TOLERANCE:
        return []  # where no bin is usable, nothing is called
    return [
        f"{share:.0%} of the sequence in usable bins is callable, {low:.0%} to {high:.0%} was in the training of "
        f"{bundle.task}: it may be off; check --include-bed, or train with this mask"
    ]


def whole_diploids(bundles: list[Bundle]) -> tuple[int, int] | None:
    """The most outgroup and target individuals that all of these networks for whole genomes know."""
    if not bundles:
        return None
    sizes = [bundle.description["sample_sizes"] for bundle in bundles]
    outgroup, target = (min(one[name][1] for one in sizes) for name in ("outgroup_diploids", "target_diploids"))
    return outgroup, target


def sample_size_warnings(
    bundle: Bundle, outgroup_diploids: int, target_diploids: int, most: tuple[int, int] | None = None
) -> list[str]:
    """What to tell the user if the numbers of diploids are outside those that the bundle was trained on.

    More target individuals than that are no trouble where they make groups of the right size. Networks for whole
    genomes are given at most `most` of either role, see `whole_diploids`.
    """
    if bundle.task != "segments" and most is not None:
        outgroup_diploids, target_diploids = min(outgroup_diploids, most[0]), min(target_diploids, most[1])
    found = {"outgroup_diploids": outgroup_diploids, "target_diploids": target_diploids}
    warnings = []
    for name, number in found.items():
        low, high = bundle.description["sample_sizes"][name]
        groups = num_groups(number, (low, high)) if name == "target_diploids" else 1
        if not low <= number // groups or number > groups * high:
            trained = f"{low}" if low == high else f"{low} to {high}"
            warnings.append(
                f"{name.replace('_', ' ')}: {number} in the data, {trained} in the training of {bundle.task}; "
                "it may be off"
            )
    return warnings
