"""The picture of the genome: what is drawn is read back from the SVG, in the units of the data."""

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from introghost.report import karyogram, svg
from introghost.report.genome import Contig, Stretch

NAMESPACE = "{http://www.w3.org/2000/svg}"
PLOT_WIDTH = 960 - karyogram.LABEL_WIDTH - karyogram.RIGHT_MARGIN


def contig(name: str, frequency: list[float], bin_bp: int = 10_000, start_bp: int = 0) -> Contig:
    starts = start_bp + bin_bp * np.arange(len(frequency))
    values = np.array(frequency)
    return Contig(name, starts, starts + bin_bp, ~np.isnan(values), np.nan_to_num(values))


def rectangles(drawing: str, class_: str) -> list[tuple[float, float, int]]:
    """Left and right end, as shares of the plot, and row of every rectangle of a class in the one path of it."""
    paths = [
        one
        for one in ElementTree.fromstring(drawing).iter(f"{NAMESPACE}path")
        if class_ in one.get("class", "").split()
    ]
    found = re.findall(r"M([\d.]+) ([\d.]+)H([\d.]+)", "".join(one.get("d", "") for one in paths))
    return [
        (
            (float(left) - karyogram.LABEL_WIDTH) / PLOT_WIDTH,
            (float(right) - karyogram.LABEL_WIDTH) / PLOT_WIDTH,
            round((float(y) - karyogram.SCALE_TOP) / karyogram.ROW_STEP),
        )
        for left, y, right in found
    ]


def words(drawing: str, tag: str = "text") -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(drawing).iter(f"{NAMESPACE}{tag}")]


def test_names_with_characters_that_xml_does_not_have_are_drawn_all_the_same() -> None:
    drawn = svg.figure("x", "a\x01b", pd.DataFrame(), 10, [svg.text("c\x00\td", 1, 1)])
    root = ElementTree.fromstring(str(drawn.drawing))
    assert (root.get("aria-label"), root[0].text) == ("a\ufffdb", "c\ufffd\td")


def test_runs_of_bins_stand_where_they_are_in_the_colour_of_their_frequency() -> None:
    first, second = contig("1", [0, 0.8, 0.8, 0, np.nan]), contig("22", [0.1, 0, 0.8])
    drawing = karyogram.karyogram([first, second], [Stretch("22", 20_000, 30_000, 0.8)]).drawing
    np.testing.assert_allclose(rectangles(drawing, "p7"), [(0.2, 0.6, 0), (0.4, 0.6, 1)], atol=0.002)
    np.testing.assert_allclose(rectangles(drawing, "p1"), [(0, 0.2, 1)], atol=0.002)
    np.testing.assert_allclose(rectangles(drawing, "unknown"), [(0.8, 1, 0)], atol=0.002)
    assert [name for name in words(drawing) if name in ("1", "22")] == ["1", "22", "1"], "two rows and the peak's mark"
    assert "22:1–30,000" in words(drawing, "title")


def test_contigs_that_do_not_begin_at_0_stand_where_they_are() -> None:
    """Chromosome 22, whose first record is at 16 Mb, beside chromosome 1."""
    drawn = karyogram.karyogram(
        [contig("1", [0.8, 0, 0, 0, 0, 0, 0, 0, 0, 0], 10_000_000), contig("22", [0, 0.8], 10_000_000, 30_000_000)],
        [Stretch("22", 40_000_000, 50_000_000, 0.8)],
    ).drawing
    np.testing.assert_allclose(rectangles(drawn, "p7"), [(0, 0.1, 0), (0.4, 0.5, 1)], atol=0.002)
    grounds = [
        one
        for one in ElementTree.fromstring(drawn).iter(f"{NAMESPACE}rect")
        if one.find(f"{NAMESPACE}title") is not None
    ]
    left = [(float(one.get("x", "nan")) - karyogram.LABEL_WIDTH) / PLOT_WIDTH for one in grounds]
    np.testing.assert_allclose(left, [0, 0.3], atol=0.002)
    marks = [one for one in ElementTree.fromstring(drawn).iter(f"{NAMESPACE}text") if one.get("class") == "mark"]
    place = (float(marks[0].get("x", "nan")) - karyogram.LABEL_WIDTH) / PLOT_WIDTH
    assert place == pytest.approx(0.45, abs=0.002)


def test_marks_that_would_overlap_stand_side_by_side() -> None:
    peaks = [Stretch("1", start, start + 10_000, 0.5) for start in (400_000, 410_000, 900_000, 405_000)]
    drawing = karyogram.karyogram([contig("1", [0.5] * 100)], peaks).drawing
    root = ElementTree.fromstring(drawing)
    places = {
        one.text: float(one.get("x", "nan")) for one in root.iter(f"{NAMESPACE}text") if one.get("class") == "mark"
    }
    middle = {name: karyogram.LABEL_WIDTH + PLOT_WIDTH * share for name, share in (("1", 0.405), ("3", 0.905))}
    assert places["1"] == pytest.approx(middle["1"], abs=0.01)
    assert places["3"] == pytest.approx(middle["3"], abs=0.01)
    assert places["4"] - places["1"] >= 10, "that of the next peak to the right"
    assert places["2"] - places["4"] >= 10


def test_marks_at_the_end_of_the_longest_contig_stay_in_the_drawing() -> None:
    peaks = [Stretch("1", start, start + 5_000, 0.5) for start in range(960_000, 1_000_000, 5_000)]
    drawing = karyogram.karyogram([contig("1", [0.5] * 100)], peaks).drawing
    root = ElementTree.fromstring(drawing)
    places = sorted(float(one.get("x", "nan")) for one in root.iter(f"{NAMESPACE}text") if one.get("class") == "mark")
    assert len(places) == 8
    assert places[-1] + 4 <= 960 + 0.5
    assert min(right - left for left, right in pairwise(places)) >= 7


def test_the_table_of_the_picture_has_runs_of_bins_of_one_frequency() -> None:
    first, second = contig("1", [0, 0.8, 0.8, 0, np.nan]), contig("2", [0.1, 0.1])
    gap = Contig(
        "2", second.starts_bp + np.array([0, 7_000]), second.ends_bp + 5_000, second.is_called, second.frequency
    )
    table = karyogram.karyogram([first, gap]).table
    rows = [list(row) for row in table.fillna(-1).itertuples(index=False)]
    assert rows == [
        ["1", 0, 10_000, 0.0], ["1", 10_000, 30_000, 0.8], ["1", 30_000, 40_000, 0.0], ["1", 40_000, 50_000, -1.0],
        ["2", 0, 15_000, 0.1], ["2", 17_000, 25_000, 0.1],
    ]  # fmt: skip


def test_the_highest_frequency_of_a_pixel_is_shown() -> None:
    heights = [0.0] * 20_000
    heights[7_777] = 0.5
    ((left, right, _),) = rectangles(karyogram.karyogram([contig("1", heights)]).drawing, "p7")
    assert left <= 7_777 / 20_000 < right
    assert (right - left) * PLOT_WIDTH == pytest.approx(karyogram.PIXEL, abs=0.2)


def test_scaffolds_share_rows_and_chromosomes_do_not() -> None:
    few = [contig(str(number), [0.5] * 10) for number in range(24)]
    assert {row for *_, row in rectangles(karyogram.karyogram(few).drawing, "p7")} == set(range(24))
    many = [contig(f"scaffold_number_{number}", [0.5] * 2) for number in range(200)]
    drawn = rectangles(karyogram.karyogram(many).drawing, "p7")
    assert len(drawn) == 200
    assert max(row for *_, row in drawn) < karyogram.MOST_SINGLE_ROWS
    ends = {row: [(left, right) for left, right, at in drawn if at == row] for *_, row in drawn}
    assert all(before[1] <= after[0] for row in ends.values() for before, after in pairwise(row))
    assert max(right for _, right, _ in drawn) <= 1.001
    assert words(karyogram.karyogram(many).drawing)[-1] == "50 kb", "a scale in place of positions"


def test_a_single_locus_has_its_own_positions() -> None:
    drawing = karyogram.karyogram([contig("1", [0.5] * 80, 10_000, 97_500_000)]).drawing
    assert [word for word in words(drawing) if re.fullmatch(r"9\d\.\d", word)] == ["97.6", "97.8", "98.0", "98.2"]


def segments_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "contig": ["1", "1", "1", "2", "1"],
            "start": [100, 100, 400, 100, 5_000],
            "end": [300, 200, 500, 300, 6_000],
            "sample": ["A", "B", "A", "C", "D"],
            "haplotype": [0, 1, 0, 0, 0],
            "mean_posterior": [1.0, 0.5, 0.75, 1.0, 1.0],
            "num_private_alleles": [7, 0, 3, 1, 1],
        }
    )


def test_an_enlarged_peak_has_a_row_for_each_haplotype_and_tells_of_each_segment() -> None:
    window = Stretch("1", 0, 1_000, 0.5)
    drawing = karyogram.enlarged(3, Stretch("1", 100, 200, 0.5), window, segments_table(), 0.5, 10).drawing
    boxes = {
        one.find(f"{NAMESPACE}title").text: one  # type: ignore[union-attr]
        for one in ElementTree.fromstring(drawing).iter(f"{NAMESPACE}rect")
        if one.find(f"{NAMESPACE}title") is not None
    }
    assert set(boxes) == {
        "A.0 · 1:101–300 · posterior 1.00 · 7 private alleles",
        "B.1 · 1:101–200 · posterior 0.50 · 0 private alleles",
        "A.0 · 1:401–500 · posterior 0.75 · 3 private alleles",
    }
    sure, least, other = (boxes[name] for name in boxes)
    assert [one.get("class") for one in (sure, least, other)] == ["p7", "p0", "p4"]
    assert sure.get("y") == other.get("y") != least.get("y")
    left = [(float(one.get("x", "nan")) - karyogram.LABEL_WIDTH) / PLOT_WIDTH for one in (sure, least, other)]
    np.testing.assert_allclose(left, [0.1, 0.1, 0.4], atol=0.002)
    np.testing.assert_allclose(float(sure.get("width", "nan")) / PLOT_WIDTH, 0.2, atol=0.002)
    assert "3: 2 of 10 haplotypes have a segment here" in words(drawing)


def test_similar_haplotypes_stand_side_by_side_and_most_called_ones_on_top() -> None:
    patterns = {"a": [(0, 900)], "b": [(500, 600)], "c": [(0, 880)], "d": [(500, 590)], "e": [(20, 900)]}
    rows = [(name, start, end) for name, parts in patterns.items() for start, end in parts]
    table = pd.DataFrame(rows, columns=["sample", "start", "end"]).assign(
        contig="1", haplotype=0, mean_posterior=0.9, num_private_alleles=1
    )
    window = Stretch("1", 0, 1_000, 1.0)
    drawing = karyogram.enlarged(1, window, window, table, 0.5, 5).drawing
    heights = {
        (one.find(f"{NAMESPACE}title").text or "")[0]: float(one.get("y", "nan"))  # type: ignore[union-attr]
        for one in ElementTree.fromstring(drawing).iter(f"{NAMESPACE}rect")
        if one.find(f"{NAMESPACE}title") is not None
    }
    order = sorted(heights, key=heights.__getitem__)
    assert set(order[:3]) == {"a", "c", "e"}
    assert set(order[3:]) == {"b", "d"}


def test_more_haplotypes_than_there_are_rows_are_told() -> None:
    number = karyogram.MOST_HAPLOTYPES + 50
    table = pd.DataFrame(
        {
            "contig": "1",
            "start": 0,
            "end": 1_000,
            "sample": [f"s{index}" for index in range(number)],
            "haplotype": 0,
            "mean_posterior": 0.9,
            "num_private_alleles": 1,
        }
    )
    window = Stretch("1", 0, 1_000, 1.0)
    drawing = karyogram.enlarged(1, window, window, table, 0.5, number).drawing
    assert f"1: {number} of {number} haplotypes have a segment here; {karyogram.MOST_HAPLOTYPES} are drawn" in words(
        drawing
    )
