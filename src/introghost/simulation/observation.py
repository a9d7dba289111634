"""The observation model: what a data file shows of simulated genomes."""

import numpy as np
import tskit

from introghost import seeds
from introghost.haplotypes import KNOWN_ANCESTRAL, MISSING, OUTGROUP, OUTGROUP_MAJOR, TARGET, Haplotypes


def observe(
    tree_sequence: tskit.TreeSequence,
    *,
    ancestral: str,
    seed: int,
    minimum_allele_count: tuple[int, int] = (1, 1),
) -> Haplotypes:
    """Haplotypes of outgroup and target as a file of biallelic SNVs would show them.

    Parameters
    ----------
    tree_sequence : tskit.TreeSequence
        One simulated region, with the metadata written by `simulation.ancestry`.
    ancestral : str
        `KNOWN_ANCESTRAL` keeps the simulated ancestral states, `OUTGROUP_MAJOR` recodes by the outgroup's major allele.
    seed : int
        Root seed of what is drawn per genome.
    minimum_allele_count : tuple of int
        Bounds, inclusive, between which the genome's filter is drawn: a site is kept if its minor allele is seen at
        least that often among all samples, the panel included, as in a file made from a larger panel.

    Returns
    -------
    Haplotypes
        Sites with more than two alleles, and those that do not vary among outgroup and target, are left out.
    """
    about = tree_sequence.metadata["introghost"]
    num_outgroup, num_target = 2 * about["outgroup_diploids"], 2 * about["target_diploids"]
    num_kept = num_outgroup + num_target
    genotypes = tree_sequence.genotype_matrix()
    rng = np.random.default_rng(seeds.derive(seed, "observe", about["scenario"], about["genome"]))
    least = int(rng.integers(minimum_allele_count[0], minimum_allele_count[1] + 1))
    derived = (genotypes == 1).sum(axis=1)
    biallelic = (genotypes.max(axis=1, initial=0) <= 1) & (genotypes.min(axis=1, initial=0) > MISSING)
    minor = np.minimum(derived, genotypes.shape[1] - derived)
    kept = genotypes[:, :num_kept]
    kept_count = (kept == 1).sum(axis=1)
    varies = (kept_count > 0) & (kept_count < num_kept)
    keep = biallelic & varies & (minor >= least)
    length = int(tree_sequence.sequence_length)
    names = [f"outgroup_{i // 2}" for i in range(num_outgroup)] + [f"target_{i // 2}" for i in range(num_target)]
    haplotypes = Haplotypes(
        contig=str(about["region"] + 1),
        interval_bp=(0, length),
        positions_bp=tree_sequence.tables.sites.position[keep].astype(np.int64),
        genotypes=np.ascontiguousarray(kept[keep]),
        sample_names=tuple(names),
        haplotype_indices=(np.arange(num_kept) % 2).astype(np.int8),
        roles=np.repeat(np.array([OUTGROUP, TARGET], dtype=np.int8), [num_outgroup, num_target]),
        callable_bp=np.array([[0, length]], dtype=np.int64),
        ancestral_status=KNOWN_ANCESTRAL,
    )
    return haplotypes.polarise_by_outgroup() if ancestral == OUTGROUP_MAJOR else haplotypes
