"""The observation model: its configuration, its draws, and that truth follows what it does."""

import dataclasses
import json

import msprime
import numpy as np
import pandas as pd
import pytest
import tskit

from introghost import seeds
from introghost.errors import ConfigError
from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP, OUTGROUP_MAJOR, TARGET
from introghost.simulation.layout import RegionRecord, SampleLayout
from introghost.simulation.observation import ObservationModel, Range
from introghost.simulation.observed import GeneFlow, Observed, observe
from introghost.simulation.windows import Window, Windows

LENGTH = 200_000


@pytest.fixture(scope="module")
def simulated() -> tskit.TreeSequence:
    return tree_sequence(genome=3)


def tree_sequence(genome: int) -> tskit.TreeSequence:
    """Eight outgroup and eight target individuals, and a panel of three and four."""
    size = {"population_size": 10_000, "sequence_length": LENGTH}
    ts = msprime.sim_ancestry(23, **size, recombination_rate=1e-8, random_seed=1)
    ts = msprime.sim_mutations(ts, rate=3e-8, random_seed=1)
    tables = ts.dump_tables()
    tables.metadata_schema = tskit.MetadataSchema.permissive_json()
    return recorded(tables, genome, SampleLayout(8, 8, panel_outgroup=3, panel_target=4))


def recorded(tables: tskit.TableCollection, genome: int, samples: SampleLayout) -> tskit.TreeSequence:
    """The tree sequence of some tables, with a record as `introghost simulate` writes it."""
    roles = {"outgroup": "pop_0", "target": "pop_0"}
    record = RegionRecord("no_ghost", False, genome, 0, 1, {}, roles, samples, None, {})
    tables.metadata = {"introghost": record.to_metadata()}
    return tables.tree_sequence()


def seen(ts: tskit.TreeSequence, ancestral: str = KNOWN_ANCESTRAL, **levels: object) -> Observed:
    return observe(ts, ObservationModel.parse(levels), ancestral=ancestral, seed=5)


def test_off_shows_the_simulated_haplotypes(simulated):
    haplotypes = seen(simulated).haplotypes
    genotypes = simulated.genotype_matrix()[:, :32]
    keep = (genotypes.max(axis=1) == 1) & (genotypes.min(axis=1) == 0)
    np.testing.assert_array_equal(haplotypes.genotypes, genotypes[keep])
    assert (haplotypes.roles == OUTGROUP).sum() == (haplotypes.roles == TARGET).sum() == 16


def test_allele_count_is_over_the_panel_too(simulated):
    haplotypes = seen(simulated, minimum_allele_count=4).haplotypes
    genotypes = simulated.genotype_matrix()
    count = (genotypes == 1).sum(axis=1)
    keep = (genotypes.max(axis=1) == 1) & (np.minimum(count, 46 - count) >= 4)
    positions = simulated.tables.sites.position
    kept = genotypes[:, :32]
    expected = positions[keep & (kept.max(axis=1) > 0) & (kept.min(axis=1) == 0)]
    np.testing.assert_array_equal(haplotypes.positions_bp, expected)
    own = (haplotypes.genotypes == 1).sum(axis=1)
    assert own.min() < 4, "an allele that the panel carries may be rarer among the samples"


def test_individuals_beyond_the_numbers_drawn_are_not_counted(simulated):
    haplotypes = seen(simulated, outgroup_diploids=3, target_diploids=2, minimum_allele_count=2).haplotypes
    columns = [*range(6), *range(16, 20), *range(32, 46)]  # both samples and the panel
    genotypes = simulated.genotype_matrix()
    count = (genotypes[:, columns] == 1).sum(axis=1)
    keep = (genotypes.max(axis=1) == 1) & (np.minimum(count, 24 - count) >= 2)
    own = genotypes[:, columns[:10]]
    keep &= (own.max(axis=1) > 0) & (own.min(axis=1) == 0)
    np.testing.assert_array_equal(haplotypes.positions_bp, simulated.tables.sites.position[keep])


def test_numbers_of_individuals_are_drawn_per_genome():
    drawn = {}
    for genome in range(12):
        roles = seen(tree_sequence(genome), outgroup_diploids=[2, 8], target_diploids=[3, 8]).haplotypes.roles
        drawn[genome] = int((roles == OUTGROUP).sum() // 2), int((roles == TARGET).sum() // 2)
    assert len(set(drawn.values())) > 4
    assert all(2 <= outgroup <= 8 and 3 <= target <= 8 for outgroup, target in drawn.values())


def test_masked_sites_are_gone_and_the_mask_is_recorded(simulated):
    windows = Windows({"7": np.array([[1_000_000, 1_050_000], [1_120_000, 1_200_000]])})
    model = ObservationModel.parse({"include_bed": "x.bed"})
    haplotypes = observe(simulated, model, ancestral=KNOWN_ANCESTRAL, seed=5, windows=windows).haplotypes
    np.testing.assert_array_equal(haplotypes.callable_bp, [[0, 50_000], [120_000, 200_000]])
    inside = (haplotypes.positions_bp < 50_000) | (haplotypes.positions_bp >= 120_000)
    assert inside.all()
    assert len(haplotypes.positions_bp) > 20


def test_truth_follows_switched_phase(simulated):
    """A marker: derived alleles of one true haplotype, unique to it, must lie in the moved tracts and nowhere else."""
    observed = seen(simulated, switch_error=0.2)
    whole = pd.DataFrame({"haplotype": [16, 21], "start_bp": [0, 40_000], "end_bp": [LENGTH, 90_000]})
    moved = observed.tracts(whole)
    assert moved["haplotype"].isin([0, 1, 4, 5]).all()
    length = (moved["end_bp"] - moved["start_bp"]).groupby(moved["haplotype"] // 2).sum()
    assert length.tolist() == [LENGTH, 50_000]
    true = simulated.genotype_matrix()
    positions = simulated.tables.sites.position.astype(int)
    at = {int(p): row for p, row in zip(positions, true, strict=True)}
    right = wrong = 0
    for row, start, end in moved[moved["haplotype"] < 2].itertuples(index=False):
        for position, alleles in zip(observed.haplotypes.positions_bp, observed.haplotypes.target, strict=True):
            truth = at[int(position)]
            if start <= position < end and truth[16] != truth[17] and 2 < (truth[:32] == 1).sum() < 30:
                right += alleles[row] == truth[16]
                wrong += alleles[row] != truth[16]
    assert right > 50
    assert wrong / (right + wrong) == pytest.approx(0.05, abs=0.05), "only single exchanges remain, 0.2 / 4"


def test_without_switches_tracts_are_only_renumbered(simulated):
    whole = pd.DataFrame({"haplotype": [3, 17, 40], "start_bp": [0, 10, 0], "end_bp": [9, 90, 9]})
    assert seen(simulated).tracts(whole).to_numpy().tolist() == [[1, 10, 90]]


def test_mislabelled_individuals_keep_their_own_truth(simulated):
    observed = seen(simulated, mislabelled=0.5)
    foreign = observed.origins[observed.origins < 16]
    assert len(foreign)
    row = int(np.flatnonzero(observed.origins == foreign[0])[0])
    tract = pd.DataFrame({"haplotype": [int(foreign[0])], "start_bp": [5], "end_bp": [50]})
    assert observed.tracts(tract).to_numpy().tolist() == [[row, 5, 50]]
    np.testing.assert_array_equal(
        observed.haplotypes.target[:, row],
        simulated.genotype_matrix()[np.isin(simulated.tables.sites.position, observed.haplotypes.positions_bp)][
            :, int(foreign[0])
        ],
    )


def test_gene_flow_gives_the_outgroup_alleles_of_panel_targets(simulated):
    """Every changed outgroup genotype is the allele that one of the four panel individuals (38 to 45) carries."""
    changed = seen(simulated, outgroup_gene_flow=0.4, panel_target_diploids=4).haplotypes
    at = {int(p): row for p, row in zip(simulated.tables.sites.position, simulated.genotype_matrix(), strict=True)}
    truth = np.array([at[int(position)] for position in changed.positions_bp])
    differs = changed.genotypes != truth[:, :32]
    assert not differs[:, 16:].any()
    assert differs[:, :16].mean() > 0.02
    donors = truth[:, 38:46]
    for site, receiver in np.argwhere(differs):
        assert changed.genotypes[site, receiver] in donors[site]


def test_gene_flow_gives_the_target_alleles_of_the_panel_and_takes_its_tracts(simulated):
    """Every target genotype outside the tracts that are left is an allele of the three panel individuals (32 to 37)."""
    observed = seen(simulated, target_gene_flow=0.4, panel_outgroup_diploids=3)
    changed = observed.haplotypes
    at = {int(p): row for p, row in zip(simulated.tables.sites.position, simulated.genotype_matrix(), strict=True)}
    truth = np.array([at[int(position)] for position in changed.positions_bp])
    differs = changed.genotypes != truth[:, :32]
    assert not differs[:, :16].any()
    assert differs[:, 16:].mean() > 0.02
    whole = pd.DataFrame({"haplotype": np.arange(16, 32), "start_bp": 0, "end_bp": LENGTH})
    tracts = observed.tracts(whole)
    left = np.zeros((len(changed.positions_bp), 16), dtype=bool)
    for row, start, end in tracts.itertuples(index=False):
        left[(changed.positions_bp >= start) & (changed.positions_bp < end), row] = True
    assert 0.3 < left.mean() < 0.9
    assert not differs[:, 16:][left].any()
    donors = truth[:, 32:38]
    for site, receiver in np.argwhere(~left):
        assert changed.genotypes[site, 16 + receiver] in donors[site]


def test_a_tract_is_left_on_both_sides_of_gene_flow(simulated):
    flows = [GeneFlow(1, 40, 60), GeneFlow(1, 90, 200), GeneFlow(0, 0, 99)]
    observed = dataclasses.replace(seen(simulated), admixed=flows)
    tract = pd.DataFrame({"haplotype": [17, 17], "start_bp": [20, 95], "end_bp": [94, 99]})
    assert observed.tracts(tract).to_numpy().tolist() == [[1, 20, 40], [1, 60, 90]]


PANELS = {"panel_outgroup_diploids": 3, "panel_target_diploids": 4}
LEVELS = {
    "missing": 0.2,
    "genotype_error": 0.1,
    "switch_error": 0.2,
    "ancestral_error": 0.2,
    "outgroup_gene_flow": 0.3,
    "target_gene_flow": 0.3,
    "mislabelled": 0.3,
    "minimum_allele_count": 3,
    "rare_allele_detection": 0.2,
    "inbreeding": 0.7,
    "loci": 1.0,
}


@pytest.mark.parametrize("name", LEVELS)
def test_every_operator_changes_something_and_is_reproducible(simulated, name):
    clean = seen(simulated).haplotypes
    levels = {name: LEVELS[name], "panel_outgroup_diploids": 3, "panel_target_diploids": 4}
    once, again = (seen(simulated, **levels).haplotypes for _ in range(2))
    np.testing.assert_array_equal(once.genotypes, again.genotypes)
    assert once.genotypes.shape != clean.genotypes.shape or (once.genotypes != clean.genotypes).any()


def test_the_haplotypes_of_an_inbred_individual_are_one_and_so_are_their_tracts(simulated):
    observed = seen(simulated, inbreeding=1.0)
    target = observed.haplotypes.target
    np.testing.assert_array_equal(target[:, ::2], target[:, 1::2])
    assert (target[:, 0] != target[:, 2]).any()
    whole = pd.DataFrame({"haplotype": np.arange(16, 32), "start_bp": 1_000 * np.arange(16), "end_bp": LENGTH})
    tracts = observed.tracts(whole).sort_values("haplotype")["start_bp"].to_numpy()
    np.testing.assert_array_equal(tracts[::2], tracts[1::2])
    assert len(tracts) == target.shape[1]


def test_alleles_are_counted_in_inbred_individuals(simulated):
    haplotypes = seen(simulated, inbreeding=0.5, minimum_allele_count=4).haplotypes
    sites = np.searchsorted(simulated.tables.sites.position.astype(int), haplotypes.positions_bp)
    panel = simulated.genotype_matrix()[sites, 32:]
    count = (haplotypes.genotypes == 1).sum(axis=1) + (panel == 1).sum(axis=1)
    assert np.minimum(count, 46 - count).min() == 4


def test_an_added_operator_leaves_the_noise_of_the_others_as_it_was(simulated):
    alone = seen(simulated, missing=0.3).haplotypes
    together = seen(simulated, missing=0.3, ancestral_error=0.2).haplotypes
    np.testing.assert_array_equal(alone.genotypes == -1, together.genotypes == -1)


def test_ancestral_mistakes_mean_nothing_where_the_outgroup_decides(simulated):
    plain = seen(simulated, OUTGROUP_MAJOR).haplotypes
    mistaken = seen(simulated, OUTGROUP_MAJOR, ancestral_error=0.3).haplotypes
    np.testing.assert_array_equal(plain.genotypes, mistaken.genotypes)


FLAWED = {
    **LEVELS,
    "panel_outgroup_diploids": 3,
    "panel_target_diploids": 4,
    "include_bed": "x.bed",
    "outgroup_diploids": [2, 8],
}
MASK = Windows({"7": np.array([[1_000_000, 1_050_000], [1_120_000, 1_200_000], [3_000_000, 3_600_000]])})


def test_a_genome_that_is_shown_flawless_has_no_flaw_and_the_size_that_was_drawn(simulated):
    shown, plain = (
        observe(simulated, ObservationModel.parse(section), ancestral=KNOWN_ANCESTRAL, seed=5, windows=MASK)
        for section in ({**FLAWED, "flawless": 1}, {"outgroup_diploids": FLAWED["outgroup_diploids"]})
    )
    flawed = observe(simulated, ObservationModel.parse(FLAWED), ancestral=KNOWN_ANCESTRAL, seed=5, windows=MASK)
    np.testing.assert_array_equal(shown.haplotypes.genotypes, plain.haplotypes.genotypes)
    np.testing.assert_array_equal(shown.haplotypes.positions_bp, plain.haplotypes.positions_bp)
    np.testing.assert_array_equal(shown.haplotypes.callable_bp, [[0, LENGTH]])
    assert (shown.haplotypes.roles == flawed.haplotypes.roles).all()
    assert (shown.haplotypes.roles == OUTGROUP).sum() < 16
    whole = pd.DataFrame({"haplotype": [16, 21], "start_bp": [0, 40_000], "end_bp": [LENGTH, 90_000]})
    assert shown.tracts(whole).to_numpy().tolist() == [[0, 0, LENGTH], [5, 40_000, 90_000]], "not cut by switches"
    assert len(flawed.haplotypes.callable_bp) > 0
    assert len(flawed.tracts(whole)) != 2


def test_what_simulation_used_stays_where_genomes_are_flawless():
    section = {**FLAWED, "genetic_map": "m", "genetic_map_error": 0.2, "mutation_rate_variation": 0.3, "flawless": 0.5}
    kept = {"outgroup_diploids": [2, 8], **PANELS, "genetic_map": "m", "flawless": 0.5}
    kept |= {"genetic_map_error": [0.2, 0.2], "mutation_rate_variation": [0.3, 0.3]}
    assert ObservationModel.parse(section).without_flaws().describe() == kept


def test_which_genomes_are_flawless_is_drawn_for_genomes_and_their_share_is_that_of_the_model():
    model = ObservationModel.parse({"missing": 0.1, "flawless": 0.2})
    drawn = np.array([model.of_genome(1, "ghost", genome) != model for genome in range(2_000)])
    assert drawn.mean() == pytest.approx(0.2, abs=0.03)
    other = np.array([model.of_genome(2, "ghost", genome) != model for genome in range(2_000)])
    assert (drawn & other).mean() == pytest.approx(0.04, abs=0.015), "independent of each other"
    again = ObservationModel.parse({"missing": 0.3, "switch_error": 0.1, "flawless": 0.2})
    np.testing.assert_array_equal(drawn, [again.of_genome(1, "ghost", g) != again for g in range(2_000)])
    never = ObservationModel.parse({"missing": 0.1})
    assert all(never.of_genome(1, "ghost", genome) is never for genome in range(100))


def test_draws_are_those_of_independent_root_seeds(simulated):
    levels = ObservationModel.parse({**LEVELS, **PANELS, "target_diploids": [2, 8]})

    def drawn(seed: int, draw: int) -> np.ndarray:
        return observe(simulated, levels, ancestral=KNOWN_ANCESTRAL, seed=seed, draw=draw).haplotypes.genotypes

    np.testing.assert_array_equal(drawn(5, 2), drawn(seeds.derive(5, "observation", 2), 0))
    shown = [drawn(5, draw) for draw in range(4)]
    assert len({part.shape[1] for part in shown}) > 1
    assert len({part.tobytes() for part in shown}) == 4


@pytest.mark.parametrize("has_map", [False, True])
def test_masks_are_drawn_anew_unless_recombination_is_that_of_the_place(simulated, has_map):
    """A region that was simulated at 1,000,000, of which 130 kb are callable."""
    tables = simulated.dump_tables()
    record = dataclasses.replace(RegionRecord.of(simulated), window=Window("7", 1_000_000))
    tables.metadata = {"introghost": record.to_metadata()}
    model = ObservationModel.parse({"include_bed": "x.bed", **({"genetic_map": "m"} if has_map else {})})
    masks = [
        observe(tables.tree_sequence(), model, ancestral=KNOWN_ANCESTRAL, seed=5, windows=MASK, draw=draw)
        for draw in range(5)
    ]
    intervals = [observed.haplotypes.callable_bp.tolist() for observed in masks]
    assert intervals[0] == [[0, 50_000], [120_000, 200_000]]
    assert (intervals[1:] == [intervals[0]] * 4) == has_map
    assert len({str(mask) for mask in intervals}) == (1 if has_map else 5) or not has_map
    assert model.varies(KNOWN_ANCESTRAL) != has_map


@pytest.mark.parametrize(
    ("section", "varies"),
    [
        ({}, False),
        ({"target_diploids": 5, "minimum_allele_count": 3}, False),
        ({"target_diploids": [5, 6]}, True),
        ({"outgroup_diploids": [5, 6]}, True),
        ({"minimum_allele_count": [1, 2]}, True),
        ({"genetic_map": "m", "genetic_map_error": [0.1, 0.2], "mutation_rate_variation": [0, 0.5]}, False),
        *(({name: LEVELS[name], "panel_target_diploids": 1}, True) for name in LEVELS if name.endswith("error")),
        ({"missing": 0.1}, True),
        ({"mislabelled": 0.1}, True),
        ({"outgroup_gene_flow": 0.1, "panel_target_diploids": 1}, True),
        ({"target_gene_flow": 0.1, "panel_outgroup_diploids": 1}, True),
        ({"minimum_allele_count": 3, "flawless": 0.5}, True),
        ({"missing": 0.1, "flawless": 1}, False),
        ({"missing": 0.1, "flawless": 1, "target_diploids": [5, 6]}, True),
    ],
)
def test_whether_draws_differ_is_known(section, varies):
    assert ObservationModel.parse(section).varies(KNOWN_ANCESTRAL) == varies


def test_mistaken_ancestral_states_do_not_vary_where_none_are_known():
    assert not ObservationModel.parse({"ancestral_error": 0.1}).varies(OUTGROUP_MAJOR)


def test_ranges_are_log_uniform_above_zero_and_uniform_from_zero():
    log = np.array([Range(0.001, 0.1).draw(seed) for seed in range(2000)])
    assert np.median(log) == pytest.approx(0.01, rel=0.15)
    assert np.median([Range(0, 0.1).draw(seed) for seed in range(2000)]) == pytest.approx(0.05, rel=0.1)
    integers = [Range(1, 3).draw_integer(seed) for seed in range(500)]
    assert set(integers) == {1, 2, 3}
    assert Range(0.2, 0.2).draw(1) == 0.2


def test_parse_reads_json_files_and_sections(tmp_path):
    section = {
        "regions": ["a:1-9"],
        "switch_error": [0.001, 0.05],
        "target_diploids": 20,
        "panel_target_diploids": 5,
        "include_bed": "a.bed",
        "flawless": 0.25,
    }
    model = ObservationModel.parse(section)
    assert model.switch_error == Range(0.001, 0.05)
    assert model.target_diploids == Range(20, 20)
    path = tmp_path / "o.yaml"
    path.write_text(json.dumps({"observation": section}))
    assert ObservationModel.parse(path) == ObservationModel.parse(json.dumps(section)) == model
    assert ObservationModel.parse(model.describe()) == model
    assert ObservationModel.parse(None).describe() == {}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"swich_error": 0.1}, "unknown key 'swich_error'"),
        ({"switch_error": 0.9}, "between 0 and 0.5"),
        ({"switch_error": [0.2, 0.1]}, "LOW, HIGH"),
        ({"switch_error": "high"}, "LOW, HIGH"),
        ({"missing": [0.1]}, "LOW, HIGH"),
        ({"missing": float("nan")}, "LOW, HIGH"),
        ({"target_diploids": 0}, "at least 1"),
        ({"target_diploids": 2.5}, "whole"),
        ({"panel_target_diploids": [1, 2]}, "whole"),
        ({"include_bed": 3}, "reads the value as 3, which is not text"),
        ({"genetic_map": False}, "observation.genetic_map: YAML reads the value as False.*quotes"),
        ({"missing": "1e-3"}, "write 1.0e-8"),
        ({"missing": True}, "LOW, HIGH"),
        ({"include_bed": "x.bed", "regions": ["1:1-5", 80]}, r"regions\.1: YAML reads the value as 80.*quotes"),
        ({"switch_error": 1, "switch_error ": 1}, "unknown key 'switch_error ' in section 'observation'; did you mean"),
        ({"missing": 0.1, "flawless": 1.1}, "between 0 and 1"),
        ({"missing": 0.1, "flawless": [0.1, 0.2]}, "expected one number between 0 and 1"),
        ({"flawless": 0.1, "target_diploids": 3}, "flawless has no use where every genome is shown without flaws"),
        ({"outgroup_gene_flow": 0.1}, "outgroup_gene_flow.*set panel_target_diploids"),
        ({"target_gene_flow": 0.1}, "target_gene_flow.*set panel_outgroup_diploids"),
        ({"genetic_map_error": 0.1}, "without genetic_map"),
        ({"include_bed": "x.bed", "regions": "1:1-5"}, "expected a list"),
        ({"regions": ["1:1-5"]}, "without genetic_map or include_bed"),
        ("{", "not valid YAML"),
        ("[1]", "no such file"),
    ],
)
def test_a_section_that_is_wrong_is_refused(section, message):
    with pytest.raises(ConfigError, match=message):
        ObservationModel.parse(section)


def test_a_misspelt_key_and_a_file_that_is_none_are_named(tmp_path):
    with pytest.raises(ConfigError, match="'swich_error' in section 'observation'; did you mean 'switch_error'\\?"):
        ObservationModel.parse({"swich_error": 0.1})
    with pytest.raises(ConfigError, match=r"absent\.yaml: no such file"):
        ObservationModel.parse(tmp_path / "absent.yaml")
    path = tmp_path / "x.vcf.gz"
    path.write_bytes(b"\x1f\x8b\x08\x04\xff\xfe")
    with pytest.raises(ConfigError, match=r"x\.vcf\.gz: damaged.*; an observation model is .* JSON or a YAML"):
        ObservationModel.parse(path)
    path.write_text("a: [")
    with pytest.raises(ConfigError, match=r"x\.vcf\.gz: not valid YAML"):
        ObservationModel.parse(path)


def test_refusals(simulated):
    with pytest.raises(ConfigError, match="target_diploids goes up to 9, but 8"):
        seen(simulated, target_diploids=[2, 9])
    tables = simulated.dump_tables()
    without_panel = recorded(tables, 3, SampleLayout(8, 8, panel_outgroup=7))
    with pytest.raises(ConfigError, match="no target individual is left"):
        seen(without_panel, outgroup_gene_flow=0.1, panel_target_diploids=4)
    without_panel = recorded(tables, 3, SampleLayout(8, 8, panel_target=7))
    with pytest.raises(ConfigError, match="no outgroup individual is left for target_gene_flow"):
        seen(without_panel, target_gene_flow=0.1, panel_outgroup_diploids=4)
    with pytest.raises(ConfigError, match="intervals"):
        seen(simulated, include_bed="x.bed")
