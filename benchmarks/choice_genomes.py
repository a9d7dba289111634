"""Genomes of many regions for `choice.py` and `flaws.py`: of each region what it is as a whole is kept."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import tskit

from genomes import ANCESTRAL, BIN_BP, FILES, PACKAGE, SEED, SIZES, STATISTICS_DIGEST, Look, Section, short_digest
from introghost import provenance
from introghost.errors import ModelError
from introghost.model import Model
from introghost.simulation import scenarios
from introghost.simulation.ancestry import simulate_genome_with_tracts
from introghost.simulation.layout import RegionRecord
from introghost.simulation.observed import observe
from introghost.simulation.scenarios import Scenario
from introghost.statistics import dataset
from introghost.statistics.dataset import Region
from introghost.statistics.pooled import of_both_at_most

BATCH = 5
DATA = "data"  # name of the only look, where there is but one
# What a segment network says of a region depends on the code that asks it, too.
ASKED_CODE = ("networks/layers.py", "networks/segments.py", "inference/calling.py", "inference/inputs.py",
              "inference/regions.py")  # fmt: skip
CODE_DIGEST = hashlib.sha256(
    b"".join(
        [
            STATISTICS_DIGEST.encode(),
            Path(__file__).read_bytes(),
            *((PACKAGE / name).read_bytes() for name in ASKED_CODE),
        ]
    )
).hexdigest()


@dataclass(frozen=True)
class Batch:
    """Genomes `first` to `first + number` of one scenario, of `num_regions` regions each, simulated once and observed
    under each of `observed`, sections of an observation model whose files lie in `folder`, as `model` looks at them:
    with no more individuals than it was trained with, and asking its segment network."""

    folder: Path
    model: Model
    scenario: Scenario
    first: int
    number: int
    num_regions: int
    simulated: Section
    observed: Mapping[str, Section]

    def output(self, name: str = DATA) -> Path:
        """Where those of an observation model are kept: of other code, scenarios or segment network it is another."""
        sections = dict(self.simulated), dict(self.observed[name])
        files = {str(section[key]) for section in sections for key in FILES if key in section}
        dependencies = [
            CODE_DIGEST,
            self.model.segment_model_digest,
            self.model.plan.most_diploids,
            scenarios.digest(self.scenario),
            self.scenario.has_target_ghost,
            self.first,
            self.number,
            self.num_regions,
            *sections,
            *(provenance.sha256(self.folder / file) for file in sorted(files)),
        ]
        return self.folder / f"{self.scenario.name}-{self.first}-{short_digest(dependencies)}.zarr.zip"

    def run(self) -> None:
        """Simulate, observe and pool, unless a run before has."""
        sections = {name: section for name, section in self.observed.items() if not self.output(name).exists()}
        if not sections:
            return
        torch.set_num_threads(1)
        summary, most_diploids = self.model.summary, self.model.plan.most_diploids
        if summary is None or most_diploids is None:
            raise ModelError(f"{self.model.folder}: has no networks for whole genomes")
        settings = Look.of(self.folder, self.simulated).settings(self.num_regions)
        genomes = range(self.first, self.first + self.number)
        trees = [one for genome in genomes for one, _ in simulate_genome_with_tracts(self.scenario, genome, settings)]
        for name, section in sections.items():
            look = Look.of(self.folder, section)
            sizes = {key: value for key, value in look.model.describe().items() if key in SIZES}
            statistics = dataset.build(
                (_observed(tree_sequence, look, most_diploids) for tree_sequence in trees),
                bin_bp=BIN_BP,
                summary=summary,
                attributes={**sizes, "observation": json.dumps(dict(section), sort_keys=True)},
                with_haplotypes=False,
            )
            statistics.write(self.output(name))


def _observed(tree_sequence: tskit.TreeSequence, look: Look, most_diploids: tuple[int, int]) -> Region:
    """A simulated region as `look` shows it, with at most so many individuals of outgroup and target."""
    record = RegionRecord.of(tree_sequence)
    observed = observe(tree_sequence, look.model, ancestral=ANCESTRAL, seed=SEED, windows=look.windows)
    return Region(
        haplotypes=of_both_at_most(observed.haplotypes, most_diploids),
        index=record.region,
        genome=record.genome,
        scenario=record.scenario,
        parameters=record.parameters,
        ghost_of_target=record.ghost_of_target,
    )


def batches(
    folder: Path,
    model: Model,
    scenario: Scenario,
    first: int,
    number: int,
    num_regions: int,
    simulated: Section | None = None,
    observed: Mapping[str, Section] | None = None,
) -> list[Batch]:
    """Genomes `first` to `first + number` of one scenario; by default all that was simulated is shown."""
    starts = range(first, first + number, BATCH)
    looks = dict(observed or {DATA: simulated or {}})
    return [
        Batch(folder, model, scenario, start, min(BATCH, first + number - start), num_regions, simulated or {}, looks)
        for start in starts
    ]
