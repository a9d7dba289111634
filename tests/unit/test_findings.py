"""Findings: their order, and that every code is documented."""

import re
from pathlib import Path

from introghost.findings import Code, Finding, Severity, in_order

PAGE = Path(__file__).parents[2] / "docs" / "findings.md"


def test_every_code_and_severity_is_documented_and_no_other() -> None:
    first_cells = re.findall(r"^\| `([a-z-]+)` \|", PAGE.read_text(encoding="utf-8"), flags=re.M)
    assert sorted(first_cells) == sorted([*map(str, Code), *map(str, Severity)])


def test_findings_come_once_and_the_heaviest_first() -> None:
    remark = Finding(Code.NO_SCENARIO_FITS, Severity.REMARK, "a")
    warning = Finding(Code.DATA, Severity.WARNING, "b")
    earlier_code = Finding(Code.FEW_SAMPLES, Severity.WARNING, "c")
    withheld = Finding(Code.PARAMETERS_WITHHELD, Severity.WITHHELD, "d")
    assert in_order([remark, warning, earlier_code, warning, withheld]) == [withheld, earlier_code, warning, remark]


def test_a_finding_is_shown_with_its_weight_and_kept_as_json() -> None:
    finding = Finding(Code.FEW_SAMPLES, Severity.WARNING, "3 diploids")
    assert str(finding) == "warning: 3 diploids"
    assert finding.to_json() == {"code": "few-samples", "severity": "warning", "text": "3 diploids"}
