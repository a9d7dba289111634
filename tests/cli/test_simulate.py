import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet
import pytest
from click.testing import CliRunner

from introghost.cli.simulate import command
from introghost.errors import ConfigError, DataError
from introghost.simulation.ancestry import read_trees

SCENARIO = Path(__file__).parents[2] / "config" / "demo"
BATCH = ["--genomes=2", "--first=3", "--region-length-bp=50000"]
OPTIONS = [*BATCH, "--outgroup-diploids=2", "--target-diploids=2"]


def simulate(tmp_path: Path, observation: str, *sizes: str) -> list[dict[str, object]]:
    """Metadata of what is simulated with an observation model."""
    arguments = ["--scenario", str(SCENARIO), *BATCH, *sizes, "--observation", observation]
    CliRunner().invoke(command, [*arguments, "--output", str(tmp_path / "x.trees")], catch_exceptions=False)
    return [ts.metadata["introghost"] for ts in read_trees(tmp_path / "x.trees")]


def test_simulate_writes_three_files_and_says_how_far_it_is(tmp_path: Path) -> None:
    arguments = ["--scenario", str(SCENARIO), *OPTIONS, "--output", str(tmp_path / "new" / "x.trees")]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert "genome 4 done (2 of 2)" in result.output
    assert pd.read_parquet(tmp_path / "new" / "x.parameters.parquet")["genome"].tolist() == [3, 4]
    assert (tmp_path / "new" / "x.trees").stat().st_size > 0
    assert (tmp_path / "new" / "x.tracts.parquet").is_file()


def test_a_shipped_scenario_is_known_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for scenario, output in (("demo", "name.trees"), (str(SCENARIO), "path.trees")):
        arguments = ["--scenario", scenario, *OPTIONS, "--output", output]
        CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert (tmp_path / "name.trees").read_bytes() == (tmp_path / "path.trees").read_bytes()
    (tmp_path / "demo").mkdir()
    refused = CliRunner().invoke(command, ["--scenario", "demo", *OPTIONS, "--output", "x.trees"])
    assert isinstance(refused.exception, ConfigError)
    assert "write ./demo" in str(refused.exception)
    help_text = " ".join(CliRunner().invoke(command, ["--help"]).output.split())
    assert all(f"{name}, " in help_text for name in ("ghost", "no_ghost", "apes/no_ghost", "outgroup_ghost"))


def test_a_missing_scenario_is_the_users_error(tmp_path: Path) -> None:
    arguments = ["--scenario", str(tmp_path), *OPTIONS, "--output", str(tmp_path / "x.trees")]
    assert isinstance(CliRunner().invoke(command, arguments).exception, ConfigError)


def test_the_observation_model_gives_sizes_and_windows(tmp_path: Path) -> None:
    (tmp_path / "mask.bed").write_text("chr7\t1000\t90000\nchr7\t100000\t190000\n")
    (tmp_path / "map.tsv").write_text("pos\tchr\tcM\n1\t7\t0\n200001\t7\t0.6\n")
    files = f"include_bed: {tmp_path / 'mask.bed'}\n  genetic_map: {tmp_path / 'map.tsv'}"
    (tmp_path / "observation.yaml").write_text(
        f"observation:\n  outgroup_diploids: [2, 4]\n  target_diploids: 3\n  panel_target_diploids: 2\n  {files}\n"
    )
    for content in simulate(tmp_path, str(tmp_path / "observation.yaml")):
        assert (content["outgroup_diploids"], content["target_diploids"]) == (4, 3)
        assert (content["panel_outgroup_diploids"], content["panel_target_diploids"]) == (0, 2)
        assert content["parameters"]["recombination_rate_per_bp"] == pytest.approx(3e-8)  # type: ignore[index]
        assert content["window"]["contig"] == "chr7"  # type: ignore[index]
        assert 1000 <= content["window"]["start_bp"] <= 140_000  # type: ignore[index]
    metadata = pyarrow.parquet.read_schema(tmp_path / "x.tracts.parquet").metadata[b"introghost"]
    provenance = json.loads(metadata)
    assert set(provenance["inputs"]) == {"model.demes.yaml", "priors.yaml", "include_bed", "genetic_map"}
    assert provenance["options"]["observation"]["include_bed"] == "mask.bed"
    assert provenance["options"]["observation"]["outgroup_diploids"] == [2, 4]
    assert str(tmp_path) not in metadata.decode()


def test_more_than_the_observation_model_draws_may_be_simulated(tmp_path: Path) -> None:
    content = simulate(tmp_path, '{"outgroup_diploids": [1, 2]}', "--outgroup-diploids=3", "--target-diploids=1")
    assert [row["outgroup_diploids"] for row in content] == [3, 3]


@pytest.mark.parametrize(
    ("observation", "sizes", "message"),
    [
        ("{}", ["--target-diploids=2"], "--outgroup-diploids is needed"),
        ('{"outgroup_diploids": 2}', [], "--target-diploids is needed"),
        ('{"outgroup_diploids": [2, 9]}', ["--outgroup-diploids=8", "--target-diploids=2"], "8 is below 9"),
        ('{"outgruop_diploids": 2}', ["--target-diploids=2"], "unknown key 'outgruop_diploids'"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(tmp_path: Path, observation: str, sizes: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        simulate(tmp_path, observation, *sizes)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.map: no such file"):
        simulate(tmp_path, '{"genetic_map": "none.map"}', "--outgroup-diploids=2", "--target-diploids=2")


@pytest.mark.parametrize(("length_bp", "told"), [(50_000, False), (60_000, True)])
def test_regions_longer_than_the_mask_are_warned_of(tmp_path: Path, length_bp: int, told: bool) -> None:
    (tmp_path / "mask.bed").write_text("1\t0\t20000\n1\t30000\t50000\n2\t0\t40000\n")
    observation = f'{{"include_bed": "{tmp_path / "mask.bed"}"}}'
    arguments = ["--scenario", str(SCENARIO), *OPTIONS, f"--region-length-bp={length_bp}", "--observation", observation]
    result = CliRunner().invoke(command, [*arguments, "--output", str(tmp_path / "x.trees")], catch_exceptions=False)
    expected = (
        "warning: regions of 60,000 bp are longer than the longest stretch with callable sequence, 50,000 bp; "
        "the rest will be masked: shorten --region-length-bp"
    )
    assert result.output.splitlines().count(expected) == told
    assert ("longer than" in result.output) == told
