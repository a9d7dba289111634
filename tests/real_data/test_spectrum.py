"""The site-frequency spectrum of the DPYD file, against that of simulations through the filter learned from it.

The test: shares of sites by minor-allele count (1, 2, 3, 4, 5), in the outgroup, in the target, and among alleles that
the outgroup lacks; each class standardised over simulated regions of the same length; the mean square over classes,
ranked among the same figure of the simulated regions. Alleles are coded by the outgroup's majority on both sides. One
locus of 0.85 Mb can tell a filter from none and a panel from none, but not a count of 5 from one of 3 or 8, and under
the broad priors of a scenario not even a filter from none.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from introghost.haplotypes import OUTGROUP_MAJOR, Haplotypes
from introghost.simulation import scenarios
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.observation import ObservationModel
from introghost.simulation.observed import observe
from introghost.simulation.windows import Windows
from introghost.variants.genetic_map import read_genetic_map
from introghost.variants.source import open_source

HOUSE = Path(__file__).parents[2]
DATA = Path(os.environ.get("INTROGHOST_SHARED", "../shared")) / "data" / "1000genomes-dpyd"
EDGES = [1, 2, 3, 4, 5, 6, 10_000]
SIZES = {"outgroup_diploids": 108, "target_diploids": 91}
# What `introghost observe` learns from the file, and judgement for what it can't learn; see config/1000genomes.yaml.
OBSERVATION = {
    "minimum_allele_count": 5,
    "panel_outgroup_diploids": 511,
    "panel_target_diploids": 1000,
    "regions": ["1:97540371-98389548"],
    "genetic_map_error": [0, 0.3],
    "mutation_rate_variation": [0, 0.2],
    "switch_error": [0.001, 0.02],
    "genotype_error": [0.0001, 0.001],
}
REGIONS = 60

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no 1000 Genomes data at {DATA}"),
]


def spectrum(haplotypes: Haplotypes) -> np.ndarray:
    """Shares of sites by minor-allele count in the outgroup, the target, and of private alleles in the target."""
    outgroup, target = ((g == 1).sum(axis=1) for g in (haplotypes.outgroup, haplotypes.target))
    sizes = haplotypes.outgroup.shape[1], haplotypes.target.shape[1]
    minor = [np.minimum(count, size - count) for count, size in zip((outgroup, target), sizes, strict=True)]
    counts = [np.histogram(values, EDGES)[0] for values in (*minor, target[outgroup == 0])]
    return np.concatenate([count[:-1] / max(count.sum(), 1) for count in counts])


def real() -> np.ndarray:
    source = open_source(DATA / "DPYD.vcf.gz", DATA / "populations.tsv", ["YRI"], ["GBR"], ancestral=OUTGROUP_MAJOR)
    [interval] = source.contigs()
    return spectrum(source.read(*interval))


def simulated(folder: str, **changed: object) -> np.ndarray:
    """Spectra of `REGIONS` regions, each of a genome of its own."""
    genetic_map = DATA / "genetic_map.chr1.97-99Mb.tsv"
    model = ObservationModel.parse({**OBSERVATION, **SIZES, "genetic_map": str(genetic_map), **changed})
    windows, scenario = Windows(None, read_genetic_map(genetic_map)), scenarios.load(HOUSE / "config" / folder)
    spectra = []
    for genome in range(REGIONS):
        settings = SimulationSettings(
            seed=1, num_regions=1, region_length_bp=850_000, observation=model, windows=windows, **SIZES
        )
        [(trees, _)] = simulate_genome_with_tracts(scenario, 20_000 + genome, settings)
        spectra.append(spectrum(observe(trees, model, ancestral=OUTGROUP_MAJOR, seed=1).haplotypes))
    return np.array(spectra)


def tail_probability(value: np.ndarray, cloud: np.ndarray) -> float:
    """Share of the simulated spectra that lie at least as far from the others as `value`."""

    def distance(one: np.ndarray, others: np.ndarray) -> float:
        return float(np.mean(((one - others.mean(axis=0)) / (others.std(axis=0) + 1e-9)) ** 2))

    own = [distance(one, np.delete(cloud, i, axis=0)) for i, one in enumerate(cloud)]
    return float((np.array(own) >= distance(value, cloud)).mean())


@pytest.mark.parametrize("folder", ["scenarios/ghost", "demo"])
def test_the_learned_filter_gives_the_real_spectrum(folder):
    assert tail_probability(real(), simulated(folder)) > 0.05


@pytest.mark.parametrize(
    "changed", [{"minimum_allele_count": 1}, {"panel_outgroup_diploids": 0, "panel_target_diploids": 1}]
)
def test_without_filter_or_panel_the_spectrum_is_another(changed):
    """So that the test above is known to be able to fail: in a model without free parameters, which vary less."""
    assert tail_probability(real(), simulated("demo", **changed)) < 0.05
