import copy

import pandas as pd
import pytest

from introghost.errors import ConfigError
from introghost.inference import decisions
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


@pytest.mark.parametrize(("extreme", "warned"), [(0, False), (2, False), (3, True)])
def test_many_extreme_statistics_are_told(extreme: int, warned: bool) -> None:
    ghost = [100.0] * extreme + [50.0] * (100 - extreme)
    names = [f"s{number}" for number in range(100)]
    table = pd.DataFrame({"statistic": names, "value": 1.0, "ghost": ghost, "null": ghost[::-1]})
    assert decisions.unlike_warnings(table) == [], "each fits one scenario"
    found = decisions.unlike_warnings(table.assign(null=0.0))
    assert [warning.split(" statistics")[0] for warning in found] == ([f"{extreme} of 100"] if warned else [])


ANSWER = decisions.answer({"ghost": 0.95, "null": 0.05})
DOUBTS = {
    "novelty_p_value": 0.4,
    "novelty_p_values": {"ghost": 0.4, "null": 0.02},
    "p_ghost_odd": 0.9,
    "p_ghost_even": 0.97,
    "p_ghost_standard_deviation": 0.01,
}


def test_without_doubt_the_answer_stands() -> None:
    told = decisions.doubted(ANSWER, DOUBTS)
    assert {key: told[key] for key in ANSWER} == ANSWER
    assert decisions.fits(told)
    assert decisions.warnings(told) == []


def test_a_novel_genome_gets_no_answer_unless_it_is_forced() -> None:
    novel = {**DOUBTS, "novelty_p_value": 0.002}
    told = decisions.doubted(ANSWER, novel)
    assert told["decision"] == decisions.NO_SCENARIO
    assert not {"p_ghost", "probabilities", "bayes_factors"} & set(told)
    assert "no scenario fits" in decisions.warnings(told)[0]
    forced = decisions.doubted(ANSWER, novel, force=True)
    assert (forced["decision"], forced["p_ghost"]) == (decisions.NO_SCENARIO, pytest.approx(0.95))


def test_too_little_sequence_gets_no_answer_either() -> None:
    told = decisions.doubted(ANSWER, DOUBTS, too_little=True)
    assert told["decision"] == decisions.TOO_LITTLE
    assert not decisions.fits(told)
    assert not {"p_ghost", "probabilities", "bayes_factors"} & set(told)
    assert decisions.warnings(told) == [decisions.OF_LITTLE]
    novel = {**DOUBTS, "novelty_p_value": 0.002}
    assert decisions.doubted(ANSWER, novel, too_little=True)["decision"] == decisions.TOO_LITTLE, "which explains it"
    unknown = decisions.doubted(ANSWER, {**DOUBTS, "novelty_p_value": None}, too_little=True)
    assert decisions.warnings(unknown) == [decisions.OF_LITTLE], "not that training had too few genomes"
    assert decisions.doubted(ANSWER, DOUBTS, too_little=True, force=True)["p_ghost"] == ANSWER["p_ghost"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("novelty_p_value", None, "too few genomes"),
        ("p_ghost_odd", 0.2, "one half of the regions"),
        ("p_ghost_standard_deviation", 0.2, "members of the ensemble differ"),
    ],
)
def test_each_doubt_is_told(key: str, value: float | None, message: str) -> None:
    told = decisions.doubted(ANSWER, {**copy.deepcopy(DOUBTS), key: value})
    (warning,) = decisions.warnings(told)
    assert message in warning
