"""How much and when: the posterior of each parameter over its prior, and proportion against time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from introghost.report import plots, svg, tables
from introghost.report.overview import PROPORTION
from introghost.report.plots import Axis
from introghost.report.tables import PageTable
from introghost.report.words import percent, round_number, whole_percent

PULSE_TIME = "pulse_time"
GENERATION_YEARS = 29.0  # of humans; Fenner 2005, Am J Phys Anthropol 128:415
LITTLE_LEARNT = 0.1  # contraction up to which a posterior is hardly more than its prior
FIRST = (PROPORTION, PULSE_TIME, "ghost_split_time", "ghost_size")
"""What readers ask for; the other parameters are folded."""
# What a parameter is measured in, by the end of its name: a convention of scenarios, see config/README.md.
_UNITS = {
    "_proportion": "",
    "_time": "generations",
    "_size": "individuals",
    "_per_bp": "per bp and generation",
    "_rate": "per generation",
}
_COLUMNS = (*("parameter", "median", "lower_95", "upper_95", "prior_lower_95", "prior_upper_95", "contraction"),)
_PANEL_WIDTH, _PANEL_HEIGHT, _PANELS_A_ROW = 470, 112, 2
_PLOT_LEFT, _PLOT_WIDTH, _PLOT_TOP, _PLOT_HEIGHT = 14, 440, 24, 52
_NUM_BARS = 44
_PAIR_SIZE, _PAIR_MARGIN = 330, 56


@dataclass(frozen=True)
class EstimatesSection:
    """Figures and tables of the parameter posterior.

    Attributes
    ----------
    first, others : Markup or None
        Densities of those in `FIRST` and of the others; None without any.
    pair : Markup or None
        Draws of the proportion against the time of the pulse; None where one is not estimated.
    table : PageTable
    """

    first: Markup | None
    others: Markup | None
    pair: Markup | None
    table: PageTable


@dataclass(frozen=True)
class Estimate:
    """What the posterior says of one parameter.

    Attributes
    ----------
    name : str
    median, lower_95, upper_95 : float
        Of the posterior.
    prior_lower_95, prior_upper_95 : float
    contraction : float
        Share of the prior's variance that the data took away.
    """

    name: str
    median: float
    lower_95: float
    upper_95: float
    prior_lower_95: float
    prior_upper_95: float
    contraction: float

    @classmethod
    def read(cls, calls: Path) -> "dict[str, Estimate]":
        """The estimates of a folder of calls, by name; none where there is no posterior.

        Raises
        ------
        DataError
            The table is not of the form in which `apply` writes it.
        """
        posterior = tables.read_optional(calls / "parameter_posterior.tsv", _COLUMNS)
        if posterior is None:
            return {}
        columns = (posterior[column].tolist() for column in _COLUMNS)
        return {row[0]: cls(str(row[0]), *(float(value) for value in row[1:])) for row in zip(*columns, strict=True)}

    def axis(self, draws: NDArray[np.float64], start: float, width: float) -> Axis:
        """An axis that holds the draws and 95 % of the prior."""
        low, high = min(self.prior_lower_95, float(draws.min())), max(self.prior_upper_95, float(draws.max()))
        return Axis(low, high if high > low else low + 1, start, width)


def estimates_section(calls: Path, generation_years: float = GENERATION_YEARS) -> EstimatesSection | None:
    """What `apply` estimated, out of its folder of calls; None if it gave no parameters.

    Parameters
    ----------
    calls : Path
    generation_years : float
        Years of a generation.

    Raises
    ------
    DataError
        A table is not of the form in which `apply` writes it.
    """
    estimates = Estimate.read(calls)
    if not estimates:
        return None
    draws = tables.read_optional(calls / "parameter_draws.tsv", tuple(estimates))
    first = [estimates[name] for name in FIRST if name in estimates]
    others = [one for one in estimates.values() if one not in first]
    has_pair = {PROPORTION, PULSE_TIME} <= estimates.keys()
    return EstimatesSection(
        first=None if draws is None or not first else _densities("posterior", first, draws),
        others=None if draws is None or not others else _densities("posterior-others", others, draws),
        pair=(
            _pair(estimates[PULSE_TIME], estimates[PROPORTION], draws, generation_years)
            if has_pair and draws is not None
            else None
        ),
        table=_table([*first, *others]),
    )


def unit(name: str) -> str:
    """What a parameter is measured in; empty where its name does not say.

    Examples
    --------
    >>> unit("pulse_time"), unit("ghost_size"), unit("alpha")
    ('generations', 'individuals', '')
    """
    return next((words for ending, words in _UNITS.items() if name.endswith(ending)), "")


def value_text(name: str, value: float) -> str:
    """A value of a parameter for people: proportions in per cent, others with three significant digits.

    Examples
    --------
    >>> value_text("ghost_proportion", 0.0369), value_text("pulse_time", 1184.3), value_text("rate_per_bp", 1.3e-8)
    ('3.7 %', '1,180', '1.3e-08')
    """
    return percent(value) if name.endswith("_proportion") else round_number(value, 3)


def _table(estimates: Sequence[Estimate]) -> PageTable:
    rows = []
    for one in estimates:
        values = (one.median, one.lower_95, one.upper_95, one.prior_lower_95, one.prior_upper_95)
        median, low, high, prior_low, prior_high = (value_text(one.name, value) for value in values)
        cells = [one.name.replace("_", " "), median, f"{low} to {high}", f"{prior_low} to {prior_high}"]
        learnt = "little" if one.contraction < LITTLE_LEARNT else whole_percent(one.contraction)
        rows.append([*cells, unit(one.name) or "–", learnt])
    header = ["parameter", "median", "95 % interval", "95 % of the prior", "unit", "learnt from the data"]
    return PageTable(header, rows)


def _densities(name: str, estimates: Sequence[Estimate], draws: pd.DataFrame) -> Markup:
    """A panel for each parameter: histogram of its draws, median, and where 95 % of the prior lie."""
    parts = list[Markup]()
    for number, one in enumerate(estimates):
        x, y = number % _PANELS_A_ROW * (_PANEL_WIDTH + 20), number // _PANELS_A_ROW * _PANEL_HEIGHT
        panel = _panel(one, draws[one.name].to_numpy(dtype=np.float64))
        parts.append(svg.element("g", *panel, transform=f"translate({x},{y})"))
    words = ", ".join(one.name.replace("_", " ") for one in estimates)
    height = -(-len(estimates) // _PANELS_A_ROW) * _PANEL_HEIGHT
    return svg.drawing(name, f"Posterior over prior of {words}; the table below has the numbers.", height, parts)


def _panel(one: Estimate, draws: NDArray[np.float64]) -> Iterator[Markup]:
    axis, base = one.axis(draws, _PLOT_LEFT, _PLOT_WIDTH), _PLOT_TOP + _PLOT_HEIGHT
    median = value_text(one.name, one.median)
    yield svg.text(f"{one.name.replace('_', ' ')}: {median} {unit(one.name)}".rstrip(), _PLOT_LEFT, 14, class_="strong")
    left, right = axis.place(one.prior_lower_95), axis.place(one.prior_upper_95)
    prior = (
        f"95 % of the prior: {value_text(one.name, one.prior_lower_95)} to {value_text(one.name, one.prior_upper_95)}"
    )
    title = svg.element("title", prior)
    yield svg.element("rect", title, x=left, y=_PLOT_TOP, width=right - left, height=_PLOT_HEIGHT, class_="base")
    # Bars of equal width on the axis, the highest as high as the panel.
    places = axis.places(draws)
    counts, edges = np.histogram(places, bins=_NUM_BARS, range=(_PLOT_LEFT, _PLOT_LEFT + _PLOT_WIDTH))
    tops = base - _PLOT_HEIGHT * counts / max(counts.max(), 1)
    steps = "".join(f"V{top:.1f}H{edge:.1f}" for top, edge in zip(tops, edges[1:], strict=True))
    said = f"95 % interval: {value_text(one.name, one.lower_95)} to {value_text(one.name, one.upper_95)}"
    outline = f"M{_PLOT_LEFT} {base}{steps}V{base}z"
    yield svg.element("path", svg.element("title", said), d=outline, class_="density")
    middle = axis.place(one.median)
    yield svg.element("line", x1=middle, x2=middle, y1=_PLOT_TOP, y2=base, class_="median")
    yield from plots.below(axis, base, partial(value_text, one.name))


def _pair(time: Estimate, proportion: Estimate, draws: pd.DataFrame, generation_years: float) -> Markup:
    """Each draw a dot: the proportion upwards, the time of the pulse to the right, both on the range of the prior."""
    base = _PAIR_SIZE + 10
    values = [draws[one.name].to_numpy(dtype=np.float64) for one in (time, proportion)]
    across, upwards = (
        time.axis(values[0], _PAIR_MARGIN, _PAIR_SIZE),
        proportion.axis(values[1], base, -_PAIR_SIZE),
    )
    places = zip(across.places(values[0]), upwards.places(values[1]), strict=True)
    dots = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in places)
    parts = [svg.element("path", d=dots, class_="dots"), *plots.below(across, base, partial(value_text, time.name))]
    parts += plots.beside(upwards, _PAIR_MARGIN, partial(value_text, proportion.name))
    words = f"time of the pulse (generations of {generation_years:g} years)"
    parts.append(svg.text(words, _PAIR_MARGIN + _PAIR_SIZE / 2, base + 36, "middle"))
    alt = f"Proportion of ghost ancestry against the time of the pulse: {len(draws)} draws from the posterior."
    return svg.drawing("pair", alt, base + 46, parts, _PAIR_MARGIN + _PAIR_SIZE + 14)
