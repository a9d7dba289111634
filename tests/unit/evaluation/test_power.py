"""Power and area under the curve against sets of scenarios without a ghost, counted by hand."""

import numpy as np
import pytest
from made_up import SCENARIOS, answered, unseen
from scipy import stats

from introghost.evaluation.answers import answers
from introghost.evaluation.power import ALL, PROPORTION, power_table, rivals
from introghost.inference.bundles import ChoiceBundle
from introghost.statistics.table import Statistics

MEANINGS = {"ghost": True, "no_ghost": False, "structure": False, "structure_merged": False}


def test_ghosts_have_to_be_told_from_each_two_and_all_without() -> None:
    assert rivals(MEANINGS) == {
        "no_ghost": ["no_ghost"],
        "structure": ["structure"],
        "structure_merged": ["structure_merged"],
        "no_ghost, structure": ["no_ghost", "structure"],
        "no_ghost, structure_merged": ["no_ghost", "structure_merged"],
        "structure, structure_merged": ["structure", "structure_merged"],
        ALL: ["no_ghost", "structure", "structure_merged"],
    }
    assert rivals({"ghost": True}) == {}


def test_power_is_at_one_false_positive_in_a_hundred() -> None:
    """Of 200 genomes without a ghost two may lie above the cutoff: it is the third highest score."""
    without = np.linspace(0, 0.5, 200).tolist()
    ghosts = [without[-3], without[-3] + 1e-4, 0.9, 0.1]
    table = answered(["no_ghost"] * 200 + ["ghost"] * 4, without + ghosts)
    power = power_table(table, MEANINGS, np.array([np.nan] * 200 + [0.01, 0.01, 0.02, 0.02]), seed=1)
    assert set(power["against"]) == {"no_ghost", "no_ghost, structure", "no_ghost, structure_merged", ALL}
    rows = power[power["against"] == ALL].set_index(["genomes_of", "metric"])
    assert rows.loc[("ghost", "power"), ["value", "genomes"]].tolist() == [0.5, 4], "a score at the cutoff is not above"
    interval = stats.binomtest(2, 4).proportion_ci()
    assert rows.loc[("ghost", "power"), ["lower", "upper"]].tolist() == [interval.low, interval.high]
    assert rows.loc[("ghost, 0.005 to 0.02", "power"), ["value", "genomes"]].tolist() == [0.5, 2]
    assert rows.loc[("ghost, 0.02 to 0.2", "power"), ["value", "genomes"]].tolist() == [0.5, 2], "lower bound included"
    nothing = rows.loc[("ghost, 0.003 to 0.005", "power")]
    assert nothing["genomes"] == 0
    assert nothing[["value", "lower", "upper"]].isna().all()
    above = [sum(score > other for other in without) + sum(score == other for other in without) / 2 for score in ghosts]
    assert rows.loc[("ghost", "area_under_roc"), "value"] == pytest.approx(sum(above) / 800)
    assert ("ghost, 0.02 to 0.2", "area_under_roc") not in rows.index


def test_power_against_some_leaves_the_other_scenarios_out_of_the_score() -> None:
    """Of 0.2 and 0.25 for a ghost, the first is the larger share beside no_ghost and structure_merged alone."""
    table = answered(
        ["no_ghost", "ghost"],
        [0.2, 0.25],
        no_ghost=[0.1, 0.25],
        structure=[0.3, 0.1],
        structure_merged=[0.4, 0.4],
    )
    power = power_table(table, MEANINGS, np.full(2, np.nan), seed=1)
    areas = power[power["metric"] == "area_under_roc"].set_index("against")["value"]
    # The larger of 0.2 / 0.3 and 0.25 / 0.5, 0.2 / 0.6 and 0.25 / 0.6, 0.2 / 0.7 and 0.25 / 0.9.
    assert areas[["no_ghost", "no_ghost, structure", "no_ghost, structure_merged", ALL]].tolist() == [0, 1, 0, 1]
    assert set(power["genomes_of"]) == {"ghost"}, "no class where no proportion is known"


def test_what_neither_side_explains_is_no_evidence() -> None:
    table = answered(["no_ghost", "ghost"], [0.5, 0.0], no_ghost=[0.5, 0.0], structure=[0.0, 1.0])
    power = power_table(table, MEANINGS, np.full(2, np.nan), seed=1).set_index(["against", "metric"])["value"]
    assert power[("no_ghost", "area_under_roc")] == 0.5
    assert power[(ALL, "area_under_roc")] == 0


def test_a_network_that_tells_all_apart_has_all_power(statistics: Statistics, bundle: ChoiceBundle) -> None:
    genomes = unseen(statistics)
    # Proportions of made-up genomes lie between 1 and 2.
    proportion = np.where(genomes.scenarios == "ghost", genomes.parameter(PROPORTION) / 100, np.nan)
    power = power_table(answers(bundle, genomes), bundle.ghost_of_target, proportion, seed=1)
    assert set(power["against"]) == set(rivals(bundle.ghost_of_target))
    groups = power[power["genomes"] > 0]
    names = {name for name, has_ghost in SCENARIOS.items() if has_ghost}
    assert set(groups["genomes_of"]) == {*names, "ghost, 0.005 to 0.02"}
    assert set(groups["genomes"]) == {12}
    assert groups["value"].tolist() == pytest.approx([1] * len(groups))
