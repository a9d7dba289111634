"""docs/statistics.md: every statistic with its definition, from the registry.

``python benchmarks/statistics_page.py`` writes it.
"""

from pathlib import Path

from introghost import atomic
from introghost.statistics.registry import HAPLOTYPE, POPULATION, Statistic

PAGE = Path(__file__).parents[1] / "docs" / "statistics.md"
_HEAD = """# Statistics

Written by `python benchmarks/statistics_page.py` from the code: every statistic that the networks are given, with its
definition. A *haplotype* statistic has a value for each target haplotype and bin, a *population* statistic one for each
region. Counts are per 10 kb of callable sequence, of the bin or of a window around it.
"""


def page() -> str:
    """The page as Markdown."""
    return "\n".join(
        [_HEAD, *_table("Haplotype statistics", HAPLOTYPE), "", *_table("Population statistics", POPULATION)]
    )


def _table(title: str, statistics: tuple[Statistic, ...]) -> list[str]:
    rows = [(f"`{one.name}`", one.unit, one.definition, one.citation) for one in statistics]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return [f"## {title}", "", "| name | unit | definition | source |", "|---|---|---|---|", *lines]


def main() -> None:
    """Write the page."""
    atomic.write_text(PAGE, page() + "\n")


if __name__ == "__main__":
    main()
