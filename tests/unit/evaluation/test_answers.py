"""What the network says of made-up genomes, whose scenario their statistics tell."""

import numpy as np
from made_up import REGIONS, SCENARIOS, made_up, unseen

from introghost.evaluation.answers import answers
from introghost.inference.bundles import ChoiceBundle
from introghost.statistics.table import Statistics


def test_what_is_told_apart_is_decided_rightly(statistics: Statistics, bundle: ChoiceBundle) -> None:
    table = answers(bundle, unseen(statistics))
    has_ghost = np.array([SCENARIOS[name] for name in table["scenario"]])
    assert table["has_ghost"].tolist() == has_ghost.tolist()
    assert (table[list(bundle.scenarios)].idxmax(axis=1) == table["scenario"]).all()
    assert ((table["decision"] == "ghost") == has_ghost).all()
    assert ((table["decision"] == "no ghost") == ~has_ghost).all()
    with_ghost = [name for name, is_ghost in SCENARIOS.items() if is_ghost]
    np.testing.assert_allclose(table["p_ghost"], table[with_ghost].sum(axis=1), rtol=1e-9)


def test_genomes_like_those_of_training_are_not_novel_and_others_are(
    statistics: Statistics, bundle: ChoiceBundle
) -> None:
    table = answers(bundle, unseen(statistics))
    assert (table["scenario_p_value"] < 0.05).mean() < 0.3
    assert (table["p_value"] < 0.01).mean() < 0.1
    # Statistics a hundred times as large.
    far = Statistics(statistics.dataset.assign(pooled_statistics=100 * statistics.dataset["pooled_statistics"]))
    assert (answers(bundle, unseen(far))["p_value"] < 0.01).all()


def test_regions_of_another_scenario_make_another_answer(statistics: Statistics, bundle: ChoiceBundle) -> None:
    """Statistics of all four regions are halfway between two scenarios."""
    table = answers(bundle, unseen(statistics, REGIONS))
    assert (table[list(bundle.scenarios)].idxmax(axis=1) == table["scenario"]).mean() < 0.9


def test_a_scenario_that_the_network_lacks_has_no_p_value_of_its_own(bundle: ChoiceBundle) -> None:
    other = made_up(2, seed=4, first=0, scenarios=("ghost",))
    renamed = other.dataset.assign_coords(scenario=("region", ["unheard_of"] * len(other.scenarios)))
    genomes = unseen(Statistics(renamed.assign_attrs(ghost_of_target='{"unheard_of": false}')))
    table = answers(bundle, genomes)
    assert table["scenario_p_value"].isna().all()
    assert table["p_value"].notna().all()
    assert table["has_ghost"].tolist() == [False, False]
