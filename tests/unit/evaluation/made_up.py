"""Genomes made of random numbers, whose pooled statistics tell their scenario and their parameters."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from introghost.evaluation.unseen import UnseenGenomes
from introghost.simulation.priors import Bound, Prior
from introghost.statistics.table import Statistics

# Whether a ghost gave to the target, of names that do not tell.
SCENARIOS = {
    "back_migration": False,
    "ghost": True,
    "ghost_continuous": True,
    "no_ghost": False,
    "outgroup_ghost": False,
    "structure": False,
    "structure_merged": False,
    "archaic": True,
}
PARAMETERS = ("ghost_proportion", "pulse_time", "ghost_split_time")
REGIONS, USED_REGIONS, BINS = 4, 2, 6


def made_up(
    num_genomes: int, seed: int, first: int, scenarios: Sequence[str] = tuple(SCENARIOS), num_regions: int = REGIONS
) -> Statistics:
    """Genomes whose first two regions tell the scenario and the parameters, and whose others are of another scenario.

    Statistic ``c_SCENARIO`` is large in that scenario alone; the last three rise with the parameters, from 1 to 2.
    """
    rng = np.random.default_rng(seed)
    cases = [(name, first + number) for name in scenarios for number in range(num_genomes)]
    drawn = rng.uniform(1, 2, (len(cases), len(PARAMETERS)))
    pooled = rng.uniform(0, 1, (len(cases), num_regions, len(SCENARIOS)))
    for row, (name, _) in enumerate(cases):
        index = list(SCENARIOS).index(name)
        pooled[row, :USED_REGIONS, index] += 10
        pooled[row, USED_REGIONS:, (index + 1) % len(SCENARIOS)] += 10
    population = np.square(drawn)[:, None] + rng.normal(0, 0.02, (len(cases), num_regions, len(PARAMETERS)))
    population[:, USED_REGIONS:] = 1
    size = len(cases) * num_regions
    variables = {
        "pooled_statistics": (("region", "pooled_statistic"), pooled.reshape(size, -1).astype(np.float32)),
        "population_statistics": (("region", "population_statistic"), population.reshape(size, -1).astype(np.float32)),
        "callable_fraction": (("region", "bin"), np.ones((size, BINS), np.float32)),
    }
    labels = {
        "scenario": ("region", np.repeat([name for name, _ in cases], num_regions)),
        "genome": ("region", np.repeat([number for _, number in cases], num_regions)),
        "region_index": ("region", np.tile(np.arange(num_regions), len(cases))),
        "observation_index": ("region", np.zeros(len(cases) * num_regions, dtype=np.int64)),
        **{f"parameter_{name}": ("region", np.repeat(drawn[:, i], num_regions)) for i, name in enumerate(PARAMETERS)},
    }
    names = {
        "statistic": ["a"],
        "moment": ["mean"],
        "pooled_statistic": [f"c_{name}" for name in SCENARIOS],
        "population_statistic": [f"p_{name}" for name in PARAMETERS],
    }
    attributes = {
        "bin_bp": 5_000,
        "region_length_bp": 5_000 * BINS,
        "outgroup_diploids": [50, 50],
        "target_diploids": [50, 50],
        "ancestral": "outgroup-major",
        "observation": "{}",
        "segments": "",
        "ghost_of_target": json.dumps(SCENARIOS),
    }
    return Statistics(xr.Dataset(variables, coords=labels | names, attrs=attributes))


@dataclass(frozen=True)
class Family:
    """A scenario as far as training of parameters looks at it."""

    name: str = "ghost"
    parameters: tuple[Prior, ...] = tuple(Prior(name, "uniform", Bound(1.0), Bound(2.0)) for name in PARAMETERS)


def of_used_regions(statistics: Statistics) -> Statistics:
    """The regions that tell something."""
    return statistics.select(np.flatnonzero(statistics.region_indices < USED_REGIONS))


def unseen(statistics: Statistics, num_regions: int = USED_REGIONS) -> UnseenGenomes:
    """The first regions of each genome."""
    return UnseenGenomes.of(statistics.genomes(), statistics.ghost_of_target).first_regions(num_regions)


def answered(scenarios: Sequence[str], p_ghost: Sequence[float], **columns: Sequence[float]) -> pd.DataFrame:
    """A table as `answers` gives it, of the scenarios ghost, no_ghost, structure and structure_merged."""
    table = pd.DataFrame({"scenario": scenarios, "p_ghost": p_ghost})
    defaults = {"ghost": p_ghost, "no_ghost": [1 - p for p in p_ghost], "structure": [0.0] * len(p_ghost)}
    defaults |= {"structure_merged": [0.0] * len(p_ghost), "p_value": [0.5] * len(p_ghost)}
    defaults |= {"scenario_p_value": [0.5] * len(p_ghost), "has_ghost": [name == "ghost" for name in scenarios]}
    return table.assign(**(defaults | columns))
