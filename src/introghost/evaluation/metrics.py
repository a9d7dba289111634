"""Diagnostics of probabilities against truths, and their uncertainty over genomes.

In every function a pair whose score is NaN is left out: it stands for a bin that could not be called.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from introghost.errors import DataError

NUM_RELIABILITY_BINS = 10  # of equal width, which are drawn
NUM_CALIBRATION_BINS = 15  # of equal mass, which calibration errors are computed in
_NUM_LEVELS = 2000


class Estimate(NamedTuple):
    """One row of a summary.

    Attributes
    ----------
    metric : str
    value : float
        NaN where it is not defined.
    lower, upper : float
        Bounds of its interval; NaN where it has none.
    """

    metric: str
    value: float
    lower: float = np.nan
    upper: float = np.nan


def summary_table(estimates: Iterable[Estimate]) -> pd.DataFrame:
    """A row each, columns metric, value, lower and upper; NaN where something is not defined."""
    return pd.DataFrame(list(estimates), columns=list(Estimate._fields))


def _pairs(scores: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Flat scores and labels without the pairs whose score is NaN."""
    flat_scores = np.asarray(scores, dtype=np.float64).ravel()
    flat_labels = np.asarray(labels).astype(bool).ravel()
    if flat_scores.shape != flat_labels.shape:
        raise DataError(f"{flat_scores.size} scores for {flat_labels.size} labels: their numbers must agree")
    keep = ~np.isnan(flat_scores)
    return flat_scores[keep], flat_labels[keep]


def _probability_pairs(scores: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The same of scores that must be probabilities."""
    flat_scores, flat_labels = _pairs(scores, labels)
    if flat_scores.size and not (flat_scores.min() >= 0 and flat_scores.max() <= 1):
        raise DataError(f"probabilities from {flat_scores.min():g} to {flat_scores.max():g}: expected 0 to 1")
    return flat_scores, flat_labels


def _cumulative_counts(
    scores: NDArray[np.float64], labels: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Distinct scores, high to low, with the true positives and the calls at or above each."""
    # Scores from high to low, and the last place of each run of equal ones: calls at a threshold take the whole run.
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1) if len(ranked) else np.empty(0, dtype=np.int64)
    return ranked[last], np.cumsum(labels[order])[last], last + 1


def average_precision(scores: ArrayLike, labels: ArrayLike) -> float:
    """Average precision: the precision at each distinct score, weighted by the recall gained there.

    Parameters
    ----------
    scores : array_like of float
        Any shape; higher means more likely positive. NaN pairs are left out; tied scores are called together.
    labels : array_like of bool
        The truth, same number of elements.

    Returns
    -------
    float
        In [0, 1]; NaN without a positive.

    Raises
    ------
    DataError
        If the numbers of scores and labels differ.
    """
    _, true_positives, calls = _cumulative_counts(*_pairs(scores, labels))
    return _average_precision_of_counts(true_positives, calls)


def _average_precision_of_counts(true_positives: NDArray[np.number], calls: NDArray[np.number]) -> float:
    if len(calls) == 0 or true_positives[-1] == 0:
        return float("nan")
    # Precision at each threshold, times the share of the positives that is gained there.
    precision = true_positives / np.maximum(calls, 1)
    return float(np.sum(np.diff(true_positives, prepend=0) * precision) / true_positives[-1])


def area_under_roc(scores: ArrayLike, labels: ArrayLike) -> float:
    """Probability that a positive scores above a negative, ties counting one half.

    Parameters
    ----------
    scores, labels : array_like
        As in `average_precision`.

    Returns
    -------
    float
        In [0, 1]; NaN unless both classes are there.

    Raises
    ------
    DataError
        If the numbers of scores and labels differ.
    """
    _, true_positives, calls = _cumulative_counts(*_pairs(scores, labels))
    if len(calls) == 0 or true_positives[-1] in (0, calls[-1]):
        return float("nan")
    # The area under the curve that joins the points of distinct scores is the probability asked for.
    sensitivity = np.concatenate([[0], true_positives / true_positives[-1]])
    false_positives = calls - true_positives
    false_rate = np.concatenate([[0], false_positives / false_positives[-1]])
    return float(np.trapezoid(sensitivity, false_rate))


def precision_recall_curve(scores: ArrayLike, labels: ArrayLike, *, num_points: int = 200) -> pd.DataFrame:
    """Precision and recall as the threshold falls, thinned to evenly spaced recalls.

    Parameters
    ----------
    scores, labels : array_like
        As in `average_precision`.
    num_points : int
        At most this many rows.

    Returns
    -------
    DataFrame
        Columns threshold, precision, recall; one row per threshold from high to low; empty without a positive.

    Raises
    ------
    DataError
        If the numbers of scores and labels differ.
    """
    thresholds, true_positives, calls = _cumulative_counts(*_pairs(scores, labels))
    if len(calls) == 0 or true_positives[-1] == 0:
        return pd.DataFrame({name: np.empty(0) for name in ("threshold", "precision", "recall")})
    # For each of the evenly spaced recalls the first threshold that reaches it.
    recall = true_positives / true_positives[-1]
    rows = np.unique(np.searchsorted(recall, np.linspace(recall[0], 1, num_points)))
    return pd.DataFrame(
        {"threshold": thresholds[rows], "precision": (true_positives / calls)[rows], "recall": recall[rows]}
    )


def reliability_table(
    probabilities: ArrayLike,
    labels: ArrayLike,
    genomes: ArrayLike | None = None,
    *,
    num_bins: int = NUM_RELIABILITY_BINS,
    seed: int = 0,
    replicates: int = 200,
) -> pd.DataFrame:
    """Mean probability against observed frequency in bins of equal width.

    Parameters
    ----------
    probabilities : array_like of float
        In [0, 1]; NaN pairs are left out.
    labels : array_like of bool
        The truth.
    genomes : array_like, optional
        Genome of each pair: pairs of a genome are not independent. By default each pair is a genome of its own.
    num_bins : int
    seed, replicates : int
        Of the bootstrap over genomes; without `genomes` intervals are binomial.

    Returns
    -------
    DataFrame
        Columns lowest, highest (edges of the bin), mean_probability, observed_frequency, lower, upper (95 % interval of
        the frequency), count; one row per bin that is not empty.

    Raises
    ------
    DataError
        If a probability lies outside [0, 1] or the numbers differ.
    """
    scores, truth = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    _probability_pairs(scores, truth)
    is_given = ~np.isnan(scores)
    flat, label = scores[is_given], truth[is_given]
    index = np.minimum((flat * num_bins).astype(np.intp), num_bins - 1)
    count = np.bincount(index, minlength=num_bins)
    total, positives = (np.bincount(index, weights=each, minlength=num_bins) for each in (flat, label))
    if genomes is None:
        bounds = [_binomial_interval(int(k), int(n)) for k, n in zip(positives, count, strict=True)]
    else:
        own = np.broadcast_to(np.asarray(genomes), scores.shape)[is_given]
        bounds = _frequency_intervals(index, label, own, num_bins, seed, replicates)
    lower, upper = zip(*bounds, strict=True)
    edges, per_bin = np.linspace(0, 1, num_bins + 1), np.maximum(count, 1)
    table = pd.DataFrame(
        {
            "lowest": edges[:-1],
            "highest": edges[1:],
            "mean_probability": total / per_bin,
            "observed_frequency": positives / per_bin,
            "lower": lower,
            "upper": upper,
            "count": count,
        }
    )
    return table[count > 0].reset_index(drop=True)


def _binomial_interval(number: int, total: int) -> tuple[float, float]:
    """Exact 95 % interval of a share (Clopper and Pearson 1934); NaN of nothing."""
    if total == 0:
        return float("nan"), float("nan")
    interval = stats.binomtest(number, total).proportion_ci()
    return float(interval.low), float(interval.high)


def _frequency_intervals(
    index: NDArray[np.intp],
    labels: NDArray[np.float64],
    genomes: NDArray[np.generic],
    num_bins: int,
    seed: int,
    replicates: int,
) -> list[tuple[float, float]]:
    """Bootstrap interval over genomes of the observed frequency in each bin."""
    names, of_genome = np.unique(genomes, return_inverse=True)
    # Pairs and positives of each genome and bin: what a bootstrap sample of genomes adds up.
    cell = of_genome * num_bins + index
    number = np.bincount(cell, minlength=len(names) * num_bins).reshape(len(names), num_bins)
    positive = np.bincount(cell, weights=labels, minlength=len(names) * num_bins).reshape(len(names), num_bins)

    def frequency(draw: NDArray[np.int64], at: int) -> float:
        total = draw @ number[:, at]
        return float(draw @ positive[:, at] / total) if total else float("nan")

    return [
        bootstrap_interval(partial(frequency, at=at), len(names), seed=seed, replicates=replicates)
        for at in range(num_bins)
    ]


def _equal_mass_bins(probabilities: NDArray[np.float64], num_bins: int) -> NDArray[np.intp]:
    """Bin of each probability: between quantiles; where several of these are equal, the probabilities share a bin."""
    quantiles = np.arange(1, num_bins) / num_bins
    inner = np.unique(np.quantile(probabilities, quantiles)) if probabilities.size else np.empty(0)
    return np.searchsorted(inner, probabilities, side="left")


def expected_calibration_error(
    probabilities: ArrayLike, labels: ArrayLike, *, num_bins: int = NUM_CALIBRATION_BINS
) -> float:
    """Mean distance between probability and observed frequency, weighted by bin (equal-mass bins).

    Parameters
    ----------
    probabilities, labels : array_like
    num_bins : int
        All as in `reliability_table`.

    Returns
    -------
    float
        In [0, 1]; NaN without any pair.

    Raises
    ------
    DataError
        If a probability lies outside [0, 1] or the numbers differ.

    References
    ----------
    Guo et al. (2017) On calibration of modern neural networks, ICML; equal-mass bins after Nixon et al. (2019).
    """
    flat, truth = _probability_pairs(probabilities, labels)
    if not flat.size:
        return float("nan")
    # Distance of mean probability and frequency in each bin times its pairs: the sum of the differences in it.
    differences = np.bincount(_equal_mass_bins(flat, num_bins), weights=flat - truth)
    return float(np.abs(differences).sum() / flat.size)


def brier_score(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean squared distance of probability and truth (Brier 1950, Mon Weather Rev 78:1).

    Parameters
    ----------
    probabilities, labels : array_like
        As in `reliability_table`.

    Returns
    -------
    float
        In [0, 1]; NaN without any pair.

    Raises
    ------
    DataError
        If a probability lies outside [0, 1] or the numbers differ.
    """
    flat, truth = _probability_pairs(probabilities, labels)
    return float(np.mean((flat - truth) ** 2)) if flat.size else float("nan")


def bootstrap_interval(
    statistic: Callable[[NDArray[np.int64]], float],
    num_genomes: int,
    *,
    seed: int,
    replicates: int = 200,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile interval of a statistic under resampling of genomes.

    Parameters
    ----------
    statistic : callable
        Takes how often each genome was drawn, int64 of shape (num_genomes,), and returns the statistic.
    num_genomes : int
        Number of exchangeable genomes; regions and bins of a genome are never resampled apart.
    seed : int
    replicates : int
    level : float
        Coverage in (0, 1).

    Returns
    -------
    tuple of float
        Lower and upper bound over the replicates in which the statistic is defined; NaN for fewer than two genomes.
    """
    if num_genomes < 2:
        return float("nan"), float("nan")
    return _central(_bootstrap(statistic, num_genomes, seed=seed, replicates=replicates), level)


def _bootstrap(
    statistic: Callable[[NDArray[np.int64]], float], num_genomes: int, *, seed: int, replicates: int
) -> NDArray[np.float64]:
    """The statistic of each bootstrap sample, shape (replicates,)."""
    generator = np.random.default_rng(seed)
    # How often each genome is in each bootstrap sample, shape (replicates, num_genomes).
    draws = generator.multinomial(num_genomes, np.full(num_genomes, 1 / num_genomes), size=replicates)
    return np.array([statistic(draw) for draw in draws])


def _central(values: NDArray[np.float64], level: float) -> tuple[float, float]:
    """Central interval of the values that are defined; NaN without any."""
    values = values[~np.isnan(values)]
    if values.size == 0:
        return float("nan"), float("nan")
    lower, upper = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)


def average_precision_draws(
    scores: ArrayLike, labels: ArrayLike, genomes: ArrayLike, *, seed: int, replicates: int = 200
) -> NDArray[np.float64]:
    """Average precision of bootstrap samples of genomes; the same seed draws the same genomes.

    Scores are grouped into at most 2,000 levels of equal mass, so that a replicate costs one matrix product.

    Parameters
    ----------
    scores, labels : array_like
        As in `average_precision`.
    genomes : array_like
        The genome of each pair, same number of elements.
    seed, replicates : int

    Returns
    -------
    ndarray of float64, shape (replicates,)
        NaN where a sample has no positive; all NaN for fewer than two genomes.
    """
    # Pairs that count, and the number of the genome that each belongs to.
    is_scored = ~np.isnan(np.asarray(scores, dtype=np.float64).ravel())
    flat, truth = _pairs(scores, labels)
    names, index = np.unique(np.asarray(genomes).ravel()[is_scored], return_inverse=True)
    if len(names) < 2:
        return np.full(replicates, np.nan)
    # Level 0 holds the highest scores. Of each genome, the calls and the true ones among them at each level.
    edges = np.unique(np.quantile(flat, np.linspace(0, 1, _NUM_LEVELS)))
    level = len(edges) - np.searchsorted(edges, flat, side="right")
    cell = index * (len(edges) + 1) + level
    shape = (len(names), len(edges) + 1)
    calls = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    positives = np.bincount(cell[truth], minlength=shape[0] * shape[1]).reshape(shape)
    # A sample's counts are those of its genomes, as often as they were drawn.
    return _bootstrap(
        lambda draw: _average_precision_of_counts(np.cumsum(draw @ positives), np.cumsum(draw @ calls)),
        len(names),
        seed=seed,
        replicates=replicates,
    )


def average_precision_interval(
    scores: ArrayLike, labels: ArrayLike, genomes: ArrayLike, *, seed: int, replicates: int = 200
) -> tuple[float, float]:
    """95 % bootstrap interval over genomes of the average precision.

    Parameters
    ----------
    scores, labels, genomes : array_like
    seed, replicates : int
        All as in `average_precision_draws`.

    Returns
    -------
    tuple of float
        Lower and upper bound; NaN where no sample has a positive, and for fewer than two genomes.
    """
    return _central(average_precision_draws(scores, labels, genomes, seed=seed, replicates=replicates), 0.95)
