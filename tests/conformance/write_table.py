"""Write docs/conformance.md: what becomes of each of the VCF specification's test files.

python tests/conformance/write_table.py
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from conformance import VERSIONS, Outcome, files, flaws, run_files

DOCUMENT = Path(__file__).parents[2] / "docs" / "conformance.md"
_HEAD = """# Conformance of the VCF reader

Each file of the test suite of [hts-specs](https://github.com/samtools/hts-specs) (`test/vcf`, VCF 4.1 to 4.3) goes
through `introghost vcf check`, and, if it has two samples or more, again with its samples as outgroup and target and
through `introghost statistics`. None ends in a traceback, takes 10 s, leaves a file behind when refused, or is read
with fewer records than it has lines. A reader need not refuse every file under `failed`: many are wrong in fields that
are of no consequence here, as in INFO. Valid files may be refused too, where phased diploid genotypes are missing.

Made by `python tests/conformance/write_table.py`; a test compares it with the reader.
"""


def document(outcomes: Sequence[Outcome]) -> str:
    """The page as Markdown."""
    lines = [_HEAD, "| version | files | described | read as outgroup and target | refused |", "|---|---|---|---|---|"]
    for version in VERSIONS:
        for kind in ("passed", "failed"):
            chosen = [outcome for outcome in outcomes if (outcome.version, outcome.kind) == (version, kind)]
            number = Counter(name for outcome in chosen for name in outcome.accepted_by)
            refused = sum(bool(outcome.refusal) for outcome in chosen)
            cells = (f"{version} {kind}", len(chosen), number["check"], number["statistics"], refused)
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += ["", "| file | outcome |", "|---|---|"]
    lines += [row(outcome) for outcome in outcomes]
    return "\n".join(lines) + "\n"


def row(outcome: Outcome) -> str:
    """Line of the page's table about one file."""
    return f"| {outcome.version}/{outcome.kind}/{outcome.path.name} | {_cell(outcome)} |"


def _cell(outcome: Outcome) -> str:
    if not outcome.refusal:
        return "accepted" if "statistics" in outcome.accepted_by else "accepted (fewer than two samples)"
    stage = "described; with roles refused: " if "check" in outcome.accepted_by else "refused: "
    readable = re.sub(r"[^ -~]", "?", outcome.refusal).replace("|", "\\|").replace("<", "&lt;")
    return stage + readable


if __name__ == "__main__":
    results = run_files(files())
    DOCUMENT.write_text(document(results))
    print("\n".join(flaws(results)) or "no flaw")
    print(DOCUMENT)
