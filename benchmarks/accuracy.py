"""How well segments are found in published models on which the shipped model was not trained.

``python benchmarks/accuracy.py`` writes benchmarks/accuracy/results.tsv. Beside the shipped model stand a network
trained on each published model itself (*matched*, the ceiling of our statistics), a logistic regression on the
statistics of a bin trained on the same genomes (the kind of model that ArchIE is), and an *oracle* that sees the true
genealogy: the time to the most recent common ancestor with the nearest outgroup haplotype. With ``--hmmix EXECUTABLE``
stands hmmix beside them, which asks a few individuals of each model. Networks call at their own thresholds, which
know nothing of the test genomes; the others at a probability of 0.5. F1 at the threshold that is best given the truth
stands beside (``best_f1``), for that is what is published of other programs. A matched network knows 50 + 50
individuals alone. What a decoder, a two-state chain along the genome, makes of the shipped network's posteriors is
compared by its ranking.
"""

import argparse
import copy
import dataclasses
import itertools
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
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
from introghost import models, provenance
from introghost.evaluation import metrics
from introghost.evaluation.truth import posteriors
from introghost.inference.bundle import Bundle, load
from introghost.networks.layers import signed_root
from introghost.simulation import scenarios
from introghost.simulation.ancestry import draw_genome, simulate_genome_with_tracts
from introghost.simulation.scenarios import Scenario

HERE = Path(__file__).parent
SCENARIOS = HERE.parent / "config" / "scenarios"
DIPLOIDS = {"50 + 50": (50, 50), "50 + 10": (50, 10), "50 + 1": (50, 1)}
SAMPLINGS = {name: dict(zip(SIZES, diploids, strict=True)) for name, diploids in DIPLOIDS.items()}
LARGEST = SAMPLINGS["50 + 50"]
FIRST_TEST_GENOME, TEST_GENOMES, EPOCHS = 40_000, 200, 12
PRIOR_GENOMES = {"ghost": 300, "null": 100, "structure": 300}
THRESHOLD = 0.5
GRID = np.arange(0.05, 1, 0.05)
# Of the decoder that plain thresholds are compared with.
RECOMBINATION_PER_BP, PULSE_GENERATIONS, PULSE_PROPORTION, TEMPERING = 1e-8, 2_000, 0.02, 0.5


@dataclasses.dataclass(frozen=True)
class Published:
    """A published model: where it is, and how it is looked at."""

    folder: Path
    bin_bp: int = BIN_BP
    samplings: tuple[str, ...] = tuple(SAMPLINGS)
    is_human: bool = True
    training_genomes: int = 600


MODELS = {
    "archie": Published(HERE / "models" / "archie", training_genomes=1_600),
    "human_neanderthal": Published(HERE.parent / "config" / "demo"),
    # Its tracts are shorter than a bin of the shipped model.
    "bonobo_ghost": Published(
        HERE / "models" / "bonobo_ghost", 2_500, ("50 + 50",), is_human=False, training_genomes=400
    ),
}


def without_pulse(scenario: Scenario) -> Scenario:
    """The same model, in which nothing introgressed."""
    template = copy.deepcopy(scenario.template)
    template["pulses"][0]["proportions"] = [0.0]
    kept = tuple(prior for prior in scenario.parameters if prior.name != "ghost_proportion")
    return dataclasses.replace(scenario, name=f"{scenario.name}-without", template=template, parameters=kept)


def coalescence(scenario: Scenario, genome: int, bin_bp: int) -> NDArray[np.float32]:
    """Mean time to the common ancestor with the nearest outgroup haplotype, shape (num_haplotypes, num_bins)."""
    ((ts, _),) = simulate_genome_with_tracts(
        scenario, genome, seed=SEED, num_regions=1, region_length_bp=LENGTH_BP, **LARGEST
    )
    outgroup, target = np.split(ts.samples(), [2 * LARGEST["outgroup_diploids"]])
    edges = np.arange(0, LENGTH_BP + bin_bp, bin_bp)
    result = np.zeros((len(target), len(edges) - 1))
    for tree in ts.trees():
        first, last = int(tree.interval.left // bin_bp), int(-(-tree.interval.right // bin_bp))
        bins = np.arange(first, last)
        covered = np.minimum(edges[bins + 1], tree.interval.right) - np.maximum(edges[bins], tree.interval.left)
        times = ts.nodes_time[_meeting(tree, outgroup, target)]
        result[:, bins] += times[:, None] * covered / bin_bp
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


def regression(trained: xr.Dataset) -> Callable[[xr.Dataset], NDArray[np.float32]]:
    """A logistic regression on the statistics of a haplotype in a bin: from a dataset to probabilities."""
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

    def probabilities(tested: xr.Dataset) -> NDArray[np.float32]:
        with torch.inference_mode():
            found = (signed_root(torch.from_numpy(tested["haplotype_statistics"].values)) - mean) / deviation
            return torch.sigmoid(found @ weights[1:] + weights[0]).numpy()

    return probabilities


def decoded(scores: NDArray[np.float32], bin_bp: int = BIN_BP) -> NDArray[np.float32]:
    """Posteriors of a two-state chain along the bins, the last axis: transitions are those of a pulse, emissions are
    the network's.

    The network has seen the neighbours of a bin as well: its odds are tempered, lest evidence counts twice.
    """
    leave = -np.expm1(-RECOMBINATION_PER_BP * PULSE_GENERATIONS * bin_bp)
    enter = leave * PULSE_PROPORTION / (1 - PULSE_PROPORTION)
    transition = np.array([[1 - enter, enter], [leave, 1 - leave]])
    start = np.array([1 - PULSE_PROPORTION, PULSE_PROPORTION])
    inside = np.clip(scores.astype(np.float64), 1e-6, 1 - 1e-6)
    emission = (np.stack([1 - inside, inside], axis=-1) / start) ** TEMPERING
    forward, backward = np.empty_like(emission), np.ones_like(emission)
    state = start * emission[..., 0, :]
    for index in range(emission.shape[-2]):
        if index:
            state = (state @ transition) * emission[..., index, :]
        state /= state.sum(axis=-1, keepdims=True)
        forward[..., index, :] = state
    state = backward[..., -1, :]
    for index in range(emission.shape[-2] - 1, 0, -1):
        state = (state * emission[..., index, :]) @ transition.T
        state /= state.sum(axis=-1, keepdims=True)
        backward[..., index - 1, :] = state
    both = forward * backward
    return (both[..., 1] / both.sum(axis=-1)).astype(np.float32)


def ranking(scores: NDArray[np.float32], fraction: NDArray[np.float32]) -> dict[str, float]:
    """Average precision per bin, with its 95 % interval over genomes."""
    truth, genomes = fraction >= 0.5, np.broadcast_to(np.arange(len(scores))[:, None, None], scores.shape)
    lower, upper = metrics.average_precision_interval(scores, truth, genomes, seed=SEED)
    value = metrics.average_precision(scores, truth)
    return {"average_precision": value, "average_precision_lower": lower, "average_precision_upper": upper}


def rates(scores: NDArray[np.float32], fraction: NDArray[np.float32], threshold: float) -> dict[str, float]:
    """Base-pair precision, recall and F1 at the threshold, with 95 % intervals, and the calibration of bins."""
    called = scores >= threshold
    counts = np.stack([(called * fraction).sum((1, 2)), called.sum((1, 2)), fraction.sum((1, 2))], axis=1)

    def rate(draw: NDArray[np.int64], which: int) -> float:
        both, found, true = draw @ counts
        values = both / max(found, 1e-9), both / max(true, 1e-9), 2 * both / max(found + true, 1e-9)
        return float(values[which])

    result = {"threshold": threshold}
    for index, name in enumerate(("precision", "recall", "f1")):
        result[name] = rate(np.ones(len(counts), dtype=np.int64), index)
        bounds = metrics.bootstrap_interval(lambda draw, i=index: rate(draw, i), len(counts), seed=SEED)  # type: ignore[misc]
        result[f"{name}_lower"], result[f"{name}_upper"] = bounds
    result["best_f1"] = max(_f1(scores >= cutoff, fraction) for cutoff in GRID)
    result["calibration_error"] = metrics.expected_calibration_error(scores, fraction >= 0.5)
    return result


def _f1(called: NDArray[np.bool_], fraction: NDArray[np.float32]) -> float:
    return float(2 * fraction[called].sum() / (called.sum() + fraction.sum()))


def rows_of(
    name: str, folder: Path, shipped: Bundle, pool: ProcessPoolExecutor, peer: Path | None
) -> list[dict[str, Any]]:
    """Rows of the table about one published model."""
    published = MODELS[name]
    scenario = scenarios.load(published.folder)
    null_scenario = without_pulse(scenario)
    numbers = range(FIRST_TEST_GENOME, FIRST_TEST_GENOME + TEST_GENOMES)
    size, samplings = {"bin_bp": published.bin_bp}, {key: SAMPLINGS[key] for key in published.samplings}
    tests = batches(folder, scenario, FIRST_TEST_GENOME, TEST_GENOMES, LARGEST, samplings, **size)
    nulls = batches(folder, null_scenario, FIRST_TEST_GENOME, TEST_GENOMES, LARGEST, samplings, **size)
    own = batches(folder, scenario, 0, published.training_genomes, LARGEST, {"50 + 50": LARGEST}, rows=64, **size)
    list(pool.map(Job.run, [*tests, *nulls, *own]))
    print(f"{name}: genomes simulated", flush=True)
    matched = train(folder, f"matched-{name}", own, "50 + 50", EPOCHS)
    rows = []
    for sampling in samplings:
        ghost, null = join(tests, sampling), join(nulls, sampling)
        present = ~np.isnan(ghost["ghost_fraction"].values[0, :, 0])
        fraction = ghost["ghost_fraction"].values[:, present]
        about = {"model": name, "sampling": sampling}
        networks = {"shipped": shipped} if published.is_human else {}
        if sampling == "50 + 50":
            networks["matched"] = matched
        for method, network in networks.items():
            scores, silent = (posteriors(network, data)[:, present] for data in (ghost, null))
            threshold = float(network.description["threshold"])
            rows.append({**about, "method": method, **measured(scores, silent, fraction, threshold)})
            if method == "shipped":
                rows.append({**about, "method": "shipped, decoded", **ranking(decoded(scores), fraction)})
        if sampling == "50 + 50":
            logistic = regression(join(own, sampling))
            scores, silent = (logistic(data)[:, present] for data in (ghost, null))
            rows.append({**about, "method": "logistic regression", **measured(scores, silent, fraction, THRESHOLD)})
            genealogy = np.stack(list(pool.map(partial(coalescence, scenario, bin_bp=published.bin_bp), numbers)))
            rows.append({**about, "method": "oracle", **ranking(genealogy, fraction)})
            if peer is not None and published.is_human:
                scores, silent = (
                    hmmix.probabilities(peer, of, numbers, LARGEST, folder / f"hmmix-{of.name}", pool)
                    for of in (scenario, null_scenario)
                )
                truth = fraction[:, : scores.shape[1]]
                rows.append({**about, "method": "hmmix", **measured(scores, silent, truth, THRESHOLD)})
        print(pd.DataFrame(rows).to_string(), flush=True)
    return rows


def measured(
    scores: NDArray[np.float32], silent: NDArray[np.float32], fraction: NDArray[np.float32], threshold: float
) -> dict[str, float]:
    """Accuracy of a method's scores, and what it calls of genomes without the pulse (`silent`)."""
    return {**ranking(scores, fraction), **rates(scores, fraction, threshold), **called_of(silent, threshold)}


def called_of(silent: NDArray[np.float32], threshold: float) -> dict[str, float]:
    """Share of the sequence of genomes without a ghost that is called, with its 95 % interval over genomes."""
    called = (silent >= threshold).mean(axis=(1, 2))
    lower, upper = metrics.bootstrap_interval(lambda draw: float(draw @ called / draw.sum()), len(called), seed=SEED)
    names = ("called_without_pulse", "called_without_pulse_lower", "called_without_pulse_upper")
    return dict(zip(names, (float(called.mean()), lower, upper), strict=True))


def prior_rows(folder: Path, shipped: Bundle, pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    """The shipped model on unseen genomes of the scenarios themselves, and what it calls by age and strength of
    ancestral structure without a pulse."""
    jobs = {
        name: batches(
            folder, scenarios.load(SCENARIOS / name), FIRST_TEST_GENOME, number, LARGEST, {"50 + 50": LARGEST}
        )
        for name, number in PRIOR_GENOMES.items()
    }
    list(pool.map(Job.run, [job for own in jobs.values() for job in own]))
    data = {name: join(own, "50 + 50") for name, own in jobs.items()}
    scores = {name: posteriors(shipped, of) for name, of in data.items()}
    threshold = float(shipped.description["threshold"])
    about = {"sampling": "50 + 50", "method": "shipped", "threshold": threshold}
    together = np.concatenate(list(scores.values()))
    fraction = np.concatenate([of["ghost_fraction"].values for of in data.values()])
    values = {**ranking(together, fraction), **rates(together, fraction, threshold)}
    rows = [{**about, "model": "all scenarios", **values}]
    rows += [{**about, "model": name, **called_of(scores[name], threshold)} for name in ("null", "structure")]
    numbers = range(FIRST_TEST_GENOME, FIRST_TEST_GENOME + PRIOR_GENOMES["structure"])
    scenario = scenarios.load(SCENARIOS / "structure")
    drawn = pd.DataFrame([draw_genome(scenario, number, SEED) for number in numbers])
    for name, unit in (("structure_time", "generations"), ("stem_migration_rate", "per generation")):
        edges = np.quantile(drawn[name], [0, 1 / 3, 2 / 3, 1])
        for low, high in itertools.pairwise(edges):
            inside = (drawn[name] >= low) & (drawn[name] <= high)
            label = f"structure, {name} {low:.3g} to {high:.3g} {unit}"
            rows.append({**about, "model": label, **called_of(scores["structure"][inside], threshold)})
    print(pd.DataFrame(rows).to_string(), flush=True)
    return rows


def main() -> None:
    """Measure, and write the table and what made it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="human", help="name or folder of a model (default: human)")
    parser.add_argument("--hmmix", type=Path, help="the program hmmix of an environment of its own")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--folder", type=Path, help="keep statistics and networks here, and go on from what a run left")
    arguments = parser.parse_args()
    chosen = models.locate(arguments.model)
    shipped = load(chosen / "segments", "segments")
    peer = None if arguments.hmmix is None else arguments.hmmix.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(arguments.workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            rows = prior_rows(folder, shipped, pool)
            rows += [row for name in MODELS for row in rows_of(name, folder, shipped, pool, peer)]
    results = HERE / "accuracy"
    table = pd.DataFrame(rows).to_csv(sep="\t", float_format="%.5f", lineterminator="\n", index=False)
    provenance.write_text(results / "results.tsv", table)
    options = {"model": arguments.model, "hmmix": peer is not None}
    made_by = provenance.record("benchmarks/accuracy.py", options, {"model": chosen})
    provenance.write_json(results / "provenance.json", made_by)


if __name__ == "__main__":
    main()
