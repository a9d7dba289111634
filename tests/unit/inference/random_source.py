"""Random haplotypes, read as from a VCF, and a network that has seen nothing else."""

import dataclasses

import numpy as np
import torch
from untrained import TRAINING, segments_bundle

from introghost.haplotypes import KNOWN_ANCESTRAL, Haplotypes
from introghost.inference import inputs, reading
from introghost.inference.bundles import SegmentsBundle
from introghost.inference.fields import Range
from introghost.inference.reading import Bins, BinStatus, ContigStatistics, ReadingPlan
from introghost.networks.layers import signed_root
from introghost.statistics.haplotype import STATISTICS, HaplotypeStatistics, moments
from introghost.statistics.population import POPULATION_STATISTICS


class RandomSource:
    """Random haplotypes of one contig, read in any interval."""

    def __init__(self, num_sites: int, length_bp: int, diploids: int = 6) -> None:
        rng = np.random.default_rng(1)
        self.positions = np.sort(rng.choice(length_bp, num_sites, replace=False))
        frequency = rng.beta(0.3, 1, (num_sites, 1))
        self.genotypes = (rng.random((num_sites, 4 * diploids)) < frequency).astype(np.int8)
        self.samples = np.arange(4 * diploids) // 2
        self.callable_bp: list[list[int]] | None = None

    def keep(self, sites: np.ndarray) -> None:
        """No other sites than these."""
        self.positions, self.genotypes = self.positions[sites], self.genotypes[sites]

    def mask(self, callable_bp: list[list[int]]) -> "RandomSource":
        """The same with sites only in a mask, which `read` tells of."""
        inside = np.zeros(len(self.positions), dtype=bool)
        for start, end in callable_bp:
            inside |= (self.positions >= start) & (self.positions < end)
        self.keep(inside)
        self.callable_bp = callable_bp
        return self

    def read(self, contig: str, start: int, end: int) -> Haplotypes:
        inside = (self.positions >= start) & (self.positions < end)
        intervals = [[start, end]] if self.callable_bp is None else self.callable_bp
        clipped = [[max(first, start), min(last, end)] for first, last in intervals if first < end and last > start]
        return Haplotypes(
            contig=contig,
            interval_bp=(start, end),
            positions_bp=self.positions[inside],
            genotypes=self.genotypes[inside],
            sample_names=tuple(f"s{sample}" for sample in self.samples),
            haplotype_indices=(np.arange(len(self.samples)) % 2).astype(np.int8),
            roles=np.repeat([0, 1], len(self.samples) // 2).astype(np.int8),
            callable_bp=np.array(clipped).reshape(-1, 2),
            ancestral_status=KNOWN_ANCESTRAL,
        )


# Population statistics of a file with too little sequence.
UNKNOWN = np.full(len(POPULATION_STATISTICS), np.nan, dtype=np.float32)


def plan(region_length_bp: int = 200_000, target_diploids: Range = Range(1, 50), **more: object) -> ReadingPlan:  # noqa: B008
    """Bins of 10 kb; nothing is kept of regions but with a `summary`."""
    return ReadingPlan(10_000, region_length_bp, target_diploids, **({"population_diploids": (200, 200)} | more))  # type: ignore[arg-type]


def contig_statistics(source: RandomSource, length_bp: int, **more: object) -> ContigStatistics:
    """Of a whole contig, with a `plan` of these settings."""
    return reading.contig_statistics(source, ("1", 0, length_bp), plan(**more))  # type: ignore[arg-type]


def bundle_of(statistics: ContigStatistics, region_length_bp: int = 200_000) -> SegmentsBundle:
    """A network that was never trained, on the scale of these statistics."""
    bundle = segments_bundle(dataclasses.replace(TRAINING, region_length_bp=region_length_bp))
    values = statistics.haplotype.values
    around = inputs.context(moments(values), np.ones(len(POPULATION_STATISTICS), np.float32))
    given = inputs.segment_input(torch.from_numpy(values), torch.from_numpy(around).expand(len(values), -1, -1))
    roots = signed_root(given).flatten(0, 1)
    bundle.network.standardise.set(roots.mean(dim=0), roots.std(dim=0))
    return bundle


def contig_of(
    callable_bp: np.ndarray, contig: str = "1", bin_bp: int = 10_000, region_length_bp: int = 1_000_000, pooled: int = 1
) -> ContigStatistics:
    """A contig of which nothing but the callable sequence matters: bins are called from a tenth of it on."""
    number = len(callable_bp)
    starts = np.arange(number, dtype=np.int64) * bin_bp
    called = callable_bp >= 0.1 * bin_bp
    status = np.where(called, BinStatus.CALLED, BinStatus.TOO_LITTLE_CALLABLE).astype(np.str_)
    sites = np.ones(number, dtype=np.int64)
    bins = Bins(contig, bin_bp, starts, starts + bin_bp, callable_bp.astype(np.float32), sites, status)
    nothing = HaplotypeStatistics(np.empty((2, 0, len(STATISTICS)), np.float32), np.empty((2, 0), np.int64))
    num_regions = -(-number * bin_bp // region_length_bp)
    values = [np.zeros((num_regions, size), np.float32) for size in (pooled, 1)]
    return ContigStatistics(bins, ["a.0", "a.1"], [np.arange(2)], nothing, values[0], values[1])
