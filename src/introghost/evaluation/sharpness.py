"""How much of a parameter's variance the posterior mean of its logarithm tells."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from introghost.evaluation import metrics

COLUMNS = ("log_r_squared", "log_r_squared_lower", "log_r_squared_upper")

Array = NDArray[np.float64]


def log_r_squared_table(
    draws: Mapping[str, Array], truth: Mapping[str, Array], names: Sequence[str], *, seed: int
) -> pd.DataFrame:
    """R squared of posterior means of logarithms: sizes, times and proportions range over orders of magnitude.

    Parameters
    ----------
    draws : mapping of str to ndarray of float64, shape (num_genomes, num_draws)
        From the posterior of each parameter, in its own unit.
    truth : mapping of str to ndarray of float64, shape (num_genomes,)
        What the genomes were simulated under.
    names : sequence of str
        Of the parameters.
    seed : int
        Of the bootstrap over genomes.

    Returns
    -------
    DataFrame
        A row for each parameter: `COLUMNS`, the bounds 95 %; NaN for a parameter of which a value is not above 0.
    """
    rows = [_of_parameter(draws[name], truth[name], seed) for name in names]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_parameter(draws: Array, truth: Array, seed: int) -> tuple[float, float, float]:
    if min(draws.min(), truth.min()) <= 0:
        return np.nan, np.nan, np.nan
    return r_squared(np.log(draws).mean(axis=1), np.log(truth), seed=seed)


def r_squared(means: Array, truth: Array, *, seed: int) -> tuple[float, float, float]:
    """R squared of estimates, with its 95 % bootstrap interval over genomes.

    Parameters
    ----------
    means, truth : ndarray of float64, shape (num_genomes,)
    seed : int

    Returns
    -------
    value, lower, upper : float
        1 less the mean squared error over the variance of the truth; NaN where the truth does not vary.
    """

    def of_draw(draw: NDArray[np.int64]) -> float:
        error = np.average((means - truth) ** 2, weights=draw)
        variance = np.average((truth - np.average(truth, weights=draw)) ** 2, weights=draw)
        return float(1 - error / variance) if variance > 0 else np.nan

    number = len(truth)
    return of_draw(np.ones(number, np.int64)), *metrics.bootstrap_interval(of_draw, number, seed=seed)
