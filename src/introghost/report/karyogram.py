"""The whole genome in one picture, and its peaks enlarged with haplotypes as rows."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from introghost.colours import NUM_LEVELS, level
from introghost.report import svg
from introghost.report.genes import Gene
from introghost.report.genome import Contig, Stretch
from introghost.report.words import percent

MOST_SINGLE_ROWS = 30  # contigs; of more, short ones share a row
LABEL_WIDTH, RIGHT_MARGIN = 70, 12
ROW_HEIGHT, ROW_STEP = 12, 19
PIXEL = 1.5  # the least width that is drawn, in units of the drawing
SCALE_TOP = 30
MOST_HAPLOTYPES = 150  # of an enlarged peak
_PLOT_WIDTH = svg.WIDTH - LABEL_WIDTH - RIGHT_MARGIN
_STEPS = (1, 2, 5)
_AXIS_HEIGHT, _GENE_STEP = 34, 21
_MEGABASE_BP = 1_000_000
_ROWS_HEIGHT, _LEAST_STEP, _MOST_STEP = 480, 4, 14  # of the haplotypes of a peak
_NAME_STEP = 12  # of a row that has room for a name
_DIGIT_WIDTH, _MARK_GAP = 7.5, 3  # of the numbers of peaks
_LEAST_CLUSTERED = 3
_NOTHING, _UNKNOWN = -1, -2  # beside the levels of the ramp


@dataclass(frozen=True)
class _Place:
    """Where a contig is drawn.

    Attributes
    ----------
    contig : Contig
    row : int
    offset_bp : int
        Where in the row its first bin begins.
    has_name : bool
        Whether its name stands beside the row: of several in a row, that of the first.
    """

    contig: Contig
    row: int
    offset_bp: int
    has_name: bool


@dataclass(frozen=True)
class _Layout:
    """Where all contigs are drawn.

    Attributes
    ----------
    places : tuple of _Place
    row_bp : int
        Sequence that a row has room for.
    first_bp : int or None
        Position of the left end of all rows; None where contigs share rows, and positions have no common axis.
    """

    places: tuple[_Place, ...]
    row_bp: int
    first_bp: int | None

    @property
    def scale(self) -> float:
        """Units of the drawing for a base pair."""
        return _PLOT_WIDTH / self.row_bp

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return 1 + max(place.row for place in self.places)


def karyogram(contigs: Sequence[Contig], peaks: Sequence[Stretch] = (), *, shares_rows: bool = True) -> svg.Figure:
    """A thin row for each contig, coloured by the share of target haplotypes with a called segment.

    Parameters
    ----------
    contigs : sequence of Contig
        In the order of their rows.
    peaks : sequence of Stretch
        Marked by their numbers.
    shares_rows : bool
        Whether of more than `MOST_SINGLE_ROWS` contigs those that fit share a row.

    Returns
    -------
    svg.Figure
        Bins without posteriors are grey. Its table has a row for each run of bins with one frequency.
    """
    is_shared = shares_rows and len(contigs) > MOST_SINGLE_ROWS
    layout = _shared_rows(contigs) if is_shared else _single_rows(contigs)
    top = max((float(one.frequency.max(initial=0)) for one in contigs), default=0.0) or 1.0
    parts = [*_frequency_scale(top)]
    # One path for each colour, of all rectangles that have it: a genome has many thousands of them.
    paths = dict[str, list[str]]()
    for place in layout.places:
        parts += _row(place, layout.scale)
        for name, rectangle in _rectangles(place, layout.scale, top):
            paths.setdefault(name, []).append(rectangle)
    parts += [svg.element("path", d="".join(paths[name]), class_=f"{name} cover") for name in sorted(paths)]
    parts += _marks(layout, peaks)
    bottom = SCALE_TOP + layout.num_rows * ROW_STEP
    if layout.first_bp is None:
        parts += _scale_bar(layout.row_bp, bottom)
    else:
        parts += _axis(layout.first_bp, layout.first_bp + layout.row_bp, bottom)
    along = "one contig" if len(contigs) == 1 else f"{len(contigs)} contigs"
    words = f"Share of target haplotypes with a called segment along {along}, {percent(top)} at the most."
    return svg.figure("karyogram", words, _runs_table(contigs), bottom + _AXIS_HEIGHT, parts)


def _runs_table(contigs: Sequence[Contig]) -> pd.DataFrame:
    """Stretches of equal frequency: contig, start, end, frequency (NaN where bins have no posteriors)."""
    columns = ["contig", "start", "end", "frequency"]
    tables = [pd.DataFrame(columns=columns).astype({"start": "int64", "end": "int64", "frequency": "float64"})]
    for one in contigs:
        # Runs end where the frequency changes, where posteriors begin or end, and at gaps between bins.
        kind = np.where(one.is_called, one.frequency, -1.0)
        is_new = (np.diff(kind) != 0) | (one.starts_bp[1:] != one.ends_bp[:-1])
        first = np.flatnonzero(np.append(True, is_new))
        last = np.append(first[1:], len(kind)) - 1
        values = np.where(kind[first] < 0, np.nan, kind[first])
        row = {"contig": one.name, "start": one.starts_bp[first], "end": one.ends_bp[last], "frequency": values}
        tables.append(pd.DataFrame(row, columns=columns))
    return pd.concat(tables, ignore_index=True)


def _single_rows(contigs: Sequence[Contig]) -> _Layout:
    """A row for each contig, all of them on one axis."""
    first_bp, last_bp = min(one.start_bp for one in contigs), max(one.end_bp for one in contigs)
    # Whole chromosomes are drawn from their beginning, loci from where they begin.
    if first_bp < last_bp - first_bp:
        first_bp = 0
    places = (_Place(one, row, one.start_bp - first_bp, True) for row, one in enumerate(contigs))
    return _Layout(tuple(places), last_bp - first_bp, first_bp)


def _shared_rows(contigs: Sequence[Contig]) -> _Layout:
    """Contigs one after the other, as many in a row as fit."""
    lengths_bp = [one.end_bp - one.start_bp for one in contigs]
    row_bp = max(*lengths_bp, sum(lengths_bp) // (MOST_SINGLE_ROWS - 6))
    gap_bp, row, used_bp, places = row_bp // 60, 0, 0, list[_Place]()
    for contig, length_bp in zip(contigs, lengths_bp, strict=True):
        if used_bp + length_bp > row_bp:
            row, used_bp = row + 1, 0
        places.append(_Place(contig, row, used_bp, used_bp == 0))
        used_bp += length_bp + gap_bp
    return _Layout(tuple(places), row_bp, None)


def _row(place: _Place, scale: float) -> Iterator[Markup]:
    """Name and ground of one contig."""
    contig, y = place.contig, SCALE_TOP + place.row * ROW_STEP
    if place.has_name:
        yield svg.text(short(contig.name), LABEL_WIDTH - 6, y + ROW_HEIGHT - 2, "end")
    title = svg.element("title", f"{contig.name}:{contig.start_bp + 1:,}–{contig.end_bp:,}")
    left, width = LABEL_WIDTH + place.offset_bp * scale, (contig.end_bp - contig.start_bp) * scale
    yield svg.element("rect", title, x=left, y=y, width=width, height=ROW_HEIGHT, class_="base")


def _rectangles(place: _Place, scale: float, top: float) -> Iterator[tuple[str, str]]:
    """Colour and outline of each run of bins with one colour; none where nothing is called."""
    contig, y = place.contig, SCALE_TOP + place.row * ROW_STEP
    # Bins are joined to pixels: the highest frequency of those in it; grey where none has posteriors.
    pixel_bp = max(PIXEL / scale, 1)
    pixel = ((contig.starts_bp - contig.start_bp) / pixel_bp).astype(np.intp)
    number = int(pixel[-1]) + 1
    frequency, is_called = np.zeros(number), np.zeros(number, dtype=bool)
    np.maximum.at(frequency, pixel, contig.frequency)
    np.logical_or.at(is_called, pixel, contig.is_called)
    levels = np.where(frequency > 0, [level(one / top, 0.0) for one in frequency], _NOTHING)
    # A bin that is wider than a pixel covers those after it, up to the next bin.
    is_first = np.zeros(number, dtype=bool)
    is_first[pixel] = True
    levels = np.where(is_called, levels, _UNKNOWN)[np.maximum.accumulate(np.where(is_first, np.arange(number), 0))]
    bounds_bp = np.append(np.arange(number) * pixel_bp, contig.end_bp - contig.start_bp)
    for first, last in _runs(levels):
        if levels[first] != _NOTHING:
            left, right = (LABEL_WIDTH + (place.offset_bp + bounds_bp[end]) * scale for end in (first, last))
            name = "unknown" if levels[first] == _UNKNOWN else f"p{levels[first]}"
            yield name, f"M{left:.1f} {y}H{max(right, left + PIXEL):.1f}v{ROW_HEIGHT}H{left:.1f}z"


def _runs(values: NDArray[np.intp]) -> list[tuple[int, int]]:
    """First and last + 1 of each run of equal values."""
    edges = np.flatnonzero(np.diff(values)) + 1
    return list(zip([0, *edges.tolist()], [*edges.tolist(), len(values)], strict=True))


def _marks(layout: _Layout, peaks: Sequence[Stretch]) -> Iterator[Markup]:
    """Number of each peak above it, or to its right where another number stands."""
    of_name = {place.contig.name: place for place in layout.places}
    places = list[tuple[int, float, int]]()
    for number, peak in enumerate(peaks, 1):
        one = of_name[peak.contig]
        middle_bp = (peak.start_bp + peak.end_bp) / 2 - one.contig.start_bp + one.offset_bp
        places.append((one.row, LABEL_WIDTH + middle_bp * layout.scale, number))
    for row, in_row in itertools.groupby(sorted(places), key=lambda one: one[0]):
        marks = [(middle, number, _DIGIT_WIDTH * len(str(number)) / 2) for _, middle, number in in_row]
        # From the left on, each as far right as the one before asks; then back from the right edge of the drawing.
        xs, right = list[float](), 0.0
        for middle, _, half_width in marks:
            xs.append(max(middle, right + half_width))
            right = xs[-1] + half_width + _MARK_GAP
        left = float(svg.WIDTH)
        for index in reversed(range(len(marks))):
            half_width = marks[index][2]
            xs[index] = min(xs[index], left - half_width)
            left = xs[index] - half_width - _MARK_GAP
        for x, (_, number, _) in zip(xs, marks, strict=True):
            yield svg.text(str(number), x, SCALE_TOP + row * ROW_STEP - 1, "middle", "mark")


def _scale_bar(row_bp: int, y: float) -> Iterator[Markup]:
    """How long a stretch is, where rows have no common positions."""
    length_bp = _step(row_bp / 8)
    width = _PLOT_WIDTH * length_bp / row_bp
    yield svg.element("line", x1=LABEL_WIDTH, x2=LABEL_WIDTH + width, y1=y + 4, y2=y + 4, class_="axis")
    words = f"{length_bp / 1e6:g} Mb" if length_bp >= _MEGABASE_BP else f"{length_bp / 1e3:g} kb"
    yield svg.text(words, LABEL_WIDTH + width + 8, y + 8)


def _frequency_scale(top: float) -> Iterator[Markup]:
    """What the colours stand for."""
    left = LABEL_WIDTH + 175
    yield svg.text("share of haplotypes: 0", left - 6, 15, "end")
    for number in range(NUM_LEVELS):
        yield svg.element("rect", x=left + 18 * number, y=5, width=18, height=ROW_HEIGHT, class_=f"p{number}")
    right = left + 18 * NUM_LEVELS
    yield svg.text(percent(top), right + 6, 15)
    yield svg.element("rect", x=right + 70, y=5, width=18, height=ROW_HEIGHT, class_="base")
    yield svg.text("nothing called", right + 94, 15)
    yield svg.element("rect", x=right + 195, y=5, width=18, height=ROW_HEIGHT, class_="unknown")
    yield svg.text("not looked at (masked, no sites)", right + 219, 15)


def _axis(first_bp: int, last_bp: int, y: float) -> Iterator[Markup]:
    """Positions below the rows, in Mb."""
    scale = _PLOT_WIDTH / (last_bp - first_bp)
    step_bp = _step((last_bp - first_bp) / 6)
    digits = max(0, -int(np.floor(np.log10(step_bp / 1e6) + 1e-9)))
    yield svg.element("line", x1=LABEL_WIDTH, x2=LABEL_WIDTH + _PLOT_WIDTH, y1=y, y2=y, class_="axis")
    for position in range(-(-first_bp // step_bp) * step_bp, last_bp + 1, step_bp):
        x = LABEL_WIDTH + (position - first_bp) * scale
        yield svg.element("line", x1=x, x2=x, y1=y, y2=y + 5, class_="axis")
        yield svg.text(f"{position / 1e6:.{digits}f}", x, y + 18, "middle")
    yield svg.text("Mb", LABEL_WIDTH - 20, y + 18, "end")


def _step(width_bp: float) -> int:
    """The round distance of ticks that is nearest above a width."""
    power = 10 ** int(np.floor(np.log10(max(width_bp, 1))))
    return int(next(factor * power for factor in (*_STEPS, 10) if factor * power >= width_bp))


def enlarged(
    number: int,
    peak: Stretch,
    window: Stretch,
    segments: pd.DataFrame,
    threshold: float,
    num_haplotypes: int,
    genes: Sequence[Gene] = (),
) -> svg.Figure:
    """A peak with a row for each haplotype that has a segment in the window, similar ones side by side.

    Parameters
    ----------
    number : int
        Of the peak, from 1.
    peak, window : Stretch
        The peak, and what is drawn of its contig.
    segments : DataFrame
        Columns contig, start, end (bp), sample, haplotype, mean_posterior and num_private_alleles.
    threshold : float
        Posterior from which a bin was called: the lightest colour.
    num_haplotypes : int
        Of the target.
    genes : sequence of Gene
        Those that overlap the window are drawn below the haplotypes.

    Returns
    -------
    svg.Figure
        Each segment says on hover whose it is, where, and how sure.
    """
    chosen = segments[
        (segments["contig"] == window.contig)
        & (segments["end"] > window.start_bp)
        & (segments["start"] < window.end_bp)
    ]
    labels = chosen["sample"].astype(str) + "." + chosen["haplotype"].astype(str)
    order = _similar_first(chosen, labels, window)
    rows = {label: row for row, label in enumerate(order[:MOST_HAPLOTYPES])}
    scale = _PLOT_WIDTH / (window.end_bp - window.start_bp)
    step = min(max(_ROWS_HEIGHT // max(len(rows), 1), _LEAST_STEP), _MOST_STEP)
    y_axis = 20 + len(rows) * step + 4
    words = f"{number}: {len(order)} of {num_haplotypes} haplotypes have a segment here"
    if len(order) > len(rows):
        words += f"; {len(rows)} are drawn"
    parts = [svg.text(words, 0, 13)]
    left, right = (LABEL_WIDTH + (end - window.start_bp) * scale for end in (peak.start_bp, peak.end_bp))
    parts.append(svg.element("rect", x=left, y=18, width=right - left, height=y_axis - 18, class_="peak"))
    columns = (chosen[name].tolist() for name in ("start", "end", "mean_posterior", "num_private_alleles"))
    for label, start, end, posterior, num_private in zip(labels, *columns, strict=True):
        if label not in rows:
            continue
        said = f"{label} · {window.contig}:{start + 1:,}–{end:,} · posterior {posterior:.2f}"
        start_bp, end_bp = max(start, window.start_bp), min(end, window.end_bp)
        parts.append(
            svg.element(
                "rect",
                svg.element("title", f"{said} · {num_private} private alleles"),
                x=LABEL_WIDTH + (start_bp - window.start_bp) * scale,
                y=20 + rows[label] * step,
                width=max((end_bp - start_bp) * scale, PIXEL),
                height=step - 1,
                class_=f"p{level(posterior, threshold)}",
            )
        )
    if step >= _NAME_STEP:
        parts += [
            svg.text(short(label), LABEL_WIDTH - 6, 20 + row * step + step - 3, "end") for label, row in rows.items()
        ]
    lanes = _lanes([gene for gene in genes if gene.overlaps(window)], window)
    for lane, own in enumerate(lanes):
        parts += [part for gene in own for part in _gene(gene, window, y_axis + lane * _GENE_STEP)]
    y_axis += len(lanes) * _GENE_STEP
    parts += _axis(window.start_bp, window.end_bp, y_axis)
    name = f"peak-{number}"
    alt = f"Segments of {len(order)} haplotypes at {place(window)}, {percent(peak.frequency)} of all at the most."
    return svg.figure(name, alt, chosen, y_axis + _AXIS_HEIGHT, parts)


def _lanes(genes: Sequence[Gene], window: Stretch) -> list[list[Gene]]:
    """Genes in as few rows as their names have room in, from left to right."""
    lanes, ends = list[list[Gene]](), list[float]()
    for gene in sorted(genes, key=lambda one: one.start_bp):
        left, right = _ends(gene, window)
        lane = next((index for index, end in enumerate(ends) if end <= left), len(lanes))
        if lane == len(lanes):
            lanes.append([])
            ends.append(0.0)
        lanes[lane].append(gene)
        ends[lane] = max(right, left + 7.5 * len(gene.name)) + 8
    return lanes


def _ends(gene: Gene, window: Stretch) -> tuple[float, float]:
    """Where the part of a gene that is in a window begins and ends in the drawing."""
    scale = _PLOT_WIDTH / (window.end_bp - window.start_bp)
    start_bp, end_bp = max(gene.start_bp, window.start_bp), min(gene.end_bp, window.end_bp)
    return LABEL_WIDTH + (start_bp - window.start_bp) * scale, LABEL_WIDTH + (end_bp - window.start_bp) * scale


def _gene(gene: Gene, window: Stretch, y: float) -> Iterator[Markup]:
    """A bar with a name."""
    left, right = _ends(gene, window)
    title = svg.element("title", f"{gene.name} · {gene.contig}:{gene.start_bp + 1:,}–{gene.end_bp:,}")
    yield svg.element("rect", title, x=left, y=y + 2, width=max(right - left, PIXEL), height=3, class_="gene")
    yield svg.text(gene.name, left, y + 16)


def place(stretch: Stretch) -> str:
    """``1:97,540,371–98,389,548``, from 1 and both ends included, as genome browsers take it."""
    return f"{stretch.contig}:{stretch.start_bp + 1:,}–{stretch.end_bp:,}"


def _similar_first(segments: pd.DataFrame, labels: pd.Series, window: Stretch) -> list[str]:
    """Names of haplotypes, those with alike segments side by side; the ones with the most called sequence on top."""
    from scipy.cluster import hierarchy

    names = list(dict.fromkeys(labels))
    if len(names) < _LEAST_CLUSTERED:
        return names
    # Which of 200 steps of the window each haplotype has a segment in.
    steps = np.linspace(window.start_bp, window.end_bp, 201)
    middle = (steps[1:] + steps[:-1]) / 2
    row = {name: index for index, name in enumerate(names)}
    is_called = np.zeros((len(names), len(middle)), dtype=bool)
    for label, start, end in zip(labels, segments["start"], segments["end"], strict=True):
        is_called[row[label]] |= (middle >= start) & (middle < end)
    tree = hierarchy.linkage(is_called.astype(np.float64), "average", "cityblock", optimal_ordering=len(names) < 400)
    order = hierarchy.leaves_list(tree)
    if is_called[order[: len(order) // 2]].sum() < is_called[order[len(order) // 2 :]].sum():
        order = order[::-1]
    return [names[index] for index in order]


def short(name: str, most: int = 11) -> str:
    """A name that fits beside its row; all of it is in the title of the row."""
    return name if len(name) <= most else f"{name[: most - 1]}…"
