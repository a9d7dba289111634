"""What more genomes, or more looks at the same ones, would teach the networks for whole genomes.

``python benchmarks/learning.py --statistics S … --test T …`` trains model choice and parameters
anew on a growing share of the genomes and tests them on the same unseen ones; ``benchmarks/learning.tsv`` has a row for
each number of genomes and of observations of each. Files are those that the workflow makes of genomes, for training
and for tests; the batches of a run are named in ``results/human/statistics/genomes/``.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from flaws import Verdicts
from genomes import SEED
from introghost import atomic
from introghost.evaluation.unseen import UnseenGenomes
from introghost.inference.genome_training import train_model_choice, train_parameters
from introghost.simulation import scenarios
from introghost.statistics.table import Statistics

OUTPUT = Path(__file__).parent / "learning.tsv"
SCENARIOS = Path(__file__).parents[1] / "config" / "scenarios"
SHARES = (1 / 8, 1 / 4, 1 / 2, 1)
EPOCHS = 300


def chosen(statistics: Statistics, share: float, observations: int) -> NDArray[np.intp]:
    """Rows of a share of the genomes of each scenario, those with the lowest numbers, and of their first observations.

    Parameters
    ----------
    statistics : Statistics
    share : float
    observations : int

    Returns
    -------
    ndarray of int
    """
    is_chosen = statistics.observation_indices < observations
    for name in set(statistics.scenarios.tolist()):
        of_scenario = statistics.scenarios == name
        genomes = np.unique(statistics.genome_indices[of_scenario])
        kept = genomes[: max(round(share * len(genomes)), 1)]
        is_chosen &= ~of_scenario | np.isin(statistics.genome_indices, kept)
    return np.flatnonzero(is_chosen)


def sizes(statistics: Statistics) -> Iterator[tuple[float, int]]:
    """Shares of the genomes, each observed once and, if they were observed more often, as often as they were."""
    most = int(statistics.observation_indices.max()) + 1
    for share in SHARES:
        yield from ((share, observations) for observations in sorted({1, most}))


def read(paths: Sequence[Path]) -> Statistics:
    """Statistics of several files."""
    return Statistics.concatenate([Statistics.read(path) for path in paths])


def row(paths: Sequence[Path], tests: Sequence[Path], scenario: str, size: tuple[float, int]) -> dict[str, float]:
    """What networks that were trained on so many genomes say of the unseen ones.

    Parameters
    ----------
    paths, tests : sequence of Path
        Statistics to train on and to test on.
    scenario : str
        Whose parameters are learnt.
    size : tuple of float and int
        Of `sizes`.

    Returns
    -------
    dict of str to float
        Genomes, observations of each, and the figures of `Verdicts`.
    """
    torch.set_num_threads(1)
    everything, unseen = read(paths), read(tests)
    statistics = everything.select(chosen(everything, *size))
    choice = train_model_choice(statistics, epochs=EPOCHS, seed=SEED).bundle
    parsed = scenarios.load(SCENARIOS / scenario)
    posterior = train_parameters(statistics, parsed, epochs=EPOCHS, seed=SEED).bundle
    genomes = len(set(zip(statistics.scenarios.tolist(), statistics.genome_indices.tolist(), strict=True)))
    verdicts = Verdicts.of(choice, posterior, UnseenGenomes.of(unseen.genomes(), unseen.ghost_of_target))
    return {"genomes": genomes, "observations": size[1], **verdicts.figures}


def main() -> None:
    """Train, test and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--statistics", type=Path, nargs="+", required=True, help="of genomes to train on")
    parser.add_argument("--test", type=Path, nargs="+", required=True, help="of unseen genomes")
    parser.add_argument("--scenario", default="ghost", help="whose parameters are learnt (default: ghost)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: all cores)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the table")
    arguments = parser.parse_args()
    asked = list(sizes(read(arguments.statistics)))
    measure = partial(row, arguments.statistics, arguments.test, arguments.scenario)
    with ProcessPoolExecutor(arguments.workers) as pool:
        rows = pd.DataFrame(list(pool.map(measure, asked)))
    text = rows.to_csv(sep="\t", float_format="%.5f", lineterminator="\n", index=False)
    atomic.write_text(arguments.output, text)
    print(rows.to_string(index=False))


if __name__ == "__main__":
    main()
