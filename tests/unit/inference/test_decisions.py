import pytest

from introghost.errors import ConfigError
from introghost.inference.decisions import answer, scenario_prior


@pytest.mark.parametrize(
    ("p", "decision"), [(0.95, "ghost"), (0.85, "undecided"), (0.55, "undecided"), (0.4, "no ghost")]
)
def test_the_cheapest_action_is_taken(p, decision):
    assert answer({"ghost": p, "null": 1 - p})["decision"] == decision


def test_costs_move_the_decision():
    costs = {"false_ghost": 1, "missed_ghost": 1, "undecided": 0.5}
    assert answer({"ghost": 0.6, "null": 0.4}, costs=costs)["decision"] == "ghost"


def test_ghost_scenarios_add_up_and_a_ghost_of_the_outgroup_is_none_of_the_target():
    probabilities = {"ghost": 0.5, "ghost_continuous": 0.25, "null": 0.05, "outgroup_ghost": 0.2}
    assert answer(probabilities)["p_ghost"] == pytest.approx(0.75)


def test_the_prior_is_that_of_bayes_theorem():
    given = answer({"ghost": 0.6, "null": 0.3, "structure": 0.1}, prior={"ghost": 0.1})
    assert given["prior"] == pytest.approx({"ghost": 0.1, "null": 0.45, "structure": 0.45})
    odds = 0.6 * 0.1 / (0.3 * 0.45 + 0.1 * 0.45)
    assert given["p_ghost"] == pytest.approx(odds / (1 + odds))
    assert sum(given["probabilities"].values()) == pytest.approx(1)


def test_bayes_factors_do_not_depend_on_the_prior_of_the_sides():
    probabilities = {"ghost": 0.6, "null": 0.3, "structure": 0.1}
    factors = [answer(probabilities, prior=prior)["bayes_factor_ghost"] for prior in ({}, {"ghost": 0.01})]
    assert factors == pytest.approx([0.6 / 0.2, 0.6 / 0.2])
    assert answer(probabilities)["bayes_factors"]["null"] == pytest.approx(0.3 / 0.35)
    assert answer(probabilities, prior={"ghost": 0})["bayes_factor_ghost"] is None


@pytest.mark.parametrize(
    ("given", "message"),
    [({"gost": 0.5}, "gost.*knows ghost, null"), ({"ghost": -0.1}, "between"), ({"ghost": 0.8, "null": 0.3}, "1.1")],
)
def test_an_impossible_prior_is_refused(given, message):
    with pytest.raises(ConfigError, match=message):
        scenario_prior(["ghost", "null"], given)
