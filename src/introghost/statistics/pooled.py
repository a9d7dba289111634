"""Statistics of haplotypes pooled over a region: what the networks for whole genomes are given beside the population's.

They are of a few individuals of the target, the same ones in every region: how often something is found does not hang
on how many are looked at then, and large genomes are affordable.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from introghost import seeds
from introghost.haplotypes import OUTGROUP, TARGET, Haplotypes
from introghost.statistics.haplotype import usable_bins
from introghost.statistics.registry import POOLED
from introghost.statistics.thresholds import POOLED_DIPLOIDS as DIPLOIDS
from introghost.statistics.thresholds import POOLED_QUANTILES

__all__ = ["DIPLOIDS", "PLAIN", "POOLED", "Summary", "at_most", "few_targets", "of_both_at_most", "pool"]

Array = NDArray[np.float32]


def at_most(haplotypes: Haplotypes, role: int, diploids: int) -> Haplotypes:
    """At most so many individuals of one role, and all of the other.

    Parameters
    ----------
    haplotypes : Haplotypes
    role : int
        `OUTGROUP` or `TARGET`.
    diploids : int
        The most individuals; of more, they are chosen by a digest of their names.

    Returns
    -------
    Haplotypes
        Sites that vary among these; `haplotypes` itself where there are no more.
    """
    individuals = _individuals(haplotypes, role)
    if len(individuals) <= diploids:
        return haplotypes
    is_chosen = np.isin(np.array(haplotypes.sample_names), individuals[:diploids])
    return haplotypes.select_haplotypes(np.flatnonzero((haplotypes.roles != role) | is_chosen))


def of_both_at_most(haplotypes: Haplotypes, diploids: tuple[int, int]) -> Haplotypes:
    """At most so many individuals of outgroup and of target, see `at_most`.

    Parameters
    ----------
    haplotypes : Haplotypes
    diploids : tuple of int and int
        The most individuals of outgroup and target.
    """
    for role, most in zip((OUTGROUP, TARGET), diploids, strict=True):
        haplotypes = at_most(haplotypes, role, most)
    return haplotypes


def few_targets(haplotypes: Haplotypes) -> Haplotypes:
    """The outgroup and at most `DIPLOIDS` individuals of the target, see `at_most`."""
    return at_most(haplotypes, TARGET, DIPLOIDS)


def _individuals(haplotypes: Haplotypes, role: int) -> list[str]:
    """Names of the individuals of one role, in the order in which they are chosen."""
    return seeds.shuffled(np.array(haplotypes.sample_names)[haplotypes.roles == role], "few")


def pool(statistics: Array, usable: NDArray[np.bool_]) -> Array:
    """`POOLED` of one region: mean and quantiles of each statistic over its target haplotypes and usable bins.

    Parameters
    ----------
    statistics : ndarray of float32, shape (num_haplotypes, num_bins, num_statistics)
        Of `few_targets`.
    usable : ndarray of bool, shape (num_bins,)

    Returns
    -------
    ndarray of float32, shape (len(POOLED),)
        0 where no bin is usable.
    """
    flat = statistics[:, usable].reshape(-1, statistics.shape[-1])
    if not len(flat):
        return np.zeros(len(POOLED), dtype=np.float32)
    spread = np.quantile(flat, POOLED_QUANTILES, axis=0)
    return np.concatenate([flat.mean(axis=0, dtype=np.float64), spread.ravel()]).astype(np.float32)


@dataclass(frozen=True)
class Summary:
    """What is kept of a region as a whole.

    Attributes
    ----------
    names : tuple of str
    compute : callable
        From the statistics of `few_targets`, (num_haplotypes, num_bins, num_statistics), and the callable fraction of
        each bin, 0 where it is not to be looked at, to the value of each name.
    segment_model_digest : str
        Of the segment network whose answers are among them; empty for none.
    """

    names: tuple[str, ...]
    compute: Callable[[Array, Array], Array]
    segment_model_digest: str = ""


PLAIN = Summary(POOLED, lambda statistics, callable_fraction: pool(statistics, usable_bins(callable_fraction)))
