"""Runs of flags and bins on a grid, against loops."""

import doctest
import itertools

import numpy as np
import pytest

from introghost import arrays, tsv


@pytest.mark.parametrize("flags", ["", "0", "1", "0110", "1011", "111", "0101"])
def test_runs_are_those_of_a_loop(flags: str):
    expected, first = [], None
    for index, flag in enumerate([*flags, "0"]):
        if flag == "1" and first is None:
            first = index
        elif flag == "0" and first is not None:
            expected.append([first, index])
            first = None
    runs = arrays.runs(np.array([flag == "1" for flag in flags], dtype=bool))
    assert runs.shape == (len(expected), 2)
    assert runs.tolist() == expected


@pytest.mark.parametrize(("start", "end", "bin_bp"), [(0, 30, 10), (7, 30, 10), (5, 6, 10), (5, 5, 10), (0, 31, 1)])
def test_bins_cover_a_stretch_and_end_with_it(start: int, end: int, bin_bp: int):
    edges = arrays.bin_edges_bp(start, end, bin_bp).tolist()
    bins = [(first, min(first + bin_bp, end)) for first in range(start, end, bin_bp)]
    assert list(itertools.pairwise(edges)) == bins
    assert arrays.num_bins(end - start, bin_bp) == len(bins)


@pytest.mark.parametrize("module", [arrays, tsv])
def test_examples_are_what_they_say(module: object):
    assert doctest.testmod(module, extraglobs={"np": np}) == (0, 2 if module is arrays else 1)  # type: ignore[arg-type]
