"""Whether a parameter posterior is right for one genome, by a classifier that is to tell its draws from the truth.

The local classifier two-sample test (Linhart et al. 2023, NeurIPS) of sbi: calibration checks hold on average over
simulated genomes, this one where the genome lies. The classifier is a quadratic discriminant, exact for Gaussian
posteriors and fitted in milliseconds.
"""

import warnings

import numpy as np
import torch
from numpy.typing import NDArray
from sbi.diagnostics.lc2st import LC2ST
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

TRIALS = 200

Array = NDArray[np.float64]


def local_p_values(draws: Array, truth: Array, channels: Array, observed: Array, observed_channels: Array) -> Array:
    """P-value of the posterior of each observed genome being right.

    What it can see depends on the number of simulated genomes: thousands for a bias of 0.3 standard deviations.

    Parameters
    ----------
    draws : ndarray of float64, shape (num_simulated, num_parameters)
        One draw from the posterior of each simulated genome.
    truth : ndarray of float64, shape (num_simulated, num_parameters)
        Parameters that the genomes were simulated under.
    channels : ndarray of float64, shape (num_simulated, num_channels)
        What the posterior is conditioned on.
    observed : ndarray of float64, shape (num_observed, num_draws, num_parameters)
        Draws from the posterior of each observed genome.
    observed_channels : ndarray of float64, shape (num_observed, num_channels)

    Returns
    -------
    ndarray of float64, shape (num_observed,)
    """
    true_values, conditions, drawn, observed_conditions, observed_draws = (
        torch.as_tensor(values, dtype=torch.float32) for values in (truth, channels, draws, observed_channels, observed)
    )
    test = LC2ST(
        true_values,
        conditions,
        drawn,
        classifier=QuadraticDiscriminantAnalysis,
        classifier_kwargs={"reg_param": 0.01},
        num_trials_null=TRIALS,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of collinear channels
        test.train_on_observed_data(verbosity=0).train_under_null_hypothesis(verbosity=0)
    # One genome at a time: the test compares the draws of one posterior with the simulated ones around it.
    pairs = zip(observed_draws, observed_conditions, strict=True)
    return np.array([float(test.p_value(genome_draws, condition[None])) for genome_draws, condition in pairs])
