"""Small haplotypes, simulated and random, with and without missing genotypes and masks."""

import msprime
import numpy as np
import pytest
import tskit
from small_haplotypes import make

from introghost.haplotypes import Haplotypes


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


EXAMPLES = ["simulated", "missing", "masked", "polarised", "random", "long", "tiny", "empty", "uncallable"]


@pytest.fixture(scope="session", params=EXAMPLES)
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
    if request.param == "long":  # beyond the reach of every window, gene flow into the outgroup in the middle
        sites = np.sort(rng.choice(500_000, 400, replace=False))
        alleles = (rng.random((400, 12)) < rng.beta(0.4, 1, (400, 1))).astype(np.int8)
        alleles[100:260, :2] = alleles[100:260, 6:8]
        return make(sites, alleles, 6, 500_000)
    if request.param == "tiny":
        return make(np.array([3, 9_999]), np.array([[0, 0, 1, 0], [0, 1, 1, 1]]), 2, 20_000)
    if request.param == "empty":
        return make(np.empty(0), np.empty((0, 6)), 2, 30_000)
    if request.param == "uncallable":
        return make(np.empty(0), np.empty((0, 6)), 2, 30_000, callable_bp=[])
    return simulated
