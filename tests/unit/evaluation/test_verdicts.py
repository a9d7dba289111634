"""Decisions and novelty by scenario, counted by hand."""

import numpy as np
import pandas as pd
import pytest
from made_up import answered
from scipy import stats

from introghost.evaluation.verdicts import decision_table, novelty_table

P_VALUES = [0.001, 0.02, 0.5, 0.9]


def test_decisions_and_novelty_are_counted_by_scenario() -> None:
    decisions = ["ghost", "ghost", "undecided", "no ghost"]
    ghosts = answered(["ghost"] * 4, [0.9, 0.9, 0.5, 0.1], p_value=P_VALUES, scenario_p_value=[0.04, 0.06, 0.5, 0.9])
    table = answered(["no_ghost"], [0.2]).assign(decision="no ghost")
    table = pd.concat([table, ghosts.assign(decision=decisions)])
    null, row = (decision_table(table).iloc[index] for index in (0, 1))
    assert null[["scenario", "genomes", "decided_no_ghost"]].tolist() == ["no_ghost", 1, 1]
    assert row[["decided_ghost", "decided_undecided", "decided_no_ghost"]].tolist() == [0.5, 0.25, 0.25]
    assert row[["mean_p_ghost", "novel_at_0.05", "no_scenario_fits"]].tolist() == pytest.approx([0.6, 0.5, 0.25])
    assert row[["genomes", "novel_to_own_at_0.05"]].tolist() == [4, 0.25]


def test_novelty_is_a_share_with_its_binomial_interval() -> None:
    novel = novelty_table(answered(["ghost"] * 4, [0.5] * 4, p_value=P_VALUES))
    assert novel[["level", "novel", "genomes"]].to_numpy().tolist() == [[0.05, 0.5, 4], [0.01, 0.25, 4]]
    interval = stats.binomtest(2, 4).proportion_ci()
    assert novel.loc[0, ["lower", "upper"]].tolist() == [interval.low, interval.high]


def test_novelty_that_is_not_known_is_not_counted() -> None:
    unknown = answered(["ghost"] * 4, [0.5] * 4, p_value=[np.nan] * 4).assign(decision="undecided")
    assert novelty_table(unknown).empty
    row = decision_table(unknown).iloc[0]
    assert np.isnan([row["no_scenario_fits"], row["novel_at_0.05"]]).all()
    assert row["novel_to_own_at_0.05"] == 0
