import dataclasses

import numpy as np
import pytest
import torch

from introghost.haplotypes import KNOWN_ANCESTRAL, MISSING, Haplotypes
from introghost.inference import application, contigs, inputs
from introghost.inference.bundle import Bundle
from introghost.networks.layers import signed_root
from introghost.networks.segments import SegmentNetwork
from introghost.statistics.haplotype import STATISTICS, haplotype_statistics, moments
from introghost.statistics.pooled import POOLED, at_most, pool
from introghost.statistics.population import population_statistics


class _Source:
    """Random haplotypes of one contig, read in any interval."""

    def __init__(self, num_sites: int, length_bp: int, diploids: int = 6) -> None:
        rng = np.random.default_rng(1)
        self.positions = np.sort(rng.choice(length_bp, num_sites, replace=False))
        frequency = rng.beta(0.3, 1, (num_sites, 1))
        self.genotypes = (rng.random((num_sites, 4 * diploids)) < frequency).astype(np.int8)
        self.samples = np.arange(4 * diploids) // 2

    def read(self, contig: str, start: int, end: int) -> Haplotypes:
        inside = (self.positions >= start) & (self.positions < end)
        return Haplotypes(
            contig=contig,
            interval_bp=(start, end),
            positions_bp=self.positions[inside],
            genotypes=self.genotypes[inside],
            sample_names=tuple(f"s{sample}" for sample in self.samples),
            haplotype_indices=(np.arange(len(self.samples)) % 2).astype(np.int8),
            roles=np.repeat([0, 1], len(self.samples) // 2).astype(np.int8),
            callable_bp=np.array([[start, end]]),
            ancestral_status=KNOWN_ANCESTRAL,
        )


@pytest.mark.parametrize("tile_bins", [3, 7, 50])
def test_tiles_leave_no_seam(tile_bins):
    source, size = _Source(4000, 995_000), {"bin_bp": 10_000, "region_length_bp": 500_000}
    whole = contigs.contig_statistics(source, "1", 0, 995_000, **size, target_diploids=(1, 50), tile_bins=1000)
    tiled = contigs.contig_statistics(source, "1", 0, 995_000, **size, target_diploids=(1, 50), tile_bins=tile_bins)
    np.testing.assert_allclose(tiled.haplotype, whole.haplotype, rtol=1e-5, atol=1e-4)
    np.testing.assert_array_equal(tiled.callable_bp, whole.callable_bp)


def test_a_long_run_of_bins_without_sites_is_a_gap_and_a_short_one_is_not():
    source, size = _Source(4000, 1_000_000), {"bin_bp": 10_000, "region_length_bp": 500_000}
    for start, end in ((200_000, 240_000), (500_000, 550_000)):
        kept = (source.positions < start) | (source.positions >= end)
        source.positions, source.genotypes = source.positions[kept], source.genotypes[kept]
    statistics = contigs.contig_statistics(source, "1", 0, 1_000_000, **size, target_diploids=(1, 50))
    assert (np.flatnonzero(statistics.num_sites == 0) == [20, 21, 22, 23, 50, 51, 52, 53, 54]).all()
    calls = application.call_contig(bundle_of(size, statistics), statistics)
    assert np.flatnonzero(calls.status == contigs.GAP).tolist() == [50, 51, 52, 53, 54]
    assert np.isnan(calls.posterior).any(axis=0).tolist() == (calls.status == contigs.GAP).tolist()
    assert "50,000 bp in runs" in application.window_warnings([calls])[0]


def bundle_of(size: dict, statistics: contigs.ContigStatistics) -> Bundle:
    channels = 6 * statistics.haplotype.shape[2]
    description = {**size, "regions": [1, 2], "architecture": {"channels": channels}, "temperature": 1.0}
    torch.manual_seed(1)
    network = SegmentNetwork(channels, 8).eval()
    around = inputs.context(moments(statistics.haplotype), np.ones(len(statistics.num_sites), bool), 20)
    own = torch.from_numpy(statistics.haplotype)
    roots = signed_root(inputs.segment_input(own, torch.from_numpy(around).expand(len(own), -1, -1))).flatten(0, 1)
    network.standardise.set(roots.mean(dim=0), roots.std(dim=0))
    torch.nn.init.normal_(network.members[0][-1].weight)  # as they are made, networks say the same of every bin
    return Bundle("segments", network, description)


@pytest.mark.parametrize(("diploids", "missing"), [(6, 0.0), (6, 0.1), (110, 0.0)])
def test_permuting_haplotypes_permutes_the_calls_exactly(diploids, missing):
    size = {"bin_bp": 10_000, "region_length_bp": 100_000}
    rng = np.random.default_rng(3)
    source = _Source(800, 200_000, diploids)
    source.genotypes[rng.random(source.genotypes.shape) < missing] = MISSING
    statistics = contigs.contig_statistics(source, "1", 0, 200_000, **size, target_diploids=(1, 50))
    bundle = bundle_of(size, statistics)
    expected = application.call_contig(bundle, statistics).posterior
    individuals = 2 * rng.permutation(diploids)[:, None]
    order = (individuals + rng.permuted(np.tile([0, 1], (diploids, 1)), axis=1)).ravel()
    columns = 2 * diploids + order
    source.genotypes[:, 2 * diploids :] = source.genotypes[:, columns]
    source.samples[2 * diploids :] = source.samples[columns]
    permuted = contigs.contig_statistics(source, "1", 0, 200_000, **size, target_diploids=(1, 50))
    np.testing.assert_array_equal(permuted.haplotype, statistics.haplotype[order])
    found = application.call_contig(bundle, permuted).posterior
    assert len(np.unique(expected)) > 100
    np.testing.assert_array_equal(found >= 0.5, expected[order] >= 0.5)
    np.testing.assert_allclose(
        found, expected[order], rtol=0, atol=1e-7
    )  # rows of a matrix product are rounded in blocks


def test_posteriors_do_not_depend_on_how_many_haplotypes_go_at_once(monkeypatch):
    size = {"bin_bp": 10_000, "region_length_bp": 200_000}
    statistics = contigs.contig_statistics(_Source(3000, 400_000), "1", 0, 400_000, **size, target_diploids=(1, 50))
    bundle = bundle_of(size, statistics)
    found = []
    for positions in (1, 200, 2**18):
        monkeypatch.setattr(application, "POSITIONS", positions)
        found.append(application.call_contig(bundle, statistics).posterior)
    assert found[0].std() > 0.1
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], atol=1e-5)


def test_a_stump_of_a_bin_at_the_end_of_a_contig_is_not_called():
    size = {"bin_bp": 10_000, "region_length_bp": 200_000}
    for length, status in ((190_500, contigs.TOO_LITTLE), (191_500, contigs.CALLED)):
        source = _Source(1500, length)
        source.positions[-8:] = length - 100 + np.arange(8)  # so that the stump has sites, private ones among them
        source.genotypes[-8:] = [0] * 12 + [1] * 12
        statistics = contigs.contig_statistics(source, "1", 0, length, **size, target_diploids=(1, 50))
        calls = application.call_contig(bundle_of(size, statistics), statistics)
        assert calls.num_sites[-1] >= 8
        assert calls.status[-1] == status
        assert np.isnan(calls.posterior[:, -1]).all() == (status != contigs.CALLED)
        assert (calls.private_alleles[:, -1] >= 8).all() == (status == contigs.CALLED), "never 0 for what is called"


def _masked(source: _Source, callable_bp: list[list[int]]) -> _Source:
    """The same with sites only in a mask, which `read` tells of."""
    inside = np.zeros(len(source.positions), dtype=bool)
    for start, end in callable_bp:
        inside |= (source.positions >= start) & (source.positions < end)
    source.positions, source.genotypes, read = source.positions[inside], source.genotypes[inside], source.read

    def masked(contig: str, start: int, end: int) -> Haplotypes:
        clipped = [[max(a, start), min(b, end)] for a, b in callable_bp if a < end and b > start]
        return dataclasses.replace(read(contig, start, end), callable_bp=np.array(clipped).reshape(-1, 2))

    source.read = masked  # type: ignore[method-assign]
    return source


def test_an_assembly_of_short_contigs_is_pooled_whole():
    size = {"bin_bp": 10_000, "region_length_bp": 200_000}
    assembly = [
        dataclasses.replace(
            contigs.contig_statistics(
                _Source(800, 60_000 + 10_000 * i), "1", 0, 60_000 + 10_000 * i, **size, target_diploids=(1, 50)
            ),
            contig=f"c{i}",
        )
        for i in range(4)
    ]
    regions, about = contigs.pool_contigs(assembly, bundle_of(size, assembly[0]))
    assert about == {"regions": 2, "regions_of_short_stretches": 2, "bins": 30, "used_bp": 300_000, "left_out_bp": 0}
    others, _ = contigs.pool_contigs(assembly[:2], bundle_of(size, assembly[0]))
    assert not np.allclose(regions.mean(axis=0), others.mean(axis=0)), "the later contigs count"
    (pieces,) = application.extent_warnings(bundle_of(size, assembly[0]), about)
    assert "rests on: 2, put together from shorter stretches: 2;" in pieces
    _, little = contigs.pool_contigs(assembly[:1], bundle_of(size, assembly[0]))
    (short,) = application.extent_warnings(bundle_of(size, assembly[0]), little)
    assert "rests on 6 bins, less than half" in short
    (many,) = application.extent_warnings(bundle_of(size, assembly[0]), about | {"regions": 5})
    assert "rests on 5 regions of " in many
    assert "1 to 2 in training: of more it is less sure" in many


def test_a_vcf_is_pooled_as_simulated_regions_are():
    size = {"bin_bp": 10_000, "region_length_bp": 200_000}
    # Nothing in the first region, all of the second, a scrap of the third, more than half of the last, short one.
    source = _masked(_Source(8000, 755_000), [[200_000, 400_000], [480_000, 510_000], [600_000, 755_000]])
    statistics = contigs.contig_statistics(source, "1", 0, 755_000, **size, target_diploids=(1, 50))
    regions, about = contigs.pool_contigs([statistics], bundle_of(size, statistics))
    assert about == {
        "regions": 2,
        "regions_of_short_stretches": 0,
        "bins": 36,
        "used_bp": 355_000,
        "left_out_bp": 30_000,
    }
    assert application.extent_warnings(bundle_of(size, statistics), about) == []
    usable = np.arange(80).reshape(4, 20)
    usable = ((usable >= 20) & (usable < 40)) | ((usable >= 48) & (usable < 51)) | ((usable >= 60) & (usable < 76))
    whole = [
        haplotype_statistics(source.read("1", a, b), 10_000).values for a, b in ((200_000, 400_000), (600_000, 755_000))
    ]
    halves = [population_statistics(source.read("1", a, b)) for a, b in ((200_000, 400_000), (600_000, 755_000))]
    pooled = inputs.Pooled.of(regions).values[0]
    nothing = np.zeros(len(POOLED), np.float32)
    parts = np.stack([nothing, pool(whole[0], usable[1]), nothing, pool(whole[1], usable[3, :16])])
    population = np.stack([np.zeros(len(halves[0])), halves[0], np.zeros(len(halves[0])), halves[1]])
    expected = inputs.Pooled.of(inputs.pool_each(parts, usable, population)).values[0]
    np.testing.assert_allclose(pooled, expected, rtol=1e-5)
    mean = dict(zip(STATISTICS, pooled, strict=False))["callable_fraction"]
    assert mean == pytest.approx((1 + 15.5 / 16) / 2, abs=1e-6), "no region counts but the two"


def test_segments_are_runs_above_the_threshold():
    posterior = np.array([[0.9, 0.7, 0.1, np.nan, 0.6], [0.0, 0.0, 0.0, 0.0, 0.0]], dtype=np.float32)
    starts = np.arange(5) * 10
    private, sites, status = np.ones((2, 5), dtype=np.int64), np.ones(5, dtype=np.int64), np.full(5, "called")
    calls = application.ContigCalls(
        "1", starts, starts + 10, ["a.0", "a.1"], posterior, private, np.full(5, 10.0), sites, status
    )
    table = application.segments(calls, 0.5)
    assert table[["start", "end", "num_private_alleles"]].to_numpy().tolist() == [[0, 20, 2], [40, 50, 1]]
    assert table["mean_posterior"].tolist() == pytest.approx([0.8, 0.6])


def test_more_individuals_than_in_training_are_looked_at_in_groups_as_if_alone():
    size = {"bin_bp": 10_000, "region_length_bp": 100_000}
    source = _Source(800, 200_000, 25)
    whole = contigs.contig_statistics(source, "1", 0, 200_000, **size, target_diploids=(1, 10))
    assert sorted(len(group) for group in whole.groups) == [16, 16, 18], "whole individuals, about as many in each"
    assert sorted(np.concatenate(whole.groups)) == list(range(50))
    bundle = bundle_of(size, whole)
    expected = application.call_contig(bundle, whole).posterior
    for group in whole.groups:
        alone = _Source(800, 200_000, 25)
        kept = np.concatenate([np.arange(50), 50 + group])
        alone.samples, alone.genotypes = source.samples[kept], source.genotypes[:, kept]
        varied = alone.genotypes.min(axis=1) != alone.genotypes.max(axis=1)  # others are no sites of these alone
        alone.positions, alone.genotypes = source.positions[varied], alone.genotypes[varied]
        alone.read = lambda *place, alone=alone: dataclasses.replace(  # type: ignore[method-assign]
            _Source.read(alone, *place), roles=np.repeat([0, 1], [50, len(alone.samples) - 50]).astype(np.int8)
        )
        statistics = contigs.contig_statistics(alone, "1", 0, 200_000, **size, target_diploids=(1, 10))
        np.testing.assert_allclose(application.call_contig(bundle, statistics).posterior, expected[group], atol=1e-6)


def test_whole_genomes_are_looked_at_with_no_more_individuals_than_in_training():
    size = {"bin_bp": 10_000, "region_length_bp": 100_000, "target_diploids": (1, 50)}
    source = _Source(800, 200_000, 25)
    found = contigs.contig_statistics(source, "1", 0, 200_000, **size, whole_diploids=(8, 12))
    for start, population in zip((0, 100_000), found.population, strict=True):
        chosen = source.read("1", start, start + 100_000)
        for role, most in ((0, 8), (1, 12)):
            chosen = at_most(chosen, role, most)
        assert [int((chosen.roles == role).sum()) for role in (0, 1)] == [16, 24]
        np.testing.assert_allclose(population, population_statistics(chosen), rtol=1e-5)
    same = contigs.contig_statistics(source, "1", 0, 200_000, **size, whole_diploids=(25, 25))
    every = contigs.contig_statistics(source, "1", 0, 200_000, **size)
    np.testing.assert_array_equal(same.population, every.population)
    assert not np.allclose(found.population, every.population)
    sizes = {"outgroup_diploids": [4, 8], "target_diploids": [5, 12]}
    choice = Bundle("model-choice", None, {"sample_sizes": sizes})
    assert application.whole_diploids([choice]) == (8, 12)
    assert application.whole_diploids([]) is None
    assert application.sample_size_warnings(choice, 25, 25, (8, 12)) == []
    assert len(application.sample_size_warnings(choice, 25, 25, (3, 4))) == 2, "another network knows no more"
    assert len(application.sample_size_warnings(choice, 3, 4, (8, 12))) == 2


@pytest.mark.parametrize(("diploids", "trained", "groups"), [(50, (50, 50), 1), (51, (50, 50), 1), (503, (1, 200), 3)])
def test_groups_are_never_smaller_than_in_training(diploids, trained, groups):
    haplotypes = _Source(10, 1000, diploids).read("1", 0, 1000)
    assert len(contigs.target_groups(haplotypes, trained)) == groups
    sizes = {"outgroup_diploids": [1, 1000], "target_diploids": list(trained)}
    warnings = application.sample_size_warnings(Bundle("segments", None, {"sample_sizes": sizes}), 9, diploids)
    assert bool(warnings) == (diploids == 51)
