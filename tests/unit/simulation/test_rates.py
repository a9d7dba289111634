"""Rates that vary along a region: on their own, and recovered from what is simulated under them."""

from pathlib import Path
from typing import Any

import msprime
import numpy as np
import pytest
import tskit
from numpy.typing import NDArray

from introghost import seeds
from introghost.errors import ConfigError
from introghost.haplotypes import GeneticMap
from introghost.simulation import ancestry, priors, rates, scenarios
from introghost.simulation.observation import ObservationModel
from introghost.simulation.windows import Windows

CONFIG = Path(__file__).parents[3] / "config"
BLOCK = rates.BLOCK_BP


@pytest.fixture(scope="module")
def scenario() -> scenarios.Scenario:
    return scenarios.load(CONFIG / "scenarios" / "ghost")


def regions(
    scenario: scenarios.Scenario, observation: dict[str, Any], windows: Windows | None = None, **changes: Any
) -> list[tskit.TreeSequence]:
    options: dict[str, Any] = {"seed": 5, "num_regions": 2, "region_length_bp": 300_000}
    options |= {"outgroup_diploids": 3, "target_diploids": 3, **changes}
    genome = options.pop("genome", 0)
    model = ObservationModel.parse(observation)
    settings = ancestry.SimulationSettings(observation=model, windows=windows, **options)
    simulated = ancestry.simulate_genome_with_tracts(scenario, genome, settings)
    return [ts for ts, _ in simulated]


def straight_map(end: float, per_bp: float) -> dict[str, GeneticMap]:
    return {"1": GeneticMap(np.array([0.0, end]), np.array([0.0, 100 * per_bp * end]))}


def about(ts: tskit.TreeSequence) -> dict[str, Any]:
    content: dict[str, Any] = ts.metadata["introghost"]
    return content


def test_each_block_is_multiplied_by_its_factor() -> None:
    given = msprime.RateMap(position=[0, 30_000, 60_000, 130_000], rate=[1e-8, 0, 4e-8])
    result = rates.multiply(given, np.array([2.0, 3.0, 5.0]))
    for position in range(500, 130_000, 1000):
        factor = [2.0, 3.0, 5.0][position // BLOCK]
        assert result.get_rate(np.array([position]))[0] == pytest.approx(
            given.get_rate(np.array([position]))[0] * factor
        )
    assert result.sequence_length == 130_000


@pytest.mark.parametrize("log_sd", [0.1, 0.7])
def test_the_maps_error_has_its_sd_and_mean_one(log_sd: float) -> None:
    factors = rates.with_error(msprime.RateMap.uniform(20_000 * BLOCK, 1.0), log_sd, 3).rate
    assert len(factors) == 20_000
    assert np.log(factors).std() == pytest.approx(log_sd, rel=0.03)
    assert factors.mean() == pytest.approx(1, abs=4 * log_sd / np.sqrt(20_000) * np.exp(log_sd**2))


@pytest.mark.parametrize("cv", [0.1, 0.7, 2.0])
def test_mutation_varies_by_its_coefficient_with_mean_one(cv: float) -> None:
    factors = rates.varying(2.0, 20_000 * BLOCK, cv, 3).rate / 2
    assert factors.std() == pytest.approx(cv, rel=0.06)
    assert factors.mean() == pytest.approx(1, abs=4 * cv / np.sqrt(20_000))


def test_no_variation_is_no_change() -> None:
    assert rates.varying(2.0, 3 * BLOCK, 0.0, 1).rate.tolist() == [2.0]
    assert rates.with_error(msprime.RateMap.uniform(3 * BLOCK, 2.0), 0.0, 1).rate.tolist() == [2.0] * 3


def test_with_everything_off_msprime_is_called_with_constants(scenario: scenarios.Scenario) -> None:
    for region, ts in enumerate(regions(scenario, {"missing": 0.1, "minimum_allele_count": 3})):
        key = ("simulate", "ghost", 0, region)
        drawn = priors.draw(scenario, seeds.derive(5, *key[:-1], "parameters"))
        drawn |= priors.draw(scenario, seeds.derive(5, *key, "parameters"), scope=priors.REGION, given=drawn)
        twin = msprime.sim_ancestry(
            samples={"Outgroup": 3, "Target": 3},
            demography=msprime.Demography.from_demes(scenario.graph(drawn)),
            sequence_length=300_000,
            recombination_rate=drawn["recombination_rate_per_bp"],
            random_seed=seeds.derive(5, *key, "ancestry"),
        )
        twin = msprime.sim_mutations(
            twin,
            rate=drawn["mutation_rate_per_bp"],
            model=msprime.JC69(),
            random_seed=seeds.derive(5, *key, "mutations"),
        )
        assert ts.tables.equals(twin.tables, ignore_provenance=True, ignore_ts_metadata=True)
        assert about(ts)["parameters"] == drawn
        assert about(ts)["window"] is None


def test_an_operator_leaves_ancestry_and_draws_as_they_were(scenario: scenarios.Scenario) -> None:
    windows = Windows({"1": np.array([[0, 10**6]], dtype=np.int64)})
    plain = regions(scenario, {})
    masked = regions(scenario, {"include_bed": "a.bed"}, windows)
    varied = regions(scenario, {"mutation_rate_variation": 0.5})
    for one, same, other in zip(plain, masked, varied, strict=True):
        assert one.tables.equals(same.tables, ignore_ts_metadata=True)
        assert one.tables.edges == other.tables.edges
        assert one.tables.nodes == other.tables.nodes
        assert one.tables.sites != other.tables.sites
        assert about(other)["parameters"] == {**about(one)["parameters"], "mutation_rate_cv": 0.5}
    assert about(masked[0])["window"]["contig"] == "1"
    assert about(masked[0])["window"] != about(masked[1])["window"]


def test_levels_are_drawn_by_genome_within_their_bounds(scenario: scenarios.Scenario, tmp_path: Path) -> None:
    observation = {"genetic_map": "m", "genetic_map_error": [0.1, 0.5], "mutation_rate_variation": [0, 0.4]}
    windows = Windows(None, straight_map(10**6, 1e-8))
    drawn = [
        [about(ts)["parameters"] for ts in regions(scenario, observation, windows, genome=genome)]
        for genome in range(4)
    ]
    for name, low, high in (("genetic_map_error_sd", 0.1, 0.5), ("mutation_rate_cv", 0, 0.4)):
        assert all(first[name] == second[name] for first, second in drawn)
        levels = [first[name] for first, _ in drawn]
        assert len(set(levels)) == 4
        assert low <= min(levels) < max(levels) <= high
    rate = "recombination_rate_per_bp"
    assert all(first[rate] != second[rate] for first, second in drawn)


def test_the_recorded_rate_is_that_of_the_map(scenario: scenarios.Scenario) -> None:
    windows = Windows(None, {"1": GeneticMap(np.array([0.0, 1e6]), np.array([0.0, 2.5]))})
    for ts in regions(scenario, {"genetic_map": "m"}, windows):
        assert about(ts)["parameters"]["recombination_rate_per_bp"] == pytest.approx(2.5e-8)


def test_the_error_keeps_the_mean_rate_and_has_its_sd(scenario: scenarios.Scenario) -> None:
    observation = {"genetic_map": "m", "genetic_map_error": 0.8}
    small = {"num_regions": 300, "region_length_bp": 2 * BLOCK, "outgroup_diploids": 1, "target_diploids": 1}
    simulated = regions(scenario, observation, Windows(None, straight_map(10**6, 1e-8)), **small)
    ratios = np.array([about(ts)["parameters"]["recombination_rate_per_bp"] / 1e-8 for ts in simulated])
    # The mean of two log-normal factors of mean 1.
    expected_sd = np.sqrt((np.exp(0.8**2) - 1) / 2)
    assert ratios.mean() == pytest.approx(1, abs=4 * expected_sd / np.sqrt(len(ratios)))
    assert ratios.std() == pytest.approx(expected_sd, rel=0.25)


def hot_and_cold() -> Windows:
    """A map whose second half has nine times the rate of the first, just as long as a region."""
    return Windows(None, {"1": GeneticMap(np.array([0.0, 150_000, 300_000]), np.array([0.0, 0.06, 0.6]))})


def hot_share(simulated: list[tskit.TreeSequence]) -> float:
    breakpoints: NDArray[np.float64] = np.concatenate([ts.breakpoints(as_array=True)[1:-1] for ts in simulated])
    return float((breakpoints > 150_000).mean())


def test_crossovers_follow_the_map(scenario: scenarios.Scenario) -> None:
    mapped = regions(scenario, {"genetic_map": "m"}, hot_and_cold(), num_regions=30)
    plain = regions(scenario, {}, num_regions=30)
    assert hot_share(mapped) == pytest.approx(0.9, abs=0.02)
    assert hot_share(plain) == pytest.approx(0.5, abs=0.05)


def variation_of_counts(simulated: list[tskit.TreeSequence]) -> float:
    """Coefficient of variation of the mutation rate by blocks, beyond that of genealogies and of Poisson counts.

    Given the branch length of a block, a count has variance m + (c m)**2 around its mean m.
    """
    counts, means = [], []
    for ts in simulated:
        edges = np.append(np.arange(0, ts.sequence_length, BLOCK), ts.sequence_length)
        branch_bp = ts.segregating_sites(windows=edges, mode="branch", span_normalise=False)
        means.append(branch_bp * about(ts)["parameters"]["mutation_rate_per_bp"])
        positions = ts.sites_position[ts.mutations_site]
        counts.append(np.histogram(positions, edges)[0])
    count, mean = np.concatenate(counts), np.concatenate(means)
    # JC69 counts every change, so the mean needs no factor for unseen ones.
    squared = (((count - mean) ** 2).mean() - mean.mean()) / (mean**2).mean()
    return float(np.sign(squared) * np.sqrt(abs(squared)))


@pytest.mark.parametrize("cv", [0.0, 0.3, 0.6])
def test_the_variation_of_mutation_is_recovered(scenario: scenarios.Scenario, cv: float) -> None:
    simulated = regions(scenario, {"mutation_rate_variation": cv}, num_regions=40, region_length_bp=20 * BLOCK)
    assert variation_of_counts(simulated) == pytest.approx(cv, abs=0.05)


def mask_by_trees(ts: tskit.TreeSequence) -> NDArray[np.bool_]:
    """Naive: for every migration into the ghost, the samples below the node in every tree."""
    ghost = [population.metadata["name"] for population in ts.populations()].index("Ghost")
    mask = np.zeros((ts.num_samples, int(ts.sequence_length)), dtype=bool)
    for row in (row for row in ts.migrations() if row.dest == ghost):
        for tree in ts.trees():
            left, right = max(row.left, tree.interval.left), min(row.right, tree.interval.right)
            if left < right:
                mask[list(tree.samples(row.node)), int(left) : int(right)] = True
    return mask


def test_tracts_are_exact_under_a_map(scenario: scenarios.Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tskit.TreeSequence] = []
    found_by = ancestry.ghost_tracts

    def recording(ts: tskit.TreeSequence, ghost: str | None) -> Any:
        seen.append(ts)
        return found_by(ts, ghost)

    monkeypatch.setattr(ancestry, "ghost_tracts", recording)
    model = ObservationModel.parse({"genetic_map": "m", "genetic_map_error": 0.5})
    settings = ancestry.SimulationSettings(
        seed=5,
        num_regions=2,
        region_length_bp=300_000,
        outgroup_diploids=3,
        target_diploids=12,
        observation=model,
        windows=hot_and_cold(),
    )
    simulated = ancestry.simulate_genome_with_tracts(scenario, 9, settings)
    covered = 0
    for region, (_, tracts) in enumerate(simulated):
        mask = np.zeros((30, 300_000), dtype=bool)
        for row in tracts.itertuples():
            mask[row.haplotype, row.start_bp : row.end_bp] = True
        np.testing.assert_array_equal(mask, mask_by_trees(seen[region]))
        covered += int(mask.sum())
    assert covered > 0


@pytest.mark.parametrize("key", ["genetic_map", "include_bed"])
def test_a_file_without_windows_is_refused(scenario: scenarios.Scenario, key: str) -> None:
    with pytest.raises(ConfigError, match="no windows were made"):
        regions(scenario, {key: "x"})
