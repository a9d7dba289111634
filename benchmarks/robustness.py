"""How well segments are found in flawed data.

``python benchmarks/robustness.py`` writes benchmarks/robustness.tsv and docs/robustness.md. The shipped model, whose
simulations went through an observation model in which almost every confounder varies (``config/human.yaml``), is
applied to a published model of Neanderthal introgression (``config/demo``) and to unseen genomes without a ghost
(``config/scenarios/no_ghost``), observed with one confounder at a time. Masks and maps are made up (``landscape.py``),
so that the command needs no file. On two cores it takes about ten minutes.
"""

import argparse
import json
import tempfile
import textwrap
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from genomes import (
    SEED,
    Job,
    Section,
    batches,
    ghost_fraction,
    posteriors_of_one_file,
    shipped_segments,
    statistics_of,
)
from introghost import atomic
from introghost.evaluation.metrics import average_precision, average_precision_draws
from introghost.evaluation.truth import posteriors
from introghost.inference.bundles import SegmentsBundle
from introghost.simulation import scenarios
from landscape import MAP_HEADER, contigs

HERE = Path(__file__).parent
SCENARIOS = HERE.parent / "config" / "scenarios"
OUTPUT, PAGE_PATH = HERE / "robustness.tsv", HERE.parent / "docs" / "robustness.md"
FIRST_TEST_GENOME = 50_000
TEST_GENOMES, TEST_REGIONS = {"demo": 80, "no_ghost": 12}, {"demo": 1, "no_ghost": 4}

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

LEVELS = ("typical", "severe")
TOGETHER = "all together"
MOST_LOST = dict(zip(LEVELS, (0.03, 0.08), strict=True))
PAGE = """# Robustness

Written by `python benchmarks/robustness.py`; the numbers are in `benchmarks/robustness.tsv`.

How well ghost segments are found in flawed data by the shipped model `human`, trained on simulations in which every
confounder varies. Average precision (± bootstrap standard deviation over regions) is per haplotype and bin of 5 kb,
over {regions} regions of 1 Mb of a published model of Neanderthal introgression (`config/demo`) that nobody trained on.
*Loss* is against clean data, its deviation that of the difference. False positives: haplotype bins called at
the model's threshold in {nulls} unseen genomes of scenario `no_ghost`, {null_regions} regions of 1 Mb each, in which
nothing introgressed. Clean data are 50 outgroup and 50 target individuals; alleles are coded by the outgroup's
majority, so that ancestral states can't be wrong. All regions lie in one file; of `no_ghost`, each genome is a file.

| confounder | level | precision | loss | false positives |
|---|---|---|---|---|
{rows}
All rows but those of the map, and of all together, have the ancestry and the tracts of the clean one. With a varying
mutation rate mutations are drawn anew, and smaller samples are scored on fewer haplotypes. A map changes the ancestry
itself: what those rows lose is for the most part chance, as their deviations tell. The highest levels of training are
the severe ones here, of gene flow 8 %, and masks and maps are those of training, as a user's own are. Other genomes of
the same model were in view when ways of training were compared and when the statistic `enriched_in_target` was made,
for the row of severe gene flow.

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


def write_landscape(folder: Path) -> None:
    """Masks of which 75 and 50 % is callable, and the map with hotspots, all of one contig of the made-up genome."""
    landscape = contigs()
    (folder / "hotspots.tsv").write_text(MAP_HEADER + landscape["hotspots100"].map_lines())
    for percent in (75, 50):  # named as the map, so that a window with both exists
        (folder / f"mask{percent}.bed").write_text(landscape[f"hotspots{percent}"].bed("hotspots100"))


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
        scores, labels = posteriors_of_one_file(bundle, demo), ghost_fraction(demo) >= 0.5
        regions = np.broadcast_to(np.arange(len(scores))[:, None, None], scores.shape)
        draws = average_precision_draws(scores, labels, regions, seed=SEED)
        # Without a ghost every call is false; bins that can't be called do not count.
        no_ghost = posteriors(bundle, statistics_of(tests.no_ghost, name))
        called = float((no_ghost[~np.isnan(no_ghost)] >= bundle.threshold()).mean())
        return cls(average_precision(scores, labels), draws, called)


def tests_of_all_cells(folder: Path) -> Iterator[Tests]:
    """What is simulated to be tested on."""
    models = {
        "demo": scenarios.load(HERE.parent / "config" / "demo"),
        "no_ghost": scenarios.load(SCENARIOS / "no_ghost"),
    }
    for simulated, observed in cells().items():
        demo, no_ghost = (
            batches(
                folder,
                models[name],
                FIRST_TEST_GENOME,
                number,
                json.loads(simulated),
                observed,
                num_regions=TEST_REGIONS[name],
            )
            for name, number in TEST_GENOMES.items()
        )
        yield Tests(demo, no_ghost, list(observed))


def matrix(folder: Path, workers: int) -> pd.DataFrame:
    """The whole matrix, one row per confounder and level."""
    write_landscape(folder)
    every_test, bundle = list(tests_of_all_cells(folder)), shipped_segments()
    with ProcessPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for tests in every_test:
            list(pool.map(Job.run, (*tests.demo, *tests.no_ghost)))
            print(f"{', '.join(tests.cells)}: simulated and observed", flush=True)
        cases = [(tests, name) for tests in every_test for name in tests.cells]
        accuracies = pool.map(partial(Accuracy.of, bundle), *zip(*cases, strict=True))
        rows: list[dict[str, str | float]] = []
        clean: Accuracy | None = None
        for (_, name), accuracy in zip(cases, accuracies, strict=True):
            clean = clean or accuracy  # the first cell is the clean one
            rows.append(row(name, accuracy, clean))
            print(json.dumps(rows[-1]), flush=True)
    return pd.DataFrame(rows)


def row(name: str, accuracy: Accuracy, clean: Accuracy) -> dict[str, str | float]:
    """A row of the matrix: a cell beside the clean one."""
    return {
        **dict(zip(("confounder", "level"), name.rsplit(", ", 1), strict=True)),
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
        null_regions=TEST_REGIONS["no_ghost"],
        rows="".join(page_row(case) for _, case in table.iterrows()),
        targets=missed_targets(table),
    )


def page_row(case: pd.Series) -> str:
    """Line of the page's table of one confounder and level."""
    precision = f"{case['average_precision']:.3f} ± {case['deviation']:.3f}"
    loss = f"{case['loss']:+.3f} ± {case['loss_deviation']:.3f}"
    cells_of_row = (case["confounder"], case["level"], precision, loss, f"{100 * case['false_positive_rate']:.2f} %")
    return f"| {' | '.join(cells_of_row)} |\n"


def missed_targets(table: pd.DataFrame) -> str:
    """Which confounder costs more than `MOST_LOST`, as a paragraph."""
    alone = table[(table["confounder"] != TOGETHER) & table["level"].isin(LEVELS)]
    missed = [
        f"{case.confounder}, {case.level} ({case.loss:.3f})"
        for case in alone.itertuples()
        if case.loss > MOST_LOST[case.level]
    ]
    bounds = " and ".join(f"{most} at {level} levels" for level, most in MOST_LOST.items())
    targets = f"To be lost at most, by one confounder: {bounds}. Missed by: "
    return textwrap.fill(targets + (", ".join(missed) or "none") + ".", 120)


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
        table = matrix(folder, arguments.workers)
    text = table.to_csv(sep="\t", float_format="%.5f", lineterminator="\n", index=False)
    atomic.write_text(arguments.output, text)
    atomic.write_text(arguments.page, page(table))


if __name__ == "__main__":
    main()
