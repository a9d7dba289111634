"""How the outgroup and the target of a file compare, and who in them is a stranger, from the sites that are kept."""

import numpy as np
from numpy.typing import NDArray

from introghost.haplotypes import OUTGROUP, TARGET, Haplotypes
from introghost.variants.samples import listed

Counts = NDArray[np.int64]

_ROLES = ("outgroup", "target")
_MORE_PRIVATE, _MANY_SITES = 1.5, 100
# A person is hardly ever homozygous for an allele that at most one more of ten others or more carries: on a megabase
# of 1000 Genomes nobody of CEU or YRI is so at two sites, and an archaic genome among them at 2 % of those that vary.
# Of few people, four copies are not rare: simulated without any stranger, one of 10 (15, 30) is so at up to 3.5 (1.3,
# 1.6) % of the sites of a megabase or more, of 200 kb at 8 (5, 2) %, and a stranger of a lineage as far as Neanderthals
# at 13 (11, 10) % or more. Hence one in so many people, and at least as many sites as two copies of one haplotype make.
_MOST_COPIES, _FEWEST_DIPLOIDS, _OWN_SHARE, _OWN_SITES = 4, 10, 0.01, 20


class Comparison:
    """Gathers, stretch by stretch, what a reader of the file gives.

    Attributes
    ----------
    num_private : ndarray of float, shape (2,)
        Sites with an allele that is in the outgroup (in the target) and not in the other role, as expected of equally
        many haplotypes of both, so that the smaller sample does not look poorer.
    """

    def __init__(self) -> None:
        self.num_private = np.zeros(2)
        self._names: list[tuple[str, ...]] = [(), ()]
        self._num_varying = np.zeros(2, dtype=np.int64)
        self._num_own: list[Counts] = [np.zeros(0, dtype=np.int64)] * 2

    def add(self, haplotypes: Haplotypes) -> None:
        """Take the sites of one stretch; always of the same samples."""
        called, alternate = list[Counts](), list[Counts]()
        for role in (OUTGROUP, TARGET):
            members = np.flatnonzero(haplotypes.roles == role)
            self._names[role] = tuple(haplotypes.sample_names[i] for i in members[::2])
            genotypes = haplotypes.genotypes[:, members]
            called.append((genotypes >= 0).sum(axis=1))
            alternate.append((genotypes == 1).sum(axis=1))
            self._count_own(role, genotypes, called[-1], alternate[-1])
        self._count_private(np.array(called), np.array(alternate))

    def _count_own(self, role: int, genotypes: NDArray[np.int8], called: Counts, alternate: Counts) -> None:
        """Sites where a sample is homozygous for an allele that hardly anybody else of its role carries."""
        own = np.zeros(genotypes.shape[1] // 2, dtype=np.int64)
        for allele, copies in ((0, called - alternate), (1, alternate)):
            rare = (copies > 0) & (copies <= _MOST_COPIES) & (2 * called >= genotypes.shape[1])
            own += (genotypes[rare].reshape(int(rare.sum()), len(own), 2) == allele).all(axis=2).sum(axis=0)
        self._num_own[role] = own + self._num_own[role] if len(self._num_own[role]) else own
        self._num_varying[role] += int(((alternate > 0) & (alternate < called)).sum())

    def _count_private(self, called: Counts, alternate: Counts) -> None:
        """Add the chances that a subsample has an allele and an equally large one of the other role lacks it."""
        number = max(2, min(len(names) for names in self._names))  # half of the smaller role: some alleles are missing
        enough = (called >= number).all(axis=0)
        for copies in (alternate[:, enough], (called - alternate)[:, enough]):
            lacks = _chance_to_miss(called[:, enough], copies, number)
            self.num_private += ((1 - lacks) * lacks[::-1]).sum(axis=1)

    def doubts(self) -> list[str]:
        """What a person should look at, one line each."""
        found = []
        outgroup, target = self.num_private
        if target >= _MANY_SITES and target > _MORE_PRIVATE * outgroup:
            found.append(
                f"the target has {target / max(outgroup, 1):.1f} times as many alleles that the other role lacks as "
                "the outgroup, in samples of equal size; are the two swapped?"
            )
        for role in (OUTGROUP, TARGET):
            own, names = self._num_own[role], self._names[role]
            share = max(_OWN_SHARE, 1 / max(len(names), 1))
            odd = np.flatnonzero((own >= _OWN_SITES) & (own > share * self._num_varying[role]))
            if len(odd) and len(names) >= _FEWEST_DIPLOIDS:
                found.append(
                    f"{_ROLES[role]}: {listed([names[int(i)] for i in odd])}: homozygous for up to {own.max():,} "
                    "alleles that hardly anybody else of the role carries; of another population or species?"
                )
        return found


def _chance_to_miss(total: Counts, copies: Counts, number: int) -> NDArray[np.float64]:
    """Chance that `number` haplotypes, drawn of `total` without putting back, have none of `copies`."""
    logarithms = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, total.max(initial=1) + 1)))])  # of factorials
    rest = total - copies
    chance = logarithms[rest] - logarithms[np.maximum(rest - number, 0)]
    chance = chance + logarithms[total - number] - logarithms[total]
    result: NDArray[np.float64] = np.where(rest >= number, np.exp(chance), 0.0)
    return result
