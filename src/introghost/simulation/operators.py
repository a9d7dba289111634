"""What the operators of the observation model do to genotypes.

Genotypes are int8 of shape (num_sites, num_haplotypes): 0 ancestral, 1 derived, -1 missing, the two haplotypes of an
individual side by side. Operators change them in place unless they say otherwise.
"""

import numpy as np
from numpy.typing import NDArray

from introghost.haplotypes import MISSING

Genotypes = NDArray[np.int8]
Rng = np.random.Generator

HOMOZYGOTE_ERROR = 0.1
LOCUS_BP = (20_000, 300_000)
MOST_LOCI = 3
# Mean lengths of tracts: of gene flow into the outgroup some 200 to 2,000 generations ago, into the target 10 to 200.
OUTGROUP_FLOW_TRACT_BP, TARGET_FLOW_TRACT_BP = (50_000, 500_000), (500_000, 10_000_000)
MISSING_CONCENTRATION = 10.0
SAMPLE_SHAPE = 4.0


def minor_allele_counts(genotypes: Genotypes, left_out: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often the rarer allele of each site is seen.

    Parameters
    ----------
    genotypes : ndarray of int8, shape (num_sites, num_haplotypes)
        None missing.
    left_out : ndarray of int64, shape (num_left_out,)
        Columns that do not count.

    Returns
    -------
    ndarray of int64, shape (num_sites,)
        0 where there are more than two alleles.
    """
    # Copies of the derived allele of each site in the columns that count; the rarer allele has these or the rest.
    derived = (genotypes == 1).sum(axis=1)
    if len(left_out):
        derived -= (genotypes.take(left_out, axis=1) == 1).sum(axis=1)
    biallelic = genotypes.max(axis=1, initial=0) <= 1
    number = genotypes.shape[1] - len(left_out)
    counts: NDArray[np.int64] = np.where(biallelic, np.minimum(derived, number - derived), 0)
    return counts


def detected(minor: NDArray[np.int64], probability: float, rng: Rng) -> NDArray[np.bool_]:
    """Which sites were found, when each copy of the rarer allele is found or missed by chance.

    Shallow sequencing finds common alleles and misses rare ones.

    Parameters
    ----------
    minor : ndarray of int64, shape (num_sites,)
        Copies of the rarer allele among all who were sequenced.
    probability : float
        That an allele seen once is found, in (0, 1].
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of bool, shape (num_sites,)
    """
    missed: NDArray[np.bool_] = rng.random(len(minor)) < (1 - probability) ** minor
    return ~missed


def inbred(columns: NDArray[np.int64], share: float, rng: Rng) -> NDArray[np.int64]:
    """Columns of individuals of whom some are homozygous throughout the region.

    Parameters
    ----------
    columns : ndarray of int64, shape (num_haplotypes,)
        Simulated haplotypes, the two of an individual side by side.
    share : float
        Of individuals, in [0, 1].
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64, the same shape
        The second haplotype of an inbred individual is its first.
    """
    pairs = columns.reshape(-1, 2).copy()
    autozygous = rng.random(len(pairs)) < share
    pairs[autozygous, 1] = pairs[autozygous, 0]
    return pairs.ravel()


def draw_loci(length_bp: int, rng: Rng) -> NDArray[np.int64]:
    """Some loci of a region, as a panel of genes has them.

    Parameters
    ----------
    length_bp : int
        Of the region.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64, shape (num_loci, 2)
        At most `MOST_LOCI` intervals, sorted and disjoint, of lengths log-uniform in `LOCUS_BP`; where two overlap they
        are one.
    """
    number = int(rng.integers(1, MOST_LOCI, endpoint=True))
    shortest, longest = np.log(LOCUS_BP)
    lengths = np.minimum(np.exp(rng.uniform(shortest, longest, number)), length_bp).astype(np.int64)
    starts = rng.integers(length_bp - lengths, endpoint=True)
    order = np.argsort(starts)
    starts, ends = starts[order], np.maximum.accumulate((starts + lengths)[order])
    apart = np.append(True, starts[1:] > ends[:-1])
    return np.stack([starts[apart], ends[np.append(apart[1:], True)]], axis=1)


def varies(genotypes: Genotypes) -> NDArray[np.bool_]:
    """Which sites show both alleles among the genotypes that are not missing, shape (num_sites,)."""
    both: NDArray[np.bool_] = (genotypes == 1).any(axis=1) & (genotypes == 0).any(axis=1)
    return both


def swap(first: NDArray[np.int64], second: NDArray[np.int64], share: float, rng: Rng) -> None:
    """Exchange members, drawn at random, between two groups in place.

    Parameters
    ----------
    first, second : ndarray of int64, shape (num_members,)
        Members of either group; their numbers may differ.
    share : float
        In [0, 1]: the number that are exchanged is binomial, this share of the smaller group on average.
    rng : numpy.random.Generator
    """
    # As many members of either group, without repeats, change places.
    number = rng.binomial(min(len(first), len(second)), share)
    left = rng.choice(len(first), number, replace=False)
    right = rng.choice(len(second), number, replace=False)
    first[left], second[right] = second[right], first[left]


def draw_tracts(
    num_receivers: int, num_donors: int, length_bp: int, share: float, tract_bp: tuple[float, float], rng: Rng
) -> list[tuple[int, int, float, float]]:
    """Intervals of gene flow in each receiver.

    They start as a Poisson process and have exponential lengths, so that `share` of each receiver is covered.

    Parameters
    ----------
    num_receivers, num_donors : int
        Haplotypes.
    length_bp : int
        Length of the region.
    share : float
        Of each receiver's sequence, in [0, 1).
    tract_bp : tuple of float and float
        Bounds of the mean length, which is log-uniform between them.
    rng : numpy.random.Generator

    Returns
    -------
    list of tuple
        Receiver, donor, start_bp and end_bp of each, a receiver's in the order in which they came. They may reach
        beyond the region.
    """
    # Mean length of this region.
    mean_bp = float(np.exp(rng.uniform(*np.log(tract_bp))))
    reach_bp = 10 * mean_bp  # a tract that covers the region's first base started before it
    # A point stays uncovered with probability exp(-rate * mean).
    number = rng.poisson(-np.log1p(-share) / mean_bp * (length_bp + reach_bp), num_receivers)
    # Receiver, start, end and donor of each.
    receivers = np.repeat(np.arange(num_receivers), number)
    starts = rng.uniform(-reach_bp, length_bp, len(receivers))
    ends = starts + rng.exponential(mean_bp, len(receivers))
    donors = rng.integers(num_donors, size=len(receivers))
    return list(zip(receivers.tolist(), donors.tolist(), starts.tolist(), ends.tolist(), strict=True))


def miscall(genotypes: Genotypes, rate: float, rng: Rng) -> None:
    """Read a share `rate` of heterozygotes as either homozygote, and a tenth of it of homozygotes as heterozygotes.

    The tenth stands for the call rates of moderate coverage, where one of two alleles is missed far more easily than
    a second allele is made up. Sites at which nobody carries an alternative stay as they are.

    Parameters
    ----------
    genotypes : ndarray of int8, shape (num_sites, num_haplotypes)
        None missing; changed in place.
    rate : float
        In [0, 1].
    rng : numpy.random.Generator
    """
    pairs = genotypes.reshape(len(genotypes), -1, 2)
    heterozygous = pairs[:, :, 0] != pairs[:, :, 1]
    # Heterozygotes that are read wrong: one of the two alleles, drawn at random, becomes the other.
    site, individual = np.nonzero(heterozygous)
    wrong = rng.random(len(site)) < rate
    site, individual = site[wrong], individual[wrong]
    lost = rng.integers(2, size=len(site))
    pairs[site, individual, lost] = pairs[site, individual, 1 - lost]
    # Homozygotes that are read wrong: genotypes are drawn from all with repeats, and those that are heterozygous are
    # passed over; one of the two alleles, drawn at random, is exchanged.
    number = rng.binomial(heterozygous.size, HOMOZYGOTE_ERROR * rate)
    chosen = np.unique(rng.integers(heterozygous.size, size=number))
    site, individual = np.unravel_index(chosen, heterozygous.shape)
    made_up = ~heterozygous[site, individual]
    site, individual = site[made_up], individual[made_up]
    pairs[site, individual, rng.integers(2, size=len(site))] ^= 1


def switch_phase(
    genotypes: Genotypes, positions_bp: NDArray[np.int64], singleton: NDArray[np.bool_], rate: float, rng: Rng
) -> list[NDArray[np.int64]]:
    """Exchange the haplotypes of individuals from random heterozygous sites on.

    `rate` is the switch error per heterozygous site as it is usually counted: half of it are lasting switches, the
    other half pairs of consecutive ones, which exchange a single site. An allele that nobody else carries among all who
    were phased together is on either haplotype at random, for its phase can't be known from others.

    Parameters
    ----------
    genotypes : ndarray of int8, shape (num_sites, num_haplotypes)
        None missing; changed in place.
    positions_bp : ndarray of int64, shape (num_sites,)
        Ascending.
    singleton : ndarray of bool, shape (num_sites,)
        Where the rarer allele is seen once among all who were phased together, the panel included.
    rate : float
        In [0, 1].
    rng : numpy.random.Generator

    Returns
    -------
    list of ndarray of int64
        Positions of the lasting switches of each individual, in bp.
    """
    pairs = genotypes.reshape(len(genotypes), -1, 2)
    heterozygous = pairs[:, :, 0] != pairs[:, :, 1]
    # A uniform draw for each heterozygote: below half of the rate a lasting switch, below three quarters a single site,
    # whose pair of switches counts twice.
    draws = np.ones(heterozygous.shape, dtype=np.float32)
    draws[heterozygous] = rng.random(int(heterozygous.sum()), dtype=np.float32)
    lasting, single = draws < rate / 2, (draws >= rate / 2) & (draws < 0.75 * rate)
    # Haplotypes are exchanged after an odd number of lasting switches, and at single sites the other way round; where
    # the allele is seen once, by chance.
    exchanged = (np.cumsum(lasting, axis=0) % 2 == 1) ^ single
    exchanged[singleton] = rng.random((int(singleton.sum()), pairs.shape[1])) < 0.5
    pairs[exchanged] = pairs[exchanged][:, ::-1]
    return [positions_bp[lasting[:, individual]] for individual in range(pairs.shape[1])]


def lose(genotypes: Genotypes, mean: float, rng: Rng) -> None:
    """Make a share `mean` of genotypes missing: beta-distributed over sites, times a gamma factor per individual.

    Parameters
    ----------
    genotypes : ndarray of int8, shape (num_sites, num_haplotypes)
        Changed in place; both alleles of a genotype go missing together.
    mean : float
        In (0, 1).
    rng : numpy.random.Generator
    """
    pairs = genotypes.reshape(len(genotypes), -1, 2)
    # Probability of being missing: of each site, whose mean over sites is `mean`, times a factor of each individual,
    # whose mean is 1; above 1 it is certain.
    of_site = rng.beta(mean * MISSING_CONCENTRATION, (1 - mean) * MISSING_CONCENTRATION, size=(len(pairs), 1))
    of_individual = rng.gamma(SAMPLE_SHAPE, 1 / SAMPLE_SHAPE, size=(1, pairs.shape[1]))
    lost = rng.random(pairs.shape[:2], dtype=np.float32) < of_site * of_individual
    pairs[lost] = MISSING


def mistake_ancestral(genotypes: Genotypes, share: float, rng: Rng) -> None:
    """Exchange ancestral and derived at a share of the sites.

    Parameters
    ----------
    genotypes : ndarray of int8, shape (num_sites, num_haplotypes)
        Changed in place; what is missing stays so.
    share : float
        In [0, 1].
    rng : numpy.random.Generator
    """
    wrong = rng.random(len(genotypes)) < share
    genotypes[wrong] = np.where(genotypes[wrong] == MISSING, MISSING, 1 - genotypes[wrong])
