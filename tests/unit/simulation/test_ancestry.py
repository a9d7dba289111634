import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tskit

from introghost.errors import ConfigError, DataError
from introghost.haplotypes import GeneticMap
from introghost.simulation import ancestry, scenarios
from introghost.simulation.ancestry import SimulationSettings
from introghost.simulation.layout import RegionRecord
from introghost.simulation.observation import ObservationModel
from introghost.simulation.windows import Windows

CONFIG = Path(__file__).parents[3] / "config"
SETTINGS = SimulationSettings(
    seed=7,
    num_regions=2,
    region_length_bp=100_000,
    outgroup_diploids=4,
    target_diploids=3,
    observation=ObservationModel(panel_outgroup_diploids=2, panel_target_diploids=3),
)


@pytest.fixture(scope="module")
def scenario() -> scenarios.Scenario:
    return scenarios.load(CONFIG / "scenarios" / "ghost")


def write(scenario: scenarios.Scenario, path: Path, first: int, number: int) -> list[tskit.TreeSequence]:
    ancestry.write_batch(scenario, path, range(first, first + number), SETTINGS)
    return list(ancestry.read_trees(path))


def test_samples_come_as_outgroup_target_panel(scenario: scenarios.Scenario) -> None:
    for ts, _ in ancestry.simulate_genome_with_tracts(scenario, 0, SETTINGS):
        names = [ts.population(ts.node(sample).population).metadata["name"] for sample in ts.samples()]
        assert names == ["Outgroup"] * 8 + ["Target"] * 6 + ["Outgroup"] * 4 + ["Target"] * 6
        assert ts.samples().tolist() == list(range(24))
        assert ts.num_migrations == 0
        assert ts.num_sites > 0


def test_metadata_describes_the_region(scenario: scenarios.Scenario) -> None:
    first, second = (ts.metadata["introghost"] for ts, _ in ancestry.simulate_genome_with_tracts(scenario, 3, SETTINGS))
    assert (first["scenario"], first["genome"], first["region"], second["region"]) == ("ghost", 3, 0, 1)
    assert first["parameters"]["pulse_time"] == second["parameters"]["pulse_time"]
    assert first["parameters"]["recombination_rate_per_bp"] != second["parameters"]["recombination_rate_per_bp"]
    assert first["roles"] == {"outgroup": "Outgroup", "target": "Target", "ghost": "Ghost"}
    assert (first["outgroup_diploids"], first["target_diploids"]) == (4, 3)
    assert (first["panel_outgroup_diploids"], first["panel_target_diploids"]) == (2, 3)
    assert first["window"] is None
    assert first["ghost_of_target"] is second["ghost_of_target"] is True


def test_equal_simulations_are_equal_bytes(scenario: scenarios.Scenario, tmp_path: Path) -> None:
    for name in ("a.trees", "b.trees"):
        regions = write(scenario, tmp_path / name, 0, 1)
    for suffix in (".trees", ".parameters.parquet", ".tracts.parquet"):
        first, second = ((tmp_path / name).with_suffix(suffix).read_bytes() for name in ("a.trees", "b.trees"))
        assert first == second, suffix
    assert len({ts.file_uuid for ts in regions}) == len(regions)


def test_batches_do_not_change_genomes(scenario: scenarios.Scenario, tmp_path: Path) -> None:
    together = write(scenario, tmp_path / "all.trees", 0, 3)
    apart = write(scenario, tmp_path / "a.trees", 0, 1) + write(scenario, tmp_path / "b.trees", 1, 2)
    assert len(together) == 6
    assert all(one.tables == other.tables for one, other in zip(together, apart, strict=True))
    for kind in ("parameters", "tracts"):
        parts = pd.concat([pd.read_parquet(tmp_path / f"{name}.{kind}.parquet") for name in "ab"], ignore_index=True)
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / f"all.{kind}.parquet"), parts)


def test_tables_beside_the_trees(scenario: scenarios.Scenario, tmp_path: Path) -> None:
    trees = write(scenario, tmp_path / "x.trees", 4, 2)
    parameters = pd.read_parquet(tmp_path / "x.parameters.parquet")
    tracts = pd.read_parquet(tmp_path / "x.tracts.parquet")
    assert parameters["genome"].tolist() == [4, 5]
    assert trees[0].metadata["introghost"]["parameters"]["split_time"] == parameters["split_time"][0]
    assert "recombination_rate_per_bp" not in parameters
    assert list(tracts.columns) == ["genome", "region", "haplotype", "start_bp", "end_bp"]
    assert ((tracts["start_bp"] >= 0) & (tracts["end_bp"] <= 100_000) & (tracts["haplotype"] < 24)).all()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "x.parameters.parquet",
        "x.tracts.parquet",
        "x.trees",
    ]


def test_the_recombination_rate_of_a_genome_is_the_mean_of_its_regions(tmp_path: Path) -> None:
    folder = shutil.copytree(CONFIG / "demo", tmp_path / "demo")
    text = (folder / "priors.yaml").read_text()
    of_a_region = "recombination_rate_per_bp: {distribution: fixed, value: 1.0e-8, scope: region}"
    assert of_a_region in text
    (folder / "priors.yaml").write_text(text.replace(of_a_region, of_a_region.replace(", scope: region", "")))
    scenario, drawn = scenarios.load(folder), {}
    # Rates rise along the map, so that regions at different places recombine differently.
    positions = np.arange(0.0, 1_000_001, 50_000)
    windows = Windows(None, {"1": GeneticMap(positions, 1e-12 * positions**2)})
    for name, section, where in (("map", {"genetic_map": "m"}, windows), ("none", {}, None)):
        settings = replace(SETTINGS, num_regions=3, observation=ObservationModel.parse(section), windows=where)
        path = tmp_path / f"{name}.trees"
        ancestry.write_batch(scenario, path, range(2), settings)
        simulated = [RegionRecord.of(ts) for ts in ancestry.read_trees(path)]
        drawn[name] = pd.read_parquet(path.with_suffix(".parameters.parquet"))[scenarios.RECOMBINATION_RATE].tolist()
    for record in simulated:
        assert record.parameters[scenarios.RECOMBINATION_RATE] == 1e-8
    assert drawn["none"] == [1e-8, 1e-8]
    records = [RegionRecord.of(ts) for ts in ancestry.read_trees(tmp_path / "map.trees")]
    # By hand: the map's centimorgans between a window's ends, over its length.
    starts = [record.window.start_bp for record in records if record.window is not None]
    by_hand = [
        np.diff(np.interp([start, start + 100_000], positions, 1e-12 * positions**2))[0] / 1e7 for start in starts
    ]
    assert len(set(starts)) == 6
    assert np.std(by_hand) > 0.1 * np.mean(by_hand)
    assert drawn["map"] == pytest.approx([np.mean(by_hand[:3]), np.mean(by_hand[3:])])


def test_levels_of_the_rates_stand_beside_the_parameters(scenario: scenarios.Scenario, tmp_path: Path) -> None:
    settings = replace(SETTINGS, observation=ObservationModel.parse({"mutation_rate_variation": [0.1, 0.5]}))
    ancestry.write_batch(scenario, tmp_path / "x.trees", range(2), settings)
    drawn = pd.read_parquet(tmp_path / "x.parameters.parquet")["mutation_rate_cv"]
    trees = list(ancestry.read_trees(tmp_path / "x.trees"))
    recorded = [ts.metadata["introghost"]["parameters"]["mutation_rate_cv"] for ts in trees]
    assert recorded == [drawn[0], drawn[0], drawn[1], drawn[1]]
    assert drawn[0] != drawn[1]


def test_an_observation_is_recorded_where_there_is_one(scenario: scenarios.Scenario) -> None:
    def trees(model: ObservationModel) -> tskit.TreeSequence:
        settings = replace(SETTINGS, observation=model, windows=windows)
        return next(ancestry.simulate_genome_with_tracts(scenario, 0, settings))[0]

    windows = Windows({"1": np.array([[0, 900_000]])})
    model = ObservationModel.parse({"include_bed": "/some/folder/mask.bed", "missing": 0.1, "target_diploids": [1, 2]})
    recorded = trees(model).metadata["introghost"]["observation"]
    assert recorded == {"include_bed": "mask.bed", "missing": [0.1, 0.1], "target_diploids": [1, 2]}
    assert "observation" not in trees(ObservationModel()).metadata["introghost"]


def test_no_ghost_no_tracts(tmp_path: Path) -> None:
    write(scenarios.load(CONFIG / "scenarios" / "structure"), tmp_path / "x.trees", 0, 1)
    assert len(pd.read_parquet(tmp_path / "x.tracts.parquet")) == 0


def test_a_failed_batch_leaves_nothing(scenario: scenarios.Scenario, tmp_path: Path) -> None:
    def fail(genome: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ancestry.write_batch(scenario, tmp_path / "x.trees", range(2), SETTINGS, on_genome=fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.9])
def test_a_cut_stream_is_refused(scenario: scenarios.Scenario, tmp_path: Path, fraction: float) -> None:
    path = tmp_path / "x.trees"
    write(scenario, path, 0, 1)
    content = path.read_bytes()
    path.write_bytes(content[: int(fraction * len(content))])
    with pytest.raises(DataError, match=r"x\.trees"):
        list(ancestry.read_trees(path))


def test_other_content_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.trees"
    path.write_bytes(np.random.default_rng(1).bytes(8192))
    with pytest.raises(DataError, match="not a complete stream"):
        list(ancestry.read_trees(path))
    with pytest.raises(DataError, match="no such file"):
        list(ancestry.read_trees(tmp_path / "missing.trees"))


def test_wrong_options_are_refused(scenario: scenarios.Scenario, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"X\.trees"):
        write(scenario, tmp_path / "x.vcf", 0, 1)
    with pytest.raises(ConfigError, match="target_diploids is 0"):
        replace(SETTINGS, target_diploids=0)
