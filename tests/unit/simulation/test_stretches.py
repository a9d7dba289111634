"""Selection at linked sites and for the ghost: draws, models and trees of stretches side by side."""

import itertools
from dataclasses import replace
from pathlib import Path

import demes
import numpy as np
import pytest

from introghost.simulation import scenarios
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.observation import ObservationModel
from introghost.simulation.stretches import (
    LEAST_SIZE_FACTOR,
    SELECTED_BP,
    Stretch,
    draw_size_factor,
    draw_stretches,
    graph_of,
    pulse_proportion,
)

SCENARIOS = Path(__file__).parents[3] / "config" / "scenarios"
ROLES = {"outgroup": "Outgroup", "target": "Target", "ghost": "Ghost"}
SETTINGS = SimulationSettings(seed=1, num_regions=1, region_length_bp=300_000, outgroup_diploids=4, target_diploids=10)


def graph(*pulses: dict[str, object]) -> demes.Graph:
    builder = demes.Builder()
    builder.add_deme("Ancestral", epochs=[{"start_size": 100, "end_time": 50}])
    for name in ("Outgroup", "Target", "Ghost", "Other"):
        builder.add_deme(name, ancestors=["Ancestral"], epochs=[{"start_size": 200, "end_size": 400}])
    for pulse in pulses:
        builder.add_pulse(**pulse)
    return builder.resolve()


def test_sizes_have_the_mean_that_is_asked_for():
    sizes = np.array([draw_size_factor(0.2, seed) for seed in range(4_000)])
    assert LEAST_SIZE_FACTOR <= sizes.min() < 0.35
    assert sizes.max() < 1
    assert abs(sizes.mean() - 0.8) < 0.01
    assert draw_size_factor(0, 1) == 1


def test_a_share_of_regions_has_a_stretch_of_its_own():
    several = [draw_stretches(1_000_000, 0.5, 0.3, 0.02, seed) for seed in range(2_000)]
    selected = [part for parts in several for part in parts if part.ghost_proportion is not None]
    assert abs(len(selected) / 2_000 - 0.3) < 0.03
    for parts in several:
        assert parts[0].start_bp == 0
        assert parts[-1].end_bp == 1_000_000
        assert all(left.end_bp == right.start_bp for left, right in itertools.pairwise(parts))
        assert all(part.size_factor == 0.5 for part in parts)
    lengths = np.array([part.end_bp - part.start_bp for part in selected])
    assert SELECTED_BP[0] <= lengths.min() < 60_000
    assert 400_000 < lengths.max() <= SELECTED_BP[1]
    proportions = np.array([part.ghost_proportion for part in selected])
    assert 0.02 <= proportions.min() < 0.03
    assert 0.9 < proportions.max() <= 1


@pytest.mark.parametrize(("share", "proportion"), [(0.0, 0.02), (1.0, None), (1.0, 0.0)])
def test_without_selection_a_region_is_one_stretch(share, proportion):
    assert draw_stretches(1_000, 0.5, share, proportion, 1) == (Stretch(0, 1_000, 0.5),)


def test_the_whole_of_a_short_region_may_be_selected():
    (part,) = draw_stretches(10_000, 1.0, 1.0, 0.5, 1)
    assert (part.start_bp, part.end_bp) == (0, 10_000)
    assert part.ghost_proportion > 0.5


def test_only_pulses_from_the_ghost_into_the_target_count():
    into = {"dest": "Target", "time": 10, "proportions": [0.1]}
    assert pulse_proportion(graph(), ROLES) is None
    assert pulse_proportion(graph({**into, "sources": ["Other"]}), ROLES) is None
    assert pulse_proportion(graph({**into, "sources": ["Ghost"], "dest": "Outgroup"}), ROLES) is None
    both = {**into, "sources": ["Other", "Ghost"], "proportions": [0.5, 0.2]}
    assert pulse_proportion(graph({**into, "sources": ["Ghost"]}, both), ROLES) == 0.2
    assert pulse_proportion(graph({**into, "sources": ["Ghost"]}), {"outgroup": "Outgroup", "target": "Target"}) is None


def test_the_model_of_a_stretch_differs_in_sizes_and_pulse_alone():
    pulse = {"sources": ["Other", "Ghost"], "dest": "Target", "time": 10, "proportions": [0.5, 0.1]}
    other = {"sources": ["Ghost"], "dest": "Outgroup", "time": 10, "proportions": [0.3]}
    before = graph(pulse, other)
    assert graph_of(Stretch(0, 1), before, ROLES) is before
    after = graph_of(Stretch(0, 1, 0.5, 0.8), before, ROLES)
    assert [epoch.end_size for epoch in after["Target"].epochs] == [200]
    assert [epoch.start_size for epoch in after["Ancestral"].epochs] == [50]
    assert after["Target"].start_time == before["Target"].start_time
    np.testing.assert_allclose(after.pulses[0].proportions, [0.2, 0.8])
    assert after.pulses[1].proportions == [0.3]


def test_of_several_pulses_the_largest_is_drawn_anew():
    pulse = {"sources": ["Ghost"], "dest": "Target"}
    before = graph({**pulse, "time": 20, "proportions": [0.02]}, {**pulse, "time": 10, "proportions": [0.05]})
    after = graph_of(Stretch(0, 1, 1.0, 0.6), before, ROLES)
    assert sorted((pulse.time, pulse.proportions[0]) for pulse in after.pulses) == [(10, 0.6), (20, 0.02)]


def test_trees_of_stretches_are_joined_with_their_tracts():
    scenario = scenarios.load(SCENARIOS / "ghost")
    settings = replace(SETTINGS, observation=ObservationModel.parse({"selected_ghost": 1.0}))
    inside, outside = [], []
    for genome in range(12):
        ((trees, tracts),) = simulate_genome_with_tracts(scenario, genome, settings)
        assert trees.num_samples == 28
        assert trees.num_populations == 4
        assert trees.sequence_length == 300_000
        assert trees.tables.migrations.num_rows == 0
        assert all(tree.num_roots == 1 for tree in trees.trees())
        covered = np.zeros(300)
        for start, end in tracts[["start_bp", "end_bp"]].to_numpy() // 1_000:
            covered[start:end] += 1
        assert tracts["end_bp"].le(300_000).all()
        inside.append(covered.max() / 20)
        outside.append(covered.min() / 20)
    assert np.mean(inside) > 0.3
    assert np.mean(outside) < 0.1


def test_one_stretch_is_what_was_simulated_without_selection():
    scenario = scenarios.load(SCENARIOS / "ghost")
    ((plain, plain_tracts),) = simulate_genome_with_tracts(scenario, 1, SETTINGS)
    settings = replace(SETTINGS, observation=ObservationModel.parse({"selected_ghost": 1e-12}))
    ((same, same_tracts),) = simulate_genome_with_tracts(scenario, 1, settings)
    assert plain.tables.equals(same.tables, ignore_metadata=True)
    assert plain_tracts.equals(same_tracts)


def test_linked_selection_lowers_diversity():
    scenario = scenarios.load(SCENARIOS / "no_ghost")
    diversity = []
    for section in ({}, {"linked_selection": 0.5}):
        settings = replace(SETTINGS, num_regions=30, observation=ObservationModel.parse(section))
        regions = simulate_genome_with_tracts(scenario, 2, settings)
        diversity.append(np.mean([trees.diversity(sample_sets=range(8)) for trees, _ in regions]))
    assert 0.4 < diversity[1] / diversity[0] < 0.7
