"""The page that compares what one model says of several targets."""

import dataclasses
import os
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from introghost import atomic, provenance
from introghost.errors import DataError
from introghost.findings import Severity
from introghost.report import checks, karyogram, svg, tables
from introghost.report.genome import Contig
from introghost.report.layout import render, write_figures
from introghost.report.overview import Overview
from introghost.report.records import JsonSection
from introghost.report.segments_section import read_contigs
from introghost.report.trust import heat_map

HEADER = (
    *("decision", "P(ghost)", "ghost proportion (95 % interval)", "called share"),
    *("answers withheld", "warnings", "remarks"),
)


@dataclass(frozen=True)
class TargetRow:
    """What is said of one target.

    Attributes
    ----------
    target : str
    link : str or None
        Address of its own page, relative to that of the comparison; None: no link.
    cells : list of str
        One for each of `HEADER`.
    """

    target: str
    link: str | None
    cells: list[str]


def write_comparison(calls: Sequence[Path], pages: Sequence[Path], output: Path, figures: Path | None = None) -> None:
    """Write the page that compares several sets of calls as a single self-contained HTML file.

    Parameters
    ----------
    calls : sequence of Path
        Folders of ``apply``, each of another target, with the same model and the same data.
    pages : sequence of Path
        Report of each, to link to; none: without links.
    output : Path
        The HTML file; written atomically, and without a date, so that equal inputs give equal bytes.
    figures : Path or None
        Folder for every figure as a file, see `layout.write_figures`; None: not written.

    Raises
    ------
    DataError
        A folder or a page is missing, or calls differ in more than their target.
    """
    for folder in calls:
        checks.check_calls(folder)
    checks.check_comparable(calls)
    missing = [page for page in pages if not page.is_file()]
    if missing:
        raise DataError(f"{missing[0]}: no such page to link to; write it first with `introghost report`")
    overviews = [Overview.read(folder) for folder in calls]
    genomes = [{one.name: one for one in read_contigs(folder)} for folder in calls]
    links = [_link(page, output) for page in pages] if pages else [None] * len(calls)
    targets = [one.target for one in overviews]
    tracks, sharing = _tracks(targets, genomes), _sharing(targets, genomes)
    html = render(
        "comparison.html.j2",
        title="Ghost introgression in several targets",
        records=[
            (f"calls of {one.target}", JsonSection.read(folder / provenance.COMPLETE))
            for folder, one in zip(calls, overviews, strict=True)
        ],
        model=overviews[0].record.model_name,
        outgroup=overviews[0].record.data.options["outgroup"] or "",
        header=HEADER,
        rows=[_row(one, link) for one, link in zip(overviews, links, strict=True)],
        tracks=tracks,
        sharing=sharing,
    )
    if figures is not None:
        write_figures([one for one in (tracks, sharing) if one is not None], figures)
    atomic.write_text(output, html)


def _row(overview: Overview, link: str | None) -> TargetRow:
    return TargetRow(
        overview.target,
        link,
        [
            overview.decision or "–",
            overview.p_ghost_text,
            overview.proportion_text,
            tables.format_value(overview.called_share),
            *(str(overview.count(severity)) for severity in (Severity.WITHHELD, Severity.WARNING, Severity.REMARK)),
        ],
    )


def _tracks(targets: Sequence[str], genomes: Sequence[Mapping[str, Contig]]) -> svg.Figure | None:
    """Frequency of called segments along each contig, the targets above each other; None without a segment."""
    rows = []
    for name in dict.fromkeys(name for genome in genomes for name in genome):
        together = [(target, genome[name]) for target, genome in zip(targets, genomes, strict=True) if name in genome]
        if any(one.frequency.any() for _, one in together):
            rows += [dataclasses.replace(one, name=f"{name} {target}") for target, one in together]
    return karyogram.karyogram(rows, shares_rows=False) if rows else None


def _sharing(targets: Sequence[str], genomes: Sequence[Mapping[str, Contig]]) -> svg.Figure | None:
    """Share of the sequence with a segment in one target that has one in another, too; None without a segment."""
    if not any(one.frequency.any() for genome in genomes for one in genome.values()):
        return None
    shares = np.array([[_shared(first, second) for second in genomes] for first in genomes])
    return heat_map("sharing", f"What {len(targets)} targets share of their segments.", targets, shares, "shared with")


def _shared(first: Mapping[str, Contig], second: Mapping[str, Contig]) -> float:
    """Share of what is called in a first target that is called in a second; 0 where nothing is called in the first."""
    own_bp = both_bp = 0
    for name, one in first.items():
        lengths_bp = (one.ends_bp - one.starts_bp) * (one.frequency > 0)
        own_bp += int(lengths_bp.sum())
        if name in second:
            middles_bp = (one.starts_bp + one.ends_bp) // 2
            both_bp += int((lengths_bp * (second[name].frequency_at(middles_bp) > 0)).sum())
    return both_bp / own_bp if own_bp else 0.0


def _link(page: Path, output: Path) -> str:
    """Address of a page relative to another one, with the characters escaped that an address can't have."""
    relative = os.path.relpath(page.resolve(), output.resolve().parent)
    return urllib.parse.quote(Path(relative).as_posix())
