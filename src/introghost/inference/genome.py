"""One genome as networks for whole genomes are given it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from introghost.inference import inputs
from introghost.inference.extent import Extent, usable_by_region
from introghost.inference.reading import ContigStatistics


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
        bins = [contig.bins for contig in contigs]
        usable = usable_by_region(bins, region_length_bp)
        pooled, population = (
            np.concatenate([getattr(contig, name) for contig in contigs]) for name in ("pooled", "population")
        )
        extent = Extent.of_usable(bins, usable, region_length_bp)
        return cls(inputs.pool_each(pooled, usable, population), extent)
