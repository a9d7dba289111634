"""Alleles of all samples of one file or several and of some of them, counted site by site."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from introghost.variants.files import PathInputs
from introghost.variants.scan import Scan
from introghost.variants.sites import Interval, unshared


@dataclass(frozen=True)
class AlleleCounts:
    """Alleles at the biallelic SNVs of one contig that have a position of their own.

    Attributes
    ----------
    contig : str
    positions_bp : ndarray of int64, shape (num_sites,)
        0-based, increasing.
    alternate, called : ndarray of int32, shape (num_sites, 1 + num_subsets)
        Copies of ALT, and alleles that are not missing: in all samples of the file, then in each subset.
    """

    contig: str
    positions_bp: NDArray[np.int64]
    alternate: NDArray[np.int32]
    called: NDArray[np.int32]


class _AlleleCounter:
    """Gathers the allele counts of one contig after the other."""

    def __init__(self, samples: Sequence[str], subsets: Sequence[Iterable[str]]) -> None:
        columns = [np.ones(len(samples))] + [np.isin(samples, sorted(set(subset))) for subset in subsets]
        self._members = np.stack(columns, axis=1).astype(np.float32)  # counts below 2^24 are exact, and BLAS is fast
        self._found: dict[str, tuple[list[int], list[NDArray[np.int32]], list[NDArray[np.int32]]]] = {}

    def add(self, contig: str, positions: Sequence[int], genotypes: NDArray[np.integer]) -> None:
        """Take sites with genotypes of shape (num_sites, num_samples, ploidy)."""
        if not len(positions):
            return
        entries = self._found.setdefault(contig, ([], [], []))
        entries[0].extend(positions)
        for counts, of in zip(entries[1:], (genotypes == 1, genotypes >= 0), strict=True):
            per_sample = of.sum(axis=2, dtype=np.float32)
            counts.append((per_sample @ self._members).astype(np.int32))

    def counts(self) -> Iterator[AlleleCounts]:
        """What has been gathered, without sites that share a position."""
        for contig, (entries, alternate, called) in self._found.items():
            positions = np.array(entries, dtype=np.int64)
            single = unshared(positions)
            yield AlleleCounts(
                contig, positions[single], np.concatenate(alternate)[single], np.concatenate(called)[single]
            )


def allele_counts(
    vcf: PathInputs, *, region: Interval | None = None, subsets: Sequence[Iterable[str]] = ()
) -> Iterator[AlleleCounts]:
    """Count alleles over all samples of a file, whoever was selected; neither phase nor ploidy matters.

    Parameters
    ----------
    vcf : path, or sequence of path
        VCF, BCF or VCF Zarr; of several, the samples that are in every one count.
    region : tuple of str, int and int, optional
        Contig, start and end, 0-based and half-open.
    subsets : sequence of iterable of str
        Names of samples that are counted by themselves as well.

    Yields
    ------
    AlleleCounts
        One for each contig with such sites.

    Raises
    ------
    DataError
        The file is damaged, or has a record that can't be read.
    """
    scan = Scan(vcf, region)
    counter = _AlleleCounter(scan.samples, subsets)
    for contig, block in scan.blocks():
        counter.add(contig, block.positions_bp, block.genotypes)
    return counter.counts()
