"""Rates that vary along a region: errors of the recombination map, and mutation."""

import msprime
import numpy as np
from numpy.typing import NDArray

BLOCK_BP = 50_000
NO_VARIANCE = 1e-12  # below it the gamma distribution has no shape


def with_error(rate_map: msprime.RateMap, log_sd: float, seed: int) -> msprime.RateMap:
    """The map times a log-normal factor of mean 1 in each block of `BLOCK_BP`.

    Parameters
    ----------
    rate_map : msprime.RateMap
    log_sd : float
        Standard deviation of the log of the factor.
    seed : int
    """
    num_blocks = _num_blocks(rate_map.sequence_length)
    normal = np.random.default_rng(seed).standard_normal(num_blocks)
    return multiply(rate_map, np.exp(log_sd * normal - log_sd**2 / 2))


def varying(rate: float, length_bp: int, coefficient_of_variation: float, seed: int) -> msprime.RateMap:
    """A rate times a gamma-distributed factor of mean 1 in each block of `BLOCK_BP`.

    The mean is 1 in expectation, not in every region: whole regions differ in their rate as well.

    Parameters
    ----------
    rate : float
        Per base pair and generation.
    length_bp : int
    coefficient_of_variation : float
        Standard deviation of the factor, from 0 on.
    seed : int
    """
    uniform = msprime.RateMap.uniform(length_bp, rate)
    if coefficient_of_variation**2 < NO_VARIANCE:
        return uniform
    return multiply(uniform, _gamma(coefficient_of_variation, _num_blocks(length_bp), seed))


def factor(coefficient_of_variation: float, seed: int) -> float:
    """A gamma-distributed factor of mean 1.

    Parameters
    ----------
    coefficient_of_variation : float
        Its standard deviation, from 0 on.
    seed : int
    """
    return float(_gamma(coefficient_of_variation, 1, seed)[0])


def _gamma(coefficient_of_variation: float, number: int, seed: int) -> NDArray[np.float64]:
    """Gamma-distributed factors of mean 1, shape (number,)."""
    variance = coefficient_of_variation**2
    if variance < NO_VARIANCE:
        return np.ones(number)
    return np.random.default_rng(seed).gamma(1 / variance, variance, number)


def multiply(rate_map: msprime.RateMap, factors: NDArray[np.float64]) -> msprime.RateMap:
    """The map times the factor of each block of `BLOCK_BP`, shape (num_blocks,); the last block may be shorter.

    Parameters
    ----------
    rate_map : msprime.RateMap
    factors : ndarray of float64, shape (num_blocks,)
        Of each block of `BLOCK_BP`; the last block may be shorter.
    """
    edges = np.union1d(rate_map.position, np.arange(1, len(factors)) * float(BLOCK_BP))
    stretch = np.searchsorted(rate_map.position, edges[:-1], side="right") - 1
    block = (edges[:-1] // BLOCK_BP).astype(np.int64)
    return msprime.RateMap(position=edges, rate=rate_map.rate[stretch] * factors[block])


def _num_blocks(length_bp: float) -> int:
    return int(-(-length_bp // BLOCK_BP))
