"""Heterozygosity of each sample: haploid chromosomes written as diploid, inbred and contaminated samples.

What a sample has is held against what the allele frequencies of its population make expected. Over a megabase, or a
gene, that ratio varies much among ordinary people: of 2,504 at the 850 kb of DPYD it is 0 to 2.1, and in up to 4 % of a
population below 0.1, since parents are related. Hence many samples, or much sequence, before anything is said: one
inbred sample is not told of less than 20 Mb. Simulated, males written as diploid were told in 30 of 30 cases of 1 or
5 Mb, fully contaminated samples in 16 of 20 of 1 Mb and 10 of 10 of 5 Mb; ordinary and founder populations in 1 of 90.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from introghost.findings import Code, Finding, Severity
from introghost.variants.samples import listed

_STRETCH_BP = 100_000
_FEWEST_EXPECTED_IN_STRETCH = 2.0
# Hardly any heterozygote, in so many samples of a population: males on X, haploid data. Where the whole population has
# none at all, less sequence is enough.
_HARDLY_ANY, _SHARE_OF_SAMPLES, _FEWEST_SAMPLES = 0.1, 0.3, 3
_FEWEST_STRETCHES, _FEWEST_EXPECTED = 5, 50.0
# One sample unlike the others: so far off (in robust deviations of the square root, and in standard errors of its own).
_FEW, _MANY = 0.6, 1.5
_DEVIATIONS, _STANDARD_ERRORS, _SMALLEST_DEVIATION, _SMALLEST_GROUP = 3.5, 4.0, 0.03, 8
_STRETCHES_FOR_FEW, _STRETCHES_FOR_MANY = 200, 10
_HAPLOID = (
    "is a haploid chromosome (a male's X) written as diploid, or are they inbred? Each haplotype counts twice; "
    "leave out these samples or that contig"
)
_INBRED = "inbred, or of low coverage? Leave them out"
_CONTAMINATED = "contaminated, or of mixed ancestry? Leave them out"

Values = NDArray[np.float64]


@dataclass
class _Sums:
    """Sums over stretches of a contig; each array has shape (num_samples,)."""

    observed: Values
    expected: Values
    observed_squared: Values
    product: Values
    expected_squared: Values
    stretches: Values

    @classmethod
    def zero(cls, num_samples: int) -> "_Sums":
        return cls(*(np.zeros(num_samples) for _ in range(6)))

    def __add__(self, other: "_Sums") -> "_Sums":
        return _Sums(*(one + two for one, two in zip(vars(self).values(), vars(other).values(), strict=True)))

    @classmethod
    def of_stretch(cls, observed: Values, expected: Values) -> "_Sums":
        counted = (expected >= _FEWEST_EXPECTED_IN_STRETCH).astype(np.float64)
        return cls(observed, expected, observed**2, observed * expected, expected**2, counted)

    @property
    def ratio(self) -> Values:
        """Observed heterozygotes by expected ones; 1 where none are expected."""
        result: Values = np.where(self.expected > 0, self.observed / np.maximum(self.expected, 1e-9), 1.0)
        return result

    @property
    def standard_error(self) -> Values:
        """Of the ratio, stretches being independent."""
        ratio, number = self.ratio, np.maximum(self.stretches, 2)
        # Of a ratio of sums: the residuals (observed - ratio * expected) of the stretches, squared and added up.
        squares = self.observed_squared - 2 * ratio * self.product + ratio**2 * self.expected_squared
        result: Values = np.sqrt(np.maximum(squares, 0) * number / (number - 1)) / np.maximum(self.expected, 1e-9)
        return result


class Heterozygosity:
    """Gathers, block of sites by block of sites, heterozygotes and what is expected of them.

    Parameters
    ----------
    samples : sequence of str
    populations : sequence of str
        Of each sample; random mating is assumed within them.
    """

    def __init__(self, samples: Sequence[str], populations: Sequence[str]) -> None:
        self._samples = tuple(samples)
        names = sorted(set(populations))
        self._members = {name: np.flatnonzero(np.array(populations) == name) for name in names}
        self._group = np.searchsorted(names, populations)
        self._is_member = (self._group[:, None] == np.arange(len(names))).astype(np.float32)
        self._sums: dict[str, _Sums] = {}
        # The stretch that is being read, which more blocks may add to.
        self._open: tuple[str, int] | None = None
        self._observed = self._expected = np.zeros(len(self._samples))

    def add(self, contig: str, positions_bp: NDArray[np.int64], genotypes: NDArray[np.integer]) -> None:
        """Take sites in their order.

        Parameters
        ----------
        contig : str
        positions_bp : ndarray of int64, shape (num_sites,)
        genotypes : ndarray of int, shape (num_sites, num_samples, 2)
            0 and 1; what is negative is missing.
        """
        if not len(positions_bp):
            return
        first, second = genotypes[:, :, 0], genotypes[:, :, 1]
        # Genotypes of which both alleles are there, None for all of them; and those that are heterozygous.
        called = None if genotypes.min() >= 0 else (first >= 0) & (second >= 0)
        heterozygous = (first != second) if called is None else called & (first != second)
        # Chance that two chromosomes of a population differ, unbiased, at each site: 2 k (n - k) / n (n - 1).
        copies = ((first == 1).astype(np.float32) + (second == 1)) @ self._is_member
        present = np.ones((len(first), 1), dtype=np.float32) * self._is_member.sum(axis=0)
        number = 2 * (present if called is None else called.astype(np.float32) @ self._is_member)
        copies = np.minimum(copies, number)  # half-missing genotypes are in the one and not in the other
        chance = 2 * copies * (number - copies) / np.maximum(number * (number - 1), 1)
        # Sums over the sites of each 100 kb: heterozygotes of each sample, and the chances of its population.
        edges = np.flatnonzero(np.diff(positions_bp // _STRETCH_BP, prepend=-1)).tolist()
        observed = heterozygous.astype(np.float32)
        for start, end in itertools.pairwise([*edges, len(positions_bp)]):
            sites = slice(start, end)
            of_sample = chance[sites].sum(axis=0, dtype=np.float64)[self._group]
            if called is not None:
                # Of the sites at which a sample has no genotype, nothing is expected of it.
                of_sample -= np.einsum("sg,sg->g", chance[sites][:, self._group], ~called[sites], dtype=np.float64)
            stretch = contig, int(positions_bp[start]) // _STRETCH_BP
            self._add_stretch(stretch, np.ones(end - start, dtype=np.float32) @ observed[sites], of_sample)

    def _add_stretch(self, stretch: tuple[str, int], observed: Values, expected: Values) -> None:
        if stretch != self._open:
            self._close()
            self._open, self._observed, self._expected = stretch, np.zeros_like(observed), np.zeros_like(expected)
        self._observed, self._expected = self._observed + observed, self._expected + expected

    def _close(self) -> None:
        if self._open is not None:
            contig = self._open[0]
            sums = self._sums.get(contig, _Sums.zero(len(self._samples)))
            self._sums[contig] = sums + _Sums.of_stretch(self._observed, self._expected)
            self._open = None

    def findings(self) -> list[Finding]:
        """What is unusual about samples; each is told in one finding at most."""
        self._close()
        if not self._sums:
            return []
        total = self._total()
        haploid, contigs = self._haploid()
        few, many = self._unlike(total, haploid)
        where = f" on {listed(contigs)}" if contigs else ""
        texts = [
            (haploid, f"hardly any heterozygote{where}: {_HAPLOID}"),
            (few, f"far fewer heterozygotes than expected of their population: {_INBRED}"),
            (many, f"far more heterozygotes than expected of their population: {_CONTAMINATED}"),
        ]
        told = total if not contigs else sum((self._sums[name] for name in contigs), start=_Sums.zero(len(haploid)))
        sums = (told, total, total)
        return [self._finding(chosen, text, of) for (chosen, text), of in zip(texts, sums, strict=True) if chosen.any()]

    def haploid(self) -> list[str]:
        """Names of the samples that have next to no heterozygotes, on some contig or on all."""
        self._close()
        return [self._samples[int(i)] for i in np.flatnonzero(self._haploid()[0])]

    def _total(self) -> _Sums:
        return sum(self._sums.values(), start=_Sums.zero(len(self._samples)))

    def _haploid(self) -> tuple[NDArray[np.bool_], list[str]]:
        """Samples with next to no heterozygotes, shape (num_samples,), and the contigs, if it is not on all of them."""
        samples = self._hardly_any(self._total())
        if samples.any() and len(self._sums) > 1:
            return samples, []
        of_contigs = {contig: self._hardly_any(sums) for contig, sums in self._sums.items()}
        contigs = [contig for contig, of_contig in of_contigs.items() if of_contig.any()]
        return np.any([samples, *of_contigs.values()], axis=0), contigs

    def _finding(self, chosen: NDArray[np.bool_], text: str, total: _Sums) -> Finding:
        number = int(chosen.sum())
        ratio = total.observed[chosen].sum() / max(total.expected[chosen].sum(), 1e-9)
        names = listed([self._samples[int(i)] for i in np.flatnonzero(chosen)])
        fact = f"{number:,} of {len(self._samples):,} samples ({names}; {ratio:.0%} of what is expected) have {text}"
        return Finding(Code.HETEROZYGOSITY, Severity.WARNING, fact)

    def _hardly_any(self, sums: _Sums) -> NDArray[np.bool_]:
        """Samples next to without heterozygotes, of populations in which this many are; shape (num_samples,)."""
        result = np.zeros(len(self._samples), dtype=np.bool_)
        for members in self._members.values():
            # Many of the population must be so, over much sequence; less sequence will do where nobody has a
            # heterozygote.
            lacking = members[sums.ratio[members] < _HARDLY_ANY]
            enough = max(_FEWEST_SAMPLES, _SHARE_OF_SAMPLES * len(members))
            long = (sums.stretches[members].max() >= _FEWEST_STRETCHES) & (
                sums.expected[members].max() >= _FEWEST_EXPECTED
            )
            nobody = not sums.observed[members].any() and sums.expected[members].sum() >= _FEWEST_EXPECTED
            if len(lacking) >= enough and (long or nobody):
                result[lacking] = True
        return result

    def _unlike(self, total: _Sums, left_out: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Samples with far fewer, and with far more, heterozygotes than the others of their population."""
        few, many = np.zeros_like(left_out), np.zeros_like(left_out)
        error, roots = total.standard_error, np.sqrt(total.ratio)
        for members in self._members.values():
            members = members[~left_out[members]]
            if len(members) < _SMALLEST_GROUP:
                continue
            ratio = total.ratio[members]
            # Median and median absolute deviation, scaled to the standard deviation of a normal distribution.
            centre = np.median(roots[members])
            spread = max(1.4826 * float(np.median(np.abs(roots[members] - centre))), _SMALLEST_DEVIATION)
            deviations = (roots[members] - centre) / spread
            # Distance of the ratio from 1 in its own standard errors; a sample must be far off by all three yardsticks.
            errors = (ratio - 1) / np.maximum(error[members], 1e-9)
            stretches = total.stretches[members]
            lower = (ratio < _FEW) & (deviations < -_DEVIATIONS) & (errors < -_STANDARD_ERRORS)
            higher = (ratio > _MANY) & (deviations > _DEVIATIONS) & (errors > _STANDARD_ERRORS)
            few[members] = lower & (stretches >= _STRETCHES_FOR_FEW)
            many[members] = higher & (stretches >= _STRETCHES_FOR_MANY)
        return few, many
