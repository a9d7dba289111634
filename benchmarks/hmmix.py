"""hmmix on simulated genomes: trained and decoded by its own program, each individual by itself, as its users do.

Skov et al. 2018, PLoS Genetics 14:e1007641. It has to be installed elsewhere: ``pip install hmmix``.
"""

import subprocess
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomes import BIN_BP, LENGTH_BP, SEED
from introghost.haplotypes import Haplotypes
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.observation import ObservationModel
from introghost.simulation.observed import observe
from introghost.simulation.scenarios import Scenario

WINDOW_BP = 1_000  # hmmix's own
INDIVIDUALS = 3


def probabilities(
    executable: Path,
    scenario: Scenario,
    genomes: range,
    diploids: dict[str, int],
    folder: Path,
    pool: ProcessPoolExecutor,
) -> NDArray[np.float32]:
    """Posterior of the archaic state in the haplotypes of the first `INDIVIDUALS`.

    Each genome is a chromosome. hmmix is given all derived alleles that no outgroup haplotype carries, and starts from
    its own parameters for humans and Neanderthals.

    Returns
    -------
    ndarray of float32, shape (num_genomes, 2 * INDIVIDUALS, num_bins)
        Mean over the windows of a bin; those after a haplotype's last private allele, which hmmix leaves out, count 0.
    """
    haplotypes = list(pool.map(partial(simulated_haplotypes, scenario, diploids=diploids), genomes))
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{individual}.txt" for individual in range(INDIVIDUALS)]
    for individual, file in enumerate(files):
        write(file, haplotypes, individual)
    posteriors = list(pool.map(partial(posterior, executable, len(haplotypes)), files))
    return np.concatenate(posteriors, axis=1)


def simulated_haplotypes(scenario: Scenario, genome: int, *, diploids: dict[str, int]) -> Haplotypes:
    """The haplotypes that the other methods see as well, with their true ancestral states, which hmmix asks for."""
    settings = SimulationSettings(seed=SEED, num_regions=1, region_length_bp=LENGTH_BP, **diploids)
    ((ts, _),) = simulate_genome_with_tracts(scenario, genome, settings)
    return observe(ts, ObservationModel.parse(diploids), ancestral="ancestral", seed=SEED, windows=None).haplotypes


def write(file: Path, genomes: list[Haplotypes], individual: int) -> None:
    """Write the private derived alleles of one individual: chromosome, position, ancestral base, both bases."""
    lines = ["chrom\tpos\tancestral_base\tgenotype\n"]
    for chromosome, haplotypes in enumerate(genomes, start=1):
        # Derived in either haplotype of the individual, and in none of the outgroup.
        private = ~(haplotypes.outgroup == 1).any(axis=1)
        is_derived = haplotypes.target[:, 2 * individual : 2 * individual + 2] == 1
        for site in np.flatnonzero(private & is_derived.any(axis=1)):
            bases = "".join("G" if derived else "A" for derived in is_derived[site])
            lines.append(f"{chromosome}\t{haplotypes.positions_bp[site] + 1}\tA\t{bases}\n")
    file.write_text("".join(lines))


def posterior(executable: Path, num_genomes: int, file: Path) -> NDArray[np.float32]:
    """What hmmix, trained on one individual, says of it; shape (num_genomes, 2, num_bins)."""
    trained, decoded = file.with_suffix(".json"), file.with_suffix(".posterior.tsv")
    common = [str(executable), "{}", f"-obs={file}", "-haploid"]
    for verb, options in (
        ("train", [f"-out={trained}"]),
        ("decode", [f"-param={trained}", f"-out={file.with_suffix('')}", f"-posterior_probs={decoded}"]),
    ):
        subprocess.run([part.format(verb) for part in common] + options, check=True, stdout=subprocess.DEVNULL)
    table = pd.read_csv(decoded, sep="\t", usecols=["chrom", "start", "Archaic"], dtype={"chrom": str})
    place = table["chrom"].str.extract(r"(\d+)_hap(\d)").astype(int)
    # Windows add up to bins, each by its share of a bin.
    result = np.zeros((num_genomes, 2, LENGTH_BP // BIN_BP), dtype=np.float64)
    index = place[0].to_numpy() - 1, place[1].to_numpy() - 1, table["start"].to_numpy() // BIN_BP
    np.add.at(result, index, table["Archaic"].to_numpy() * WINDOW_BP / BIN_BP)
    return result.astype(np.float32)
