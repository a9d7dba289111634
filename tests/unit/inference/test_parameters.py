"""The parameter posterior: the scale of its priors, the flows against an exact posterior."""

import copy
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from squares import squares
from untrained import parameters_bundle

from introghost.evaluation.posterior import evaluate_posterior
from introghost.inference import parameters, prior_scale, training
from introghost.inference.discriminants import Predictors
from introghost.inference.inputs import Pooled
from introghost.inference.prior_scale import PriorScale
from introghost.networks.posterior import PosteriorNetwork
from introghost.simulation import priors, scenarios
from introghost.simulation.priors import Bound, Prior

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
    pooled = squares(values + torch.tensor([0.5, 2.0]) * torch.randn(values.shape))
    network = PosteriorNetwork(3, 2, width=16, members=2)
    held_out = np.arange(4_000) < 600
    predictors = Predictors.fit(network.standardise(*pooled).numpy(), values.numpy(), held_out, np.arange(len(values)))
    predictors.give(network)
    data = torch.utils.data.TensorDataset(*pooled, values, predictors.fold)
    parts = [torch.utils.data.Subset(data, np.flatnonzero(side).tolist()) for side in (~held_out, held_out)]
    loaders = [torch.utils.data.DataLoader(part, batch_size=200, shuffle=True) for part in parts]
    training.fit(network, predictors.loss, *loaders, epochs=25, learning_rate=3e-3, patience=25, seed=1)
    return network


def test_flows_find_the_exact_posterior_of_a_linear_gaussian_model(gaussian: PosteriorNetwork) -> None:
    rng = np.random.default_rng(3)
    noise = np.array([0.5, 2.0])
    truth = rng.normal(size=(400, 2))
    seen = (truth + noise * rng.normal(size=truth.shape)).astype(np.float32)
    with torch.inference_mode():
        drawn = gaussian.sample(*squares(torch.from_numpy(seen)), 500, 1).double().numpy()
    deviation = noise / np.sqrt(1 + noise**2)
    off = (drawn.mean(axis=1) - seen / (1 + noise**2)) / deviation
    assert np.sqrt(np.square(off).mean(axis=0)).max() < 0.25
    np.testing.assert_allclose(drawn.std(axis=1).mean(axis=0), deviation, rtol=0.1)
    assert evaluate_posterior(drawn, truth, ["a", "b"])["posterior_checks"]["p_value"].min() > 0.001


def test_flows_are_as_good_as_those_of_sbi_on_the_same_simulations(
    gaussian: PosteriorNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mean log density of the truth, which is highest for the exact posterior, against sbi's NPE (Tejero-Cantero et al.
    2020, J Open Source Softw 5:2505) and the exact one."""
    npe = pytest.importorskip("sbi.inference").NPE
    monkeypatch.chdir(tmp_path)  # it writes a log there
    torch.manual_seed(1)
    noise = torch.tensor([0.5, 2.0])
    values = torch.randn(4_000, 2)
    trainer = npe(torch.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2)), show_progress_bars=False)
    trainer.append_simulations(values, values + noise * torch.randn(values.shape))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not converged: neither are ours
        theirs = trainer.train(max_num_epochs=25, training_batch_size=200)
    truth = torch.randn(2_000, 2)
    seen = truth + noise * torch.randn(truth.shape)
    exact = torch.distributions.Normal(seen / (1 + noise**2), noise / torch.sqrt(1 + noise**2))
    with torch.inference_mode():
        found, other = gaussian(*squares(seen), truth).mean(), theirs.log_prob(truth[None], seen).mean()
    assert float(found) > float(other) - 0.05
    assert float(found) > float(exact.log_prob(truth).sum(dim=1).mean()) - 0.1


def test_density_and_draws_agree(gaussian: PosteriorNetwork) -> None:
    seen = torch.tensor([[0.7, -1.0]])
    grid = torch.linspace(-5, 5, 201)
    points = torch.cartesian_prod(grid, grid)
    with torch.inference_mode():
        density = gaussian(*squares(seen.expand(len(points), -1)), points).exp()
        mean = gaussian.sample(*squares(seen), 20_000, 1)[0].mean(0)
    area = 0.05**2
    assert float(density.sum() * area) == pytest.approx(1, abs=0.01)
    torch.testing.assert_close((points * density[:, None]).sum(0) * area, mean, atol=0.03, rtol=0)


def test_draws_are_those_of_the_seed(gaussian: PosteriorNetwork) -> None:
    seen = torch.tensor([[0.7, -1.0]])
    first, again, other = (gaussian.sample(*squares(seen), 9, seed) for seed in (1, 1, 2))
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert first.shape == (1, 9, 2)
    assert not torch.equal(first, other)


def test_the_table_is_of_the_draws_in_their_own_units() -> None:
    bundle, rng = parameters_bundle(), np.random.default_rng(4)
    normal = rng.normal([0.5, -1.0], [0.2, 0.1], size=(4_000, 2))
    table = parameters.posterior_table(bundle, normal).set_index("parameter")
    values = {"split_time": (1_000, 5_000, normal[:, 0]), "ghost_proportion": (0, 0.2, normal[:, 1])}
    assert table.index.tolist() == list(values) == list(bundle.scale.names)
    for name, (low, high, column) in values.items():
        own = low + (high - low) * stats.norm.cdf(column)
        row = table.loc[name]
        assert row["mean"] == pytest.approx(own.mean())
        for key, level in (
            ("median", 0.5),
            ("lower_90", 0.05),
            ("upper_90", 0.95),
            ("lower_95", 0.025),
            ("upper_95", 0.975),
        ):
            assert row[key] == pytest.approx(np.quantile(own, level)), (name, key)
        assert row["prior_median"] == pytest.approx((low + high) / 2, rel=0.03)
        assert row["prior_lower_95"] == pytest.approx(low + 0.025 * (high - low), rel=0.15)
        assert row["prior_upper_95"] == pytest.approx(low + 0.975 * (high - low), rel=0.01)
        assert row["contraction"] == pytest.approx(1 - column.var())
    pd.testing.assert_frame_equal(parameters.no_posterior(), table.reset_index().iloc[:0], check_index_type=False)


def test_draws_are_of_each_genome_and_the_same_with_the_same_seed() -> None:
    bundle = parameters_bundle()
    values = np.random.default_rng(5).random((3, len(bundle.inputs) - 1)).astype(np.float32)
    pooled = Pooled(values, np.full(3, 2, np.float32))
    drawn = parameters.draw(bundle, pooled, 50)
    assert drawn.shape == (3, 50, 2)
    np.testing.assert_array_equal(parameters.draw(bundle, pooled, 50), drawn)
    assert not np.array_equal(parameters.draw(bundle, pooled, 50, seed=2), drawn)
    assert parameters.draw(bundle, pooled[:1]).shape == (1, parameters.NUM_DRAWS, 2)
