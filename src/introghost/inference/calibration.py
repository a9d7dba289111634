"""What is learnt from held-out genomes: honest probabilities, and the threshold of calls.

Probabilities are scaled by one temperature (Guo et al. 2017, ICML).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from introghost.findings import Code, Finding, Severity

_BOUNDS = (np.log(0.1), np.log(10.0))
_AT_BOUND = 1e-3  # the search never takes a bound itself


def bound_findings(temperature: float) -> list[Finding]:
    """A finding if a temperature is at either end of where it was searched for.

    Parameters
    ----------
    temperature : float
        Of `binary_temperature` or `multinomial_temperature`.
    """
    if min(abs(np.log(temperature) - bound) for bound in _BOUNDS) > _AT_BOUND:
        return []
    text = (
        "calibration reached its bound: the network is too weak or the genomes too few for calibrated posteriors "
        f"(temperature {temperature:.3g}); simulate more genomes or train longer"
    )
    return [Finding(Code.CALIBRATION_AT_BOUND, Severity.WARNING, text)]


def binary_temperature(logits: NDArray[np.float32], labels: NDArray[np.float32]) -> float:
    """Temperature that minimises the cross-entropy of ``sigmoid(logits / temperature)``.

    Parameters
    ----------
    logits, labels : ndarray of float32, the same shape
        Labels in [0, 1].

    Returns
    -------
    float
        Between 0.1 and 10.
    """

    def loss(log_temperature: float) -> float:
        scaled = logits.astype(np.float64) / np.exp(log_temperature)
        return float(np.mean(np.logaddexp(0, scaled) - labels * scaled))

    return float(np.exp(minimize_scalar(loss, bounds=_BOUNDS, method="bounded").x))


def threshold(posterior: NDArray[np.float32], labels: NDArray[np.float32], false_discovery_rate: float) -> float:
    """Posterior from which held-out genomes are called best, no more than `false_discovery_rate` of it being false.

    Best is the highest F1. Where a network is sure of nearly everything, the rate alone would let in what is hardly
    likely.

    Parameters
    ----------
    posterior, labels : ndarray of float32, the same shape
        Labels in [0, 1]: the ghost-derived part of each bin.
    false_discovery_rate : float

    Returns
    -------
    float
        In (0, 1]; 1 where none holds the rate or nothing is ghost-derived, which calls next to nothing.
    """
    if not labels.any():
        return 1.0
    # Of the bins called from each posterior on, the highest first: how many, and how much of them is ghost-derived.
    order = np.argsort(-posterior, kind="stable")
    ranked = posterior[order].astype(np.float64)
    true = np.cumsum(labels[order], dtype=np.float64)
    called = np.arange(1, len(ranked) + 1)
    # Equal posteriors are called together or not at all.
    last_of_equals = np.append(ranked[1:] < ranked[:-1], True)
    holds = np.flatnonzero((1 - true / called <= false_discovery_rate) & last_of_equals)
    if not len(holds):
        return 1.0
    f1 = 2 * true[holds] / (called[holds] + true[-1])
    return float(ranked[holds[np.argmax(f1)]])


def multinomial_temperature(
    logits: NDArray[np.floating], classes: NDArray[np.intp], weights: NDArray[np.float64]
) -> float:
    """Temperature that minimises the cross-entropy of ``softmax(logits / temperature)``.

    Parameters
    ----------
    logits : ndarray of float, shape (num_genomes, num_classes)
    classes : ndarray of int, shape (num_genomes,)
    weights : ndarray of float64, shape (num_genomes,)

    Returns
    -------
    float
        Between 0.1 and 10.
    """

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits.astype(np.float64) / np.exp(log_temperature), axis=1)
        return float(-np.average(scaled[np.arange(len(classes)), classes], weights=weights))

    return float(np.exp(minimize_scalar(loss, bounds=_BOUNDS, method="bounded").x))
