"""How well segments are found in published models on which the given network was not trained.

``python benchmarks/accuracy.py --model MODEL`` writes benchmarks/accuracy.tsv. Beside the model stand a network trained
on each published model itself (*matched*, the ceiling of our statistics), a logistic regression on the statistics of a
bin trained on the same genomes (the kind of model that ArchIE is), and an *oracle* that sees the true genealogy: the
time to the most recent common ancestor with the nearest outgroup haplotype. With ``--hmmix EXECUTABLE`` stands hmmix
beside them, which asks a few individuals of each model.
"""

import argparse
import copy
import dataclasses
import itertools
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import tskit
import xarray as xr
from numpy.typing import NDArray

import hmmix
from genomes import BIN_BP, LENGTH_BP, SEED, SIZES, Job, batches, join, train
from introghost import provenance
from introghost.evaluation import metrics
from introghost.evaluation.truth import posteriors
from introghost.inference.bundle import Bundle, load
from introghost.networks.layers import signed_root
from introghost.simulation import scenarios
from introghost.simulation.ancestry import draw_genome, simulate_genome_with_tracts
from introghost.simulation.scenarios import Scenario

HERE = Path(__file__).parent
MODELS = {"archie": HERE / "models" / "archie", "human_neanderthal": HERE.parent / "config" / "demo"}
DIPLOIDS = {"50 + 50": (50, 50), "50 + 10": (50, 10), "50 + 1": (50, 1)}
SAMPLINGS = {name: dict(zip(SIZES, diploids, strict=True)) for name, diploids in DIPLOIDS.items()}
LARGEST = SAMPLINGS["50 + 50"]
FIRST_TEST_GENOME, TEST_GENOMES, STRUCTURE_GENOMES, TRAINING_GENOMES, EPOCHS = 40_000, 100, 300, 800, 10
THRESHOLD = 0.5


def without_pulse(scenario: Scenario) -> Scenario:
    """The same model, in which nothing introgressed."""
    template = copy.deepcopy(scenario.template)
    template["pulses"][0]["proportions"] = [0.0]
    kept = tuple(prior for prior in scenario.parameters if prior.name != "ghost_proportion")
    return dataclasses.replace(scenario, name=f"{scenario.name}-without", template=template, parameters=kept)


def coalescence(scenario: Scenario, genome: int) -> NDArray[np.float32]:
    """Mean time to the common ancestor with the nearest outgroup haplotype, shape (num_haplotypes, num_bins)."""
    ((ts, _),) = simulate_genome_with_tracts(
        scenario, genome, seed=SEED, num_regions=1, region_length_bp=LENGTH_BP, **LARGEST
    )
    outgroup, target = np.split(ts.samples(), [2 * LARGEST["outgroup_diploids"]])
    edges = np.arange(0, LENGTH_BP + BIN_BP, BIN_BP)
    result = np.zeros((len(target), len(edges) - 1))
    for tree in ts.trees():
        covered = np.minimum(edges[1:], tree.interval.right) - np.maximum(edges[:-1], tree.interval.left)
        bins = np.flatnonzero(covered > 0)
        times = ts.nodes_time[_meeting(tree, outgroup, target)]
        result[:, bins] += times[:, None] * covered[bins] / BIN_BP
    return result.astype(np.float32)


def _meeting(tree: tskit.Tree, outgroup: NDArray[np.int32], target: NDArray[np.int32]) -> NDArray[np.int32]:
    """First ancestor of each target node that is an ancestor of an outgroup node as well."""
    parent = tree.parent_array
    above = np.zeros(len(parent), dtype=bool)
    nodes = outgroup
    while len(nodes):
        above[nodes] = True
        nodes = np.unique(parent[nodes])
        nodes = nodes[nodes != tskit.NULL]
        nodes = nodes[~above[nodes]]
    nodes = target.copy()
    while not above[nodes].all():
        nodes = np.where(above[nodes], nodes, parent[nodes])
    return nodes


def regression(trained: xr.Dataset, tested: xr.Dataset) -> NDArray[np.float32]:
    """Probabilities of a logistic regression on the statistics of a haplotype in a bin."""
    values = signed_root(torch.from_numpy(trained["haplotype_statistics"].values[:, :24]).flatten(0, 2))
    labels = torch.from_numpy(trained["ghost_fraction"].values[:, :24]).flatten()
    mean, deviation = values.mean(0), values.std(0).clamp_min(1e-3)
    weights = torch.zeros(values.shape[1] + 1, requires_grad=True)
    scaled = (values - mean) / deviation
    optimiser = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        logits = scaled @ weights[1:] + weights[0]
        value = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
        value.backward()
        return value

    optimiser.step(loss)
    with torch.inference_mode():
        found = (signed_root(torch.from_numpy(tested["haplotype_statistics"].values)) - mean) / deviation
        return torch.sigmoid(found @ weights[1:] + weights[0]).numpy()


def ranking(scores: NDArray[np.float32], fraction: NDArray[np.float32]) -> dict[str, float]:
    """Average precision per bin, with its 95 % interval over genomes."""
    truth, genomes = fraction >= 0.5, np.broadcast_to(np.arange(len(scores))[:, None, None], scores.shape)
    lower, upper = metrics.average_precision_interval(scores, truth, genomes, seed=SEED)
    value = metrics.average_precision(scores, truth)
    return {"average_precision": value, "average_precision_lower": lower, "average_precision_upper": upper}


def rates(scores: NDArray[np.float32], fraction: NDArray[np.float32]) -> dict[str, float]:
    """Base-pair precision, recall and F1 at the threshold, with 95 % intervals, and the calibration of bins."""
    called = scores >= THRESHOLD
    counts = np.stack([(called * fraction).sum((1, 2)), called.sum((1, 2)), fraction.sum((1, 2))], axis=1)

    def rate(draw: NDArray[np.int64], which: int) -> float:
        both, found, true = draw @ counts
        values = both / max(found, 1e-9), both / max(true, 1e-9), 2 * both / max(found + true, 1e-9)
        return float(values[which])

    result: dict[str, float] = {}
    for index, name in enumerate(("precision", "recall", "f1")):
        result[name] = rate(np.ones(len(counts), dtype=np.int64), index)
        bounds = metrics.bootstrap_interval(lambda draw, i=index: rate(draw, i), len(counts), seed=SEED)  # type: ignore[misc]
        result[f"{name}_lower"], result[f"{name}_upper"] = bounds
    result["calibration_error"] = metrics.expected_calibration_error(scores, fraction >= 0.5)
    return result


def rows_of(
    name: str, folder: Path, shipped: Bundle, pool: ProcessPoolExecutor, peer: Path | None
) -> list[dict[str, Any]]:
    """Rows of the table about one published model."""
    scenario = scenarios.load(MODELS[name])
    null_scenario = without_pulse(scenario)
    numbers = range(FIRST_TEST_GENOME, FIRST_TEST_GENOME + TEST_GENOMES)
    tests = batches(folder, scenario, FIRST_TEST_GENOME, TEST_GENOMES, LARGEST, SAMPLINGS)
    nulls = batches(folder, null_scenario, FIRST_TEST_GENOME, TEST_GENOMES, LARGEST, SAMPLINGS)
    own = batches(folder, scenario, 0, TRAINING_GENOMES, LARGEST, {"50 + 50": LARGEST})
    list(pool.map(Job.run, [*tests, *nulls, *own]))
    print(f"{name}: genomes simulated", flush=True)
    networks = {"given": shipped, "matched": train(folder, f"matched-{name}", own, "50 + 50", EPOCHS)}
    rows = []
    for sampling in SAMPLINGS:
        ghost, null = join(tests, sampling), join(nulls, sampling)
        present = ~np.isnan(ghost["ghost_fraction"].values[0, :, 0])
        fraction = ghost["ghost_fraction"].values[:, present]
        about = {"model": name, "sampling": sampling}
        for method, network in networks.items():
            scores, silent = (posteriors(network, data)[:, present] for data in (ghost, null))
            silent_rate = {"called_without_pulse": float((silent >= THRESHOLD).mean())}
            measured = {**ranking(scores, fraction), **rates(scores, fraction), **silent_rate}
            rows.append({**about, "method": method, **measured})
        if sampling == "50 + 50":
            logistic = regression(join(own, sampling), ghost)[:, present]
            genealogy = np.stack(list(pool.map(coalescence, [scenario] * TEST_GENOMES, numbers)))
            measured = {**ranking(logistic, fraction), **rates(logistic, fraction)}
            rows.append({**about, "method": "logistic regression", **measured})
            rows.append({**about, "method": "oracle", **ranking(genealogy, fraction)})
            if peer is not None:
                scores, silent = (
                    hmmix.probabilities(peer, of, numbers, LARGEST, folder / f"hmmix-{of.name}", pool)
                    for of in (scenario, null_scenario)
                )
                truth = fraction[:, : scores.shape[1]]
                silent_rate = {"called_without_pulse": float((silent >= THRESHOLD).mean())}
                rows.append(
                    {**about, "method": "hmmix", **ranking(scores, truth), **rates(scores, truth), **silent_rate}
                )
        print(pd.DataFrame(rows).to_string(), flush=True)
    return rows


def structure_rows(folder: Path, shipped: Bundle, pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    """What is called in unseen genomes of ancestral structure without a pulse, by its age and its strength."""
    scenario = scenarios.load(HERE.parent / "config" / "scenarios" / "structure")
    numbers = range(FIRST_TEST_GENOME, FIRST_TEST_GENOME + STRUCTURE_GENOMES)
    jobs = batches(folder, scenario, numbers.start, len(numbers), LARGEST, {"50 + 50": LARGEST})
    list(pool.map(Job.run, jobs))
    called = np.nanmean(posteriors(shipped, join(jobs, "50 + 50")) >= THRESHOLD, axis=(1, 2))
    drawn = pd.DataFrame([draw_genome(scenario, number, SEED) for number in numbers])
    rows = [{"model": "structure", "sampling": "50 + 50", "method": "given", "called_without_pulse": called.mean()}]
    for name, unit in (("structure_time", "generations"), ("stem_migration_rate", "per generation")):
        edges = np.quantile(drawn[name], [0, 1 / 3, 2 / 3, 1])
        for low, high in itertools.pairwise(edges):
            inside = (drawn[name] >= low) & (drawn[name] <= high)
            label = f"structure, {name} {low:.3g} to {high:.3g} {unit}"
            rows.append({**rows[0], "model": label, "called_without_pulse": called[inside].mean()})
    return rows


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model", type=Path, required=True, help="folder of a segments bundle, trained on anything else"
    )
    parser.add_argument("--hmmix", type=Path, help="the program hmmix of an environment of its own")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--folder", type=Path, help="keep statistics and networks here, and go on from what a run left")
    arguments = parser.parse_args()
    shipped = load(arguments.model, "segments")
    peer = None if arguments.hmmix is None else arguments.hmmix.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(arguments.workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            rows = structure_rows(folder, shipped, pool)
            rows += [row for name in MODELS for row in rows_of(name, folder, shipped, pool, peer)]
    table = pd.DataFrame(rows).to_csv(sep="\t", float_format="%.5f", lineterminator="\n", index=False)
    provenance.write_text(HERE / "accuracy.tsv", table)


if __name__ == "__main__":
    main()
