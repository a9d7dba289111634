"""Calls and models side by side with the truth: perfect calls are perfect, and calls beside the truth are not."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from untrained import choice_bundle, segments_bundle
from verbs import run

from introghost.errors import DataError
from introghost.evaluation import truth
from introghost.evaluation.truth import SimulatedFile
from introghost.inference import inputs
from introghost.inference.fields import Range
from introghost.inference.file_calibration import FileCalibration, posterior_spread
from introghost.inference.file_population import population_of_file
from introghost.inference.offers import Offer
from introghost.model import Model
from introghost.statistics.table import Statistics

DEMO = Path(__file__).parents[3] / "config" / "demo"
OUTGROUP, TARGET, REGIONS, BINS, BIN_BP = 5, 12, 4, 40, 10_000


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trees and tracts of one genome with more target individuals than outgroup ones."""
    folder = tmp_path_factory.mktemp("truth")
    sizes = ("--regions", REGIONS, "--region-length-bp", BINS * BIN_BP)
    sizes = (*sizes, "--outgroup-diploids", OUTGROUP, "--target-diploids", TARGET)
    assert run("simulate", "--scenario", DEMO, "--genomes", 1, *sizes, "--output", folder / "x.trees") == 0
    return folder


@pytest.fixture(scope="module")
def is_ghost(simulated: Path) -> np.ndarray:
    """Base pair by base pair: whether at least half of each bin of each target haplotype is in a tract."""
    tracts = pd.read_parquet(simulated / "x.tracts.parquet")
    covered = np.zeros((REGIONS, 2 * TARGET, BINS * BIN_BP), dtype=bool)
    for tract in tracts.itertuples():
        if tract.haplotype >= 2 * OUTGROUP:
            covered[tract.region, tract.haplotype - 2 * OUTGROUP, tract.start_bp : tract.end_bp] = True
    return covered.reshape(REGIONS, 2 * TARGET, BINS, BIN_BP).mean(axis=3) >= 0.5


def write_calls(folder: Path, posterior: np.ndarray, threshold: float = 0.5) -> Path:
    """Files of `apply` as far as `evaluate --calls` reads them."""
    labels = [f"target_{row // 2}.{row % 2}" for row in range(2 * TARGET)]
    tables = []
    for region, values in enumerate(posterior):
        starts = np.arange(BINS) * BIN_BP
        place = pd.DataFrame({"contig": str(region + 1), "start": starts, "end": starts + BIN_BP})
        tables.append(pd.concat([place, pd.DataFrame(values.T, columns=labels)], axis=1))
    folder.mkdir(exist_ok=True)
    pd.concat(tables).to_csv(folder / "bins.tsv.gz", sep="\t", index=False)
    (folder / "provenance.json").write_text(json.dumps({"verb": "apply", "options": {"threshold": threshold}}))
    return folder


def evaluated(simulated: Path, folder: Path, posterior: np.ndarray, threshold: float = 0.5) -> pd.Series:
    calls = write_calls(folder / "calls", posterior, threshold)
    tracts = ("--tracts", simulated / "x.tracts.parquet", "--output", folder / "evaluation")
    assert run("evaluate", "--calls", calls, *tracts) == 0
    return pd.read_csv(folder / "evaluation" / "summary.tsv", sep="\t").set_index("metric")["value"]


def test_perfect_calls_are_perfect(simulated: Path, is_ghost: np.ndarray, tmp_path: Path) -> None:
    assert 0.005 < is_ghost.mean() < 0.2
    value = evaluated(simulated, tmp_path, is_ghost.astype(float))
    assert value["precision_at_threshold"] == value["recall_at_threshold"] == value["average_precision"] == 1
    assert value["false_call_rate"] == value["brier_score"] == 0
    assert value["true_fraction"] == value["called_fraction"] == pytest.approx(is_ghost.mean(), abs=1e-5)


@pytest.mark.parametrize(
    ("axis", "by"), [(1, 1), (1, -OUTGROUP), (2, 3), (0, 1)], ids=["haplotype", "5", "bins", "region"]
)
def test_calls_beside_the_truth_are_not(
    simulated: Path, is_ghost: np.ndarray, tmp_path: Path, axis: int, by: int
) -> None:
    shifted = np.roll(is_ghost, by, axis=axis)
    value = evaluated(simulated, tmp_path, shifted.astype(float))
    expected = (shifted & is_ghost).sum() / is_ghost.sum()
    assert expected < 0.9
    assert value["precision_at_threshold"] == value["recall_at_threshold"] == pytest.approx(expected, abs=1e-5)


def test_the_threshold_is_that_of_the_calls(simulated: Path, is_ghost: np.ndarray, tmp_path: Path) -> None:
    posterior = np.where(is_ghost, 0.7, 0.6)
    for threshold, recall, rate in ((0.65, 1, 0), (0.5, 1, 1), (0.75, 0, 0)):
        value = evaluated(simulated, tmp_path, posterior, threshold)
        assert (value["recall_at_threshold"], value["false_call_rate"], value["threshold"]) == (recall, rate, threshold)


def test_bins_that_are_not_called_count_for_nothing(simulated: Path, is_ghost: np.ndarray, tmp_path: Path) -> None:
    posterior = is_ghost.astype(float)
    posterior[:, :, ::2] = np.nan
    value = evaluated(simulated, tmp_path, posterior)
    assert value["precision_at_threshold"] == value["recall_at_threshold"] == 1
    assert value["true_fraction"] == pytest.approx(is_ghost[:, :, 1::2].mean(), abs=1e-5)


def test_contigs_of_another_vcf_are_refused(simulated: Path, is_ghost: np.ndarray, tmp_path: Path) -> None:
    calls = write_calls(tmp_path / "calls", is_ghost.astype(float))
    table = pd.read_csv(calls / "bins.tsv.gz", sep="\t")
    table.assign(contig="chr" + table["contig"].astype(str)).to_csv(calls / "bins.tsv.gz", sep="\t", index=False)
    with pytest.raises(DataError, match="contig 'chr1' is not of a VCF written by"):
        truth.evaluate_calls(calls, simulated / "x.tracts.parquet", seed=1)


@pytest.fixture(scope="module")
def statistics(simulated: Path) -> Path:
    path = simulated / "x.zarr.zip"
    assert run("statistics", "--trees", simulated / "x.trees", "--bin-bp", BIN_BP, "--output", path) == 0
    return path


def model_of(meanings: dict[str, bool], favoured: int) -> Model:
    """A network that finds one of the scenarios the likelier, whatever it is given."""
    segments, choice = segments_bundle(), choice_bundle(meanings)
    size = {"region_length_bp": BINS * BIN_BP}
    segments, choice = (
        dataclasses.replace(bundle, training=dataclasses.replace(bundle.training, **size))
        for bundle in (segments, choice)
    )
    choice.network.intercepts[0, favoured] = 9.0
    return Model(Path("model"), segments, dataclasses.replace(choice, regions=Range(REGIONS, 9)), None, "")


@pytest.mark.parametrize("demo_is_ghost", [True, False])
def test_what_scenarios_of_the_model_mean_is_what_it_says(statistics: Path, demo_is_ghost: bool) -> None:
    """The genome is of the scenario demo, and the model finds another the likelier."""
    name = Statistics.read(statistics).scenarios[0]
    model = model_of({"neanderthal": demo_is_ghost, "ghost_town": not demo_is_ghost}, 0)
    tables = truth.evaluate_model(model, [statistics], seed=1)
    (row,) = tables["model_choice_confusion"].itertuples()
    assert (row.truth, row.assigned, row.count) == (str(name), "neanderthal", 1)
    assert row.mean_p_ghost == pytest.approx(0.99 if demo_is_ghost else 0.01, abs=0.01)


def test_what_a_file_of_statistics_offers_is_held_against_the_model(statistics: Path) -> None:
    offered = Offer.of_statistics(Statistics.read(statistics))
    model = model_of({"ghost": True, "no_ghost": False}, 0)
    model.check(offered)
    assert offered.region_length_bp == BINS * BIN_BP
    assert (
        inputs.genome_channel_names(offered.pooled_statistics, offered.population_statistics) == model.bundles[1].inputs
    )


def test_proportions_are_those_of_each_genome_and_posteriors_those_of_each_region(statistics: Path) -> None:
    table = Statistics.read(statistics)
    fraction = table.ghost_fraction
    assert fraction is not None
    np.testing.assert_allclose(truth._proportions(table), np.full(REGIONS, fraction.mean()), rtol=1e-5)
    posterior = truth.posteriors(segments_bundle(), table)
    assert posterior.shape == (REGIONS, 2 * TARGET, BINS)
    assert len(np.unique(posterior)) > 100


def test_posteriors_are_given_their_genome_or_the_file_in_which_all_regions_lie(statistics: Path) -> None:
    table = Statistics.read(statistics)
    first, second = table.select(np.arange(REGIONS // 2)), table.select(np.arange(REGIONS // 2, REGIONS))
    numbers = second.dataset.assign_coords(genome=("region", second.genome_indices + 1))
    two = Statistics.concatenate([first, Statistics(numbers)])
    by_file = FileCalibration((-0.3,) * 4, (0.1,) * 4, 0.5, (0.1, 0.2, 0.3, 0.4), 1.5, 1.25, 0.75, (0.1, 0, 0, 0.1))
    alone = segments_bundle()
    calibrated = dataclasses.replace(alone, file_calibration=by_file)
    plain = truth.posteriors(alone, two)
    halves = plain[: REGIONS // 2], plain[REGIONS // 2 :]
    expected = [by_file.calibrated(half, posterior_spread(half)) for half in halves]
    np.testing.assert_array_equal(truth.posteriors(calibrated, two), np.concatenate(expected))
    file = SimulatedFile.of(calibrated, two)
    plain = truth.posteriors(alone, two, file)
    np.testing.assert_array_equal(file.population, population_of_file(two))
    np.testing.assert_array_equal(file.spread, posterior_spread(plain))
    np.testing.assert_array_equal(truth.posteriors(calibrated, two, file), by_file.calibrated(plain, file.spread))
