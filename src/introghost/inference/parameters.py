"""The parameter posterior of genomes, as draws and as a table."""

from typing import cast

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from introghost.inference import prior_scale
from introghost.inference.bundle import Bundle, check_channels
from introghost.inference.inputs import Pooled
from introghost.inference.prior_scale import PriorScale
from introghost.networks.posterior import PosteriorNetwork

NUM_DRAWS = 4_000
_QUANTILES = {"median": 0.5, "lower_90": 0.05, "upper_90": 0.95, "lower_95": 0.025, "upper_95": 0.975}


def scale(bundle: Bundle) -> PriorScale:
    """The scale on which the network of a bundle of the task ``"parameters"`` knows them."""
    return prior_scale.parse(bundle.description["priors"])


def draw(bundle: Bundle, pooled: Pooled, number: int = NUM_DRAWS, seed: int = 1) -> NDArray[np.float64]:
    """Draws from the posterior, on the scale on which the prior is standard normal.

    Parameters
    ----------
    bundle : Bundle
        Of the task ``"parameters"``.
    pooled : Pooled
        Of each genome.
    number, seed : int

    Returns
    -------
    ndarray of float64, shape (num_genomes, number, num_parameters)
    """
    check_channels(bundle, pooled.values.shape[1] + 1)
    network = cast(PosteriorNetwork, bundle.network)
    with torch.inference_mode():
        return np.asarray(network.sample(*pooled.tensors(), number, seed).double().numpy())


def posterior_table(bundle: Bundle, draws: NDArray[np.float64]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the posterior of one genome says of each parameter, beside its prior.

    Parameters
    ----------
    bundle : Bundle
    draws : ndarray of float64, shape (num_draws, num_parameters)
        Of `draw`.

    Returns
    -------
    DataFrame
        parameter, mean, median, lower_90, upper_90, lower_95, upper_95 (central intervals), prior_median,
        prior_lower_95, prior_upper_95, contraction (1 less the posterior variance, where the prior's is 1: near 0
        where the data say nothing).
    DataFrame
        The draws: a row each, a column for each parameter, in its own unit.
    """
    known = scale(bundle)
    values = pd.DataFrame(known.from_normal(draws))
    prior = pd.DataFrame(known.from_normal(np.random.default_rng(0).normal(size=(20_000, len(known.names)))))
    table = pd.DataFrame(
        {
            "parameter": known.names,
            "mean": values.mean().to_numpy(),
            **{name: values.quantile(level).to_numpy() for name, level in _QUANTILES.items()},
            **{
                f"prior_{name}": prior.quantile(_QUANTILES[name]).to_numpy()
                for name in ("median", "lower_95", "upper_95")
            },
            "contraction": 1 - draws.var(axis=0),
        }
    )
    return table, values
