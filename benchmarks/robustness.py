"""How well segments are found in flawed data, trained without and with the observation model.

``python benchmarks/robustness.py`` writes benchmarks/robustness.tsv and docs/robustness.md. Two networks are trained on
the scenarios of ``config/scenarios``: one on simulations as they are, one on simulations that went through an
observation model in which every confounder varies. Both are then asked about a published model of Neanderthal
introgression (``config/demo``) and about genomes without a ghost (``config/scenarios/null``), neither of which was
trained on, observed with one confounder at a time. Masks and maps are made up here (``landscape``), so that the command
needs no file; ``--workers 2`` takes about a quarter of an hour.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import xarray as xr

from introghost import seeds
from introghost.evaluation.metrics import average_precision
from introghost.inference import application, training
from introghost.inference.bundle import Bundle
from introghost.provenance import write_text
from introghost.simulation import scenarios
from introghost.simulation.ancestry import write_batch
from introghost.simulation.observation import ObservationModel
from introghost.simulation.windows import Windows
from introghost.statistics import dataset
from introghost.variants.annotation import read_bed, read_genetic_map

HERE = Path(__file__).parent
SCENARIOS = HERE.parent / "config" / "scenarios"
LENGTH_BP, BIN_BP, SEED = 1_000_000, 10_000, 20261123
TRAINING_GENOMES = {"ghost": 360, "null": 80, "structure": 80}
FIRST_TEST_GENOME, TEST_REGIONS, BATCH = 10_000, 40, 20
EPOCHS = 8
CALLED = 0.5

PANEL = {"panel_outgroup_diploids": 100, "panel_target_diploids": 200}
CLEAN = {"outgroup_diploids": 50, "target_diploids": 50, **PANEL}
# Typical and severe levels are those of the literature that docs/robustness.md names.
CONFOUNDERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "allele-count filter": ({"minimum_allele_count": 2}, {"minimum_allele_count": 5}),
    "mask": ({"include_bed": "mask75.bed"}, {"include_bed": "mask50.bed"}),
    "recombination map": (
        {"genetic_map": "map.tsv", "genetic_map_error": 0.2},
        {"genetic_map": "map.tsv", "genetic_map_error": 0.5},
    ),
    "mutation rate": ({"mutation_rate_variation": 0.15}, {"mutation_rate_variation": 0.3}),
    "missing genotypes": ({"missing": 0.02}, {"missing": 0.2}),
    "genotype error": ({"genotype_error": 0.001}, {"genotype_error": 0.01}),
    "switch error": ({"switch_error": 0.01}, {"switch_error": 0.05}),
    "ancestral state": ({"ancestral_error": 0.01}, {"ancestral_error": 0.05}),
    "gene flow into the outgroup": ({"outgroup_gene_flow": 0.02}, {"outgroup_gene_flow": 0.2}),
    "wrong labels": ({"mislabelled": 0.01}, {"mislabelled": 0.05}),
    "sample size": (
        {"outgroup_diploids": 25, "target_diploids": 25},
        {"outgroup_diploids": 10, "target_diploids": 10},
    ),
}
WITH = {
    "outgroup_diploids": [10, 200],
    "target_diploids": [10, 200],
    **PANEL,
    "minimum_allele_count": [1, 5],
    "include_bed": "mask.bed",
    "genetic_map": "map.tsv",
    "genetic_map_error": [0, 0.5],
    "mutation_rate_variation": [0, 0.3],
    "missing": [0, 0.2],
    "genotype_error": [0.0001, 0.01],
    "switch_error": [0.001, 0.05],
    "ancestral_error": [0, 0.05],
    "outgroup_gene_flow": [0, 0.2],
    "mislabelled": [0, 0.05],
}


TRAINED = ("without", "with")
PAGE = """# Robustness

Written by `python benchmarks/robustness.py`; the numbers are in `benchmarks/robustness.tsv`.

How well ghost segments are found in flawed data, by a network trained on simulations as they are (*without* the
observation model) and by one trained on simulations in which every confounder varies (*with* it). Both are trained on
{genomes} genomes of `config/scenarios`. Average precision (± bootstrap standard deviation over regions) is per
haplotype and 10-kb bin, over {regions} regions of 1 Mb of a published model of Neanderthal introgression
(`config/demo`), on which neither was trained; *loss* is against clean data, for the network trained with the
observation model. False positives: haplotype bins called at a posterior of 0.5 in as many unseen genomes of the `null`
scenario, in which nothing introgressed. Clean data are 50 outgroup and 50 target individuals, ancestral states known.

| confounder | level | precision, without | precision, with | loss, with | false positives, without | with |
|---|---|---|---|---|---|---|
{rows}
Rows that change the simulation itself (map, mutation rate, sample size) are of other tracts than the clean row: their
deviations tell how much of a difference is chance. Trained on this many genomes, the network that has to know every
flaw is behind the other on most data; it is ahead where genes flow into the outgroup, and calls far less by mistake
where phase is wrong.

| confounder | typical | severe | measured in |
|---|---|---|---|
| allele-count filter | alleles seen twice among 400 individuals | five times | as panels do |
| mask | 75 % callable, in stretches of 2 kb | 50 % | 1000 Genomes masks: 57 to 98 % |
| recombination map | hotspots, log-rate error 0.2 | 0.5 | judgement |
| mutation rate | coefficient of variation per 50 kb 0.15 | 0.3 | judgement |
| missing genotypes | 2 % | 20 % | judgement |
| genotype error | 0.1 % of heterozygotes, a tenth of it of homozygotes | 1 % | judgement |
| switch error | 1 % per heterozygous site | 5 % | trios and fosmids: 0.3 to 7 % |
| ancestral state | 1 % of sites wrong | 5 % | judgement |
| gene flow into the outgroup | 2 % of the outgroup is target, recently | 20 % | judgement |
| wrong labels | 1 % of individuals | 5 % | judgement |
| sample size | 25 + 25 individuals | 10 + 10 | |
"""


def landscape(folder: Path) -> None:
    """Masks of which 100, 75 and 50 % is callable in short stretches, and a map with hotspots; 20 Mb each."""
    rng = np.random.default_rng(SEED)
    total_bp = 20_000_000
    lines = {}
    for percent in (100, 75, 50):
        number = total_bp // 500
        callable_bp, gaps = rng.exponential(2_000, number), rng.exponential(2_000 * (100 - percent) / percent, number)
        ends = np.cumsum(callable_bp + gaps).astype(int)
        starts = ends - callable_bp.astype(int)
        stretches = zip(starts[ends < total_bp], ends[ends < total_bp], strict=True)
        text = "".join(f"c{percent}\t{start}\t{end}\n" for start, end in stretches)
        lines[percent] = f"c{percent}\t0\t{total_bp}\n" if percent == 100 else text
        (folder / f"mask{percent}.bed").write_text(lines[percent])
    (folder / "mask.bed").write_text("".join(lines.values()))
    rate = 1.2 * rng.gamma(0.3, 1 / 0.3, total_bp // 10_000)  # cM per Mb, in steps of 10 kb
    position, centimorgans = np.arange(len(rate)) * 10_000 + 1, np.concatenate([[0], np.cumsum(rate / 100)[:-1]])
    rows = [f"{p}\tc{c}\t{cm:.6f}\n" for c in (100, 75, 50) for p, cm in zip(position, centimorgans, strict=True)]
    (folder / "map.tsv").write_text("pos\tchr\tcM\n" + "".join(rows))


def statistics(job: tuple[Path, Path, int, int, int, Mapping[str, Any]]) -> Path:
    """Simulate and observe genomes: (scratch folder, scenario folder, first, number, regions, observation)."""
    folder, scenario, first, number, regions, section = job
    named = {key: str(folder / section[key]) for key in ("include_bed", "genetic_map") if key in section}
    model = ObservationModel.parse({**section, **named})
    intervals = read_bed(Path(named["include_bed"])) if "include_bed" in named else None
    maps = read_genetic_map(Path(named["genetic_map"])) if "genetic_map" in named else None
    windows = Windows(intervals, maps) if named else None
    with tempfile.TemporaryDirectory(dir=folder) as own:
        trees = Path(own) / "x.trees"
        write_batch(
            scenarios.load(scenario),
            trees,
            first_genome=first,
            num_genomes=number,
            seed=SEED,
            num_regions=regions,
            region_length_bp=LENGTH_BP,
            outgroup_diploids=int(model.outgroup_diploids.high),
            target_diploids=int(model.target_diploids.high),
            observation=model,
            windows=windows,
        )
        data = dataset.from_trees(
            trees, bin_bp=BIN_BP, ancestral="ancestral", seed=SEED, observation=model, windows=windows
        )
    output = Path(tempfile.mkdtemp(dir=folder)) / "s.zarr.zip"
    dataset.write(data, output)
    return output


def join(paths: list[Path]) -> xr.Dataset:
    """Statistics of several batches."""
    return dataset.concatenate([dataset.read(path) for path in paths])


def train(paths: list[Path]) -> Bundle:
    """A segment network, on one core, so that both can be trained at once."""
    torch.set_num_threads(1)
    return training.train_segments(join(paths), epochs=EPOCHS, seed=1).bundle


def cells() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Confounder, level and observation model of every cell."""
    yield "none", "clean", CLEAN
    for name, levels in CONFOUNDERS.items():
        for level, section in zip(("typical", "severe"), levels, strict=True):
            yield name, level, {**CLEAN, **section}
    for number, level in enumerate(("typical", "severe")):
        together = {key: value for levels in CONFOUNDERS.values() for key, value in levels[number].items()}
        yield "all together", level, {**CLEAN, **together}


def posteriors(bundle: Bundle, data: xr.Dataset) -> np.ndarray:
    """Posterior of every region, haplotype and bin."""
    regions = zip(
        data["haplotype_statistics"].values,
        data["callable_fraction"].values,
        data["haplotype_mean"].values,
        strict=True,
    )
    return np.stack([application.segment_posterior(bundle, *region) for region in regions])


def accuracy(bundle: Bundle, ghost: xr.Dataset, null: xr.Dataset, weights: np.ndarray) -> dict[str, float]:
    """Average precision with its bootstrap deviation over regions, and the share of called bins in null genomes."""
    scores, labels = posteriors(bundle, ghost), ghost["ghost_fraction"].values >= 0.5
    drawn = [average_precision(scores[chosen], labels[chosen]) for chosen in weights]
    called = posteriors(bundle, null)
    return {
        "average_precision": average_precision(scores, labels),
        "deviation": float(np.nanstd(drawn)),
        "false_positive_rate": float((called[~np.isnan(called)] >= CALLED).mean()),
    }


def measure(workers: int) -> pd.DataFrame:
    """The whole matrix, one row per confounder, level and training."""
    rng = np.random.default_rng(seeds.derive(SEED, "bootstrap"))
    resampled = rng.integers(TEST_REGIONS, size=(50, TEST_REGIONS))
    rows = []
    with tempfile.TemporaryDirectory() as name, ProcessPoolExecutor(workers) as pool:
        folder = Path(name)
        landscape(folder)
        batches = []
        for section in (CLEAN, WITH):
            jobs = [
                (folder, SCENARIOS / name, first, BATCH, 2, section)
                for name, number in TRAINING_GENOMES.items()
                for first in range(0, number, BATCH)
            ]
            batches.append(list(pool.map(statistics, jobs)))
        bundles = dict(zip(TRAINED, pool.map(train, batches), strict=True))
        print("trained without and with the observation model", flush=True)
        for confounder, level, section in cells():
            # Genomes of one region each, so that regions are independent; the demo's model has no free parameter.
            firsts = range(FIRST_TEST_GENOME, FIRST_TEST_GENOME + TEST_REGIONS, BATCH)
            demo = [(folder, HERE.parent / "config" / "demo", first, BATCH, 1, section) for first in firsts]
            null = [(folder, SCENARIOS / "null", first, BATCH, 1, section) for first in firsts]
            parts = list(pool.map(statistics, demo + null))
            tested = [join(parts[: len(demo)]), join(parts[len(demo) :])]
            for trained, bundle in bundles.items():
                found = accuracy(bundle, *tested, resampled)
                rows.append({"confounder": confounder, "level": level, "trained": trained, **found})
                print(json.dumps(rows[-1]), flush=True)
    return pd.DataFrame(rows)


def document(table: pd.DataFrame) -> str:
    """The page docs/robustness.md."""
    wide = table.set_index(["confounder", "level", "trained"]).unstack("trained")
    clean = wide["average_precision"].loc[("none", "clean")]
    lines = []
    for confounder, level in dict.fromkeys(zip(table["confounder"], table["level"], strict=True)):
        precision = wide["average_precision"].loc[(confounder, level)]
        false = wide["false_positive_rate"].loc[(confounder, level)]
        shown = [f"{precision[t]:.3f} ± {wide['deviation'].loc[(confounder, level)][t]:.3f}" for t in TRAINED]
        shown += [f"{clean['with'] - precision['with']:+.3f}", *(f"{100 * false[t]:.2f} %" for t in TRAINED)]
        lines.append(f"| {confounder} | {level} | {' | '.join(shown)} |\n")
    return PAGE.format(regions=TEST_REGIONS, genomes=sum(TRAINING_GENOMES.values()), rows="".join(lines))


def main() -> None:
    """Measure, and write the table and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    table = measure(parser.parse_args().workers)
    write_text(HERE / "robustness.tsv", table.to_csv(sep="\t", float_format="%.5f", lineterminator="\n", index=False))
    write_text(HERE.parent / "docs" / "robustness.md", document(table))


if __name__ == "__main__":
    main()
