"""Whether a parameter posterior can be believed: calibration, coverage and how much it learnt from the data.

All checks compare draws from the posteriors of simulated genomes with the parameters these were simulated under.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from introghost.errors import DataError

LEVELS = (0.5, 0.8, 0.9, 0.95)

Array = NDArray[np.float64]


def evaluate_posterior(draws: Array, truth: Array, names: Sequence[str], *, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Tables of the calibration and the sharpness of posteriors, one genome a case.

    Parameters
    ----------
    draws : ndarray of float64, shape (num_genomes, num_draws, num_parameters)
        On a scale on which the prior is standard normal, see `inference.prior_scale`.
    truth : ndarray of float64, shape (num_genomes, num_parameters)
        On the same scale.
    names : sequence of str
        Of the parameters.
    seed : int
        Of the ranks within the step of a draw, which coverage is counted by too, and of TARP's reference points.

    Returns
    -------
    dict of str to DataFrame
        ``posterior_summary``: parameter, r_squared (of the posterior mean, against the variance of the truth; NaN where
        that is 0, as of one genome), contraction (1 less the mean posterior variance; 0 where nothing was learnt),
        sbc_p_value.
        ``posterior_coverage``: parameter, level, coverage (of central intervals, by ranks), lower, upper (95 %,
        binomial). ``posterior_checks``: check, p_value, num_genomes: SBC, with Bonferroni's correction over parameters,
        and TARP. ``posterior_ranks``: a row each genome, a column each parameter, see `ranks`.

    Raises
    ------
    DataError
        If shapes disagree, there is no genome, or a value is not finite.
    """
    draws, truth = np.asarray(draws, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if draws.ndim != 3 or truth.shape != (draws.shape[0], draws.shape[2]) or truth.shape[1] != len(names):
        raise DataError(f"draws have shape {draws.shape}, parameters {truth.shape}, names number {len(names)}")
    if not len(truth):
        raise DataError("no genome to check the parameter posterior on")
    if not (np.isfinite(draws).all() and np.isfinite(truth).all()):
        raise DataError("draws or parameters of the posterior are not finite")
    # Ranks of the truth, and whether they are uniform: of each parameter (SBC), and of all of them together (TARP).
    rng = np.random.default_rng(seed)
    ranked = ranks(draws, truth, rng)
    p_values = uniformity(ranked)
    tarp_p_value = float(uniformity(tarp(draws, truth, rng)[:, None])[0])
    # Squared error of the posterior mean against the variance of the truth; posterior variance against that of the
    # prior, which is 1 on this scale.
    error = np.square(draws.mean(axis=1) - truth).mean(axis=0)
    variance = truth.var(axis=0)
    summary = {
        "parameter": list(names),
        "r_squared": 1 - error / np.where(variance > 0, variance, np.nan),
        "contraction": 1 - draws.var(axis=1).mean(axis=0),
        "sbc_p_value": p_values,
    }
    # Bonferroni: the smallest p-value, as many times as there are parameters.
    sbc_p_value = min(1.0, float(p_values.min()) * len(p_values))
    checks = {"check": ["sbc", "tarp"], "p_value": [sbc_p_value, tarp_p_value], "num_genomes": len(truth)}
    return {
        "posterior_summary": pd.DataFrame(summary),
        "posterior_coverage": _coverage(ranked, names),
        "posterior_checks": pd.DataFrame(checks),
        "posterior_ranks": pd.DataFrame(ranked, columns=list(names)),
    }


def ranks(draws: Array, truth: Array, rng: np.random.Generator) -> Array:
    """Rank of the truth among the draws of each parameter, in (0, 1); uniform if the posterior is right.

    Ranks are made continuous by a random share of the step they are on: ranks of few draws are discrete, and a test of
    uniformity would object to that (Talts et al. 2018, arXiv:1804.06788).

    Parameters
    ----------
    draws : ndarray of float64, shape (num_genomes, num_draws, num_parameters)
    truth : ndarray of float64, shape (num_genomes, num_parameters)
    rng : Generator

    Returns
    -------
    ndarray of float64, shape (num_genomes, num_parameters)
    """
    # Draws below the truth, plus a random share of the step that the truth is on, out of all steps.
    below = (draws < truth[:, None]).sum(axis=1)
    ties = (draws == truth[:, None]).sum(axis=1)
    return np.asarray((below + rng.random(truth.shape) * (ties + 1)) / (draws.shape[1] + 1))


def tarp(draws: Array, truth: Array, rng: np.random.Generator) -> Array:
    """Share of the draws that are nearer to a reference point than the truth is; uniform if the posterior is right.

    Tests of accuracy with random points (Lemos et al. 2023, ICML) see what one parameter alone does not show. Points
    that do not depend on the data, and those that lie around the posterior, hardly see a bias; these lie to one side of
    it: about two standard deviations above the posterior mean in each parameter.

    Parameters
    ----------
    draws : ndarray of float64, shape (num_genomes, num_draws, num_parameters)
    truth : ndarray of float64, shape (num_genomes, num_parameters)
    rng : Generator

    Returns
    -------
    ndarray of float64, shape (num_genomes,)
    """
    # Reference points, and the share of the draws within the distance of the truth from them.
    away = 2 + rng.normal(size=truth.shape)
    reference = draws.mean(axis=1) + away * draws.std(axis=1)
    nearer = np.linalg.norm(draws - reference[:, None], axis=2) < np.linalg.norm(truth - reference, axis=1)[:, None]
    return np.asarray((nearer.sum(axis=1) + rng.random(len(truth))) / (draws.shape[1] + 1))


def uniformity(values: Array) -> Array:
    """P-value of each column being uniform on (0, 1), by Kolmogorov and Smirnov.

    Parameters
    ----------
    values : ndarray of float64, shape (num_cases, num_columns)

    Returns
    -------
    ndarray of float64, shape (num_columns,)
    """
    return np.array([stats.kstest(column, "uniform").pvalue for column in values.T])


def _coverage(ranked: Array, names: Sequence[str]) -> pd.DataFrame:
    """How often central intervals of each level hold the truth: by its rank, which few draws do not make narrower."""
    rows = []
    for level in LEVELS:
        # A central interval of a level holds the ranks that are at most half of the level away from the middle.
        inside = (np.abs(ranked - 0.5) <= level / 2).sum(axis=0)
        for name, count in zip(names, inside, strict=True):
            interval = stats.binomtest(int(count), len(ranked)).proportion_ci()
            rows.append((name, level, count / len(ranked), interval.low, interval.high))
    return pd.DataFrame(rows, columns=["parameter", "level", "coverage", "lower", "upper"])
