"""The parameter posterior: the scale of its priors, the flows against an exact posterior, and the verbs."""

import copy
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from numpy.typing import NDArray
from scipy import stats

from introghost import provenance
from introghost.cli import main
from introghost.errors import DataError, ModelError
from introghost.evaluation.posterior import evaluate_posterior
from introghost.inference import bundle, parameters, prior_scale, training
from introghost.inference.decisions import COSTS
from introghost.inference.prior_scale import PriorScale
from introghost.networks.posterior import PosteriorNetwork
from introghost.simulation import priors, scenarios
from introghost.simulation.priors import Bound, Prior
from introghost.statistics import dataset

SIZES = "--regions", 2, "--region-length-bp", 100_000, "--outgroup-diploids", 4, "--target-diploids", 4
STATUS = "--ancestral", "outgroup-major"
GHOST = Path(__file__).parents[3] / "config" / "scenarios" / "ghost"


@pytest.fixture(scope="module")
def scale() -> PriorScale:
    of_ghost = scenarios.load(GHOST).parameters
    more = Prior("shape", "beta", Bound(0.1), Bound(0.5), 2, 3), Prior("still", "fixed", Bound(7), Bound(7))
    return PriorScale([*of_ghost, *more, Prior("above", "uniform", Bound(0, "still"), Bound(9, "shape"))])


def draws(scale: PriorScale, number: int) -> dict[str, NDArray[np.float64]]:
    class Family:
        name, parameters = "family", tuple(scale._priors)

    drawn = [priors.draw(Family(), seed) for seed in range(number)]
    return {name: np.array([one[name] for one in drawn]) for name in drawn[0]}


def test_what_is_drawn_from_the_prior_is_standard_normal_on_its_scale(scale: PriorScale) -> None:
    normal = scale.to_normal(draws(scale, 1500))
    p_values = [stats.kstest(column, "norm").pvalue for column in normal.T]
    assert min(p_values) > 0.01 / len(p_values)
    assert np.abs(np.corrcoef(normal.T) - np.eye(len(scale.names))).max() < 0.12, "bounds make parameters depend"


def test_the_way_back_is_the_inverse_and_never_leaves_the_prior(scale: PriorScale) -> None:
    known = draws(scale, 200)
    back = scale.from_normal(scale.to_normal(known))
    for name in scale.names:
        np.testing.assert_allclose(back[name], known[name], rtol=1e-4)
    far = scale.from_normal(np.random.default_rng(1).normal(scale=20, size=(500, len(scale.names))))
    assert (far["pulse_time"] <= far["split_time"] - 100 + 1e-6).all()
    assert ((far["ghost_proportion"] >= 0.003 - 1e-12) & (far["ghost_proportion"] <= 0.2 + 1e-12)).all()


def test_a_description_gives_the_scale_back_and_nothing_else_does(scale: PriorScale) -> None:
    described = json.loads(json.dumps(scale.describe()))
    again = prior_scale.parse(described)
    at = np.random.default_rng(2).normal(size=(5, len(scale.names)))
    for name, values in scale.from_normal(at).items():
        np.testing.assert_array_equal(again.from_normal(at)[name], values)
    for place, key, wrong in (
        (0, "distribution", "normal"),
        (0, "lower", {"plus": "x"}),
        (0, "lower", {"plus": float("inf")}),
        (0, "lower", {"plus": 1, "parameter": "pulse_time"}),
        (0, "lower", {"minus": 1}),
        (1, "name", described[0]["name"]),
        (0, "lower", {"plus": -1}),  # of a log-uniform
    ):
        changed = copy.deepcopy(described)
        changed[place][key] = wrong
        with np.errstate(invalid="ignore"), pytest.raises((ValueError, KeyError, TypeError)):
            prior_scale.parse(changed)


@pytest.fixture(scope="module")
def gaussian() -> PosteriorNetwork:
    """Flows trained on two standard normal parameters of which the first is seen well and the second hardly."""
    torch.manual_seed(1)
    values = torch.randn(4_000, 2)
    data = torch.utils.data.TensorDataset(values + torch.tensor([0.5, 2.0]) * torch.randn(values.shape), values)
    network = PosteriorNetwork(2, 2, width=16, members=2)
    parts = torch.utils.data.random_split(data, [3_400, 600])
    loaders = [torch.utils.data.DataLoader(part, batch_size=200, shuffle=True) for part in parts]
    training._fit(network, training._density_loss, *loaders, epochs=25, learning_rate=3e-3, patience=25)
    return network


def test_flows_find_the_exact_posterior_of_a_linear_gaussian_model(gaussian: PosteriorNetwork) -> None:
    rng = np.random.default_rng(3)
    noise = np.array([0.5, 2.0])
    truth = rng.normal(size=(400, 2))
    seen = (truth + noise * rng.normal(size=truth.shape)).astype(np.float32)
    with torch.inference_mode():
        drawn = gaussian.sample(torch.from_numpy(seen), 500, 1).double().numpy()
    deviation = noise / np.sqrt(1 + noise**2)
    off = (drawn.mean(axis=1) - seen / (1 + noise**2)) / deviation
    assert np.sqrt(np.square(off).mean(axis=0)).max() < 0.25
    np.testing.assert_allclose(drawn.std(axis=1).mean(axis=0), deviation, rtol=0.1)
    assert evaluate_posterior(drawn, truth, ["a", "b"])["posterior_checks"]["p_value"].min() > 0.001


def test_density_and_draws_agree(gaussian: PosteriorNetwork) -> None:
    seen = torch.tensor([[0.7, -1.0]])
    grid = torch.linspace(-5, 5, 201)
    points = torch.cartesian_prod(grid, grid)
    with torch.inference_mode():
        density = gaussian(seen.expand(len(points), -1), points).exp()
        mean = gaussian.sample(seen, 20_000, 1)[0].mean(0)
    area = 0.05**2
    assert float(density.sum() * area) == pytest.approx(1, abs=0.01)
    torch.testing.assert_close((points * density[:, None]).sum(0) * area, mean, atol=0.03, rtol=0)


def test_draws_are_those_of_the_seed(gaussian: PosteriorNetwork) -> None:
    seen = torch.tensor([[0.7, -1.0]])
    first, again, other = (gaussian.sample(seen, 9, seed) for seed in (1, 1, 2))
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert first.shape == (1, 9, 2)
    assert not torch.equal(first, other)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Statistics of a few small genomes, and a model of one epoch."""
    folder = tmp_path_factory.mktemp("parameters")
    for scenario, first, name in ((GHOST, 0, "train"), (GHOST, 20, "test"), (GHOST.parent / "null", 0, "null")):
        number = "20" if name == "train" else "6"
        trees = str(folder / f"{name}.trees")
        run("simulate", "--scenario", scenario, "--genomes", number, "--first", first, *SIZES, "--output", trees)
        run("statistics", "--trees", trees, "--bin-bp", 10_000, *STATUS, "--output", folder / f"{name}.zarr.zip")
    given = "--statistics", folder / "train.zarr.zip", "--statistics", folder / "null.zarr.zip", "--epochs", 1
    for task, more in (("segments", ()), ("model-choice", ()), ("parameters", ("--scenario", GHOST))):
        run("train", "--task", task, *given, *more, "--output", folder / "model" / task)
    return folder


def run(*arguments: object) -> int:
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_a_model_is_trained_evaluated_and_applied(folder: Path, tmp_path: Path) -> None:
    statistics = "--statistics", folder / "test.zarr.zip"
    assert run("evaluate", "--model", folder / "model", *statistics, "--output", tmp_path / "evaluation") == 0
    summary = pd.read_csv(tmp_path / "evaluation" / "posterior_summary.tsv", sep="\t")
    names = PriorScale(scenarios.load(GHOST).parameters).names
    assert summary["parameter"].tolist() == names
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
    assert (table["lower_95"] < table["lower_90"]).all()
    assert drawn["ghost_proportion"].between(0.003, 0.2).all()
    choice = json.loads((calls / "model_choice.json").read_text())
    assert choice["prior"] == {"ghost": 0.2, "null": 0.8}
    assert choice["costs"] == COSTS
    assert json.loads((calls / provenance.COMPLETE).read_text())["options"]["prior"] == {"ghost": 0.2}


def test_the_scenario_is_asked_for_where_it_is_needed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = "--statistics", folder / "train.zarr.zip", "--output", folder / "other"
    assert run("train", "--task", "parameters", *given) == 2
    assert run("train", "--task", "segments", "--scenario", GHOST, *given) == 2
    assert capsys.readouterr().err.count("--scenario: the folder of the scenario") == 2


def test_statistics_of_another_scenario_are_refused(folder: Path, tmp_path: Path) -> None:
    null = dataset.read(folder / "null.zarr.zip")
    with pytest.raises(DataError, match="no genome of scenario ghost"):
        training.train_parameters(null, scenarios.load(GHOST), epochs=1, seed=1)
    (tmp_path / "ghost").mkdir()
    (tmp_path / "ghost" / "model.demes.yaml").write_text((GHOST / "model.demes.yaml").read_text())
    specification = yaml.safe_load((GHOST / "priors.yaml").read_text())
    specification["parameters"]["further"] = {"distribution": "uniform", "lower": 0, "upper": 1}
    (tmp_path / "ghost" / "priors.yaml").write_text(yaml.safe_dump(specification, sort_keys=False))
    train = dataset.read(folder / "train.zarr.zip")
    with pytest.raises(DataError, match="do not tell the parameter further"):
        training.train_parameters(train, scenarios.load(tmp_path / "ghost"), epochs=1, seed=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda about: about.update(priors=[]), "priors is"),
        (lambda about: about["priors"].pop(), "priors are not as many"),
        (lambda about: about["architecture"].update(channels=10**5), "channels is 100000, expected 1 to 4,096"),
        (lambda about: about["architecture"].update(width=32), "tensors are not those of the architecture"),
        (lambda about: about.update(scenario=3), "scenario is 3"),
    ],
)
def test_a_bundle_that_does_not_fit_together_is_refused(folder: Path, tmp_path: Path, change, message: str) -> None:
    model = tmp_path / "parameters"
    model.mkdir()
    for name in (bundle.DESCRIPTION, bundle.WEIGHTS):
        (model / name).write_bytes((folder / "model" / "parameters" / name).read_bytes())
    about = json.loads((model / bundle.DESCRIPTION).read_text())
    change(about)
    (model / bundle.DESCRIPTION).write_text(json.dumps(about))
    lines = [f"{provenance.sha256(model / name)}  {name}\n" for name in (bundle.DESCRIPTION, bundle.WEIGHTS)]
    (model / bundle.MANIFEST).write_text("".join(lines))
    with pytest.raises(ModelError, match=message):
        bundle.load(model, "parameters")
