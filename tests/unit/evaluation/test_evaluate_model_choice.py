"""Tables of model choice."""

import numpy as np
import pandas as pd
import pytest

from introghost.errors import DataError
from introghost.evaluation.model_choice import evaluate_model_choice

SCENARIOS = ("structure", "no_ghost", "ghost")
GHOSTS = {"structure": False, "no_ghost": False, "ghost": True, "other": False}
TRUTH = np.repeat(["ghost", "no_ghost", "structure"], 40)


def probabilities(strength: float) -> np.ndarray:
    generator = np.random.default_rng(1)
    right = TRUTH[:, None] == np.array(SCENARIOS)
    return np.stack([generator.dirichlet(1 + strength * row) for row in right])


def test_values_match_counting() -> None:
    values = probabilities(4)
    tables = evaluate_model_choice(values, SCENARIOS, TRUTH, GHOSTS)
    value = tables["model_choice_summary"].set_index("metric")["value"]
    p_ghost, own = values[:, 2], values[TRUTH[:, None] == np.array(SCENARIOS)]
    wins = p_ghost[:40, None] > p_ghost[None, 40:]
    assert value["auc_ghost"] == pytest.approx(wins.mean())
    assert value["accuracy"] == pytest.approx((np.array(SCENARIOS)[values.argmax(1)] == TRUTH).mean())
    assert value["mean_log_score"] == pytest.approx(np.log(own).mean())
    assert value["brier_score"] == pytest.approx(np.mean((p_ghost - (TRUTH == "ghost")) ** 2))
    confusion = tables["model_choice_confusion"]
    assert confusion["count"].sum() == 120
    assert confusion.groupby("truth")["count"].sum().tolist() == [40, 40, 40]


def test_the_confusion_has_the_mean_probability_of_a_ghost() -> None:
    values = probabilities(1)
    for row in (
        evaluate_model_choice(values, SCENARIOS, TRUTH, GHOSTS)["model_choice_confusion"]
        .rename(columns={"count": "number"})
        .itertuples()
    ):
        assigned = np.array(SCENARIOS)[values.argmax(axis=1)]
        chosen = (row.truth == TRUTH) & (row.assigned == assigned)
        assert (row.number, row.mean_p_ghost) == pytest.approx((chosen.sum(), values[chosen, 2].mean()))


def test_a_scenario_that_was_ruled_out_costs_as_much_as_a_probability_of_one_in_a_million_millions() -> None:
    tables = evaluate_model_choice([[1.0, 0.0], [0.0, 1.0]], ("a", "b"), ["b", "b"], {"a": False, "b": True})
    value = tables["model_choice_summary"].set_index("metric")["value"]
    assert value["mean_log_score"] == pytest.approx(np.log(1e-12) / 2)


def test_who_has_a_ghost_is_told_and_not_read_out_of_a_name() -> None:
    values = probabilities(4)
    names = {"structure": "ghost_of_nobody", "no_ghost": "plain", "ghost": "neanderthal"}
    truth, scenarios = [names[name] for name in TRUTH], [names[name] for name in SCENARIOS]
    ghosts = {names[name]: GHOSTS[name] for name in SCENARIOS}
    renamed, plain = (
        evaluate_model_choice(values, columns, true, flags)["model_choice_summary"]
        for columns, true, flags in ((scenarios, truth, ghosts), (SCENARIOS, TRUTH, GHOSTS))
    )
    pd.testing.assert_frame_equal(renamed, plain)
    with pytest.raises(DataError, match="whether the ghost of scenario neanderthal gave to the target is not known"):
        evaluate_model_choice(
            values, scenarios, truth, {name: flag for name, flag in ghosts.items() if name != "neanderthal"}
        )


def test_worthless_probabilities_are_exposed() -> None:
    summary = evaluate_model_choice(probabilities(0), SCENARIOS, TRUTH, GHOSTS)["model_choice_summary"].set_index(
        "metric"
    )
    assert summary.loc["auc_ghost", "lower"] < 0.5 < summary.loc["auc_ghost", "upper"]
    assert summary.loc["accuracy", "lower"] < 1 / 3 < summary.loc["accuracy", "upper"]


def test_a_held_out_family_counts_only_for_the_ghost() -> None:
    held_out = np.where(TRUTH == "structure", "other", TRUTH)
    value = evaluate_model_choice(probabilities(4), SCENARIOS, held_out, GHOSTS)["model_choice_summary"]
    known = evaluate_model_choice(probabilities(4), SCENARIOS, TRUTH, GHOSTS)["model_choice_summary"]
    both = value.merge(known, on="metric").set_index("metric")
    assert both.loc["auc_ghost", "value_x"] == both.loc["auc_ghost", "value_y"]
    nothing = evaluate_model_choice(probabilities(4), SCENARIOS, np.full(120, "other"), GHOSTS)["model_choice_summary"]
    assert nothing.set_index("metric")["value"][["auc_ghost", "accuracy", "mean_log_score"]].isna().all()


def test_broken_probabilities_are_refused() -> None:
    with pytest.raises(DataError, match="expected"):
        evaluate_model_choice(probabilities(1)[:, :2], SCENARIOS, TRUTH, GHOSTS)
    with pytest.raises(DataError, match="sum to 1"):
        evaluate_model_choice(probabilities(1) * 2, SCENARIOS, TRUTH, GHOSTS)
    with pytest.raises(DataError, match="sum to 1"):
        evaluate_model_choice(probabilities(1) * np.nan, SCENARIOS, TRUTH, GHOSTS)
