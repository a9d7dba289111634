"""Segments: posteriors per haplotype and bin, and the runs of bins that are called."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from introghost.arrays import runs
from introghost.haplotypes import label_parts
from introghost.inference import inputs, region_novelty
from introghost.inference.bundles import SegmentsBundle
from introghost.inference.reading import Bins, BinStatus, ContigStatistics
from introghost.statistics.haplotype import moments, usable_bins

Array = NDArray[np.float32]

# Haplotypes times bins that the network looks at together: what memory can be spared for.
POSITIONS = 2**18
SEGMENT_TYPES = {
    "contig": "str",
    "start": "int64",
    "end": "int64",
    "sample": "str",
    "haplotype": "int64",
    "mean_posterior": "float64",
    "num_private_alleles": "int64",
}


@dataclass(frozen=True)
class ContigCalls:
    """Posteriors along one contig.

    Attributes
    ----------
    bins : Bins
    labels : list of str
        ``SAMPLE.HAPLOTYPE`` of each target haplotype.
    posterior : ndarray of float32, shape (num_haplotypes, num_bins)
        NaN in bins that are not called.
    private_alleles : ndarray of int64, shape (num_haplotypes, num_bins)
        Derived alleles that no outgroup haplotype carries.
    novelty_p_values : ndarray of float64, shape (num_regions,)
        Of each region of the trained length, see `region_novelty.p_values`; NaN for those with few usable bins. Without
        a value where the network has nothing to compare with.
    """

    bins: Bins
    labels: list[str]
    posterior: Array
    private_alleles: NDArray[np.int64]
    novelty_p_values: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    @property
    def is_withheld(self) -> bool:
        """Whether posteriors are kept back."""
        return bool((self.bins.status == BinStatus.WITHHELD).any())


def segment_posterior(
    bundle: SegmentsBundle,
    statistics: Array,
    callable_fraction: Array,
    population: Array,
    over_haplotypes: Array | None = None,
) -> Array:
    """Probability that each bin of each haplotype is ghost-derived, before it is calibrated by those of its file.

    Parameters
    ----------
    bundle : SegmentsBundle
    statistics : ndarray of float32, shape (num_haplotypes, num_bins, num_statistics)
    callable_fraction : ndarray of float32, shape (num_bins,)
    population : ndarray of float32, shape (num_population,)
        Population statistics; NaN where they are unknown.
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
    context = torch.from_numpy(inputs.context(over_haplotypes, population))
    haplotypes = torch.from_numpy(statistics)
    posterior = np.empty(statistics.shape[:2], dtype=np.float32)
    with torch.inference_mode():
        step = max(1, POSITIONS // haplotypes.shape[1])
        for start in range(0, len(haplotypes), step):
            part = haplotypes[start : start + step]
            logits = bundle.network(inputs.segment_input(part, context.expand(len(part), -1, -1)))
            posterior[start : start + step] = torch.sigmoid(logits / bundle.temperature).numpy()
    posterior[:, ~usable] = np.nan
    return posterior


def call_contig(bundle: SegmentsBundle, statistics: ContigStatistics, population: Array) -> ContigCalls:
    """Posteriors along one contig from its statistics, not yet `given_file`; every bin has a column, called or not.

    Parameters
    ----------
    bundle : SegmentsBundle
    statistics : ContigStatistics
    population : ndarray of float32, shape (num_population,)
        Population statistics of all contigs together, see `file_population.mean_population`.

    Returns
    -------
    ContigCalls
        The posterior is NaN in bins that are not called, and everywhere on a contig without a usable site.
    """
    bins = statistics.bins
    posterior = np.full((len(statistics.labels), len(bins)), np.nan, dtype=np.float32)
    private_alleles = np.zeros(posterior.shape, dtype=np.int64)
    p_values = list[NDArray[np.float64]]()
    if bins.has_sites:
        for group in statistics.groups:
            values = statistics.haplotype.values[group]
            over_haplotypes = moments(values)
            posterior[group] = segment_posterior(bundle, values, bins.callable_fraction, population, over_haplotypes)
            p_values.append(_novelty(bundle, over_haplotypes, usable_bins(bins.callable_fraction)))
        private_alleles = statistics.haplotype.private_alleles
    novelty = np.max(p_values, axis=0) if p_values else np.empty(0)  # a p-value however groups depend on each other
    return ContigCalls(bins, statistics.labels, posterior, private_alleles, novelty)


def given_file(bundle: SegmentsBundle, calls: Sequence[ContigCalls], population: Array) -> list[ContigCalls]:
    """The same contigs, their posteriors calibrated by those of all of them; see `file_calibration`.

    Parameters
    ----------
    bundle : SegmentsBundle
    calls : sequence of ContigCalls
        Of all contigs of a file, by `call_contig`.
    population : ndarray of float32, shape (num_population,)
        Population statistics of the file.
    """
    posteriors = bundle.given_file([contig.posterior for contig in calls], population)
    return [replace(contig, posterior=posterior) for contig, posterior in zip(calls, posteriors, strict=True)]


def _novelty(bundle: SegmentsBundle, over_haplotypes: Array, usable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """p-value of each region of the trained length, NaN where few bins are usable; none without references."""
    known = bundle.network.novelty
    if not len(known.distances):
        return np.empty(0)
    step = bundle.training.region_length_bp // bundle.training.bin_bp
    parts = [slice(first, first + step) for first in range(0, len(usable), step)]
    regions = np.stack([region_novelty.features(over_haplotypes[:, part], usable[part]) for part in parts])
    is_told = np.array([region_novelty.is_told(usable[part], step) for part in parts])
    return np.where(is_told, region_novelty.p_values(known, regions), np.nan)


def withheld(calls: ContigCalls) -> ContigCalls:
    """The same contig without a posterior; bins that were called have the status `BinStatus.WITHHELD`."""
    status = np.where(calls.bins.called, BinStatus.WITHHELD, calls.bins.status).astype(np.str_)
    bins = replace(calls.bins, status=status)
    return replace(calls, bins=bins, posterior=np.full_like(calls.posterior, np.nan))


def segments(calls: Sequence[ContigCalls], threshold: float) -> pd.DataFrame:
    """Runs of bins whose posterior is at least `threshold`.

    Parameters
    ----------
    calls : sequence of ContigCalls
    threshold : float

    Returns
    -------
    DataFrame
        contig, start, end (0-based, half-open), sample, haplotype, mean_posterior, num_private_alleles, of
        `SEGMENT_TYPES` also where there is none; contigs in their order, in each sorted by start, then sample and
        haplotype. A bin without a call ends a segment.
    """
    tables = [_segments_of_contig(contig, threshold) for contig in calls]
    kept = [table for table in tables if len(table)] or [pd.DataFrame(columns=list(SEGMENT_TYPES))]
    return pd.concat(kept, ignore_index=True).astype(SEGMENT_TYPES)


def _segments_of_contig(calls: ContigCalls, threshold: float) -> pd.DataFrame:
    rows = []
    for label, posterior, private_alleles in zip(calls.labels, calls.posterior, calls.private_alleles, strict=True):
        sample, haplotype = label_parts(label)
        for first, last in runs(posterior >= threshold):
            rows.append(
                (
                    calls.bins.contig,
                    calls.bins.starts_bp[first],
                    calls.bins.ends_bp[last - 1],
                    sample,
                    haplotype,
                    float(posterior[first:last].mean()),
                    int(private_alleles[first:last].sum()),
                )
            )
    table = pd.DataFrame(rows, columns=list(SEGMENT_TYPES))
    return table.sort_values(["start", "sample", "haplotype"], ignore_index=True)


def called_share(calls: Sequence[ContigCalls], threshold: float) -> float:
    """Share of the callable sequence of all target haplotypes that lies in called bins.

    Parameters
    ----------
    calls : sequence of ContigCalls
    threshold : float
        Posterior at or above which a bin is called; NaN is below every threshold.

    Returns
    -------
    float
        In [0, 1]; 0 without callable sequence.
    """
    called_bp = sum(float(((c.posterior >= threshold) @ c.bins.callable_bp.astype(np.float64)).sum()) for c in calls)
    callable_bp = sum(len(c.labels) * float(c.bins.callable_bp[c.bins.called].sum(dtype=np.float64)) for c in calls)
    return called_bp / callable_bp if callable_bp else 0.0
