"""Model choice and parameters on unseen genomes: did it happen, how much and when, and how far can that be believed.

``python benchmarks/choice.py --folder F`` simulates genomes of every scenario of ``config/scenarios``, many regions
each, trains the two networks that look at whole genomes, and writes the tables of ``benchmarks/choice/``. Only what is
pooled over a region is kept of it, so that genomes may be large; a run goes on from what another left in the folder.
"""

import argparse
import dataclasses
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy import stats
from tqdm import tqdm

from choice_genomes import Batch, batches, statistics_of
from choice_page import page
from families import MODELS, STDPOPSIM, of_stdpopsim, published, without_pulse
from genomes import HUMAN
from introghost import atomic, provenance
from introghost.evaluation import metrics, truth
from introghost.evaluation.model_choice import evaluate_model_choice
from introghost.evaluation.posterior import evaluate_posterior
from introghost.evaluation.tables import write_tables
from introghost.inference import bundle_files, decisions, genome_training, model_choice, novelty, parameters
from introghost.inference.bundles import ChoiceBundle, ParametersBundle, Task
from introghost.inference.decisions import Decision
from introghost.inference.inputs import Pooled
from introghost.simulation import scenarios
from introghost.simulation.scenarios import Scenario
from introghost.statistics import stored
from introghost.statistics.pooled import PLAIN
from introghost.statistics.table import GenomeStatistics, Statistics
from local_check import local_p_values
from robustness import CONFOUNDERS, landscape

SCENARIOS = Path(__file__).parents[1] / "config" / "scenarios"
NAMES = ("no_ghost", "bottleneck", "structure", "structure_merged", "ghost", "ghost_continuous", "outgroup_ghost",
         "back_migration")  # fmt: skip
OUTPUT = Path(__file__).parent / "choice"
PAGE = Path(__file__).parents[1] / "docs" / "model_choice.md"
EPOCHS = 300
ACTIONS = (Decision.GHOST, Decision.NO_GHOST, Decision.UNDECIDED)
PRINTED = ("power", "without_segments", "decisions", "novelty", "calibration", "posterior_summary",
           "posterior_coverage", "posterior_checks", "families", "pulses", "flawed")  # fmt: skip
# The checks that lie beside the networks.
SHIPPED = {
    Task.MODEL_CHOICE: ("power", "decisions", "novelty", "calibration", "reliability", "model_choice_confusion"),
    Task.PARAMETERS: ("posterior_summary", "posterior_coverage", "posterior_checks", "posterior_ranks", "pulses"),
}
# So many times more than of other scenarios, since parameters are learnt and tested on these alone; numbered apart.
MORE_GHOSTS, APART = 5, 1_000
TRAIN, TEST = 70_000, 60_000  # first genomes; those before are what `human` was trained and tested on
PARTS = (1, 2, 5, 8)  # of whole genomes, their half and so on
CLASSES = ((0.003, 0.005), (0.005, 0.02), (0.02, 0.2))
FALSE_POSITIVES = 0.01
CHANCE_DRAWS = 100  # of the calibration error of probabilities that are right
OF_INTEREST = ("ghost_proportion", "pulse_time", "ghost_split_time")
FLAWS = ("allele-count filter", "mask", "missing genotypes", "genotype error", "switch error", "sample size")
FLAWED_GENOMES, FLAWED_REGIONS = 5, 20

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Tested:
    """Genomes to test on.

    Attributes
    ----------
    genomes : tuple of GenomeStatistics
        Sorted by scenario and number.
    ghost_of_target : mapping of str to bool
        Whether in each of their scenarios a ghost gave to the target.
    """

    genomes: tuple[GenomeStatistics, ...]
    ghost_of_target: Mapping[str, bool]

    @classmethod
    def of(cls, statistics: Statistics, num_regions: int) -> "Tested":
        """The first regions of each genome."""
        genomes = sorted(statistics.genomes(), key=lambda genome: (genome.scenario, genome.genome))
        return cls(tuple(first_regions(genome, num_regions) for genome in genomes), statistics.ghost_of_target)

    @property
    def scenarios(self) -> NDArray[np.str_]:
        """Scenario of each genome."""
        return np.array([genome.scenario for genome in self.genomes], dtype=np.str_)

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Number of each genome within its scenario."""
        return np.array([genome.genome for genome in self.genomes], dtype=np.int64)

    def parameter(self, name: str) -> NDArray[np.float64]:
        """One parameter of each genome; NaN where a scenario lacks it."""
        return np.array([genome.parameters.get(name, np.nan) for genome in self.genomes], dtype=np.float64)

    def of_scenario(self, name: str) -> "Tested":
        """The genomes of one scenario."""
        chosen = tuple(genome for genome in self.genomes if genome.scenario == name)
        return dataclasses.replace(self, genomes=chosen)


def first_regions(genome: GenomeStatistics, number: int) -> GenomeStatistics:
    """The same genome with so many regions at most."""
    return dataclasses.replace(
        genome,
        rows=genome.rows[:number],
        pooled=genome.pooled[:number],
        usable=genome.usable[:number],
        population=genome.population[:number],
    )


def answers(bundle: ChoiceBundle, tested: Tested) -> pd.DataFrame:
    """What the network says of each genome.

    Returns
    -------
    DataFrame
        A row for each genome: scenario, has_ghost (the truth), a column for each scenario of the bundle with its
        probability, p_ghost, decision (at the default costs), and p-values of novelty under its own scenario
        (scenario_p_value, NaN for other scenarios than the bundle's) and under all (p_value); NaN where the bundle
        can't tell novelty.
    """
    pooled = truth.pooled(bundle, tested.genomes)
    probabilities = model_choice.scenario_probabilities(bundle, pooled)
    rows = [dict(zip(bundle.scenarios, row, strict=True)) for row in probabilities.tolist()]
    verdicts = [decisions.decide(row, bundle.ghost_of_target) for row in rows]
    ghost_of_target = {**bundle.ghost_of_target, **tested.ghost_of_target}
    each, together = novelty_p_values(bundle, pooled)
    columns = [bundle.scenarios.index(name) if name in bundle.scenarios else None for name in tested.scenarios]
    own_p_values = [np.nan if column is None else row[column] for column, row in zip(columns, each, strict=True)]
    return pd.DataFrame(probabilities, columns=list(bundle.scenarios)).assign(
        p_ghost=[verdict.p_ghost for verdict in verdicts],
        decision=[str(verdict.decision) for verdict in verdicts],
        scenario_p_value=own_p_values,
        p_value=together,
        scenario=tested.scenarios,
        has_ghost=[ghost_of_target[name] for name in tested.scenarios.tolist()],
    )


def novelty_p_values(bundle: ChoiceBundle, pooled: Pooled) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`novelty.p_values` of genomes; NaN where training had too few genomes to tell novelty."""
    if not bundle.knows_novelty:
        return np.full((len(pooled), len(bundle.scenarios)), np.nan), np.full(len(pooled), np.nan)
    with torch.inference_mode():
        roots = bundle.network.standardise.roots(pooled.tensors()[0]).numpy()
    return novelty.p_values(bundle.network.novelty, roots, pooled.num_regions)


def share_below(p_values: pd.Series, level: float) -> float:
    """How many are below; NaN where one is not known."""
    return float((p_values < level).mean()) if p_values.notna().all() else np.nan


def decision_table(table: pd.DataFrame) -> pd.DataFrame:
    """What was decided at the default costs, and how many genomes are novel, by scenario.

    Parameters
    ----------
    table : DataFrame
        Of `answers`.
    """
    rows = []
    for scenario, genomes in table.groupby("scenario", sort=False):
        shares = genomes["decision"].value_counts(normalize=True)
        rows.append(
            {
                "scenario": scenario,
                "genomes": len(genomes),
                **{f"decided_{action.replace(' ', '_')}": shares.get(str(action), 0.0) for action in ACTIONS},
                "mean_p_ghost": genomes["p_ghost"].mean(),
                "novel_to_own_at_0.05": share_below(genomes["scenario_p_value"], 0.05),
                "novel_at_0.05": share_below(genomes["p_value"], 0.05),
                "no_scenario_fits": share_below(genomes["p_value"], decisions.NOVELTY_LEVEL),
            }
        )
    return pd.DataFrame(rows)


def novelty_table(table: pd.DataFrame) -> pd.DataFrame:
    """How many genomes are novel at each level; of those that were trained on, as many of each scenario, that is it."""
    rows = []
    for level in (0.05, decisions.NOVELTY_LEVEL) if table["p_value"].notna().all() else ():
        number = int((table["p_value"] < level).sum())
        interval = stats.binomtest(number, len(table)).proportion_ci()
        rows.append((level, number / len(table), *interval, len(table)))
    return pd.DataFrame(rows, columns=["level", "novel", "lower", "upper", "genomes"])


def calibration_table(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Calibration errors, and those that probabilities which are right would have with as many genomes.

    Parameters
    ----------
    table : DataFrame
        Of `answers`.
    names : sequence of str
        Scenarios of the network.
    """
    rng = np.random.default_rng(1)
    cases = [("a ghost", "p_ghost", table["has_ghost"].to_numpy(dtype=bool))]
    cases += [(name, name, (table["scenario"] == name).to_numpy()) for name in names]
    rows = []
    for name, column, is_true in cases:
        probability = table[column].to_numpy()
        # Errors of truths that are drawn with these very probabilities.
        chance = [
            metrics.expected_calibration_error(probability, rng.random(len(probability)) < probability)
            for _ in range(CHANCE_DRAWS)
        ]
        error = metrics.expected_calibration_error(probability, is_true)
        rows.append((name, error, np.mean(chance), np.quantile(chance, 0.95), len(table)))
    columns = ["probability_of", "calibration_error", "if_right", "if_right_upper", "genomes"]
    return pd.DataFrame(rows, columns=columns)


def reliability_table(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Mean probability against observed frequency, of a ghost and of each scenario; see `calibration_table`."""
    ghost = metrics.reliability_table(table["p_ghost"], table["has_ghost"]).assign(probability_of="a ghost")
    tables = [
        metrics.reliability_table(table[name], table["scenario"] == name).assign(probability_of=name) for name in names
    ]
    return pd.concat([ghost, *tables], ignore_index=True)


def rivals(ghost_of_target: Mapping[str, bool]) -> dict[str, list[str]]:
    """Scenarios without a ghost against which power is measured, by the name of the set."""
    return {
        "no_ghost, structure": ["no_ghost", "structure"],
        "no_ghost, structure_merged": ["no_ghost", "structure_merged"],
        "all": [name for name, has_ghost in ghost_of_target.items() if not has_ghost],
    }


def power_table(
    table: pd.DataFrame, ghost_of_target: Mapping[str, bool], proportion: NDArray[np.float64]
) -> pd.DataFrame:
    """Area under the curve, and power at one false positive in a hundred, against scenarios without a ghost.

    The score is the probability of a ghost if only those scenarios and the ones with a ghost are held possible.

    Parameters
    ----------
    table : DataFrame
        Of `answers`.
    ghost_of_target : mapping of str to bool
        The scenarios of the network, and whether in each a ghost gave to the target.
    proportion : ndarray of float64, shape (num_genomes,)
        Of a pulse, in genomes of ``ghost``.
    """
    scenario, rows = table["scenario"].to_numpy(dtype=str), []
    with_ghost = table[[name for name, has_ghost in ghost_of_target.items() if has_ghost]].sum(axis=1).to_numpy()
    pulse = scenario == "ghost"
    groups = {f"ghost, {low:g} to {high:g}": pulse & (proportion >= low) & (proportion < high) for low, high in CLASSES}
    groups["ghost_continuous"] = scenario == "ghost_continuous"
    for name, others in rivals(ghost_of_target).items():
        score = with_ghost / (with_ghost + table[others].sum(axis=1).to_numpy())
        without = np.isin(scenario, others)
        cutoff = np.sort(score[without])[-1 - int(FALSE_POSITIVES * without.sum())]  # at most so many lie above
        rows.append((name, "ghost", "area_under_roc", *area(score, pulse, without), int(pulse.sum())))
        for group, chosen in groups.items():
            positives, number = int((score[chosen] > cutoff).sum()), int(chosen.sum())
            interval = stats.binomtest(positives, number).proportion_ci() if number else (np.nan, np.nan)
            rows.append((name, group, "power", positives / max(number, 1), *interval, number))
    return pd.DataFrame(rows, columns=["against", "genomes_of", "metric", "value", "lower", "upper", "genomes"])


def area(score: NDArray[np.float64], positive: Flags, negative: Flags) -> tuple[float, float, float]:
    """Area under the curve with its bootstrap interval."""
    both = positive | negative
    scores, labels = score[both], positive[both]

    def area_of_draw(draw: NDArray[np.int64]) -> float:
        return metrics.area_under_roc(np.repeat(scores, draw), np.repeat(labels, draw))

    return value_and_interval(area_of_draw, len(scores))


def value_and_interval(statistic: Callable[[NDArray[np.int64]], float], number: int) -> tuple[float, float, float]:
    """A statistic of all genomes, and its bootstrap interval over them."""
    return statistic(np.ones(number, np.int64)), *metrics.bootstrap_interval(statistic, number, seed=1)


def choice_tables(bundle: ChoiceBundle, tested: Tested) -> dict[str, pd.DataFrame]:
    """Accuracy, calibration, decisions and novelty of the choice between scenarios."""
    table, names = answers(bundle, tested), list(bundle.scenarios)
    equal = tested.numbers < TEST + APART  # as many of each scenario
    meanings = {**bundle.ghost_of_target, **tested.ghost_of_target}
    probabilities = table.loc[equal, names].to_numpy()
    return {
        "power": power_table(table, bundle.ghost_of_target, tested.parameter("ghost_proportion")),
        "decisions": decision_table(table),
        "novelty": novelty_table(table[equal]),
        "calibration": calibration_table(table[equal], names),
        "reliability": reliability_table(table[equal], names),
        **evaluate_model_choice(probabilities, names, tested.scenarios[equal], meanings, seed=1),
    }


def parameter_tables(bundle: ParametersBundle, tested: Tested) -> dict[str, pd.DataFrame]:
    """Calibration and sharpness of the parameter posterior; R squared also of the logarithms."""
    tested, names = tested.of_scenario(bundle.scenario), bundle.scale.names
    true_values = {name: tested.parameter(name) for name in names}
    draws = parameters.draw(bundle, truth.pooled(bundle, tested.genomes), 1000)
    tables = evaluate_posterior(draws, bundle.scale.to_normal(true_values), names, seed=1)
    values = bundle.scale.from_normal(draws)
    logarithms = [r_squared(np.log(values[name]).mean(axis=1), np.log(true_values[name])) for name in names]
    columns = ["log_r_squared", "log_r_squared_lower", "log_r_squared_upper"]
    of_logarithms = pd.DataFrame(logarithms, columns=columns)
    tables["posterior_summary"] = pd.concat([tables["posterior_summary"], of_logarithms], axis=1)
    return tables


def r_squared(means: NDArray[np.float64], true_values: NDArray[np.float64]) -> tuple[float, float, float]:
    """R squared of posterior means, and its bootstrap interval over genomes."""

    def r_squared_of_draw(draw: NDArray[np.int64]) -> float:
        error = np.average((means - true_values) ** 2, weights=draw)
        centre = np.average(true_values, weights=draw)
        return float(1 - error / np.average((true_values - centre) ** 2, weights=draw))

    return value_and_interval(r_squared_of_draw, len(true_values))


def predictors(bundle: ParametersBundle, pooled: Pooled) -> NDArray[np.float64]:
    """Linear predictors of the parameters, which the posterior of each genome is conditioned on."""
    with torch.inference_mode():
        return np.asarray(bundle.network.predict(*pooled.tensors()).double().numpy())


def pulse_table(bundle: ParametersBundle, tested: Tested, others: Tested) -> pd.DataFrame:
    """The posterior of genomes of models with a pulse that nobody trained on, and whether it is right where they lie.

    The local check is made for the parameters of interest, with the predictors of these.
    """
    interest = [bundle.scale.names.index(name) for name in OF_INTEREST]
    # Simulated genomes: one draw from the posterior of each, of the members of the ensemble by turns.
    simulated = tested.of_scenario(bundle.scenario)
    pooled = truth.pooled(bundle, simulated.genomes)
    every_draw, channels = parameters.draw(bundle, pooled, 300), predictors(bundle, pooled)[:, interest]
    turns = np.random.default_rng(1).integers(300, size=len(every_draw))
    draws = every_draw[np.arange(len(every_draw)), turns][:, interest]
    true_values = bundle.scale.to_normal({name: simulated.parameter(name) for name in bundle.scale.names})[:, interest]
    rows, proportion = [], others.parameter("ghost_proportion")
    for scenario in dict.fromkeys(others.scenarios[np.isfinite(proportion)].tolist()):
        observed = others.of_scenario(scenario)
        pooled = truth.pooled(bundle, observed.genomes)
        posterior, at = parameters.draw(bundle, pooled, 1000), predictors(bundle, pooled)[:, interest]
        p_values = local_p_values(draws, true_values, channels, posterior[:, :, interest], at)
        # The posterior of the proportion beside the true one, which is the same in all genomes.
        values = bundle.scale.from_normal(posterior)["ghost_proportion"]
        true_proportion = observed.parameter("ghost_proportion")
        low, median, high = np.quantile(values, (0.05, 0.5, 0.95), axis=1)
        holds = (low <= true_proportion) & (true_proportion <= high)
        rows.append((scenario, len(at), true_proportion[0], np.median(median), np.median(low), np.median(high),
                     np.mean(holds), np.mean(p_values < 0.05)))  # fmt: skip
    columns = ["scenario", "genomes", "true_proportion", "median", "lower_90", "upper_90", "intervals_90_hold",
               "local_check_rejects"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class Networks:
    """Both networks for whole genomes."""

    choice: ChoiceBundle
    parameters: ParametersBundle

    @classmethod
    def trained_on(cls, statistics: Statistics) -> "Networks":
        """Those of some statistics."""
        ghost = scenarios.load(SCENARIOS / "ghost")
        return cls(
            genome_training.train_model_choice(statistics, epochs=EPOCHS, seed=1).bundle,
            genome_training.train_parameters(statistics, ghost, epochs=EPOCHS, seed=1).bundle,
        )


def without_segments(statistics: Statistics) -> Statistics:
    """The same without what the segment network says."""
    plain = statistics.dataset.sel(pooled_statistic=list(PLAIN.names))
    return Statistics(plain.assign_attrs({stored.SEGMENT_MODEL: PLAIN.segment_model_digest}))


def families(folder: Path, python: Path | None) -> list[Scenario]:
    """Models that the networks were not trained on."""
    models = [published(name) for name in MODELS]
    models += [without_pulse(scenario) for scenario in models if scenario.template.get("pulses")]
    return models + ([of_stdpopsim(python, name, folder) for name in STDPOPSIM] if python else [])


def flawed(folder: Path) -> dict[str, list[Batch]]:
    """Genomes of a published model, with its pulse and without it, as data with one typical flaw show them."""
    landscape(folder)
    pulse = published("human_neanderthal")
    return {
        name: [
            batch
            for scenario in (pulse, without_pulse(pulse))
            for batch in batches(folder, scenario, TEST, FLAWED_GENOMES, FLAWED_REGIONS, CONFOUNDERS[name][0])
        ]
        for name in FLAWS
    }


@dataclass(frozen=True)
class Plan:
    """Batches of genomes by what they are for; `flawed` by the flaw."""

    num_regions: int
    train: list[Batch]
    test: list[Batch]
    families: list[Batch]
    flawed: dict[str, list[Batch]]

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> "Plan":
        """What the options ask for."""
        folder, num_regions = arguments.folder, arguments.regions
        trained = [scenarios.load(SCENARIOS / name) for name in NAMES]
        others = families(folder / "stdpopsim", arguments.stdpopsim)
        ghost = next(scenario for scenario in trained if scenario.name == "ghost")

        def of_each(models: list[Scenario], first: int, number: int) -> list[Batch]:
            return [batch for model in models for batch in batches(folder, model, first, number, num_regions)]

        def with_more_ghosts(first: int, number: int) -> list[Batch]:
            more = batches(folder, ghost, first + APART, MORE_GHOSTS * number, num_regions)
            return of_each(trained, first, number) + more

        return cls(
            num_regions=num_regions,
            train=with_more_ghosts(TRAIN, arguments.genomes),
            test=with_more_ghosts(TEST, arguments.test_genomes),
            families=of_each(others, TEST, arguments.family_genomes),
            flawed=flawed(folder),
        )

    def run(self, workers: int) -> None:
        """Simulate all of them, unless a run before has."""
        flaws = [batch for group in self.flawed.values() for batch in group]
        everything = [*self.train, *self.test, *self.families, *flaws]
        with ProcessPoolExecutor(workers) as pool:
            for _ in tqdm(pool.map(Batch.run, everything), total=len(everything), desc="batches of genomes"):
                pass


def all_tables(networks: Networks, plan: Plan, train: Statistics, test: Statistics) -> dict[str, pd.DataFrame]:
    """Every table of the benchmark, by the name of its file."""
    others = Tested.of(statistics_of(plan.families), plan.num_regions)
    tables = {
        "families": decision_table(answers(networks.choice, others)),
        "pulses": pulse_table(networks.parameters, Tested.of(test, plan.num_regions), others),
        "flawed": pd.concat(
            decision_table(answers(networks.choice, Tested.of(statistics_of(group), FLAWED_REGIONS))).assign(flaw=name)
            for name, group in plan.flawed.items()
        ),
    }
    for number in sorted({max(plan.num_regions // part, 1) for part in PARTS}, reverse=True):
        tested = Tested.of(test, number)
        of_number = choice_tables(networks.choice, tested) | parameter_tables(networks.parameters, tested)
        for name, table in of_number.items():
            tables[name] = pd.concat([tables.get(name), table.assign(regions=number)])
    simpler = genome_training.train_model_choice(without_segments(train), epochs=EPOCHS, seed=1).bundle
    tested = Tested.of(without_segments(test), plan.num_regions)
    return tables | {"without_segments": choice_tables(simpler, tested)["power"]}


def save(networks: Networks, folder: Path, tables: Mapping[str, pd.DataFrame], record: Mapping[str, object]) -> None:
    """Write the networks with what made them, and the tables that say how far to trust them beside them."""
    for bundle in (networks.choice, networks.parameters):
        bundle_files.save(dataclasses.replace(bundle, provenance=record), folder / bundle.task)
        write_tables({name: tables[name] for name in SHIPPED[bundle.task]}, folder / bundle.task)


def number_of(text: str) -> int:
    """An option's value."""
    if not 0 < int(text) <= APART // 2:
        raise argparse.ArgumentTypeError(f"{text} is not from 1 to {APART // 2}: genomes are numbered by that")
    return int(text)


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="keep genomes here, and go on from what is there")
    parser.add_argument("--regions", type=number_of, default=50, help="of 1 Mb, of each genome")
    parser.add_argument("--genomes", type=number_of, default=100, help="of each scenario, to train on")
    parser.add_argument("--test-genomes", type=number_of, default=60, help="of each scenario")
    parser.add_argument("--family-genomes", type=number_of, default=20, help="of each model that nobody trains on")
    parser.add_argument("--stdpopsim", type=Path, help="python of an environment with stdpopsim: its models as well")
    parser.add_argument("--save", type=Path, help="write the networks into this folder, beside segments/")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: all cores)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of the tables")
    parser.add_argument("--page", type=Path, default=PAGE, help="what is written of them")
    return parser.parse_args()


def main() -> None:
    """Simulate, train, evaluate and write."""
    arguments = options()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    plan = Plan.of(arguments)
    plan.run(arguments.workers)
    logging.basicConfig(format="%(message)s", level=logging.INFO)  # msprime would tell of every genome
    train, test = statistics_of(plan.train), statistics_of(plan.test)
    networks = Networks.trained_on(train)
    tables = all_tables(networks, plan, train, test)
    write_tables(tables, arguments.output)
    sizes = {key: getattr(arguments, key) for key in ("regions", "genomes", "test_genomes", "family_genomes")}
    places = {"folder": "FOLDER"} | ({"stdpopsim": "PYTHON"} if arguments.stdpopsim else {})
    record = provenance.record("benchmarks/choice.py", sizes | places, {"segments": HUMAN})
    atomic.write_json(arguments.output / provenance.COMPLETE, record)
    if arguments.save:
        save(networks, arguments.save, tables, record)
    atomic.write_text(arguments.page, page(arguments.output))
    for name in PRINTED:
        print(f"\n{name}\n{tables[name].to_string(index=False)}")


if __name__ == "__main__":
    main()
