"""Figures as inline SVG, equal bytes for equal data."""

import io
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import demes
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_STATISTICS = 30
MAX_DEVIATION = 8
NORMAL_WIDTH = 3.92  # of a 95 % interval, in standard deviations
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"
ROLE_COLOURS = {"outgroup": BLUE, "target": ORANGE, "ghost": "#AA4499"}


def _new_figure(width: float, height: float, rows: int = 1) -> "tuple[Figure, list[Axes]]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, 1, squeeze=False)
    return figure, list(axes[:, 0])


def _svg(figure: "Figure", name: str, description: str) -> str:
    """The figure as one ``<svg>`` element whose ids start with `name`, with `description` as its alternative text."""
    import matplotlib
    from markupsafe import escape

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, dpi=120, transparent=True)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'href="#', f'href="#{name}-', text)
    text = text.replace("url(#", f"url(#{name}-")
    text = text.replace("#000000", "currentColor")  # light on a dark page
    # A hundredth of a point is less than anybody sees, and paths are most of the file.
    text = re.sub(r'\bd="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), text)
    label = escape(description)
    return text.replace("<svg", f'<svg id="{name}" role="img" aria-label="{label}"', 1).strip()


def scenario_drawing(graph: "demes.Graph", name: str, roles: Mapping[str, str]) -> str:
    """One draw of a scenario as a tube drawing; time in generations, logarithmic.

    Parameters
    ----------
    graph : demes.Graph
    name : str
        Of the scenario, the title of the figure.
    roles : mapping of str to str
        Deme of the outgroup, the target and the ghost: each role has one colour in all drawings.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    import demesdraw

    figure, (axis,) = _new_figure(4.5, 4)
    colour_of = {deme: ROLE_COLOURS[role] for role, deme in roles.items()}
    colours = {deme.name: colour_of.get(deme.name, GREY) for deme in graph.demes}
    demesdraw.tubes(graph, ax=axis, log_time=True, seed=1, colours=colours)
    axis.set_title(name)
    names = ", ".join(deme.name for deme in graph.demes)
    return _svg(figure, f"scenario-{name}", f"Populations of scenario {name}, one draw of its priors: {names}.")


def learning_curve(curve: pd.DataFrame, task: str) -> str:
    """Training and validation loss by epoch.

    Parameters
    ----------
    curve : DataFrame
        Columns epoch, training_loss, validation_loss.
    task : str
        What the network was trained for.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    figure, (axis,) = _new_figure(4.5, 3)
    axis.plot(curve["epoch"], curve["training_loss"], color=GREY, label="training")
    axis.plot(curve["epoch"], curve["validation_loss"], color=BLUE, label="validation")
    axis.set_xlabel("epoch")
    axis.set_ylabel("loss")
    axis.legend(frameon=False)
    least = float(curve["validation_loss"].min())
    return _svg(
        figure, f"learning-{task}", f"Loss of {task} over {len(curve)} epochs; least validation loss {least:.4g}."
    )


def precision_recall(curve: pd.DataFrame, average_precision: float) -> str:
    """Precision against recall of local calls on unseen genomes.

    Parameters
    ----------
    curve : DataFrame
        Columns recall, precision, in the order in which they are connected.
    average_precision : float
        Told in the alternative text.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    figure, (axis,) = _new_figure(4.5, 3.6)
    axis.step(curve["recall"], curve["precision"], where="post", color=BLUE)
    axis.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
    return _svg(
        figure,
        "precision-recall",
        f"Precision against recall on unseen simulated genomes. Average precision {average_precision:.3f}.",
    )


def predictive(table: pd.DataFrame) -> str:
    """The data against the 95 % interval of simulated genomes, one row per statistic.

    Parameters
    ----------
    table : DataFrame
        Columns statistic, summary, median, lower, upper, deviation (in standard deviations), verdict; drawn top to
        bottom, deviations beyond `MAX_DEVIATION` at the edge.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    figure, (axis,) = _new_figure(7, 1 + 0.22 * len(table))
    rows = np.arange(len(table))
    # The interval in the unit of the deviation, one standard deviation of a normal distribution that has it; where all
    # simulated genomes are equal it is a point, whatever the unit.
    unit = (table["upper"] - table["lower"]).to_numpy() / NORMAL_WIDTH
    unit = np.where(unit > 0, unit, 1)
    lower, upper = (((table[end] - table["median"]) / unit).to_numpy() for end in ("lower", "upper"))
    axis.hlines(rows, lower, upper, color=GREY, linewidth=4, alpha=0.6)
    axis.plot(np.zeros(len(rows)), rows, "|", color=GREY)
    # The data: a dot at their deviation, or at the edge of the figure if they lie beyond it.
    outside = (table["verdict"] == "outside").to_numpy()
    place = np.clip(table["deviation"].to_numpy(), -MAX_DEVIATION, MAX_DEVIATION)
    for chosen, colour in ((outside, ORANGE), (~outside, BLUE)):
        axis.plot(place[chosen], rows[chosen], "o", color=colour, markersize=5)
    axis.set_yticks(rows, (table["statistic"] + " (" + table["summary"] + ")").tolist(), fontsize=7)
    axis.set(xlim=(-1.08 * MAX_DEVIATION, 1.08 * MAX_DEVIATION), ylim=(len(rows) - 0.5, -0.5))
    axis.set_xlabel("distance from the simulated median (standard deviations)")
    return _svg(
        figure, "predictive", f"{outside.sum()} of {len(table)} statistics lie outside their simulated interval."
    )
