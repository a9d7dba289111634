"""From simulations to a model of all tasks, its evaluation and its application."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from verbs import run

from introghost import provenance
from introghost.errors import DataError, ModelError
from introghost.inference import bundle_files, genome_training, parameters
from introghost.inference.bundle_files import DESCRIPTION, MANIFEST, WEIGHTS
from introghost.inference.bundles import ParametersBundle
from introghost.inference.decisions import Costs
from introghost.inference.prior_scale import PriorScale
from introghost.simulation import scenarios
from introghost.statistics.table import Statistics

SIZES = "--regions", 2, "--region-length-bp", 100_000, "--outgroup-diploids", 4, "--target-diploids", 4
STATUS = "--ancestral", "outgroup-major"
GHOST = Path(__file__).parents[2] / "config" / "scenarios" / "ghost"
NO_GHOST = GHOST.parent / "no_ghost"


def made(path: Path, scenario: Path, number: int, first: int) -> Path:
    """Statistics of some genomes, at a path that gets an ending."""
    trees, output = path.with_suffix(".trees"), path.with_suffix(".zarr.zip")
    run("simulate", "--scenario", scenario, "--genomes", number, "--first", first, *SIZES, "--output", trees)
    run("statistics", "--trees", trees, "--bin-bp", 10_000, *STATUS, "--output", output)
    return output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Statistics of a few small genomes, and a model of one epoch."""
    folder = tmp_path_factory.mktemp("parameters")
    for scenario, first, name in ((GHOST, 0, "train"), (GHOST, 20, "test"), (NO_GHOST, 0, "no_ghost")):
        made(folder / name, scenario, 20 if name == "train" else 6, first)
    given = "--statistics", folder / "train.zarr.zip", "--statistics", folder / "no_ghost.zarr.zip", "--epochs", 1
    for task, more in (("segments", ()), ("model-choice", ()), ("parameters", ("--scenario", GHOST))):
        run("train", "--task", task, *given, *more, "--output", folder / "model" / task)
    return folder


def test_a_model_is_trained_evaluated_and_applied(folder: Path, tmp_path: Path) -> None:
    statistics = "--statistics", folder / "test.zarr.zip"
    assert run("evaluate", "--model", folder / "model", *statistics, "--output", tmp_path / "evaluation") == 0
    summary = pd.read_csv(tmp_path / "evaluation" / "posterior_summary.tsv", sep="\t")
    names = PriorScale(scenarios.load(GHOST).parameters).names
    assert summary.loc[summary["regions"] == 2, "parameter"].tolist() == names
    written = "--output", tmp_path / "x.vcf.gz", "--populations-output", tmp_path / "x.tsv"
    run("simulate", "--scenario", GHOST, "--genomes", 1, "--first", 90, *SIZES, "--output", tmp_path / "x.trees")
    run("vcf", "write", "--trees", tmp_path / "x.trees", *written)
    vcf = "--vcf", tmp_path / "x.vcf.gz", "--populations", tmp_path / "x.tsv", "--outgroup", "Outgroup"
    calls = tmp_path / "calls"
    rest = "--target", "Target", "--output", calls
    assert run("apply", "--model", folder / "model", *vcf, *rest, "--scenario-prior", "ghost=0.2") == 0
    table = pd.read_csv(calls / "parameter_posterior.tsv", sep="\t").set_index("parameter")
    drawn = pd.read_csv(calls / "parameter_draws.tsv", sep="\t")
    assert len(drawn) == parameters.NUM_DRAWS
    np.testing.assert_allclose(table["median"], drawn.median()[names], rtol=1e-4)
    assert (table["lower_95"] <= table["lower_90"]).all()
    assert (table["lower_95"] < table["lower_90"]).sum() > 10
    assert drawn["ghost_proportion"].between(0.003, 0.2).all()
    choice = json.loads((calls / "model_choice.json").read_text())
    assert choice["prior"] == {"ghost": 0.2, "no_ghost": 0.8}
    assert choice["costs"] == Costs().to_json()
    assert json.loads((calls / provenance.COMPLETE).read_text())["options"]["prior"] == {"ghost": 0.2}


def test_the_scenario_is_asked_for_where_it_is_needed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = "--statistics", folder / "train.zarr.zip", "--output", folder / "other"
    assert run("train", "--task", "parameters", *given) == 2
    assert run("train", "--task", "segments", "--scenario", GHOST, *given) == 2
    assert capsys.readouterr().err.count("--scenario: the scenario of --task parameters") == 2


def test_a_model_is_adapted_to_other_genomes(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Provenance names the bundle and what it has seen, and the sizes are its own."""
    model = folder / "model"
    paths = [made(tmp_path / name, scenario, 20, 40) for name, scenario in (("a", GHOST), ("b", NO_GHOST))]
    given = "--statistics", paths[0], "--statistics", paths[1], "--from", model
    seen = sorted(provenance.sha256(folder / f"{name}.zarr.zip") for name in ("train", "no_ghost"))
    epochs = {"segments": 2, "model-choice": 40, "parameters": 40}
    for task, most in epochs.items():
        more = ("--scenario", GHOST) if task == "parameters" else ()
        assert run("train", "--task", task, *given, *more, "--seed", 2, "--output", tmp_path / task) == 0
        before, after = (json.loads((one / task / DESCRIPTION).read_text()) for one in (model, tmp_path))
        assert before["provenance"]["options"]["from"] is None
        digest = provenance.sha256(model / task / MANIFEST)
        assert after["provenance"]["options"]["from"] == {
            "name": folder.name,
            "sha256": digest,
            "statistics": seen,
        }
        assert after["architecture"] == before["architecture"]
        curve = pd.read_csv(tmp_path / task / "learning_curve.tsv", sep="\t")
        assert curve["epoch"].tolist() == list(range(len(curve)))
        assert np.isnan(curve["training_loss"][0])
        assert 1 <= curve["epoch"].max() <= most
    assert curve["epoch"].max() > 2
    capsys.readouterr()
    assert run("train", "--task", "segments", *given, "--width", 8, "--output", tmp_path / "refused") == 2
    assert "--width and --members are those of the model" in capsys.readouterr().err
    assert run("train", "--task", "segments", *given, "--output", model / "segments") == 2
    assert "is also an input; name another file" in capsys.readouterr().err
    for start, message in ((tmp_path / "segments", "it has no segments/"), ("mars", "--from mars: no such folder")):
        options = *given[:-1], start, "--output", tmp_path / "refused"
        assert run("train", "--task", "segments", *options) == 2
        assert message in capsys.readouterr().err
    assert run("train", "--task", "segments", *given[:-1], "human", "--output", tmp_path / "refused") == 4
    error = capsys.readouterr().err.splitlines()[-1]
    assert "trained with bin_bp 5000, which is 10000 here" in error
    assert not (tmp_path / "refused").exists()


def test_genomes_that_a_network_has_seen_teach_and_test_no_network_begun_from_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Through two trainings one after the other, and whatever the file is called by now."""
    first = {"second": 50, "third": 80, "new": 100}
    paths = {name: made(tmp_path / name, GHOST, 8, number) for name, number in first.items()}
    paths["renamed"] = shutil.copy(folder / "train.zarr.zip", tmp_path / "renamed.zarr.zip")

    def train(start: Path, name: str, output: Path) -> int:
        options = "--epochs", 1, "--from", start, "--output", output / "segments"
        return run("train", "--task", "segments", "--statistics", paths[name], *options)

    assert train(folder / "model", "second", tmp_path / "b") == 0
    assert train(tmp_path / "b", "third", tmp_path / "c") == 0
    capsys.readouterr()
    for start, name in ((folder / "model", "renamed"), (tmp_path / "b", "renamed"), (tmp_path / "c", "second")):
        assert train(start, name, tmp_path / "refused") == 3
        error = capsys.readouterr().err.splitlines()[-1]
        seen_by = f"{start}/segments, which training starts from, was trained on it"
        assert error == f"error: {paths[name]}: {seen_by}; give new genomes"
    assert not (tmp_path / "refused").exists()
    for name, code in (("renamed", 3), ("second", 3), ("third", 3), ("new", 0)):
        evaluate = "evaluate", "--model", tmp_path / "c", "--statistics", paths[name], "--output", tmp_path / "tables"
        assert run(*evaluate) == code, name
        is_refused = f"{paths[name]}: the model was trained on it (segments)" in capsys.readouterr().err
        assert is_refused == (code == 3)


def test_only_a_choice_can_do_without_hidden_units(folder: Path, tmp_path: Path) -> None:
    given = "--statistics", folder / "train.zarr.zip", "--statistics", folder / "no_ghost.zarr.zip", "--width", 0
    assert run("train", "--task", "segments", *given, "--output", tmp_path / "segments") == 2
    options = "--members", 3, "--epochs", 1, "--output", tmp_path / "model-choice"
    assert run("train", "--task", "model-choice", *given, *options) == 0
    sizes = json.loads((tmp_path / "model-choice" / DESCRIPTION).read_text())["architecture"]
    assert (sizes["width"], sizes["members"]) == (0, 3)


def test_statistics_of_another_scenario_are_refused(folder: Path, tmp_path: Path) -> None:
    without = Statistics.read(folder / "no_ghost.zarr.zip")
    with pytest.raises(DataError, match="no genome of scenario ghost"):
        genome_training.train_parameters(without, scenarios.load(GHOST), epochs=1, seed=1)
    (tmp_path / "ghost").mkdir()
    (tmp_path / "ghost" / "model.demes.yaml").write_text((GHOST / "model.demes.yaml").read_text())
    specification = yaml.safe_load((GHOST / "priors.yaml").read_text())
    specification["parameters"]["further"] = {"distribution": "uniform", "lower": 0, "upper": 1}
    (tmp_path / "ghost" / "priors.yaml").write_text(yaml.safe_dump(specification, sort_keys=False))
    train = Statistics.read(folder / "train.zarr.zip")
    with pytest.raises(DataError, match="do not tell the parameter further"):
        genome_training.train_parameters(train, scenarios.load(tmp_path / "ghost"), epochs=1, seed=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda about: about.update(priors=[]), "priors is"),
        (lambda about: about["priors"].pop(), "priors are not as many"),
        (lambda about: about["architecture"].update(channels=10**5), "channels is 100000, expected 1 to 4,096"),
        (lambda about: about["architecture"].update(width=48), "tensors are not those of the architecture"),
        (lambda about: about.update(scenario=3), "scenario is 3"),
    ],
)
def test_a_bundle_that_does_not_fit_together_is_refused(folder: Path, tmp_path: Path, change, message: str) -> None:
    model = tmp_path / "parameters"
    model.mkdir()
    for name in (DESCRIPTION, WEIGHTS):
        (model / name).write_bytes((folder / "model" / "parameters" / name).read_bytes())
    about = json.loads((model / DESCRIPTION).read_text())
    change(about)
    (model / DESCRIPTION).write_text(json.dumps(about))
    lines = [f"{provenance.sha256(model / name)}  {name}\n" for name in (DESCRIPTION, WEIGHTS)]
    (model / MANIFEST).write_text("".join(lines))
    with pytest.raises(ModelError, match=message):
        bundle_files.load(model, ParametersBundle)
