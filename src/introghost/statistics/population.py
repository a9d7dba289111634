"""Population-level statistics of one region, for the model-choice and parameter networks.

Every statistic is a mean, a proportion or a rate per callable base pair, so that regions of different length, sample
size and mask are comparable; where nothing is defined (no sites, no pairs, no callable bases) it is 0.
Missing genotypes are left out site by site: frequencies and pairwise differences use the called haplotypes only.
"""

import warnings
from collections.abc import Iterator

import allel
import numpy as np
from numpy.typing import NDArray

from introghost.haplotypes import Haplotypes
from introghost.statistics.registry import POPULATION_STATISTICS
from introghost.statistics.thresholds import (
    HAPLOTYPE_WINDOW_SITES,
    HAPLOTYPE_WINDOW_STEP_SITES,
    JOINT_EDGES,
    LD_EDGES_BP,
    LD_MINIMUM_FREQUENCY,
    LD_SITES,
    PRIVATE_EDGES,
    PRIVATE_LD_BP,
    RUN_GAP_BP,
    SFS_EDGES,
)

__all__ = ["POPULATION_STATISTICS", "population_statistics"]


def population_statistics(haplotypes: Haplotypes) -> NDArray[np.float32]:
    """All population-level statistics of one region.

    Parameters
    ----------
    haplotypes : Haplotypes
        Outgroup and target; missing genotypes are left out site by site.

    Returns
    -------
    ndarray of float32, shape (len(POPULATION_STATISTICS),)
        In the order of `POPULATION_STATISTICS`; definitions, units and papers are in the registry. Never NaN: a
        statistic without sites, pairs or callable bases is 0.
    """
    values: dict[str, float] = {}
    callable_bp = haplotypes.num_callable_bp
    counts = {"outgroup": _allele_counts(haplotypes.outgroup), "target": _allele_counts(haplotypes.target)}
    frequencies = {role: _frequencies(count) for role, count in counts.items()}
    for role, genotypes in (("outgroup", haplotypes.outgroup), ("target", haplotypes.target)):
        values |= _within(role, counts[role], frequencies[role], callable_bp)
        values |= _ld_decay(role, haplotypes.positions_bp, genotypes, frequencies[role])
        values[f"haplotype_diversity_{role}"] = _haplotype_diversity(genotypes, frequencies[role])
    values |= _joint_spectrum(frequencies["outgroup"], frequencies["target"])
    values |= _between(counts["outgroup"], counts["target"], callable_bp)
    values |= _private(haplotypes, counts, frequencies["target"], callable_bp)
    vector = np.array([values[name] for name in POPULATION_STATISTICS], dtype=np.float64)
    return np.nan_to_num(vector, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32)


def _allele_counts(genotypes: NDArray[np.int8]) -> NDArray[np.int64]:
    """Ancestral and derived counts, shape (num_sites, 2)."""
    return np.stack([(genotypes == 0).sum(axis=1), (genotypes == 1).sum(axis=1)], axis=1)


def _frequencies(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Derived frequency among called haplotypes; NaN where none is called."""
    called = counts.sum(axis=1)
    frequencies = np.full(len(counts), np.nan)
    np.divide(counts[:, 1], called, out=frequencies, where=called > 0)
    return frequencies


def _proportions(values: NDArray[np.float64], edges: tuple[float, ...]) -> NDArray[np.float64]:
    """Proportion of `values` in each class (lower, upper]; zeros when there are none."""
    histogram = _class_counts(values, edges)
    return histogram / max(int(histogram.sum()), 1)


def _class_counts(values: NDArray[np.float64], edges: tuple[float, ...]) -> NDArray[np.int64]:
    """Number of `values` in each class (lower, upper]."""
    classes = np.searchsorted(edges, values, side="left") - 1
    inside = (classes >= 0) & (classes < len(edges) - 1)
    return np.bincount(classes[inside], minlength=len(edges) - 1)


def _per_bp(total: float, callable_bp: int) -> float:
    return float(total) / callable_bp if callable_bp else 0.0


def _within(
    role: str, counts: NDArray[np.int64], frequencies: NDArray[np.float64], callable_bp: int
) -> dict[str, float]:
    """Frequency spectrum, diversity, Watterson's estimator and Tajima's D of one role."""
    segregating = (counts > 0).all(axis=1)
    spectrum = _proportions(frequencies[segregating], SFS_EDGES)
    values = {f"sfs_{role}_{index}": float(value) for index, value in enumerate(spectrum)}
    if not segregating.any():
        return values | {f"pi_{role}": 0.0, f"theta_{role}": 0.0, f"tajima_d_{role}": 0.0}
    segregating_counts = counts[segregating]
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, counts.sum(axis=1).max() + 1))])
    a1 = harmonic[segregating_counts.sum(axis=1) - 1]
    values[f"pi_{role}"] = _per_bp(allel.mean_pairwise_difference(segregating_counts, fill=0).sum(), callable_bp)
    values[f"theta_{role}"] = _per_bp((1 / a1).sum(), callable_bp)
    with np.errstate(invalid="ignore", divide="ignore"):
        values[f"tajima_d_{role}"] = float(allel.tajima_d(segregating_counts))
    return values


def _joint_spectrum(outgroup: NDArray[np.float64], target: NDArray[np.float64]) -> dict[str, float]:
    """Proportions of the sites that segregate in the two roles together, in classes of both frequencies."""
    keep = np.isfinite(outgroup) & np.isfinite(target)
    keep &= ~((outgroup == target) & ((outgroup == 0) | (outgroup == 1)))
    first = np.searchsorted(JOINT_EDGES, outgroup[keep], side="left")
    second = np.searchsorted(JOINT_EDGES, target[keep], side="left")
    size = len(JOINT_EDGES)
    table = np.bincount(first * size + second, minlength=size * size).reshape(size, size) / max(int(keep.sum()), 1)
    return {f"joint_sfs_{i}_{j}": float(table[i, j]) for i in range(size) for j in range(size) if i or j}


def _between(outgroup: NDArray[np.int64], target: NDArray[np.int64], callable_bp: int) -> dict[str, float]:
    """Hudson's FST (ratio of sums over sites) and dxy."""
    if not len(outgroup):
        return {"fst": 0.0, "dxy": 0.0}
    numerator, denominator = allel.hudson_fst(outgroup, target, fill=0)
    both = (outgroup.sum(axis=1) > 1) & (target.sum(axis=1) > 1)
    total = float(denominator[both].sum())
    return {
        "fst": float(numerator[both].sum()) / total if total > 0 else 0.0,
        "dxy": _per_bp(allel.mean_pairwise_difference_between(outgroup, target, fill=0).sum(), callable_bp),
    }


def _thin(indices: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """At most `limit` of `indices`, evenly spaced in rank."""
    if len(indices) <= limit:
        return indices
    return indices[np.arange(limit) * len(indices) // limit]


def _r_squared(genotypes: NDArray[np.int8]) -> NDArray[np.float64]:
    """Squared correlation of all pairs of sites (missing set to the site's mean) less its expectation 1 / (n - 1)."""
    called = genotypes >= 0
    mean = (genotypes * called).sum(axis=1) / np.maximum(called.sum(axis=1), 1)
    centred = np.where(called, genotypes - mean[:, None], 0.0).astype(np.float32)
    norm = np.sqrt((centred**2).sum(axis=1))
    scaled = centred / np.where(norm > 0, norm, 1)[:, None]
    correlation = (scaled @ scaled.T).astype(np.float64)
    r_squared: NDArray[np.float64] = correlation**2 - 1 / max(genotypes.shape[1] - 1, 1)
    return r_squared


def _mean_r_squared(
    positions_bp: NDArray[np.int64], genotypes: NDArray[np.int8], edges_bp: tuple[int, ...]
) -> NDArray[np.float64]:
    """Mean r² of the pairs of sites in each class of distance (lower, upper]; 0 without pairs."""
    first, second = np.triu_indices(len(positions_bp), 1)
    distance = positions_bp[second] - positions_bp[first]
    classes = np.searchsorted(edges_bp, distance, side="left") - 1
    near = classes < len(edges_bp) - 1
    r_squared = _r_squared(genotypes)[first[near], second[near]]
    size = len(edges_bp) - 1
    pairs = np.bincount(classes[near], minlength=size)
    return np.bincount(classes[near], weights=r_squared, minlength=size) / np.maximum(pairs, 1)


def _ld_decay(
    role: str, positions_bp: NDArray[np.int64], genotypes: NDArray[np.int8], frequencies: NDArray[np.float64]
) -> dict[str, float]:
    """Mean r² among common sites by distance."""
    common = (frequencies >= LD_MINIMUM_FREQUENCY) & (frequencies <= 1 - LD_MINIMUM_FREQUENCY)
    chosen = _thin(np.flatnonzero(common), LD_SITES)
    means = _mean_r_squared(positions_bp[chosen], genotypes[chosen], LD_EDGES_BP)
    return {f"ld_{role}_{index}": float(value) for index, value in enumerate(means)}


def _haplotype_diversity(genotypes: NDArray[np.int8], frequencies: NDArray[np.float64]) -> float:
    """Mean haplotype diversity over full, evenly spaced windows of segregating sites; missing is a third allele."""
    segregating = genotypes[(frequencies > 0) & (frequencies < 1)]
    if len(segregating) < HAPLOTYPE_WINDOW_SITES:
        return 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        size, step = HAPLOTYPE_WINDOW_SITES, HAPLOTYPE_WINDOW_STEP_SITES
        return float(np.mean(allel.moving_haplotype_diversity(segregating, size=size, step=step)))


def _private(
    haplotypes: Haplotypes, counts: dict[str, NDArray[np.int64]], frequencies: NDArray[np.float64], callable_bp: int
) -> dict[str, float]:
    """Spectrum, runs and linkage of derived alleles that the target has and the outgroup lacks."""
    absent = (counts["outgroup"][:, 1] == 0) & (counts["outgroup"][:, 0] > 0)
    private = np.flatnonzero(absent & (counts["target"][:, 1] > 0))
    spectrum = _class_counts(frequencies[private], PRIVATE_EDGES)
    values = {f"private_{index}": _per_bp(count, callable_bp) for index, count in enumerate(spectrum)}
    target = haplotypes.target
    spans = np.concatenate([[], *_runs(haplotypes.positions_bp[private], target[private])])
    values["private_run_mean"] = float(spans.mean()) if len(spans) else 0.0
    values["private_run_q90"] = float(np.quantile(spans, 0.9)) if len(spans) else 0.0
    values["private_run_max"] = float(spans.max()) if len(spans) else 0.0
    shared = _thin(private[counts["target"][private, 1] >= 2], LD_SITES)
    ld = _mean_r_squared(haplotypes.positions_bp[shared], target[shared], (0, PRIVATE_LD_BP))
    values["private_ld"] = float(ld[0])
    return values


def _runs(positions_bp: NDArray[np.int64], genotypes: NDArray[np.int8]) -> Iterator[NDArray[np.float64]]:
    """Spans of the runs (two or more private alleles, gaps below `RUN_GAP_BP`) of all haplotypes together."""
    haplotype, site = np.nonzero(genotypes.T == 1)
    if not len(site):
        return
    position = positions_bp[site]
    broken = (np.diff(haplotype) != 0) | (np.diff(position) >= RUN_GAP_BP)
    first = np.concatenate([[0], np.flatnonzero(broken) + 1])
    last = np.concatenate([first[1:] - 1, [len(position) - 1]])
    several = last > first
    yield (position[last] - position[first] + 1)[several].astype(np.float64)
