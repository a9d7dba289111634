"""What `benchmarks/choice.py` makes of genomes: values that follow from made-up statistics and tables."""

import importlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from introghost.evaluation import truth
from introghost.inference import genome_training
from introghost.inference.bundles import ChoiceBundle, ParametersBundle
from introghost.simulation.priors import Bound, Prior
from introghost.statistics.table import Statistics

# Whether a ghost gave to the target, of names that do not tell.
SCENARIOS = {
    "back_migration": False,
    "ghost": True,
    "ghost_continuous": True,
    "no_ghost": False,
    "outgroup_ghost": False,
    "structure": False,
    "structure_merged": False,
    "archaic": True,
}
PARAMETERS = ("ghost_proportion", "pulse_time", "ghost_split_time")
REGIONS, USED_REGIONS, BINS = 4, 2, 6


@pytest.fixture(scope="module")
def choice() -> Iterator[ModuleType]:
    """The benchmark, which imports from its own folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
        module = importlib.import_module("choice")
        patch.setattr(module, "CHANCE_DRAWS", 20)
        yield module


def made_up(num_genomes: int, seed: int, first: int, scenarios: Sequence[str] = tuple(SCENARIOS)) -> Statistics:
    """Genomes whose first two regions tell the scenario and the parameters, and whose others are of another scenario.

    Statistic ``c_SCENARIO`` is large in that scenario alone; the last three rise with the parameters, from 1 to 2.
    """
    rng = np.random.default_rng(seed)
    cases = [(name, first + number) for name in scenarios for number in range(num_genomes)]
    drawn = rng.uniform(1, 2, (len(cases), len(PARAMETERS)))
    pooled = rng.uniform(0, 1, (len(cases), REGIONS, len(SCENARIOS)))
    for row, (name, _) in enumerate(cases):
        index = list(SCENARIOS).index(name)
        pooled[row, :USED_REGIONS, index] += 10
        pooled[row, USED_REGIONS:, (index + 1) % len(SCENARIOS)] += 10
    population = np.square(drawn)[:, None] + rng.normal(0, 0.02, (len(cases), REGIONS, len(PARAMETERS)))
    population[:, USED_REGIONS:] = 1
    size = len(cases) * REGIONS
    variables = {
        "pooled_statistics": (("region", "pooled_statistic"), pooled.reshape(size, -1).astype(np.float32)),
        "population_statistics": (("region", "population_statistic"), population.reshape(size, -1).astype(np.float32)),
        "callable_fraction": (("region", "bin"), np.ones((size, BINS), np.float32)),
    }
    labels = {
        "scenario": ("region", np.repeat([name for name, _ in cases], REGIONS)),
        "genome": ("region", np.repeat([number for _, number in cases], REGIONS)),
        "region_index": ("region", np.tile(np.arange(REGIONS), len(cases))),
        "observation_index": ("region", np.zeros(REGIONS * len(cases), dtype=np.int64)),
        **{f"parameter_{name}": ("region", np.repeat(drawn[:, i], REGIONS)) for i, name in enumerate(PARAMETERS)},
    }
    names = {
        "statistic": ["a"],
        "pooled_statistic": [f"c_{name}" for name in SCENARIOS],
        "population_statistic": [f"p_{name}" for name in PARAMETERS],
    }
    attributes = {
        "bin_bp": 5_000,
        "region_length_bp": 5_000 * BINS,
        "outgroup_diploids": [50, 50],
        "target_diploids": [50, 50],
        "ancestral": "outgroup-major",
        "observation": "{}",
        "segments": "",
        "ghost_of_target": json.dumps(SCENARIOS),
    }
    return Statistics(xr.Dataset(variables, coords=labels | names, attrs=attributes))


@dataclass(frozen=True)
class Family:
    """A scenario as far as training of parameters looks at it."""

    name: str = "ghost"
    parameters: tuple[Prior, ...] = tuple(Prior(name, "uniform", Bound(1.0), Bound(2.0)) for name in PARAMETERS)


def of_used_regions(statistics: Statistics) -> Statistics:
    """The regions that tell something."""
    return statistics.select(np.flatnonzero(statistics.region_indices < USED_REGIONS))


@pytest.fixture(scope="module")
def training() -> Statistics:
    return of_used_regions(made_up(40, seed=1, first=100))


@pytest.fixture(scope="module")
def bundle(training: Statistics) -> ChoiceBundle:
    """A network that tells these scenarios apart."""
    return genome_training.train_model_choice(training, epochs=30, seed=1, width=0, members=2).bundle


@pytest.fixture(scope="module")
def posterior() -> ParametersBundle:
    """A network that knows these parameters."""
    ghosts = of_used_regions(made_up(120, seed=3, first=200, scenarios=("ghost",)))
    return genome_training.train_parameters(ghosts, Family(), epochs=40, seed=1, width=8, members=1).bundle


@pytest.fixture(scope="module")
def statistics() -> Statistics:
    return made_up(12, seed=2, first=0)


def test_genomes_are_tested_on_their_first_regions(
    choice: ModuleType, statistics: Statistics, bundle: ChoiceBundle
) -> None:
    tested = choice.Tested.of(statistics, USED_REGIONS)
    assert tested.scenarios.tolist() == [name for name in sorted(SCENARIOS) for _ in range(12)]
    assert tested.numbers.tolist() == list(range(12)) * len(SCENARIOS)
    rows = (statistics.scenarios == "archaic") & (statistics.genome_indices == 0)
    pooled = truth.pooled(bundle, tested.genomes)
    assert pooled.num_regions.tolist() == [USED_REGIONS] * len(tested.genomes)
    mean = np.concatenate([statistics.pooled, statistics.population], axis=1)[rows][:USED_REGIONS].mean(axis=0)
    np.testing.assert_allclose(pooled.values[0], mean, rtol=1e-6)
    assert tested.parameter("pulse_time")[0] == statistics.parameter("pulse_time")[rows][0]
    assert np.isnan(tested.parameter("absent")).all()
    assert set(tested.of_scenario("ghost").scenarios) == {"ghost"}


def test_what_is_told_apart_is_decided_rightly(
    choice: ModuleType, statistics: Statistics, bundle: ChoiceBundle
) -> None:
    table = choice.answers(bundle, choice.Tested.of(statistics, USED_REGIONS))
    has_ghost = np.array([SCENARIOS[name] for name in table["scenario"]])
    assert table["has_ghost"].tolist() == has_ghost.tolist()
    assert (table[list(bundle.scenarios)].idxmax(axis=1) == table["scenario"]).all()
    assert ((table["decision"] == "ghost") == has_ghost).all()
    assert ((table["decision"] == "no ghost") == ~has_ghost).all()
    with_ghost = [name for name, is_ghost in SCENARIOS.items() if is_ghost]
    np.testing.assert_allclose(table["p_ghost"], table[with_ghost].sum(axis=1), rtol=1e-9)
    # A genome of one scenario is unlike the others: novel to all of them but its own, and so to none at the level.
    assert (table["scenario_p_value"] < 0.05).mean() < 0.3
    assert (table["p_value"] < 0.01).mean() < 0.1
    power = choice.power_table(table, bundle.ghost_of_target, np.full(len(table), 0.01)).set_index(
        ["against", "genomes_of"]
    )
    for against in choice.rivals(bundle.ghost_of_target):
        assert power.loc[(against, "ghost"), ["value", "lower", "upper"]].tolist() == pytest.approx([1, 1, 1])
        for group in ("ghost, 0.005 to 0.02", "ghost_continuous"):
            assert power.loc[(against, group), ["value", "genomes"]].tolist() == [1, 12]
        assert power.loc[(against, "ghost, 0.02 to 0.2"), "genomes"] == 0
    decided = choice.decision_table(table).set_index("scenario")
    for name, is_ghost in SCENARIOS.items():
        shares = decided.loc[name, ["decided_ghost", "decided_no_ghost", "decided_undecided", "genomes"]]
        assert shares.tolist() == [is_ghost, not is_ghost, 0, 12]


def test_regions_of_another_scenario_make_another_answer(
    choice: ModuleType, statistics: Statistics, bundle: ChoiceBundle
) -> None:
    """Statistics of all four regions are halfway between two scenarios."""
    table = choice.answers(bundle, choice.Tested.of(statistics, REGIONS))
    assert (table[list(bundle.scenarios)].idxmax(axis=1) == table["scenario"]).mean() < 0.9


def test_every_table_of_choice(choice: ModuleType, statistics: Statistics, bundle: ChoiceBundle) -> None:
    tables = choice.choice_tables(bundle, choice.Tested.of(statistics, USED_REGIONS))
    summary = tables["model_choice_summary"].set_index("metric")["value"]
    assert (summary["auc_ghost"], summary["accuracy"]) == pytest.approx((1, 1))
    errors = tables["calibration"].set_index("probability_of")["calibration_error"]
    assert list(errors.index) == ["a ghost", *bundle.scenarios]
    assert errors.max() < 0.1
    reliability = tables["reliability"]
    assert reliability.groupby("probability_of")["count"].sum().to_dict() == dict.fromkeys(errors.index, 12 * 8)
    lowest = reliability[reliability["probability_of"] == "a ghost"].iloc[0]
    assert lowest["observed_frequency"] == 0
    assert lowest["mean_probability"] < 0.1


def answered(scenarios: list[str], p_ghost: list[float], **columns: list[float]) -> pd.DataFrame:
    """A table as `answers` gives it, of three scenarios."""
    table = pd.DataFrame({"scenario": scenarios, "p_ghost": p_ghost})
    defaults = {"ghost": p_ghost, "no_ghost": [1 - p for p in p_ghost], "structure": [0.0] * len(p_ghost)}
    defaults |= {"structure_merged": [0.0] * len(p_ghost), "p_value": [0.5] * len(p_ghost)}
    defaults |= {"scenario_p_value": [0.5] * len(p_ghost), "has_ghost": [name == "ghost" for name in scenarios]}
    return table.assign(**(defaults | columns))


def test_power_is_at_one_false_positive_in_a_hundred(choice: ModuleType) -> None:
    """Of 200 genomes without a ghost two may lie above the cutoff: it is the third highest score."""
    without = np.linspace(0, 0.5, 200).tolist()
    ghosts = [without[-3], without[-3] + 1e-4, 0.9, 0.1]
    table = answered(["no_ghost"] * 200 + ["ghost"] * 4, without + ghosts)
    meanings = {"ghost": True, "no_ghost": False, "structure": False, "structure_merged": False}
    power = choice.power_table(table, meanings, np.array([np.nan] * 200 + [0.01] * 4))
    rows = power[(power["against"] == "all") & (power["genomes_of"] == "ghost, 0.005 to 0.02")]
    assert rows["value"].tolist() == [0.5], "a score at the cutoff does not count"
    interval = stats.binomtest(2, 4).proportion_ci()
    assert rows[["lower", "upper"]].to_numpy().ravel().tolist() == [interval.low, interval.high]
    area = power[(power["against"] == "all") & (power["metric"] == "area_under_roc")]["value"].item()
    above = [sum(score > other for other in without) + sum(score == other for other in without) / 2 for score in ghosts]
    assert area == pytest.approx(sum(above) / 800)


def test_power_against_some_leaves_the_other_scenarios_out_of_the_score(choice: ModuleType) -> None:
    """Of 0.2 and 0.25 for a ghost, the first is the larger share beside no_ghost and structure_merged alone."""
    table = answered(
        ["no_ghost", "ghost"],
        [0.2, 0.25],
        no_ghost=[0.1, 0.25],
        structure=[0.3, 0.1],
        structure_merged=[0.4, 0.4],
    )
    meanings = {"ghost": True, "no_ghost": False, "structure": False, "structure_merged": False}
    power = choice.power_table(table, meanings, np.array([np.nan, 0.01]))
    areas = power[power["metric"] == "area_under_roc"].set_index("against")["value"]
    assert areas.to_dict() == {"no_ghost, structure": 1, "no_ghost, structure_merged": 0, "all": 1}


def test_decisions_and_novelty_are_counted_by_scenario(choice: ModuleType) -> None:
    table = answered(["ghost"] * 4, [0.9, 0.9, 0.5, 0.1], p_value=[0.001, 0.02, 0.5, 0.9]).assign(
        decision=["ghost", "ghost", "undecided", "no ghost"]
    )
    row = choice.decision_table(table).iloc[0]
    assert row[["decided_ghost", "decided_undecided", "decided_no_ghost"]].tolist() == [0.5, 0.25, 0.25]
    assert row[["mean_p_ghost", "novel_at_0.05", "no_scenario_fits"]].tolist() == pytest.approx([0.6, 0.5, 0.25])
    assert row["novel_to_own_at_0.05"] == 0
    novel = choice.novelty_table(table)
    assert novel[["level", "novel", "genomes"]].to_numpy().tolist() == [[0.05, 0.5, 4], [0.01, 0.25, 4]]
    unknown = table.assign(p_value=np.nan)
    assert choice.novelty_table(unknown).empty
    assert np.isnan(choice.decision_table(unknown).iloc[0]["no_scenario_fits"])


def test_calibration_goes_by_what_the_scenario_means(choice: ModuleType) -> None:
    """A scenario with a ghost that is called otherwise counts as one."""
    table = answered(["archaic"] * 50 + ["no_ghost"] * 50, [1.0] * 50 + [0.0] * 50)
    table["has_ghost"] = [True] * 50 + [False] * 50
    right = choice.calibration_table(table, ["no_ghost"]).set_index("probability_of")
    assert right["calibration_error"].to_dict() == {"a ghost": 0, "no_ghost": 0}
    assert right["if_right_upper"].to_dict() == {"a ghost": 0, "no_ghost": 0}
    table["has_ghost"] = [False] * 50 + [True] * 50
    wrong = choice.calibration_table(table, ["no_ghost"]).set_index("probability_of")
    assert wrong.loc["a ghost", ["calibration_error", "if_right", "genomes"]].tolist() == [1, 0, 100]
    half = table.assign(p_ghost=0.5)
    chance = choice.calibration_table(half, []).iloc[0]
    assert chance["calibration_error"] == 0
    assert 0.02 < chance["if_right"] < 0.06, "the mean of |share - 0.5| over samples of 100 is 0.04"


def test_parameters_that_statistics_tell(
    choice: ModuleType, statistics: Statistics, posterior: ParametersBundle
) -> None:
    tables = choice.parameter_tables(posterior, choice.Tested.of(statistics, USED_REGIONS))
    summary = tables["posterior_summary"].set_index("parameter")
    assert list(summary.index) == list(PARAMETERS)
    assert summary["log_r_squared"].min() > 0.6
    assert (summary["log_r_squared_lower"] <= summary["log_r_squared"]).all()
    assert tables["posterior_checks"]["num_genomes"].tolist() == [12, 12], "genomes of the scenario alone"


def test_pulses_are_held_against_their_true_proportion(
    choice: ModuleType, statistics: Statistics, posterior: ParametersBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_check.TRIALS", 5)
    tested = choice.Tested.of(statistics, USED_REGIONS)
    # Another model's genomes: copies of one genome, so that all have the same proportion.
    one = tested.of_scenario("ghost").genomes[:1] * 3
    others = choice.Tested(tuple(choice.dataclasses.replace(genome, scenario="published") for genome in one), {})
    (row,) = choice.pulse_table(posterior, tested, others).to_dict("records")
    assert (row["scenario"], row["genomes"]) == ("published", 3)
    assert row["true_proportion"] == one[0].parameters["ghost_proportion"]
    assert row["lower_90"] < row["median"] < row["upper_90"]
    assert row["median"] == pytest.approx(row["true_proportion"], abs=0.2)
    assert row["intervals_90_hold"] == float(row["lower_90"] <= row["true_proportion"] <= row["upper_90"])


def test_r_squared(choice: ModuleType) -> None:
    true_values = np.arange(10.0)
    assert choice.r_squared(true_values, true_values) == (1, 1, 1)
    value, lower, upper = choice.r_squared(np.full(10, 4.5), true_values)
    assert (value, upper) == pytest.approx((0, 0), abs=1e-9), "the mean of every draw is at least as good"
    assert lower < 0
