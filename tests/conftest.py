"""Data of the README, simulated once in a session, and the wheel of the working tree, built once."""

import subprocess
import sys
from pathlib import Path

import pytest
from verbs import run

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "config" / "demo"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of ``demo.vcf.gz`` and ``demo.tsv``, with the trees and tracts that they are of."""
    folder = tmp_path_factory.mktemp("demo")
    sizes = ("--genomes", 1, "--regions", 10, "--outgroup-diploids", 50, "--target-diploids", 50)
    assert run("simulate", "--scenario", DEMO, *sizes, "--output", folder / "demo.trees") == 0
    outputs = ("--output", folder / "demo.vcf.gz", "--populations-output", folder / "demo.tsv")
    assert run("vcf", "write", "--trees", folder / "demo.trees", *outputs) == 0
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network from a copy of what goes into it."""
    pytest.importorskip("setuptools", minversion="77")
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    tree.mkdir()
    for name in ("src", "config", "workflow", "pyproject.toml", "README.md", "LICENSE", "CITATION.cff"):
        subprocess.run(["cp", "-r", str(ROOT / name), str(tree)], check=True)
    build = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=tree, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path
