"""How much and when: the posterior of each parameter over its prior, and proportion against time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from introghost.report import plots, svg, tables
from introghost.report.plots import Axis
from introghost.report.tables import PageTable
from introghost.report.words import percent, round_number, whole_percent

PROPORTION, PULSE_TIME = "ghost_proportion", "pulse_time"
GENERATION_YEARS = 29.0  # of humans; Fenner 2005, Am J Phys Anthropol 128:415
# Contraction up to which a posterior is hardly more than its prior, and from which on it says more than that.
LITTLE_LEARNT, MOSTLY_LEARNT = 0.1, 0.5
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
_PAIR_SIZE, _PAIR_MARGIN = 330, 72


@dataclass(frozen=True)
class EstimatesSection:
    """Figures and tables of the parameter posterior.

    Attributes
    ----------
    first, others : svg.Figure or None
        Densities of those in `FIRST` and of the others; None without any.
    pair : svg.Figure or None
        Draws of the proportion against the time of the pulse; None where one is not estimated.
    table : PageTable
    """

    first: svg.Figure | None
    others: svg.Figure | None
    pair: svg.Figure | None
    table: PageTable

    @property
    def figures(self) -> list[svg.Figure]:
        """All that are drawn, in the order of the page."""
        return [one for one in (self.first, self.pair, self.others) if one is not None]


@dataclass(frozen=True)
class Draws:
    """Draws of the parameters, a column for each.

    Attributes
    ----------
    posterior : DataFrame
    prior : DataFrame or None
        None where it is not there.
    """

    posterior: pd.DataFrame
    prior: pd.DataFrame | None

    @classmethod
    def read(cls, calls: Path, names: Sequence[str]) -> "Draws | None":
        """The draws of a folder of calls; None where there are none.

        Raises
        ------
        DataError
            A table is not of the form in which `apply` writes it.
        """
        posterior, prior = (
            tables.read_optional(calls / f"{name}.tsv", tuple(names)) for name in ("parameter_draws", "prior_draws")
        )
        return None if posterior is None else cls(posterior, prior)

    def each(self) -> "dict[str, pd.DataFrame]":
        """Those that are there by name, the prior first."""
        return ({} if self.prior is None else {"prior": self.prior}) | {"posterior": self.posterior}

    def table(self, names: Sequence[str]) -> pd.DataFrame:
        """Some of the parameters; the column *draws* says which are of the prior, and which of the posterior."""
        parts = [draws[list(names)].assign(draws=which) for which, draws in self.each().items()]
        return pd.concat(parts, ignore_index=True)


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
        """An axis that holds the draws of the posterior and 95 % of the prior."""
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
    draws = Draws.read(calls, tuple(estimates))
    first = [estimates[name] for name in FIRST if name in estimates]
    others = [one for one in estimates.values() if one not in first]
    has_pair = {PROPORTION, PULSE_TIME} <= estimates.keys()
    return EstimatesSection(
        first=None if draws is None or not first else _densities("posterior", first, draws),
        others=None if draws is None or not others else _densities("posterior-others", others, draws),
        pair=(
            _pair(estimates[PULSE_TIME], estimates[PROPORTION], draws.posterior, generation_years)
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


def _densities(name: str, estimates: Sequence[Estimate], draws: Draws) -> svg.Figure:
    """A panel for each parameter: its posterior over its prior, and the median."""
    parts = list[Markup]()
    for number, one in enumerate(estimates):
        x, y = number % _PANELS_A_ROW * (_PANEL_WIDTH + 20), number // _PANELS_A_ROW * _PANEL_HEIGHT
        panel = _panel(one, {which: each[one.name].to_numpy(np.float64) for which, each in draws.each().items()})
        parts.append(svg.element("g", *panel, transform=f"translate({x},{y})"))
    words = ", ".join(one.name.replace("_", " ") for one in estimates)
    height = -(-len(estimates) // _PANELS_A_ROW) * _PANEL_HEIGHT
    description = f"Posterior over prior of {words}; the table below has the numbers."
    return svg.figure(name, description, draws.table([one.name for one in estimates]), height, parts)


def _panel(one: Estimate, draws: Mapping[str, NDArray[np.float64]]) -> Iterator[Markup]:
    axis, base = one.axis(draws["posterior"], _PLOT_LEFT, _PLOT_WIDTH), _PLOT_TOP + _PLOT_HEIGHT
    median = value_text(one.name, one.median)
    yield svg.text(f"{one.name.replace('_', ' ')}: {median} {unit(one.name)}".rstrip(), _PLOT_LEFT, 14, class_="strong")
    # Shares of the draws in bars of equal width on the axis, both on one scale, the highest bar as high as the panel.
    densities = {which: _density(axis, values) for which, values in draws.items()}
    highest = max(float(density.max()) for density in densities.values()) or 1.0
    ends = {"prior": (one.prior_lower_95, one.prior_upper_95), "posterior": (one.lower_95, one.upper_95)}
    for which, density in densities.items():
        low, high = (value_text(one.name, end) for end in ends[which])
        title = svg.element("title", f"95 % of the {which}: {low} to {high}")
        yield svg.element("path", title, d=_outline(density / highest, base), class_=which)
    middle = axis.place(one.median)
    yield svg.element("line", x1=middle, x2=middle, y1=_PLOT_TOP, y2=base, class_="median")
    yield from plots.below(axis, base, partial(value_text, one.name))


def _density(axis: Axis, draws: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the draws in each bar of the axis; those beyond its ends are in none."""
    places = axis.places(draws[(draws >= axis.low) & (draws <= axis.high)])
    counts, _ = np.histogram(places, bins=_NUM_BARS, range=(axis.start, axis.start + axis.width))
    return np.asarray(counts / len(draws))


def _outline(heights: NDArray[np.float64], base: float) -> str:
    """Path around bars side by side, whose heights are shares of the panel's."""
    edges = _PLOT_LEFT + _PLOT_WIDTH * np.arange(1, _NUM_BARS + 1) / _NUM_BARS
    steps = (f"V{base - _PLOT_HEIGHT * height:.1f}H{edge:.1f}" for height, edge in zip(heights, edges, strict=True))
    return f"M{_PLOT_LEFT} {base}{''.join(steps)}V{base}z"


def _pair(time: Estimate, proportion: Estimate, draws: pd.DataFrame, generation_years: float) -> svg.Figure:
    """Each draw a dot: the proportion upwards, the time of the pulse to the right, both on the range of the prior."""
    base = _PAIR_SIZE + 10
    values = [draws[one.name].to_numpy(dtype=np.float64) for one in (time, proportion)]
    across, upwards = (
        time.axis(values[0], _PAIR_MARGIN, _PAIR_SIZE),
        proportion.axis(values[1], base, -_PAIR_SIZE),
    )
    places = zip(across.places(values[0]), upwards.places(values[1]), strict=True)
    dots = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in places)
    words = f"time of the pulse (generations of {generation_years:g} years)"
    parts = [svg.element("path", d=dots, class_="dots")]
    parts += plots.below(across, base, partial(value_text, time.name), words)
    parts += plots.beside(upwards, _PAIR_MARGIN, partial(value_text, proportion.name), "proportion of ancestry")
    alt = f"Proportion of ghost ancestry against the time of the pulse: {len(draws)} draws from the posterior."
    table = draws[[time.name, proportion.name]]
    return svg.figure("pair", alt, table, base + 46, parts, _PAIR_MARGIN + _PAIR_SIZE + 14)
