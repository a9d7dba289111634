from dataclasses import dataclass

import numpy as np
import pytest

from introghost.errors import ConfigError
from introghost.simulation.priors import REGION, Bound, Prior, draw


@dataclass(frozen=True)
class Stub:
    parameters: tuple[Prior, ...]
    name: str = "stub"


def draws(*parameters: Prior, number: int = 2000) -> dict[str, np.ndarray]:
    rows = [draw(Stub(parameters), seed) for seed in range(number)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def test_distributions_have_their_quantiles() -> None:
    drawn = draws(
        Prior("u", "uniform", Bound(1), Bound(3)),
        Prior("l", "log-uniform", Bound(1e-8), Bound(1e-4)),
        Prior("b", "beta", Bound(2), Bound(4), alpha=2, beta=2),
        Prior("f", "fixed", Bound(7), Bound(7)),
    )
    assert np.quantile(drawn["u"], [0.25, 0.75]) == pytest.approx([1.5, 2.5], abs=0.1)
    assert np.log10(np.quantile(drawn["l"], [0.25, 0.75])) == pytest.approx([-7, -5], abs=0.2)
    assert (drawn["b"].mean(), drawn["b"].var()) == (pytest.approx(3, abs=0.05), pytest.approx(0.2, abs=0.03))
    assert (drawn["f"] == 7).all()


def test_relative_bounds_order_times() -> None:
    drawn = draws(
        Prior("split", "uniform", Bound(1500), Bound(4500)),
        Prior("pulse", "uniform", Bound(800), Bound(-100, "split")),
        Prior("older", "uniform", Bound(0, "split", 2), Bound(50_000)),
    )
    assert (drawn["pulse"] <= drawn["split"] - 100).all()
    assert (drawn["older"] >= 2 * drawn["split"]).all()


def test_same_seed_same_draw_and_added_parameters_leave_the_others() -> None:
    first = Prior("a", "uniform", Bound(0), Bound(1))
    second = Prior("b", "uniform", Bound(0), Bound(1))
    assert draw(Stub((first,)), 5)["a"] == draw(Stub((second, first)), 5)["a"]
    assert draw(Stub((first,)), 5) != draw(Stub((first,)), 6)


def test_region_parameters_are_drawn_apart() -> None:
    scenario = Stub(
        (Prior("a", "uniform", Bound(1), Bound(2)), Prior("r", "uniform", Bound(0, "a"), Bound(3), scope=REGION))
    )
    genome = draw(scenario, 1)
    region = draw(scenario, 2, scope=REGION, given=genome)
    assert list(genome) == ["a"]
    assert list(region) == ["r"]
    assert region["r"] >= genome["a"]


@pytest.mark.parametrize(
    "prior",
    [Prior("x", "uniform", Bound(2), Bound(1)), Prior("x", "log-uniform", Bound(0), Bound(1))],
)
def test_impossible_bounds_are_refused(prior: Prior) -> None:
    with pytest.raises(ConfigError, match="parameter x has bounds"):
        draw(Stub((prior,)), 1)
