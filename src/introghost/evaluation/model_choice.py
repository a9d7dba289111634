"""How well genomes are assigned to the scenario that produced them."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from introghost.errors import DataError
from introghost.evaluation import metrics

_LEAST_PROBABILITY = 1e-12


def evaluate_model_choice(
    probabilities: ArrayLike,
    scenarios: Sequence[str],
    truth: ArrayLike,
    ghost_of_target: Mapping[str, bool],
    *,
    seed: int = 0,
    replicates: int = 200,
) -> dict[str, pd.DataFrame]:
    """Tables of the accuracy and the calibration of model choice, one genome a case.

    Parameters
    ----------
    probabilities : array_like of float, shape (num_genomes, num_scenarios)
        Posterior probability of each scenario; rows sum to 1. No value may be missing.
    scenarios : sequence of str
        Names of the columns.
    truth : array_like of str, shape (num_genomes,)
        The scenario of each genome. It may be none of `scenarios` (a held-out family): such a genome counts in
        everything but the accuracy and the log score.
    ghost_of_target : mapping of str to bool
        Of every scenario in `scenarios` and `truth`, whether a ghost gave to the target.
    seed, replicates : int
        Of the bootstrap over genomes.

    Returns
    -------
    dict of str to DataFrame
        ``model_choice_summary`` (metric, value, lower, upper), ``model_choice_confusion`` (truth, assigned, count,
        mean_p_ghost) and ``model_choice_reliability`` (of the probability of a ghost); keys are file names.

    Raises
    ------
    DataError
        If shapes disagree, a value is missing or a row does not sum to 1.
    """
    values, names = np.asarray(probabilities, dtype=np.float64), np.asarray(truth, dtype=str)
    if values.shape != (len(names), len(scenarios)):
        raise DataError(f"probabilities have shape {values.shape}, expected {(len(names), len(scenarios))}")
    if not np.allclose(values.sum(axis=1), 1, atol=1e-3):
        raise DataError("scenario probabilities of a genome do not sum to 1")
    columns = np.asarray(scenarios, dtype=str)
    is_ghost = np.array([ghost_of_target[name] for name in names.tolist()])
    p_ghost = np.clip(values[:, [ghost_of_target[name] for name in columns.tolist()]].sum(axis=1), 0, 1)
    confusion = pd.DataFrame({"truth": names, "assigned": columns[values.argmax(axis=1)], "p_ghost": p_ghost})
    grouped = confusion.groupby(["truth", "assigned"])["p_ghost"]
    return {
        "model_choice_summary": _summary(values, columns, names, p_ghost, is_ghost, seed, replicates),
        "model_choice_confusion": grouped.agg(count="size", mean_p_ghost="mean").reset_index(),
        "model_choice_reliability": metrics.reliability_table(p_ghost, is_ghost),
    }


def _summary(
    values: NDArray[np.float64],
    columns: NDArray[np.str_],
    names: NDArray[np.str_],
    p_ghost: NDArray[np.float64],
    is_ghost: NDArray[np.bool_],
    seed: int,
    replicates: int,
) -> pd.DataFrame:
    own = names[:, None] == columns
    known = own.any(axis=1)
    right = (columns[values.argmax(axis=1)] == names)[known].astype(np.float64)
    log_score = np.log(np.maximum(values[own], _LEAST_PROBABILITY))
    cases = np.arange(len(names))

    def of_all(statistic: Callable[[NDArray[np.float64], NDArray[np.bool_]], float]) -> tuple[float, float, float]:
        bounds = metrics.bootstrap_interval(
            lambda draw: statistic(p_ghost[np.repeat(cases, draw)], is_ghost[np.repeat(cases, draw)]),
            len(names),
            seed=seed,
            replicates=replicates,
        )
        return statistic(p_ghost, is_ghost), *bounds

    def mean_of_known(scores: NDArray[np.float64]) -> tuple[float, float, float]:
        if scores.size == 0:
            return np.nan, np.nan, np.nan
        bounds = metrics.bootstrap_interval(
            lambda draw: float(np.average(scores, weights=draw)), len(scores), seed=seed, replicates=replicates
        )
        return float(scores.mean()), *bounds

    rows: list[tuple[str, float, float, float]] = [
        ("auc_ghost", *of_all(metrics.area_under_roc)),
        ("accuracy", *mean_of_known(right)),
        ("mean_log_score", *mean_of_known(log_score)),
        ("expected_calibration_error", *of_all(metrics.expected_calibration_error)),
        ("brier_score", *of_all(metrics.brier_score)),
        ("num_genomes", float(len(names)), np.nan, np.nan),
    ]
    return pd.DataFrame(rows, columns=["metric", "value", "lower", "upper"])
