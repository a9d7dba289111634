"""Time of the statistics against the time of the simulation that they summarise, on the same regions.

``python benchmarks/speed.py`` writes benchmarks/speed.tsv: one row per region of 1 Mb, 50 + 50 diploids, one core.
"""

import argparse
import itertools
import time
from pathlib import Path

import pandas as pd

from introghost.atomic import write_text
from introghost.haplotypes import OUTGROUP_MAJOR
from introghost.simulation import scenarios
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.observation import ObservationModel
from introghost.simulation.observed import observe
from introghost.statistics.haplotype import haplotype_statistics
from introghost.statistics.population import population_statistics

HERE = Path(__file__).parent
GENOMES = 6
STEPS = ("simulation_s", "observation_s", "haplotype_statistics_s", "population_statistics_s")


def times_of(genome: int) -> dict[str, float]:
    """Seconds of each step for one region, and the ratio of all but the simulation to it."""
    scenario = scenarios.load(HERE.parent / "config" / "scenarios" / "ghost")
    times = [time.perf_counter()]
    settings = SimulationSettings(
        seed=1, num_regions=1, region_length_bp=1_000_000, outgroup_diploids=50, target_diploids=50
    )
    ((tree_sequence, _),) = simulate_genome_with_tracts(scenario, genome, settings)
    times.append(time.perf_counter())
    haplotypes = observe(tree_sequence, ObservationModel(), ancestral=OUTGROUP_MAJOR, seed=1).haplotypes
    times.append(time.perf_counter())
    haplotype_statistics(haplotypes, 10_000)
    times.append(time.perf_counter())
    population_statistics(haplotypes)
    times.append(time.perf_counter())
    steps = dict(zip(STEPS, (end - start for start, end in itertools.pairwise(times)), strict=True))
    statistics_s = sum(steps[name] for name in STEPS[1:])
    return {"num_sites": len(haplotypes.positions_bp), **steps, "ratio": statistics_s / steps["simulation_s"]}


def main() -> None:
    """Measure all genomes, after one that only warms the caches up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=HERE / "speed.tsv", help="the table")
    parser.add_argument("--genomes", type=int, default=GENOMES, help="regions, one of each genome")
    arguments = parser.parse_args()
    times_of(arguments.genomes)
    table = pd.DataFrame([times_of(genome) for genome in range(arguments.genomes)])
    table.index.name = "genome"
    write_text(arguments.output, table.to_csv(sep="\t", float_format="%.4f", lineterminator="\n"))
    total = table[list(STEPS)].sum()
    print(table.to_string())
    print(f"statistics / simulation: {total.iloc[1:].sum() / total.iloc[0]:.2f}")


if __name__ == "__main__":
    main()
