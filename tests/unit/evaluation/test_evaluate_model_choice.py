"""Tables of model choice."""

import numpy as np
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
