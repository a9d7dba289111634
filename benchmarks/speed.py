"""Time of the statistics against the time of the simulation that they summarise, on the same regions.

``python benchmarks/speed.py`` writes benchmarks/speed.tsv: one row per region of 1 Mb, 50 + 50 diploids, one core.
"""

import itertools
import time
from pathlib import Path

import pandas as pd

from introghost.haplotypes import OUTGROUP_MAJOR
from introghost.provenance import write_text
from introghost.simulation import scenarios
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.observation import ObservationModel, observe
from introghost.statistics.haplotype import haplotype_statistics
from introghost.statistics.population import population_statistics

HERE = Path(__file__).parent
GENOMES = 6


def measure(genome: int) -> dict[str, float]:
    """Seconds of each step for one region."""
    scenario = scenarios.load(HERE.parent / "config" / "scenarios" / "ghost")
    times = [time.perf_counter()]
    settings = SimulationSettings(
        seed=1, num_regions=1, region_length_bp=1_000_000, outgroup_diploids=50, target_diploids=50
    )
    [(trees, _)] = simulate_genome_with_tracts(scenario, genome, settings)
    times.append(time.perf_counter())
    haplotypes = observe(trees, ObservationModel(), ancestral=OUTGROUP_MAJOR, seed=1).haplotypes
    times.append(time.perf_counter())
    haplotype_statistics(haplotypes, 10_000)
    times.append(time.perf_counter())
    population_statistics(haplotypes)
    times.append(time.perf_counter())
    names = ("simulation_s", "observation_s", "haplotype_statistics_s", "population_statistics_s")
    steps = dict(zip(names, (b - a for a, b in itertools.pairwise(times)), strict=True))
    statistics_s = sum(steps[name] for name in names[1:])
    return {"num_sites": len(haplotypes.positions_bp), **steps, "ratio": statistics_s / steps["simulation_s"]}


def main() -> None:
    """Measure all genomes, after one that only warms the caches up."""
    measure(GENOMES)
    table = pd.DataFrame([measure(genome) for genome in range(GENOMES)])
    table.index.name = "genome"
    write_text(HERE / "speed.tsv", table.to_csv(sep="\t", float_format="%.4f", lineterminator="\n"))
    total = table.drop(columns=["num_sites", "ratio"]).sum()
    print(table.to_string())
    print(f"statistics / simulation: {total.iloc[1:].sum() / total.iloc[0]:.2f}")


if __name__ == "__main__":
    main()
