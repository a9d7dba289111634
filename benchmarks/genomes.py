"""Genomes for the benchmarks: simulated once, observed in several ways, their statistics kept for another run."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import tskit
from numpy.typing import NDArray

import introghost
from introghost import models, provenance, seeds
from introghost.documents import JsonValue
from introghost.errors import DataError
from introghost.evaluation.truth import SimulatedFile, posteriors
from introghost.haplotypes import TARGET
from introghost.inference import bundle_files, file_calibration
from introghost.inference.bundles import SegmentsBundle
from introghost.inference.file_population import population_of_file
from introghost.simulation import scenarios
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.layout import RegionRecord
from introghost.simulation.observation import ObservationModel
from introghost.simulation.observed import observe
from introghost.simulation.scenarios import Scenario
from introghost.simulation.windows import Windows
from introghost.statistics import dataset
from introghost.statistics.dataset import Region
from introghost.statistics.table import Statistics
from introghost.variants.genetic_map import read_genetic_map
from introghost.variants.intervals import read_bed

LENGTH_BP, BIN_BP, SEED, DIPLOIDS = 1_000_000, 5_000, 20261123, 50
ANCESTRAL = "outgroup-major"  # most files do not tell ancestral states
BATCH = 25
SIZES = ("outgroup_diploids", "target_diploids")
FILES = ("include_bed", "genetic_map")
PACKAGE = Path(introghost.__file__).parent
HUMAN = models.locate("human") / SegmentsBundle.task
# What statistics depend on, but for the scenario and the observation model.
STATISTICS_CODE = ("*.py", "simulation/*.py", "statistics/*.py", "variants/genetic_map.py", "variants/intervals.py")

Section = Mapping[str, JsonValue]


def code_digest(patterns: Sequence[str]) -> str:
    """Digest of this module and of the package's modules under some patterns."""
    paths = [Path(__file__), *(path for pattern in patterns for path in sorted(PACKAGE.glob(pattern)))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


# Of the code that runs, whatever becomes of the files while it does.
STATISTICS_DIGEST = code_digest(STATISTICS_CODE)


def short_digest(dependencies: Sequence[JsonValue]) -> str:
    """What stands for some values in the name of a file that depends on them."""
    return hashlib.sha256(json.dumps(dependencies, sort_keys=True).encode()).hexdigest()[:16]


def shipped_segments() -> SegmentsBundle:
    """The segment network of the model `human`, whether or not the model's other networks fit it."""
    return bundle_files.load(HUMAN, SegmentsBundle)


def posteriors_of_one_file(bundle: SegmentsBundle, statistics: Statistics) -> NDArray[np.float32]:
    """Posteriors where all regions lie in one file, as those of a model do whose parameters are the same in all."""
    population = population_of_file(statistics)
    file = SimulatedFile(population, file_calibration.UNKNOWN)
    alone = posteriors(replace(bundle, file_calibration=None), statistics, file)
    return np.stack(bundle.given_file(list(alone), population))


@dataclass(frozen=True)
class Look:
    """How genomes are looked at.

    Attributes
    ----------
    model : ObservationModel
    windows : Windows or None
        What its files make.
    """

    model: ObservationModel
    windows: Windows | None

    @classmethod
    def of(cls, folder: Path, section: Section) -> "Look":
        """That of a section of an observation model whose files lie in `folder`."""
        paths = {key: str(folder / str(section[key])) for key in FILES if key in section}
        intervals = read_bed(Path(paths["include_bed"])) if "include_bed" in paths else None
        genetic_map = read_genetic_map(Path(paths["genetic_map"])) if "genetic_map" in paths else None
        windows = Windows(intervals, genetic_map) if paths else None
        return cls(ObservationModel.parse({**section, **paths}), windows)

    def settings(self, num_regions: int = 1) -> SimulationSettings:
        """How genomes of so many regions are simulated for this look: with the most individuals that it has."""
        sizes = {role: self.model.diploids(role) for role in ("outgroup", "target")}
        most = {f"{role}_diploids": DIPLOIDS if size is None else int(size.high) for role, size in sizes.items()}
        return SimulationSettings(
            seed=SEED,
            num_regions=num_regions,
            region_length_bp=LENGTH_BP,
            observation=self.model,
            windows=self.windows,
            **most,
        )


@dataclass(frozen=True)
class Job:
    """Genomes `first` to `first + number`, simulated once under `simulated`, and observed under each of `observed`."""

    folder: Path
    scenario: Scenario
    first: int
    number: int
    simulated: Section
    observed: Mapping[str, Section]
    rows: int = 100  # target haplotypes that are kept of a region
    bin_bp: int = BIN_BP
    num_regions: int = 1  # of each genome

    def output(self, name: str) -> Path:
        """Where the statistics under one observation model are kept: of other code or models the name is another."""
        sections = dict(self.simulated), dict(self.observed[name])
        files = {str(section[key]) for section in sections for key in FILES if key in section}
        dependencies: list[JsonValue] = [
            STATISTICS_DIGEST,
            scenarios.digest(self.scenario),
            self.scenario.has_target_ghost,
            self.first,
            self.number,
            self.rows,
            self.bin_bp,
            self.num_regions,
            *sections,
            *(provenance.sha256(self.folder / file) for file in sorted(files)),
        ]
        return self.folder / f"{self.scenario.name}-{self.first}-{short_digest(dependencies)}.zarr.zip"

    def run(self) -> None:
        """Simulate, observe and compute statistics, unless a run before has."""
        sections = {name: section for name, section in self.observed.items() if not self.output(name).exists()}
        if not sections:
            return
        settings = Look.of(self.folder, self.simulated).settings(self.num_regions)
        looks = {name: Look.of(self.folder, section) for name, section in sections.items()}
        regions: dict[str, list[Region]] = {name: [] for name in sections}
        for genome in range(self.first, self.first + self.number):
            for tree_sequence, tracts in simulate_genome_with_tracts(self.scenario, genome, settings):
                for name, look in looks.items():
                    regions[name].append(region(tree_sequence, tracts, look, self.rows))
        for name, look in looks.items():
            sizes = {key: look.model.describe()[key] for key in SIZES}
            attributes = {**sizes, "observation": json.dumps(sections[name], sort_keys=True)}
            statistics = dataset.build(regions[name], bin_bp=self.bin_bp, num_rows=self.rows, attributes=attributes)
            statistics.write(self.output(name))


def region(tree_sequence: tskit.TreeSequence, tracts: pd.DataFrame, look: Look, most_rows: int) -> Region:
    """A region of a simulated genome as a look shows it, with at most so many target haplotypes to keep."""
    record = RegionRecord.of(tree_sequence)
    observed = observe(tree_sequence, look.model, ancestral=ANCESTRAL, seed=SEED, windows=look.windows)
    num_targets = int((observed.haplotypes.roles == TARGET).sum())
    rng = np.random.default_rng(seeds.derive(SEED, "rows", record.genome))
    return Region(
        haplotypes=observed.haplotypes,
        index=record.region,
        genome=record.genome,
        scenario=record.scenario,
        tracts=observed.tracts(tracts),
        rows=np.sort(rng.permutation(num_targets)[:most_rows]),
        ghost_of_target=record.ghost_of_target,
    )


def batches(
    folder: Path,
    scenario: Scenario,
    first: int,
    number: int,
    simulated: Section,
    observed: Mapping[str, Section],
    **size: int,
) -> list[Job]:
    """Jobs of a few regions each; `size` are ``rows``, ``bin_bp`` and ``num_regions`` of `Job`."""
    step = max(BATCH // size.get("num_regions", 1), 1)
    ends = range(first + step, first + number + step, step)
    bounds = [(end - step, min(end, first + number)) for end in ends]
    return [Job(folder, scenario, start, end - start, simulated, observed, **size) for start, end in bounds]


def statistics_of(jobs: Sequence[Job], name: str) -> Statistics:
    """Statistics of several batches. Where their observation models differ, the result names all of them."""
    parts = [Statistics.read(job.output(name)) for job in jobs]
    sections = sorted({json.dumps(part.observation, sort_keys=True) for part in parts})
    if len(sections) > 1:
        parts = [part.with_observation({"any_of": [json.loads(section) for section in sections]}) for part in parts]
    return Statistics.concatenate(parts)


def ghost_fraction(statistics: Statistics) -> NDArray[np.float32]:
    """The truth of simulated regions, see `Statistics.ghost_fraction`."""
    fraction = statistics.ghost_fraction
    if fraction is None:
        raise DataError("these statistics have no truth: a benchmark needs that of simulations")
    return fraction
