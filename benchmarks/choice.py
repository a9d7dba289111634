"""Model choice and parameters on unseen genomes: did it happen, how much and when, and how far can that be believed.

``python benchmarks/choice.py --folder F`` simulates genomes of every scenario of ``config/scenarios``, many regions
each, trains the two networks that look at whole genomes, and writes the tables of ``benchmarks/choice/``. Only what is
pooled over a region is kept of it, so that genomes may be large; a run goes on from what another left in the folder.
"""

import argparse
import hashlib
import json
import logging
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import xarray as xr
from numpy.typing import NDArray
from tqdm import tqdm

from genomes import ANCESTRAL, LENGTH_BP, PACKAGE, SEED, STATISTICS_DIGEST
from introghost import models, provenance
from introghost.evaluation import metrics
from introghost.evaluation.model_choice import evaluate_model_choice
from introghost.evaluation.posterior import evaluate_posterior
from introghost.evaluation.tables import write_tables
from introghost.inference import application, bundle, decisions, inputs, novelty, parameters, regions, training
from introghost.simulation import scenarios
from introghost.simulation.ancestry import simulate_genome_with_tracts
from introghost.simulation.observation import ObservationModel, observe
from introghost.simulation.scenarios import Scenario
from introghost.statistics.haplotype import haplotype_statistics, usable_bins
from introghost.statistics.pooled import POOLED, few_targets
from introghost.statistics.population import POPULATION_STATISTICS, population_statistics

SCENARIOS = Path(__file__).parents[1] / "config" / "scenarios"
NAMES = ("null", "bottleneck", "structure", "structure_merged", "ghost", "ghost_continuous", "outgroup_ghost",
         "back_migration")  # fmt: skip
OUTPUT = Path(__file__).parent / "choice"
BIN_BP, DIPLOIDS, BATCH = 5_000, 50, 5
TRAIN, TEST = 70_000, 60_000  # first genomes; those before are what `human` was trained and tested on
CODE_DIGEST = hashlib.sha256(
    b"".join(
        [
            STATISTICS_DIGEST.encode(),
            *(path.read_bytes() for path in sorted((PACKAGE / "networks").glob("*.py"))),
            *((PACKAGE / "inference" / f"{name}.py").read_bytes() for name in ("application", "inputs", "regions")),
            provenance.sha256(models.locate("human") / "segments").encode(),
        ]
    )
).hexdigest()
CLASSES = ((0.003, 0.005), (0.005, 0.02), (0.02, 0.2))
FALSE_POSITIVES = 0.01


@dataclass(frozen=True)
class Batch:
    """Genomes `first` to `first + number` of one scenario, of `regions` regions each."""

    folder: Path
    scenario: Scenario
    first: int
    number: int
    regions: int

    @property
    def output(self) -> Path:
        """Where they are kept: of other code, scenarios or segment network the name is another."""
        about = json.dumps([CODE_DIGEST, scenarios.digest(self.scenario), self.first, self.number, self.regions])
        name = hashlib.sha256(about.encode()).hexdigest()[:16]
        return self.folder / f"{self.scenario.name}-{self.first}-{name}.npz"

    def run(self) -> None:
        """Simulate and pool, unless a run before has."""
        if self.output.exists():
            return
        torch.set_num_threads(1)
        folder = models.locate("human") / "segments"
        summary = regions.summary(bundle.load(folder, "segments"), bundle.digest(folder))
        kept: dict[str, list[object]] = {"pooled": [], "population": [], "parameters": [], "realised": []}
        for genome in range(self.first, self.first + self.number):
            simulated = simulate_genome_with_tracts(
                self.scenario,
                genome,
                seed=SEED,
                num_regions=self.regions,
                region_length_bp=LENGTH_BP,
                outgroup_diploids=DIPLOIDS,
                target_diploids=DIPLOIDS,
            )
            realised_bp = 0.0
            for ts, tracts in simulated:
                about = ts.metadata["introghost"]["parameters"]
                haplotypes = observe(ts, ObservationModel(), ancestral=ANCESTRAL, seed=SEED).haplotypes
                statistics = haplotype_statistics(few_targets(haplotypes), BIN_BP)
                kept["pooled"].append(summary.compute(statistics, np.ones(statistics.shape[1], np.float32)))
                kept["population"].append(population_statistics(haplotypes))
                realised_bp += float((tracts["end_bp"] - tracts["start_bp"]).sum())
            kept["parameters"].append(list(about.values()))
            kept["realised"].append(realised_bp / (2 * DIPLOIDS * self.regions * LENGTH_BP))
        with provenance.atomic_path(self.output) as temporary, temporary.open("wb") as file:
            np.savez(file, names=np.array(list(about)), **{key: np.array(value) for key, value in kept.items()})

    def read(self) -> xr.Dataset:
        """As the networks' training takes it."""
        with np.load(self.output) as kept:
            found = dict(kept)
        genomes = np.arange(self.first, self.first + self.number).repeat(self.regions)
        rows = {
            "pooled_statistics": (("region", "pooled_statistic"), found["pooled"].astype(np.float32)),
            "population_statistics": (("region", "population_statistic"), found["population"].astype(np.float32)),
            "callable_fraction": (("region", "bin"), np.ones((len(genomes), LENGTH_BP // BIN_BP), np.float32)),
        }
        labels = {"genome": ("region", genomes), "scenario": ("region", np.array([self.scenario.name] * len(genomes)))}
        for name, values in zip(found["names"], found["parameters"].T, strict=True):
            labels[f"parameter_{name}"] = ("region", values.repeat(self.regions))
        names = {"statistic": ["none"], "population_statistic": list(POPULATION_STATISTICS)}
        attributes = {
            "bin_bp": BIN_BP,
            "region_length_bp": LENGTH_BP,
            "ancestral": ANCESTRAL,
            **{f"{role}_diploids": [DIPLOIDS, DIPLOIDS] for role in ("outgroup", "target")},
            "observation": "{}",
        }
        return xr.Dataset(rows, coords=labels | names, attrs=attributes)


def join(batches: list[Batch]) -> xr.Dataset:
    """All genomes of some batches; a parameter that a scenario lacks is NaN."""
    parts = [batch.read() for batch in batches]
    names = sorted({str(name) for part in parts for name in part.coords if str(name).startswith("parameter_")})
    filled = []
    for part in parts:
        nothing = ("region", np.full(part.sizes["region"], np.nan))
        filled.append(part.assign_coords({name: nothing for name in names if name not in part.coords}))
    return xr.concat(filled, dim="region", data_vars="minimal", coords="minimal", compat="override", join="override")


def genomes(data: xr.Dataset) -> tuple[NDArray[np.float32], pd.DataFrame]:
    """Pooled statistics of each genome, and its scenario and parameters."""
    labels = pd.DataFrame({str(name): data[name].values for name in data.coords if data[name].dims == ("region",)})
    usable = usable_bins(data["callable_fraction"].values)
    pooled, population = data["pooled_statistics"].values, data["population_statistics"].values
    groups = [rows.to_numpy() for rows in labels.groupby(["scenario", "genome"], sort=True).groups.values()]
    values = np.stack([inputs.pool(pooled[rows], usable[rows], population[rows]) for rows in groups])
    return values, labels.iloc[[rows[0] for rows in groups]].reset_index(drop=True)


def choice_tables(trained: bundle.Bundle, pooled: NDArray[np.float32], labels: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Accuracy, calibration, decisions and novelty of the choice between scenarios."""
    names, truth = trained.description["scenarios"], labels["scenario"].to_numpy(dtype=str)
    probabilities = application.scenario_probabilities(trained, pooled)
    p_ghost = probabilities[:, [decisions.has_ghost(name) for name in names]].sum(axis=1)
    ghost = np.array([decisions.has_ghost(name) for name in truth])
    with torch.inference_mode():
        standard = trained.network.standardise(torch.from_numpy(pooled)).numpy()
    novel, together = novelty.p_values(trained.network.novelty, standard)
    rows = []
    for scenario in names:
        own = truth == scenario
        answers = [decisions.answer(dict(zip(names, row, strict=True)))["decision"] for row in probabilities[own]]
        rows.append(
            {
                "scenario": scenario,
                "genomes": int(own.sum()),
                **{f"decided_{answer.replace(' ', '_')}": answers.count(answer) / len(answers)
                   for answer in ("ghost", "no ghost", "undecided")},
                "expected_calibration_error": metrics.expected_calibration_error(
                    probabilities[:, names.index(scenario)], own
                ),
                "novel_at_0.05": float(np.mean(novel[own, names.index(scenario)] < 0.05)),
                "novel_to_all_at_0.05": float(np.mean(together[own] < 0.05)),
            }
        )  # fmt: skip
    tables = evaluate_model_choice(probabilities, names, truth, seed=1)
    return tables | {"decisions": pd.DataFrame(rows), "power": power(p_ghost, ghost, labels)}


def power(p_ghost: NDArray[np.float64], ghost: NDArray[np.bool_], labels: pd.DataFrame) -> pd.DataFrame:
    """Area under the curve, and power at one false positive in a hundred, against scenarios without a ghost."""
    truth, rows = labels["scenario"].to_numpy(dtype=str), []
    proportion = labels["parameter_ghost_proportion"].to_numpy(dtype=np.float64)
    against = {"null, structure": ("null", "structure"), "null, structure_merged": ("null", "structure_merged"),
               "all": tuple(name for name in NAMES if not decisions.has_ghost(name))}  # fmt: skip
    for name, others in against.items():
        without = np.isin(truth, others)
        cutoff = np.quantile(p_ghost[without], 1 - FALSE_POSITIVES)
        pulse = truth == "ghost"
        auc = metrics.area_under_roc(p_ghost[without | pulse], pulse[without | pulse])
        rows.append((name, "ghost", "area_under_roc", auc, int(pulse.sum())))
        for low, high in CLASSES:
            chosen = pulse & (proportion >= low) & (proportion < high)
            found = float(np.mean(p_ghost[chosen] > cutoff)) if chosen.any() else np.nan
            rows.append((name, f"ghost, proportion {low:g} to {high:g}", "power_at_0.01", found, int(chosen.sum())))
        chosen = ghost & ~pulse
        rows.append(
            (name, "ghost_continuous", "power_at_0.01", float(np.mean(p_ghost[chosen] > cutoff)), int(chosen.sum()))
        )
    return pd.DataFrame(rows, columns=["against", "genomes_of", "metric", "value", "num_genomes"])


def parameter_tables(
    trained: bundle.Bundle, pooled: NDArray[np.float32], labels: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Calibration and sharpness of the parameter posterior; R squared also of the logarithms."""
    own = (labels["scenario"] == trained.description["scenario"]).to_numpy()
    scale = parameters.scale(trained)
    known = {name: labels.loc[own, f"parameter_{name}"].to_numpy(dtype=np.float64) for name in scale.names}
    draws = parameters.draw(trained, pooled[own], 1000)
    tables = evaluate_posterior(draws, scale.to_normal(known), scale.names, seed=1)
    values = scale.from_normal(draws)
    log_r_squared = [
        1 - np.mean((np.log(values[name]).mean(axis=1) - np.log(known[name])) ** 2) / np.log(known[name]).var()
        for name in scale.names
    ]
    tables["posterior_summary"] = tables["posterior_summary"].assign(log_r_squared=log_r_squared)
    return tables


def main() -> None:
    """Simulate, train, evaluate and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="keep genomes here, and go on from what is there")
    parser.add_argument("--regions", type=int, default=50, help="of 1 Mb, of each genome")
    parser.add_argument("--genomes", type=int, default=200, help="of each scenario, to train on")
    parser.add_argument("--test-genomes", type=int, default=100, help="of each scenario")
    parser.add_argument("--without-segments", action="store_true", help="leave out what the segment network says")
    parser.add_argument("--width", type=int, default=0, help="hidden units of model choice; 0: logistic regression")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: all cores)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of the tables")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    ranges = {"train": (TRAIN, arguments.genomes), "test": (TEST, arguments.test_genomes)}
    wanted = {
        part: [
            Batch(
                arguments.folder,
                scenarios.load(SCENARIOS / name),
                start,
                min(BATCH, first + number - start),
                arguments.regions,
            )
            for start in range(first, first + number, BATCH)
            for name in NAMES
        ]
        for part, (first, number) in ranges.items()
    }
    everything = [batch for part in wanted.values() for batch in part]
    with ProcessPoolExecutor(arguments.workers) as pool:
        for _ in tqdm(pool.map(Batch.run, everything), total=len(everything), desc="batches of genomes"):
            pass
    logging.basicConfig(format="%(message)s", level=logging.INFO)  # msprime would tell of every genome
    train, test = (join(wanted[part]) for part in ("train", "test"))
    if arguments.without_segments:
        kept = slice(0, len(POOLED))
        train, test = (data.isel(pooled_statistic=kept) for data in (train, test))
    pooled, labels = genomes(test)
    choice = training.train_model_choice(train, epochs=300, seed=1, width=arguments.width).bundle
    posterior = training.train_parameters(train, scenarios.load(SCENARIOS / "ghost"), epochs=300, seed=1).bundle
    tables = choice_tables(choice, pooled, labels) | parameter_tables(posterior, pooled, labels)
    options = {key: value for key, value in vars(arguments).items() if key not in ("folder", "output", "workers")}
    write_tables(tables, arguments.output)
    provenance.write_json(
        arguments.output / provenance.COMPLETE, provenance.record("benchmarks/choice.py", options, {})
    )
    for name in ("power", "decisions", "posterior_summary", "posterior_checks"):
        print(f"\n{name}\n{tables[name].to_string(index=False)}")


if __name__ == "__main__":
    main()
