"""The verb `statistics` on genomes that are observed several times, simulated once."""

import json
import re
from pathlib import Path

import msprime
import numpy as np
import pytest
import xarray as xr
from bad_inputs import Inputs
from verbs import run

from introghost.statistics.table import Statistics

SCENARIO = Path(__file__).parents[2] / "config" / "scenarios" / "ghost"
GENOMES, REGIONS, DRAWS = 4, 2, 3


@pytest.fixture(scope="module")
def observation(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An observation model of which sizes, masks, errors and whether there are any differ between draws."""
    bed = tmp_path_factory.mktemp("mask") / "mask.bed"
    starts = np.cumsum(np.random.default_rng(1).integers(6_000, 20_000, 300))
    bed.write_text("".join(f"1\t{start}\t{start + 5_000}\n" for start in starts))
    section: dict[str, object] = {"outgroup_diploids": [2, 8], "target_diploids": [2, 8], "include_bed": str(bed)}
    return json.dumps({**section, "missing": [0.01, 0.3], "switch_error": [0.01, 0.1], "flawless": 0.3})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, observation: str) -> Path:
    """Four genomes in one batch, and the same in two."""
    path = tmp_path_factory.mktemp("observations")
    size = ("--regions", REGIONS, "--region-length-bp", 100_000, "--seed", 5, "--observation", observation)
    for name, first, number in (("all", 0, GENOMES), ("head", 0, 1), ("tail", 1, GENOMES - 1)):
        batch = ("--first", first, "--genomes", number, "--output", path / f"{name}.trees")
        assert run("simulate", "--scenario", SCENARIO, *size, *batch) == 0
    return path


def statistics(folder: Path, observation: str, *options: object, batch: str = "all", name: str = "x") -> Statistics:
    output = folder / f"{name}.zarr.zip"
    trees = ("--trees", folder / f"{batch}.trees", "--observation", observation)
    assert run("statistics", *trees, *options, "--output", output) == 0
    return Statistics.read(output)


@pytest.fixture(scope="module")
def observed(folder: Path, observation: str) -> Statistics:
    return statistics(folder, observation, "--observations", DRAWS, name="observed")


def values(part: Statistics) -> xr.Dataset:
    """Everything but what made it."""
    dataset = part.dataset.copy()
    del dataset.attrs["provenance"]
    return dataset


def test_every_genome_is_there_once_for_each_draw(observed: Statistics) -> None:
    genomes = [(genome.genome, genome.observation) for genome in observed.genomes()]
    assert genomes == [(genome, draw) for genome in range(GENOMES) for draw in range(DRAWS)]
    for genome in observed.genomes():
        assert observed.region_indices[genome.rows].tolist() == list(range(REGIONS))
        assert observed.genome_indices[genome.rows].tolist() == [genome.genome] * REGIONS
    recorded = json.loads(observed.dataset.attrs["provenance"])["options"]
    assert (recorded["observations"], recorded["haplotypes"]) == (DRAWS, 128)


def test_the_first_draw_is_what_one_observation_shows(folder: Path, observation: str, observed: Statistics) -> None:
    once = statistics(folder, observation)
    first = observed.select(np.flatnonzero(observed.observation_indices == 0))
    xr.testing.assert_identical(values(first), values(once))


def test_further_draws_differ_in_sizes_masks_and_noise(observed: Statistics) -> None:
    rows = [np.flatnonzero(observed.observation_indices == draw) for draw in range(DRAWS)]
    present = ~np.isnan(observed.haplotype[:, :, 0, 0])
    flawed = (observed.callable_fraction < 1).any(axis=1)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert (present[rows[one]].sum(axis=1) != present[rows[other]].sum(axis=1)).any()
        assert (observed.callable_fraction[rows[one]] != observed.callable_fraction[rows[other]]).any()
        compared = flawed[rows[one]] | flawed[rows[other]]
        assert compared.any()
        assert (observed.pooled[rows[one]] != observed.pooled[rows[other]])[compared].any(axis=1).all()
        for name in observed.parameter_names:
            np.testing.assert_array_equal(observed.parameter(name)[rows[one]], observed.parameter(name)[rows[other]])
    sizes = present.sum(axis=1).reshape(GENOMES, REGIONS, DRAWS)
    np.testing.assert_array_equal(sizes[:, 0], sizes[:, 1], err_msg="sizes are of a genome, not of a region")


def test_some_genomes_are_shown_flawless_and_the_others_are_not(observed: Statistics) -> None:
    whole = (observed.callable_fraction == 1).all(axis=1).reshape(GENOMES, REGIONS, DRAWS)
    np.testing.assert_array_equal(whole[:, 0], whole[:, 1], err_msg="all regions of a genome or none")
    assert 0 < whole[:, 0].sum() < GENOMES * DRAWS
    assert any(0 < genome[0].sum() < DRAWS for genome in whole), "drawn anew for each observation"


def test_results_do_not_depend_on_the_cut_into_batches(folder: Path, observation: str, observed: Statistics) -> None:
    options = ("--observations", DRAWS)
    parts = [statistics(folder, observation, *options, batch=name, name=name) for name in ("head", "tail")]
    xr.testing.assert_identical(values(Statistics.concatenate(parts)), values(observed))


def test_nothing_is_simulated_again(
    folder: Path, observation: str, observed: Statistics, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("simulated")

    for name in ("sim_ancestry", "sim_mutations"):
        monkeypatch.setattr(msprime, name, refuse)
    again = statistics(folder, observation, "--observations", DRAWS)
    xr.testing.assert_identical(values(again), values(observed))


def test_the_log_says_how_long_each_step_took(
    folder: Path, observation: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    statistics(folder, observation, "--observations", DRAWS)
    lines = capsys.readouterr().err.splitlines()
    pattern = r"observation (\d): 8 regions, observed in (\d+\.\d) s, statistics computed in (\d+\.\d) s"
    found = [re.fullmatch(pattern, line) for line in lines]
    assert [match and match.group(1) for match in found] == ["0", "1", "2"]
    trees = ("--genomes", 2, "--regions", 3, "--region-length-bp", 20_000, "--output", folder / "few.trees")
    assert run("simulate", "--scenario", SCENARIO, *trees, "--observation", observation) == 0
    assert re.fullmatch(r"ghost: 6 regions simulated in \d+\.\d s", capsys.readouterr().err.splitlines()[-1])


def test_so_many_haplotypes_are_kept_as_are_wanted(folder: Path, observation: str, observed: Statistics) -> None:
    few = statistics(folder, observation, "--observations", DRAWS, "--haplotypes", 3)
    assert few.haplotype.shape[1] == 3
    assert few.ghost_fraction is not None
    assert observed.ghost_fraction is not None
    assert (observed.ghost_fraction > 0).any()
    whole = zip(observed.haplotype, observed.ghost_fraction, strict=True)
    for kept, truth, (all_kept, all_truth) in zip(few.haplotype, few.ghost_fraction, whole, strict=True):
        rows = iter(range(16))
        places = [next(row for row in rows if np.array_equal(all_kept[row], one)) for one in kept]
        np.testing.assert_array_equal(truth, all_truth[places])
    for name in ("moments", "pooled", "population"):
        np.testing.assert_array_equal(getattr(few, name), getattr(observed, name), err_msg="of all haplotypes")


def test_regions_alone_have_the_values_that_stand_beside_the_haplotypes(
    folder: Path, observation: str, observed: Statistics
) -> None:
    regions = statistics(folder, observation, "--observations", DRAWS, "--regions-only", name="regions")
    for name in ("pooled", "population", "callable_fraction", "observation_indices", "genome_indices"):
        np.testing.assert_array_equal(getattr(regions, name), getattr(observed, name))
    assert "haplotype_statistics" not in regions.dataset
    assert regions.ghost_fraction is None
    assert (folder / "regions.zarr.zip").stat().st_size < (folder / "observed.zarr.zip").stat().st_size / 3


def test_regions_of_a_vcf_alone_have_the_values_that_stand_beside_the_haplotypes(tmp_path: Path) -> None:
    inputs = Inputs(tmp_path)
    inputs.write()
    made: list[Statistics] = []
    for options in ((), ("--regions-only",)):
        output = tmp_path / f"x{len(made)}.zarr.zip"
        assert run("statistics", *inputs.arguments(), *options, "--output", output) == 0
        made.append(Statistics.read(output))
    np.testing.assert_array_equal(made[0].pooled, made[1].pooled)
    assert ["haplotype_statistics" in part.dataset for part in made] == [True, False]
    assert [json.loads(part.dataset.attrs["provenance"])["options"]["regions_only"] for part in made] == [False, True]


def test_several_observations_are_not_evaluated(
    folder: Path, observed: Statistics, capsys: pytest.CaptureFixture[str]
) -> None:
    output = folder / "evaluation"
    given = ("--statistics", folder / "observed.zarr.zip", "--output", output)
    assert run("evaluate", "--model", "human", *given) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert "genome ghost/0 was observed several times; evaluate with statistics of one observation" in line
    assert not output.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--trees", "all.trees", "--observations", 2), "observations: 2 of each genome would be the same"),
        (("--trees", "all.trees", "--observations", 0), "0 is not in the range x>=1"),
        (("--trees", "all.trees", "--haplotypes", 0), "0 is not in the range x>=1"),
        (("--trees", "all.trees", "--haplotypes", 9, "--regions-only"), "--haplotypes has no use with --regions-only"),
        (("--vcf", "all.trees", "--haplotypes", 9), "--haplotypes is for --trees; all haplotypes of a VCF are kept"),
        (("--vcf", "all.trees", "--observations", 2), "--observations is for --trees; a VCF has been observed already"),
    ],
)
def test_options_without_use_are_refused(
    folder: Path,
    arguments: tuple[object, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    capsys.readouterr()
    assert run("statistics", *arguments, "--output", "refused.zarr.zip") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not Path("refused.zarr.zip").exists()
