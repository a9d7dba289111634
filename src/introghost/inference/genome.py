"""One genome as networks for whole genomes are given it, and how much sequence that is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.inference import inputs
from introghost.inference.reading import Bins, ContigStatistics


@dataclass(frozen=True)
class Extent:
    """How much sequence an answer about a whole genome rests on.

    Attributes
    ----------
    regions : int
        Regions that count, see `inputs.pooled_regions`.
    regions_of_short_stretches : int
        Those among them that are put together from shorter stretches.
    bins : int
        Usable bins in them.
    used_bp, left_out_bp : int
        Callable sequence in these bins, and in usable bins of stretches too short to count.
    """

    regions: int
    regions_of_short_stretches: int
    bins: int
    used_bp: int
    left_out_bp: int

    def to_json(self) -> dict[str, int]:
        """Every attribute under its name."""
        return asdict(self)


@dataclass(frozen=True)
class Genome:
    """One genome as networks for whole genomes are given it.

    Attributes
    ----------
    regions : ndarray of float64, shape (num_regions, num_pooled)
        Of `inputs.pool_each`.
    extent : Extent
    """

    regions: NDArray[np.float64]
    extent: Extent

    @classmethod
    def of(cls, contigs: Sequence[ContigStatistics], region_length_bp: int) -> "Genome":
        """Pool the regions of all contigs, cut on each contig's own grid, as those of training were.

        Parameters
        ----------
        contigs : sequence of ContigStatistics
            Those without a usable site are left out.
        region_length_bp : int

        Raises
        ------
        DataError
            No usable bin at all.
        """
        contigs = [contig for contig in contigs if contig.bins.has_sites]
        usable = [_per_region(contig.bins.called, contig.bins, region_length_bp) for contig in contigs]
        if not any(part.any() for part in usable):
            raise DataError("no bin of the target has enough callable sequence; check --include-bed and --region")
        joined = np.concatenate(usable)
        # Callable base pairs of each region in its usable bins.
        called_bp = [
            np.where(contig.bins.called, np.rint(contig.bins.callable_bp), 0).astype(np.int64) for contig in contigs
        ]
        parts = zip(called_bp, contigs, strict=True)
        region_bp = np.concatenate([_per_region(part, c.bins, region_length_bp).sum(axis=1) for part, c in parts])
        groups = inputs.pooled_regions(joined)
        used_bp = sum(int(region_bp[group].sum()) for group in groups)
        extent = Extent(
            regions=len(groups),
            regions_of_short_stretches=sum(len(group) > 1 for group in groups),
            bins=sum(int(joined[group].sum()) for group in groups),
            used_bp=used_bp,
            left_out_bp=int(region_bp.sum()) - used_bp,
        )
        pooled, population = (
            np.concatenate([getattr(contig, name) for contig in contigs]) for name in ("pooled", "population")
        )
        return cls(inputs.pool_each(pooled, joined, population), extent)


def _per_region(values: NDArray[np.generic], bins: Bins, region_length_bp: int) -> NDArray[np.generic]:
    """Values of bins as (num_regions, bins of a region); the last region is filled up with zeros."""
    in_region = region_length_bp // bins.bin_bp
    return np.pad(values, (0, -len(values) % in_region)).reshape(-1, in_region)
