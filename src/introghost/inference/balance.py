"""Weights of genomes with which every scenario weighs the same, and folds in which observations of one stay together.

A simulated genome may be observed several times. Each observation is a case of training; what is drawn or divided by
genome goes by `identities`, which are equal for the observations of one genome.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from introghost.errors import DataError

Classes = NDArray[np.int64]
Identities = NDArray[np.int64]


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


def identities(scenarios: NDArray[np.str_], genomes: NDArray[np.int64]) -> Identities:
    """A number for each simulated genome, in the order in which genomes come.

    Parameters
    ----------
    scenarios : ndarray of str, shape (num_cases,)
        Scenario of each observation of a genome.
    genomes : ndarray of int64, shape (num_cases,)
        Number of the genome within its scenario.

    Returns
    -------
    ndarray of int64, shape (num_cases,)
        From 0 on; equal for the observations of one genome.
    """
    return np.asarray(pd.MultiIndex.from_arrays([scenarios, genomes]).factorize()[0], dtype=np.int64)


def folds(identities: Identities, number: int) -> NDArray[np.int64]:
    """Folds of a cross-validation, dealt out to genomes one after the other.

    Parameters
    ----------
    identities : ndarray of int64, shape (num_cases,)
    number : int
        How many folds.

    Returns
    -------
    ndarray of int64, shape (num_cases,)
        0 to `number` less one; equal for the observations of one genome.
    """
    return np.asarray(pd.factorize(identities)[0] % number, dtype=np.int64)


def bootstrap_weights(
    classes: Classes,
    held_out: NDArray[np.bool_],
    identities: Identities,
    members: int,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Weights of genomes for each member of an ensemble, by the Bayesian bootstrap (Rubin 1981, Ann Stat 9:130).

    Parameters
    ----------
    classes : ndarray of int64, shape (num_cases,)
    held_out : ndarray of bool, shape (num_cases,)
        Genomes of validation: each class weighs the same among them, and every member sees them alike.
    identities : ndarray of int64, shape (num_cases,)
        All observations of a genome have the weight that is drawn for it.
    members : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float32, shape (num_cases, members)
        Of training genomes exponential, with mean 1 in each class for each member.
    """
    index_of_genome, distinct = pd.factorize(identities)
    weights = rng.exponential(size=(len(distinct), members))[index_of_genome]
    weights[held_out] = equal_weights(classes[held_out])[:, None]
    for index in np.unique(classes):
        rows = (classes == index) & ~held_out
        weights[rows] /= weights[rows].mean(axis=0)
    return weights.astype(np.float32)


def repeated(
    classes: Classes, train: NDArray[np.bool_], identities: Identities, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Indices of training cases, the rarer classes repeated until each has as many as the commonest.

    Parameters
    ----------
    classes : ndarray of int64, shape (num_cases,)
    train : ndarray of bool, shape (num_cases,)
    identities : ndarray of int64, shape (num_cases,)
    rng : numpy.random.Generator
        Chooses which cases come once more than others of their class.

    Raises
    ------
    DataError
        A class without two training genomes.
    """
    groups = [np.flatnonzero(train & (classes == index)) for index in np.unique(classes)]
    if min(len(np.unique(identities[group])) for group in groups) < 2:
        raise DataError("a scenario has not two genomes left to train on after the split: simulate more of it")
    most = max(len(group) for group in groups)
    return np.concatenate([np.resize(rng.permutation(group), most) for group in groups])
