"""Statistics of simulations made of random numbers: as small as a test likes, and with names of its own."""

import json
from collections.abc import Sequence

import numpy as np
import xarray as xr

from introghost.statistics.table import Statistics

ATTRIBUTES = {
    "outgroup_diploids": [3, 4],
    "target_diploids": [2, 5],
    "ancestral": "outgroup-major",
    "observation": '{"missing": [0, 0.1]}',
    "segments": "5e9",
}


def small_statistics(
    genomes: Sequence[tuple[str, int]],
    *,
    num_regions: int = 2,
    num_haplotypes: int = 4,
    num_bins: int = 5,
    names: Sequence[str] = ("a", "b", "private_quarter_1", "private_quarter_4"),
    seed: int = 1,
    observation: int = 0,
) -> Statistics:
    """Statistics of these genomes (scenario and number); of scenarios called ghost… the ghost gave to the target.

    Their one parameter, ``t``, is the number of the genome.
    """
    rng = np.random.default_rng(seed)
    pairs = [pair for pair in genomes for _ in range(num_regions)]
    size = (len(pairs), num_haplotypes, num_bins, len(names))
    values = rng.random(size, np.float32)
    variables = {
        "haplotype_statistics": (("region", "haplotype", "bin", "statistic"), values),
        "haplotype_moments": (
            ("region", "moment", "bin", "statistic"),
            np.stack([values.mean(axis=1), values.std(axis=1)], axis=1),
        ),
        "pooled_statistics": (("region", "pooled_statistic"), rng.random((len(pairs), 3), np.float32)),
        "population_statistics": (("region", "population_statistic"), rng.random((len(pairs), 2), np.float32)),
        "callable_fraction": (("region", "bin"), np.ones((len(pairs), num_bins), np.float32)),
        "ghost_fraction": (("region", "haplotype", "bin"), rng.random(size[:3], np.float32).round(1)),
    }
    coordinates = {
        "scenario": ("region", np.array([scenario for scenario, _ in pairs])),
        "genome": ("region", np.array([genome for _, genome in pairs])),
        "region_index": ("region", np.tile(np.arange(num_regions), len(genomes))),
        "observation_index": ("region", np.full(len(pairs), observation)),
        "parameter_t": ("region", np.array([float(genome) for _, genome in pairs])),
        "statistic": list(names),
        "moment": ["mean", "standard_deviation"],
        "pooled_statistic": ["mean_of_a", "mean_of_b", "posterior"],
        "population_statistic": ["fst", "dxy"],
    }
    ghosts = {scenario: scenario.startswith("ghost") for scenario, _ in genomes}
    attributes = {"bin_bp": 10_000, "region_length_bp": 10_000 * num_bins, "ghost_of_target": json.dumps(ghosts)}
    return Statistics(xr.Dataset(variables, coords=coordinates, attrs=ATTRIBUTES | attributes))
