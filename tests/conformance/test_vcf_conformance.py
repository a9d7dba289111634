"""Every file of the VCF specification's test suite is read to its last record or refused by one line."""

from pathlib import Path

import pytest
from write_table import document, row

from conformance import COMMANDS, FILES, Outcome, files, flaws, run_files

pytestmark = pytest.mark.skipif(not FILES.is_dir(), reason=f"no conformance files in {FILES}; set INTROGHOST_SHARED")
DOCUMENT = Path(__file__).parents[2] / "docs" / "conformance.md"


def check(outcomes: list[Outcome]) -> None:
    assert not flaws(outcomes)
    assert sum(outcome.accepted_by == list(COMMANDS) for outcome in outcomes) > 0.15 * len(outcomes)
    refused = {outcome.path: outcome.refusal for outcome in outcomes if outcome.kind == "passed"}
    assert not [path for path, refusal in refused.items() if "damaged" in refusal], "a valid file is called damaged"


def test_a_tenth_of_the_files_neither_crash_nor_hang_nor_lose_records() -> None:
    outcomes = run_files(files()[::11])
    check(outcomes)
    documented = DOCUMENT.read_text().splitlines()
    assert [row(outcome) for outcome in outcomes if row(outcome) not in documented] == []


@pytest.mark.slow
def test_no_file_crashes_hangs_or_loses_records() -> None:
    outcomes = run_files(files())
    assert len(outcomes) == 682
    check(outcomes)
    assert DOCUMENT.read_text() == document(outcomes), "run tests/conformance/write_table.py"


def test_flaws_are_seen() -> None:
    """The checks above can fail."""
    good = {"code": 0, "output": "file\trecords\t7\n", "error": "", "seconds": 0.1}
    path = Path("4.3/passed/a.vcf")
    assert flaws([Outcome(path, {"check": good}, lines=7)]) == []
    assert "7 records of 8" in flaws([Outcome(path, {"check": good}, lines=8)])[0]
    assert "11 s" in flaws([Outcome(path, {"check": {**good, "seconds": 11.0}}, lines=7)])[0]
    assert "exit code 1" in flaws([Outcome(path, {"check": {**good, "code": 1, "error": "Traceback"}}, lines=7)])[0]
    assert "not one line" in flaws([Outcome(path, {"check": {**good, "code": 3, "error": "a\nb\n"}}, lines=7)])[0]
    assert "crashed" in flaws([Outcome(path, {}, crash="exit code -11")])[0]
    counts = {**good, "output": "reader\trecords\t7\nreader\tkept\t4\n", "error": "warning: a.vcf: 3 of 7 records"}
    assert flaws([Outcome(path, {"statistics": counts}, lines=7)]) == []
    assert "7 records of 8" in flaws([Outcome(path, {"statistics": counts}, lines=8)])[0]
    assert "without a word" in flaws([Outcome(path, {"statistics": {**counts, "error": ""}}, lines=7)])[0]
    assert "left behind" in flaws([Outcome(path, {"check": good}, lines=7, left_behind=("out.zarr.zip",))])[0]
