"""Weights of genomes with which every scenario weighs the same, however many genomes it has."""

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError

Classes = NDArray[np.int64]


def equal_weights(classes: Classes) -> NDArray[np.float64]:
    """Weights of genomes with which each class that is there weighs the same; their mean is 1.

    Parameters
    ----------
    classes : ndarray of int64, shape (num_genomes,)

    Returns
    -------
    ndarray of float64, shape (num_genomes,)
    """
    _, index, counts = np.unique(classes, return_inverse=True, return_counts=True)
    weights: NDArray[np.float64] = len(classes) / len(counts) / counts[index]
    return weights


def bootstrap_weights(
    classes: Classes, held_out: NDArray[np.bool_], members: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Weights of genomes for each member of an ensemble, by the Bayesian bootstrap (Rubin 1981, Ann Stat 9:130).

    Parameters
    ----------
    classes : ndarray of int64, shape (num_genomes,)
    held_out : ndarray of bool, shape (num_genomes,)
        Genomes of validation: each class weighs the same among them, and every member sees them alike.
    members : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float32, shape (num_genomes, members)
        Of training genomes exponential, with mean 1 in each class for each member.
    """
    weights = rng.exponential(size=(len(classes), members))
    weights[held_out] = equal_weights(classes[held_out])[:, None]
    for index in np.unique(classes):
        rows = (classes == index) & ~held_out
        weights[rows] /= weights[rows].mean(axis=0)
    return weights.astype(np.float32)


def repeated(classes: Classes, train: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices of training genomes, the rarer classes repeated until each has as many as the commonest.

    Parameters
    ----------
    classes : ndarray of int64, shape (num_genomes,)
    train : ndarray of bool, shape (num_genomes,)
    rng : numpy.random.Generator
        Chooses which genomes come once more than others of their class.

    Raises
    ------
    DataError
        A class without two training genomes.
    """
    groups = [np.flatnonzero(train & (classes == index)) for index in np.unique(classes)]
    if min(len(group) for group in groups) < 2:
        raise DataError("a scenario has not two genomes left to train on after the split: simulate more of it")
    most = max(len(group) for group in groups)
    return np.concatenate([np.resize(rng.permutation(group), most) for group in groups])
