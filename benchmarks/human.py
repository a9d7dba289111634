"""Make the model that comes with introghost: `human`, segments alone.

``python benchmarks/human.py`` simulates genomes of ``config/scenarios`` on all cores, shows each of them through an
observation model in which everything varies, trains on a GPU where there is one, and writes
``src/introghost/models/human``. Masks and genetic maps are made up (`robustness.landscape`), so that the command needs
no file and the model is at home with any. ``benchmarks/accuracy`` tells how good it is.
"""

import argparse
import logging
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from genomes import Job, batches, train
from introghost import models
from introghost.inference.bundle import save
from introghost.simulation import scenarios
from robustness import SCENARIOS, WITH, landscape

TRAINING_GENOMES = {"ghost": 4_400, "null": 1_800, "structure": 1_800}
ROWS = 64
EPOCHS, WIDTH = 30, 64
# No ancestral states to be wrong about. No gene flow into the outgroup either: told of it, a network takes what a few
# of the outgroup share with many of the target for a ghost's, which most often it is not.
OBSERVATION: dict[str, Any] = {
    **{key: value for key, value in WITH.items() if key not in ("ancestral_error", "outgroup_gene_flow")},
    "target_diploids": [1, 200],
}


def jobs(folder: Path) -> list[Job]:
    """Training genomes."""
    return [
        job
        for scenario, number in TRAINING_GENOMES.items()
        for job in batches(
            folder, scenarios.load(SCENARIOS / scenario), 0, number, OBSERVATION, {"human": OBSERVATION}, ROWS
        )
    ]


def main() -> None:
    """Simulate, train and write the bundle."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: all cores)")
    parser.add_argument("--folder", type=Path, help="keep statistics and network here, and go on from what a run left")
    arguments = parser.parse_args()
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        landscape(folder)
        wanted = jobs(folder)
        with ProcessPoolExecutor(arguments.workers) as pool:
            for _ in tqdm(pool.map(Job.run, wanted), total=len(wanted), desc="batches of genomes"):
                pass
        made = train(folder, "human", wanted, "human", EPOCHS, WIDTH)
    save(made, Path(models.__file__).parent / "human" / "segments")


if __name__ == "__main__":
    main()
