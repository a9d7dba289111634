"""Small haplotypes, simulated and random, with and without missing genotypes and masks."""

import msprime
import numpy as np
import pytest
import tskit

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


@pytest.fixture(scope="session")
def tree_sequence() -> tskit.TreeSequence:
    demography = msprime.Demography()
    for name, size in (("A", 10_000), ("B", 3_000), ("C", 12_000)):
        demography.add_population(name=name, initial_size=size)
    demography.add_population_split(time=2_500, derived=["A", "B"], ancestral="C")
    ts = msprime.sim_ancestry(
        {"A": 8, "B": 7}, demography=demography, sequence_length=120_000, recombination_rate=1e-8, random_seed=3
    )
    return msprime.sim_mutations(ts, rate=2e-8, model=msprime.BinaryMutationModel(), random_seed=4)


@pytest.fixture(scope="session")
def simulated(tree_sequence: tskit.TreeSequence) -> Haplotypes:
    positions = tree_sequence.tables.sites.position
    return make(positions, tree_sequence.genotype_matrix(), 16, 120_000)


@pytest.fixture(
    scope="session", params=["simulated", "missing", "masked", "polarised", "random", "tiny", "empty", "uncallable"]
)
def example(request: pytest.FixtureRequest, simulated: Haplotypes) -> Haplotypes:
    """Haplotypes of every sort that the statistics must bear."""
    rng = np.random.default_rng(7)
    positions, genotypes = simulated.positions_bp, simulated.genotypes
    holes = np.where(rng.random(genotypes.shape) < 0.1, -1, genotypes)
    mask = [[2_000, 31_000], [31_500, 33_000], [60_000, 60_400], [75_000, 119_000]]
    if request.param == "missing":
        holes[5, :16] = -1
        holes[9, 16:] = -1
        return make(positions, holes, 16, 120_000)
    if request.param == "masked":
        return make(positions, holes, 16, 120_000).mask(np.array(mask))
    if request.param == "polarised":
        return make(positions, holes, 16, 120_000).polarise_by_outgroup()
    if request.param == "random":
        sites = np.sort(rng.choice(45_000, 150, replace=False)) + 1_000_000
        return make(sites, rng.integers(-1, 2, (150, 9)), 4, 45_000, 1_000_000)
    if request.param == "tiny":
        return make(np.array([3, 9_999]), np.array([[0, 0, 1, 0], [0, 1, 1, 1]]), 2, 20_000)
    if request.param == "empty":
        return make(np.empty(0), np.empty((0, 6)), 2, 30_000)
    if request.param == "uncallable":
        return make(np.empty(0), np.empty((0, 6)), 2, 30_000, callable_bp=[])
    return simulated
