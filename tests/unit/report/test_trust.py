"""How far to trust a model: figures show the values of the tables, and where the data are."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report_inputs import write_tsv

from introghost.errors import DataError
from introghost.evaluation.power import CLASSES, class_name
from introghost.report import trust
from introghost.report.plots import Axis

NAMESPACE = "{http://www.w3.org/2000/svg}"
LEFT, TOP, SIZE = 56, 10, 250


def elements(drawing: str, tag: str, class_: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(drawing)
    return [one for one in root.iter(f"{NAMESPACE}{tag}") if class_ in one.get("class", "").split()]


def numbers(elements_: list[ElementTree.Element], *names: str) -> np.ndarray:
    return np.array([[float(one.get(name, "nan")) for name in names] for one in elements_])


def titles(drawing: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(drawing).iter(f"{NAMESPACE}title")]


@pytest.mark.parametrize(("low", "high", "is_log"), [(0, 1, False), (2, 7.9, False), (2, 8, True), (-1, 8, False)])
def test_an_axis_is_logarithmic_if_it_spans_much(low: float, high: float, is_log: bool) -> None:
    axis = Axis(low, high, 10, 100)
    assert axis.is_log == is_log
    assert (axis.place(low), axis.place(high), axis.place(high + 1)) == (10, 110, 110)
    middle = np.sqrt(low * high) if is_log else (low + high) / 2
    assert axis.place(middle) == pytest.approx(60)
    assert 2 <= len(axis.ticks()) <= 6
    assert all(low <= tick <= high for tick in axis.ticks())


def test_reliability_has_dots_intervals_and_counts_where_the_table_says() -> None:
    table = pd.DataFrame(
        {
            "lowest": [0.0, 0.7], "highest": [0.1, 0.8], "mean_probability": [0.02, 0.75],
            "observed_frequency": [0.01, 0.6], "lower": [0.0, 0.5], "upper": [0.03, np.nan], "count": [9_999, 99],
        }
    )  # fmt: skip
    table.loc[1, "lower"] = np.nan
    drawing = trust.reliability(table, "reliability").drawing
    dots = numbers(elements(drawing, "circle", "dot"), "cx", "cy")
    np.testing.assert_allclose((dots[:, 0] - LEFT) / SIZE, [0.02, 0.75], atol=1e-4)
    np.testing.assert_allclose((TOP + SIZE - dots[:, 1]) / SIZE, [0.01, 0.6], atol=1e-4)
    ((y_low, y_high),) = numbers(elements(drawing, "line", "whisker"), "y1", "y2")
    np.testing.assert_allclose([(TOP + SIZE - y) / SIZE for y in (y_low, y_high)], [0, 0.03], atol=1e-4)
    heights = numbers(elements(drawing, "rect", "bar"), "height").ravel()
    np.testing.assert_allclose(heights / heights[0], [1, 0.5], atol=0.01)
    assert "probability 0.75: observed 0.60 of 99" in titles(drawing)


def write_power(folder: Path) -> None:
    names = ["ghost", *(class_name("ghost", *ends) for ends in CLASSES)]
    values = [0.5, *np.linspace(0.2, 0.9, len(CLASSES))]
    rows = [
        (against, name, metric, value if against == "all" else 0.99, value / 2, 1.0, 30, regions)
        for against in ("no_ghost", "all")
        for regions in (6, 30)
        for metric in ("area_under_roc", "power")
        for name, value in zip(names, values, strict=True)
    ]
    columns = ["against", "genomes_of", "metric", "value", "lower", "upper", "genomes", "regions"]
    folder.mkdir(exist_ok=True)
    pd.DataFrame(rows, columns=columns).to_csv(folder / "power.tsv", sep="\t", index=False)


@pytest.mark.parametrize(("proportion", "number_here"), [(None, 0), (0.03, 1), (0.9, 0)])
def test_power_is_drawn_by_proportion_and_marks_the_data(
    tmp_path: Path, proportion: float | None, number_here: int
) -> None:
    write_power(tmp_path)
    (figure,) = trust.figures(tmp_path, proportion)
    bars = elements(figure.figure.drawing, "rect", "bar")
    heights = numbers(bars, "height").ravel()
    np.testing.assert_allclose(heights / 170, np.linspace(0.2, 0.9, len(CLASSES)), atol=1e-3)
    here = [one for one in bars if "here" in (one.get("class") or "")]
    assert len(here) == number_here
    if here:
        place = next(index for index, (low, high) in enumerate(CLASSES) if proportion and low <= proportion < high)
        assert here[0] is not None
        assert bars.index(here[0]) == place
    assert ("your data" in str(figure.figure.drawing)) == bool(number_here)
    assert ("Outlined: where your data are." in figure.caption) == bool(number_here)


@pytest.mark.parametrize(("num_regions", "shown"), [(None, 30), (40, 30), (12, 6), (1, 6)])
def test_power_is_that_of_genomes_as_large_as_the_data(tmp_path: Path, num_regions: int | None, shown: int) -> None:
    write_power(tmp_path)
    table = pd.read_csv(tmp_path / "power.tsv", sep="\t")
    table.loc[table["regions"] == 6, "value"] /= 2
    table.to_csv(tmp_path / "power.tsv", sep="\t", index=False)
    (figure,) = trust.figures(tmp_path, 0.03, num_regions)
    assert f"the share of genomes of {shown} regions of the scenario ghost" in figure.caption
    heights = numbers(elements(figure.figure.drawing, "rect", "bar"), "height").ravel()
    np.testing.assert_allclose(
        heights / 170, np.linspace(0.2, 0.9, len(CLASSES)) / (1 if shown == 30 else 2), atol=1e-3
    )


def test_the_confusion_is_in_shares_of_each_row(tmp_path: Path) -> None:
    write_tsv(tmp_path / "model_choice_confusion.tsv", truth=["a", "a", "b"], assigned=["a", "b", "b"],
              count=[30, 10, 5], mean_p_ghost=[0.5] * 3)  # fmt: skip
    (figure,) = trust.figures(tmp_path)
    shares = numbers(elements(figure.figure.drawing, "rect", "bar"), "fill-opacity").ravel().tolist()
    assert shares == [0.75, 0.25, 0, 1]
    assert "a taken for b: 25 %" in titles(figure.figure.drawing)
    assert "on average 88 % of the genomes are assigned to their own" in str(figure.figure.drawing)


def test_coverage_is_a_line_for_each_parameter_and_ranks_a_histogram(tmp_path: Path) -> None:
    write_tsv(tmp_path / "posterior_coverage.tsv", parameter=["x", "y", "x", "y"], level=[0.9, 0.5, 0.5, 0.9],
              coverage=[0.8, 0.5, 0.4, 0.9], regions=[30] * 4)  # fmt: skip
    ranks = np.r_[np.full(30, 0.05), np.linspace(0.11, 0.99, 10)]
    write_tsv(tmp_path / "posterior_ranks.tsv", x=list(ranks), y=list(np.linspace(0.01, 0.99, 40)), regions=[30] * 40)
    coverage, histogram = trust.figures(tmp_path)
    lines = [
        re.findall(r"([\d.]+),([\d.]+)", one.get("points", ""))
        for one in elements(coverage.figure.drawing, "polyline", "curve")
    ]
    drawn = (np.array(lines, dtype=float) - [LEFT, TOP + SIZE]) / [SIZE, -SIZE]
    np.testing.assert_allclose(drawn, [[[0.5, 0.4], [0.9, 0.8]], [[0.5, 0.5], [0.9, 0.9]]], atol=0.001)
    heights = numbers(elements(histogram.figure.drawing, "rect", "bar"), "height").ravel()
    assert len(heights) == 20
    counts, _ = np.histogram(ranks, 10, (0, 1))
    np.testing.assert_allclose(heights[:10] / heights[0], counts / counts[0], atol=0.01)


def test_tables_that_are_not_there_are_left_out_and_damaged_ones_refused(tmp_path: Path) -> None:
    assert trust.figures(tmp_path) == []
    write_tsv(tmp_path / "reliability.tsv", mean_probability=[0.1])
    with pytest.raises(DataError, match=r"reliability\.tsv: column lowest"):
        trust.figures(tmp_path)
