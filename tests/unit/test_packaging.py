"""What is said of the package in one file agrees with the others."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import yaml

import introghost

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_version_stands_in_one_place() -> None:
    assert PROJECT["dynamic"] == ["version"]
    assert introghost.__version__ not in (ROOT / "CITATION.cff").read_text()


def test_authors_and_licence_are_those_of_the_citation() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert [author["name"] for author in PROJECT["authors"]] == [author["name"] for author in citation["authors"]]
    assert PROJECT["license"] == citation["license"]


def test_the_citation_and_the_licence_travel_in_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """They are what stands in the repository, and an installed package finds them by its name."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    find = (
        "from importlib.metadata import files\n"
        "for path in files('introghost'):\n"
        "    if path.match('licenses/*'): print(path.locate().resolve())"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    printed = subprocess.run(
        [sys.executable, "-c", find], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    ).stdout
    found = {Path(line).name: Path(line) for line in printed.splitlines()}
    assert set(found) == {"CITATION.cff", "LICENSE"}
    for name, path in found.items():
        assert path.is_relative_to(tmp_path.resolve())
        assert path.read_bytes() == (ROOT / name).read_bytes()


def test_the_oldest_python_and_the_newest_are_tested() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    (job,) = workflow["jobs"].values()
    named = re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["classifiers"]))
    assert job["strategy"]["matrix"]["python"] == [named[0], named[-1]]
    assert PROJECT["requires-python"] == f">={named[0]}"
    assert job["steps"][-1]["run"] == ".ci/run"


def test_each_hook_before_a_commit_is_a_check_of_make_lint() -> None:
    recipe = subprocess.run(["make", "-n", "lint"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    hooks = [hook["entry"] for hook in repository["hooks"]]
    assert [line for line in recipe.splitlines() if line.startswith(".venv/bin/") and "pip" not in line] == hooks


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import introghost, sys\n"
        "heavy = {'torch', 'lightning', 'snakemake', 'numpy', 'pandas', 'msprime', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
