"""What can be learned from a VCF about how it was made, from allele counts alone and without a demographic model."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from introghost.arrays import bin_edges_bp
from introghost.haplotypes import MISSING, OUTGROUP, TARGET, Haplotypes, callable_per_bin_bp
from introghost.variants.allele_counts import AlleleCounts, allele_counts
from introghost.variants.samples import SampleRoles
from introghost.variants.sites import Interval
from introghost.variants.source import VcfSource

Counts = NDArray[np.int64]

OTHERS = 2  # column of `SiteCounts` after those of `OUTGROUP` and `TARGET`
SHARE_ABOVE_CUT = 0.999
MOST_BELOW_CUT = 0.6
FEWEST_AT_CUT = 30
HIGHEST_STEP = 50
PRIVATE_FREQUENCY = 0.05
FEWEST_PRIVATE_SITES = 20
DIVERSITY_BP = 1_000_000  # divides `source.TILE_BP`
LEAST_CALLABLE = 0.5


@dataclass(frozen=True)
class SiteCounts:
    """Allele counts of biallelic sites.

    Attributes
    ----------
    alternative, called : ndarray of int64, shape (num_sites, 3)
        Haplotypes with the alternative allele, and with any allele: of the outgroup, the target and all other samples.
    num_haplotypes : tuple of int
        Of the outgroup, the target and all other samples.
    """

    alternative: Counts
    called: Counts
    num_haplotypes: tuple[int, int, int]

    @classmethod
    def gather(cls, contigs: Iterable[AlleleCounts], num_diploids: tuple[int, int, int]) -> "SiteCounts":
        """Counts of all contigs.

        Parameters
        ----------
        contigs : iterable of AlleleCounts
            Of all samples and the two subsets outgroup and target, in this order.
        num_diploids : tuple of int
            Samples of the outgroup and the target, and all others.
        """
        empty = np.empty((0, 3), dtype=np.int64)
        alternative, called = [empty], [empty]
        for contig in contigs:
            for column, parts in ((contig.alternate, alternative), (contig.called, called)):
                # Counts of all samples less those of the outgroup and the target.
                everybody, selected = column[:, :1].astype(np.int64), column[:, 1:]
                others = everybody - selected.sum(axis=1, keepdims=True)
                parts.append(np.concatenate([selected, others], axis=1))
        outgroup, target, others_number = (2 * number for number in num_diploids)
        return cls(np.concatenate(alternative), np.concatenate(called), (outgroup, target, others_number))

    @property
    def minor(self) -> Counts:
        """Count of the rarer allele over all samples, shape (num_sites,)."""
        alternative = self.alternative.sum(axis=1)
        result: Counts = np.minimum(alternative, self.called.sum(axis=1) - alternative)
        return result

    @property
    def missing(self) -> float:
        """Missing share of the outgroup's and target's alleles at sites that vary in anybody; NaN without a site."""
        called = self.called[self.minor > 0][:, :OTHERS]
        return 1 - float(called.mean(axis=0).sum()) / sum(self.num_haplotypes[:OTHERS]) if len(called) else np.nan


def allele_count_cut(minor: Counts) -> int:
    """The allele-count filter that a file went through.

    Parameters
    ----------
    minor : ndarray of int64, shape (num_sites,)
        Count of the rarer allele over all samples of the file. Sites that do not vary don't count: a file may keep
        them on purpose.

    Returns
    -------
    int
        The largest count, up to `HIGHEST_STEP`, that at least `FEWEST_AT_CUT` sites have and fewer than 0.6 times as
        many sites in total stay below; or the largest that 99.9 % of the varying sites reach, if that is more. 1 is
        no filter.

    Notes
    -----
    Genotypes that went missing after the filter push counts below it: at the cut, only they are below; at the next
    count, so is everything at the cut. Of an unfiltered file, twice as many sites have one copy as have two. The
    share is for cuts that no count shows: high ones, where neighbouring counts run into each other, and small files.
    """
    # Sites at each count up to `HIGHEST_STEP`, more than that in a last one, which is left out; and the counts at which
    # there are many sites, and few below.
    varying = np.sort(minor[minor > 0])
    if not len(varying):
        return 1
    at = np.bincount(np.minimum(varying, HIGHEST_STEP + 1), minlength=HIGHEST_STEP + 2)[: HIGHEST_STEP + 1]
    steps = np.flatnonzero((at >= FEWEST_AT_CUT) & (np.cumsum(at) - at < MOST_BELOW_CUT * at))
    return max(int(steps.max(initial=1)), int(varying[int((1 - SHARE_ABOVE_CUT) * len(varying))]))


def panel_diploids(counts: SiteCounts, role: int, cut: int) -> int | None:
    """How many further individuals of a role the other samples of a file stand for, as far as a filter can tell.

    Alleles at 5 to 10 % in the role that the other role lacks are a sample of what is private to the role. Were the
    other samples n times as many individuals of the role, they would carry each about n times as often as the role
    does; were they strangers, hardly ever.

    Parameters
    ----------
    counts : SiteCounts
    role : int
        `OUTGROUP` or `TARGET`.
    cut : int
        The file's `allele_count_cut`; alleles rarer than it in the role are seen only if others carry them, so they
        can't be used.

    Returns
    -------
    int or None
        At most as many as there are others; None if there are too few private alleles to tell.
    """
    number, stranger = counts.num_haplotypes[role], TARGET if role == OUTGROUP else OUTGROUP
    if counts.num_haplotypes[OTHERS] == 0:
        return 0
    lowest = max(cut, int(np.ceil(PRIVATE_FREQUENCY * number)))
    # Either allele may be the one that is private.
    allele = np.concatenate([counts.alternative, counts.called - counts.alternative])
    called = np.concatenate([counts.called, counts.called])
    # Alleles that the other role lacks and the role carries at the lowest frequency of use, up to twice that, and at
    # most at one half; everybody has genotypes there.
    carried = allele[:, role]
    private = (allele[:, stranger] == 0) & (carried >= lowest) & (carried <= 2 * lowest) & (2 * carried <= number)
    private &= (called > 0).all(axis=1)
    if private.sum() < FEWEST_PRIVATE_SITES:
        return None
    # Frequencies, since one of the two may lack more genotypes. The median frequency, given that an allele is seen k
    # times, is near k - 1/3 (that of a gamma distribution).
    there = (allele[private, OTHERS] + 0.5) / called[private, OTHERS]
    here = (carried[private] - 1 / 3) / called[private, role]
    most = counts.num_haplotypes[OTHERS] / 2
    return round(min(float(np.median(there / here)), 1.0) * most)


@dataclass(frozen=True)
class Survey:
    """What one pass over a file shows.

    Attributes
    ----------
    counts : SiteCounts
        Of all biallelic SNVs that vary in anybody.
    surveyed_bp, callable_bp : int
        Length of the stretches with records, and how much of it is callable.
    num_callable_sites : int
        SNVs that vary among outgroup and target and lie in callable sequence.
    diversity : ndarray of float64, shape (num_stretches,)
        Of `stretch_diversity`, one after the other along all contigs.
    """

    counts: SiteCounts
    surveyed_bp: int
    callable_bp: int
    num_callable_sites: int
    diversity: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


def survey(source: VcfSource, counts: SiteCounts) -> Survey:
    """Read the selected samples as an analysis would, beside what was counted in all of them.

    Parameters
    ----------
    source : VcfSource
    counts : SiteCounts
        Of all samples.

    Raises
    ------
    DataError
        Whatever makes the file unusable; no site that is usable.
    """
    surveyed, seen, num_sites = 0, 0, 0
    diversity = [np.empty(0)]
    for interval in source.contigs():
        for haplotypes in source.tiles(interval):
            surveyed += haplotypes.interval_bp[1] - haplotypes.interval_bp[0]
            seen += haplotypes.num_callable_bp
            num_sites += len(haplotypes.positions_bp)
            diversity.append(stretch_diversity(haplotypes))
    source.require_sites()
    return Survey(counts, surveyed, seen, num_sites, np.concatenate(diversity))


def stretch_diversity(haplotypes: Haplotypes) -> NDArray[np.float64]:
    """Nucleotide diversity of the outgroup in each stretch of `DIVERSITY_BP`.

    Parameters
    ----------
    haplotypes : Haplotypes

    Returns
    -------
    ndarray of float64, shape (num_stretches,)
        Mean number of differences between two haplotypes, over the pairs that both have a genotype, per callable bp.
        Stretches of which less than `LEAST_CALLABLE` is callable are left out, a short last one too.
    """
    # Share of pairs that differ at each site.
    outgroup = haplotypes.genotypes[:, haplotypes.roles == OUTGROUP]
    called = (outgroup != MISSING).sum(axis=1, dtype=np.float64)
    derived = (outgroup == 1).sum(axis=1, dtype=np.float64)
    differing = 2 * derived * (called - derived) / np.maximum(called * (called - 1), 1)
    # Their sums over stretches.
    edges = bin_edges_bp(*haplotypes.interval_bp, DIVERSITY_BP)
    total = np.histogram(haplotypes.positions_bp, edges, weights=differing)[0]
    callable_bp = callable_per_bin_bp(haplotypes, DIVERSITY_BP).astype(np.float64)
    kept = callable_bp >= LEAST_CALLABLE * DIVERSITY_BP
    return total[kept] / callable_bp[kept]


def survey_targets(source: VcfSource, targets: Sequence[SampleRoles], region: Interval | None = None) -> list[Survey]:
    """Survey files once for several targets of one outgroup.

    Parameters
    ----------
    source : VcfSource
        Its target is that of all `targets` together: flaws of any of them are refused.
    targets : sequence of SampleRoles
        Outgroup and target of each survey.
    region : tuple of str, int and int, optional
        Where all samples are counted, 0-based and half-open; by default everywhere.

    Returns
    -------
    list of Survey
        One for each target: allele counts are of its own samples, callable sequence and sites of all together.

    Raises
    ------
    DataError
        Whatever makes a file unusable; no site that is usable.
    """
    # One pass over all samples, with a column of counts for the outgroup and one for each target after it.
    subsets = [targets[0].members(OUTGROUP), *(roles.members(TARGET) for roles in targets)]
    contigs = list(allele_counts(source.files.paths, region=region, subsets=subsets))
    number = len(source.files.samples)
    counts = []
    for index, members in enumerate(subsets[1:]):
        columns = [0, 1, 2 + index]
        of_target = (
            replace(contig, alternate=contig.alternate[:, columns], called=contig.called[:, columns])
            for contig in contigs
        )
        diploids = len(subsets[0]), len(members), number - len(subsets[0]) - len(members)
        counts.append(SiteCounts.gather(of_target, diploids))
    together = survey(source, counts[0])
    return [replace(together, counts=each) for each in counts]
