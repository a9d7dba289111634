"""A made-up genome: masks and recombination maps of every kind that windows of simulated regions are drawn from.

``python benchmarks/landscape.py`` writes ``config/human/mask.bed.gz`` and ``config/human/map.tsv.gz``, the same bytes
whenever it runs: the networks of ``config/human.yaml`` need no file of a real genome, and are at home with any.
"""

import argparse
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from introghost import atomic

OUTPUT = Path(__file__).parents[1] / "config" / "human"
SEED = 20261123
LENGTH_BP, STEP_BP = 20_000_000, 10_000
CALLABLE_PERCENT = (100, 75, 50)
KINDS = ("hotspots", "slow", "flat", "fast")
STRETCH_BP = 2_000  # mean length of a callable stretch
MAP_HEADER = "pos\tchr\tcM\n"


@dataclass(frozen=True)
class Contig:
    """One contig of the landscape, named as its kind of map and its callable share.

    Attributes
    ----------
    kind : str
        Of `KINDS`: rates differ between steps, or are 0.5, 1 or 2 cM/Mb throughout.
    percent : int
        Of the contig that is callable.
    stretches : list of tuple of int
        Callable, 0-based and half-open.
    centimorgans : ndarray of float64, shape (num_steps,)
        Genetic position of the first base of each step of `STEP_BP`.
    """

    kind: str
    percent: int
    stretches: list[tuple[int, int]]
    centimorgans: NDArray[np.float64]

    @property
    def name(self) -> str:
        """Under which it stands in files."""
        return f"{self.kind}{self.percent}"

    def bed(self, name: str) -> str:
        """Lines of a BED file in which the contig is called `name`."""
        return "".join(f"{name}\t{start}\t{end}\n" for start, end in self.stretches)

    def map_lines(self) -> str:
        """Lines of a map under `MAP_HEADER`, positions 1-based."""
        points = zip(np.arange(len(self.centimorgans)) * STEP_BP + 1, self.centimorgans, strict=True)
        return "".join(f"{position}\t{self.name}\t{cm:.6f}\n" for position, cm in points)


def contigs() -> dict[str, Contig]:
    """A contig of 20 Mb of each kind and callable share, by its name."""
    rng, result = np.random.default_rng(SEED), dict[str, Contig]()
    for percent in CALLABLE_PERCENT:
        stretches = callable_stretches(percent, rng)
        for kind in KINDS:
            # Rate of each step in cM/Mb, gamma distributed with a shape of 0.3 where there are hotspots; the genetic
            # position of a step is the sum over those before it.
            relative = rng.gamma(0.3, 1 / 0.3, LENGTH_BP // STEP_BP)
            per_mb = {"hotspots": 1.2 * relative, "slow": 0.5, "flat": 1.0, "fast": 2.0}[kind] * np.ones_like(relative)
            centimorgans = np.concatenate([[0], np.cumsum(per_mb * STEP_BP / 1e6)[:-1]])
            contig = Contig(kind, percent, stretches, centimorgans)
            result[contig.name] = contig
    return result


def callable_stretches(percent: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Stretches of 2 kb on average of which so much is callable, 0-based and half-open; all of it in one at 100 %.

    Parameters
    ----------
    percent : int
    rng : numpy.random.Generator
    """
    # Lengths of stretches and of the gaps before them, exponential, more than enough for the contig.
    number, gap_bp = 4 * LENGTH_BP // STRETCH_BP, STRETCH_BP * (100 - percent) / percent
    callable_bp, gaps = rng.exponential(STRETCH_BP, number), rng.exponential(gap_bp, number)
    ends = np.cumsum(callable_bp + gaps).astype(int)
    starts, inside = ends - callable_bp.astype(int), ends < LENGTH_BP
    return [(0, LENGTH_BP)] if percent == 100 else list(zip(starts[inside], ends[inside], strict=True))


def write(folder: Path) -> None:
    """Write the mask and the map of all contigs, compressed without a time stamp.

    Parameters
    ----------
    folder : Path
        Made where it is absent.
    """
    folder.mkdir(parents=True, exist_ok=True)
    landscape = contigs()
    texts = {
        "mask.bed.gz": "".join(contig.bed(name) for name, contig in landscape.items()),
        "map.tsv.gz": MAP_HEADER + "".join(contig.map_lines() for contig in landscape.values()),
    }
    for name, text in texts.items():
        with atomic.atomic_path(folder / name) as temporary:
            temporary.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of the two files")
    write(parser.parse_args().output)


if __name__ == "__main__":
    main()
