"""Datasets: labels, truth, round trip and refusals."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from introghost.errors import ConfigError, DataError
from introghost.haplotypes import KNOWN_ANCESTRAL, Haplotypes
from introghost.statistics import dataset
from introghost.statistics.dataset import Region
from introghost.statistics.haplotype import haplotype_statistics, moments
from introghost.statistics.table import Statistics

TRACTS = pd.DataFrame({"haplotype": [0, 1], "start_bp": [5_000, 28_000], "end_bp": [25_000, 90_000]})


def haplotypes(start: int = 0) -> Haplotypes:
    rng = np.random.default_rng(5)
    positions = np.sort(rng.choice(30_000, 60, replace=False)) + start
    return Haplotypes(
        contig="1",
        interval_bp=(start, start + 30_000),
        positions_bp=positions,
        genotypes=rng.integers(0, 2, (60, 8)).astype(np.int8),
        sample_names=tuple("aabbccdd"),
        haplotype_indices=np.tile([0, 1], 4).astype(np.int8),
        roles=np.repeat([0, 1], 4).astype(np.int8),
        callable_bp=np.array([[start, start + 30_000]]),
        ancestral_status=KNOWN_ANCESTRAL,
    )


def simulated(scenario: str = "ghost", **parameters: float) -> Statistics:
    regions = [Region(haplotypes(), index, 4, scenario, parameters, TRACTS) for index in range(2)]
    return dataset.build(regions, bin_bp=10_000)


def test_ghost_fraction_is_clipped_to_the_region():
    fraction = dataset.ghost_fraction(TRACTS, 3, (0, 30_000), 10_000)
    np.testing.assert_allclose(fraction, [[0.5, 1, 0.5], [0, 0, 0.2], [0, 0, 0]])


def test_labels():
    ds = simulated(f=0.1).dataset
    assert ds.haplotype_statistics.dims == ("region", "haplotype", "bin", "statistic")
    assert ds.sizes["haplotype"] == 4
    assert list(ds.haplotype_label.values) == ["c.0", "c.1", "d.0", "d.1"]
    assert list(ds.region_index.values) == [0, 1]
    assert list(ds.parameter_f.values) == [0.1, 0.1]
    assert (ds.attrs["outgroup_diploids"], ds.attrs["target_diploids"], ds.attrs["bin_bp"]) == ([2, 2], [2, 2], 10_000)
    for name in ("haplotype_statistics", "population_statistics", "callable_fraction", "ghost_fraction"):
        assert ds[name].dtype == np.float32
        assert np.isfinite(ds[name]).all()


def test_round_trip_is_exact_and_deterministic(tmp_path: Path):
    statistics = Statistics.concatenate([simulated(f=0.1), simulated("no_ghost")])
    for name in ("a", "b"):
        statistics.write(tmp_path / f"{name}.zarr.zip")
    assert (tmp_path / "a.zarr.zip").read_bytes() == (tmp_path / "b.zarr.zip").read_bytes()
    xr.testing.assert_identical(Statistics.read(tmp_path / "a.zarr.zip").dataset, statistics.dataset)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.zarr.zip", "b.zarr.zip"]


def test_concatenate_fills_parameters_that_a_scenario_lacks():
    joined = Statistics.concatenate([simulated(f=0.1, size=3.0), simulated("structure", size=2.0)])
    assert joined.scenarios.tolist() == ["ghost", "ghost", "structure", "structure"]
    np.testing.assert_array_equal(joined.parameter("f"), [0.1, 0.1, np.nan, np.nan])
    np.testing.assert_array_equal(joined.parameter("size"), [3.0, 3.0, 2.0, 2.0])


def test_concatenate_refuses_datasets_that_do_not_fit():
    other = simulated()
    other.dataset.attrs["bin_bp"] = 5_000
    with pytest.raises(DataError, match="differ in bin_bp: 10000 and 5000"):
        Statistics.concatenate([simulated(), other])
    with pytest.raises(DataError, match="no statistics"):
        Statistics.concatenate([])


def test_concatenate_refuses_a_genome_that_comes_twice():
    with pytest.raises(DataError, match="number 1 and 3 both hold genome 4 of scenario ghost; give each file once"):
        Statistics.concatenate([simulated(), simulated("no_ghost"), simulated()])
    real = dataset.build([Region(haplotypes(), 0)], bin_bp=10_000)
    assert Statistics.concatenate([real, real]).scenarios.tolist() == ["", ""]


def test_build_refuses():
    with pytest.raises(DataError, match="no region"):
        dataset.build([], bin_bp=10_000)
    with pytest.raises(ConfigError, match="does not divide"):
        dataset.build([Region(haplotypes(), 0)], bin_bp=7_000)
    longer = dataclasses.replace(haplotypes(), interval_bp=(0, 40_000))
    with pytest.raises(DataError, match="differ in length"):
        dataset.build([Region(haplotypes(), 0), Region(longer, 1)], bin_bp=10_000)


@pytest.mark.parametrize("content", [b"", b"not a zip", None])
def test_read_refuses_what_is_no_dataset(tmp_path: Path, content: bytes | None):
    path = tmp_path / "x.zarr.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"x\.zarr\.zip"):
        Statistics.read(path)


def test_read_refuses_a_truncated_file(tmp_path: Path):
    path = tmp_path / "x.zarr.zip"
    simulated().write(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="write it again"):
        Statistics.read(path)


def test_of_a_region_with_many_haplotypes_some_rows_are_kept_and_moments_are_over_all():
    whole = haplotype_statistics(haplotypes(), 10_000).values
    truth = dataset.ghost_fraction(TRACTS, 4, (0, 30_000), 10_000)
    rows = np.array([1, 3])
    kept = dataset.build([Region(haplotypes(), 0, 1, "ghost", {}, TRACTS, rows)], bin_bp=10_000, num_rows=3)
    assert kept.ghost_fraction is not None
    np.testing.assert_array_equal(kept.haplotype[0, :2], whole[rows])
    np.testing.assert_array_equal(kept.ghost_fraction[0, :2], truth[rows])
    assert truth[1].any()
    assert np.isnan(kept.haplotype[0, 2]).all()
    assert np.isnan(kept.ghost_fraction[0, 2]).all()
    np.testing.assert_array_equal(kept.moments[0], moments(whole))


def test_the_truth_stays_only_where_every_part_has_it():
    unknown = dataset.build([Region(haplotypes(), 0, 9, "other")], bin_bp=10_000)
    assert Statistics.concatenate([simulated(), simulated("structure")]).ghost_fraction is not None
    assert Statistics.concatenate([simulated(), unknown]).ghost_fraction is None
