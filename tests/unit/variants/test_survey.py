"""What is learned from allele counts: compared with slow twins, and with what simulations were made of."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import msprime
import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from introghost.haplotypes import OUTGROUP, TARGET, Haplotypes
from introghost.simulation import operators
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.observation import ObservationModel
from introghost.simulation.scenarios import load
from introghost.simulation.stretches import draw_size_factor
from introghost.variants import learned as learning
from introghost.variants.allele_counts import AlleleCounts
from introghost.variants.source import VcfSource, open_source
from introghost.variants.survey import (
    SiteCounts,
    Survey,
    allele_count_cut,
    panel_diploids,
    stretch_diversity,
    survey_targets,
)

SCENARIO = Path(__file__).parents[3] / "config" / "scenarios" / "no_ghost"


def counted(genotypes: NDArray[np.int8], diploids: tuple[int, int, int]) -> SiteCounts:
    """Counts of haplotypes that stand in the order outgroup, target, others."""
    first, second = 2 * diploids[0], 2 * (diploids[0] + diploids[1])
    columns = [genotypes, genotypes[:, :first], genotypes[:, first:second]]
    contig = AlleleCounts(
        "1",
        np.arange(len(genotypes)),
        np.stack([(column == 1).sum(axis=1) for column in columns], axis=1).astype(np.int32),
        np.stack([(column >= 0).sum(axis=1) for column in columns], axis=1).astype(np.int32),
    )
    half = len(genotypes) // 2
    parts = [
        AlleleCounts("1", contig.positions_bp[rows], contig.alternate[rows], contig.called[rows])
        for rows in (slice(0, half), slice(half, None))
    ]
    return SiteCounts.gather(parts, diploids)


def thinned(counts: SiteCounts, least: int) -> SiteCounts:
    keep = counts.minor >= least
    return SiteCounts(counts.alternative[keep], counts.called[keep], counts.num_haplotypes)


def test_counts_agree_with_a_slow_twin() -> None:
    genotypes = np.random.default_rng(1).integers(-1, 2, (40, 14)).astype(np.int8)
    counts = counted(genotypes, (2, 3, 2))
    lost = total = 0
    for site, row in enumerate(genotypes.tolist()):
        groups = [row[:4], row[4:10], row[10:]]
        assert counts.alternative[site].tolist() == [group.count(1) for group in groups]
        assert counts.called[site].tolist() == [len(group) - group.count(-1) for group in groups]
        assert counts.minor[site] == min(row.count(0), row.count(1))
        if row.count(0) and row.count(1):
            lost, total = lost + row[:10].count(-1), total + 10
    assert counts.missing == pytest.approx(lost / total)


def spectrum(least: int, lost: float, *, flat: bool = False) -> NDArray[np.int64]:
    """Counts of the rarer allele in 400 haplotypes, filtered before genotypes went missing."""
    rng, counts = np.random.default_rng(6), np.arange(1, 400)
    weights = np.ones(399) if flat else 1 / counts
    alternative = rng.choice(counts, 50_000, p=weights / weights.sum())
    alternative = alternative[np.minimum(alternative, 400 - alternative) >= least]
    found = rng.binomial([alternative, 400 - alternative], 1 - lost)
    smaller: NDArray[np.int64] = found.min(axis=0)
    return smaller


@pytest.mark.parametrize("lost", [0, 0.002, 0.01, 0.05, 0.1])
@pytest.mark.parametrize("least", [1, 2, 4, 5, 10])
def test_the_cut_is_found_however_many_genotypes_are_missing(least: int, lost: float) -> None:
    # Among many missing genotypes a high cut is blurred.
    slack = int(least == 10 and lost == 0.1)
    assert least - slack <= allele_count_cut(spectrum(least, lost)) <= least


def test_a_flat_spectrum_has_no_cut() -> None:
    assert allele_count_cut(spectrum(1, 0, flat=True)) == 1


def test_a_cut_beyond_every_step_is_still_found() -> None:
    assert allele_count_cut(spectrum(80, 0)) == 80
    assert 12 <= allele_count_cut(spectrum(20, 0.1)) <= 20


@pytest.mark.parametrize("stray", [0, 2, 100])
def test_the_cut_ignores_sites_merged_in_and_monomorphic_ones(stray: int) -> None:
    minor = np.concatenate([np.zeros(500), np.full(stray, 2), np.full(1000, 4), np.full(800, 5)])
    assert allele_count_cut(minor.astype(np.int64)) == 4


def test_the_cut_of_nothing_is_no_filter() -> None:
    assert allele_count_cut(np.zeros(3, dtype=np.int64)) == 1


@pytest.mark.parametrize(("panel", "least"), [((50, 100), 1), ((120, 40), 4)])
def test_a_simulated_panel_is_given_back(panel: tuple[int, int], least: int) -> None:
    counts = simulated(panel, least)
    assert allele_count_cut(counts.minor) == least
    for role, truth in ((OUTGROUP, panel[0]), (TARGET, panel[1])):
        assert panel_diploids(counts, role, least) == pytest.approx(truth, rel=0.2)


def test_missing_genotypes_of_the_roles_make_no_larger_panel() -> None:
    whole, lacking = (simulated((120, 40), 4, lost) for lost in (0.0, 0.2))
    for role in (OUTGROUP, TARGET):
        assert panel_diploids(lacking, role, 4) == pytest.approx(panel_diploids(whole, role, 4), rel=0.15)


def simulated(panel: tuple[int, int], least: int, lost: float = 0.0) -> SiteCounts:
    """Of 50 individuals of each role, whose genotypes were lost after the filter, and a panel whose were not."""
    sizes = {"outgroup_diploids": 50, "target_diploids": 50}
    model = ObservationModel(panel_outgroup_diploids=panel[0], panel_target_diploids=panel[1])
    genotypes = []
    for genome in range(2):
        settings = SimulationSettings(seed=3, num_regions=2, region_length_bp=1_000_000, observation=model, **sizes)
        for ts, _ in simulate_genome_with_tracts(load(SCENARIO), genome, settings):
            matrix = ts.genotype_matrix()
            genotypes.append(matrix[matrix.max(axis=1) <= 1])
    joined = np.concatenate(genotypes)
    joined = joined[np.minimum(joined.sum(axis=1), (joined == 0).sum(axis=1)) >= least]
    roles = joined[:, :200]
    roles[np.random.default_rng(1).random(roles.shape) < lost] = -1
    return counted(joined, (50, 50, sum(panel)))


def test_strangers_are_no_panel_and_none_is_none() -> None:
    demography = msprime.Demography.isolated_model([5_000, 5_000, 5_000])
    demography.add_population(name="root", initial_size=5_000)
    demography.add_population_split(time=20_000, derived=["pop_0", "pop_1", "pop_2"], ancestral="root")
    ts = msprime.sim_ancestry(
        {f"pop_{i}": 40 for i in range(3)},
        demography=demography,
        sequence_length=500_000,
        recombination_rate=1e-8,
        random_seed=1,
    )
    ts = msprime.sim_mutations(ts, rate=2e-8, random_seed=1, model=msprime.BinaryMutationModel())
    counts = counted(ts.genotype_matrix(), (40, 40, 40))
    assert panel_diploids(counts, OUTGROUP, 1) <= 10
    alone = SiteCounts(counts.alternative * [1, 1, 0], counts.called * [1, 1, 0], (80, 80, 0))
    assert panel_diploids(alone, TARGET, 1) == 0
    few = SiteCounts(counts.alternative[:30], counts.called[:30], counts.num_haplotypes)
    assert panel_diploids(few, TARGET, 1) is None


REGIONS = [("1", 0, 60_000), ("HLA:01", 20_000, 60_000)]


def found(least: int, diploids: tuple[int, int, int], lost: float = 0.0) -> Survey:
    rng = np.random.default_rng(2)
    frequency = rng.beta(0.2, 2, 6000)[:, None]
    genotypes = (rng.random((6000, 2 * sum(diploids))) < frequency).astype(np.int8)
    genotypes[rng.random(genotypes.shape) < lost] = -1
    return Survey(thinned(counted(genotypes, diploids), least), 100_000, 80_000, 400)


def section(survey: Survey, **options) -> dict:
    entries = learning.learn(
        survey, **{"files": {}, "regions": REGIONS, "ancestral_known": False, "vcf": "x.vcf", **options}
    )
    text = learning.to_yaml(entries, learning.facts(survey), [("x.vcf", "0" * 64)])
    assert all("  # " in line for line in text.splitlines() if line.startswith("  "))
    assert "5.00 per callable kb" in text
    learned = yaml.safe_load(text)["observation"]
    ObservationModel.parse(learned)
    return learned


def test_a_filtered_file_of_a_larger_panel() -> None:
    learned = section(found(3, (20, 15, 60)), files={"genetic_map": "a map.tsv"}, ancestral_known=True)
    assert (learned["outgroup_diploids"], learned["target_diploids"]) == ([16, 25], [12, 19])
    assert learned["minimum_allele_count"] == 3
    assert "panel_outgroup_diploids" in learned
    assert learned["genetic_map"] == "a map.tsv"
    assert learned["regions"] == ["1:1-60000", "HLA:01:20001-60000"]
    assert learned["missing"] == 0


def test_a_filtered_file_without_other_samples_has_no_panel_and_no_donors() -> None:
    learned = section(found(3, (20, 15, 0)))
    assert learned["minimum_allele_count"] == 3
    assert learned["panel_outgroup_diploids"] == learned["panel_target_diploids"] == 0
    assert learned["outgroup_gene_flow"] == 0
    assert not {"genetic_map_error", "ancestral_error", "regions"} & set(learned)


def test_an_unfiltered_file_has_donors_and_its_missing_share() -> None:
    learned = section(found(1, (20, 15, 10), lost=0.1))
    assert learned["minimum_allele_count"] == 1
    assert learned["panel_target_diploids"] > 0
    assert learned["outgroup_gene_flow"] == [0.001, 0.05]
    assert learned["missing"] == pytest.approx([0.05, 0.2], rel=0.05)


@pytest.mark.parametrize("probability", [0.3, 0.6, 1.0])
@pytest.mark.parametrize("diploids", [4, 10, 60])
def test_a_deficit_of_rare_alleles_tells_how_many_were_found(probability: float, diploids: int) -> None:
    rng, haplotypes = np.random.default_rng(5), 2 * diploids
    copies = np.arange(1, haplotypes)
    number = np.repeat(copies, (200_000 / copies).astype(int))  # a neutral spectrum of derived alleles
    number = number[operators.detected(np.minimum(number, haplotypes - number), probability, rng)]
    alternative = np.stack([number, np.zeros_like(number), np.zeros_like(number)], axis=1)
    numbers = haplotypes - 2, 2, 0
    counts = SiteCounts(alternative, np.tile(numbers, (len(number), 1)), numbers)
    learned = section(Survey(counts, 100_000, 80_000, 400))
    assert learned["minimum_allele_count"] == 1
    value = learned["rare_allele_detection"]
    if probability == 1:
        assert value == 1
    else:
        assert value == pytest.approx([0.7 * probability, 1.3 * probability], rel=0.1)


@pytest.mark.parametrize("probability", [0.3, 1.0])
def test_rare_alleles_are_missed_by_their_count_in_all_samples(probability: float) -> None:
    """An allele that outgroup or target has once is found where many others have it: these are a panel then."""
    rng, numbers = np.random.default_rng(5), (40, 40, 2_000)
    copies = np.arange(1, sum(numbers))
    total = np.repeat(copies, (60_000 / copies).astype(int))
    total = total[operators.detected(np.minimum(total, sum(numbers) - total), probability, rng)]
    alternative = np.array([rng.multivariate_hypergeometric(numbers, int(each)) for each in total])
    counts = SiteCounts(alternative, np.tile(numbers, (len(total), 1)), numbers)
    learned = section(Survey(counts, 100_000, 80_000, 400))
    assert learned["minimum_allele_count"] == 1
    panels = [learned[f"panel_{role}_diploids"] for role in ("outgroup", "target")]
    if probability == 1:
        assert learned["rare_allele_detection"] == 1
        assert panels == [0, learning.DONORS]
    else:
        assert learned["rare_allele_detection"] == pytest.approx([0.21, 0.39], rel=0.1)
        assert min(panels) > 300


@pytest.mark.parametrize("variation", [0.0, 0.15, 0.3])
def test_what_varies_between_regions_is_no_more_than_the_diversity_does(variation: float) -> None:
    rng = np.random.default_rng(6)
    relative = rng.gamma(1 / 0.06**2, 0.06**2, 400) * np.maximum(rng.normal(1, variation, 400), 0.01)
    learned = section(replace(found(1, (20, 15, 10)), diversity=0.001 * relative))
    selection, rate = learned["linked_selection"], learned["regional_mutation_rate_variation"]
    assert (selection[0], rate[0]) == (0.03, 0.02)
    if variation == 0:
        assert (selection[1], rate[1]) == (0.06, 0.04)  # the least of either is doubled
    else:
        assert rate[1] == pytest.approx(variation, rel=0.1)
        # Sizes that are drawn with that much selection vary as much as the diversity.
        sizes = np.array([draw_size_factor(selection[1], seed) for seed in range(3000)])
        assert sizes.std() / sizes.mean() == pytest.approx(variation, rel=0.2)


def test_diversity_of_a_stretch_is_the_mean_over_pairs() -> None:
    rng = np.random.default_rng(7)
    positions = np.sort(rng.choice(2_400_000, 300, replace=False))
    haplotypes = Haplotypes(
        contig="1",
        interval_bp=(0, 2_400_000),
        positions_bp=positions,
        genotypes=rng.integers(-1, 2, (300, 8)).astype(np.int8),
        sample_names=("a", "a", "b", "b", "c", "c", "d", "d"),
        haplotype_indices=np.array([0, 1] * 4, dtype=np.int8),
        roles=np.array([OUTGROUP] * 6 + [TARGET] * 2, dtype=np.int8),
        callable_bp=np.array([[0, 800_000], [900_000, 2_400_000]]),
        ancestral_status="outgroup-major",
    )
    expected = []
    for start, callable_bp in ((0, 900_000), (1_000_000, 1_000_000)):  # the last 400 kb are too short
        total = 0.0
        for site in np.flatnonzero((positions >= start) & (positions < start + 1_000_000)):
            alleles = [allele for allele in haplotypes.genotypes[site, :6] if allele >= 0]
            pairs = list(combinations(alleles, 2))
            total += sum(one != other for one, other in pairs) / len(pairs) if pairs else 0.0
        expected.append(total / callable_bp)
    assert stretch_diversity(haplotypes) == pytest.approx(expected)


def test_few_snvs_show_no_filter() -> None:
    many = found(3, (20, 15, 0))
    few = SiteCounts(many.counts.alternative[:200], many.counts.called[:200], many.counts.num_haplotypes)
    survey = Survey(few, many.surveyed_bp, many.callable_bp, many.num_callable_sites)
    assert section(survey)["minimum_allele_count"] == 1
    entries = learning.learn(survey, files={}, regions=REGIONS, ancestral_known=False, vcf="x.vcf")
    (reason,) = [entry.reason for entry in entries if entry.key == "minimum_allele_count"]
    assert reason.startswith("200 SNVs are too few")


def test_rare_missing_genotypes_are_written_as_numbers() -> None:
    assert yaml.safe_load(learning.Entry("missing", (0.00001234, 2e-5), "").text) == [0.0000123, 0.00002]


JUDGED = {
    "switch_error": [0.001, 0.05],
    "genotype_error": [0.0001, 0.01],
    "ancestral_error": [0.001, 0.05],
    "mutation_rate_variation": [0.01, 0.3],
    "genetic_map_error": [0.01, 0.5],
    "mislabelled": [0.001, 0.05],
    "inbreeding": [0.001, 0.1],
    "linked_selection": [0.03, 0.3],
    "regional_mutation_rate_variation": [0.02, 0.2],
}


def test_what_cannot_be_learned_spans_what_files_are_known_to_have() -> None:
    learned = section(found(3, (20, 15, 60)), files={"genetic_map": "x"}, ancestral_known=True)
    assert {name: learned[name] for name in learned if name in JUDGED} == JUDGED


@pytest.mark.parametrize(
    ("number", "bounds"), [(1, [1, 2]), (2, [2, 3]), (3, [2, 4]), (4, [3, 5]), (91, [73, 114]), (108, [86, 135])]
)
def test_sizes_are_ranges_around_those_of_the_file(number: int, bounds: list[int]) -> None:
    assert section(found(1, (number, 5, 10)))["outgroup_diploids"] == bounds


def test_a_panel_is_cut_and_the_cut_is_told() -> None:
    rng = np.random.default_rng(4)
    alternative = np.zeros((400, 3), dtype=np.int64)
    alternative[:, TARGET] = rng.integers(10, 21, 400)
    alternative[:, 2] = 12 * alternative[:, TARGET]
    alternative[0] = [5, 0, 0]  # the file is filtered at 5
    called = np.tile(np.array([200, 200, 3000]), (400, 1))
    entries = learning.learn(
        Survey(SiteCounts(alternative, called, (200, 200, 3000)), 10, 10, 1),
        files={},
        regions=REGIONS,
        ancestral_known=False,
        vcf="x.vcf",
    )
    panel = next(entry for entry in entries if entry.key == "panel_target_diploids")
    assert panel.value == learning.MOST_PANEL_DIPLOIDS
    assert "1,2" in panel.reason
    assert "cut to 1,000" in panel.reason
    assert not any("cut to" in entry.reason for entry in entries if entry.key == "panel_outgroup_diploids")


def test_several_targets_are_surveyed_as_each_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    names = [f"{population}{number}" for population in "oabx" for number in range(5)]
    table = tmp_path / "table.tsv"
    table.write_text("sample\tpopulation\n" + "".join(f"{name}\t{name[0]}\n" for name in names))
    rows = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(names)]
    for position in range(1000, 301_000, 1000):
        alleles = rng.choice(["0", "1", "."], (len(names), 2), p=[0.6, 0.35, 0.05])
        rows.append(f"1\t{position}\t.\tA\tG\t.\t.\t.\tGT\t" + "\t".join("|".join(pair) for pair in alleles))
    vcf = tmp_path / "x.vcf"
    vcf.write_text("\n".join(rows) + "\n")

    def source(*target: str) -> VcfSource:
        return open_source(vcf, table, ["o"], list(target), ancestral="outgroup-major")

    together = source("a", "b", "x")
    targets = [("a",), ("b", "x"), ("x",)]
    surveys = survey_targets(together, [source(*target).roles for target in targets])
    for target, survey in zip(targets, surveys, strict=True):
        (alone,) = survey_targets(source(*target), [source(*target).roles])
        assert np.array_equal(survey.counts.alternative, alone.counts.alternative)
        assert np.array_equal(survey.counts.called, alone.counts.called)
        assert (
            survey.counts.num_haplotypes == (10, 10 * len(target), 30 - 10 * len(target)) == alone.counts.num_haplotypes
        )
        assert (survey.callable_bp, survey.surveyed_bp) == (alone.callable_bp, alone.surveyed_bp)
        # Sites of all targets together.
        assert survey.num_callable_sites == together.counts.kept >= alone.num_callable_sites


def entry(value: learning.Value) -> learning.Entry:
    return learning.Entry("key", value, f"because of {value}")


@pytest.mark.parametrize(
    ("values", "widened"),
    [
        (((73, 114), (80, 129)), (73, 129)),
        ((0, (0.01, 0.04)), (0, 0.04)),
        ((511, 490, 502), 511),
        (((0.1, 0.2), (0.1, 0.2)), (0.1, 0.2)),
        (("a.bed", "a.bed"), "a.bed"),
    ],
)
def test_values_of_several_targets_are_widened(values: tuple[learning.Value, ...], widened: learning.Value) -> None:
    (line,) = learning.widened({f"T{number}": [entry(value)] for number, value in enumerate(values)})
    assert (line.key, line.value) == ("key", widened)
    differ = len(set(values)) > 1
    assert ("T1: because of" in line.reason) == differ
    assert learning.section([line]) == {"key": list(widened) if isinstance(widened, tuple) else widened}
