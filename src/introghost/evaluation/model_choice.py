"""How well genomes are assigned to the scenario that produced them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from introghost.errors import DataError
from introghost.evaluation import metrics
from introghost.evaluation.metrics import Estimate

_LEAST_PROBABILITY = 1e-12
_Score = Callable[[ArrayLike, ArrayLike], float]
_Interval = Callable[[Callable[[NDArray[np.int64]], float], int], tuple[float, float]]


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
        Whether each scenario, of `scenarios` and of `truth`, has a ghost that gave to the target.
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
        If shapes disagree, a value is missing, a row does not sum to 1, or a scenario is not in `ghost_of_target`.
    """
    values, true_names = np.asarray(probabilities, dtype=np.float64), np.asarray(truth, dtype=str)
    if values.shape != (len(true_names), len(scenarios)):
        raise DataError(f"probabilities have shape {values.shape}, expected {(len(true_names), len(scenarios))}")
    if not np.allclose(values.sum(axis=1), 1, atol=1e-3):
        raise DataError("scenario probabilities of a genome do not sum to 1")
    for name in sorted({*scenarios, *true_names.tolist()} - set(ghost_of_target)):
        raise DataError(f"whether the ghost of scenario {name} gave to the target is not known; simulate anew")
    # Probability of a ghost of each genome: that of the scenarios with one, together; and whether its own has one.
    columns = np.asarray(scenarios, dtype=str)
    is_ghost = np.array([ghost_of_target[name] for name in true_names.tolist()], dtype=np.bool_)
    p_ghost = np.clip(values[:, [ghost_of_target[name] for name in scenarios]].sum(axis=1), 0, 1)
    # Genomes by their own scenario and by the most probable one.
    confusion = pd.DataFrame({"truth": true_names, "assigned": columns[values.argmax(axis=1)], "p_ghost": p_ghost})
    grouped = confusion.groupby(["truth", "assigned"])["p_ghost"]
    interval = partial(metrics.bootstrap_interval, seed=seed, replicates=replicates)
    area, *calibration = _of_ghost(p_ghost, is_ghost, interval)
    estimates = [
        area,
        *_of_scenarios(values, true_names[:, None] == columns, interval),
        *calibration,
        Estimate("num_genomes", float(len(true_names))),
    ]
    return {
        "model_choice_summary": metrics.summary_table(estimates),
        "model_choice_confusion": grouped.agg(count="size", mean_p_ghost="mean").reset_index(),
        "model_choice_reliability": metrics.reliability_table(p_ghost, is_ghost),
    }


def _of_ghost(p_ghost: NDArray[np.float64], is_ghost: NDArray[np.bool_], interval: _Interval) -> list[Estimate]:
    """How well the probability of a ghost tells genomes with one from those without, over all genomes."""
    scores: dict[str, _Score] = {
        "auc_ghost": metrics.area_under_roc,
        "expected_calibration_error": metrics.expected_calibration_error,
        "brier_score": metrics.brier_score,
    }
    cases = np.arange(len(p_ghost))

    def of_draw(score: _Score, draw: NDArray[np.int64]) -> float:
        drawn = np.repeat(cases, draw)
        return score(p_ghost[drawn], is_ghost[drawn])

    return [
        Estimate(name, score(p_ghost, is_ghost), *interval(partial(of_draw, score), len(cases)))
        for name, score in scores.items()
    ]


def _of_scenarios(values: NDArray[np.float64], is_truth: NDArray[np.bool_], interval: _Interval) -> list[Estimate]:
    """How well scenarios are told, over the genomes whose scenario is a column.

    `values` are the probabilities, `is_truth` marks the column of each genome's scenario, both of shape (num_genomes,
    num_scenarios).
    """
    # Whether the most probable scenario is the true one, and the logarithm of the probability of the true one.
    in_model = is_truth.any(axis=1)
    correct = is_truth[np.arange(len(values)), values.argmax(axis=1)][in_model].astype(np.float64)
    log_scores = np.log(np.maximum(values[is_truth], _LEAST_PROBABILITY))
    return [_mean("accuracy", correct, interval), _mean("mean_log_score", log_scores, interval)]


def _mean(metric: str, scores: NDArray[np.float64], interval: _Interval) -> Estimate:
    """Mean of a score over genomes, NaN without any."""
    if scores.size == 0:
        return Estimate(metric, np.nan)
    bounds = interval(lambda draw: float(np.average(scores, weights=draw)), len(scores))
    return Estimate(metric, float(scores.mean()), *bounds)
