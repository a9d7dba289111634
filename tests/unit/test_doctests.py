"""Every example of a docstring runs, and gives what it says."""

import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from verbs import run

import introghost

ROOT = Path(__file__).parents[2]
SOURCE = Path(introghost.__file__).parent
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
DEMO = "demo.vcf.gz"


def modules() -> Iterator[str]:
    """Names of the modules that have an example."""
    for path in sorted(SOURCE.rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(SOURCE.parent).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where examples run: the data of the README, ``demo.vcf.gz`` and ``demo.tsv``, if an example needs them."""
    path = tmp_path_factory.mktemp("examples")
    if any(DEMO in source.read_text(encoding="utf-8") for source in SOURCE.rglob("*.py")):
        sizes = ("--genomes", 1, "--regions", 10, "--outgroup-diploids", 50, "--target-diploids", 50)
        scenario = ROOT / "config" / "demo"
        assert run("simulate", "--scenario", scenario, *sizes, "--output", path / "demo.trees") == 0
        outputs = ("--output", path / DEMO, "--populations-output", path / "demo.tsv")
        assert run("vcf", "write", "--trees", path / "demo.trees", *outputs) == 0
    return path


@pytest.mark.parametrize("name", modules())
def test_examples(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    failed, attempted = doctest.testmod(importlib.import_module(name), optionflags=OPTIONS)
    assert attempted
    assert not failed, "see the output above"


def test_an_example_that_is_wrong_would_be_noticed() -> None:
    example = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, None)
    assert doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=lambda _: None).failed == 1


def test_the_examples_of_findings_are_among_them() -> None:
    assert "introghost.findings" in set(modules())
