"""Genomes to test on: which regions of them, and how many of each scenario."""

import numpy as np
from made_up import SCENARIOS, USED_REGIONS, made_up, unseen

from introghost.evaluation.unseen import UnseenGenomes
from introghost.inference.bundles import ChoiceBundle
from introghost.statistics.table import Statistics


def test_genomes_are_tested_on_their_first_regions(statistics: Statistics, bundle: ChoiceBundle) -> None:
    genomes = unseen(statistics, USED_REGIONS)
    assert genomes.scenarios.tolist() == [name for name in sorted(SCENARIOS) for _ in range(12)]
    assert [genome.genome for genome in genomes.genomes] == list(range(12)) * len(SCENARIOS)
    rows = (statistics.scenarios == "archaic") & (statistics.genome_indices == 0)
    pooled = genomes.pooled(bundle)
    assert pooled.num_regions.tolist() == [USED_REGIONS] * len(genomes.genomes)
    mean = np.concatenate([statistics.pooled, statistics.population], axis=1)[rows][:USED_REGIONS].mean(axis=0)
    np.testing.assert_allclose(pooled.values[0], mean, rtol=1e-6)
    assert genomes.parameter("pulse_time")[0] == statistics.parameter("pulse_time")[rows][0]
    assert np.isnan(genomes.parameter("absent")).all()
    assert set(genomes.of_scenarios(["ghost", "structure"]).scenarios) == {"ghost", "structure"}


def test_balanced_genomes_are_the_first_of_each_scenario() -> None:
    """Six of one scenario, of which the last come first in the file, and two of another, numbered from 50 on."""
    many, few = made_up(6, seed=1, first=0, scenarios=("ghost",)), made_up(2, seed=2, first=50, scenarios=("no_ghost",))
    backwards = Statistics.concatenate([few, many.select(np.arange(len(many.scenarios))[::-1])])
    balanced = UnseenGenomes.of(backwards.genomes(), backwards.ghost_of_target).balanced()
    pairs = [(genome.scenario, genome.genome) for genome in balanced.genomes]
    assert pairs == [("ghost", 0), ("ghost", 1), ("no_ghost", 50), ("no_ghost", 51)]
    assert balanced.balanced() == balanced


def test_every_genome_has_the_fewest_regions(statistics: Statistics) -> None:
    shorter = statistics.select(np.flatnonzero((statistics.genome_indices != 3) | (statistics.region_indices < 3)))
    assert unseen(shorter, 9).fewest_regions == 3
    assert UnseenGenomes((), {}).fewest_regions == 0
