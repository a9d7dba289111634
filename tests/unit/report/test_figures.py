"""Figures show the values that they are given: what is drawn is read back from the SVG in the units of the data."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from introghost.report import figures

Points = NDArray[np.float64]
Limits = tuple[float, float]


class Panel:
    """One pair of axes of a drawing, whose limits are known."""

    def __init__(self, drawing: str, horizontal: Limits, vertical: Limits, number: int = 1) -> None:
        root = ElementTree.fromstring(drawing)
        (self.axes,) = (each for each in root.iter() if each.get("id", "").endswith(f"-axes_{number}"))
        frame = points(next(each for each in self.axes.iter() if each.get("d")))
        self.low, self.high = frame.min(axis=0), frame.max(axis=0)
        # In SVG y goes down: the vertical limits belong to the lower and to the upper edge.
        self.first, self.last = np.array([horizontal[0], vertical[1]]), np.array([horizontal[1], vertical[0]])

    def data(self, drawn: Points) -> Points:
        """Points of the drawing in the units of the data."""
        values: Points = self.first + (drawn - self.low) / (self.high - self.low) * (self.last - self.first)
        return values

    def paths(self, kind: str, colour: str | None = None) -> list[Points]:
        """Points of each path of a kind of artist, such as ``line2d``, perhaps of one colour alone."""
        groups = [each for each in self.axes if re.search(f"-{kind}_", each.get("id", ""))]
        elements = [each for group in groups for each in group.iter() if each.get("d") and has_colour(each, colour)]
        return [self.data(points(each)) for each in elements]

    def markers(self, colour: str) -> Points:
        """Points at which markers of a colour stand."""
        uses = [each for each in self.axes.iter() if each.get("x") and has_colour(each, colour)]
        return self.data(np.array([[float(each.get(name, "nan")) for name in ("x", "y")] for each in uses]))


def points(path: ElementTree.Element) -> Points:
    """Corners of a path of straight lines, in the units of the drawing."""
    numbers = re.findall(r"-?\d+(?:\.\d+)?", path.get("d", ""))
    return np.array(numbers, dtype=np.float64).reshape(-1, 2)


def has_colour(element: ElementTree.Element, colour: str | None) -> bool:
    return colour is None or colour.lower() in element.get("style", "").lower()


def predictive_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "statistic": ["a", "b", "c", "d"],
            "summary": "mean",
            "median": [10.0, 5.0, 1.0, 3.0],
            "lower": [6.08, 4.0, 0.0, 3.0],
            "upper": [13.92, 7.92, 0.98, 3.0],
            "deviation": [3.0, -1.5, -900.0, 0.0],
            "verdict": ["outside", "ok", "outside", "ok"],
        }
    )


def test_intervals_and_data_stand_where_their_values_are() -> None:
    edge = 1.08 * figures.MAX_DEVIATION
    panel = Panel(figures.predictive(predictive_table()).drawing, (-edge, edge), (3.5, -0.5))
    # A standard deviation is 2, 1 and 0.25: the interval's width over 3.92. The last interval has no width.
    expected = [[[-1.96, 0], [1.96, 0]], [[-1, 1], [2.92, 1]], [[-4, 2], [-0.08, 2]], [[0, 3], [0, 3]]]
    np.testing.assert_allclose(panel.paths("LineCollection"), expected, atol=0.01)
    np.testing.assert_allclose(panel.markers(figures.ORANGE), [[3, 0], [-figures.MAX_DEVIATION, 2]], atol=0.01)
    np.testing.assert_allclose(panel.markers(figures.BLUE), [[-1.5, 1], [0, 3]], atol=0.01)


def test_precision_falls_in_a_step_where_recall_is_reached() -> None:
    curve = pd.DataFrame({"recall": [0.0, 0.4, 1.0], "precision": [1.0, 0.9, 0.5]})
    panel = Panel(figures.precision_recall(curve, 0.8).drawing, (0, 1), (0, 1.02))
    (line,) = panel.paths("line2d", figures.BLUE)
    np.testing.assert_allclose(line, [[0, 1], [0.4, 1], [0.4, 0.9], [1, 0.9], [1, 0.5]], atol=0.005)


def test_the_least_validation_loss_is_told() -> None:
    curve = pd.DataFrame({"epoch": [1, 2, 3], "training_loss": [0.9, 0.4, 0.1], "validation_loss": [0.8, 0.5, 0.6]})
    drawing = figures.learning_curve(curve, "segments").drawing
    assert "Loss of segments over 3 epochs; least validation loss 0.5." in drawing
    # The limits are matplotlib's own, 5 % beyond the values on either side.
    panel = Panel(drawing, (0.9, 3.1), (0.06, 0.94))
    for column, colour in (("training_loss", figures.GREY), ("validation_loss", figures.BLUE)):
        longest = max(panel.paths("line2d", colour), key=len)
        np.testing.assert_allclose(longest, curve[["epoch", column]], atol=0.01)


def test_a_drawing_tells_in_words_what_it_shows() -> None:
    words = "2 of 4 statistics lie outside their simulated interval."
    assert ElementTree.fromstring(figures.predictive(predictive_table()).drawing).get("aria-label") == words
