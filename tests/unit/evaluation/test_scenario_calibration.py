"""Calibration of the probabilities of scenarios: right ones, turned ones, and those that say nothing."""

import pandas as pd
import pytest
from made_up import answered

from introghost.evaluation.scenario_calibration import GHOST, calibration_table, reliability_table


@pytest.fixture
def right() -> pd.DataFrame:
    """A scenario with a ghost that is called otherwise, and probabilities that are certain and right."""
    table = answered(["archaic"] * 50 + ["no_ghost"] * 50, [1.0] * 50 + [0.0] * 50)
    return table.assign(has_ghost=[True] * 50 + [False] * 50)


def test_right_probabilities_have_no_error(right: pd.DataFrame) -> None:
    table = calibration_table(right, ["no_ghost"], seed=1).set_index("probability_of")
    assert table["calibration_error"].to_dict() == {GHOST: 0, "no_ghost": 0}
    assert table["if_right_upper"].to_dict() == {GHOST: 0, "no_ghost": 0}


def test_calibration_goes_by_what_the_scenario_means(right: pd.DataFrame) -> None:
    turned = right.assign(has_ghost=~right["has_ghost"])
    table = calibration_table(turned, ["no_ghost"], seed=1).set_index("probability_of")
    assert table.loc[GHOST, ["calibration_error", "if_right", "genomes"]].tolist() == [1, 0, 100]
    assert table.loc["no_ghost", "calibration_error"] == 0


def test_the_error_by_chance_is_that_of_as_many_genomes(right: pd.DataFrame) -> None:
    half = calibration_table(right.assign(p_ghost=0.5), [], seed=1).iloc[0]
    assert half["calibration_error"] == 0
    assert 0.02 < half["if_right"] < 0.06, "the mean of |share - 0.5| over samples of 100 is 0.04"
    assert half["if_right"] < half["if_right_upper"] < 0.15


def test_reliability_is_of_a_ghost_and_of_each_scenario(right: pd.DataFrame) -> None:
    """no_ghost is said with certainty of the fifty genomes that are of it."""
    table = reliability_table(right, ["no_ghost", "structure"])
    columns = ["probability_of", "mean_probability", "observed_frequency", "count"]
    assert table[columns].to_numpy().tolist() == [
        [GHOST, 0, 0, 50],
        [GHOST, 1, 1, 50],
        ["no_ghost", 0, 0, 50],
        ["no_ghost", 1, 1, 50],
        ["structure", 0, 0, 100],
    ]
