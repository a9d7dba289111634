"""The verb `evaluate` on statistics of both kinds, of one of them, and of none that says anything."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from untrained import choice_bundle, parameters_bundle, segments_bundle
from verbs import run

from introghost.evaluation import truth
from introghost.evaluation.segments import evaluate_segments
from introghost.inference import bundle_files, inputs, regions
from introghost.inference.bundles import ChoiceBundle
from introghost.inference.fields import Range
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.statistics.population import POPULATION_STATISTICS
from introghost.statistics.registry import POOLED
from introghost.statistics.table import Statistics

SCENARIOS = Path(__file__).parents[2] / "config" / "scenarios"
SIZES = "--regions", 2, "--region-length-bp", 200_000, "--outgroup-diploids", 4, "--target-diploids", 5
STATISTICS = "--bin-bp", 10_000, "--ancestral", "outgroup-major"
OF_SEGMENTS = {"summary", "precision_recall", "reliability", "by_proportion", "by_scenario"}
OF_CHOICE = {
    *("model_choice_summary", "model_choice_confusion", "model_choice_reliability"),
    *("power", "decisions", "novelty", "calibration", "scenario_reliability"),
}


def told_by(digest: str) -> ChoiceBundle:
    """A network for whole genomes that is given what the segment network with this digest says."""
    choice = choice_bundle()
    names = inputs.genome_channel_names(POOLED + regions.SEGMENT_SUMMARIES, POPULATION_STATISTICS)
    architecture = {**choice.architecture, "channels": len(names)}
    return dataclasses.replace(
        choice,
        network=ModelChoiceNetwork(**architecture).eval(),
        architecture=architecture,
        inputs=names,
        segment_model_digest=digest,
        regions=Range(1, 2),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of segments and choice, and genomes of ghost (three) and no_ghost (two) in statistics of both kinds."""
    folder = tmp_path_factory.mktemp("evaluate")
    segments = folder / "model" / "segments"
    bundle_files.save(segments_bundle(), segments)
    bundle_files.save(told_by(bundle_files.digest(segments)), folder / "model" / "model-choice")
    for scenario, genomes in (("ghost", 3), ("no_ghost", 2)):
        trees = folder / f"{scenario}.trees"
        assert run("simulate", "--scenario", SCENARIOS / scenario, "--genomes", genomes, *SIZES, "--output", trees) == 0
        for kind, options in (("segments", ()), ("genomes", ("--segment-model", folder / "model"))):
            output = "--output", folder / f"{scenario}.{kind}.zarr.zip"
            assert run("statistics", "--trees", trees, *STATISTICS, *options, *output) == 0
    return folder


def evaluate(folder: Path, model: str, output: Path, *kinds: str) -> int:
    """Exit code of the verb on statistics of some kinds."""
    paths = [folder / f"{scenario}.{kind}.zarr.zip" for kind in kinds for scenario in ("ghost", "no_ghost")]
    statistics = [word for path in paths for word in ("--statistics", path)]
    return run("evaluate", "--model", folder / model, *statistics, "--output", output)


def tables(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.tsv")}


def test_each_kind_makes_its_tables_and_none_of_an_earlier_run_is_left(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "evaluation"
    assert evaluate(folder, "model", output, "segments", "genomes") == 0
    assert tables(output) == OF_SEGMENTS | OF_CHOICE
    message = capsys.readouterr().err
    assert "average precision of segments " in message
    assert "area under the curve of a ghost 0.500" in message, "the network finds all scenarios equally likely"
    decisions = pd.read_csv(output / "decisions.tsv", sep="\t")
    whole = decisions[decisions["regions"] == 2].set_index("scenario")
    assert whole["genomes"].to_dict() == {"ghost": 3, "no_ghost": 2}
    assert whole["mean_p_ghost"].tolist() == [0.5, 0.5]
    together = {name: (output / f"{name}.tsv").read_text() for name in OF_SEGMENTS}
    assert evaluate(folder, "model", output, "segments") == 0
    assert tables(output) == OF_SEGMENTS
    assert {name: (output / f"{name}.tsv").read_text() for name in OF_SEGMENTS} == together


def test_a_model_of_segments_alone_has_no_table_of_genomes(folder: Path, tmp_path: Path) -> None:
    bundle_files.save(segments_bundle(), folder / "segments_alone" / "segments")
    assert evaluate(folder, "segments_alone", tmp_path / "evaluation", "segments") == 0
    assert tables(tmp_path / "evaluation") == OF_SEGMENTS


def test_statistics_of_another_segment_network_are_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = folder / "other" / "segments"
    bundle_files.save(segments_bundle(seed=2), other)
    bundle_files.save(told_by(bundle_files.digest(other)), folder / "other" / "model-choice")
    capsys.readouterr()
    assert evaluate(folder, "other", tmp_path / "evaluation", "genomes") == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert "ghost.genomes.zarr.zip: made with another segment network" in line
    assert not (tmp_path / "evaluation").exists()


def test_parameters_need_a_genome_of_their_scenario(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whole regions of no_ghost say nothing about a model of segments and of the parameters of ghost."""
    model = tmp_path / "model"
    bundle_files.save(segments_bundle(), model / "segments")
    bundle_files.save(parameters_bundle(), model / "parameters")
    whole = Statistics.read(folder / "no_ghost.segments.zarr.zip").dataset
    whole = whole.drop_vars(["haplotype_statistics", "haplotype_moments", "ghost_fraction"])
    Statistics(whole).write(tmp_path / "no_ghost.zarr.zip")
    capsys.readouterr()
    given = "--statistics", tmp_path / "no_ghost.zarr.zip", "--output", tmp_path / "evaluation"
    assert run("evaluate", "--model", model, *given) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: no genome of scenario ghost, whose parameters ")


def test_a_headline_is_of_whole_genomes() -> None:
    coverage = pd.DataFrame({"level": [0.5, 0.95, 0.95, 0.95], "coverage": [0.5, 0.9, 1, 0.2], "regions": [4, 4, 4, 2]})
    assert truth.headline({"posterior_coverage": coverage}) == "95 % intervals hold 95 % of parameters"
    choice = pd.DataFrame({"metric": ["auc_ghost", "auc_ghost"], "value": [0.9, 0.8], "regions": [4, 2]})
    assert truth.headline({"model_choice_summary": choice}) == "area under the curve of a ghost 0.900"
    undefined = choice.assign(value=float("nan"))
    assert truth.headline({"model_choice_summary": undefined}) == "area under the curve of a ghost not defined"


@pytest.mark.parametrize(
    ("posterior", "fraction", "words"),
    [
        ([0.9, 0.1], [1, 0], "1.000"),
        ([0.9, 0.1], [0, 0.4], "not defined (no bin that can be called is truly ghost-derived)"),
        ([0.9, np.nan], [0, 1], "not defined (no bin that can be called is truly ghost-derived)"),
        ([np.nan, np.nan], [0, 1], "not defined (no bin can be called)"),
    ],
)
def test_a_headline_says_why_there_is_no_average_precision(
    posterior: list[float], fraction: list[float], words: str
) -> None:
    tables = evaluate_segments([[posterior]], [[fraction]], ["one"], [np.nan])
    assert truth.headline(tables) == f"average precision of segments {words}"
