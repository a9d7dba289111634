"""Genomes of many regions for `choice.py`: simulated once, and of each region what it is as a whole kept."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from genomes import ANCESTRAL, LENGTH_BP, PACKAGE, SEED, STATISTICS_DIGEST, placed
from introghost import models, provenance
from introghost.inference import bundle, decisions, regions
from introghost.simulation import scenarios
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.layout import RegionRecord
from introghost.simulation.observation import observe
from introghost.simulation.scenarios import Scenario
from introghost.statistics.haplotype import STATISTICS, callable_per_bin_bp, haplotype_statistics
from introghost.statistics.pooled import POOLED, few_targets
from introghost.statistics.population import POPULATION_STATISTICS, population_statistics

HUMAN = models.locate("human") / "segments"
BIN_BP, DIPLOIDS, BATCH = 5_000, 50, 5
CODE_DIGEST = hashlib.sha256(
    b"".join(
        [
            STATISTICS_DIGEST.encode(),
            bundle.digest(HUMAN).encode(),
            Path(__file__).read_bytes(),
            *((PACKAGE / "networks" / f"{name}.py").read_bytes() for name in ("layers", "segments")),
            *((PACKAGE / "inference" / f"{name}.py").read_bytes() for name in ("application", "inputs", "regions")),
        ]
    )
).hexdigest()


@dataclass(frozen=True)
class Batch:
    """Genomes `first` to `first + number` of one scenario, of `regions` regions each, as a section of an observation
    model, JSON whose files lie in `folder`, shows them."""

    folder: Path
    scenario: Scenario
    first: int
    number: int
    regions: int
    observation: str = "{}"

    @property
    def output(self) -> Path:
        """Where they are kept: of other code, scenarios or segment network the name is another."""
        about = json.dumps(
            [CODE_DIGEST, scenarios.digest(self.scenario), self.first, self.number, self.regions, self.observation]
        )
        name = hashlib.sha256(about.encode()).hexdigest()[:16]
        return self.folder / f"{self.scenario.name}-{self.first}-{name}.npz"

    def run(self) -> None:
        """Simulate and pool, unless a run before has."""
        if self.output.exists():
            return
        torch.set_num_threads(1)
        summary = regions.summary(bundle.load(HUMAN, "segments"), bundle.digest(HUMAN))
        model, windows = placed(self.folder, json.loads(self.observation))
        sizes = {role: model.diploids(role) for role in ("outgroup", "target")}
        diploids = {role: DIPLOIDS if size is None else int(size.high) for role, size in sizes.items()}
        kept: dict[str, list[object]] = {"pooled": [], "population": [], "callable": [], "parameters": []}
        settings = SimulationSettings(
            seed=SEED,
            num_regions=self.regions,
            region_length_bp=LENGTH_BP,
            outgroup_diploids=diploids["outgroup"],
            target_diploids=diploids["target"],
            observation=model,
            windows=windows,
        )
        for genome in range(self.first, self.first + self.number):
            for ts, _ in simulate_genome_with_tracts(self.scenario, genome, settings):
                parameters = RegionRecord.of(ts).parameters
                haplotypes = observe(ts, model, ancestral=ANCESTRAL, seed=SEED, windows=windows).haplotypes
                fraction = callable_per_bin_bp(haplotypes, BIN_BP) / np.float32(BIN_BP)
                kept["callable"].append(fraction)
                kept["pooled"].append(
                    summary.compute(haplotype_statistics(few_targets(haplotypes), BIN_BP).values, fraction)
                )
                kept["population"].append(population_statistics(haplotypes))
            kept["parameters"].append(list(parameters.values()))
        with provenance.atomic_path(self.output) as temporary, temporary.open("wb") as file:
            np.savez(file, names=np.array(list(parameters)), **{key: np.array(value) for key, value in kept.items()})

    def read(self) -> xr.Dataset:
        """As the networks' training takes it."""
        with np.load(self.output) as kept:
            found = dict(kept)
        genomes = np.arange(self.first, self.first + self.number).repeat(self.regions)
        rows = {
            "pooled_statistics": (("region", "pooled_statistic"), found["pooled"].astype(np.float32)),
            "population_statistics": (("region", "population_statistic"), found["population"].astype(np.float32)),
            "callable_fraction": (("region", "bin"), found["callable"]),
        }
        labels = {"genome": ("region", genomes), "scenario": ("region", np.array([self.scenario.name] * len(genomes)))}
        for name, values in zip(found["names"], found["parameters"].T, strict=True):
            labels[f"parameter_{name}"] = ("region", values.repeat(self.regions))
        names = {
            "statistic": list(STATISTICS),
            "pooled_statistic": list(POOLED + regions.SEGMENT_SUMMARIES),
            "population_statistic": list(POPULATION_STATISTICS),
        }
        attributes = {
            "bin_bp": BIN_BP,
            "region_length_bp": LENGTH_BP,
            "ancestral": ANCESTRAL,
            **{f"{role}_diploids": [DIPLOIDS, DIPLOIDS] for role in ("outgroup", "target")},
            "observation": "{}",
            "segments": bundle.digest(HUMAN),
        }
        return xr.Dataset(rows, coords=labels | names, attrs=attributes)


def batches(
    folder: Path, scenario: Scenario, first: int, number: int, num_regions: int, observation: str = "{}"
) -> list[Batch]:
    """Genomes `first` to `first + number` of one scenario."""
    sizes = {start: min(BATCH, first + number - start) for start in range(first, first + number, BATCH)}
    return [Batch(folder, scenario, start, size, num_regions, observation) for start, size in sizes.items()]


def join(wanted: list[Batch]) -> xr.Dataset:
    """All genomes of some batches; a parameter that a scenario lacks is NaN."""
    parts = [batch.read() for batch in wanted]
    names = sorted({str(name) for part in parts for name in part.coords if str(name).startswith("parameter_")})
    filled = []
    for part in parts:
        nothing = ("region", np.full(part.sizes["region"], np.nan))
        filled.append(part.assign_coords({name: nothing for name in names if name not in part.coords}))
    joined = xr.concat(filled, dim="region", data_vars="minimal", coords="minimal", compat="override", join="override")
    ghosts = {batch.scenario.name: decisions.has_ghost(batch.scenario.name) for batch in wanted}
    return joined.assign_attrs(ghost_of_target=json.dumps(ghosts))
