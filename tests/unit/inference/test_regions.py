"""What a segment network says of a region as a whole."""

import numpy as np

from introghost import models
from introghost.haplotypes import KNOWN_ANCESTRAL, Haplotypes
from introghost.inference import bundle_files, calling, reading, regions
from introghost.inference.bundles import SegmentsBundle
from introghost.inference.fields import Range
from introghost.inference.reading import ReadingPlan
from introghost.statistics import dataset
from introghost.statistics.dataset import Region
from introghost.statistics.haplotype import STATISTICS, haplotype_statistics
from introghost.statistics.pooled import POOLED, few_targets

HUMAN = models.locate("human") / "segments"


def haplotypes(start: int = 0, end: int = 1_500_000) -> Haplotypes:
    rng = np.random.default_rng(3)
    positions = np.sort(rng.choice(1_500_000, 4_000, replace=False))
    genotypes = (rng.random((4_000, 48)) < rng.beta(0.3, 1, (4_000, 1))).astype(np.int8)
    whole = Haplotypes(
        contig="1",
        interval_bp=(0, 1_500_000),
        positions_bp=positions,
        genotypes=genotypes,
        sample_names=tuple(f"s{row // 2}" for row in range(48)),
        haplotype_indices=(np.arange(48) % 2).astype(np.int8),
        roles=np.repeat([0, 1], 24).astype(np.int8),
        callable_bp=np.array([[0, 1_500_000]]),
        ancestral_status=KNOWN_ANCESTRAL,
    )
    return whole.restrict(start, end)


class _Source:
    def read(self, contig: str, start: int, end: int) -> Haplotypes:
        return haplotypes(start, end)


def naive(posterior: np.ndarray, statistics: np.ndarray) -> dict[str, float]:
    """Every value bin by bin, as its description reads."""
    usable = [b for b in range(posterior.shape[1]) if not np.isnan(posterior[0, b])]
    cells = [(h, b) for h in range(len(posterior)) for b in usable]
    lengths = []
    for row in posterior:
        text = "".join("#" if value >= 0.5 else " " for value in row)  # NaN ends a segment
        lengths += [len(run) for run in text.split()]
    found = {
        "posterior": np.mean([posterior[c] for c in cells]),
        "posterior_squared": np.mean([posterior[c] ** 2 for c in cells]),
    }
    for level in (0.1, 0.5, 0.9):
        found[f"posterior_above_{level}"] = np.mean([posterior[c] >= level for c in cells])
    for low, high in ((1, 3), (3, 6), (6, 11), (11, 21), (21, 10**9)):
        found[f"segments_from_{low}_bins"] = sum(low <= length < high for length in lengths) / len(cells)
    share = [np.mean([row[b] >= 0.5 for row in posterior]) for b in usable]
    for low, high in ((0.0, 0.05), (0.05, 0.15), (0.15, 0.5), (0.5, 1.0)):
        found[f"called_in_{low}_to_{high}"] = np.mean([low < value <= high for value in share])
    for name in regions.WEIGHTED:
        found[f"{name}_by_posterior"] = np.mean([posterior[c] * statistics[c][STATISTICS.index(name)] for c in cells])
    return found


def test_segment_summaries_are_what_their_names_say():
    rng = np.random.default_rng(1)
    posterior = np.repeat(rng.random((20, 60), np.float32), 5, axis=1)[:, rng.integers(0, 3, 300).cumsum() % 300]
    posterior[:, rng.random(300) < 0.05] = np.nan
    statistics = rng.random((20, 300, len(STATISTICS)), np.float32)
    expected = naive(posterior, statistics)
    assert list(expected) == list(regions.SEGMENT_SUMMARIES)
    np.testing.assert_allclose(regions.segment_summaries(posterior, statistics), list(expected.values()), rtol=1e-5)
    np.testing.assert_array_equal(regions.segment_summaries(np.full((3, 9), np.nan), np.zeros((3, 9, 34))), 0)


def test_regions_of_a_contig_are_summarised_as_simulated_ones_are():
    network = bundle_files.load(HUMAN, SegmentsBundle)
    summary = regions.summary(network, bundle_files.digest(HUMAN))
    plan = ReadingPlan(5_000, 500_000, Range(10, 200), population_diploids=(200, 200), summary=summary)
    parts = [haplotypes(start, start + 500_000) for start in range(0, 1_500_000, 500_000)]
    built = dataset.build([Region(part, 0) for part in parts], bin_bp=5_000, summary=summary)
    simulated = built.dataset
    assert list(simulated["pooled_statistic"].values) == list(summary.names)
    assert built.segment_model_digest == bundle_files.digest(HUMAN)
    for part, expected in zip(parts, simulated["pooled_statistics"].values, strict=True):
        contig = reading.contig_statistics(_Source(), ("1", *part.interval_bp), plan)
        np.testing.assert_allclose(contig.pooled[0], expected, rtol=1e-4, atol=1e-7)
    whole = reading.contig_statistics(_Source(), ("1", 0, 1_500_000), plan)
    scale = np.abs(simulated["pooled_statistics"].values).max(axis=0) + 1e-3
    off = np.abs(whole.pooled - simulated["pooled_statistics"].values) / scale  # windows reach over ends of regions
    assert off.mean() < 0.01
    assert off.max() < 0.3
    few = few_targets(parts[1])
    statistics = haplotype_statistics(few, 5_000).values
    unknown = np.full_like(built.population[1], np.nan)
    posterior = calling.segment_posterior(network, statistics, np.ones(100, np.float32), unknown)
    own = simulated["pooled_statistics"].values[1, len(POOLED) :]
    np.testing.assert_allclose(own, regions.segment_summaries(posterior, statistics), rtol=1e-5)
