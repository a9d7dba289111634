"""Axes of the figures that are drawn by hand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from introghost.report import svg

LOG_FROM = 4  # ratio of the ends of an axis from which on it is logarithmic
_MOST_TICKS = 6


@dataclass(frozen=True)
class Axis:
    """A range of values over a range of the drawing; logarithmic if it spans much.

    Attributes
    ----------
    low, high : float
        The ends.
    start, width : float
        Where `low` is drawn, and how far from it `high` is: negative for an axis that goes up.
    """

    low: float
    high: float
    start: float
    width: float

    @property
    def is_log(self) -> bool:
        """Whether it spans so much that it is logarithmic."""
        return self.low > 0 and self.high / self.low >= LOG_FROM

    def places(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where values lie in the drawing, those beyond an end at the end."""
        low, high, at = self.low, self.high, np.clip(values, self.low, self.high)
        if self.is_log:
            low, high, at = float(np.log(low)), float(np.log(high)), np.log(at)
        result: NDArray[np.float64] = self.start + self.width * (at - low) / (high - low)
        return result

    def place(self, value: float) -> float:
        """Where one value lies."""
        return float(self.places(np.array([value]))[0])

    def ticks(self) -> list[float]:
        """Round values along it, few enough for their names to fit."""
        from matplotlib.ticker import LogLocator, MaxNLocator

        locator = LogLocator(subs=(1, 2, 5)) if self.is_log else MaxNLocator(4, steps=[1, 2, 5, 10])
        values = [float(value) for value in locator.tick_values(self.low, self.high) if self.low <= value <= self.high]
        return values[:: max(1, -(-len(values) // _MOST_TICKS))]


def below(axis: Axis, y: float, name: Callable[[float], str], title: str = "") -> Iterator[Markup]:
    """A horizontal axis at a height of the drawing, with the names of its ticks below, and its title below them."""
    yield svg.element("line", x1=axis.start, x2=axis.start + axis.width, y1=y, y2=y, class_="axis")
    for value in axis.ticks():
        x = axis.place(value)
        yield svg.element("line", x1=x, x2=x, y1=y, y2=y + 4, class_="axis")
        yield svg.text(name(value), x, y + 17, "middle")
    if title:
        yield svg.text(title, axis.start + axis.width / 2, y + 34, "middle")


def beside(axis: Axis, x: float, name: Callable[[float], str], title: str = "") -> Iterator[Markup]:
    """A vertical axis at a place of the drawing, with the names of its ticks to the left, and its title at the edge."""
    yield svg.element("line", x1=x, x2=x, y1=axis.start, y2=axis.start + axis.width, class_="axis")
    for value in axis.ticks():
        y = axis.place(value)
        yield svg.element("line", x1=x - 4, x2=x, y1=y, y2=y, class_="axis")
        yield svg.text(name(value), x - 7, y + 4, "end")
    if title:
        middle = axis.start + axis.width / 2
        yield svg.element("text", title, x=13, y=middle, text_anchor="middle", transform=f"rotate(-90 13 {middle:g})")
