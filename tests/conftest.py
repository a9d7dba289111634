"""Data of the README, simulated once in a session."""

from pathlib import Path

import pytest
from verbs import run

DEMO = Path(__file__).parents[1] / "config" / "demo"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of ``demo.vcf.gz`` and ``demo.tsv``, with the trees and tracts that they are of."""
    folder = tmp_path_factory.mktemp("demo")
    sizes = ("--genomes", 1, "--regions", 10, "--outgroup-diploids", 50, "--target-diploids", 50)
    assert run("simulate", "--scenario", DEMO, *sizes, "--output", folder / "demo.trees") == 0
    outputs = ("--output", folder / "demo.vcf.gz", "--populations-output", folder / "demo.tsv")
    assert run("vcf", "write", "--trees", folder / "demo.trees", *outputs) == 0
    return folder
