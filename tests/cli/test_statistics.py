"""The verb `statistics` on a small simulated batch and on a VCF of it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tskit
from bad_inputs import ALT, Inputs
from verbs import run

from introghost import models, provenance
from introghost.inference import bundle_files, regions
from introghost.models import BIN_BP
from introghost.simulation.ancestry import read_tracts, read_trees
from introghost.simulation.observation import ObservationModel
from introghost.simulation.observed import observe
from introghost.statistics.dataset import HAPLOTYPES_PER_REGION, ghost_fraction
from introghost.statistics.haplotype import haplotype_statistics
from introghost.statistics.registry import POOLED
from introghost.statistics.table import Statistics

SCENARIO = Path(__file__).parents[2] / "config" / "scenarios" / "ghost"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("statistics")
    run(
        *("simulate", "--scenario", SCENARIO, "--genomes", 1, "--regions", 2, "--region-length-bp", 60_000),
        *("--outgroup-diploids", 4, "--target-diploids", 4, "--seed", 5, "--output", path / "x.trees"),
    )
    return path


def provenance_of(path: Path) -> dict[str, Any]:
    """What made a file of statistics."""
    record: dict[str, Any] = json.loads(Statistics.read(path).dataset.attrs["provenance"])
    return record


def test_trees(folder: Path):
    assert run("statistics", "--trees", folder / "x.trees", "--output", folder / "x.zarr.zip") == 0
    statistics = Statistics.read(folder / "x.zarr.zip")
    assert (statistics.bin_bp, statistics.callable_fraction.shape) == (BIN_BP, (2, 12))
    assert statistics.ancestral == "outgroup-major"
    record = provenance_of(folder / "x.zarr.zip")
    assert record["options"]["observation"] == {}
    assert set(record["inputs"]) == {"trees", "tracts"}


def test_ghost_fraction_adds_up_to_the_tracts(folder: Path):
    output = folder / "truth.zarr.zip"
    assert run("statistics", "--trees", folder / "x.trees", "--output", output) == 0
    fraction = Statistics.read(output).ghost_fraction
    assert fraction is not None
    tracts = pd.read_parquet(folder / "x.tracts.parquet")
    tracts = tracts.assign(length=tracts["end_bp"] - tracts["start_bp"])
    assert len(tracts)
    for region in range(2):
        for row in range(8):
            mine = tracts[(tracts["region"] == region) & (tracts["haplotype"] == row + 8)]
            covered = float(fraction[region, row].sum()) * BIN_BP
            assert covered == pytest.approx(mine["length"].sum(), rel=1e-5)


def test_equal_runs_give_equal_bytes(folder: Path):
    for name in ("a", "b"):
        output = folder / f"{name}.zarr.zip"
        assert run("statistics", "--trees", folder / "x.trees", "--bin-bp", 20_000, "--output", output) == 0
    assert (folder / "a.zarr.zip").read_bytes() == (folder / "b.zarr.zip").read_bytes()


def test_vcf_of_the_same_trees_gives_the_same_statistics(folder: Path):
    trees: list[tskit.TreeSequence] = list(read_trees(folder / "x.trees"))
    assert len(trees) == 2
    vcf, populations = folder / "x.vcf.gz", folder / "x.tsv"
    write = ("vcf", "write", "--trees", folder / "x.trees", "--output", vcf, "--populations-output", populations)
    assert run(*write) == 0
    for contig, index in (("1", 0), ("2", 1)):
        roles = ("--outgroup", "Outgroup", "--target", "Target", "--region", f"{contig}:1-60000")
        source = ("--vcf", vcf, "--populations", populations, *roles, "--ancestral", "info-aa")
        output = folder / f"vcf{contig}.zarr.zip"
        assert run("statistics", *source, "--region-length-bp", 60_000, "--output", output) == 0
        real = Statistics.read(output)
        known = folder / "known.zarr.zip"
        assert run("statistics", "--trees", folder / "x.trees", "--ancestral", "ancestral", "--output", known) == 0
        simulated = Statistics.read(known)
        np.testing.assert_allclose(real.haplotype[0], simulated.haplotype[index], rtol=1e-5)
        np.testing.assert_allclose(real.population[0], simulated.population[index], rtol=1e-5)
        assert real.haplotype.shape[1] == simulated.haplotype.shape[1]


def test_dropped_records_are_told_and_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    inputs, output = Inputs(tmp_path), tmp_path / "x.zarr.zip"
    inputs.write()
    assert run("statistics", *inputs.arguments(), "--output", output) == 0
    assert provenance_of(output)["records"] == 200
    capsys.readouterr()
    for row in range(100):
        inputs.set(row, ALT, "G,T")
    inputs.write()
    assert run("statistics", *inputs.arguments(), "--output", output) == 0
    (line,) = capsys.readouterr().err.splitlines()
    recorded = provenance_of(output)
    assert recorded["dropped_records"]["multiallelic"] == 100
    assert line.startswith(f"warning: {200 - recorded['kept_sites']} of 200 records are not used: 100 multiallelic")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give either --trees or --vcf"),
        (("--trees", "x.trees", "--ancestral", "info-aa"), "trees take `ancestral` or `outgroup-major`"),
        (("--trees", "x.trees", "--bin-bp", "7000"), "does not divide the region length"),
        (("--trees", "x.trees", "--include-bed", "x.trees"), "--include-bed is for --vcf"),
        (("--trees", "x.trees", "--target", "a"), "--target is for --vcf"),
        (("--vcf", "x.trees"), "--vcf needs --populations"),
        (
            ("--vcf", "x.trees", "--populations", "x.trees", "--outgroup", "a", "--target", "b"),
            "--vcf needs --ancestral",
        ),
    ],
)
def test_errors_are_one_line(
    folder: Path,
    arguments: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.chdir(folder)
    assert run("statistics", *arguments, "--output", "refused.zarr.zip") == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert not Path("refused.zarr.zip").exists()


SIMULATED = {"outgroup_diploids": [2, 4], "target_diploids": 3, "panel_target_diploids": 2, "missing": 0.1}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (SIMULATED, ""),
        ({**SIMULATED, "missing": [0, 0.5], "minimum_allele_count": 2, "switch_error": 0.01}, ""),
        ({**SIMULATED, "flawless": 0.5}, ""),
        (None, "simulated with --observation, but statistics have none; give the same to statistics"),
        ({**SIMULATED, "outgroup_diploids": 4}, "whose outgroup_diploids is [2, 4], here it is [4, 4]"),
        ({**SIMULATED, "panel_target_diploids": 0}, "whose panel_target_diploids is 2, here it is none"),
        ({**SIMULATED, "mutation_rate_variation": 0.3}, "mutation_rate_variation is none, here it is [0.3, 0.3]"),
    ],
)
def test_trees_want_the_observation_that_they_were_simulated_with(
    tmp_path: Path, given: dict[str, object] | None, message: str, capsys: pytest.CaptureFixture[str]
):
    trees, output = tmp_path / "x.trees", tmp_path / "x.zarr.zip"
    options = ("--genomes", 1, "--region-length-bp", 20_000, "--observation", json.dumps(SIMULATED))
    assert run("simulate", "--scenario", SCENARIO, *options, "--output", trees) == 0
    capsys.readouterr()
    observation = () if given is None else ("--observation", json.dumps(given))
    assert run("statistics", "--trees", trees, *observation, "--output", output) == (2 if message else 0)
    assert message in capsys.readouterr().err
    assert output.exists() != bool(message)
    if not message:
        statistics = Statistics.read(output)
        assert (statistics.outgroup_diploids, statistics.target_diploids) == ((2, 4), (3, 3))


def test_what_a_segment_model_says_stands_beside_the_pooled_statistics(tmp_path: Path):
    trees, folder = tmp_path / "x.trees", models.locate("human") / "segments"
    size = ("--genomes", 1, "--region-length-bp", 1_000_000, "--outgroup-diploids", 10, "--target-diploids", 12)
    assert run("simulate", "--scenario", SCENARIO, *size, "--output", trees) == 0
    for name, options in (("plain", ()), ("told", ("--segment-model", "human"))):
        output = tmp_path / f"{name}.zarr.zip"
        assert run("statistics", "--trees", trees, "--bin-bp", 5_000, *options, "--output", output) == 0
    plain, told = (Statistics.read(tmp_path / f"{name}.zarr.zip") for name in ("plain", "told"))
    assert (plain.segment_model_digest, told.segment_model_digest) == ("", bundle_files.digest(folder))
    assert plain.pooled_names == POOLED
    assert told.pooled_names == POOLED + regions.SEGMENT_SUMMARIES
    np.testing.assert_array_equal(told.pooled[:, : len(POOLED)], plain.pooled)
    assert 0 < told.pooled[0, len(POOLED)] < 1, "the mean posterior"
    assert provenance_of(tmp_path / "told.zarr.zip")["inputs"]["segments"]["sha256"] == provenance.sha256(folder)


def test_a_segment_model_of_other_bins_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]):
    given = ("--trees", folder / "x.trees", "--segment-model", "human", "--output", folder / "refused.zarr.zip")
    assert run("statistics", *given, "--bin-bp", 10_000) == 4
    assert "the data have 10000; make the statistics with --bin-bp 5000" in capsys.readouterr().err
    assert not (folder / "refused.zarr.zip").exists()


def test_rows_of_large_samples_are_drawn_at_random_with_the_truth_of_their_own_genome(tmp_path: Path):
    trees, output = tmp_path / "x.trees", tmp_path / "x.zarr.zip"
    size = ("--genomes", 2, "--region-length-bp", 100_000, "--outgroup-diploids", 3, "--target-diploids", 70)
    assert run("simulate", "--scenario", SCENARIO, *size, "--seed", 9, "--output", trees) == 0
    assert run("statistics", "--trees", trees, "--output", output) == 0
    statistics, tracts = Statistics.read(output), read_tracts(trees.with_suffix(".tracts.parquet"))
    assert statistics.ghost_fraction is not None
    assert statistics.ghost_of_target == {"ghost": True}
    places = []
    for genome, ts in enumerate(read_trees(trees)):
        observed = observe(ts, ObservationModel(), ancestral="outgroup-major", seed=1, windows=None)
        whole = haplotype_statistics(observed.haplotypes, BIN_BP).values
        truth = ghost_fraction(observed.tracts(tracts[tracts["genome"] == genome]), 140, (0, 100_000), BIN_BP)
        assert truth.any()
        # Kept rows are some of all haplotypes, in their order.
        rows = iter(range(140))
        found = [next(row for row in rows if (whole[row] == kept).all()) for kept in statistics.haplotype[genome]]
        np.testing.assert_array_equal(statistics.ghost_fraction[genome], truth[found])
        places.append(found)
    assert len(places[0]) == len(places[1]) == HAPLOTYPES_PER_REGION
    assert list(range(HAPLOTYPES_PER_REGION)) not in places
    assert places[0] != places[1]


def test_trees_that_do_not_say_whose_ghost_it_is_are_simulated_anew(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    trees = tmp_path / "x.trees"
    trees.with_suffix(".tracts.parquet").write_bytes((folder / "x.tracts.parquet").read_bytes())
    with trees.open("wb") as stream:
        for ts in read_trees(folder / "x.trees"):
            tables = ts.dump_tables()
            record = {name: value for name, value in ts.metadata["introghost"].items() if name != "ghost_of_target"}
            tables.metadata = {"introghost": record}
            tables.tree_sequence().dump(stream)
    assert run("statistics", "--trees", trees, "--output", tmp_path / "refused.zarr.zip") == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert "x.trees: metadata of a tree sequence: ghost_of_target" in line
    assert "simulate it anew" in line
    assert not (tmp_path / "refused.zarr.zip").exists()
