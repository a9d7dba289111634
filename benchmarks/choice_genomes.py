"""Genomes of many regions for `choice.py`: simulated once, and of each region what it is as a whole kept."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch

from genomes import ANCESTRAL, BIN_BP, PACKAGE, SEED, STATISTICS_DIGEST, Look, Section, short_digest
from introghost.inference import bundle_files, regions
from introghost.inference.bundles import SegmentsBundle
from introghost.simulation import scenarios
from introghost.simulation.ancestry import simulate_genome_with_tracts
from introghost.simulation.layout import RegionRecord
from introghost.simulation.observed import observe
from introghost.simulation.scenarios import Scenario
from introghost.statistics import dataset
from introghost.statistics.dataset import Region

BATCH = 5
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
    """Genomes `first` to `first + number` of one scenario, of `num_regions` regions each, as a section of an
    observation model, whose files lie in `folder`, shows them; `model` is the folder of the model whose segment network
    is asked."""

    folder: Path
    model: Path
    scenario: Scenario
    first: int
    number: int
    num_regions: int
    observation: Section = field(default_factory=dict)

    @property
    def segments(self) -> Path:
        """Folder of the segment network."""
        return self.model / SegmentsBundle.task

    @property
    def output(self) -> Path:
        """Where they are kept: of other code, scenarios or segment network the name is another."""
        name = short_digest(
            [
                CODE_DIGEST,
                bundle_files.digest(self.segments),
                scenarios.digest(self.scenario),
                self.scenario.has_target_ghost,
                self.first,
                self.number,
                self.num_regions,
                dict(self.observation),
            ]
        )
        return self.folder / f"{self.scenario.name}-{self.first}-{name}.zarr.zip"

    def run(self) -> None:
        """Simulate and pool, unless a run before has."""
        if self.output.exists():
            return
        torch.set_num_threads(1)
        network = bundle_files.load(self.segments, SegmentsBundle)
        statistics = dataset.build(
            self.simulated_regions(Look.of(self.folder, self.observation)),
            bin_bp=BIN_BP,
            summary=regions.summary(network, bundle_files.digest(self.segments)),
            attributes={"observation": json.dumps(dict(self.observation), sort_keys=True)},
            with_haplotypes=False,
        )
        statistics.write(self.output)

    def simulated_regions(self, look: Look) -> Iterator[Region]:
        """Regions of all genomes, one after the other, as `look` shows them."""
        settings = look.settings(self.num_regions)
        for genome in range(self.first, self.first + self.number):
            for tree_sequence, _ in simulate_genome_with_tracts(self.scenario, genome, settings):
                record = RegionRecord.of(tree_sequence)
                observed = observe(tree_sequence, look.model, ancestral=ANCESTRAL, seed=SEED, windows=look.windows)
                yield Region(
                    haplotypes=observed.haplotypes,
                    index=record.region,
                    genome=genome,
                    scenario=record.scenario,
                    parameters=record.parameters,
                    ghost_of_target=record.ghost_of_target,
                )


def batches(
    folder: Path,
    model: Path,
    scenario: Scenario,
    first: int,
    number: int,
    num_regions: int,
    observation: Section | None = None,
) -> list[Batch]:
    """Genomes `first` to `first + number` of one scenario."""
    sizes = {start: min(BATCH, first + number - start) for start in range(first, first + number, BATCH)}
    return [
        Batch(folder, model, scenario, start, size, num_regions, observation or {}) for start, size in sizes.items()
    ]
