"""Windows against slow twins, and the errors of files that do not fit together."""

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.haplotypes import GeneticMap
from introghost.simulation.windows import Window, Windows

RNG = np.random.default_rng(20260111)


def intervals(*pairs: tuple[int, int]) -> NDArray[np.int64]:
    return np.array(pairs, dtype=np.int64)


def genetic_map(*points: tuple[float, float]) -> GeneticMap:
    position, centimorgans = np.array(points, dtype=float).T
    return GeneticMap(position, centimorgans)


def random_intervals(end: int, number: int) -> NDArray[np.int64]:
    return np.sort(RNG.choice(end, 2 * number, replace=False)).reshape(-1, 2)


def random_map(end: int, number: int) -> GeneticMap:
    steps = RNG.exponential(0.01, number) * (RNG.random(number) < 0.7)
    return GeneticMap(np.sort(RNG.choice(end, number, replace=False)).astype(float), np.cumsum(steps))


def test_callable_intervals_are_those_of_every_base() -> None:
    mask = random_intervals(3000, 40)
    bases = np.zeros(4000, dtype=bool)
    for start, end in mask:
        bases[start:end] = True
    windows = Windows({"1": mask})
    starts = [*RNG.integers(0, 3200, 60), *mask.ravel()]
    for start, length in itertools.product(starts, (1, 7, 300, 800)):
        found = windows.callable_in(Window("1", int(start)), length)
        again = np.zeros(length, dtype=bool)
        for left, right in found:
            assert 0 <= left < right <= length
            again[left:right] = True
        np.testing.assert_array_equal(again, bases[start : start + length])
        assert (np.diff(found.ravel()) > 0).all()


def test_rates_are_the_differences_of_the_map() -> None:
    given = random_map(1_000_000, 500)
    windows = Windows(None, {"1": given})
    mean = np.ptp(given.centimorgans) / np.ptp(given.positions_bp)

    def centimorgans(position: float) -> float:
        """One point at a time, the map drawn on beyond its ends with its mean slope."""
        first, last = given.positions_bp[0], given.positions_bp[-1]
        if position < first:
            return float(given.centimorgans[0] - mean * (first - position))
        if position > last:
            return float(given.centimorgans[-1] + mean * (position - last))
        return float(np.interp(position, given.positions_bp, given.centimorgans))

    on_and_before_points = given.positions_bp[100:500:100].astype(np.int64)
    for start in [*RNG.integers(0, 1_000_000, 30), *on_and_before_points, *(on_and_before_points - 1)]:
        length = int(RNG.integers(20_000, 400_000))
        rates = windows.rates(Window("1", int(start)), length, fallback_rate=1.0)
        assert rates.sequence_length == length
        for left, right in np.sort(RNG.integers(0, length + 1, (50, 2)), axis=1):
            mass = rates.get_cumulative_mass(right) - rates.get_cumulative_mass(left)
            assert mass == pytest.approx((centimorgans(start + right) - centimorgans(start + left)) / 100, abs=1e-12)


def test_a_stretch_without_crossovers_is_kept_and_a_window_without_any_falls_back() -> None:
    windows = Windows(None, {"1": genetic_map((0, 0), (1000, 1), (3000, 1), (4000, 2))})
    partly = windows.rates(Window("1", 500), 1000, fallback_rate=3e-8)
    assert partly.rate == pytest.approx([1e-5, 0])
    wholly = windows.rates(Window("1", 1500), 1000, fallback_rate=3e-8)
    assert wholly.rate.tolist() == [3e-8]


def test_contigs_are_drawn_by_length_and_starts_alike() -> None:
    # 11 starts of 10 bp on 20 bp of the first contig, 31 on 40 bp of the second.
    windows = Windows({"1": intervals((5, 8), (9, 25)), "2": intervals((0, 40))})
    drawn = [windows.draw(10, seed) for seed in range(1, 6_001)]
    first = [Window("1", s) for s in range(5, 16)]
    starts = first + [Window("2", s) for s in range(31)]
    counts = np.array([drawn.count(window) for window in starts])
    assert counts.sum() == len(drawn)
    expected = len(drawn) * np.where([window in first for window in starts], 1 / 3 / 11, 2 / 3 / 31)
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    freedom = len(starts) - 1
    assert abs(chi_squared - freedom) < 4 * np.sqrt(2 * freedom)
    assert windows.draw(10, 5) == windows.draw(10, 5)


def test_a_window_in_a_masked_desert_is_drawn_again() -> None:
    windows = Windows({"1": intervals((0, 1000), (19_000, 20_000))})
    for seed in range(1, 100):
        window = windows.draw(1000, seed)
        assert windows.callable_in(window, 1000).size
        assert np.diff(windows.callable_in(window, 1000)).sum() >= 100


def test_windows_lie_in_the_wanted_regions() -> None:
    windows = Windows({"chr1": intervals((0, 10_000)), "2": intervals((0, 10_000))}, None, [("1", 2000, 2500)])
    starts = {windows.draw(491, seed).start_bp for seed in range(1, 200)}
    assert starts == set(range(2000, 2010))
    longer = {windows.draw(600, seed).start_bp for seed in range(1, 3000)}
    assert longer == set(range(1900, 2001)), "a region shorter than the window lies anywhere inside it"
    with pytest.raises(DataError, match="wanted regions"):
        Windows({"1": intervals((0, 100))}, None, [("1", 200, 300)])


def test_windows_lie_inside_both_files() -> None:
    windows = Windows({"1": intervals((100, 900))}, {"1": genetic_map((300.5, 0), (2000, 1))})
    starts = {windows.draw(590, seed).start_bp for seed in range(1, 300)}
    assert starts == set(range(301, 311))


@pytest.mark.parametrize(("mask_name", "map_name"), [("1", "chr1"), ("chr1", "1"), ("1", "1"), ("chr1", "")])
def test_contigs_are_found_with_and_without_prefix(mask_name: str, map_name: str) -> None:
    windows = Windows({mask_name: intervals((0, 500))}, {map_name: genetic_map((0, 0), (1000, 1))})
    window = windows.draw(200, 1)
    assert window.contig == mask_name
    for name in ("1", "chr1"):
        assert windows.callable_in(Window(name, window.start_bp), 200).tolist() == [[0, 200]]
        assert windows.rates(Window(name, window.start_bp), 200, fallback_rate=1).rate == pytest.approx([1e-5])


def test_a_contig_shorter_than_the_region_lies_inside_the_window() -> None:
    windows = Windows({"1": intervals((50, 80), (90, 100))})
    assert windows.draw(1000, 3) == Window("1", 0), "there is nothing before the contig"
    assert windows.callable_in(Window("1", 0), 1000).tolist() == [[50, 80], [90, 100]]


def test_a_mask_without_a_callable_base_is_refused() -> None:
    windows = Windows({"1": intervals((0, 1), (10**9, 10**9 + 1))})
    with pytest.raises(DataError, match="left out"):
        windows.draw(1000, 1)


def test_contigs_that_only_one_file_has_are_left_out() -> None:
    windows = Windows(
        {"1": intervals((0, 100)), "2": intervals((0, 10**9))},
        {"1": genetic_map((0, 0), (100, 1)), "3": genetic_map((0, 0), (100, 1))},
    )
    assert {windows.draw(10, seed).contig for seed in range(1, 50)} == {"1"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, None), "share no stretch"),
        (({"1": intervals((0, 9))}, {"2": genetic_map((0, 0), (9, 1))}), r"contigs 1\).*contigs 2\).*same build"),
        (({"1": intervals((0, 9))}, {"1": genetic_map((50, 0), (99, 1))}), "share no stretch"),
        ((None, {"1": genetic_map((0, 5), (99, 5))}), "contig '1': the genetic map has no crossover in 2 points"),
        ((None, {"1": genetic_map((0, 5))}), "no crossover in 1 points"),
    ],
)
def test_files_that_do_not_fit_are_refused(arguments: tuple[Any, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Windows(*arguments)


def test_without_files_of_a_kind_everything_is_callable_and_rates_are_constant() -> None:
    only_map = Windows(None, {"1": genetic_map((0, 0), (1000, 1))})
    assert only_map.has_map
    assert only_map.callable_in(Window("1", 3), 50).tolist() == [[0, 50]]
    only_mask = Windows({"1": intervals((0, 1000))})
    assert not only_mask.has_map
    assert only_mask.rates(Window("1", 3), 50, fallback_rate=2e-8).rate.tolist() == [2e-8]
    assert len(only_mask.callable_in(Window("7", 3), 50)) == 0


def test_the_longest_stretch_is_that_of_the_mask() -> None:
    mask = {"1": intervals((1000, 2000), (5000, 9000)), "2": intervals((0, 3000)), "3": intervals((0, 50_000))}
    assert Windows(mask).longest_bp == 50_000
    wanted = [("1", 6000, 7000), ("2", 0, None)]
    assert Windows(mask, regions=wanted).longest_bp == 8000, "a window reaches beyond what is wanted, not the mask"
    assert Windows(None, {"1": genetic_map((0, 0), (1000, 1))}).longest_bp is None
