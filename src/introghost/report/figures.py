"""Figures by matplotlib as inline SVG, equal bytes for equal data."""

import io
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from introghost.report import svg

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


def _page_figure(figure: "Figure", name: str, description: str, table: pd.DataFrame) -> svg.Figure:
    """The figure for the page: all its ids start with `name`, and `description` is its alternative text."""
    import matplotlib

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
    text = text.replace("<svg", f'<svg id="{name}" role="img" aria-label="{label}"', 1).strip()
    return svg.Figure(name, Markup(text), table)


def scenario_drawing(graph: "demes.Graph", name: str, roles: Mapping[str, str]) -> svg.Figure:
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
    svg.Figure
    """
    import demesdraw

    figure, (axis,) = _new_figure(4.5, 4)
    colour_of = {deme: ROLE_COLOURS[role] for role, deme in roles.items()}
    colours = {deme.name: colour_of.get(deme.name, GREY) for deme in graph.demes}
    demesdraw.tubes(graph, ax=axis, log_time=True, seed=1, colours=colours)
    axis.set_title(name)
    names = ", ".join(deme.name for deme in graph.demes)
    words = f"Populations of scenario {name}, one draw of its priors: {names}."
    file_name = "scenario-" + re.sub(r"[^\w-]", "-", name)
    return _page_figure(figure, file_name, words, _events(graph))


def _events(graph: "demes.Graph") -> pd.DataFrame:
    """Sizes of each population by epoch, then migration and pulses; sources are ancestors, or where genes came from."""
    rows: list[dict[str, object]] = []
    for deme in graph.demes:
        of_deme = {"kind": "epoch", "population": deme.name, "sources": ",".join(deme.ancestors)}
        rows += [
            of_deme | {name: getattr(epoch, name) for name in ("start_time", "end_time", "start_size", "end_size")}
            for epoch in deme.epochs
        ]
    for one in graph.migrations:
        times = {"start_time": one.start_time, "end_time": one.end_time}
        rows.append({"kind": "migration", "population": one.dest, "sources": one.source, **times, "rate": one.rate})
    for pulse in graph.pulses:
        shares = ",".join(f"{share:.6g}" for share in pulse.proportions)
        what = {"kind": "pulse", "population": pulse.dest, "sources": ",".join(pulse.sources)}
        rows.append(what | {"start_time": pulse.time, "end_time": pulse.time, "proportions": shares})
    columns = ["kind", "population", "sources", "start_time", "end_time", "start_size", "end_size"]
    return pd.DataFrame(rows, columns=[*columns, "rate", "proportions"])


def learning_curve(curve: pd.DataFrame, task: str) -> svg.Figure:
    """Training and validation loss by epoch.

    Parameters
    ----------
    curve : DataFrame
        Columns epoch, training_loss, validation_loss.
    task : str
        What the network was trained for.

    Returns
    -------
    svg.Figure
    """
    figure, (axis,) = _new_figure(4.5, 3)
    axis.plot(curve["epoch"], curve["training_loss"], color=GREY, label="training")
    axis.plot(curve["epoch"], curve["validation_loss"], color=BLUE, label="validation")
    axis.set_xlabel("epoch")
    axis.set_ylabel("loss")
    axis.legend(frameon=False)
    least = float(curve["validation_loss"].min())
    words = f"Loss of {task} over {len(curve)} epochs; least validation loss {least:.4g}."
    return _page_figure(figure, f"learning-{task}", words, curve)


def precision_recall(curve: pd.DataFrame, average_precision: float) -> svg.Figure:
    """Precision against recall of local calls on unseen genomes.

    Parameters
    ----------
    curve : DataFrame
        Columns recall, precision, in the order in which they are connected.
    average_precision : float
        Told in the alternative text.

    Returns
    -------
    svg.Figure
    """
    figure, (axis,) = _new_figure(4.5, 3.6)
    axis.step(curve["recall"], curve["precision"], where="post", color=BLUE)
    axis.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
    words = f"Precision against recall on unseen simulated genomes. Average precision {average_precision:.3f}."
    return _page_figure(figure, "precision-recall", words, curve)


def predictive(table: pd.DataFrame) -> svg.Figure:
    """The data against the 95 % interval of simulated genomes, one row per statistic.

    Parameters
    ----------
    table : DataFrame
        Columns statistic, summary, median, lower, upper, deviation (in standard deviations), verdict; drawn top to
        bottom, deviations beyond `MAX_DEVIATION` at the edge.

    Returns
    -------
    svg.Figure
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
    words = f"{outside.sum()} of {len(table)} statistics lie outside their simulated interval."
    return _page_figure(figure, "predictive", words, table)
