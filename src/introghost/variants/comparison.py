"""How the outgroup and the target of a file compare, and who in them is a stranger, from the sites that are kept."""

import itertools
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from introghost.findings import Code, Finding, Severity
from introghost.haplotypes import OUTGROUP, TARGET, Haplotypes
from introghost.variants.samples import listed

Counts = NDArray[np.int64]

_ROLES = ("outgroup", "target")
_STRETCH_BP = 100_000
# Simulations of 1 Mb that had no part in choosing these numbers (10 or 50 diploids, with and without 5 % of a ghost):
# right roles were doubted in none of 90 where the target is no more diverse than the outgroup, but in 7 of 18 where it
# is 2.3 times as large; exchanged ones were in 50 of 54 if the target had been through a bottleneck, in 2 of 18 if it
# is merely half as large, and never if both are alike. At DPYD, YRI against 25 other populations as target: up to 1.3;
# exchanged, 1.8 to 3.5 for Europeans and Asians, and no doubt about Africans and most admixed Americans.
_MORE_PRIVATE, _FEWEST_STRETCHES, _LEAST_PRIVATE = 1.6, 5, 2.0
_NEGLIGIBLE = 1e-3
# A person is hardly ever homozygous for an allele that at most one more of ten others or more carries: on a megabase
# of 1000 Genomes nobody of CEU or YRI is so at two sites, and an archaic genome among them at 2 % of those that vary.
# Of few people, four copies are not rare: simulated without any stranger, one of 10 (15, 30) is so at up to 3.5 (1.3,
# 1.6) % of the sites of a megabase or more, of 200 kb at 8 (5, 2) %, and a stranger of a lineage as far as Neanderthals
# at 13 (11, 10) % or more. Hence one in so many people, and at least as many sites as two copies of one haplotype make.
_MOST_COPIES, _FEWEST_DIPLOIDS, _OWN_SHARE, _OWN_SITES = 4, 10, 0.01, 20
# Somebody with two copies of one haplotype, a child of relatives or a male's X written as diploid, is homozygous for
# the rare alleles of that haplotype: of a megabase or more, in 23 of 24 simulations 0.1 to 2.8 times as many as the
# median haplotype carries, in one 5.1; a stranger is so for 5 to 100 times as many. In one gene two copies of a rare
# haplotype are nothing unusual.
_TIMES_USUAL, _MORE_THAN_USUAL, _OWN_STRETCHES = 4, 10, 3


class Comparison:
    """Gathers, stretch by stretch, what a reader of the file gives.

    Attributes
    ----------
    num_private : ndarray of float, shape (2,)
        Alleles of the median haplotype of the outgroup (of the target) that the other role lacks, as expected of
        equally many haplotypes of both, so that the smaller sample does not look poorer. The median of each 100 kb is
        taken, so that haplotypes that are introgressed there, fewer than half, do not matter.
    """

    def __init__(self) -> None:
        self.num_private = np.zeros(2)
        self._num_stretches = 0
        self._names: list[tuple[str, ...]] = [(), ()]
        self._num_varying = np.zeros(2, dtype=np.int64)
        self._usual_load = np.zeros(2)
        self._num_own: list[Counts] = [np.zeros(0, dtype=np.int64)] * 2
        self._own_stretches: list[Counts] = [np.zeros(0, dtype=np.int64)] * 2

    def add(self, haplotypes: Haplotypes) -> None:
        """Take the sites of one stretch; always of the same samples."""
        members = [np.flatnonzero(haplotypes.roles == role) for role in (OUTGROUP, TARGET)]
        if not any(self._names):
            self._names = [tuple(haplotypes.sample_names[i] for i in of_role[::2]) for of_role in members]
            self._num_own = [np.zeros(len(names), dtype=np.int64) for names in self._names]
            self._own_stretches = [np.zeros(len(names), dtype=np.int64) for names in self._names]
        genotypes = haplotypes.genotypes
        # Copies of allele 0 and of allele 1 in each role, shape (num_sites, 2); sums of ones below 2^24 are exact.
        in_role = np.stack([haplotypes.roles == role for role in (OUTGROUP, TARGET)], axis=1).astype(np.float32)
        alternate = ((genotypes == 1).astype(np.float32) @ in_role).astype(np.int64)
        total = np.broadcast_to(in_role.sum(axis=0).astype(np.int64), alternate.shape)
        if (genotypes < 0).any():
            total = ((genotypes >= 0).astype(np.float32) @ in_role).astype(np.int64)
        # Sites that vary within each role; and the sums over each 100 kb, in which either allele may be the rare one.
        self._num_varying += ((alternate > 0) & (alternate < total)).sum(axis=0)
        _, stretch = np.unique(haplotypes.positions_bp // _STRETCH_BP, return_inverse=True)
        sums = [
            self._of_allele(allele, genotypes, copies, total, stretch)
            for allele, copies in ((0, total - alternate), (1, alternate))
        ]
        lacked, homozygous, load = (of_zero + of_one for of_zero, of_one in zip(*sums, strict=True))
        # Of each role, over its own samples and haplotypes: rare homozygous sites, the stretches that have any, rare
        # alleles of the median haplotype, and those of its alleles that the other role lacks.
        private = np.zeros((len(lacked), 2))
        for role, other in ((OUTGROUP, TARGET), (TARGET, OUTGROUP)):
            samples = members[role][::2] // 2
            self._num_own[role] += homozygous[:, role, samples].sum(axis=0)
            self._own_stretches[role] += (homozygous[:, role, samples] > 0).sum(axis=0)
            self._usual_load[role] += np.median(load[:, role, members[role]], axis=1).sum()
            private[:, role] = np.median(lacked[:, other, members[role]], axis=1)
        self.num_private += private.sum(axis=0)
        self._num_stretches += int((private.sum(axis=1) >= _LEAST_PRIVATE).sum())

    def _of_allele(
        self, allele: int, genotypes: NDArray[np.int8], copies: Counts, total: Counts, stretch: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], Counts, NDArray[np.float64]]:
        """Sums over the sites of each stretch of what an allele contributes.

        Parameters
        ----------
        allele : int
        genotypes : ndarray of int8, shape (num_sites, num_haplotypes)
        copies, total : ndarray of int64, shape (num_sites, 2)
            Of the allele, and of both, in each role.
        stretch : ndarray of int, shape (num_sites,)
            Number of each site's stretch.

        Returns
        -------
        lacked : ndarray of float, shape (num_stretches, 2, num_haplotypes)
            Alleles of each haplotype, weighted by the chance that a subsample of the outgroup (the target) lacks them.
        homozygous : ndarray of int64, shape (num_stretches, 2, num_samples)
            Sites where a sample is homozygous for an allele that hardly anybody of the outgroup (the target) carries.
        load : ndarray of float, shape (num_stretches, 2, num_haplotypes)
            Sites where a haplotype carries such an allele, one copy less being allowed.
        """
        # Chance of each site that so many haplotypes, drawn of either role, all lack the allele; 0 where a role has
        # fewer.
        number = max(2, min(len(names) for names in self._names))  # half of the smaller role: some alleles are missing
        enough = (total >= number).all(axis=1, keepdims=True)
        chance = _chance_to_miss(np.maximum(total, number), copies, number) * enough
        # Sites at which the role carries the allele, but rarely; at least half of its haplotypes must have a genotype.
        is_called = total >= np.array([len(names) for names in self._names])
        rare = (copies > 0) & (copies <= _MOST_COPIES) & is_called
        # Nothing but these sites adds to any of the sums: of the reference allele, hardly any.
        sites = np.flatnonzero((rare | (chance > _NEGLIGIBLE)).any(axis=1))
        # Haplotypes that carry the allele, samples that carry it twice, and the weight of each site in the three sums.
        carries = (genotypes[sites] == allele).astype(np.float32)
        pairs = carries[:, ::2] * carries[:, 1::2]
        rows = [of_sites.T.astype(np.float32) for of_sites in (chance[sites], rare[sites])]
        rows.append((rare & (copies < _MOST_COPIES))[sites].T.astype(np.float32))
        num_stretches = int(stretch[-1]) + 1 if len(stretch) else 0
        # First of those sites in each stretch; sums over the sites of a stretch are matrix products.
        edges = np.searchsorted(stretch[sites], np.arange(num_stretches + 1)).tolist()
        lacked, load = (np.zeros((num_stretches, 2, genotypes.shape[1])) for _ in range(2))
        homozygous = np.zeros((num_stretches, 2, pairs.shape[1]), dtype=np.int64)
        for index, (start, end) in enumerate(itertools.pairwise(edges)):
            of_stretch = slice(start, end)
            lacked[index] = rows[0][:, of_stretch] @ carries[of_stretch]
            homozygous[index] = rows[1][:, of_stretch] @ pairs[of_stretch]
            load[index] = rows[2][:, of_stretch] @ carries[of_stretch]
        return lacked, homozygous, load

    def findings(self, explained: Collection[str] = ()) -> list[Finding]:
        """What a person should look at; nothing of the homozygous sites of samples that are `explained` already."""
        outgroup, target = self.num_private
        findings = []
        if self._num_stretches >= _FEWEST_STRETCHES and target > _MORE_PRIVATE * outgroup:
            text = (
                f"the median target haplotype has {target / max(outgroup, 1e-9):.1f} times as many alleles that the "
                "outgroup lacks as the other way round; are the two swapped? If not, the target is the "
                "more diverse, and more of its alleles are missing from the outgroup by chance"
            )
            findings.append(Finding(Code.ROLES_SWAPPED, Severity.WARNING, text))
        for role in (OUTGROUP, TARGET):
            strangers = np.flatnonzero(self._is_stranger(role))
            names = [self._names[role][i] for i in strangers if self._names[role][i] not in explained]
            if names:
                text = (
                    f"{_ROLES[role]}: {listed(names)}: homozygous for up to {self._num_own[role].max():,} alleles that "
                    "hardly anybody else of the role carries; of another population or species? Leave out who does not "
                    "belong"
                )
                findings.append(Finding(Code.SAMPLE_OUTLIER, Severity.WARNING, text))
        return findings

    def _is_stranger(self, role: int) -> NDArray[np.bool_]:
        """Samples with many alleles of their own, shape (num_samples,)."""
        # Many sites in absolute terms and of those that vary, more than two copies of one haplotype make, not in one
        # place alone, and among enough others.
        homozygous, number = self._num_own[role], len(self._names[role])
        share = max(_OWN_SHARE, 1 / max(number, 1))
        least = max(_OWN_SITES, share * self._num_varying[role])
        usual = _TIMES_USUAL * self._usual_load[role] + _MORE_THAN_USUAL
        stretches = self._own_stretches[role] >= _OWN_STRETCHES
        result: NDArray[np.bool_] = (
            (homozygous >= least) & (homozygous > usual) & stretches & (number >= _FEWEST_DIPLOIDS)
        )
        return result


def _chance_to_miss(total: Counts, copies: Counts, number: int) -> NDArray[np.float64]:
    """Chance that `number` haplotypes, drawn of `total` without putting back, have none of `copies`."""
    logarithms = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, total.max(initial=1) + 1)))])  # of factorials
    # Hypergeometric: (rest choose number) / (total choose number), as logarithms of factorials.
    rest = total - copies
    chance = logarithms[rest] - logarithms[np.maximum(rest - number, 0)]
    chance = chance + logarithms[total - number] - logarithms[total]
    result: NDArray[np.float64] = np.where(rest >= number, np.exp(chance), 0.0)
    return result
