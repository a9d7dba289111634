"""Who is who among simulated samples, against counting by hand."""

from dataclasses import replace
from pathlib import Path

import msprime
import numpy as np
import pytest
import tskit

from introghost import presets
from introghost.errors import ConfigError, DataError
from introghost.haplotypes import OUTGROUP, TARGET
from introghost.simulation import layout, scenarios
from introghost.simulation.ancestry import SimulationSettings, read_trees, simulate_genome_with_tracts, write_batch
from introghost.simulation.layout import RegionRecord, SampleLayout
from introghost.simulation.observation import ObservationModel
from introghost.simulation.windows import Window

SAMPLES = SampleLayout(outgroup=3, target=2, panel_outgroup=1, panel_target=4)
SETTINGS = SimulationSettings(
    seed=3,
    num_regions=1,
    region_length_bp=20_000,
    outgroup_diploids=3,
    target_diploids=2,
    observation=ObservationModel(panel_outgroup_diploids=1, panel_target_diploids=4),
)


@pytest.fixture(scope="module")
def simulated() -> tskit.TreeSequence:
    return next(simulate_genome_with_tracts(scenarios.load(presets.locate_scenario("ghost")), 0, SETTINGS))[0]


def test_groups_follow_each_other() -> None:
    expected = {
        "outgroup": [0, 1, 2, 3, 4, 5],
        "target": [6, 7, 8, 9],
        "panel_outgroup": [10, 11],
        "panel_target": [12, 13, 14, 15, 16, 17, 18, 19],
    }
    for group, haplotypes in expected.items():
        assert SAMPLES.haplotypes(group).tolist() == haplotypes
        assert SAMPLES.individuals(group).tolist() == [haplotype // 2 for haplotype in haplotypes[::2]]
    assert layout.haplotypes_of(np.array([4, 0])).tolist() == [8, 9, 0, 1]


def test_names_and_populations_are_of_those_whom_data_show() -> None:
    assert SAMPLES.names() == ("outgroup_0", "outgroup_1", "outgroup_2", "target_0", "target_1")
    assert SAMPLES.populations({"outgroup": "A", "target": "B", "ghost": "C"}) == ("A", "A", "A", "B", "B")
    assert layout.roles_of_haplotypes(3, 2).tolist() == [OUTGROUP] * 6 + [TARGET] * 4


def test_the_samples_of_a_group_live_in_the_deme_of_its_role(simulated: tskit.TreeSequence) -> None:
    samples = SampleLayout.of(simulated)
    assert samples == SAMPLES
    demes = np.array([simulated.population(simulated.node(s).population).metadata["name"] for s in simulated.samples()])
    for group in ("outgroup", "panel_outgroup"):
        assert set(demes[samples.haplotypes(group)]) == {"Outgroup"}
    for group in ("target", "panel_target"):
        assert set(demes[samples.haplotypes(group)]) == {"Target"}
    assert len(demes) == 20


def test_an_empty_group_is_not_sampled() -> None:
    roles = {"outgroup": "A", "target": "B"}
    sets = SampleLayout(3, 2, panel_target=4).sample_sets(roles)
    assert [(each.num_samples, each.population) for each in sets] == [(3, "A"), (2, "B"), (4, "B")]
    with pytest.raises(ConfigError, match="outgroup_diploids is 0; it must be at least 1"):
        SampleLayout(0, 2).check()
    with pytest.raises(ConfigError, match="panel_target_diploids is -1; it must be at least 0"):
        SampleLayout(1, 2, panel_target=-1).check()


@pytest.mark.parametrize("window", [None, Window("chr7", 12)])
def test_a_record_is_read_as_it_was_written(simulated: tskit.TreeSequence, window: Window | None) -> None:
    record = replace(
        RegionRecord.of(simulated), window=window, ghost_of_target=False, observation={"missing": [0, 0.1]}
    )
    tables = simulated.dump_tables()
    tables.metadata = {"introghost": record.to_metadata()}
    assert RegionRecord.of(tables.tree_sequence()) == record
    assert tables.metadata["introghost"]["ghost_of_target"] is False


@pytest.mark.parametrize(("scenario", "expected"), [("ghost", True), ("outgroup_ghost", False), ("no_ghost", False)])
def test_simulated_regions_know_whether_a_ghost_gave_to_the_target(
    scenario: str, expected: bool, tmp_path: Path
) -> None:
    write_batch(scenarios.load(presets.locate_scenario(scenario)), tmp_path / "x.trees", range(2), SETTINGS)
    recorded = [ts.metadata["introghost"]["ghost_of_target"] for ts in read_trees(tmp_path / "x.trees")]
    assert recorded == [expected, expected]


def test_trees_of_another_program_are_refused(simulated: tskit.TreeSequence, tmp_path: Path) -> None:
    foreign = msprime.sim_ancestry(2, random_seed=1)
    for read in (SampleLayout.of, RegionRecord.of):
        with pytest.raises(DataError, match="without introghost's metadata"):
            read(foreign)
    foreign.dump(tmp_path / "x.trees")
    with pytest.raises(DataError, match=r"x\.trees: a tree sequence without introghost's metadata"):
        list(read_trees(tmp_path / "x.trees"))
    tables = simulated.dump_tables()
    content = tables.metadata["introghost"]
    del content["ghost_of_target"]
    tables.metadata = {"introghost": content}
    with pytest.raises(DataError, match=r"ghost_of_target: None; expected true or false; simulate it anew"):
        RegionRecord.of(tables.tree_sequence())
