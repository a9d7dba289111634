"""Make the model that comes with introghost: `human`, segments alone.

``python benchmarks/human.py`` simulates genomes of ``config/scenarios`` on all cores, shows half of them as they are
and half through an observation model in which nearly everything varies, trains on a GPU where there is one, and writes
``src/introghost/models/human``. Masks and genetic maps are made up (`robustness.landscape`), so that the command needs
no file and the model is at home with any. ``benchmarks/accuracy`` tells how good it is.
"""

import argparse
import logging
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from genomes import SEED, Job, Section, batches, statistics_of
from introghost import provenance
from introghost.evaluation.tables import write_tables
from introghost.inference import bundle_files, segment_training
from introghost.simulation import scenarios
from robustness import PANEL, SCENARIOS, landscape

OUTPUT = Path(__file__).parents[1] / "src" / "introghost" / "models" / "human" / "segments"
TRAINING_GENOMES = {"ghost": 3_800, "no_ghost": 1_500, "structure": 1_700}  # under each observation model
ROWS = 16
EPOCHS, WIDTH, MEMBERS = 8, 64, 2
CLEAN: Section = {"outgroup_diploids": [10, 200], "target_diploids": [1, 200]}
# Levels are log-uniform: most data are good, few are bad, and the network has to be at home in both. No gene flow into
# the outgroup: trained with it, a network takes what a few of the outgroup share with many of the target for a ghost's.
FLAWED: Section = {
    **CLEAN,
    **PANEL,
    "minimum_allele_count": [1, 5],
    "include_bed": "mask.bed",
    "genetic_map": "map.tsv",
    "genetic_map_error": [0.01, 0.5],
    "mutation_rate_variation": [0.01, 0.3],
    "missing": [0.001, 0.2],
    "genotype_error": [0.0001, 0.01],
    "switch_error": [0.001, 0.05],
    "mislabelled": [0.001, 0.05],
}


def jobs(folder: Path) -> list[Job]:
    """Training genomes, half of them clean and half with every flaw: others for each."""
    return [
        job
        for scenario, number in TRAINING_GENOMES.items()
        for first, model in ((0, FLAWED), (number, CLEAN))
        for job in batches(
            folder, scenarios.load(SCENARIOS / scenario), first, number, model, {"human": model}, rows=ROWS
        )
    ]


def main() -> None:
    """Simulate, train and write the bundle."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: all cores)")
    parser.add_argument("--folder", type=Path, help="keep statistics here, and go on from what a run left")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of the bundle")
    arguments = parser.parse_args()
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        landscape(folder)
        training = jobs(folder)
        with ProcessPoolExecutor(arguments.workers) as pool:
            for _ in tqdm(pool.map(Job.run, training), total=len(training), desc="batches of genomes"):
                pass
        trained = segment_training.train_segments(
            statistics_of(training, "human"), epochs=EPOCHS, seed=1, width=WIDTH, members=MEMBERS
        )
    write_tables({"learning_curve": trained.learning_curve}, arguments.output)
    bundle_files.save(replace(trained.bundle, provenance=record()), arguments.output)


def record() -> dict[str, object]:
    """What went into the bundle, for its provenance."""
    digests = {name: scenarios.digest(scenarios.load(SCENARIOS / name)) for name in TRAINING_GENOMES}
    genomes = {"genomes": TRAINING_GENOMES, "scenarios": digests, "simulation_seed": SEED}
    options = {**genomes, "rows": ROWS, "epochs": EPOCHS, "width": WIDTH, "members": MEMBERS, "seed": 1}
    return provenance.record("benchmarks/human.py", options, {})


if __name__ == "__main__":
    main()
