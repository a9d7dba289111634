"""Tables of whole genomes and of parts of them, on made-up genomes."""

import dataclasses

import numpy as np
import pytest
from made_up import PARAMETERS, REGIONS, SCENARIOS, USED_REGIONS, made_up, unseen

from introghost.errors import DataError
from introghost.evaluation.genome_tables import choice_tables, numbers_of_regions, parameter_tables
from introghost.evaluation.unseen import UnseenGenomes
from introghost.inference.bundles import ChoiceBundle, ParametersBundle
from introghost.inference.fields import Range
from introghost.statistics.table import Statistics

OF_NETWORK = {"novelty", "calibration", "scenario_reliability"}


def test_parts_are_those_that_the_network_was_trained_on(bundle: ChoiceBundle) -> None:
    """Of 50 regions a half, a fifth and an eighth; of 7, only a half is not below 3."""
    fifty, seven = (unseen(made_up(1, seed=1, first=0, num_regions=number), number) for number in (50, 7))
    trained = {lowest: dataclasses.replace(bundle, regions=Range(lowest, 50)) for lowest in (1, 3, 30)}
    assert numbers_of_regions(trained[3], fifty) == [50, 25, 10, 6]
    assert numbers_of_regions(trained[1], seven) == [7, 3, 1]
    assert numbers_of_regions(trained[3], seven) == [7, 3]
    assert numbers_of_regions(trained[30], seven) == [7], "whole genomes, however few regions they have"


def test_every_table_of_choice(statistics: Statistics, bundle: ChoiceBundle) -> None:
    tables = choice_tables(bundle, unseen(statistics), seed=1)
    assert {name: set(table["regions"]) for name, table in tables.items()} == {name: {USED_REGIONS} for name in tables}
    summary = tables["model_choice_summary"].set_index("metric")["value"]
    assert (summary["auc_ghost"], summary["accuracy"]) == pytest.approx((1, 1))
    errors = tables["calibration"].set_index("probability_of")["calibration_error"]
    assert list(errors.index) == ["a ghost", *bundle.scenarios]
    assert errors.max() < 0.1
    reliability = tables["scenario_reliability"]
    assert reliability.groupby("probability_of")["count"].sum().to_dict() == dict.fromkeys(errors.index, 12 * 8)
    decided = tables["decisions"].set_index("scenario")
    for name, is_ghost in SCENARIOS.items():
        shares = decided.loc[name, ["decided_ghost", "decided_no_ghost", "decided_undecided", "genomes"]]
        assert shares.tolist() == [is_ghost, not is_ghost, 0, 12]


def test_whole_genomes_come_first_and_their_parts_are_told_better(statistics: Statistics, bundle: ChoiceBundle) -> None:
    """All four regions are halfway between two scenarios, the first two are of one."""
    tables = choice_tables(bundle, unseen(statistics, REGIONS), seed=1)
    for table in tables.values():
        assert list(dict.fromkeys(table["regions"])) == [REGIONS, USED_REGIONS]
    accuracy = tables["model_choice_summary"].query("metric == 'accuracy'").set_index("regions")["value"]
    assert accuracy[USED_REGIONS] == 1
    assert accuracy[REGIONS] < 0.9


def test_more_genomes_of_one_scenario_count_where_numbers_may_differ(
    statistics: Statistics, bundle: ChoiceBundle
) -> None:
    more = Statistics.concatenate([statistics, made_up(20, seed=9, first=1_000, scenarios=("ghost",))])
    tables = choice_tables(bundle, unseen(more), seed=1)
    genomes = tables["decisions"].set_index("scenario")["genomes"]
    assert genomes.to_dict() == {name: 32 if name == "ghost" else 12 for name in SCENARIOS}
    power = tables["power"].query("against == 'all' and metric == 'power'").set_index("genomes_of")["genomes"]
    assert power[["ghost", "ghost_continuous"]].tolist() == [32, 12]
    equal = choice_tables(bundle, unseen(statistics), seed=1)
    for name in ("model_choice_summary", "model_choice_confusion", *OF_NETWORK):
        assert tables[name].equals(equal[name]), "the first twelve of each"


def test_calibration_is_of_scenarios_that_the_network_has(statistics: Statistics, bundle: ChoiceBundle) -> None:
    foreign = UnseenGenomes.of(
        (dataclasses.replace(genome, scenario="unheard_of") for genome in unseen(statistics).genomes[:5]),
        {"unheard_of": False},
    )
    tables = choice_tables(bundle, foreign, seed=1)
    assert not OF_NETWORK & set(tables)
    assert tables["decisions"]["scenario"].tolist() == ["unheard_of"]
    together = UnseenGenomes.of([*foreign.genomes, *unseen(statistics).genomes], SCENARIOS | foreign.ghost_of_target)
    both, alone = (choice_tables(bundle, genomes, seed=1) for genomes in (together, unseen(statistics)))
    for name in OF_NETWORK:
        assert both[name].equals(alone[name])
    assert both["model_choice_summary"].set_index("metric")["value"]["num_genomes"] == 5 * 9


def test_parameters_that_statistics_tell(statistics: Statistics, posterior: ParametersBundle) -> None:
    tables = parameter_tables(posterior, unseen(statistics), seed=1)
    summary = tables["posterior_summary"].set_index("parameter")
    assert list(summary.index) == list(PARAMETERS)
    assert summary["log_r_squared"].min() > 0.6
    assert (summary["log_r_squared_lower"] <= summary["log_r_squared"]).all()
    assert tables["posterior_checks"]["num_genomes"].tolist() == [12, 12], "genomes of the scenario alone"
    assert len(tables["posterior_ranks"]) == 12


def test_parameters_that_were_exchanged_are_not_told(statistics: Statistics, posterior: ParametersBundle) -> None:
    genomes = unseen(statistics).of_scenarios(["ghost"])
    others = np.roll(np.arange(12), 1)
    exchanged = tuple(
        dataclasses.replace(genome, parameters=genomes.genomes[other].parameters)
        for genome, other in zip(genomes.genomes, others, strict=True)
    )
    tables = parameter_tables(posterior, dataclasses.replace(genomes, genomes=exchanged), seed=1)
    assert tables["posterior_summary"]["log_r_squared"].max() < 0.2
    coverage = tables["posterior_coverage"].query("level == 0.5")["coverage"]
    assert coverage.mean() < 0.3


def test_without_a_genome_of_the_scenario_there_is_no_table(
    statistics: Statistics, posterior: ParametersBundle, bundle: ChoiceBundle
) -> None:
    assert parameter_tables(posterior, unseen(statistics).of_scenarios(["structure"]), seed=1) == {}
    assert choice_tables(bundle, UnseenGenomes((), {}), seed=1) == {}


def test_genomes_that_lack_a_parameter_are_refused(statistics: Statistics, posterior: ParametersBundle) -> None:
    genomes = unseen(statistics).of_scenarios(["ghost"])
    lacking = tuple(
        dataclasses.replace(genome, parameters={k: v for k, v in genome.parameters.items() if k != "pulse_time"})
        for genome in genomes.genomes
    )
    with pytest.raises(DataError, match="do not tell the parameter pulse_time"):
        parameter_tables(posterior, dataclasses.replace(genomes, genomes=lacking), seed=1)
