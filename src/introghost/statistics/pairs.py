"""Differences between pairs of haplotypes, and what follows from them: who is near, and whose neighbours are.

`members` are the target haplotypes of the panel that pairs are counted with, see `statistics.haplotype.panel`: a
haplotype of the panel has a pair with itself, which must not count.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

TIE = 1e-3  # differences are whole numbers, but where genotypes are missing


@dataclass(frozen=True)
class Pairs:
    """Differing sites of pairs of haplotypes.

    Attributes
    ----------
    different : ndarray of float32, shape (num_left, num_right)
    compared : ndarray of float32, shape (num_left, num_right), or None
        Sites that both haplotypes have; None where nothing is missing.
    num_sites : int
        Sites in all.
    """

    different: Array
    compared: Array | None
    num_sites: int

    def __add__(self, other: "Pairs") -> "Pairs":
        compared = None if self.compared is None or other.compared is None else self.compared + other.compared
        return Pairs(self.different + other.different, compared, self.num_sites + other.num_sites)

    def scaled_up(self, undefined: float) -> Array:
        """Differences scaled up to all sites, the same shape; `undefined` where there are sites and none is shared."""
        if self.compared is None or self.num_sites == 0:
            return self.different
        scaled = np.full_like(self.different, undefined)
        return np.divide(self.different * self.num_sites, self.compared, out=scaled, where=self.compared > 0)


def count_complete(left: Array, right: Array) -> Pairs:
    """Pairs of haplotypes without missing genotypes.

    Parameters
    ----------
    left, right : ndarray of float32, shape (num_sites, num_left) and (num_sites, num_right)
        0 ancestral, 1 derived.
    """
    # |l - r| = l + r - 2 l r: both sums ride on the one product.
    ones = np.ones((1, left.shape[1]), np.float32), np.ones((1, right.shape[1]), np.float32)
    either = np.concatenate([left, left.sum(axis=0, keepdims=True), ones[0]])
    different: Array = either.T @ np.concatenate([-2 * right, ones[1], right.sum(axis=0, keepdims=True)])
    return Pairs(different, None, len(left))


def count_with_missing(left: NDArray[np.int8], right: NDArray[np.int8]) -> Pairs:
    """Pairs of haplotypes of which genotypes are missing.

    Parameters
    ----------
    left, right : ndarray of int8, shape (num_sites, num_left) and (num_sites, num_right)
        0 ancestral, 1 derived, -1 missing.
    """
    # A site differs where one haplotype has 1 and the other 0, and is compared where both have 0 or 1.
    left_1, right_1 = (left == 1).astype(np.float32), (right == 1).astype(np.float32)
    left_0, right_0 = (left == 0).astype(np.float32), (right == 0).astype(np.float32)
    different = left_1.T @ right_0 + left_0.T @ right_1
    return Pairs(different, (left_0 + left_1).T @ (right_0 + right_1), len(left))


def least(differences: Array) -> Array:
    """Least of each row, shape (num_left,); 0 where there is nothing to compare with."""
    smallest = differences.min(axis=1)
    return np.where(np.isfinite(smallest), smallest, np.float32(0))


def exclude_self(pairs: Array, value: float, members: NDArray[np.intp]) -> Array:
    """Pairs of haplotypes, with each haplotype's pair with itself set to a value in place.

    Parameters
    ----------
    pairs : ndarray of float32, shape (num_bins, num_target, num_panel)
        Changed in place.
    value : float
    members : ndarray of int64, shape (num_panel,)
        Row of each haplotype of the panel among the target haplotypes.

    Returns
    -------
    ndarray of float32
        `pairs` itself.
    """
    pairs[:, members, np.arange(len(members))] = value
    return pairs


def mean_of_others(pairs: Array, members: NDArray[np.intp]) -> NDArray[np.float64]:
    """Mean over the panel, without a member's pair with itself.

    Parameters
    ----------
    pairs : ndarray of float32, shape (num_bins, num_target, num_panel)
        A member's pair with itself is set to 0 in place.
    members : ndarray of int64, shape (num_panel,)
        Row of each haplotype of the panel among the target haplotypes.

    Returns
    -------
    ndarray of float64, shape (num_bins, num_target)
    """
    total = exclude_self(pairs, 0.0, members).sum(axis=2, dtype=np.float64)
    mean: NDArray[np.float64] = total / np.maximum(_num_others(pairs, members), 1)
    return mean


def share_closer(pairs: Array, nearest_outgroup: Array, members: NDArray[np.intp]) -> Array:
    """Share of the other target haplotypes that are closer than any of the outgroup.

    Parameters
    ----------
    pairs : ndarray of float32, shape (num_bins, num_target, num_panel)
        Differences to the panel of `members`, each one's to itself infinite.
    nearest_outgroup : ndarray of float32, shape (num_bins, num_target)
    members : ndarray of intp, shape (num_panel,)

    Returns
    -------
    ndarray of float32, shape (num_bins, num_target)
    """
    number = (pairs < nearest_outgroup[:, :, None] - TIE).sum(axis=2, dtype=np.float32)
    share: Array = number / np.maximum(_num_others(pairs, members), 1)
    return share


def of_closest(pairs: Array, nearest: Array, members: NDArray[np.intp]) -> Callable[[Array], Array]:
    """What gives a statistic of each haplotype's closest one.

    Parameters
    ----------
    pairs : ndarray of float32, shape (num_bins, num_target, num_panel)
        Differences to the panel of `members`, each one's to itself infinite.
    nearest : ndarray of float32, shape (num_bins, num_target)
        Their minima.
    members : ndarray of intp, shape (num_panel,)

    Returns
    -------
    callable
        From a statistic to that of the closest haplotype, both of shape (num_bins, num_target). Of several that are
        equally close the largest value counts, so that the order of haplotypes does not matter; -inf where there is no
        other haplotype.
    """
    is_closest = (pairs <= nearest[:, :, None] + TIE) & np.isfinite(pairs)

    def value(statistic: Array) -> Array:
        largest: Array = np.where(is_closest, statistic[:, None, members], -np.inf).max(axis=2)
        return largest

    return value


def _num_others(pairs: Array, members: NDArray[np.intp]) -> Array:
    """How many haplotypes of the panel each target haplotype is compared with, itself not counted; (num_target,)."""
    others = np.full(pairs.shape[1], pairs.shape[2], dtype=np.float32)
    others[members] -= 1
    return others
