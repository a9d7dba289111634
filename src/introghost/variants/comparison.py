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
# Of roles that are right, the ratio was at most 1.45 in 144 simulations of 1 or 4 Mb (10 or 50 diploids, with and
# without 5 % of a ghost, bottlenecks, structure, equal sizes), and 0.2 to 1.2 in the 1000 Genomes; of exchanged ones it
# was above 1.6 in most simulations in which the target had been through a bottleneck, and 1.8 to 4.5 for CEU and YRI.
_MORE_PRIVATE, _FEWEST_STRETCHES, _LEAST_PRIVATE = 1.6, 5, 2.0
# A person is hardly ever homozygous for an allele that at most one more of ten others or more carries: on a megabase
# of 1000 Genomes nobody of CEU or YRI is so at two sites, and an archaic genome among them at 2 % of those that vary.
# Of few people, four copies are not rare: simulated without any stranger, one of 10 (15, 30) is so at up to 3.5 (1.3,
# 1.6) % of the sites of a megabase or more, of 200 kb at 8 (5, 2) %, and a stranger of a lineage as far as Neanderthals
# at 13 (11, 10) % or more. Hence one in so many people, and at least as many sites as two copies of one haplotype make.
_MOST_COPIES, _FEWEST_DIPLOIDS, _OWN_SHARE, _OWN_SITES = 4, 10, 0.01, 20
# Somebody with two copies of one haplotype, a child of relatives or a male's X written as diploid, is homozygous for
# the rare alleles of that haplotype: of a megabase or more, mostly 0.4 to 2.6 times as many as the median haplotype
# carries; a stranger is so for 5 to 100 times as many. In one gene two copies of a rare haplotype are nothing unusual.
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
        for role in (OUTGROUP, TARGET):
            names = tuple(haplotypes.sample_names[i] for i in members[role][::2])
            if self._names[role] != names:
                self._names[role] = names
                self._num_own[role] = np.zeros(len(names), dtype=np.int64)
                self._own_stretches[role] = np.zeros(len(names), dtype=np.int64)
        positions = haplotypes.positions_bp
        edges = np.flatnonzero(np.diff(positions // _STRETCH_BP, prepend=-1)).tolist()
        for start, end in itertools.pairwise([*edges, len(positions)]):
            genotypes = [haplotypes.genotypes[start:end, rows] for rows in members]
            called = [(of_role >= 0).sum(axis=1) for of_role in genotypes]
            alternate = [(of_role == 1).sum(axis=1) for of_role in genotypes]
            for role in (OUTGROUP, TARGET):
                self._count_own(role, genotypes[role], called[role], alternate[role])
            self._count_private(genotypes, np.array(called), np.array(alternate))

    def _count_own(self, role: int, genotypes: NDArray[np.int8], called: Counts, alternate: Counts) -> None:
        """Sites where a sample is homozygous for an allele that hardly anybody else of its role carries."""
        own = np.zeros(genotypes.shape[1] // 2, dtype=np.int64)
        load = np.zeros(genotypes.shape[1], dtype=np.int64)
        for allele, copies in ((0, called - alternate), (1, alternate)):
            rare = np.flatnonzero((copies > 0) & (copies <= _MOST_COPIES) & (2 * called >= genotypes.shape[1]))
            carried = genotypes[rare] == allele
            own += carried.reshape(len(rare), len(own), 2).all(axis=2).sum(axis=0)
            # Who is homozygous has one copy more than a haplotype of the others for the same allele.
            load += carried[copies[rare] < _MOST_COPIES].sum(axis=0)
        self._num_own[role] += own
        self._own_stretches[role] += own > 0
        self._usual_load[role] += float(np.median(load)) if len(load) else 0.0
        self._num_varying[role] += int(((alternate > 0) & (alternate < called)).sum())

    def _count_private(self, genotypes: list[NDArray[np.int8]], called: Counts, alternate: Counts) -> None:
        """Add, for the median haplotype of each role, the alleles that equally many of the other role lack."""
        number = max(2, min(len(names) for names in self._names))  # half of the smaller role: some alleles are missing
        enough = np.flatnonzero((called >= number).all(axis=0))
        private = np.zeros(2)
        for role, other in ((OUTGROUP, TARGET), (TARGET, OUTGROUP)):
            of_role, total, copies = genotypes[role][enough], called[other, enough], alternate[other, enough]
            # Each allele counts by the chance that a subsample of the other role lacks it.
            weights = [_chance_to_miss(total, of_allele, number) for of_allele in (total - copies, copies)]
            of_haplotypes = sum(
                weight.astype(np.float32) @ (of_role == allele).astype(np.float32)
                for allele, weight in enumerate(weights)
            )
            private[role] = np.median(of_haplotypes)
        self.num_private += private
        self._num_stretches += int(private.sum() >= _LEAST_PRIVATE)

    def findings(self, explained: Collection[str] = ()) -> list[Finding]:
        """What a person should look at; nothing of the homozygous sites of samples that are `explained` already."""
        outgroup, target = self.num_private
        found = []
        if self._num_stretches >= _FEWEST_STRETCHES and target > _MORE_PRIVATE * outgroup:
            text = (
                f"the median target haplotype has {target / max(outgroup, 1e-9):.1f} times as many alleles that the "
                "outgroup lacks as the other way round; are the two swapped? If not, the target is the "
                "more diverse, and more of its alleles are missing from the outgroup by chance"
            )
            found.append(Finding(Code.ROLES_SWAPPED, Severity.WARNING, text))
        for role in (OUTGROUP, TARGET):
            strangers = np.flatnonzero(self._is_stranger(role))
            names = [self._names[role][i] for i in strangers if self._names[role][i] not in explained]
            if names:
                text = (
                    f"{_ROLES[role]}: {listed(names)}: homozygous for up to {self._num_own[role].max():,} alleles that "
                    "hardly anybody else of the role carries; of another population or species? Leave out who does not "
                    "belong"
                )
                found.append(Finding(Code.SAMPLE_OUTLIER, Severity.WARNING, text))
        return found

    def _is_stranger(self, role: int) -> NDArray[np.bool_]:
        """Samples with many alleles of their own, shape (num_samples,)."""
        own, number = self._num_own[role], len(self._names[role])
        share = max(_OWN_SHARE, 1 / max(number, 1))
        least = max(_OWN_SITES, share * self._num_varying[role])
        usual = _TIMES_USUAL * self._usual_load[role] + _MORE_THAN_USUAL
        stretches = self._own_stretches[role] >= _OWN_STRETCHES
        result: NDArray[np.bool_] = (own >= least) & (own > usual) & stretches & (number >= _FEWEST_DIPLOIDS)
        return result


def _chance_to_miss(total: Counts, copies: Counts, number: int) -> NDArray[np.float64]:
    """Chance that `number` haplotypes, drawn of `total` without putting back, have none of `copies`."""
    logarithms = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, total.max(initial=1) + 1)))])  # of factorials
    rest = total - copies
    chance = logarithms[rest] - logarithms[np.maximum(rest - number, 0)]
    chance = chance + logarithms[total - number] - logarithms[total]
    result: NDArray[np.float64] = np.where(rest >= number, np.exp(chance), 0.0)
    return result
