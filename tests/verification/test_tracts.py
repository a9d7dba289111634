"""Tracts from the migration records agree exactly with two independent ways to find them."""

from pathlib import Path

import demes
import msprime
import numpy as np
import pandas as pd
import pytest
import tskit

from introghost.errors import DataError
from introghost.simulation import priors, scenarios
from introghost.simulation.tracts import ghost_tracts, merge_intervals

CONFIG = Path(__file__).parents[2] / "config"
LENGTH = 400_000


def one_generation_window(time: float = 1800.0, rate: float = 0.3) -> demes.Graph:
    model = scenarios.load(CONFIG / "demo").template
    del model["pulses"]
    window = {"source": "Ghost", "dest": "Target", "rate": rate, "start_time": time + 1, "end_time": time}
    return demes.Graph.fromdict({**model, "migrations": [window]})


def drawn_ghost_model(seed: int) -> tuple[demes.Graph, float]:
    scenario = scenarios.load(CONFIG / "scenarios" / "ghost")
    parameters = {**priors.draw(scenario, seed), "ghost_proportion": 0.1}
    return scenario.graph(parameters), parameters["pulse_time"]


def simulate(
    graph: demes.Graph,
    seed: int,
    census_time: float | None = None,
    recombination: float | msprime.RateMap = 1e-8,
) -> tskit.TreeSequence:
    demography = msprime.Demography.from_demes(graph)
    if census_time is not None:
        demography.add_census(time=census_time)
        demography.sort_events()
    return msprime.sim_ancestry(
        samples={"Outgroup": 5, "Target": 10},
        demography=demography,
        sequence_length=LENGTH,
        recombination_rate=recombination,
        record_migrations=True,
        random_seed=seed,
    )


def tracts_by_census(ts: tskit.TreeSequence, census_time: float) -> pd.DataFrame:
    census = np.flatnonzero(ts.nodes_time == census_time).astype(np.int32)
    links = ts.tables.link_ancestors(ts.samples(), census)
    assert (links.right - links.left).sum() == ts.num_samples * LENGTH
    names = [population.metadata["name"] for population in ts.populations()]
    in_ghost = ts.nodes_population[links.parent] == names.index("Ghost")
    return merge_intervals(links.child[in_ghost], links.left[in_ghost], links.right[in_ghost])


def mask_by_trees(ts: tskit.TreeSequence) -> np.ndarray:
    """Naive: for every migration into the ghost, the samples below the node in every tree."""
    ghost = [population.metadata["name"] for population in ts.populations()].index("Ghost")
    mask = np.zeros((ts.num_samples, LENGTH), dtype=bool)
    migrations = [row for row in ts.migrations() if row.dest == ghost]
    for tree in ts.trees():
        for row in migrations:
            left, right = max(row.left, tree.interval.left), min(row.right, tree.interval.right)
            if left < right:
                mask[list(tree.samples(row.node)), int(left) : int(right)] = True
    return mask


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pulse_agrees_with_census(seed: int) -> None:
    graph, pulse_time = drawn_ghost_model(seed)
    ts = simulate(graph, seed, pulse_time + 0.5)
    expected = tracts_by_census(ts, pulse_time + 0.5)
    assert len(expected) > 0
    pd.testing.assert_frame_equal(ghost_tracts(ts, "Ghost"), expected)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pulse_agrees_with_census_under_a_map_with_cold_and_hot_stretches(seed: int) -> None:
    recombination = msprime.RateMap(
        position=[0, 100_000.5, 150_000, 152_000, 300_000, LENGTH], rate=[1e-8, 0, 5e-7, 2e-9, 4e-8]
    )
    graph, pulse_time = drawn_ghost_model(seed)
    ts = simulate(graph, seed, pulse_time + 0.5, recombination)
    expected = tracts_by_census(ts, pulse_time + 0.5)
    assert len(expected) > 0
    pd.testing.assert_frame_equal(ghost_tracts(ts, "Ghost"), expected)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_generation_of_migration_agrees_with_census(seed: int) -> None:
    ts = simulate(one_generation_window(), seed, 1801.01)
    expected = tracts_by_census(ts, 1801.01)
    assert len(expected) > 0
    pd.testing.assert_frame_equal(ghost_tracts(ts, "Ghost"), expected)


@pytest.mark.parametrize("seed", [4, 5])
def test_long_migration_agrees_with_every_tree(seed: int) -> None:
    model = scenarios.load(CONFIG / "demo").template
    migrations = [
        {"source": "Ghost", "dest": "Target", "rate": 2e-4, "start_time": 2000, "end_time": 500},
        {"demes": ["Outgroup", "Target"], "rate": 2e-4},
    ]
    ts = simulate(demes.Graph.fromdict({**model, "migrations": migrations}), seed)
    mask = np.zeros((ts.num_samples, LENGTH), dtype=bool)
    for row in ghost_tracts(ts, "Ghost").itertuples():
        mask[row.haplotype, row.start_bp : row.end_bp] = True
    assert mask.any()
    np.testing.assert_array_equal(mask, mask_by_trees(ts))


@pytest.mark.slow
def test_mean_proportion_is_the_pulse_proportion() -> None:
    graph = scenarios.load(CONFIG / "demo").graph(
        {**priors.draw(scenarios.load(CONFIG / "demo"), 1), "ghost_proportion": 0.1}
    )
    fractions = []
    for seed in range(1, 201):
        tracts = ghost_tracts(simulate(graph, seed), "Ghost")
        target = tracts[tracts["haplotype"] >= 10]
        fractions.append((target["end_bp"] - target["start_bp"]).sum() / (20 * LENGTH))
    error = np.std(fractions) / np.sqrt(len(fractions))
    assert abs(np.mean(fractions) - 0.1) < 4 * error


def test_census_younger_than_the_pulse_disagrees() -> None:
    """The comparison has power: a census on the wrong side of the pulse sees nothing in the ghost."""
    graph, pulse_time = drawn_ghost_model(1)
    ts = simulate(graph, 1, pulse_time - 0.5)
    assert len(ghost_tracts(ts, "Ghost")) > len(tracts_by_census(ts, pulse_time - 0.5))


def test_no_ghost_role_gives_an_empty_table() -> None:
    graph, _ = drawn_ghost_model(1)
    tracts = ghost_tracts(simulate(graph, 1), None)
    assert tracts.shape == (0, 3)
    assert [str(dtype) for dtype in tracts.dtypes] == ["int32", "int64", "int64"]


def test_unknown_ghost_is_refused() -> None:
    graph, _ = drawn_ghost_model(1)
    with pytest.raises(DataError, match="no population 'Nea'"):
        ghost_tracts(simulate(graph, 1), "Nea")


def test_merging_joins_abutting_and_nested_intervals_within_a_haplotype_only() -> None:
    haplotype = np.array([1, 0, 0, 0, 1, 1], dtype=np.int32)
    start = np.array([50.0, 10, 20, 60, 5, 0])
    end = np.array([60.0, 20, 50, 70, 6, 40])
    merged = merge_intervals(haplotype, start, end)
    assert merged.to_numpy().tolist() == [[0, 10, 50], [0, 60, 70], [1, 0, 40], [1, 50, 60]]
