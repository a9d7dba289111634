"""Where segments are found and where not: by frequency, by length, after founders, and by what lies beside a locus.

``python benchmarks/limits.py`` writes benchmarks/limits.tsv and docs/limits.md for the shipped model. Genomes are those
of a published model of Neanderthal introgression (``config/demo``), on which it was not trained, 50 + 50 individuals,
clean. On two cores it takes about ten minutes.

Frequency: in a stretch of every region the proportion of the ghost is drawn anew, up to 1, as selection would leave
it. Length: of tracts as they are. Founders: no pulse, and a target that 40 individuals founded 25 generations ago.
Locus: calls in a locus of 50 to 500 kb, shown in its region, alone, with two other loci of the region, and at the
region's end.
"""

import argparse
import copy
import dataclasses
import itertools
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from families import published, without_pulse
from genomes import (
    ANCESTRAL,
    BIN_BP,
    LENGTH_BP,
    SEED,
    SIZES,
    Job,
    Look,
    batches,
    ghost_fraction,
    shipped_segments,
    statistics_of,
)
from introghost import atomic, seeds
from introghost.arrays import runs
from introghost.evaluation import metrics
from introghost.evaluation.truth import SimulatedFile, posteriors
from introghost.haplotypes import Haplotypes, callable_per_bin_bp
from introghost.inference import calling, file_population
from introghost.inference.bundles import SegmentsBundle
from introghost.simulation.ancestry import simulate_genome_with_tracts
from introghost.simulation.observed import observe
from introghost.simulation.scenarios import Scenario
from introghost.statistics.haplotype import haplotype_statistics

HERE = Path(__file__).parent
OUTPUT, PAGE_PATH = HERE / "limits.tsv", HERE.parent / "docs" / "limits.md"
MODEL = "human_neanderthal"
CLEAN = dict(zip(SIZES, (50, 50), strict=True))
SELECTED = {**CLEAN, "selected_ghost": 1.0}
FIRST_TEST_GENOME, TEST_GENOMES, FOUNDER_GENOMES, LOCI = 60_000, 100, 40, 200
FREQUENCIES = (0.0, 0.05, 0.1, 0.25, 0.5, 0.9, 1.0)
LENGTHS_KB = (0, 10, 20, 50, 100, 1_000)
FOUNDERS, FOUNDING_GENERATIONS = 40, 25
LOCUS_BP, OTHER_BP = (50_000, 500_000), 100_000
WAYS = ("alone", "with two others", "at the end")
Values = NDArray[np.floating]
PAGE = """# Limits of segments

Written by `python benchmarks/limits.py`; the numbers are in `benchmarks/limits.tsv`.

The shipped model `human` on a published model of Neanderthal introgression (`config/demo`), on which it was not
trained: 50 + 50 individuals, clean, calls at the model's own threshold; 95 % intervals are over genomes. The network is
given population statistics of the whole file, which is one of ordinary regions of the same model, where nothing else
is said, and posteriors are calibrated by those of that file.

## Frequency

In a stretch of every region, 50 to 500 kb long, the proportion of the ghost is drawn anew, from the genome's up to 1,
as selection would leave it. Recall is per haplotype and bin, by the share of the target's haplotypes that are
ghost-derived in the bin. {precision}

| share of haplotypes | recall | bins |
|---|---|---|
{frequency}
## Length

Tracts as one pulse of 2.25 % leaves them. Recall by base pair.

| tract | recall | tracts |
|---|---|---|
{length}
## Founders

A file without a pulse, whose target has been of {founders} individuals for {generations} generations: {founder}

## What lies beside a locus

Loci of 50 to 500 kb that hold a tract and a call, shown in their region of 1 Mb of a chromosome, and shown otherwise,
where population statistics are unknown and nothing tells how the posteriors of a chromosome are spread. Of the bins
that are called either way, how many are called one way only: median over {loci} loci, 90 % quantile, and the most.

| shown | median | 90 % | most |
|---|---|---|---|
{locus}"""


def with_founders(scenario: Scenario) -> Scenario:
    """The same model, whose target has been small for a few generations."""
    template = copy.deepcopy(scenario.template)
    (target,) = (deme for deme in template["demes"] if deme["name"] == scenario.roles["target"])
    target["epochs"][-1]["end_time"] = FOUNDING_GENERATIONS
    target["epochs"].append({"start_size": FOUNDERS, "end_time": 0})
    return dataclasses.replace(scenario, name=f"{scenario.name}-founders", template=template)


@dataclasses.dataclass(frozen=True)
class Measured:
    """Posteriors and truth of test genomes.

    Attributes
    ----------
    called : ndarray of bool, shape (num_genomes, num_haplotypes, num_bins)
    fraction : ndarray of float32, the same shape
        Share of each bin that is ghost-derived.
    """

    called: NDArray[np.bool_]
    fraction: Values

    @classmethod
    def of(cls, bundle: SegmentsBundle, jobs: Sequence[Job], file: SimulatedFile | None) -> "Measured":
        """Those of a network; regions lie in such a file, or in one of their own."""
        statistics = statistics_of(jobs, "clean")
        if file is None:
            file = SimulatedFile.of(bundle, statistics)
        return cls(posteriors(bundle, statistics, file) >= bundle.threshold(), ghost_fraction(statistics))

    def rate(self, chosen: NDArray[np.bool_], weights: Values) -> dict[str, float]:
        """Called share of the chosen bins by weight, with its interval over genomes, and the number of bins."""
        sums = np.stack([(weights * chosen * self.called).sum((1, 2)), (weights * chosen).sum((1, 2))], axis=1)

        def share(draw: NDArray[np.int64]) -> float:
            called, total = draw @ sums
            return float(called / max(total, 1e-9))

        lower, upper = metrics.bootstrap_interval(share, len(sums), seed=SEED)
        everything = np.ones(len(sums), dtype=np.int64)
        return {"value": share(everything), "lower": lower, "upper": upper, "number": int(chosen.sum())}


def frequency_rows(measured: Measured) -> Iterator[dict[str, str | float]]:
    """Recall by the share of haplotypes that are ghost-derived in a bin, and precision over all."""
    is_ghost = measured.fraction >= 0.5
    share = np.broadcast_to(is_ghost.mean(axis=1, keepdims=True), is_ghost.shape)
    for low, high in itertools.pairwise(FREQUENCIES):
        chosen = is_ghost & (share > low) & (share <= high)
        yield {"table": "frequency", "row": f"{low:.0%} to {high:.0%}", **measured.rate(chosen, np.ones(1))}
    right = dataclasses.replace(measured, called=is_ghost)
    yield {"table": "frequency", "row": "precision", **right.rate(measured.called, np.ones(1))}


def length_rows(measured: Measured) -> Iterator[dict[str, str | float]]:
    """Recall by length of the tract, by base pair."""
    length_kb, first = np.zeros(measured.fraction.shape), np.zeros(measured.fraction.shape, dtype=bool)
    for place in np.ndindex(measured.fraction.shape[:2]):
        for start, end in runs(measured.fraction[place] > 0):
            length_kb[place][start:end] = measured.fraction[place][start:end].sum() * BIN_BP / 1_000
            first[place][start] = True
    for low, high in itertools.pairwise(LENGTHS_KB):
        chosen = (length_kb > low) & (length_kb <= high)
        row = measured.rate(chosen, measured.fraction)
        yield {"table": "length", "row": f"{low} to {high} kb", **row, "number": int((first & chosen).sum())}


def founder_row(measured: Measured) -> dict[str, str | float]:
    """What is called where there is no ghost."""
    everything = np.ones(measured.called.shape, dtype=bool)
    return {"table": "founders", "row": "called", **measured.rate(everything, np.ones(1))}


def shown(haplotypes: Haplotypes, locus: tuple[int, int], rng: np.random.Generator) -> dict[str, Haplotypes]:
    """The haplotypes of a region with all of it, and with little but a locus."""
    start, end = locus
    others = [(place, place + OTHER_BP) for place in rng.integers(LENGTH_BP - OTHER_BP, size=2) // BIN_BP * BIN_BP]
    panel = np.zeros(LENGTH_BP // BIN_BP, dtype=bool)
    for left, right in (locus, *others):
        panel[left // BIN_BP : right // BIN_BP] = True
    stretches = np.array([(BIN_BP * left, BIN_BP * right) for left, right in runs(panel)])
    at_the_end = (0, end) if rng.random() < 0.5 else (start, LENGTH_BP)
    masks = dict(zip(WAYS, (np.array([locus]), stretches, np.array([at_the_end])), strict=True))
    return {"whole": haplotypes} | {way: haplotypes.mask(mask) for way, mask in masks.items()}


def changes_of_locus(bundle: SegmentsBundle, folder: Path, file: SimulatedFile, genome: int) -> dict[str, float] | None:
    """Of the called bins of a locus, how many are called one way only; None for a region without a tract or a call.

    With all of its region it lies in such a file, a chromosome.
    """
    look, rng = Look.of(folder, CLEAN), np.random.default_rng(seeds.derive(SEED, "locus", genome))
    ((trees, tracts),) = simulate_genome_with_tracts(published(MODEL), genome, look.settings())
    observed = observe(trees, look.model, ancestral=ANCESTRAL, seed=SEED)
    tracts = observed.tracts(tracts)
    if not len(tracts):
        return None
    # A locus of whole bins around a tract.
    tract = tracts.iloc[int(rng.integers(len(tracts)))]
    length = int(np.exp(rng.uniform(*np.log(LOCUS_BP)))) // BIN_BP * BIN_BP
    middle = (tract["start_bp"] + tract["end_bp"]) / 2
    start = int(np.clip(middle - length * rng.random(), 0, LENGTH_BP - length)) // BIN_BP * BIN_BP
    inside = slice(start // BIN_BP, (start + length) // BIN_BP)
    called = {}
    for way, haplotypes in shown(observed.haplotypes, (start, start + length), rng).items():
        callable_fraction = callable_per_bin_bp(haplotypes, BIN_BP) / np.float32(BIN_BP)
        values = haplotype_statistics(haplotypes, BIN_BP).values
        population = file_population.mean_population([file_population.region_population([haplotypes])], LENGTH_BP)
        of_file = file.population if way == "whole" else population
        posterior = calling.segment_posterior(bundle, values, callable_fraction, of_file)
        if way == "whole":
            posterior = bundle.given_spread(posterior, file.spread)
        else:
            (posterior,) = bundle.given_file([posterior], population)
        called[way] = posterior[:, inside] >= bundle.threshold()
    if not called["whole"].any():
        return None
    return {way: _changed(called["whole"], called[way]) for way in WAYS}


def _changed(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    return float((first ^ second).sum() / (first | second).sum())


def locus_rows(changes: Sequence[Mapping[str, float]]) -> Iterator[dict[str, str | float]]:
    """Quantiles of the changes over loci."""
    for way in WAYS:
        values = np.array([change[way] for change in changes])
        quantiles = dict(zip(("value", "lower", "upper"), np.quantile(values, (0.5, 0.9, 1)).tolist(), strict=True))
        yield {"table": "locus", "row": way, **quantiles, "number": len(values)}


def table(folder: Path, workers: int) -> pd.DataFrame:
    """All rows."""
    scenario, bundle = published(MODEL), shipped_segments()
    founders = with_founders(without_pulse(scenario))
    selected, plain, founded = (
        batches(folder, model, FIRST_TEST_GENOME, number, simulated, {"clean": simulated})
        for model, number, simulated in (
            (scenario, TEST_GENOMES, SELECTED),
            (scenario, TEST_GENOMES, CLEAN),
            (founders, FOUNDER_GENOMES, CLEAN),
        )
    )
    with ProcessPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        list(pool.map(Job.run, (*selected, *plain, *founded)))
        first = FIRST_TEST_GENOME + TEST_GENOMES
        genomes = range(first, first + 3 * LOCI)  # some have no tract or call
        file = SimulatedFile.of(bundle, statistics_of(plain, "clean"))
        changes = pool.map(partial(changes_of_locus, bundle, folder, file), genomes)
        found = [change for change in changes if change is not None][:LOCI]
    rows = [
        *frequency_rows(Measured.of(bundle, selected, file)),
        *length_rows(Measured.of(bundle, plain, file)),
        founder_row(Measured.of(bundle, founded, None)),
        *locus_rows(found),
    ]
    return pd.DataFrame(rows)


def page(rows: pd.DataFrame) -> str:
    """The page docs/limits.md."""
    of_table = {name: part.set_index("row") for name, part in rows.groupby("table")}

    def lines(name: str) -> str:
        part = of_table[name].drop(index="precision", errors="ignore")
        return "".join(f"| {row.Index} | {_rate(row)} | {row.number:,} |\n" for row in part.itertuples())

    locus = of_table["locus"]
    return PAGE.format(
        precision=f"Precision over all of them: {_rate(of_table['frequency'].loc['precision'])}.",
        frequency=lines("frequency"),
        length=lines("length"),
        founders=FOUNDERS,
        generations=FOUNDING_GENERATIONS,
        founder=f"{_percent(of_table['founders'].loc['called'])} of the sequence is called.",
        loci=int(locus["number"].max()),
        locus="".join(
            f"| {row.Index} | {row.value:.3f} | {row.lower:.3f} | {row.upper:.3f} |\n" for row in locus.itertuples()
        ),
    )


def _rate(row: pd.Series) -> str:
    return f"{row.value:.3f} ({row.lower:.3f}–{row.upper:.3f})"


def _percent(row: pd.Series) -> str:
    return f"{row.value:.2%} ({row.lower:.2%}–{row.upper:.2%})"


def main() -> None:
    """Measure, and write the table and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--folder", type=Path, help="keep statistics here, and go on from what a run left")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the table")
    parser.add_argument("--page", type=Path, default=PAGE_PATH, help="what is written of it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        rows = table(folder, arguments.workers)
    atomic.write_text(arguments.output, rows.to_csv(sep="\t", float_format="%.5f", lineterminator="\n", index=False))
    atomic.write_text(arguments.page, page(rows))


if __name__ == "__main__":
    main()
