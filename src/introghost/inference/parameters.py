"""The parameter posterior of genomes, as draws and as a table."""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from introghost.inference.bundles import ParametersBundle
from introghost.inference.inputs import Pooled

NUM_DRAWS = 4_000
_NUM_PRIOR_DRAWS = 20_000  # for its quantiles
_QUANTILES = {"median": 0.5, "lower_90": 0.05, "upper_90": 0.95, "lower_95": 0.025, "upper_95": 0.975}
_OF_PRIOR = ("median", "lower_95", "upper_95")
COLUMNS = ("parameter", "mean", *_QUANTILES, *(f"prior_{name}" for name in _OF_PRIOR), "contraction")


def draw(bundle: ParametersBundle, genomes: Pooled, number: int = NUM_DRAWS, seed: int = 1) -> NDArray[np.float64]:
    """Draws from the posterior, on the scale on which the prior is standard normal.

    Parameters
    ----------
    bundle : ParametersBundle
    genomes : Pooled
    number, seed : int

    Returns
    -------
    ndarray of float64, shape (num_genomes, number, num_parameters)
    """
    with torch.inference_mode():
        return np.asarray(bundle.network.sample(*genomes.tensors(), number, seed).double().numpy())


def posterior_table(bundle: ParametersBundle, draws: NDArray[np.float64]) -> pd.DataFrame:
    """What the posterior of one genome says of each parameter, beside its prior.

    Parameters
    ----------
    bundle : ParametersBundle
    draws : ndarray of float64, shape (num_draws, num_parameters)
        Of `draw`.

    Returns
    -------
    DataFrame
        parameter, mean, median, lower_90, upper_90, lower_95, upper_95 (central intervals), prior_median,
        prior_lower_95, prior_upper_95, contraction (1 less the posterior variance, where the prior's is 1: near 0
        where the data say nothing).
    """
    values, prior = draws_table(bundle, draws), prior_draws(bundle, _NUM_PRIOR_DRAWS)
    table = pd.DataFrame(
        {
            "parameter": bundle.scale.names,
            "mean": values.mean().to_numpy(),
            **{name: values.quantile(level).to_numpy() for name, level in _QUANTILES.items()},
            **{f"prior_{name}": prior.quantile(_QUANTILES[name]).to_numpy() for name in _OF_PRIOR},
            "contraction": 1 - draws.var(axis=0),
        }
    )
    return table


def draws_table(bundle: ParametersBundle, draws: NDArray[np.float64]) -> pd.DataFrame:
    """The draws of one genome: a row each, a column for each parameter, in its own unit.

    Parameters
    ----------
    bundle : ParametersBundle
    draws : ndarray of float64, shape (num_draws, num_parameters)
        On the scale on which the prior is standard normal.
    """
    return pd.DataFrame(bundle.scale.from_normal(draws))


def prior_draws(bundle: ParametersBundle, number: int = NUM_DRAWS) -> pd.DataFrame:
    """Draws from the prior, in the form of `draws_table`; always the same ones."""
    return draws_table(bundle, np.random.default_rng(0).normal(size=(number, len(bundle.scale.names))))


def no_posterior() -> pd.DataFrame:
    """The table of a posterior that is withheld: columns of the right types, and no row."""
    return pd.DataFrame({name: pd.Series(dtype="str" if name == "parameter" else "float64") for name in COLUMNS})
