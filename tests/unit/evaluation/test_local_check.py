"""The local check of a posterior on the exact one of a linear Gaussian model, and on deliberately broken ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

GENOMES, DRAWS, TRIALS, OBSERVED = 3_000, 200, 10, 10
NOISE = np.array([0.5, 1.0, 2.0])
VARIANCE = NOISE**2 / (1 + NOISE**2)

Array = NDArray[np.float64]


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "benchmarks"))
    monkeypatch.setattr("local_check.TRIALS", 50)


def posterior(number: int, draws: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Draws from the posterior of standard normal parameters seen with normal noise, its means, and the parameters."""
    truth = rng.normal(size=(number, 3))
    mean = (truth + NOISE * rng.normal(size=truth.shape)) / (1 + NOISE**2)
    return mean[:, None] + np.sqrt(VARIANCE) * rng.normal(size=(number, draws, 3)), mean, truth


def right(draws: Array, mean: Array) -> Array:
    return draws


def too_sure(draws: Array, mean: Array) -> Array:
    return mean + 0.6 * (draws - mean)


def biased(draws: Array, mean: Array) -> Array:
    return draws + 0.3 * np.sqrt(VARIANCE)


def swapped(draws: Array, mean: Array) -> Array:
    return draws[..., [1, 0, 2]]


def rejected(broken: Callable[[Array, Array], Array]) -> float:
    """Share of a hundred genomes, ten for each set of simulations, whose posterior the check objects to at 5 %."""
    from local_check import local_p_values  # a benchmark: on the path by the fixture above

    objections = []
    for seed in range(TRIALS):
        rng = np.random.default_rng(seed)
        draws, mean, truth = posterior(GENOMES, 1, rng)
        observed, at, _ = posterior(OBSERVED, DRAWS, rng)
        p_values = local_p_values(broken(draws[:, 0], mean), truth, mean, broken(observed, at[:, None]), at)
        objections.append(p_values < 0.05)
    return float(np.mean(objections))


def test_the_right_posterior_is_rarely_rejected() -> None:
    assert rejected(right) <= 0.11


@pytest.mark.parametrize("broken", [too_sure, biased, swapped], ids=lambda function: function.__name__)
def test_a_broken_posterior_is_rejected(broken: Callable[[Array, Array], Array]) -> None:
    assert rejected(broken) >= 0.9
