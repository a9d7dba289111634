"""How well bins of target haplotypes are called ghost-derived, on genomes whose tracts are known."""

import itertools

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from introghost.errors import DataError
from introghost.evaluation import metrics
from introghost.evaluation.metrics import Estimate

TRUE_FRACTION = 0.5
NOTHING_REALISED = "no ghost tract realised"
PROPORTION_EDGES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 1.0)


def evaluate_segments(
    posterior: ArrayLike,
    ghost_fraction: ArrayLike,
    genomes: ArrayLike,
    proportion: ArrayLike,
    *,
    scenarios: ArrayLike | None = None,
    threshold: float = 0.5,
    seed: int = 0,
    replicates: int = 200,
) -> dict[str, pd.DataFrame]:
    """Tables of the accuracy and the calibration of local calls.

    A bin of a haplotype is truly ghost-derived when tracts cover at least half of it.

    Parameters
    ----------
    posterior : array_like of float, shape (num_regions, num_haplotypes, num_bins)
        Called probabilities; NaN where no call is possible, and such bins are left out.
    ghost_fraction : array_like of float, same shape
        Fraction of the bin that tracts cover.
    genomes : array_like, shape (num_regions,)
        Identifier of each region's genome, distinct over scenarios.
    proportion : array_like of float, shape (num_regions,)
        Introgression proportion of the region's genome as realised; NaN or 0 where there was none.
    scenarios : array_like of str, shape (num_regions,), optional
        Scenario of each region; adds the table ``by_scenario``.
    threshold : float
        Posterior at or above which a bin is called.
    seed, replicates : int
        Of the bootstrap over genomes.

    Returns
    -------
    dict of str to DataFrame
        ``summary`` (metric, value, lower, upper), ``precision_recall``, ``reliability``, ``by_proportion`` and
        perhaps ``by_scenario``; each key is a file name without its ``.tsv``.

    Raises
    ------
    DataError
        If the shapes disagree.
    """
    called = np.asarray(posterior, dtype=np.float64)
    fraction = np.asarray(ghost_fraction)
    identifiers, proportions = np.asarray(genomes), np.asarray(proportion, dtype=np.float64)
    if called.ndim != 3 or called.shape != fraction.shape:
        raise DataError(f"posterior has shape {called.shape} and truth {fraction.shape}: need equal (region, hap, bin)")
    if not len(identifiers) == len(proportions) == len(called):
        raise DataError(f"{len(called)} regions, {len(identifiers)} genomes and {len(proportions)} proportions differ")
    # The truth of each bin, and the class of each region by its introgression proportion.
    truth = fraction >= TRUE_FRACTION
    classes = proportion_classes(proportions)
    tables = {
        "summary": _summary(called, truth, identifiers, threshold, seed, replicates),
        "precision_recall": metrics.precision_recall_curve(called, truth),
        "reliability": metrics.reliability_table(
            called, truth, _genome_of_bins(called, identifiers), seed=seed, replicates=replicates
        ),
        "by_proportion": _by_class(called, truth, identifiers, classes, threshold, "proportion"),
    }
    if scenarios is not None:
        tables["by_scenario"] = _by_class(called, truth, identifiers, np.asarray(scenarios), threshold, "scenario")
    return tables


def proportion_classes(proportion: ArrayLike) -> NDArray[np.str_]:
    """Class of each introgression proportion.

    Parameters
    ----------
    proportion : array_like of float, shape (num_regions,)
        In [0, 1]; NaN counts as 0.

    Returns
    -------
    ndarray of str, shape (num_regions,)
        Name of the class between two of `PROPORTION_EDGES`, the lower one included; `NOTHING_REALISED` for 0. So are
        genomes of a scenario with a ghost in which no tract came down to the target, not only those without one.
    """
    # The class whose lower edge is the last one that is not above the proportion.
    values = np.nan_to_num(np.asarray(proportion, dtype=np.float64))
    names = [f"{low:g}-{high:g}" for low, high in itertools.pairwise(PROPORTION_EDGES)]
    index = np.clip(np.searchsorted(PROPORTION_EDGES, values, side="right") - 1, 0, len(names) - 1)
    return np.where(values > 0, np.array(names)[index], NOTHING_REALISED)


def _confusion(called: NDArray[np.float64], truth: NDArray[np.bool_], threshold: float) -> NDArray[np.int64]:
    """Per region: called and true, called, true, all; shape (num_regions, 4). Bins without a call do not count."""
    has_call = ~np.isnan(called)
    positive = has_call & (called >= threshold)
    counts = [positive & truth, positive, has_call & truth, has_call]
    return np.stack([count.sum(axis=(1, 2)) for count in counts], axis=1).astype(np.int64)


def _ratio(numerator: float, denominator: float) -> float:
    """NaN where the denominator is 0."""
    return float(numerator / denominator) if denominator else float("nan")


def _rates(counts: NDArray[np.int64]) -> dict[str, float]:
    """Rates at the threshold from summed confusion counts; NaN where the denominator is 0."""
    both, called, true, total = counts
    return {
        "precision_at_threshold": _ratio(both, called),
        "recall_at_threshold": _ratio(both, true),
        "false_call_rate": _ratio(called - both, total - true),
        "called_fraction": _ratio(called, total),
        "true_fraction": _ratio(true, total),
    }


def _summary(
    called: NDArray[np.float64],
    truth: NDArray[np.bool_],
    genomes: NDArray[np.generic],
    threshold: float,
    seed: int,
    replicates: int,
) -> pd.DataFrame:
    """The table ``summary`` of `evaluate_segments`."""
    names, index = np.unique(genomes, return_inverse=True)
    # Confusion counts of each genome: what a bootstrap sample of genomes adds up.
    counts = np.zeros((len(names), 4), dtype=np.int64)
    np.add.at(counts, index, _confusion(called, truth, threshold))
    # Average precision with a bootstrap interval.
    bin_genomes = _genome_of_bins(called, genomes)
    interval = metrics.average_precision_interval(called, truth, bin_genomes, seed=seed, replicates=replicates)
    rows = [
        Estimate("average_precision", metrics.average_precision(called, truth), *interval),
        Estimate("expected_calibration_error", metrics.expected_calibration_error(called, truth)),
        Estimate("brier_score", metrics.brier_score(called, truth)),
    ]
    # Rates from the counts of all genomes, and their intervals from those of the genomes in each bootstrap sample.
    for name, value in _rates(counts.sum(axis=0)).items():
        bounds = metrics.bootstrap_interval(
            lambda draw, name=name: _rates(draw @ counts)[name],  # type: ignore[misc]
            len(names),
            seed=seed,
            replicates=replicates,
        )
        rows.append(Estimate(name, value, *bounds))
    rows += [Estimate("threshold", threshold), Estimate("num_genomes", float(len(names)))]
    return metrics.summary_table(rows)


def _genome_of_bins(called: NDArray[np.float64], genomes: NDArray[np.generic]) -> NDArray[np.intp]:
    """Number of the genome of every bin of every haplotype: that of its region."""
    _, index = np.unique(genomes, return_inverse=True)
    return np.broadcast_to(index[:, None, None], called.shape)


def _by_class(
    called: NDArray[np.float64],
    truth: NDArray[np.bool_],
    genomes: NDArray[np.generic],
    classes: NDArray[np.generic],
    threshold: float,
    column: str,
) -> pd.DataFrame:
    """One row per class of regions, classes in sorted order."""
    rows = []
    for name in np.unique(classes):
        chosen = classes == name
        rows.append(
            {
                column: str(name),
                "num_genomes": len(np.unique(genomes[chosen])),
                "average_precision": metrics.average_precision(called[chosen], truth[chosen]),
                "expected_calibration_error": metrics.expected_calibration_error(called[chosen], truth[chosen]),
                **_rates(_confusion(called[chosen], truth[chosen], threshold).sum(axis=0)),
            }
        )
    return pd.DataFrame(rows)
