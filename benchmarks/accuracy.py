"""How well segments are found in published models on which the shipped model was not trained.

``python benchmarks/accuracy.py`` writes benchmarks/accuracy/results.tsv and, of the model ``human``, the page beside
it, src/introghost/models/human/README.md. Beside the shipped model stand a logistic regression on the statistics of a
bin, trained on genomes of each published model itself (the kind of model that ArchIE is), and an *oracle* that sees the
true genealogy: the time to the most recent common ancestor with the nearest outgroup haplotype. With ``--hmmix
EXECUTABLE`` stands hmmix beside them, which is run on a few individuals of each model; with ``--matched MODEL=FOLDER``
a network that the workflow trained on a published model itself (*matched*, the ceiling of our statistics). Networks
call at their own thresholds, which were chosen without the test genomes; the others at a probability of 0.5. F1 at the
threshold that is best given the truth stands beside (``best_f1``), for that is what is published of other programs.
Matched networks of other bins tell what the size of a bin is worth. What a decoder, a two-state chain along the genome,
makes of the shipped network's posteriors is compared by its ranking, and what the first network of the shipped ensemble
does alone.
"""

import argparse
import copy
import dataclasses
import itertools
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import tskit
from numpy.typing import NDArray

import hmmix
from accuracy_page import page
from families import without_pulse
from genomes import (
    BIN_BP,
    HUMAN,
    LENGTH_BP,
    SEED,
    SIZES,
    Job,
    batches,
    ghost_fraction,
    posteriors_of_one_file,
    shipped_segments,
    statistics_of,
)
from introghost import atomic, provenance
from introghost.evaluation import metrics
from introghost.evaluation.truth import posteriors
from introghost.inference import bundle_files
from introghost.inference.bundle_files import MANIFEST
from introghost.inference.bundles import SegmentsBundle
from introghost.networks.layers import signed_root
from introghost.simulation import scenarios
from introghost.simulation.ancestry import SimulationSettings, draw_genome, simulate_genome_with_tracts
from introghost.simulation.layout import SampleLayout
from introghost.simulation.scenarios import Scenario
from introghost.statistics.table import Statistics

HERE = Path(__file__).parent
SCENARIOS = HERE.parent / "config" / "scenarios"
DIPLOIDS = {"50 + 50": (50, 50), "50 + 10": (50, 10), "50 + 1": (50, 1)}
SAMPLINGS = {name: dict(zip(SIZES, diploids, strict=True)) for name, diploids in DIPLOIDS.items()}
FULL = "50 + 50"
LARGEST = SAMPLINGS[FULL]
FIRST_TEST_GENOME, TEST_GENOMES = 40_000, 120
PRIOR_GENOMES, PRIOR_REGIONS = {"ghost": 75, "no_ghost": 25, "structure": 75}, 4
THRESHOLD = 0.5
GRID = np.arange(0.05, 1, 0.05)
# Target haplotypes of a region that the logistic regression is trained on.
REGRESSION_ROWS = 24
Scores = NDArray[np.float32]
Row = dict[str, str | int | float]
# Of the decoder that plain thresholds are compared with.
RECOMBINATION_PER_BP, PULSE_GENERATIONS, PULSE_PROPORTION, TEMPERING = 1e-8, 2_000, 0.02, 0.5


@dataclasses.dataclass(frozen=True)
class Published:
    """A published model: where it is, and how it is looked at."""

    folder: Path
    bin_bp: int = BIN_BP
    samplings: tuple[str, ...] = tuple(SAMPLINGS)
    is_human: bool = True
    training_genomes: int = 400  # of the logistic regression


MODELS = {
    "archie": Published(HERE / "models" / "archie", training_genomes=1600),
    "human_neanderthal": Published(HERE.parent / "config" / "demo"),
    # Its tracts are shorter than a bin of the shipped model.
    "bonobo_ghost": Published(
        SCENARIOS / "apes" / "bonobo_ghost",
        2_500,
        samplings=(FULL,),
        is_human=False,
        training_genomes=300,
    ),
}


def one_member(bundle: SegmentsBundle) -> SegmentsBundle:
    """The same model with the first network of its ensemble alone."""
    network = copy.deepcopy(bundle.network)
    network.members = network.members[:1]
    return dataclasses.replace(bundle, network=network, architecture={**bundle.architecture, "members": 1})


def coalescence(scenario: Scenario, genome: int, bin_bp: int) -> NDArray[np.float32]:
    """Mean time to the common ancestor with the nearest outgroup haplotype, shape (num_haplotypes, num_bins)."""
    settings = SimulationSettings(seed=SEED, num_regions=1, region_length_bp=LENGTH_BP, **LARGEST)
    ((ts, _),) = simulate_genome_with_tracts(scenario, genome, settings)
    outgroup, target = (ts.samples()[SampleLayout.of(ts).haplotypes(role)] for role in ("outgroup", "target"))
    # The time of each tree counts by the share of a bin that the tree covers.
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
    # Every ancestor of the outgroup, generation by generation.
    parent = tree.parent_array
    above = np.zeros(len(parent), dtype=bool)
    nodes = outgroup
    while len(nodes):
        above[nodes] = True
        nodes = np.unique(parent[nodes])
        nodes = nodes[nodes != tskit.NULL]
        nodes = nodes[~above[nodes]]
    # Each target node climbs until it meets one of them.
    nodes = target.copy()
    while not above[nodes].all():
        nodes = np.where(above[nodes], nodes, parent[nodes])
    return nodes


def regression(training: Statistics) -> Callable[[Statistics], Scores]:
    """A logistic regression on the statistics of a haplotype in a bin: from statistics to probabilities."""
    values = signed_root(torch.from_numpy(training.haplotype[:, :REGRESSION_ROWS]).flatten(0, 2))
    labels = torch.from_numpy(ghost_fraction(training)[:, :REGRESSION_ROWS]).flatten()
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

    def probabilities(statistics: Statistics) -> Scores:
        with torch.inference_mode():
            standard = (signed_root(torch.from_numpy(statistics.haplotype)) - mean) / deviation
            return np.asarray(torch.sigmoid(standard @ weights[1:] + weights[0]).numpy())

    return probabilities


def decoded(scores: Scores, bin_bp: int = BIN_BP) -> Scores:
    """Posteriors of a two-state chain along the bins, the last axis: transitions are those of a pulse, emissions are
    the network's.

    The network has seen the neighbours of a bin as well: its odds are tempered, lest evidence counts twice.
    """
    # Transitions from one bin to the next, and the share of either state.
    leave = -np.expm1(-RECOMBINATION_PER_BP * PULSE_GENERATIONS * bin_bp)
    enter = leave * PULSE_PROPORTION / (1 - PULSE_PROPORTION)
    transition = np.array([[1 - enter, enter], [leave, 1 - leave]])
    start = np.array([1 - PULSE_PROPORTION, PULSE_PROPORTION])
    # Emissions, up to what is the same for both states.
    inside = np.clip(scores.astype(np.float64), 1e-6, 1 - 1e-6)
    emission = (np.stack([1 - inside, inside], axis=-1) / start) ** TEMPERING
    # Forward and backward, scaled to sum to 1 in each bin.
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


def ranking(scores: Scores, fraction: Scores) -> dict[str, float]:
    """Average precision per bin, with its 95 % interval over genomes."""
    truth, genomes = fraction >= 0.5, np.broadcast_to(np.arange(len(scores))[:, None, None], scores.shape)
    lower, upper = metrics.average_precision_interval(scores, truth, genomes, seed=SEED)
    value = metrics.average_precision(scores, truth)
    return {"average_precision": value, "average_precision_lower": lower, "average_precision_upper": upper}


def rates(scores: Scores, fraction: Scores, threshold: float) -> dict[str, float]:
    """Base-pair precision, recall and F1 at the threshold, with 95 % intervals, and the calibration of bins."""
    # Of each genome: bins called and true, called, and true; a bin that is true in part counts as that part.
    called = scores >= threshold
    counts = np.stack([(called * fraction).sum((1, 2)), called.sum((1, 2)), fraction.sum((1, 2))], axis=1)

    def rate(draw: NDArray[np.int64], which: int) -> float:
        both, positives, true = draw @ counts
        values = both / max(positives, 1e-9), both / max(true, 1e-9), 2 * both / max(positives + true, 1e-9)
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


class Genomes:
    """Genomes of a published model: with the pulse and without it, to be tested on, and others to train on."""

    def __init__(self, name: str, folder: Path, bin_bp: int, samplings: Iterable[str]) -> None:
        self.labels: Row = {"source": "published", "model": name, "bin_bp": bin_bp, "num_genomes": TEST_GENOMES}
        self.name, self.folder, self.bin_bp = name, folder, bin_bp
        self.scenario = scenarios.load(MODELS[name].folder)
        self.scenario_without_pulse = without_pulse(self.scenario)
        observed, size = {key: SAMPLINGS[key] for key in samplings}, {"bin_bp": bin_bp}
        self.with_pulse, self.without_pulse = (
            batches(folder, scenario, FIRST_TEST_GENOME, TEST_GENOMES, LARGEST, observed, **size)
            for scenario in (self.scenario, self.scenario_without_pulse)
        )
        number = MODELS[name].training_genomes
        self.training = batches(folder, self.scenario, 0, number, LARGEST, {FULL: LARGEST}, rows=64, **size)

    def simulate(self, pool: ProcessPoolExecutor) -> None:
        """Those to be tested on, on all workers."""
        list(pool.map(Job.run, [*self.with_pulse, *self.without_pulse]))
        print(f"{self.name}: genomes simulated, bins of {self.bin_bp:,} bp", flush=True)

    def scored(self, sampling: str, scores_of: Callable[[Statistics], Scores]) -> tuple[Scores, Scores, Scores]:
        """A method's scores with and without the pulse, and the truth, of the haplotypes that there are."""
        with_pulse, without = (statistics_of(jobs, sampling) for jobs in (self.with_pulse, self.without_pulse))
        fraction = ghost_fraction(with_pulse)
        present = ~np.isnan(fraction[0, :, 0])
        scores, silent = (scores_of(statistics)[:, present] for statistics in (with_pulse, without))
        return scores, silent, fraction[:, present]

    def matched_row(self, network: SegmentsBundle) -> Row:
        """The row of a network trained on the model itself."""
        scored = self.scored(FULL, partial(posteriors_of_one_file, network))
        return {**self.labels, "sampling": FULL, "method": "matched", **measures(*scored, network.threshold())}

    def shipped_rows(self, sampling: str, shipped: SegmentsBundle) -> list[Row]:
        """The rows of the shipped model, of its first member alone, and decoded; the last two are but ranked, for its
        temperature and threshold are not theirs."""
        labels = {**self.labels, "sampling": sampling}
        scores, silent, fraction = self.scored(sampling, partial(posteriors_of_one_file, shipped))
        alone, _, _ = self.scored(sampling, partial(posteriors_of_one_file, one_member(shipped)))
        rows = [{**labels, "method": "shipped", **measures(scores, silent, fraction, shipped.threshold())}]
        for method, others in (("shipped, one member", alone), ("shipped, decoded", decoded(scores, self.bin_bp))):
            rows.append({**labels, "method": method, **ranking(others, fraction), **gain(others, scores, fraction)})
        return rows


def gain(scores: Scores, reference: Scores, fraction: Scores) -> dict[str, float]:
    """Average precision above that of the shipped model, with the standard error of the difference over genomes."""
    truth, genomes = fraction >= 0.5, np.broadcast_to(np.arange(len(scores))[:, None, None], scores.shape)
    draws = [metrics.average_precision_draws(each, truth, genomes, seed=SEED) for each in (scores, reference)]
    values = [metrics.average_precision(each, truth) for each in (scores, reference)]
    error = float(np.nanstd(draws[0] - draws[1]))
    return {"gain": values[0] - values[1], "gain_standard_error": error}


def rows_of(
    name: str,
    folder: Path,
    shipped: SegmentsBundle,
    pool: ProcessPoolExecutor,
    peer: Path | None,
    matched: Sequence[Path],
) -> list[Row]:
    """Rows of the table for one published model."""
    published = MODELS[name]
    genomes = Genomes(name, folder, published.bin_bp, published.samplings)
    genomes.simulate(pool)
    rows = []
    if published.is_human:
        for sampling in published.samplings:
            rows += genomes.shipped_rows(sampling, shipped)
    rows += other_rows(genomes, folder, pool, peer if published.is_human else None)
    for place in matched:
        network = bundle_files.load(place, SegmentsBundle)
        of_its_bins = Genomes(name, folder, network.training.bin_bp, [FULL])
        of_its_bins.simulate(pool)
        rows.append(of_its_bins.matched_row(network))
    print(pd.DataFrame(rows).to_string(), flush=True)
    return rows


def matched_folders(arguments: Sequence[str]) -> dict[str, list[Path]]:
    """Folders of the segment networks of ``MODEL=FOLDER``, by the published model that each was trained on."""
    folders: dict[str, list[Path]] = {name: [] for name in MODELS}
    for argument in arguments:
        name, _, folder = argument.partition("=")
        if name not in MODELS or not folder:
            raise SystemExit(f"error: --matched {argument}: give MODEL=FOLDER, the model one of {', '.join(MODELS)}")
        folders[name].append(Path(folder) / SegmentsBundle.task)
    return folders


def other_rows(genomes: Genomes, folder: Path, pool: ProcessPoolExecutor, peer: Path | None) -> list[Row]:
    """Rows of what is no network of ours: the logistic regression, the oracle and hmmix."""
    labels = {**genomes.labels, "sampling": FULL}
    list(pool.map(Job.run, genomes.training))
    scores, silent, fraction = genomes.scored(FULL, regression(statistics_of(genomes.training, FULL)))
    rows: list[Row] = [
        {**labels, "method": "logistic regression", **measures(scores, silent, fraction, THRESHOLD)},
    ]
    numbers = range(FIRST_TEST_GENOME, FIRST_TEST_GENOME + TEST_GENOMES)
    genealogy = pool.map(partial(coalescence, genomes.scenario, bin_bp=genomes.bin_bp), numbers)
    rows.append({**labels, "method": "oracle", **ranking(np.stack(list(genealogy)), fraction)})
    if peer is not None:
        scores, silent = (
            hmmix.probabilities(peer, scenario, numbers, LARGEST, folder / f"hmmix-{scenario.name}", pool)
            for scenario in (genomes.scenario, genomes.scenario_without_pulse)
        )
        of_few = measures(scores, silent, fraction[:, : scores.shape[1]], THRESHOLD)
        rows.append({**labels, "method": "hmmix", **of_few})
    return rows


def measures(scores: Scores, silent: Scores, fraction: Scores, threshold: float) -> dict[str, float]:
    """Accuracy of a method's scores, and what it calls of genomes without the pulse (`silent`)."""
    return {**ranking(scores, fraction), **rates(scores, fraction, threshold), **called_of(silent, threshold)}


def called_of(silent: Scores, threshold: float) -> dict[str, float]:
    """Share of the sequence of genomes without a ghost that is called, with its 95 % interval over genomes."""
    called = (silent >= threshold).mean(axis=(1, 2))
    lower, upper = metrics.bootstrap_interval(lambda draw: float(draw @ called / draw.sum()), len(called), seed=SEED)
    names = ("called_without_pulse", "called_without_pulse_lower", "called_without_pulse_upper")
    return dict(zip(names, (float(called.mean()), lower, upper), strict=True))


def prior_rows(folder: Path, shipped: SegmentsBundle, pool: ProcessPoolExecutor) -> list[Row]:
    """The shipped model on unseen genomes of the scenarios themselves, and what it calls by age and strength of
    ancestral structure without a pulse."""
    jobs = {
        name: batches(
            folder,
            scenarios.load(SCENARIOS / name),
            FIRST_TEST_GENOME,
            number,
            LARGEST,
            {FULL: LARGEST},
            num_regions=PRIOR_REGIONS,
        )
        for name, number in PRIOR_GENOMES.items()
    }
    list(pool.map(Job.run, [job for of_scenario in jobs.values() for job in of_scenario]))
    statistics = {name: statistics_of(of_scenario, FULL) for name, of_scenario in jobs.items()}
    scores = {name: by_genome(posteriors(shipped, of_scenario)) for name, of_scenario in statistics.items()}
    fractions = {name: by_genome(ghost_fraction(of_scenario)) for name, of_scenario in statistics.items()}
    threshold = shipped.threshold()
    labels: Row = {"sampling": FULL, "method": "shipped", "bin_bp": BIN_BP}
    rows = together_rows(
        labels, np.concatenate(list(scores.values())), np.concatenate(list(fractions.values())), threshold
    )
    labels["source"] = "scenario"
    for name in ("no_ghost", "structure"):
        error = metrics.expected_calibration_error(scores[name], fractions[name] >= 0.5)
        rows.append({**labels, "model": name, **called_of(scores[name], threshold), "calibration_error": error})
    rows += [{**labels, **called} for called in called_by_structure(scores["structure"], threshold)]
    print(pd.DataFrame(rows).to_string(), flush=True)
    return rows


def by_genome(of_regions: Scores) -> Scores:
    """Values of genomes of `PRIOR_REGIONS`, one region after the other along the bins, from those of their regions."""
    _, num_haplotypes, num_bins = of_regions.shape
    together = of_regions.reshape(-1, PRIOR_REGIONS, num_haplotypes, num_bins).swapaxes(1, 2)
    return together.reshape(-1, num_haplotypes, PRIOR_REGIONS * num_bins)


def together_rows(labels: Row, scores: Scores, fraction: Scores, threshold: float) -> list[Row]:
    """Accuracy over all scenarios together, per bin and for bins two by two."""
    values = {**ranking(scores, fraction), **rates(scores, fraction, threshold)}
    pairs = [values_of_bins.reshape(*scores.shape[:2], -1, 2).mean(axis=3) for values_of_bins in (scores, fraction)]
    in_pairs = {"source": "all scenarios", "model": "all scenarios, bins two by two", "bin_bp": 2 * BIN_BP}
    return [
        {**labels, "source": "all scenarios", "model": "all scenarios", **values},
        {**labels, **in_pairs, **ranking(*pairs)},
    ]


def called_by_structure(scores: Scores, threshold: float) -> list[Row]:
    """What is called of genomes of ``structure``, by thirds of its age and of the migration between its demes."""
    numbers = range(FIRST_TEST_GENOME, FIRST_TEST_GENOME + PRIOR_GENOMES["structure"])
    scenario = scenarios.load(SCENARIOS / "structure")
    drawn = pd.DataFrame([draw_genome(scenario, number, SEED) for number in numbers])
    rows: list[Row] = []
    for name, unit in (("structure_time", "generations"), ("stem_migration_rate", "per generation")):
        edges = np.quantile(drawn[name], [0, 1 / 3, 2 / 3, 1])
        for low, high in itertools.pairwise(edges):
            inside = (drawn[name] >= low) & (drawn[name] <= high)
            label = f"structure, {name} {low:.3g} to {high:.3g} {unit}"
            rows.append({"model": label, **called_of(scores[inside], threshold)})
    return rows


def main() -> None:
    """Measure, and write the table and what made it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hmmix", type=Path, help="the program hmmix of an environment of its own")
    parser.add_argument(
        "--matched",
        metavar="MODEL=FOLDER",
        action="append",
        default=[],
        help="a model trained on a published one itself, with bins of any size; once for each",
    )
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--folder", type=Path, help="keep statistics here, and go on from what a run left")
    parser.add_argument("--output", type=Path, default=HERE / "accuracy", help="folder of the table")
    parser.add_argument("--page", type=Path, default=HUMAN.parent / "README.md", help="what is written of it")
    arguments = parser.parse_args()
    shipped, matched = shipped_segments(), matched_folders(arguments.matched)
    peer = None if arguments.hmmix is None else arguments.hmmix.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(arguments.workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            rows = prior_rows(folder, shipped, pool)
            # A model whose tracts are shorter than the shipped model's bins is one for matched networks alone.
            names = [name for name, published in MODELS.items() if published.is_human or matched[name]]
            rows += [row for name in names for row in rows_of(name, folder, shipped, pool, peer, matched[name])]
    table, results = pd.DataFrame(rows), arguments.output / "results.tsv"
    atomic.write_text(results, table.to_csv(sep="\t", float_format="%.5f", lineterminator="\n", index=False))
    atomic.write_text(arguments.page, page(results, HUMAN.parent))
    inputs = {f"matched {number}": place / MANIFEST for number, place in enumerate(itertools.chain(*matched.values()))}
    record = provenance.record(
        "benchmarks/accuracy.py", {"hmmix": peer is not None}, {"model": HUMAN / MANIFEST, **inputs}
    )
    atomic.write_json(arguments.output / provenance.COMPLETE, record)


if __name__ == "__main__":
    main()
