"""Scenarios and configurations by name, in a clone and in a wheel."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from introghost import presets
from introghost.errors import ConfigError

ROOT = Path(__file__).parents[2]


def test_every_scenario_and_configuration_has_its_name() -> None:
    folders = {path.parent for path in (ROOT / "config").rglob("priors.yaml")}
    assert set(presets.scenarios().values()) == folders
    assert presets.scenarios()["apes/ghost"] == ROOT / "config" / "scenarios" / "apes" / "ghost"
    assert presets.scenarios()["demo"] == ROOT / "config" / "demo"
    assert set(presets.configurations().values()) == set((ROOT / "config").glob("*.yaml"))


def test_a_name_or_a_path_but_not_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert presets.locate_scenario("ghost") == ROOT / "config" / "scenarios" / "ghost"
    assert presets.locate("1000genomes") == ROOT / "config" / "1000genomes.yaml"
    (tmp_path / "ghost").mkdir()
    assert presets.locate_scenario("./ghost") == Path("ghost")
    with pytest.raises(ConfigError, match=r"--scenario ghost: the shipped scenario or .*write \./ghost"):
        presets.locate_scenario("ghost")
    with pytest.raises(ConfigError, match=r"gost: no such folder, and no shipped scenario of that name \(.*ghost"):
        presets.locate_scenario("gost")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "archaic").mkdir()
    for given, meant in (("gost", "ghost"), ("apes/gost", "apes/ghost"), ("mine/archiac", "mine/archaic")):
        with pytest.raises(ConfigError, match=rf"{given}: no such folder, .*\); did you mean '{meant}'\?$"):
            presets.locate_scenario(given)
    with pytest.raises(ConfigError, match=r"structure_merged\)$"):
        presets.locate_scenario("nothing/like/it")


def test_they_travel_in_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """Unpacked and used outside the repository."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
        presets_of = ("introghost/presets/config/", "introghost/presets/workflow/")
        packed = {name for name in archive.namelist() if name.startswith(presets_of)}
    shipped = {path.relative_to(ROOT).as_posix() for path in (ROOT / "config").rglob("*.yaml")}
    shipped |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "workflow").rglob("*") if path.is_file()}
    assert packed == {f"introghost/presets/{path}" for path in shipped}
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    sizes = ("--genomes", "1", "--region-length-bp", "20000", "--outgroup-diploids", "2", "--target-diploids", "2")
    for words in (
        ("config", "check", "config"),
        ("simulate", "--scenario", "ghost", *sizes, "--output", "x.trees"),
        ("run", "config", "--dry-run", "--", "--quiet", "rules"),
    ):
        result = subprocess.run(
            [sys.executable, "-m", "introghost", *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr
    assert (tmp_path / "x.trees").stat().st_size
