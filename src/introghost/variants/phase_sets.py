"""Phase sets: where phase holds within stretches only, which side of the bar is which changes from one to the next."""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from introghost.findings import Code, Finding, Severity
from introghost.variants.samples import listed

NO_SET = -1
FIELDS = ("PS", "PSL")  # one set for a genotype, and from VCF 4.4 on one for each of its alleles


def set_numbers(values: NDArray[Any]) -> NDArray[np.int64]:
    """FORMAT/PS or FORMAT/PSL of one record as numbers, `NO_SET` where it is missing, shape (num_samples,).

    Parameters
    ----------
    values : ndarray of int or str, shape (num_samples,) or (num_samples, number of values)
        As cyvcf2 and zarr give it. A name becomes a number that stands for it; of several, the last one counts.
    """
    column = values if values.ndim == 1 else values[:, -1]
    if column.dtype.kind in "iuf":
        numbers = column.astype(np.int64)
        return np.where(numbers < 0, NO_SET, numbers)
    names = [str(name).rsplit(",", 1)[-1] for name in column.tolist()]
    return np.array([NO_SET if name in ("", ".") else zlib.crc32(name.encode()) for name in names], dtype=np.int64)


class PhaseSets:
    """Counts, for each sample and contig, how often the phase set changes from one heterozygote to the next.

    Phased heterozygotes without a set are of one set, as VCF says.

    Parameters
    ----------
    samples : sequence of str
    """

    def __init__(self, samples: tuple[str, ...]) -> None:
        self._samples = samples
        self._last: dict[str, NDArray[np.int64]] = {}
        self._changes: dict[str, NDArray[np.int64]] = {}

    def add(self, contig: str, sets: NDArray[np.int64], heterozygous: NDArray[np.bool_]) -> None:
        """Take sites in their order.

        Parameters
        ----------
        contig : str
        sets : ndarray of int64, shape (num_sites, num_samples)
            Phase set of each genotype; `NO_SET` where it has none.
        heterozygous : ndarray of bool, shape (num_sites, num_samples)
            Other genotypes, missing ones among them, say nothing of phase.
        """
        number = len(self._samples)
        last = self._last.setdefault(contig, np.full(number, np.iinfo(np.int64).min))
        changes = self._changes.setdefault(contig, np.zeros(number, dtype=np.int64))
        # Sets of the heterozygotes, sample after sample, each in the order of the sites.
        sample, site = np.nonzero(heterozygous.T)
        values = sets[site, sample]
        begins = np.flatnonzero(np.diff(sample, prepend=-1))
        differs = np.diff(values, prepend=NO_SET) != 0
        # A sample's first heterozygote is compared with its last one of the block before, if there was any.
        first = sample[begins]
        differs[begins] = (last[first] != values[begins]) & (last[first] != np.iinfo(np.int64).min)
        changes += np.bincount(sample[differs], minlength=number)
        ends = np.append(begins[1:], len(sample)) - 1
        last[first] = values[ends[: len(first)]]

    def finding(self) -> Finding | None:
        """That phase does not hold along the contigs, if some sample has more than one set on one; else None."""
        if not self._changes:
            return None
        most = np.max(np.stack(list(self._changes.values())), axis=0) + 1
        divided = np.flatnonzero(most > 1)
        if not len(divided):
            return None
        names = listed([self._samples[int(i)] for i in divided])
        return Finding(
            Code.PHASE_SETS,
            Severity.WARNING,
            f"phase holds within phase sets (FORMAT/PS) only, in {len(divided):,} of {len(self._samples):,} samples "
            f"({names}), with up to {int(most.max()):,} sets on a contig: between sets haplotypes change sides, and "
            "segments are cut; phase the VCF along whole chromosomes, for example with SHAPEIT5 or Beagle",
        )
