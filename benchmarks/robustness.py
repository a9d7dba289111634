"""How well segments are found in flawed data, trained without and with the observation model.

``python benchmarks/robustness.py`` writes benchmarks/robustness.tsv and docs/robustness.md. A network is trained on the
scenarios of ``config/scenarios``, on simulations as they are. It and the shipped model, whose simulations went through
an observation model in which almost every confounder varies (``benchmarks/human.py``), are then applied to a published
model of Neanderthal introgression (``config/demo``) and to genomes without a ghost (``config/scenarios/no_ghost``),
neither of which was trained on, observed with one confounder at a time. Masks and maps are made up here
(``landscape``), so that the command needs no file. On two cores it takes about an hour.
"""

import argparse
import json
import tempfile
import textwrap
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from genomes import SEED, Job, Section, batches, ghost_fraction, segment_network, shipped_segments, statistics_of
from introghost import atomic
from introghost.evaluation.metrics import average_precision, average_precision_draws
from introghost.evaluation.truth import posteriors
from introghost.inference.bundles import SegmentsBundle
from introghost.simulation import scenarios

HERE = Path(__file__).parent
SCENARIOS = HERE.parent / "config" / "scenarios"
OUTPUT, PAGE_PATH = HERE / "robustness.tsv", HERE.parent / "docs" / "robustness.md"
TRAINING_GENOMES = {"ghost": 500, "no_ghost": 150, "structure": 150}
FIRST_TEST_GENOME = 50_000
TEST_GENOMES = {"demo": 80, "no_ghost": 30}
EPOCHS = 6

PANEL: Section = {"panel_outgroup_diploids": 100, "panel_target_diploids": 200}
CLEAN: Section = {"outgroup_diploids": 50, "target_diploids": 50}
# Typical and severe levels are those of the literature that docs/robustness.md names.
CONFOUNDERS: dict[str, tuple[Section, Section]] = {
    "allele-count filter": ({"minimum_allele_count": 2}, {"minimum_allele_count": 5}),
    "mask": ({"include_bed": "mask75.bed"}, {"include_bed": "mask50.bed"}),
    "recombination map": (
        {"genetic_map": "hotspots.tsv", "genetic_map_error": 0.2},
        {"genetic_map": "hotspots.tsv", "genetic_map_error": 0.5},
    ),
    "mutation rate": ({"mutation_rate_variation": 0.15}, {"mutation_rate_variation": 0.3}),
    "missing genotypes": ({"missing": 0.02}, {"missing": 0.2}),
    "genotype error": ({"genotype_error": 0.001}, {"genotype_error": 0.01}),
    "switch error": ({"switch_error": 0.01}, {"switch_error": 0.05}),
    "gene flow into the outgroup": ({"outgroup_gene_flow": 0.02}, {"outgroup_gene_flow": 0.2}),
    "wrong labels": ({"mislabelled": 0.01}, {"mislabelled": 0.05}),
    "sample size": (
        {"outgroup_diploids": 25, "target_diploids": 25},
        {"outgroup_diploids": 10, "target_diploids": 10},
    ),
}
SIMULATED_WITH = ("genetic_map", "genetic_map_error", "mutation_rate_variation")

LANDSCAPE_BP, STEP_BP = 20_000_000, 10_000
TRAINED = ("without", "with")
LEVELS = ("typical", "severe")
TOGETHER = "all together"
MOST_LOST = dict(zip(LEVELS, (0.03, 0.08), strict=True))
PAGE = """# Robustness

Written by `python benchmarks/robustness.py`; the numbers are in `benchmarks/robustness.tsv`.

How well ghost segments are found in flawed data, by a network trained on simulations as they are (*without* the
observation model) and by the shipped model `human`, trained on simulations in which every confounder but gene flow
varies (*with* it). The former is trained on {genomes:,} genomes of `config/scenarios`. Average precision (± bootstrap
standard deviation over regions) is per haplotype and bin of 5 kb, over {regions} regions of 1 Mb of a published model
of Neanderthal introgression (`config/demo`), on which neither was trained; *loss* is against clean data, for that
trained with the observation model, its deviation that of the difference. False positives: haplotype bins called at each
network's threshold in {nulls} unseen genomes of scenario `no_ghost`, in which nothing introgressed. Clean data are 50
outgroup and 50 target individuals; alleles are coded by the outgroup's majority, so that ancestral states can't be
wrong.

| confounder | level | precision, without | precision, with | loss, with | false positives, without | with |
|---|---|---|---|---|---|---|
{rows}
All rows but those of the map, and of all together, have the ancestry and the tracts of the clean one. With a varying
mutation rate mutations are drawn anew, and smaller samples are scored on fewer haplotypes. A map changes the ancestry
itself: what those rows lose is for the most part chance, as their deviations tell, and the other network's loss. The
highest levels of training are the severe ones here, and masks and maps are those of training, as a user's own are.
Other genomes of the same model were in view when ways of training were compared and when the statistic
`enriched_in_target` was made, for the row of severe gene flow.

{targets}

| confounder | typical | severe | measured in |
|---|---|---|---|
| allele-count filter | alleles seen twice among 400 individuals | five times | as panels do |
| mask | 75 % callable, in stretches of 2 kb | 50 % | 1000 Genomes masks: 57 to 98 % |
| recombination map | hotspots, log-rate error 0.2 | 0.5 | judgement |
| mutation rate | coefficient of variation per 50 kb 0.15 | 0.3 | judgement |
| missing genotypes | 2 % | 20 % | judgement |
| genotype error | 0.1 % of heterozygotes, a tenth of it of homozygotes | 1 % | judgement |
| switch error | 1 % per heterozygous site | 5 % | trios and fosmids: 0.3 to 7 % |
| gene flow into the outgroup | 2 % of the outgroup is target, recently | 20 % | judgement |
| wrong labels | 1 % of individuals | 5 % | judgement |
| sample size | 25 + 25 individuals | 10 + 10 | |
"""


def landscape(folder: Path) -> None:
    """Masks of which 100, 75 and 50 % is callable in short stretches, and maps flat and with hotspots; 20 Mb each."""
    rng = np.random.default_rng(SEED)
    masks, maps = {}, {}
    for percent in (100, 75, 50):
        stretches = callable_stretches(percent, rng)
        for kind in ("hotspots", "slow", "flat", "fast"):
            contig = f"{kind}{percent}"
            masks[contig] = "".join(f"{contig}\t{start}\t{end}\n" for start, end in stretches)
            # In steps of 10 kb, each with a rate of its own where there are hotspots.
            relative = rng.gamma(0.3, 1 / 0.3, LANDSCAPE_BP // STEP_BP)
            per_mb = {"hotspots": 1.2 * relative, "slow": 0.5, "flat": 1.0, "fast": 2.0}[kind] * np.ones_like(relative)
            centimorgans = np.concatenate([[0], np.cumsum(per_mb / 100)[:-1]])
            points = zip(np.arange(len(per_mb)) * STEP_BP + 1, centimorgans, strict=True)
            maps[contig] = "".join(f"{position}\t{contig}\t{cm:.6f}\n" for position, cm in points)
    header = "pos\tchr\tcM\n"
    (folder / "map.tsv").write_text(header + "".join(maps.values()))
    (folder / "hotspots.tsv").write_text(header + maps["hotspots100"])
    (folder / "mask.bed").write_text("".join(masks.values()))
    for percent in (75, 50):  # named as the map with hotspots, so that a window with both exists
        renamed = masks[f"hotspots{percent}"].replace(f"hotspots{percent}", "hotspots100")
        (folder / f"mask{percent}.bed").write_text(renamed)


def callable_stretches(percent: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Stretches of 2 kb on average of which so much is callable, 0-based and half-open; all of it in one at 100 %."""
    number = LANDSCAPE_BP // 500
    callable_bp, gaps = rng.exponential(2_000, number), rng.exponential(2_000 * (100 - percent) / percent, number)
    ends = np.cumsum(callable_bp + gaps).astype(int)
    starts, inside = ends - callable_bp.astype(int), ends < LANDSCAPE_BP
    return [(0, LANDSCAPE_BP)] if percent == 100 else list(zip(starts[inside], ends[inside], strict=True))


def cells() -> dict[str, dict[str, Section]]:
    """Observation model of every cell (``CONFOUNDER, LEVEL``), by what has to be simulated for it."""
    sections: dict[str, Section] = {"none, clean": {}}
    for name, levels in CONFOUNDERS.items():
        sections |= {f"{name}, {level}": section for level, section in zip(LEVELS, levels, strict=True)}
    for number, level in enumerate(LEVELS):
        together = {key: value for levels in CONFOUNDERS.values() for key, value in levels[number].items()}
        sections[f"{TOGETHER}, {level}"] = together
    result: dict[str, dict[str, Section]] = {}
    for name, section in sections.items():
        simulated = {**CLEAN, **PANEL, **{key: section[key] for key in SIMULATED_WITH if key in section}}
        result.setdefault(json.dumps(simulated), {})[name] = {**CLEAN, **PANEL, **section}
    return result


@dataclass(frozen=True)
class Tests:
    """Test genomes of the demo's model and without a ghost that are simulated together, and the cells that look at
    them."""

    demo: list[Job]
    no_ghost: list[Job]
    cells: list[str]


@dataclass(frozen=True)
class Accuracy:
    """Accuracy in one cell.

    Attributes
    ----------
    average_precision : float
        Over haplotypes and bins.
    draws : ndarray of float64, shape (num_draws,)
        The same of bootstrap draws of regions, which are the same for every cell.
    called : float
        Share of the haplotype bins without a ghost that are called.
    """

    average_precision: float
    draws: NDArray[np.float64]
    called: float

    @classmethod
    def of(cls, bundle: SegmentsBundle, tests: Tests, name: str) -> "Accuracy":
        """That of a network in the cell of this name."""
        demo = statistics_of(tests.demo, name)
        scores, labels = posteriors(bundle, demo), ghost_fraction(demo) >= 0.5
        regions = np.broadcast_to(np.arange(len(scores))[:, None, None], scores.shape)
        draws = average_precision_draws(scores, labels, regions, seed=SEED)
        # Without a ghost every call is false; bins that can't be called do not count.
        no_ghost = posteriors(bundle, statistics_of(tests.no_ghost, name))
        called = float((no_ghost[~np.isnan(no_ghost)] >= bundle.threshold()).mean())
        return cls(average_precision(scores, labels), draws, called)


def training_jobs(folder: Path) -> list[Job]:
    """Training genomes, as they are."""
    return [
        job
        for scenario, number in TRAINING_GENOMES.items()
        for job in batches(folder, scenarios.load(SCENARIOS / scenario), 0, number, CLEAN, {"training": CLEAN}, rows=64)
    ]


def tests_of_all_cells(folder: Path) -> Iterator[Tests]:
    """What is simulated to be tested on."""
    models = {
        "demo": scenarios.load(HERE.parent / "config" / "demo"),
        "no_ghost": scenarios.load(SCENARIOS / "no_ghost"),
    }
    for simulated, observed in cells().items():
        demo, no_ghost = (
            batches(folder, models[name], FIRST_TEST_GENOME, number, json.loads(simulated), observed)
            for name, number in TEST_GENOMES.items()
        )
        yield Tests(demo, no_ghost, list(observed))


def matrix(folder: Path, workers: int) -> pd.DataFrame:
    """The whole matrix, one row per confounder, level and training."""
    landscape(folder)
    training, every_test = training_jobs(folder), list(tests_of_all_cells(folder))
    with ProcessPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for jobs in (training, *((*tests.demo, *tests.no_ghost) for tests in every_test)):
            list(pool.map(Job.run, jobs))
            print(f"{jobs[0].scenario.name} genomes simulated and observed", flush=True)
        networks = segment_network(folder, "without", training, "training", EPOCHS), shipped_segments()
        bundles = dict(zip(TRAINED, networks, strict=True))
        cases = [(trained, tests, name) for tests in every_test for name in tests.cells for trained in bundles]
        arguments = zip(*((bundles[trained], tests, name) for trained, tests, name in cases), strict=True)
        rows, clean = [], dict[str, Accuracy]()
        for (trained, _, name), accuracy in zip(cases, pool.map(Accuracy.of, *arguments), strict=True):
            # The first cell is the clean one.
            rows.append(row(name, trained, accuracy, clean.setdefault(trained, accuracy)))
            print(json.dumps(rows[-1]), flush=True)
    return pd.DataFrame(rows)


def row(name: str, trained: str, accuracy: Accuracy, clean: Accuracy) -> dict[str, str | float]:
    """A row of the matrix: a cell beside the clean one."""
    return {
        **dict(zip(("confounder", "level"), name.rsplit(", ", 1), strict=True)),
        "trained": trained,
        "average_precision": accuracy.average_precision,
        "deviation": float(np.nanstd(accuracy.draws)),
        "loss": clean.average_precision - accuracy.average_precision,
        "loss_deviation": float(np.nanstd(clean.draws - accuracy.draws)),
        "false_positive_rate": accuracy.called,
    }


def page(table: pd.DataFrame) -> str:
    """The page docs/robustness.md."""
    return PAGE.format(
        regions=TEST_GENOMES["demo"],
        nulls=TEST_GENOMES["no_ghost"],
        genomes=sum(TRAINING_GENOMES.values()),
        rows=page_rows(table),
        targets=missed_targets(table),
    )


def page_rows(table: pd.DataFrame) -> str:
    """Lines of the page's table, one for each confounder and level."""
    wide = table.set_index(["confounder", "level", "trained"]).unstack("trained")
    lines = []
    for key in dict.fromkeys(zip(table["confounder"], table["level"], strict=True)):
        values = wide.loc[key]
        cells_of_row = [f"{values['average_precision', t]:.3f} ± {values['deviation', t]:.3f}" for t in TRAINED]
        cells_of_row.append(f"{values['loss', 'with']:+.3f} ± {values['loss_deviation', 'with']:.3f}")
        cells_of_row += [f"{100 * values['false_positive_rate', t]:.2f} %" for t in TRAINED]
        lines.append(f"| {' | '.join((*key, *cells_of_row))} |\n")
    return "".join(lines)


def missed_targets(table: pd.DataFrame) -> str:
    """Which confounder costs more than `MOST_LOST`, as a paragraph."""
    alone = table[(table["trained"] == "with") & (table["confounder"] != TOGETHER) & table["level"].isin(LEVELS)]
    missed = [
        f"{case.confounder}, {case.level} ({case.loss:.3f})"
        for case in alone.itertuples()
        if case.loss > MOST_LOST[case.level]
    ]
    bounds = " and ".join(f"{most} at {level} levels" for level, most in MOST_LOST.items())
    targets = f"To be lost at most, by one confounder, with the observation model: {bounds}. Missed by: "
    return textwrap.fill(targets + (", ".join(missed) or "none") + ".", 120)


def main() -> None:
    """Measure, and write the table and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--folder", type=Path, help="keep statistics and networks here, and go on from what a run left")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the table")
    parser.add_argument("--page", type=Path, default=PAGE_PATH, help="what is written of it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        table = matrix(folder, arguments.workers)
    text = table.to_csv(sep="\t", float_format="%.5f", lineterminator="\n", index=False)
    atomic.write_text(arguments.output, text)
    atomic.write_text(arguments.page, page(table))


if __name__ == "__main__":
    main()
