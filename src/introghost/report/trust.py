"""Figures of how far to trust a model, out of the tables that ``evaluate`` writes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from introghost.evaluation.power import ALL, CLASSES, POWER, class_name
from introghost.report import plots, svg, tables
from introghost.report.plots import Axis
from introghost.report.words import percent, whole_percent

_SIZE, _LEFT, _TOP, _HISTOGRAM = 250, 56, 10, 46
_CELL, _NAMES_WIDTH = 46, 150
_NUM_RANK_BARS = 10
_POWER_HEIGHT, _POWER_BAR, _POWER_GAP = 170, 60, 56


@dataclass(frozen=True)
class Panel:
    """A figure with what it shows and how to read it.

    Attributes
    ----------
    figure : svg.Figure
    caption : str
    is_wide : bool
        Whether its words could not be read beside another one.
    """

    figure: svg.Figure
    caption: str
    is_wide: bool = False


def figures(evaluation: Path, proportion: float | None = None, num_regions: int | None = None) -> list[Panel]:
    """The figures of an evaluation; those whose tables are not there are left out.

    Parameters
    ----------
    evaluation : Path
        Folder that ``evaluate --model`` wrote.
    proportion : float or None
        Estimated proportion of ghost ancestry of the data, which is marked where power is drawn.
    num_regions : int or None
        Regions of the data: power is that of genomes with as many, or next to it; None: of whole genomes.

    Raises
    ------
    DataError
        A table is not of the form in which `evaluate` writes it.
    """
    return [
        *_reliabilities(evaluation),
        *_power(evaluation, proportion, num_regions),
        *_confusion(evaluation),
        *_posterior(evaluation),
    ]


def _whole(table: pd.DataFrame) -> pd.DataFrame:
    """Rows about whole genomes, not about parts of them."""
    return table[table["regions"] == table["regions"].max()] if "regions" in table else table


def _reliabilities(evaluation: Path) -> Iterator[Panel]:
    columns = ("lowest", "highest", "mean_probability", "observed_frequency", "lower", "upper", "count")
    for name, what in (("reliability", "bins of haplotypes"), ("model_choice_reliability", "a ghost, in genomes")):
        table = tables.read_optional(evaluation / f"{name}.tsv", columns)
        if table is not None and len(table):
            caption = (
                f"Calibration of the probabilities of {what}: observed frequencies (dots, with 95 % intervals) should "
                "lie on the diagonal. Below: how many there are of each probability, on a logarithmic scale."
            )
            yield Panel(reliability(_whole(table), name), caption)


def reliability(table: pd.DataFrame, name: str) -> svg.Figure:
    """Observed frequency against probability, with intervals, over a histogram of the probabilities.

    Parameters
    ----------
    table : DataFrame
        Columns of `evaluation.metrics.reliability_table`.
    name : str
        Id of the figure.
    """
    base = _TOP + _SIZE
    across, upwards = Axis(0, 1, _LEFT, _SIZE), Axis(0, 1, base, -_SIZE)
    parts = [svg.element("line", x1=_LEFT, y1=base, x2=_LEFT + _SIZE, y2=_TOP, class_="diagonal")]
    columns = (
        table[column].tolist() for column in ("mean_probability", "observed_frequency", "lower", "upper", "count")
    )
    for probability, frequency, lower, upper, count in zip(*columns, strict=True):
        x, y = across.place(probability), upwards.place(frequency)
        if not np.isnan(lower):
            parts.append(
                svg.element("line", x1=x, x2=x, y1=upwards.place(lower), y2=upwards.place(upper), class_="whisker")
            )
        said = f"probability {probability:.2f}: observed {frequency:.2f} of {count:,}"
        parts.append(svg.element("circle", svg.element("title", said), cx=x, cy=y, r=4, class_="dot"))
    parts += plots.beside(upwards, _LEFT, "{:g}".format, "observed frequency")
    # Numbers on a logarithmic scale: most bins have next to no chance of being a ghost's.
    floor, most = base + 16 + _HISTOGRAM, np.log10(max(int(table["count"].max()), 1) + 1)
    for low, high, count in zip(*(table[column].tolist() for column in ("lowest", "highest", "count")), strict=True):
        left, tall = across.place(low), _HISTOGRAM * np.log10(count + 1) / most
        title = svg.element("title", f"{low:.1f} to {high:.1f}: {count:,}")
        wide = across.place(high) - left - 1
        parts.append(svg.element("rect", title, x=left, y=floor - tall, width=wide, height=float(tall), class_="bar"))
    parts += plots.below(across, floor, "{:g}".format, "probability")
    words = "Observed frequency against probability; the diagonal is perfect calibration."
    return svg.figure(name, words, table, floor + 42, parts, _LEFT + _SIZE + 14)


@dataclass(frozen=True)
class _Bar:
    """Power in a class of proportions, with its 95 % interval."""

    low: float
    high: float
    power: float
    lower: float
    upper: float

    @property
    def name(self) -> str:
        return f"{percent(self.low)} to {percent(self.high)}"


def _power(evaluation: Path, proportion: float | None, num_regions: int | None) -> Iterator[Panel]:
    columns = ("against", "genomes_of", "metric", "value", "lower", "upper")
    table = tables.read_optional(evaluation / "power.tsv", columns)
    if table is None:
        return
    chosen, length = _whole(table), ""
    if "regions" in table and len(table):
        wanted = table["regions"].max() if num_regions is None else num_regions
        nearest = int(min(table["regions"].unique(), key=lambda number: abs(number - wanted)))
        chosen, length = table[table["regions"] == nearest], f" of {nearest} regions"
    chosen = chosen[(chosen["against"] == ALL) & (chosen["metric"] == POWER)].dropna(subset=["value"])
    cells = (chosen[column].tolist() for column in ("genomes_of", "value", "lower", "upper"))
    powers = {name: values for name, *values in zip(*cells, strict=True)}
    # The first scenario with classes: the one whose parameters are estimated has the most genomes, and comes first.
    for scenario in powers:
        names = {class_name(scenario, *ends): ends for ends in CLASSES}
        bars = [_Bar(*ends, *powers[name]) for name, ends in names.items() if name in powers]
        if bars:
            caption = (
                f"Power: the share of genomes{length} of the scenario {scenario} that are told from all scenarios "
                "without a ghost at 1 % false positives, by the proportion of ghost ancestry."
            )
            if proportion is not None and any(bar.low <= proportion < bar.high for bar in bars):
                caption += " Outlined: where your data are."
            yield Panel(_power_figure(scenario, bars, proportion), caption)
            return


def _power_figure(scenario: str, bars: Sequence[_Bar], proportion: float | None) -> svg.Figure:
    base = _TOP + _POWER_HEIGHT
    upwards, parts = Axis(0, 1, base, -_POWER_HEIGHT), list[Markup]()
    for number, bar in enumerate(bars):
        x, y = _LEFT + 14 + number * (_POWER_BAR + _POWER_GAP), upwards.place(bar.power)
        is_here = proportion is not None and bar.low <= proportion < bar.high
        title = svg.element("title", f"{bar.name}: {bar.power:.2f} [{bar.lower:.2f}, {bar.upper:.2f}]")
        box = {"x": x, "y": y, "width": _POWER_BAR, "height": base - y}
        parts.append(svg.element("rect", title, **box, class_="bar here" if is_here else "bar"))
        middle, ends = x + _POWER_BAR / 2, (upwards.place(bar.lower), upwards.place(bar.upper))
        parts.append(svg.element("line", x1=middle, x2=middle, y1=ends[0], y2=ends[1], class_="whisker"))
        parts.append(svg.text(bar.name, middle, base + 17, "middle"))
        if is_here:
            parts.append(svg.text("your data", middle, base + 33, "middle", "strong"))
    parts += plots.beside(upwards, _LEFT, "{:g}".format, "power")
    listed = ", ".join(f"{bar.name}: {bar.power:.2f}" for bar in bars)
    width = _LEFT + 14 + len(bars) * (_POWER_BAR + _POWER_GAP)
    columns = ["lowest_proportion", "highest_proportion", "power", "lower", "upper"]
    table = pd.DataFrame([(bar.low, bar.high, bar.power, bar.lower, bar.upper) for bar in bars], columns=columns)
    return svg.figure("power", f"Power for {scenario} by proportion: {listed}.", table, base + 58, parts, width)


def _confusion(evaluation: Path) -> Iterator[Panel]:
    table = tables.read_optional(evaluation / "model_choice_confusion.tsv", ("truth", "assigned", "count"))
    if table is None or table.empty:
        return
    counts = _whole(table).pivot_table(index="truth", columns="assigned", values="count", aggfunc="sum", fill_value=0)
    names = sorted({*counts.index, *counts.columns})
    shares = counts.reindex(index=names, columns=names, fill_value=0)
    matrix = shares.to_numpy(dtype=np.float64)
    numbers = set(counts.sum(axis=1).tolist())
    each = f"{numbers.pop():.0f} genomes of each scenario. " if len(numbers) == 1 else ""
    caption = (
        f"{each}Which scenario was the most probable one (columns) in genomes of each scenario (rows). Scenarios that "
        "look alike are mistaken for each other; what counts for the verdict is whether both have a ghost."
    )
    sums = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, sums, out=np.zeros_like(matrix), where=sums > 0)
    right = whole_percent(float(np.trace(shares)) / len(names))
    words = f"Confusion of {len(names)} scenarios; on average {right} of the genomes are assigned to their own."
    yield Panel(heat_map("confusion", words, names, shares, "taken for"), caption, is_wide=True)


def heat_map(
    name: str, description: str, names: Sequence[str], shares: NDArray[np.float64], relation: str
) -> svg.Figure:
    """Shares of rows in columns.

    Parameters
    ----------
    name, description : str
        Of the figure.
    names : sequence of str
        Of rows and columns alike.
    shares : ndarray of float64, shape (num_names, num_names)
        In [0, 1].
    relation : str
        Of a row to a column, in words.
    """
    parts, top = list[Markup](), 20.0 + 7 * max(len(name) for name in names)
    for column, column_name in enumerate(names):
        x, y = _NAMES_WIDTH + (column + 0.6) * _CELL, top - 8
        parts.append(svg.element("text", column_name, x=x, y=y, transform=f"rotate(-55 {x:.0f} {y:.0f})"))
    for row, row_name in enumerate(names):
        y = top + row * _CELL * 0.6
        parts.append(svg.text(row_name, _NAMES_WIDTH - 8, y + 18, "end"))
        for column, share in enumerate(shares[row].tolist()):
            title = svg.element("title", f"{row_name} {relation} {names[column]}: {whole_percent(share)}")
            x = _NAMES_WIDTH + column * _CELL
            box = {"x": x, "y": y, "width": _CELL - 2, "height": _CELL * 0.6 - 2}
            parts.append(svg.element("rect", **box, class_="base"))
            parts.append(svg.element("rect", title, **box, class_="bar", fill_opacity=f"{share:.2f}"))
            if share >= 0.005:
                parts.append(svg.text(whole_percent(share), x + _CELL / 2 - 1, y + 18, "middle", "halo"))
    height, width = top + len(names) * _CELL * 0.6 + 6, _NAMES_WIDTH + len(names) * _CELL + 60
    table = pd.DataFrame(shares, columns=list(names))
    table.insert(0, "name", list(names), allow_duplicates=True)
    return svg.figure(name, description, table, height, parts, width)


def _posterior(evaluation: Path) -> Iterator[Panel]:
    coverage = tables.read_optional(evaluation / "posterior_coverage.tsv", ("parameter", "level", "coverage"))
    if coverage is not None and len(coverage):
        caption = (
            "Coverage of the parameter posterior: how often central intervals of a level hold the truth, a line for "
            "each parameter. Below the diagonal, intervals are too narrow."
        )
        yield Panel(_coverage(_whole(coverage)), caption)
    ranks = tables.read_optional(evaluation / "posterior_ranks.tsv")
    if ranks is not None and len(ranks):
        caption = (
            "Rank of the truth among draws of the posterior (simulation-based calibration): flat if the posterior is "
            "right, a hump if it is too wide, a valley if it is too narrow. The band holds 95 % of right ones."
        )
        yield Panel(_ranks(_whole(ranks).drop(columns="regions", errors="ignore")), caption, is_wide=True)


def _coverage(table: pd.DataFrame) -> svg.Figure:
    base = _TOP + _SIZE
    across, upwards = Axis(0, 1, _LEFT, _SIZE), Axis(0, 1, base, -_SIZE)
    parts = [svg.element("line", x1=_LEFT, y1=base, x2=_LEFT + _SIZE, y2=_TOP, class_="diagonal")]
    for name, rows in table.groupby("parameter", sort=False):
        ordered = rows.sort_values("level")
        xs, ys = (ordered[column].to_numpy(dtype=np.float64) for column in ("level", "coverage"))
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across.places(xs), upwards.places(ys), strict=True))
        title = svg.element("title", str(name).replace("_", " "))
        parts.append(svg.element("polyline", title, points=points, class_="curve"))
    parts += plots.below(across, base, "{:g}".format, "level of the interval")
    parts += plots.beside(upwards, _LEFT, "{:g}".format, "share of truths inside")
    words = f"Coverage of central intervals of {table['parameter'].nunique()} parameters against their level."
    return svg.figure("coverage", words, table, base + 42, parts, _LEFT + _SIZE + 14)


def _ranks(table: pd.DataFrame) -> svg.Figure:
    """A small histogram for each parameter, three in a row."""
    from scipy import stats

    number, width, height, parts = len(table), 190, 74, list[Markup]()
    low, high = stats.binom.ppf([0.025, 0.975], number, 1 / _NUM_RANK_BARS)
    for index, name in enumerate(table.columns):
        x, y = index % 3 * (width + 16), index // 3 * (height + 12)
        counts, _ = np.histogram(table[name], _NUM_RANK_BARS, (0, 1))
        scale = (height - 22) / max(counts.max(), high)
        base = y + height
        parts.append(svg.text(str(name).replace("_", " ")[:30], x, y + 12))
        band = {"x": x, "y": base - high * scale, "width": width, "height": float((high - low) * scale)}
        parts.append(svg.element("rect", **band, class_="base"))
        wide = width / _NUM_RANK_BARS
        for bar, count in enumerate(counts.tolist()):
            box = {"x": x + bar * wide, "y": base - count * scale, "width": wide - 1, "height": float(count * scale)}
            parts.append(svg.element("rect", **box, class_="bar", fill_opacity="0.7"))
    rows = -(-len(table.columns) // 3)
    words = f"Ranks of the truth among posterior draws, {number} genomes, {len(table.columns)} parameters."
    return svg.figure("ranks", words, table, rows * (height + 12), parts, 3 * (width + 16))
