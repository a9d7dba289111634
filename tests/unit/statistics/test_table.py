"""Statistics as one typed value: what it says of itself, its genomes, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest
from test_dataset import TRACTS, haplotypes

from introghost.errors import DataError
from introghost.statistics import dataset
from introghost.statistics.dataset import Region
from introghost.statistics.haplotype import STATISTICS
from introghost.statistics.pooled import POOLED
from introghost.statistics.population import POPULATION_STATISTICS
from introghost.statistics.table import Statistics

ATTRIBUTES = {"observation": '{"missing": [0, 0.1]}', "target_diploids": [1, 2]}


def simulated(scenario: str, genomes: list[int], *, flag: bool | None = True, **parameters: float) -> Statistics:
    """Genomes of two regions each, the regions of all genomes mingled."""
    regions = [
        Region(
            haplotypes(),
            index,
            genome,
            scenario,
            {name: value + genome for name, value in parameters.items()},
            TRACTS,
            ghost_of_target=flag,
        )
        for index in range(2)
        for genome in genomes
    ]
    return dataset.build(regions, bin_bp=10_000, attributes=ATTRIBUTES)


def test_what_it_says_of_itself(tmp_path: Path):
    path = tmp_path / "x.zarr.zip"
    simulated("neanderthal", [3, 1], f=0.5).write(path)
    statistics = Statistics.read(path)
    assert (statistics.bin_bp, statistics.region_length_bp) == (10_000, 30_000)
    assert (statistics.outgroup_diploids, statistics.target_diploids) == ((2, 2), (1, 2))
    assert statistics.ancestral == "ancestral"
    assert statistics.observation == {"missing": [0, 0.1]}
    assert statistics.segment_model_digest == ""
    assert statistics.ghost_of_target == {"neanderthal": True}
    assert statistics.haplotype_names == STATISTICS
    assert statistics.pooled_names == POOLED
    assert statistics.population_names == POPULATION_STATISTICS
    assert statistics.haplotype.shape == (4, 4, 3, len(STATISTICS))
    assert statistics.moments.shape == (4, 2, 3, len(STATISTICS))
    assert statistics.pooled.shape == (4, len(POOLED))
    assert statistics.population.shape == (4, len(POPULATION_STATISTICS))
    assert statistics.scenarios.tolist() == ["neanderthal"] * 4
    assert statistics.genome_indices.tolist() == [3, 1, 3, 1]
    assert statistics.region_indices.tolist() == [0, 0, 1, 1]
    assert statistics.parameter_names == ("f",)
    assert statistics.parameter("f").tolist() == [3.5, 1.5, 3.5, 1.5]
    np.testing.assert_array_equal(statistics.callable_fraction, np.ones((4, 3)))
    assert statistics.usable.all()
    assert statistics.ghost_fraction is not None
    np.testing.assert_allclose(statistics.ghost_fraction[2, :2], [[0.5, 1, 0.5], [0, 0, 0.2]])


def test_genomes_come_in_the_order_of_their_first_regions_with_all_of_their_regions():
    statistics = Statistics.concatenate(
        [simulated("ghost", [3, 1], f=0.5), simulated("no_ghost", [1], size=2, flag=False)]
    )
    statistics.pooled[:] = np.arange(6)[:, None]
    statistics.population[:] = 10 * np.arange(6)[:, None]
    statistics.callable_fraction[4] = [0.0, 0.2, 0.05]
    genomes = list(statistics.genomes())
    assert [(genome.scenario, genome.genome) for genome in genomes] == [("ghost", 3), ("ghost", 1), ("no_ghost", 1)]
    assert [genome.rows.tolist() for genome in genomes] == [[0, 2], [1, 3], [4, 5]]
    assert [dict(genome.parameters) for genome in genomes] == [{"f": 3.5}, {"f": 1.5}, {"size": 3.0}]
    assert genomes[1].pooled[:, 0].tolist() == [1, 3]
    assert genomes[1].population[:, -1].tolist() == [10, 30]
    assert genomes[2].usable.tolist() == [[False, True, False], [True, True, True]]
    (selected,) = statistics.select(np.array([5, 4])).genomes()
    assert selected.population[:, 0].tolist() == [50, 40]


def observed(*draws: int) -> Statistics:
    """Two genomes of two regions, of each region the observations `draws`."""
    regions = [
        Region(haplotypes(), index, genome, "ghost", {}, TRACTS, ghost_of_target=True, observation=draw)
        for genome in (3, 1)
        for index in range(2)
        for draw in draws
    ]
    return dataset.build(regions, bin_bp=10_000, attributes=ATTRIBUTES)


def test_each_observation_of_a_genome_is_one_with_its_own_regions(tmp_path: Path):
    observed(0, 2).write(tmp_path / "x.zarr.zip")
    statistics = Statistics.read(tmp_path / "x.zarr.zip")
    assert statistics.observation_indices.tolist() == [0, 2] * 4
    genomes = list(statistics.genomes())
    assert [(genome.genome, genome.observation) for genome in genomes] == [(3, 0), (3, 2), (1, 0), (1, 2)]
    assert [genome.rows.tolist() for genome in genomes] == [[0, 2], [1, 3], [4, 6], [5, 7]]
    second = statistics.select(np.flatnonzero(statistics.observation_indices == 2))
    assert [(genome.genome, genome.observation) for genome in second.genomes()] == [(3, 2), (1, 2)]


def test_observations_of_a_genome_may_be_joined_and_none_may_come_twice():
    joined = Statistics.concatenate([observed(0, 1), observed(2)])
    assert [(genome.genome, genome.observation) for genome in joined.genomes()] == [
        *((genome, draw) for genome in (3, 1) for draw in (0, 1)),
        *((3, 2), (1, 2)),
    ]
    with pytest.raises(DataError, match="number 1 and 2 both hold genome 3 of scenario ghost; give each file once"):
        Statistics.concatenate([observed(0, 1), observed(1, 2)])


def test_real_data_are_one_genome_without_truth_or_parameters():
    real = dataset.build([Region(haplotypes(), index) for index in range(3)], bin_bp=10_000)
    (genome,) = real.genomes()
    assert (genome.scenario, genome.genome, genome.rows.tolist()) == ("", -1, [0, 1, 2])
    assert genome.parameters == {}
    assert genome.observation == 0
    assert real.ghost_fraction is None
    assert real.ghost_of_target == {}
    assert real.observation == {}
    with pytest.raises(DataError, match="do not tell the parameter f"):
        real.parameter("f")


def test_joined_statistics_know_the_ghost_of_each_scenario():
    one, other = simulated("ghost", [1]), simulated("outgroup_ghost", [1], flag=False)
    assert Statistics.concatenate([one, other]).ghost_of_target == {"ghost": True, "outgroup_ghost": False}
    with pytest.raises(DataError, match="whether the ghost of scenario ghost gave to the target; simulate anew"):
        Statistics.concatenate([one, simulated("ghost", [2], flag=False)])


def test_simulations_that_do_not_say_whose_ghost_it_is_are_refused_where_it_is_asked():
    joined = Statistics.concatenate([simulated("ghost", [1]), simulated("no_ghost", [1], flag=None)])
    with pytest.raises(
        DataError,
        match="statistics of scenario no_ghost do not say whether its ghost gave to the target; simulate anew",
    ):
        _ = joined.ghost_of_target


def test_what_made_them_is_kept_in_the_file(tmp_path: Path):
    statistics = simulated("ghost", [1]).with_provenance({"verb": "statistics", "options": {}})
    statistics.write(tmp_path / "x.zarr.zip")
    assert (
        Statistics.read(tmp_path / "x.zarr.zip").dataset.attrs["provenance"] == '{"options": {}, "verb": "statistics"}'
    )
