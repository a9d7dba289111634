"""Statistics of whole regions alone: the same values as beside those of haplotypes, and no more than these."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from introghost.errors import DataError
from introghost.haplotypes import KNOWN_ANCESTRAL, Haplotypes
from introghost.statistics import dataset
from introghost.statistics.dataset import Region
from introghost.statistics.pooled import DIPLOIDS
from introghost.statistics.table import Statistics


def regions(target_diploids: int) -> list[Region]:
    """Two regions of one genome with four outgroup individuals."""
    rng = np.random.default_rng(3)
    diploids = 4 + target_diploids
    haplotypes = [
        Haplotypes(
            contig="1",
            interval_bp=(0, 30_000),
            positions_bp=np.sort(rng.choice(30_000, 60, replace=False)),
            genotypes=rng.integers(0, 2, (60, 2 * diploids)).astype(np.int8),
            sample_names=tuple(f"sample_{number}" for number in range(diploids) for _ in range(2)),
            haplotype_indices=np.tile([0, 1], diploids).astype(np.int8),
            roles=np.repeat([0, 1], [8, 2 * target_diploids]).astype(np.int8),
            callable_bp=np.array([[0, 14_000], [20_000, 30_000]]),
            ancestral_status=KNOWN_ANCESTRAL,
        )
        for _ in range(2)
    ]
    return [Region(each, index, 4, "ghost", {"f": 0.1}, ghost_of_target=True) for index, each in enumerate(haplotypes)]


@pytest.mark.parametrize("target_diploids", [DIPLOIDS - 1, DIPLOIDS, DIPLOIDS + 3])
def test_values_are_those_that_stand_beside_the_haplotypes(target_diploids: int, tmp_path: Path) -> None:
    built = regions(target_diploids)
    full, whole = (dataset.build(built, bin_bp=10_000, with_haplotypes=kept) for kept in (True, False))
    for name in ("pooled", "population", "callable_fraction", "scenarios", "region_indices"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(full, name))
    assert whole.ghost_of_target == {"ghost": True}
    assert whole.parameter("f").tolist() == [0.1, 0.1]
    whole.write(tmp_path / "whole.zarr.zip")
    xr.testing.assert_identical(Statistics.read(tmp_path / "whole.zarr.zip").dataset, whole.dataset)
    for name in ("haplotype", "moments"):
        with pytest.raises(DataError, match="whole regions alone"):
            getattr(whole, name)


def test_both_kinds_are_not_joined() -> None:
    full, whole = (dataset.build(regions(5), bin_bp=10_000, with_haplotypes=kept) for kept in (True, False))
    renamed = Statistics(full.dataset.assign_coords(genome=full.dataset["genome"] + 1))
    for parts in ([whole, renamed], [renamed, whole]):
        with pytest.raises(DataError, match="whole regions alone"):
            Statistics.concatenate(parts)


def test_individuals_may_differ_between_whole_regions() -> None:
    first, second = regions(5)
    names = tuple(name.replace("sample", "other") for name in second.haplotypes.sample_names)
    others = dataclasses.replace(second, haplotypes=dataclasses.replace(second.haplotypes, sample_names=names))
    assert len(dataset.build([first, others], bin_bp=10_000, with_haplotypes=False).scenarios) == 2
    with pytest.raises(DataError, match="differ in their target haplotypes"):
        dataset.build([first, others], bin_bp=10_000)


def test_another_observation_model_takes_the_place_of_the_first() -> None:
    whole = dataset.build(regions(5), bin_bp=10_000, with_haplotypes=False)
    assert whole.observation == {}
    assert whole.with_observation({"missing": 0.1}).observation == {"missing": 0.1}
    assert whole.observation == {}
