"""The meeting point of simulated and real data: phased haplotypes of an outgroup and a target.

Everything below this module in the staircase consumes `Haplotypes` and cannot tell which of the two it was given.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from introghost.arrays import bin_edges_bp, runs
from introghost.errors import DataError

OUTGROUP, TARGET = 0, 1
MISSING = -1
KNOWN_ANCESTRAL, OUTGROUP_MAJOR = "ancestral", "outgroup-major"
# The name under which a table by contig holds what applies to all of them.
ANY_CONTIG = ""

T = TypeVar("T")


def other_prefix(contig: str) -> str:
    """The contig's name with ``chr`` taken off or put before it."""
    return contig[3:] if contig.startswith("chr") else f"chr{contig}"


def on_contig(table: Mapping[str, T], contig: str) -> T | None:
    """Entry of a contig, whichever way its name is written with respect to ``chr``; None if there is none.

    Parameters
    ----------
    table : mapping of str to object
        Entries by contig; that of `ANY_CONTIG` holds for contigs without one.
    contig : str
    """
    for name in (contig, other_prefix(contig), ANY_CONTIG):
        if name in table:
            return table[name]
    return None


def varying_sites(genotypes: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which sites have both alleles, 0 and 1, whatever is missing.

    Parameters
    ----------
    genotypes : ndarray of int, shape (num_sites, num_haplotypes)

    Returns
    -------
    ndarray of bool, shape (num_sites,)
    """
    result: NDArray[np.bool_] = (genotypes == 0).any(axis=1) & (genotypes == 1).any(axis=1)
    return result


def exchange_alleles(genotypes: NDArray[np.int8]) -> NDArray[np.int8]:
    """Genotypes of any shape with 0 and 1 exchanged; missing stays missing."""
    return np.where(genotypes == MISSING, MISSING, 1 - genotypes).astype(np.int8)


def haplotype_label(sample: str, index: int) -> str:
    """``SAMPLE.HAPLOTYPE``, the name of a haplotype in every output.

    Parameters
    ----------
    sample : str
    index : int
        0 or 1, the haplotype's place among those of the sample.
    """
    return f"{sample}.{index}"


def label_parts(label: str) -> tuple[str, int]:
    """Sample and index, 0 or 1, of a `haplotype_label`; a sample's name may have dots."""
    sample, _, index = label.rpartition(".")
    return sample, int(index)


@dataclass(frozen=True)
class GeneticMap:
    """Cumulative genetic position along one contig.

    Attributes
    ----------
    positions_bp : ndarray of float64, shape (num_points,)
        Strictly increasing, 0-based.
    centimorgans : ndarray of float64, shape (num_points,)
        Non-decreasing; linear in between, constant outside.
    """

    positions_bp: NDArray[np.float64]
    centimorgans: NDArray[np.float64]

    def centimorgans_at(self, positions_bp: NDArray[np.integer | np.floating]) -> NDArray[np.float64]:
        """Genetic position in centimorgans at each of `positions_bp`."""
        result: NDArray[np.float64] = np.interp(positions_bp, self.positions_bp, self.centimorgans)
        return result


def _within(positions_bp: NDArray[np.int64], intervals: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which positions lie in one of the sorted, disjoint, half-open intervals, of shape (num_intervals, 2)."""
    index = np.searchsorted(intervals[:, 0], positions_bp, side="right") - 1
    inside = index >= 0
    inside[inside] = positions_bp[inside] < intervals[index[inside], 1]
    return inside


@dataclass(frozen=True)
class Haplotypes:
    """Phased genotypes of outgroup and target haplotypes over one stretch of one contig.

    Attributes
    ----------
    contig : str
    interval_bp : tuple of int
        The stretch, 0-based and half-open.
    positions_bp : ndarray of int64, shape (num_sites,)
        0-based, strictly increasing, inside `interval_bp`.
    genotypes : ndarray of int8, shape (num_sites, num_haplotypes)
        0 ancestral, 1 derived, -1 missing; what "ancestral" rests on is `ancestral_status`.
    sample_names : tuple of str, length num_haplotypes
        The sample of each haplotype (so every diploid's name stands twice).
    haplotype_indices : ndarray of int8, shape (num_haplotypes,)
        0 or 1: which of its sample's two haplotypes.
    roles : ndarray of int8, shape (num_haplotypes,)
        `OUTGROUP` or `TARGET`.
    callable_bp : ndarray of int64, shape (num_intervals, 2)
        Sorted, disjoint, half-open intervals in which sites could have been seen.
    ancestral_status : str
        `KNOWN_ANCESTRAL` (simulation, INFO/AA or a FASTA) or `OUTGROUP_MAJOR` (0 is the outgroup's major allele).
    """

    contig: str
    interval_bp: tuple[int, int]
    positions_bp: NDArray[np.int64]
    genotypes: NDArray[np.int8]
    sample_names: tuple[str, ...]
    haplotype_indices: NDArray[np.int8]
    roles: NDArray[np.int8]
    callable_bp: NDArray[np.int64]
    ancestral_status: str

    def __post_init__(self) -> None:
        num_haplotypes = len(self.roles)
        if self.genotypes.shape != (len(self.positions_bp), num_haplotypes):
            raise DataError(
                f"{self.contig}: genotypes have shape {self.genotypes.shape}, "
                f"expected {(len(self.positions_bp), num_haplotypes)} (sites, haplotypes)"
            )
        if not len(self.sample_names) == len(self.haplotype_indices) == num_haplotypes:
            raise DataError(f"{self.contig}: sample names, haplotype indices and roles differ in length")
        if np.any(np.diff(self.positions_bp) <= 0):
            raise DataError(f"{self.contig}: positions are not strictly increasing")
        start, end = self.interval_bp
        if len(self.positions_bp) and not start <= self.positions_bp[0] <= self.positions_bp[-1] < end:
            raise DataError(f"{self.contig}: sites lie outside {start:,}-{end:,}")

    @property
    def outgroup(self) -> NDArray[np.int8]:
        """Genotypes of the outgroup, shape (num_sites, num_outgroup_haplotypes)."""
        return self.genotypes[:, self.roles == OUTGROUP]

    @property
    def target(self) -> NDArray[np.int8]:
        """Genotypes of the target, shape (num_sites, num_target_haplotypes)."""
        return self.genotypes[:, self.roles == TARGET]

    @property
    def num_callable_bp(self) -> int:
        """How much of the interval is callable."""
        return int(np.diff(self.callable_bp, axis=1).sum())

    @property
    def target_labels(self) -> list[str]:
        """``SAMPLE.HAPLOTYPE`` of each target haplotype, in order."""
        return [
            haplotype_label(name, int(index))
            for name, index, role in zip(self.sample_names, self.haplotype_indices, self.roles, strict=True)
            if role == TARGET
        ]

    def select_sites(self, keep: NDArray[np.bool_]) -> "Haplotypes":
        """The same haplotypes with only the sites where `keep`, shape (num_sites,), is true."""
        return dataclasses.replace(self, positions_bp=self.positions_bp[keep], genotypes=self.genotypes[keep])

    def select_haplotypes(self, rows: NDArray[np.intp]) -> "Haplotypes":
        """These haplotypes alone, in this order, and the sites that vary among them."""
        genotypes = self.genotypes[:, rows]
        varied = varying_sites(genotypes)
        return dataclasses.replace(
            self,
            positions_bp=self.positions_bp[varied],
            genotypes=genotypes[varied],
            sample_names=tuple(self.sample_names[row] for row in rows),
            haplotype_indices=self.haplotype_indices[rows],
            roles=self.roles[rows],
        )

    def restrict(self, start_bp: int, end_bp: int) -> "Haplotypes":
        """The same haplotypes over a part of `interval_bp`; genotypes are a view.

        Parameters
        ----------
        start_bp, end_bp : int
            0-based and half-open; inside `interval_bp`.
        """
        sites = slice(*np.searchsorted(self.positions_bp, [start_bp, end_bp]))
        clipped = np.clip(self.callable_bp, start_bp, end_bp)
        return dataclasses.replace(
            self,
            interval_bp=(start_bp, end_bp),
            positions_bp=self.positions_bp[sites],
            genotypes=self.genotypes[sites],
            callable_bp=clipped[clipped[:, 1] > clipped[:, 0]],
        )

    def mask(self, callable_bp: NDArray[np.int64]) -> "Haplotypes":
        """The same haplotypes where both they and `callable_bp`, shape (num_intervals, 2), are callable."""
        edges = np.unique(np.concatenate([self.callable_bp.ravel(), callable_bp.ravel()]))
        both = _within(edges[:-1], self.callable_bp) & _within(edges[:-1], callable_bp)
        kept = self.select_sites(_within(self.positions_bp, callable_bp))
        return dataclasses.replace(kept, callable_bp=edges[runs(both)])  # side by side is one

    def polarise_by_outgroup(self) -> "Haplotypes":
        """Recode so that 0 is the outgroup's major allele (a tie keeps the coding); missing stays missing.

        For data whose ancestral states are unknown: no site is lost, and an allele that the outgroup lacks is
        always coded 1.
        """
        outgroup = self.outgroup
        flip = (outgroup == 1).sum(axis=1) > (outgroup == 0).sum(axis=1)
        genotypes = self.genotypes.copy()
        genotypes[flip] = exchange_alleles(genotypes[flip])
        return dataclasses.replace(self, genotypes=genotypes, ancestral_status=OUTGROUP_MAJOR)


def callable_per_bin_bp(haplotypes: Haplotypes, bin_bp: int) -> NDArray[np.float32]:
    """Callable base pairs in each bin.

    Parameters
    ----------
    haplotypes : Haplotypes
    bin_bp : int

    Returns
    -------
    ndarray of float32, shape (num_bins,)
        Whole numbers; the last bin may be shorter than `bin_bp`.
    """
    start, end = haplotypes.interval_bp
    # Callable sequence up to each end of a callable interval; in between it grows linearly or not at all.
    lengths = np.diff(haplotypes.callable_bp, axis=1)[:, 0]
    ends = np.concatenate([[start], haplotypes.callable_bp.ravel()]).astype(np.float64)
    covered = np.concatenate([[0, 0], np.repeat(np.cumsum(lengths), 2)[:-1]]) if len(lengths) else np.zeros(1)
    result: NDArray[np.float32] = np.diff(np.interp(bin_edges_bp(start, end, bin_bp), ends, covered)).astype(np.float32)
    return result
