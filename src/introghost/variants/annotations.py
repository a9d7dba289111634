"""What goes with a VCF: callable regions, genetic maps and ancestral alleles."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from introghost.haplotypes import GeneticMap, on_contig
from introghost.variants.ancestral_fasta import AncestralFasta
from introghost.variants.tally import AncestralState, Tally

_BASE_CODES = np.frombuffer(b"ACGT", dtype="S1")


@dataclass(frozen=True)
class Annotations:
    """Files beside a VCF, as far as there are any.

    Attributes
    ----------
    intervals : dict of str to ndarray of int64, shape (num_intervals, 2), or None
        Callable regions by contig.
    genetic_maps : dict of str to GeneticMap, or None
    fasta : AncestralFasta or None
    """

    intervals: dict[str, NDArray[np.int64]] | None
    genetic_maps: dict[str, GeneticMap] | None
    fasta: AncestralFasta | None

    def callable_regions(self, contig: str) -> NDArray[np.int64] | None:
        """Callable regions of a contig: None is all of it, nothing where the mask lacks it.

        Parameters
        ----------
        contig : str

        Returns
        -------
        ndarray of int64, shape (num_intervals, 2), or None
        """
        if self.intervals is None:
            return None
        intervals = on_contig(self.intervals, contig)
        return np.empty((0, 2), dtype=np.int64) if intervals is None else intervals

    def ancestral_counts(self, counted: Tally) -> Counter[AncestralState]:
        """SNVs by ancestral state: of the FASTA if there is one, else of INFO/AA; none if there is neither.

        Parameters
        ----------
        counted : Tally
        """
        if self.fasta is None:
            return counted.ancestral
        states: Counter[AncestralState] = Counter()
        for name, contig in counted.contigs.items():
            bases = self.fasta.alleles(name, contig.positions_bp)
            is_base = np.isin(bases, _BASE_CODES)
            fits = (bases[:, None] == contig.alleles).any(axis=1)
            states[AncestralState.KNOWN] += int(fits.sum())
            states[AncestralState.NEITHER] += int((is_base & ~fits).sum())
            states[AncestralState.UNKNOWN] += int((~is_base).sum())
        return states
