"""Benchmarks are not run by the tests, but what they import has to exist."""

import gzip
import importlib
import itertools
import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import msprime
import numpy as np
import pandas as pd
import pytest

from introghost.simulation import scenarios
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.observation import ObservationModel
from introghost.variants.genetic_map import mean_rate, read_genetic_map
from introghost.variants.intervals import read_bed

FOLDER = Path(__file__).parents[2] / "benchmarks"
SCENARIOS = FOLDER.parent / "config" / "scenarios"
BENCHMARKS = sorted(
    path
    for path in FOLDER.glob("*.py")
    if path.name
    not in (
        "accuracy_page.py",
        "choice_genomes.py",
        "choice_page.py",
        "families.py",
        "genomes.py",
        "hmmix.py",
        "local_check.py",
    )
)


# Mean recombination of each kind of contig of the landscape, in cM/Mb.
RATES = {"hotspots": 1.2, "slow": 0.5, "flat": 1.0, "fast": 2.0}


@pytest.fixture(autouse=True)
def beside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Benchmarks import from their own folder, as scripts do."""
    monkeypatch.syspath_prepend(str(FOLDER))


def test_there_are_benchmarks():
    assert BENCHMARKS


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.name)
def test_a_benchmark_loads(path):
    assert callable(runpy.run_path(str(path), run_name="loaded")["main"])


def test_every_confounder_has_two_rows_and_a_description() -> None:
    robustness = runpy.run_path(str(FOLDER / "robustness.py"), run_name="loaded")
    names = [name for group in robustness["cells"]().values() for name in group]
    expected = {
        f"{name}, {level}" for name in (*robustness["CONFOUNDERS"], "all together") for level in ("typical", "severe")
    }
    assert names[0] == "none, clean", "what the others are compared with"
    assert len(names) == len(set(names))
    assert set(names[1:]) == expected
    for name in robustness["CONFOUNDERS"]:
        assert f"\n| {name} | " in robustness["PAGE"], "each has its levels explained"


@pytest.mark.parametrize("name", ["limits", "real_loci"])
def test_a_page_is_of_its_table(name: str) -> None:
    benchmark = runpy.run_path(str(FOLDER / f"{name}.py"), run_name="loaded")
    table = pd.read_csv(FOLDER / f"{name}.tsv", sep="\t")
    assert benchmark["page"](table) == (FOLDER.parent / "docs" / f"{name}.md").read_text()


def test_looks_of_haplotypes_are_those_of_pairs() -> None:
    real_loci = runpy.run_path(str(FOLDER / "real_loci.py"), run_name="loaded")
    rng = np.random.default_rng(1)
    target, outgroup = rng.integers(2, size=(30, 5)), rng.integers(2, size=(30, 7))
    positions_bp = np.arange(30) * 10
    haplotypes = SimpleNamespace(target=target, outgroup=outgroup, positions_bp=positions_bp)
    looks = real_loci["Looks"].of(haplotypes, np.array([20, 25, 290]))
    nearest = [min(sum(one != other) for other in outgroup.T) for one in target.T]
    assert looks.nearest.tolist() == nearest
    assert (looks.published.tolist(), looks.num_published) == ((target[2] + target[29]).tolist(), 2)
    chosen = np.array([True, False, True, True, False])
    row = looks.row(chosen)
    assert row["sites_to_nearest"] == np.median([nearest[0], nearest[2], nearest[3]])
    assert (row["number"], row["published_alleles"]) == (3, max(looks.published[[0, 2, 3]]))


def test_the_page_of_robustness_is_of_its_table() -> None:
    robustness = runpy.run_path(str(FOLDER / "robustness.py"), run_name="loaded")
    table = pd.read_csv(FOLDER / "robustness.tsv", sep="\t")
    assert robustness["page"](table) == (FOLDER.parent / "docs" / "robustness.md").read_text()
    assert "Missed by: gene flow" in robustness["missed_targets"](table)
    fine = table.assign(loss=0.0)
    assert robustness["missed_targets"](fine).endswith("Missed by: none.")


def test_every_flaw_is_asked_of_the_verdict_alone_and_together() -> None:
    flaws, robustness = (
        runpy.run_path(str(FOLDER / f"{name}.py"), run_name="loaded") for name in ("flaws", "robustness")
    )
    names = [name for group in flaws["looks"]().values() for name in group]
    alone = {f"{name}, typical" for name in (*robustness["CONFOUNDERS"], *flaws["MORE"])}
    together = {"none, clean", "all together, typical", "all together, severe", "sizes from 5 + 1 to 200 + 200"}
    assert set(names) == alone | together
    assert len(names) == len(set(names))
    for simulated, group in flaws["looks"]().items():
        simulation = ObservationModel.parse(without_files(json.loads(simulated)))
        for name, section in group.items():
            look = ObservationModel.parse(without_files(section))
            for role in ("outgroup", "target"):
                assert look.diploids(role).high <= simulation.diploids(role).high, name
            panels = (look.panel_outgroup_diploids, look.panel_target_diploids)
            assert panels == (simulation.panel_outgroup_diploids, simulation.panel_target_diploids), name


def without_files(section: dict[str, object]) -> dict[str, object]:
    return {
        key: value for key, value in section.items() if key not in ("include_bed", "genetic_map", "genetic_map_error")
    }


def test_a_verdict_on_flawed_data_is_what_apply_decides() -> None:
    """A ghost is found in one of two large ones, for no scenario fits the other; a small one does not count."""
    flaws = runpy.run_path(str(FOLDER / "flaws.py"), run_name="loaded")
    given = pd.DataFrame(
        {
            "decision": ["ghost", "ghost", "ghost", "ghost", "no ghost", "ghost", "undecided"],
            "p_value": [0.5, 0.001, 0.5, 0.5, 0.5, 0.001, 0.5],
            "has_ghost": [True, True, True, False, False, False, False],
        }
    )
    decided = flaws["_decided"](given, np.array([0.1, 0.02, 0.019, np.nan, np.nan, np.nan, np.nan]))
    assert (decided["power"], decided["power_genomes"]) == (0.5, 2)
    assert (decided["false_ghosts"], decided["false_ghosts_genomes"]) == (0.25, 4)
    assert decided["false_ghosts_lower"] < 0.25 < decided["false_ghosts_upper"]


def test_the_page_of_flaws_is_of_their_figures(tmp_path: Path) -> None:
    """From the tables that `introghost evaluate` makes of genomes to the lines of the page."""
    flaws, choice_page = (importlib.import_module(name) for name in ("flaws", "choice_page"))
    areas = {"against": "no_ghost, structure", "lower": 0.1, "upper": 0.9}
    power = pd.DataFrame(
        [
            {**areas, "genomes_of": "ghost", "metric": "area_under_roc", "value": 0.75},
            {**areas, "genomes_of": "ghost", "metric": "power", "value": 0.7},
            {**areas, "genomes_of": "ghost, 0.02 to 0.2", "metric": "power", "value": 0.625},
            {**areas, "genomes_of": "ghost, 0.005 to 0.02", "metric": "power", "value": 0.5},
        ]
    )
    coverage = pd.DataFrame(
        {
            "parameter": ["pulse_time", "ghost_proportion"] * 2,
            "level": [0.9, 0.9, 0.95, 0.95],
            "coverage": [0, 0, 0.9, 1],
        }
    )
    summary = pd.DataFrame({"parameter": ["pulse_time", "ghost_proportion"], "log_r_squared": [0.25, 0.5]})
    shares = {f"{name}{end}": 0.5 for name in ("power", "false_ghosts") for end in ("", "_lower", "_upper")}
    figures = {
        **{"look": "mask, typical", "regions": 25, "ghosts": 120, "power_genomes": 80, "false_ghosts_genomes": 240},
        **{**shares, "calibration_error": 0.0625, "novel": 0.045},
        **flaws._told_apart(power, "ghost"),
        **flaws._learnt(coverage, summary),
    }
    pd.DataFrame([figures]).to_csv(tmp_path / "flaws.tsv", sep="\t", index=False)
    flawed = {"look": "mask, typical", "genomes": 40, "scenario": ["ghost", "no_ghost"], "has_ghost": [True, False]}
    pd.DataFrame({**flawed, "decided_ghost": [0.8, 0.025]}).to_csv(tmp_path / "flawed.tsv", sep="\t", index=False)
    written = choice_page._flawed(tmp_path)
    area, large, small = (f"{value:.3f} [0.100–0.900]" for value in (0.75, 0.625, 0.5))
    half = "50.0 % [50.0–50.0]"
    assert f"| mask, typical | {half} | {half} | {area} | {large} | {small} | 0.062 | 4.5 % |" in written
    assert "| mask, typical | 95.0 % (90 %) | 0.50 | 0.25 |" in written
    assert "| seen | no_ghost |" in written
    assert "| mask, typical | 2 % |" in written


def test_a_learning_curve_grows_by_genomes_of_every_scenario() -> None:
    learning = runpy.run_path(str(FOLDER / "learning.py"), run_name="loaded")
    genomes = pd.DataFrame(
        itertools.product(("a", "b"), range(10, 18), range(2)),
        columns=["scenarios", "genome_indices", "observation_indices"],
    )
    statistics = SimpleNamespace(**{name: column.to_numpy() for name, column in genomes.items()})
    assert list(learning["sizes"](statistics)) == list(itertools.product(learning["SHARES"], (1, 2)))
    rows = genomes.iloc[learning["chosen"](statistics, 0.25, 1)]
    assert rows.values.tolist() == [[name, genome, 0] for name in "ab" for genome in (10, 11)]
    assert len(learning["chosen"](statistics, 1 / 8, 2)) == 4
    assert len(learning["chosen"](statistics, 1, 2)) == len(genomes)


def test_matched_networks_are_given_by_their_model() -> None:
    accuracy = runpy.run_path(str(FOLDER / "accuracy.py"), run_name="loaded")
    folders = accuracy["matched_folders"](["archie=a", "bonobo_ghost=b", "archie=c"])
    assert folders == {
        "archie": [Path("a/segments"), Path("c/segments")],
        "human_neanderthal": [],
        "bonobo_ghost": [Path("b/segments")],
    }
    for argument in ("human=a", "archie", "archie="):
        with pytest.raises(SystemExit, match=f"error: --matched {argument}: give MODEL=FOLDER"):
            accuracy["matched_folders"]([argument])


def test_the_landscape_of_human_is_what_the_benchmark_makes(tmp_path: Path) -> None:
    """Of the files in the repository the texts: another version of zlib may compress them to other bytes."""
    landscape = runpy.run_path(str(FOLDER / "landscape.py"), run_name="loaded")
    landscape["write"](tmp_path / "once")
    landscape["write"](tmp_path / "again")
    for name in ("mask.bed.gz", "map.tsv.gz"):
        made, kept = (
            (folder / name).read_bytes() for folder in (tmp_path / "once", FOLDER.parent / "config" / "human")
        )
        assert made == (tmp_path / "again" / name).read_bytes()
        assert gzip.decompress(made) == gzip.decompress(kept)
        assert kept[4:8] == bytes(4), "no time stamp"
        assert len(kept) < 400_000


def test_the_landscape_has_every_kind_of_mask_and_map() -> None:
    folder = FOLDER.parent / "config" / "human"
    masks, maps = read_bed(folder / "mask.bed.gz"), read_genetic_map(folder / "map.tsv.gz")
    shares = {name: np.diff(intervals, axis=1).sum() / 20e6 for name, intervals in masks.items()}
    rates = {name: mean_rate(genetic_map) for name, genetic_map in maps.items()}
    assert set(shares) == set(rates) == {f"{kind}{percent}" for kind in RATES for percent in (100, 75, 50)}
    for name, share in shares.items():
        assert share == pytest.approx(int(name.strip("".join(RATES))) / 100, abs=0.01)
        assert rates[name] == pytest.approx(RATES[name.rstrip("0157")], rel=0.1)
    steps = np.diff(maps["hotspots75"].centimorgans)
    assert np.sort(steps)[-len(steps) // 10 :].sum() > 0.5 * steps.sum(), "a tenth of the steps has most crossovers"


def test_what_is_kept_has_the_name_of_what_it_depends_on(tmp_path: Path) -> None:
    robustness = runpy.run_path(str(FOLDER / "robustness.py"), run_name="loaded")
    names = set()
    for scenario in (scenarios.load(SCENARIOS / name) for name in ("ghost", "no_ghost")):
        for section in ({"missing": 0.1}, {"missing": 0.2}):
            (job,) = robustness["batches"](tmp_path, scenario, 5, 3, {}, {"a": section})
            assert (job.first, job.number) == (5, 3)
            names.add(job.output("a"))
    assert len(names) == 4


def test_the_oracle_is_the_time_to_the_nearest_outgroup_haplotype() -> None:
    accuracy = runpy.run_path(str(FOLDER / "accuracy.py"), run_name="loaded")
    ts = msprime.sim_ancestry(8, population_size=100, sequence_length=1000, recombination_rate=1e-5, random_seed=3)
    outgroup, target = ts.samples()[:10], ts.samples()[10:]
    assert ts.num_trees > 3
    for tree in ts.trees():
        times = ts.nodes_time[accuracy["_meeting"](tree, outgroup, target)]
        assert list(times) == [min(tree.tmrca(node, other) for other in outgroup) for node in target]


def test_the_decoder_equals_the_sum_over_all_paths() -> None:
    accuracy = runpy.run_path(str(FOLDER / "accuracy.py"), run_name="loaded")
    scores = np.array([0.01, 0.9, 0.6, 0.2], dtype=np.float32)
    leave = 1 - np.exp(-accuracy["RECOMBINATION_PER_BP"] * accuracy["PULSE_GENERATIONS"] * 10_000)
    share = accuracy["PULSE_PROPORTION"]
    enter = leave * share / (1 - share)
    transition, start = [[1 - enter, enter], [leave, 1 - leave]], [1 - share, share]
    total, inside = 0.0, np.zeros(4)
    for path in itertools.product((0, 1), repeat=4):
        weight = start[path[0]]
        for before, after in itertools.pairwise(path):
            weight *= transition[before][after]
        for state, score in zip(path, scores, strict=True):
            weight *= ((score if state else 1 - score) / start[state]) ** accuracy["TEMPERING"]
        total += weight
        inside += weight * np.array(path)
    np.testing.assert_allclose(accuracy["decoded"](scores[None], 10_000)[0], inside / total, rtol=1e-5)


def test_rates_are_of_base_pairs() -> None:
    accuracy = runpy.run_path(str(FOLDER / "accuracy.py"), run_name="loaded")
    scores = np.array([[[0.9, 0.8, 0.1, 0.2]], [[0.9, 0.0, 0.0, 0.0]]], dtype=np.float32)
    fraction = np.array([[[1.0, 0.5, 0.5, 0.0]], [[0.0, 0.0, 0.0, 0.0]]], dtype=np.float32)
    rates = accuracy["rates"](scores, fraction, 0.5)
    assert (rates["precision"], rates["recall"], rates["f1"]) == pytest.approx((1.5 / 3, 1.5 / 2, 3 / 5))
    assert rates["best_f1"] >= rates["f1"]
    assert accuracy["called_of"](scores, 0.5)["called_without_pulse"] == 3 / 8


def test_without_a_pulse_nothing_is_a_ghosts() -> None:
    accuracy = runpy.run_path(str(FOLDER / "accuracy.py"), run_name="loaded")
    scenario = accuracy["without_pulse"](scenarios.load(SCENARIOS.parent / "demo"))
    sizes = {"outgroup_diploids": 2, "target_diploids": 10}
    settings = SimulationSettings(seed=1, num_regions=1, region_length_bp=1_000_000, **sizes)
    ((_, tracts),) = simulate_genome_with_tracts(scenario, 0, settings)
    assert tracts.empty
