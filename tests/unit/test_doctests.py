"""Every example of a docstring runs, and gives what it says."""

import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import introghost

SOURCE = Path(introghost.__file__).parent
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules() -> Iterator[str]:
    """Names of the modules that have an example."""
    for path in sorted(SOURCE.rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(SOURCE.parent).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__")


@pytest.mark.parametrize("name", modules())
def test_examples(name: str, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (demo / "demo.vcf.gz", demo / "demo.tsv"):
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    failed, attempted = doctest.testmod(importlib.import_module(name), optionflags=OPTIONS)
    assert attempted
    assert not failed, "see the output above"


def test_an_example_that_is_wrong_would_be_noticed() -> None:
    example = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, None)
    assert doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=lambda _: None).failed == 1


def test_the_examples_of_the_api_are_among_them() -> None:
    assert {"introghost", "introghost.data", "introghost.findings", "introghost.model"} <= set(modules())
