"""Benchmarks are not run by the tests, but what they import has to exist."""

import runpy
from pathlib import Path

import pytest

from introghost.simulation import scenarios

FOLDER = Path(__file__).parents[2] / "benchmarks"
SCENARIOS = FOLDER.parent / "config" / "scenarios"
BENCHMARKS = sorted(path for path in FOLDER.glob("*.py") if path.name not in ("genomes.py", "hmmix.py"))


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


def test_what_is_kept_has_the_name_of_what_it_depends_on(tmp_path: Path) -> None:
    robustness = runpy.run_path(str(FOLDER / "robustness.py"), run_name="loaded")
    names = set()
    for scenario in (scenarios.load(SCENARIOS / name) for name in ("ghost", "null")):
        for section in ({"missing": 0.1}, {"missing": 0.2}):
            (job,) = robustness["batches"](tmp_path, scenario, 5, 3, {}, {"a": section})
            assert (job.first, job.number) == (5, 3)
            names.add(job.output("a"))
    assert len(names) == 4
