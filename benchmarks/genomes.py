"""Genomes for the benchmarks: simulated once, observed in several ways, their statistics kept for another run."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tskit
import xarray as xr
from introghost.inference.bundle import MANIFEST, Bundle, load, save

import introghost
from introghost import provenance, seeds
from introghost.haplotypes import TARGET
from introghost.inference import segment_training
from introghost.simulation import scenarios
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.layout import RegionRecord
from introghost.simulation.observation import ObservationModel, observe
from introghost.simulation.scenarios import Scenario
from introghost.simulation.windows import Windows
from introghost.statistics import dataset
from introghost.statistics.dataset import Region
from introghost.statistics.table import Statistics
from introghost.variants.genetic_map import read_genetic_map
from introghost.variants.intervals import read_bed

LENGTH_BP, BIN_BP, SEED = 1_000_000, 5_000, 20261123
ANCESTRAL = "outgroup-major"  # most files know no ancestral states
BATCH = 25
SIZES = ("outgroup_diploids", "target_diploids")
PACKAGE = Path(introghost.__file__).parent
# What statistics depend on, but for the scenario and the observation model; and what training depends on beside them.
STATISTICS_CODE = ("*.py", "simulation/*.py", "statistics/*.py", "variants/annotation.py")
TRAINING_CODE = ("inference/*.py", "networks/*.py")


def code_digest(patterns: tuple[str, ...]) -> str:
    """Digest of this module and of the package's modules under some patterns."""
    paths = [Path(__file__), *(path for pattern in patterns for path in sorted(PACKAGE.glob(pattern)))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


# Of the code that runs, whatever becomes of the files while it does.
STATISTICS_DIGEST, TRAINING_DIGEST = code_digest(STATISTICS_CODE), code_digest(TRAINING_CODE)


def placed(folder: Path, section: Mapping[str, Any]) -> tuple[ObservationModel, Windows | None]:
    """The observation model of a section whose files lie in `folder`, and the windows that they make."""
    named = {key: str(folder / section[key]) for key in ("include_bed", "genetic_map") if key in section}
    intervals = read_bed(Path(named["include_bed"])) if "include_bed" in named else None
    maps = read_genetic_map(Path(named["genetic_map"])) if "genetic_map" in named else None
    return ObservationModel.parse({**section, **named}), Windows(intervals, maps) if named else None


@dataclass(frozen=True)
class Job:
    """Genomes `first` to `first + number`, simulated once under `simulated`, and observed under each of `observed`."""

    folder: Path
    scenario: Scenario
    first: int
    number: int
    simulated: Mapping[str, Any]
    observed: Mapping[str, Mapping[str, Any]]
    rows: int = 100  # target haplotypes that are kept of a region
    bin_bp: int = BIN_BP

    def output(self, name: str) -> Path:
        """Where the statistics under one observation model are kept: of other code or models the name is another."""
        sections = dict(self.simulated), dict(self.observed[name])
        files = {section[key] for section in sections for key in ("include_bed", "genetic_map") if key in section}
        contents = [provenance.sha256(self.folder / file) for file in sorted(files)]
        about = [
            STATISTICS_DIGEST,
            scenarios.digest(self.scenario),
            self.first,
            self.number,
            self.rows,
            self.bin_bp,
            *sections,
            *contents,
        ]
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
        return self.folder / f"{self.scenario.name}-{self.first}-{digest}.zarr.zip"

    def run(self) -> None:
        """Simulate, observe and compute statistics, unless a run before has."""
        wanted = {name: section for name, section in self.observed.items() if not self.output(name).exists()}
        if not wanted:
            return
        model, windows = placed(self.folder, self.simulated)
        looks = {name: placed(self.folder, section) for name, section in wanted.items()}
        regions: dict[str, list[Region]] = {name: [] for name in wanted}
        settings = SimulationSettings(
            seed=SEED,
            num_regions=1,
            region_length_bp=LENGTH_BP,
            outgroup_diploids=int(model.outgroup_diploids.high),
            target_diploids=int(model.target_diploids.high),
            observation=model,
            windows=windows,
        )
        for genome in range(self.first, self.first + self.number):
            (simulated,) = simulate_genome_with_tracts(self.scenario, genome, settings)
            for name, look in looks.items():
                regions[name].append(region(genome, *simulated, *look, self.rows))
        for name in wanted:
            sizes = {key: looks[name][0].describe()[key] for key in SIZES}
            attributes = {**sizes, "observation": json.dumps(wanted[name], sort_keys=True)}
            data = dataset.build(regions[name], bin_bp=self.bin_bp, num_rows=self.rows, attributes=attributes)
            data.write(self.output(name))


def region(
    genome: int,
    ts: tskit.TreeSequence,
    tracts: pd.DataFrame,
    model: ObservationModel,
    windows: Windows | None,
    kept: int,
) -> Region:
    """One simulated region as `model` shows it."""
    observed = observe(ts, model, ancestral=ANCESTRAL, seed=SEED, windows=windows)
    number = int((observed.haplotypes.roles == TARGET).sum())
    rng = np.random.default_rng(seeds.derive(SEED, "rows", genome))
    rows = np.sort(rng.permutation(number)[:kept])
    scenario = RegionRecord.of(ts).scenario
    return Region(observed.haplotypes, 0, genome, scenario, {}, observed.tracts(tracts), rows)


def batches(
    folder: Path,
    scenario: Scenario,
    first: int,
    number: int,
    simulated: Mapping[str, Any],
    observed: Mapping[str, Mapping[str, Any]],
    **size: int,
) -> list[Job]:
    """Jobs of a few genomes each; `size` are ``rows`` and ``bin_bp`` of `Job`."""
    ends = range(first + BATCH, first + number + BATCH, BATCH)
    pieces = [(end - BATCH, min(end, first + number)) for end in ends]
    return [Job(folder, scenario, start, end - start, simulated, observed, **size) for start, end in pieces]


def join(jobs: list[Job], name: str) -> xr.Dataset:
    """Statistics of several batches. Where their observation models differ, the result names all of them."""
    parts = [Statistics.read(job.output(name)).dataset for job in jobs]
    observed = sorted({str(part.attrs["observation"]) for part in parts})
    if len(observed) > 1:
        every = json.dumps({"any_of": [json.loads(model) for model in observed]})
        parts = [part.assign_attrs(observation=every) for part in parts]
    return Statistics.concatenate([Statistics(part) for part in parts]).dataset


def train(folder: Path, name: str, jobs: list[Job], observed: str, epochs: int, width: int = 48) -> Bundle:
    """A segment network trained on the jobs' statistics under one observation model, kept like them."""
    about = [*(job.output(observed).name for job in jobs), TRAINING_DIGEST, epochs, width]
    kept = folder / f"{name}-{hashlib.sha256(json.dumps(about).encode()).hexdigest()[:16]}"
    if not (kept / MANIFEST).exists():
        made = segment_training.train_segments(
            Statistics(join(jobs, observed)), epochs=epochs, seed=1, width=width
        ).bundle
        made.description["provenance"] = provenance.record(
            "benchmark", {"network": name, "epochs": epochs, "width": width}, {}
        )
        save(made, kept)
    return load(kept, "segments")
