"""Figures as inline SVG, equal bytes for equal data."""

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from introghost.report.tables import haplotype_labels

if TYPE_CHECKING:
    import demes
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

MAX_CONTIGS = 6
MAX_HAPLOTYPES = 200
MAX_POINTS = 1500
MAX_VECTOR_SEGMENTS = 2000
MAX_STATISTICS = 30
MAX_DEVIATION = 8
NORMAL_WIDTH = 3.92  # of a 95 % interval, in standard deviations
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"


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
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, dpi=120)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'href="#', f'href="#{name}-', text)
    text = text.replace("url(#", f"url(#{name}-")
    label = escape(description)
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip()


def contig_extents(segments: pd.DataFrame, frequency: pd.DataFrame | None) -> dict[str, tuple[int, int]]:
    """Where each contig begins and ends, as far as it was looked at.

    Parameters
    ----------
    segments : DataFrame
        Columns contig, start, end (bp).
    frequency : DataFrame or None
        The same columns for every called bin; used in place of `segments` where it is given.

    Returns
    -------
    dict of str to tuple of int
        First and last position (bp) of each contig, in the order of the rows.
    """
    grouped = (segments if frequency is None else frequency).groupby("contig", sort=False)
    first, last = grouped["start"].min(), grouped["end"].max()
    return {str(name): (int(first[name]), int(last[name])) for name in first.index}


def segment_painting(segments: pd.DataFrame, haplotypes: list[str], extents: dict[str, tuple[int, int]]) -> str:
    """Called segments of each target haplotype along the contigs, coloured by posterior.

    Parameters
    ----------
    segments : DataFrame
        Columns contig, start, end (bp, 0-based half-open), sample, haplotype, mean_posterior.
    haplotypes : list of str
        ``SAMPLE.HAPLOTYPE`` labels, top to bottom; at most `MAX_HAPLOTYPES` are drawn.
    extents : dict of str to tuple of int
        First and last position (bp) of each contig to draw, one panel each.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    drawn = haplotypes[:MAX_HAPLOTYPES]
    height = 1.2 + min(3.8, 0.04 * len(drawn))
    figure, axes = _new_figure(9, height * len(extents), len(extents))
    # Row of each segment's haplotype, from the top; NaN for haplotypes that are not drawn.
    row_of = {label: row for row, label in enumerate(drawn)}
    rows = np.array([row_of.get(label, np.nan) for label in haplotype_labels(segments)], dtype=np.float64)
    for axis, (contig, (start, end)) in zip(axes, extents.items(), strict=True):
        chosen = (segments["contig"] == contig).to_numpy() & ~np.isnan(rows)
        _draw_segments(axis, segments[chosen], rows[chosen])
        axis.set_xlim(start / 1e6, end / 1e6)
        axis.set_ylim(len(drawn) - 0.5, -0.5)
        axis.set_xlabel(f"position on {contig} (Mb)")
        axis.set_ylabel("target haplotype")
    if len(segments):
        figure.colorbar(_posterior_colours(), ax=axes, label="mean posterior", shrink=0.8)
    count = f"{len(segments)} called segments" if len(segments) else "No segment was called"
    return _svg(figure, "painting", f"{count} of {len(haplotypes)} target haplotypes, drawn along the contigs.")


def _draw_segments(axis: "Axes", segments: pd.DataFrame, rows: NDArray[np.float64]) -> None:
    from matplotlib.collections import PolyCollection

    # A rectangle for each segment, in Mb and rows: its four corners, in the order in which they are connected.
    left, right = segments["start"].to_numpy() / 1e6, segments["end"].to_numpy() / 1e6
    top, bottom = rows - 0.45, rows + 0.45
    corners = np.stack([[left, top], [right, top], [right, bottom], [left, bottom]]).transpose(2, 0, 1)
    colours = _posterior_colours().to_rgba(np.asarray(segments["mean_posterior"], dtype=np.float64))
    collection = PolyCollection(list(corners), facecolors=colours)
    collection.set_rasterized(len(segments) > MAX_VECTOR_SEGMENTS)
    axis.add_collection(collection, autolim=False)


def _posterior_colours() -> "ScalarMappable":
    """The colour scale of segments; a called segment's posterior is seldom below one half."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    return ScalarMappable(Normalize(0.5, 1), "cividis_r")


def ghost_frequency(frequency: pd.DataFrame, extents: dict[str, tuple[int, int]]) -> str:
    """Mean posterior over target haplotypes along each contig.

    Parameters
    ----------
    frequency : DataFrame
        Columns contig, start, end (bp), value in [0, 1]; averaged down to at most `MAX_POINTS` points a contig.
    extents : dict of str to tuple of int
        First and last position (bp) of each contig to draw.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    figure, axes = _new_figure(9, 1.9 * len(extents), len(extents))
    for axis, (contig, (start, end)) in zip(axes, extents.items(), strict=True):
        rows = frequency[frequency["contig"] == contig]
        # Means over runs of `step` bins, so few that a point is not thinner than a pixel.
        step = max(1, -(-len(rows) // MAX_POINTS))
        group = np.arange(len(rows)) // step
        middle = ((rows["start"] + rows["end"]) / 2e6).groupby(group).mean()
        value = rows["value"].groupby(group).mean()
        axis.fill_between(middle, value, step="mid", color=BLUE, alpha=0.8, linewidth=0)
        axis.set_ylim(0, max(0.05, 1.1 * float(value.max()) if len(value) else 0))
        axis.set_xlabel(f"position on {contig} (Mb)")
        axis.set_ylabel("ghost frequency")
        axis.set_xlim(start / 1e6, end / 1e6)
    return _svg(figure, "frequency", "Estimated frequency of ghost ancestry in the target along the contigs.")


def scenario_drawing(graph: "demes.Graph", name: str) -> str:
    """One draw of a scenario as a tube drawing; time in generations, logarithmic.

    Parameters
    ----------
    graph : demes.Graph
    name : str
        Of the scenario, the title of the figure.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    import demesdraw

    figure, (axis,) = _new_figure(4.5, 4)
    demesdraw.tubes(graph, ax=axis, log_time=True, seed=1)
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


def reliability(table: pd.DataFrame) -> str:
    """Observed frequency against mean probability in bins of equal mass.

    Parameters
    ----------
    table : DataFrame
        Columns mean_probability, observed_frequency, a row for each bin.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    figure, (axis,) = _new_figure(4.5, 3.6)
    axis.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1)
    axis.plot(table["mean_probability"], table["observed_frequency"], color=ORANGE, marker="o", markersize=4)
    axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="called probability", ylabel="observed frequency")
    return _svg(
        figure, "reliability", "Observed frequency against called probability; the diagonal is perfect calibration."
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
