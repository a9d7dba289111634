"""Whether the probabilities of a ghost and of each scenario are as frequent as they say."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from introghost.evaluation import metrics

GHOST = "a ghost"
CHANCE_DRAWS = 100  # of the calibration error of probabilities that are right


class _Case(NamedTuple):
    """One event: its name, its probability in each genome, and whether it is true there."""

    name: str
    probability: NDArray[np.float64]
    is_true: NDArray[np.bool_]


def calibration_table(answers: pd.DataFrame, scenarios: Sequence[str], *, seed: int) -> pd.DataFrame:
    """Calibration errors, and those that probabilities which are right would have with as many genomes.

    Parameters
    ----------
    answers : DataFrame
        Of `answers.answers`, for genomes of the network's scenarios, as many of each; one at least.
    scenarios : sequence of str
        Of the network.
    seed : int
        Of the truths that are drawn with the probabilities.

    Returns
    -------
    DataFrame
        probability_of (`GHOST`, then each scenario), calibration_error, if_right (its mean over truths drawn with these
        very probabilities), if_right_upper (their 95th percentile), genomes.
    """
    rng, rows = np.random.default_rng(seed), []
    for name, probability, is_true in _cases(answers, scenarios):
        chance = [
            metrics.expected_calibration_error(probability, rng.random(len(probability)) < probability)
            for _ in range(CHANCE_DRAWS)
        ]
        error = metrics.expected_calibration_error(probability, is_true)
        rows.append((name, error, np.mean(chance), np.quantile(chance, 0.95), len(answers)))
    columns = ["probability_of", "calibration_error", "if_right", "if_right_upper", "genomes"]
    return pd.DataFrame(rows, columns=columns)


def reliability_table(answers: pd.DataFrame, scenarios: Sequence[str]) -> pd.DataFrame:
    """Mean probability against observed frequency, of a ghost and of each scenario.

    Parameters
    ----------
    answers, scenarios
        As for `calibration_table`.

    Returns
    -------
    DataFrame
        The columns of `metrics.reliability_table` and probability_of.
    """
    tables = [
        metrics.reliability_table(probability, is_true).assign(probability_of=name)
        for name, probability, is_true in _cases(answers, scenarios)
    ]
    return pd.concat(tables, ignore_index=True)


def _cases(answers: pd.DataFrame, scenarios: Sequence[str]) -> Iterator[_Case]:
    yield _Case(GHOST, answers["p_ghost"].to_numpy(), answers["has_ghost"].to_numpy(dtype=bool))
    for name in scenarios:
        yield _Case(name, answers[name].to_numpy(), (answers["scenario"] == name).to_numpy())
