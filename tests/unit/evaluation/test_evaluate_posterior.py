"""Each check of a posterior on the exact posterior of a linear Gaussian model, and on deliberately broken ones."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from introghost.errors import DataError
from introghost.evaluation.posterior import evaluate_posterior, ranks

GENOMES, DRAWS = 300, 200
NAMES = ["first", "second", "third"]
NOISE = np.array([0.5, 1.0, 2.0])
TRIALS = 100

Array = NDArray[np.float64]


def linear_gaussian(seed: int) -> tuple[Array, Array]:
    """Draws from the posterior of a standard normal parameter seen with normal noise, and the parameters."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(GENOMES, 3))
    seen = truth + NOISE * rng.normal(size=truth.shape)
    variance = NOISE**2 / (1 + NOISE**2)
    mean = seen / (1 + NOISE**2)
    return mean[:, None] + np.sqrt(variance) * rng.normal(size=(GENOMES, DRAWS, 3)), truth


def too_sure(draws: Array) -> Array:
    mean = draws.mean(axis=1, keepdims=True)
    return mean + 0.6 * (draws - mean)


def biased(draws: Array) -> Array:
    return draws + 0.3 * draws.std(axis=1, keepdims=True)


def swapped(draws: Array) -> Array:
    return draws[:, :, [1, 0, 2]]


def p_values(draws: Array, truth: Array, seed: int) -> dict[str, float]:
    checks = evaluate_posterior(draws, truth, NAMES, seed=seed)["posterior_checks"]
    return dict(zip(checks["check"], checks["p_value"], strict=True))


def rejected(broken: Callable[[Array], Array]) -> dict[str, float]:
    """Share of trials in which each check objects at 5 %."""
    found = [p_values(broken(draws), truth, seed) for seed in range(TRIALS) for draws, truth in [linear_gaussian(seed)]]
    return {check: float(np.mean([values[check] < 0.05 for values in found])) for check in found[0]}


def test_the_right_posterior_is_rarely_rejected() -> None:
    shares = rejected(lambda draws: draws)
    assert all(share <= 0.11 for share in shares.values()), shares  # 1 in 100 of right checks has more than 11 of 100


@pytest.mark.parametrize("broken", [too_sure, biased, swapped], ids=lambda function: function.__name__)
def test_a_broken_posterior_is_rejected(broken: Callable[[Array], Array]) -> None:
    shares = rejected(broken)
    assert min(shares.values()) >= 0.9, shares


def coverage_p_value(draws: Array, truth: Array) -> float:
    """Of 90 % intervals that hold the truth too rarely or too often, with Bonferroni's correction over parameters."""
    coverage = evaluate_posterior(draws, truth, NAMES)["posterior_coverage"].query("level == 0.9")["coverage"]
    held = (coverage * GENOMES).round().astype(int)
    return float(len(held) * min(stats.binomtest(count, GENOMES, 0.9).pvalue for count in held))


@pytest.mark.parametrize(
    ("broken", "least", "most"),
    [(lambda draws: draws, 0, 0.11), (too_sure, 0.9, 1), (swapped, 0.9, 1), (lambda draws: draws * 0, 0.9, 1)],
    ids=["right", "too_sure", "swapped", "empty"],
)
def test_coverage_objects_to_intervals_of_the_wrong_width(
    broken: Callable[[Array], Array], least: float, most: float
) -> None:
    """A bias of 0.3 standard deviations takes 1.5 % off the coverage of 90 %: that is for ranks and TARP to see."""
    objected = [coverage_p_value(broken(draws), truth) < 0.05 for draws, truth in map(linear_gaussian, range(TRIALS))]
    assert least <= np.mean(objected) <= most


def test_summary_of_the_right_posterior() -> None:
    draws, truth = linear_gaussian(1)
    tables = evaluate_posterior(draws, truth, NAMES)
    exact = 1 / (1 + NOISE**2)  # the share of the variance that the data explain
    np.testing.assert_allclose(tables["posterior_summary"]["r_squared"], exact, atol=0.1)
    np.testing.assert_allclose(tables["posterior_summary"]["contraction"], exact, atol=0.03)
    coverage = tables["posterior_coverage"]
    assert (coverage["lower"] <= coverage["level"]).mean() > 0.8
    np.testing.assert_allclose(coverage["coverage"], coverage["level"], atol=0.08)


def test_r_squared_is_against_the_variance_of_the_truth() -> None:
    draws, truth = linear_gaussian(3)
    summary = evaluate_posterior(3 * draws, 3 * truth, NAMES)["posterior_summary"]
    for index, r_squared in enumerate(summary["r_squared"]):
        errors = [3 * (draws[genome, :, index].mean() - truth[genome, index]) for genome in range(GENOMES)]
        assert r_squared == pytest.approx(1 - np.mean(np.square(errors)) / np.var(3 * truth[:, index]))


def test_bounds_of_coverage_are_binomial_of_95_percent() -> None:
    draws, truth = linear_gaussian(4)
    for row in evaluate_posterior(draws, truth, NAMES)["posterior_coverage"].itertuples():
        held = round(row.coverage * GENOMES)
        assert row.lower == pytest.approx(stats.beta.ppf(0.025, held, GENOMES - held + 1))
        assert row.upper == pytest.approx(stats.beta.ppf(0.975, held + 1, GENOMES - held))


def test_ranks_are_those_of_a_loop() -> None:
    draws, truth = linear_gaussian(2)
    draws = np.round(draws[:20, :10], 1)
    truth = np.round(truth[:20], 1)
    got = ranks(draws, truth, np.random.default_rng(1)) * (draws.shape[1] + 1)
    for genome in range(len(truth)):
        for parameter in range(truth.shape[1]):
            below = sum(draw[parameter] < truth[genome, parameter] for draw in draws[genome])
            upto = sum(draw[parameter] <= truth[genome, parameter] for draw in draws[genome])
            assert below <= got[genome, parameter] <= upto + 1


@pytest.mark.parametrize(
    ("draws", "truth", "message"),
    [
        (np.zeros((2, 3, 3)), np.zeros((2, 2)), "shape"),
        (np.zeros((0, 3, 3)), np.zeros((0, 3)), "no genome"),
        (np.full((2, 3, 3), np.nan), np.zeros((2, 3)), "not finite"),
    ],
)
def test_what_cannot_be_checked_is_refused(draws: Array, truth: Array, message: str) -> None:
    with pytest.raises(DataError, match=message):
        evaluate_posterior(draws, truth, NAMES)


@pytest.mark.filterwarnings("error")
def test_one_genome_has_no_r_squared() -> None:
    draws, truth = linear_gaussian(1)
    summary = evaluate_posterior(draws[:1], truth[:1], NAMES)["posterior_summary"]
    assert summary["r_squared"].isna().all()
    np.testing.assert_allclose(summary["contraction"], 1 - draws[0].var(axis=0))
