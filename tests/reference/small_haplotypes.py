"""Haplotypes made from bare arrays."""

import numpy as np

from introghost.haplotypes import KNOWN_ANCESTRAL, Haplotypes


def make(
    positions: np.ndarray, genotypes: np.ndarray, outgroup: int, length: int, start: int = 0, callable_bp=None
) -> Haplotypes:
    number = genotypes.shape[1]
    return Haplotypes(
        contig="1",
        interval_bp=(start, start + length),
        positions_bp=np.asarray(positions, dtype=np.int64),
        genotypes=genotypes.astype(np.int8),
        sample_names=tuple(f"s{i // 2}" for i in range(number)),
        haplotype_indices=(np.arange(number) % 2).astype(np.int8),
        roles=(np.arange(number) >= outgroup).astype(np.int8),
        callable_bp=np.array([[start, start + length]] if callable_bp is None else callable_bp, dtype=np.int64).reshape(
            -1, 2
        ),
        ancestral_status=KNOWN_ANCESTRAL,
    )
