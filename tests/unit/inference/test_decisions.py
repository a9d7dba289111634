"""Decisions and Bayes factors by hand, and what doubts do to them."""

import pytest

from introghost.errors import ConfigError
from introghost.inference.decisions import WITHHELD, Costs, Decision, Doubts, decide, final_decision, scenario_prior

MEANINGS = {"ghost": True, "ghost_continuous": True, "no_ghost": False, "structure": False, "outgroup_ghost": False}
DOUBTS = Doubts(0.4, {"ghost": 0.9, "no_ghost": 0.01}, None, None, 0.01)


@pytest.mark.parametrize(
    ("p", "decision"), [(0.95, "ghost"), (0.85, "undecided"), (0.55, "undecided"), (0.4, "no ghost")]
)
def test_the_cheapest_action_is_taken(p: float, decision: str) -> None:
    verdict = decide({"ghost": p, "no_ghost": 1 - p}, MEANINGS)
    assert verdict.decision == decision
    assert verdict.p_ghost == pytest.approx(p)
    assert verdict.costs == Costs(false_ghost=5, missed_ghost=1, undecided=0.5)


def test_costs_move_the_decision() -> None:
    probabilities = {"ghost": 0.6, "no_ghost": 0.4}
    assert decide(probabilities, MEANINGS, costs=Costs(1, 1, 0.5)).decision is Decision.GHOST
    assert decide(probabilities, MEANINGS, costs=Costs(1, 0.1, 0.5)).decision is Decision.NO_GHOST
    assert decide(probabilities, MEANINGS, costs=Costs(1, 1, 0.1)).decision is Decision.UNDECIDED


@pytest.mark.parametrize("cost", [-1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["false_ghost", "missed_ghost", "undecided"])
def test_an_impossible_cost_is_refused(name: str, cost: float) -> None:
    with pytest.raises(ConfigError, match=f"cost of {name.replace('_', ' ')} is"):
        Costs(**{name: cost})


def test_ghost_scenarios_add_up_and_a_ghost_of_the_outgroup_is_none_of_the_target() -> None:
    probabilities = {"ghost": 0.5, "ghost_continuous": 0.25, "no_ghost": 0.05, "outgroup_ghost": 0.2}
    assert decide(probabilities, MEANINGS).p_ghost == pytest.approx(0.75)


def test_what_counts_as_a_ghost_is_what_the_scenario_says_and_not_its_name() -> None:
    probabilities = {"neanderthal": 0.9, "ghost_town": 0.1}
    meanings = {"neanderthal": True, "ghost_town": False}
    verdict = decide(probabilities, meanings)
    assert (verdict.p_ghost, verdict.decision) == (pytest.approx(0.9), Decision.GHOST)
    assert verdict.ghost_of_target == meanings
    exchanged = decide(probabilities, {"neanderthal": False, "ghost_town": True})
    assert (exchanged.p_ghost, exchanged.decision) == (pytest.approx(0.1), Decision.NO_GHOST)
    assert exchanged.bayes_factor_ghost == pytest.approx(1 / 9)


def test_the_prior_is_that_of_bayes_theorem() -> None:
    verdict = decide({"ghost": 0.6, "no_ghost": 0.3, "structure": 0.1}, MEANINGS, prior={"ghost": 0.1})
    assert verdict.prior == pytest.approx({"ghost": 0.1, "no_ghost": 0.45, "structure": 0.45})
    odds = 0.6 * 0.1 / (0.3 * 0.45 + 0.1 * 0.45)
    assert verdict.p_ghost == pytest.approx(odds / (1 + odds))
    assert sum(verdict.probabilities.values()) == pytest.approx(1)


def test_bayes_factors_do_not_depend_on_the_prior_of_the_sides() -> None:
    probabilities = {"ghost": 0.6, "no_ghost": 0.3, "structure": 0.1}
    factors = [decide(probabilities, MEANINGS, prior=prior).bayes_factor_ghost for prior in ({}, {"ghost": 0.01})]
    assert factors == pytest.approx([0.6 / 0.2, 0.6 / 0.2])
    assert decide(probabilities, MEANINGS).bayes_factors["no_ghost"] == pytest.approx(0.3 / 0.35)
    assert decide(probabilities, MEANINGS, prior={"ghost": 0}).bayes_factor_ghost is None
    assert decide({"ghost": 1.0, "no_ghost": 0.0}, MEANINGS).bayes_factor_ghost is None, "of no evidence at all"


def test_bayes_factors_are_weighed_by_the_prior_within_either_side() -> None:
    """By hand: each side is the mean of its evidence, weighed by the prior of its scenarios."""
    probabilities = {"ghost": 0.4, "ghost_continuous": 0.2, "no_ghost": 0.3, "structure": 0.1}
    prior = {"ghost": 0.1, "ghost_continuous": 0.3, "no_ghost": 0.1, "structure": 0.5}
    verdict = decide(probabilities, MEANINGS, prior=prior)
    with_ghost = (0.1 * 0.4 + 0.3 * 0.2) / 0.4  # 0.25; unweighed 0.3
    without = (0.1 * 0.3 + 0.5 * 0.1) / 0.6  # 0.1333; unweighed 0.2
    assert verdict.bayes_factor_ghost == pytest.approx(with_ghost / without)
    assert verdict.bayes_factor_ghost == pytest.approx(1.875)
    odds_after, odds_before = verdict.p_ghost / (1 - verdict.p_ghost), 0.4 / 0.6
    assert verdict.bayes_factor_ghost == pytest.approx(odds_after / odds_before), "what a Bayes factor is"
    others = (0.3 * 0.2 + 0.1 * 0.3 + 0.5 * 0.1) / 0.9
    assert verdict.bayes_factors["ghost"] == pytest.approx(0.4 / others)


def test_evidence_that_underflowed_is_not_none_at_all() -> None:
    verdict = decide({"ghost": 0.0, "no_ghost": 1.0}, MEANINGS, prior={"ghost": 1.0})
    assert verdict.p_ghost == 1


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ({"gost": 0.5}, "gost.*knows ghost, no_ghost"),
        ({"ghost": -0.1}, "between"),
        ({"ghost": 0.8, "no_ghost": 0.3}, "1.1"),
        ({"ghost": 0.8, "no_ghost": 0.1}, "0.9"),
    ],
)
def test_an_impossible_prior_is_refused(prior: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        scenario_prior(["ghost", "no_ghost"], prior)


@pytest.mark.parametrize(
    ("novelty", "is_too_little", "expected"),
    [
        (0.4, False, Decision.GHOST),
        (None, False, Decision.GHOST),
        (0.01, False, Decision.GHOST),
        (0.009, False, Decision.NO_SCENARIO_FITS),
        (0.4, True, Decision.TOO_LITTLE_SEQUENCE),
        (0.002, True, Decision.TOO_LITTLE_SEQUENCE),
        (None, True, Decision.TOO_LITTLE_SEQUENCE),
    ],
)
def test_doubts_stand_against_a_verdict(novelty: float | None, is_too_little: bool, expected: Decision) -> None:
    verdict = decide({"ghost": 0.99, "no_ghost": 0.01}, MEANINGS)
    doubts = Doubts(novelty, None, None, None, 0.0)
    assert final_decision(verdict, doubts, is_too_little=is_too_little) is expected
    assert (expected in WITHHELD) == (expected is not Decision.GHOST)
