"""Statistics of haplotypes pooled over a region: what the networks for whole genomes are given beside the population's.

They are of a few individuals of the target, the same ones in every region: how often something is found does not hang
on how many are looked at then, and large genomes are affordable.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from introghost import seeds
from introghost.haplotypes import TARGET, Haplotypes
from introghost.statistics.haplotype import STATISTICS, usable_bins

Array = NDArray[np.float32]

DIPLOIDS = 10
QUANTILES = (0.05, 0.5, 0.95, 0.99)
POOLED = tuple(f"{part}_of_{name}" for part in ("mean", *(f"quantile_{q}" for q in QUANTILES)) for name in STATISTICS)


def at_most(haplotypes: Haplotypes, role: int, diploids: int) -> Haplotypes:
    """At most so many individuals of one role, chosen by a digest of their names, and all of the other.

    Where there are no more, `haplotypes` itself.
    """
    names = np.array(haplotypes.sample_names)
    own = haplotypes.roles == role
    individuals = seeds.shuffled(names[own], "few")
    if len(individuals) <= diploids:
        return haplotypes
    return haplotypes.select_haplotypes(np.flatnonzero(~own | np.isin(names, individuals[:diploids])))


def few_targets(haplotypes: Haplotypes) -> Haplotypes:
    """The outgroup and at most `DIPLOIDS` individuals of the target, see `at_most`."""
    return at_most(haplotypes, TARGET, DIPLOIDS)


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
    spread = np.quantile(flat, QUANTILES, axis=0)
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
    segments : str
        Digest of the segment network whose answers are among them; empty for none.
    """

    names: tuple[str, ...]
    compute: Callable[[Array, Array], Array]
    segments: str = ""


PLAIN = Summary(POOLED, lambda statistics, callable_fraction: pool(statistics, usable_bins(callable_fraction)))
