"""Model choice and parameters on unseen genomes: did it happen, how much and when, and how far can that be believed.

``python benchmarks/choice.py --folder F`` simulates genomes of every scenario of ``config/scenarios``, many regions
each, trains the two networks that look at whole genomes, and writes the tables of ``benchmarks/choice/``. Only what is
pooled over a region is kept of it, so that genomes may be large; a run goes on from what another left in the folder.
"""

import argparse
import json
import logging
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import xarray as xr
from numpy.typing import NDArray
from scipy import stats
from tqdm import tqdm

from choice_genomes import HUMAN, Batch, batches, join
from choice_page import page
from families import MODELS, STDPOPSIM, of_stdpopsim, published, without_pulse
from introghost import provenance
from introghost.evaluation import metrics
from introghost.evaluation.model_choice import evaluate_model_choice
from introghost.evaluation.posterior import evaluate_posterior
from introghost.evaluation.tables import write_tables
from introghost.inference import application, bundle, decisions, genome_training, inputs, novelty, parameters
from introghost.inference.inputs import Pooled
from introghost.simulation import scenarios
from introghost.simulation.scenarios import Scenario
from introghost.statistics.haplotype import usable_bins
from introghost.statistics.pooled import POOLED
from introghost.statistics.table import Statistics
from local_check import local_p_values
from robustness import CONFOUNDERS, landscape

SCENARIOS = Path(__file__).parents[1] / "config" / "scenarios"
NAMES = ("no_ghost", "bottleneck", "structure", "structure_merged", "ghost", "ghost_continuous", "outgroup_ghost",
         "back_migration")  # fmt: skip
OUTPUT = Path(__file__).parent / "choice"
PAGE = Path(__file__).parents[1] / "docs" / "model_choice.md"
EPOCHS = 300
ACTIONS = ("ghost", "no ghost", "undecided")
AGAINST = {
    "no_ghost, structure": ("no_ghost", "structure"),
    "no_ghost, structure_merged": ("no_ghost", "structure_merged"),
    "all": tuple(name for name in NAMES if not decisions.has_ghost(name)),
}
PRINTED = ("power", "without_segments", "decisions", "novelty", "calibration", "posterior_summary",
           "posterior_coverage", "posterior_checks", "families", "pulses", "flawed")  # fmt: skip
# The checks that lie beside the networks.
SHIPPED = {
    "model-choice": ("power", "decisions", "novelty", "calibration", "reliability", "model_choice_confusion"),
    "parameters": ("posterior_summary", "posterior_coverage", "posterior_checks", "posterior_ranks", "pulses"),
}
# So many times more than of other scenarios, since parameters are learnt and tested on these alone; numbered apart.
MORE_GHOSTS, APART = 5, 1_000
TRAIN, TEST = 70_000, 60_000  # first genomes; those before are what `human` was trained and tested on
CLASSES = ((0.003, 0.005), (0.005, 0.02), (0.02, 0.2))
FALSE_POSITIVES = 0.01
OF_INTEREST = ("ghost_proportion", "pulse_time", "ghost_split_time")
FLAWS = ("allele-count filter", "mask", "missing genotypes", "genotype error", "switch error", "sample size")
FLAWED_GENOMES, FLAWED_REGIONS = 5, 20


@dataclass(frozen=True)
class Tested:
    """Genomes to test on: what networks are given of each, when they know of so many regions, and what is true."""

    pooled: Pooled
    scenario: NDArray[np.str_]
    labels: pd.DataFrame

    @classmethod
    def of(cls, data: xr.Dataset, num_regions: int) -> "Tested":
        """Of the first regions of each genome."""
        labels = pd.DataFrame({str(name): data[name].values for name in data.coords if data[name].dims == ("region",)})
        usable = usable_bins(data["callable_fraction"].values)
        values, population = data["pooled_statistics"].values, data["population_statistics"].values
        genomes = labels.groupby(["scenario", "genome"], sort=True).groups.values()
        rows = [own.to_numpy()[:num_regions] for own in genomes]
        pooled = [Pooled.of(inputs.pool_each(values[own], usable[own], population[own])) for own in rows]
        labels = labels.iloc[[own[0] for own in rows]].reset_index(drop=True)
        return cls(Pooled.stack(pooled), labels["scenario"].to_numpy(dtype=str), labels)

    def parameter(self, name: str) -> NDArray[np.float64]:
        """NaN where a scenario lacks it."""
        return self.labels[f"parameter_{name}"].to_numpy(dtype=np.float64)


def answers(trained: bundle.Bundle, tested: Tested) -> pd.DataFrame:
    """One row a genome: scenario, probability of each scenario and of a ghost, decision, p-values of novelty."""
    names = trained.description["scenarios"]
    probabilities = application.scenario_probabilities(trained, tested.pooled)
    with torch.inference_mode():
        roots = trained.network.standardise.roots(torch.from_numpy(tested.pooled.values)).numpy()
    each, together = np.full((len(roots), len(names)), np.nan), np.full(len(roots), np.nan)
    if trained.description["architecture"]["references"]:
        each, together = novelty.p_values(trained.network.novelty, roots, tested.pooled.num_regions)
    table = pd.DataFrame(probabilities, columns=names)
    told = [decisions.answer(dict(zip(names, row, strict=True))) for row in probabilities]
    table["p_ghost"] = [one["p_ghost"] for one in told]
    table["decision"] = [one["decision"] for one in told]
    own = [names.index(name) if name in names else None for name in tested.scenario]
    table["own_p_value"] = [np.nan if index is None else row[index] for index, row in zip(own, each, strict=True)]
    table["p_value"] = together
    return table.assign(scenario=tested.scenario)


def share_below(p_values: pd.Series, level: float) -> float:
    """How many are below; NaN where one is not known."""
    return float((p_values < level).mean()) if p_values.notna().all() else np.nan


def decided(told: pd.DataFrame) -> pd.DataFrame:
    """What was decided at the default costs, and how many genomes are novel, by scenario."""
    rows = []
    for scenario, own in told.groupby("scenario", sort=False):
        shares = own["decision"].value_counts(normalize=True)
        rows.append(
            {
                "scenario": scenario,
                "genomes": len(own),
                **{f"decided_{name.replace(' ', '_')}": shares.get(name, 0.0) for name in ACTIONS},
                "mean_p_ghost": own["p_ghost"].mean(),
                "novel_to_own_at_0.05": share_below(own["own_p_value"], 0.05),
                "novel_at_0.05": share_below(own["p_value"], 0.05),
                "no_scenario_fits": share_below(own["p_value"], decisions.NOVELTY_LEVEL),
            }
        )
    return pd.DataFrame(rows)


def novel(told: pd.DataFrame) -> pd.DataFrame:
    """How many genomes are novel at each level; of those that were trained on, as many of each scenario, that is it."""
    rows = []
    for level in (0.05, decisions.NOVELTY_LEVEL) if told["p_value"].notna().all() else ():
        found = int((told["p_value"] < level).sum())
        rows.append((level, found / len(told), *stats.binomtest(found, len(told)).proportion_ci(), len(told)))
    return pd.DataFrame(rows, columns=["level", "novel", "lower", "upper", "genomes"])


def calibrated(told: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Calibration errors, and those that probabilities which are right would have with as many genomes."""
    rng = np.random.default_rng(1)
    rows = [("a ghost", "p_ghost", np.array([decisions.has_ghost(name) for name in told["scenario"]]))]
    rows += [(name, name, (told["scenario"] == name).to_numpy()) for name in names]
    table = []
    for name, column, truth in rows:
        probability = told[column].to_numpy()
        chance = [
            metrics.expected_calibration_error(probability, rng.random(len(probability)) < probability)
            for _ in range(100)
        ]
        error = metrics.expected_calibration_error(probability, truth)
        table.append((name, error, np.mean(chance), np.quantile(chance, 0.95), len(told)))
    columns = ["probability_of", "calibration_error", "if_right", "if_right_upper", "genomes"]
    return pd.DataFrame(table, columns=columns)


def reliable(told: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Mean probability against observed frequency, of a ghost and of each scenario."""
    tables = [
        metrics.reliability_table(told[name], told["scenario"] == name).assign(probability_of=name) for name in names
    ]
    with_ghost = np.array([decisions.has_ghost(name) for name in told["scenario"]])
    ghost = metrics.reliability_table(told["p_ghost"], with_ghost).assign(probability_of="a ghost")
    return pd.concat([ghost, *tables], ignore_index=True)


def power(told: pd.DataFrame, names: list[str], proportion: NDArray[np.float64]) -> pd.DataFrame:
    """Area under the curve, and power at one false positive in a hundred, against scenarios without a ghost.

    The score is the probability of a ghost if only those scenarios and the ones with a ghost are held possible.
    """
    truth, rows = told["scenario"].to_numpy(dtype=str), []
    with_ghost = told[[name for name in names if decisions.has_ghost(name)]].sum(axis=1).to_numpy()
    pulse = truth == "ghost"
    classes = {
        f"ghost, {low:g} to {high:g}": pulse & (proportion >= low) & (proportion < high) for low, high in CLASSES
    }
    classes["ghost_continuous"] = truth == "ghost_continuous"
    for name, others in AGAINST.items():
        score = with_ghost / (with_ghost + told[list(others)].sum(axis=1).to_numpy())
        without = np.isin(truth, others)
        cutoff = np.sort(score[without])[-1 - int(FALSE_POSITIVES * without.sum())]  # at most so many lie above
        rows.append((name, "ghost", "area_under_roc", *area(score, pulse, without), int(pulse.sum())))
        for group, chosen in classes.items():
            found, number = int((score[chosen] > cutoff).sum()), int(chosen.sum())
            interval = stats.binomtest(found, number).proportion_ci() if number else (np.nan, np.nan)
            rows.append((name, group, "power", found / max(number, 1), *interval, number))
    return pd.DataFrame(rows, columns=["against", "genomes_of", "metric", "value", "lower", "upper", "genomes"])


def area(score: NDArray[np.float64], positive: NDArray[np.bool_], negative: NDArray[np.bool_]) -> list[float]:
    """Area under the curve with its bootstrap interval."""
    both = positive | negative
    scores, labels = score[both], positive[both]

    def of_draw(draw: NDArray[np.int64]) -> float:
        return metrics.area_under_roc(np.repeat(scores, draw), np.repeat(labels, draw))

    return [of_draw(np.ones(len(scores), np.int64)), *metrics.bootstrap_interval(of_draw, len(scores), seed=1)]


def choice_tables(trained: bundle.Bundle, tested: Tested) -> dict[str, pd.DataFrame]:
    """Accuracy, calibration, decisions and novelty of the choice between scenarios."""
    told, names = answers(trained, tested), trained.description["scenarios"]
    equal = (tested.labels["genome"] < TEST + APART).to_numpy()  # as many of each scenario
    ghosts = {name: decisions.has_ghost(name) for name in (*names, *tested.scenario.tolist())}
    return {
        "power": power(told, names, tested.parameter("ghost_proportion")),
        "decisions": decided(told),
        "novelty": novel(told[equal]),
        "calibration": calibrated(told[equal], names),
        "reliability": reliable(told[equal], names),
        **evaluate_model_choice(told.loc[equal, names].to_numpy(), names, tested.scenario[equal], ghosts, seed=1),
    }


def parameter_tables(trained: bundle.Bundle, tested: Tested) -> dict[str, pd.DataFrame]:
    """Calibration and sharpness of the parameter posterior; R squared also of the logarithms."""
    own = tested.scenario == trained.description["scenario"]
    scale = parameters.scale(trained)
    known = {name: tested.parameter(name)[own] for name in scale.names}
    draws = parameters.draw(trained, tested.pooled[own], 1000)
    tables = evaluate_posterior(draws, scale.to_normal(known), scale.names, seed=1)
    values = scale.from_normal(draws)
    logarithms = [explained(np.log(values[name]).mean(axis=1), np.log(known[name])) for name in scale.names]
    columns = ["log_r_squared", "log_r_squared_lower", "log_r_squared_upper"]
    more = pd.DataFrame(logarithms, columns=columns)
    tables["posterior_summary"] = pd.concat([tables["posterior_summary"], more], axis=1)
    return tables


def explained(means: NDArray[np.float64], truth: NDArray[np.float64]) -> list[float]:
    """R squared of posterior means, and its bootstrap interval over genomes."""

    def of_draw(draw: NDArray[np.int64]) -> float:
        error = np.average((means - truth) ** 2, weights=draw)
        return float(1 - error / np.average((truth - np.average(truth, weights=draw)) ** 2, weights=draw))

    return [of_draw(np.ones(len(truth), np.int64)), *metrics.bootstrap_interval(of_draw, len(truth), seed=1)]


def pulse_table(trained: bundle.Bundle, tested: Tested, others: Tested) -> pd.DataFrame:
    """The posterior of genomes of models with a pulse that nobody trained on, and whether it is right where they lie.

    The local check is made for the parameters of interest, with what the posterior is told of these.
    """
    scale = parameters.scale(trained)
    asked = [scale.names.index(name) for name in OF_INTEREST]

    def told(of: Tested, chosen: NDArray[np.bool_], number: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        pooled = of.pooled[chosen]
        with torch.inference_mode():
            about = trained.network.predict(*pooled.tensors()).double().numpy()
        return parameters.draw(trained, pooled, number), about[:, asked]

    own = tested.scenario == trained.description["scenario"]
    draws, about = told(tested, own, 300)  # members of the ensemble by turns: one draw of any
    draws = draws[np.arange(len(draws)), np.random.default_rng(1).integers(300, size=len(draws))][:, asked]
    truth = scale.to_normal({name: tested.parameter(name)[own] for name in scale.names})[:, asked]
    rows, proportion = [], others.parameter("ghost_proportion")
    for scenario in dict.fromkeys(others.scenario[np.isfinite(proportion)]):
        chosen = others.scenario == scenario
        found, at = told(others, chosen, 1000)
        p_values = local_p_values(draws, truth, about, found[:, :, asked], at)
        values = scale.from_normal(found)["ghost_proportion"]
        known = proportion[chosen]
        low, median, high = np.quantile(values, (0.05, 0.5, 0.95), axis=1)
        rows.append((scenario, len(at), known[0], np.median(median), np.median(low), np.median(high),
                     np.mean((low <= known) & (known <= high)), np.mean(p_values < 0.05)))  # fmt: skip
    columns = ["scenario", "genomes", "true_proportion", "median", "lower_90", "upper_90", "intervals_90_hold",
               "local_check_rejects"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def train(data: xr.Dataset) -> dict[str, bundle.Bundle]:
    """Both networks for whole genomes."""
    ghost = scenarios.load(SCENARIOS / "ghost")
    return {
        "model-choice": genome_training.train_model_choice(Statistics(data), epochs=EPOCHS, seed=1).bundle,
        "parameters": genome_training.train_parameters(Statistics(data), ghost, epochs=EPOCHS, seed=1).bundle,
    }


def without_segments(data: xr.Dataset) -> xr.Dataset:
    """The same without what the segment network says."""
    return data.isel(pooled_statistic=slice(0, len(POOLED))).assign_attrs(segments="")


def families(folder: Path, python: Path | None) -> list[Scenario]:
    """Models that the networks were not trained on."""
    found = [published(name) for name in MODELS]
    found += [without_pulse(scenario) for scenario in found if scenario.template.get("pulses")]
    return found + ([of_stdpopsim(python, name, folder) for name in STDPOPSIM] if python else [])


def flawed(folder: Path) -> dict[str, list[Batch]]:
    """Genomes of a published model, with its pulse and without it, as data with one typical flaw show them."""
    landscape(folder)
    pulse = published("human_neanderthal")
    return {
        name: [
            batch
            for scenario in (pulse, without_pulse(pulse))
            for batch in batches(
                folder, scenario, TEST, FLAWED_GENOMES, FLAWED_REGIONS, json.dumps(CONFOUNDERS[name][0])
            )
        ]
        for name in FLAWS
    }


def number_of(text: str) -> int:
    """An option's value."""
    if not 0 < int(text) <= APART // 2:
        raise argparse.ArgumentTypeError(f"{text} is not from 1 to {APART // 2}: genomes are numbered by that")
    return int(text)


def main() -> None:
    """Simulate, train, evaluate and write."""
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
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    folder, number = arguments.folder, arguments.regions
    known = [scenarios.load(SCENARIOS / name) for name in NAMES]
    others = families(folder / "stdpopsim", arguments.stdpopsim)
    sizes = {"train": (known, TRAIN, arguments.genomes), "test": (known, TEST, arguments.test_genomes),
             "families": (others, TEST, arguments.family_genomes)}  # fmt: skip
    wanted = {
        part: [batch for model in models for batch in batches(folder, model, first, genomes, number)]
        for part, (models, first, genomes) in sizes.items()
    }
    for part in ("train", "test"):
        ghost, (_, first, genomes) = scenarios.load(SCENARIOS / "ghost"), sizes[part]
        wanted[part] += batches(folder, ghost, first + APART, MORE_GHOSTS * genomes, number)
    flaws = flawed(folder)
    everything = [batch for part in (*wanted.values(), *flaws.values()) for batch in part]
    with ProcessPoolExecutor(arguments.workers) as pool:
        for _ in tqdm(pool.map(Batch.run, everything), total=len(everything), desc="batches of genomes"):
            pass
    logging.basicConfig(format="%(message)s", level=logging.INFO)  # msprime would tell of every genome
    data = {part: join(own) for part, own in wanted.items() if own}
    trained = train(data["train"])
    others = Tested.of(data["families"], number)
    tables = {
        "families": decided(answers(trained["model-choice"], others)),
        "pulses": pulse_table(trained["parameters"], Tested.of(data["test"], number), others),
    }
    tables["flawed"] = pd.concat(
        decided(answers(trained["model-choice"], Tested.of(join(own), FLAWED_REGIONS))).assign(flaw=name)
        for name, own in flaws.items()
    )
    for part in sorted({max(number // share, 1) for share in (1, 2, 5, 8)}, reverse=True):
        tested = Tested.of(data["test"], part)
        made = choice_tables(trained["model-choice"], tested) | parameter_tables(trained["parameters"], tested)
        for name, table in made.items():
            tables[name] = pd.concat([tables.get(name), table.assign(regions=part)])
    simpler = {name: without_segments(data[name]) for name in ("train", "test")}
    tables["without_segments"] = choice_tables(
        genome_training.train_model_choice(Statistics(simpler["train"]), epochs=EPOCHS, seed=1).bundle,
        Tested.of(simpler["test"], number),
    )["power"]
    write_tables(tables, arguments.output)
    options = {key: getattr(arguments, key) for key in ("regions", "genomes", "test_genomes", "family_genomes")}
    options |= {"folder": "FOLDER"} | ({"stdpopsim": "PYTHON"} if arguments.stdpopsim else {})
    record = provenance.record("benchmarks/choice.py", options, {"segments": HUMAN})
    provenance.write_json(arguments.output / provenance.COMPLETE, record)
    for task, made_bundle in trained.items() if arguments.save else ():
        description = {**made_bundle.description, "provenance": record}
        bundle.save(replace(made_bundle, description=description), arguments.save / task)
        write_tables({name: tables[name] for name in SHIPPED[task]}, arguments.save / task)
    provenance.write_text(arguments.page, page(arguments.output))
    for name in PRINTED:
        print(f"\n{name}\n{tables[name].to_string(index=False)}")


if __name__ == "__main__":
    main()
