"""Where: the called segments along the genome, their peaks, and those of each individual."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from introghost.report import genome, karyogram, svg, tables
from introghost.report.genes import Gene, read_genes
from introghost.report.genome import Contig, Stretch
from introghost.report.records import CallsRecord
from introghost.report.tables import PageTable
from introghost.report.words import false_discovery, percent

MAX_HAPLOTYPE_ROWS = 1000
MOST_PEAKS = 12
LEAST_MARGIN_BP = 50_000  # to either side of an enlarged peak
_LENGTHS_BP = (0, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000)
_CALLED = "called"  # status of a bin with posteriors, see inference.outputs.write_bin_status
_BAR_LEFT, _BAR_WIDTH, _BAR_STEP = 130, 230, 22
_MOST_NAMES = 20  # contigs without a segment that are named
_MOST_GENES = 6  # of a peak that are named
_MOST_NAMED_BARS = 45


@dataclass(frozen=True)
class Peak:
    """One of the peaks.

    Attributes
    ----------
    title : str
        Its place.
    figure : svg.Figure
        The peak enlarged, with haplotypes as rows.
    """

    title: str
    figure: svg.Figure


@dataclass(frozen=True)
class SegmentsSection:
    """Figures and tables of the called segments.

    Attributes
    ----------
    is_withheld : bool
    called_at : str
        The threshold in words.
    karyogram : svg.Figure or None
        The contigs with a segment, coloured by the share of haplotypes that have one; None without a segment.
    empty : str
        Contigs without a segment, in words; empty if each has one.
    peaks : tuple of Peak
    peaks_table, deserts_table : PageTable
    lengths : svg.Figure or None
        Number of segments by length; None without any.
    individuals : svg.Figure or None
        Called share of each individual.
    per_sample : PageTable
        The haplotypes with the largest called share first.
    num_haplotypes : int
        Of the target; `per_sample` has `MAX_HAPLOTYPE_ROWS` of them at the most.
    """

    is_withheld: bool
    called_at: str
    karyogram: svg.Figure | None
    empty: str
    peaks: tuple[Peak, ...]
    peaks_table: PageTable
    deserts_table: PageTable
    lengths: svg.Figure | None
    individuals: svg.Figure | None
    per_sample: PageTable
    num_haplotypes: int

    @property
    def figures(self) -> list[svg.Figure]:
        """All that are drawn, in the order of the page."""
        figures = [self.karyogram, *(peak.figure for peak in self.peaks), self.lengths, self.individuals]
        return [one for one in figures if one is not None]


def segments_section(
    calls: Path, record: CallsRecord, is_withheld: bool, annotation: Path | None = None
) -> SegmentsSection:
    """What `apply` called, out of its folder of calls.

    Parameters
    ----------
    calls : Path
        Folder that ``apply`` wrote.
    record : CallsRecord
        Its provenance.
    is_withheld : bool
        Whether segments are withheld.
    annotation : Path or None
        GTF or GFF3 whose genes are shown at the peaks.

    Raises
    ------
    DataError
        If a table is missing or not of the form in which `apply` writes it.
    """
    segments, per_sample = _tables(calls)
    contigs = _contigs(calls, segments, len(per_sample))
    with_segments = [one for one in contigs if one.frequency.any()]
    peaks = _surest(genome.peaks(with_segments, len(per_sample)), segments)
    of_name = {one.name: one for one in with_segments}
    windows = [peak.widened(max(peak.length_bp // 2, LEAST_MARGIN_BP), of_name[peak.contig]) for peak in peaks]
    genes = [] if annotation is None else read_genes(annotation, windows)
    ranked = per_sample.sort_values(["fraction", "sample", "haplotype"], ascending=[False, True, True])
    return SegmentsSection(
        is_withheld=is_withheld,
        called_at=called_at(record),
        karyogram=karyogram.karyogram(with_segments, peaks) if with_segments else None,
        empty=_empty([one.name for one in contigs if not one.frequency.any()], len(contigs)),
        peaks=_enlarged(peaks, windows, segments, record, len(per_sample), genes),
        peaks_table=_peaks_table(peaks, segments, None if annotation is None else genes),
        deserts_table=_deserts_table(genome.deserts(contigs)),
        lengths=_lengths(segments) if len(segments) else None,
        individuals=_individuals(per_sample) if len(segments) else None,
        per_sample=tables.page_table(ranked, max_rows=MAX_HAPLOTYPE_ROWS),
        num_haplotypes=len(per_sample),
    )


def _surest(peaks: Sequence[Stretch], segments: pd.DataFrame) -> list[Stretch]:
    """The peaks that the most haplotypes are expected to carry: many uncertain segments are not as many sure ones."""
    return sorted(peaks, key=lambda peak: -peak.frequency * _mean_posterior(peak, segments))[:MOST_PEAKS]


def _inside(peak: Stretch, segments: pd.DataFrame) -> pd.DataFrame:
    """Segments that share a base pair with a peak."""
    is_there = (segments["end"] > peak.start_bp) & (segments["start"] < peak.end_bp)
    return segments[is_there & (segments["contig"] == peak.contig)]


def _mean_posterior(peak: Stretch, segments: pd.DataFrame) -> float:
    """Mean posterior of the segments in a peak, each as long as it is there."""
    inside = _inside(peak, segments)
    lengths_bp = inside["end"].clip(upper=peak.end_bp) - inside["start"].clip(lower=peak.start_bp)
    return float((inside["mean_posterior"] * lengths_bp).sum() / lengths_bp.sum())


def read_contigs(calls: Path) -> list[Contig]:
    """The contigs of a folder of calls, with the frequency of called segments along them.

    Parameters
    ----------
    calls : Path
        Folder that ``apply`` wrote.

    Raises
    ------
    DataError
        If a table is missing or not of the form in which `apply` writes it.
    """
    segments, per_sample = _tables(calls)
    return _contigs(calls, segments, len(per_sample))


def _tables(calls: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Segments, and called sequence of each haplotype."""
    return (
        tables.read_table(calls / "segments.tsv", tables.SEGMENT_COLUMNS),
        tables.read_table(calls / "per_sample.tsv", tables.PER_SAMPLE_COLUMNS),
    )


def _contigs(calls: Path, segments: pd.DataFrame, num_haplotypes: int) -> list[Contig]:
    status = tables.read_table(calls / "bin_status.tsv", tables.BIN_STATUS_COLUMNS)
    return genome.contigs(status.assign(called=status["status"] == _CALLED), segments, num_haplotypes)


def called_at(record: CallsRecord) -> str:
    """At which posterior segments were called, and the rate of false calls that it stands for."""
    if record.threshold is None:
        return ""
    words = false_discovery(record.threshold, record.false_discovery_rate)
    is_rate = record.false_discovery_rate is not None
    return f"{words} Without a ghost, everything that is called is false." if is_rate else words


def _empty(names: Sequence[str], num_contigs: int) -> str:
    """Contigs without a segment, in words."""
    if not names or num_contigs == 1:
        return ""
    listed = ", ".join(names[:_MOST_NAMES]) + (" and others" if len(names) > _MOST_NAMES else "")
    return f"No segment in {len(names):,} of {num_contigs:,} contigs: {listed}."


def _enlarged(
    peaks: Sequence[Stretch],
    windows: Sequence[Stretch],
    segments: pd.DataFrame,
    record: CallsRecord,
    num_haplotypes: int,
    genes: Sequence[Gene],
) -> tuple[Peak, ...]:
    threshold = record.threshold if record.threshold is not None else float(segments["mean_posterior"].min())
    result = []
    for number, (peak, window) in enumerate(zip(peaks, windows, strict=True), 1):
        figure = karyogram.enlarged(number, peak, window, segments, threshold, num_haplotypes, genes)
        result.append(Peak(f"{number} · {karyogram.place(peak)} · {percent(peak.frequency)} of haplotypes", figure))
    return tuple(result)


def _peaks_table(peaks: Sequence[Stretch], segments: pd.DataFrame, genes: Sequence[Gene] | None) -> PageTable:
    rows = []
    for number, peak in enumerate(peaks, 1):
        inside = _inside(peak, segments)
        carriers = inside[["sample", "haplotype"]].drop_duplicates()
        cells = [str(number), karyogram.place(peak), f"{peak.length_bp / 1000:,.0f}"]
        cells += [percent(peak.frequency), f"{len(carriers):,}", f"{_mean_posterior(peak, segments):.2f}"]
        cells.append(f"{int(inside['num_private_alleles'].max()):,}")
        rows.append(cells if genes is None else [*cells, _names([one for one in genes if one.overlaps(peak)])])
    header = ["peak", "place", "kb", "share of haplotypes", "haplotypes", "mean posterior", "most private alleles"]
    return PageTable(header if genes is None else [*header, "genes"], rows)


def _names(genes: Sequence[Gene]) -> str:
    listed = ", ".join(gene.name for gene in genes[:_MOST_GENES])
    return f"{listed} and {len(genes) - _MOST_GENES} more" if len(genes) > _MOST_GENES else listed or "–"


def _deserts_table(deserts: Sequence[Stretch]) -> PageTable:
    rows = [[karyogram.place(one), f"{one.length_bp / 1e6:,.1f}"] for one in deserts]
    return PageTable(["place", "Mb"], rows)


def _lengths(segments: pd.DataFrame) -> svg.Figure:
    """A bar for each class of length."""
    edges = [*_LENGTHS_BP, float("inf")]
    counts = pd.cut(segments["end"] - segments["start"], edges, right=False).value_counts(sort=False)
    names = [f"{low // 1000}–{high // 1000} kb" for low, high in pairwise(_LENGTHS_BP)]
    names.append(f"{_LENGTHS_BP[-1] // 1000} kb or more")
    numbers = counts.tolist()
    longest, parts = max(numbers) or 1, list[Markup]()
    for row, (name, number) in enumerate(zip(names, numbers, strict=True)):
        y, wide = row * _BAR_STEP + 4, _BAR_WIDTH * number / longest
        parts.append(svg.text(name, _BAR_LEFT - 8, y + 13, "end"))
        parts.append(svg.element("rect", x=_BAR_LEFT, y=y, width=wide, height=_BAR_STEP - 6, class_="bar"))
        parts.append(svg.text(f"{number:,}", _BAR_LEFT + wide + 6, y + 13))
    listed = ", ".join(f"{name} {number}" for name, number in zip(names, numbers, strict=True))
    table = pd.DataFrame({"length": names, "segments": numbers})
    height, width = len(names) * _BAR_STEP + 8, _BAR_LEFT + _BAR_WIDTH + 70
    return svg.figure("lengths", f"Number of segments by length: {listed}.", table, height, parts, width)


def _individuals(per_sample: pd.DataFrame) -> svg.Figure:
    """A bar for each individual, the highest called share first; their names below, where there is room for them."""
    grouped = per_sample.groupby("sample", sort=False)[["called_bp", "callable_bp"]].sum()
    share = (grouped["called_bp"] / grouped["callable_bp"].where(grouped["callable_bp"] > 0)).fillna(0.0)
    ranked = share.sort_values(ascending=False, kind="stable")
    has_names = len(ranked) <= _MOST_NAMED_BARS
    left, base, width = 60, 112, svg.WIDTH
    height = base + (
        12 + 6 * max((len(karyogram.short(str(name))) for name in ranked.index), default=0) if has_names else 8
    )
    step, top = (width - left - 10) / max(len(ranked), 1), float(ranked.max()) or 1.0
    parts = [svg.text(percent(top), left - 6, 16, "end"), svg.text("0 %", left - 6, base, "end")]
    parts.append(svg.element("line", x1=left, x2=width - 10, y1=base, y2=base, class_="axis"))
    for number, (name, value) in enumerate(ranked.items()):
        tall = (base - 10) * float(value) / top
        title = svg.element("title", f"{name}: {percent(float(value))} of the sequence called")
        x, wide = left + number * step, max(step - 1, 0.7)
        parts.append(svg.element("rect", title, x=x, y=base - tall, width=wide, height=tall, class_="bar"))
        if has_names:
            middle, y = x + wide / 2 + 4, base + 12
            turned = f"rotate(-55 {middle:.0f} {y})"
            parts.append(
                svg.element("text", karyogram.short(str(name)), x=middle, y=y, text_anchor="end", transform=turned)
            )
    words = f"Called share of {len(ranked)} individuals, from {percent(float(ranked.min()))} to {percent(top)}."
    table = grouped.assign(share=share).loc[ranked.index].reset_index()
    return svg.figure("individuals", words, table, height, parts)
