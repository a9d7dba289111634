"""Frequency along the genome, its peaks and its deserts."""

import numpy as np
import pandas as pd
import pytest

from introghost.report import genome
from introghost.report.genome import Contig, Stretch


def bins(contig: str, number: int, start_bp: int = 0, uncalled: tuple[int, ...] = ()) -> pd.DataFrame:
    starts = start_bp + 10 * np.arange(number)
    called = ~np.isin(np.arange(number), uncalled)
    return pd.DataFrame({"contig": contig, "start": starts, "end": starts + 10, "called": called})


def contig(frequency: list[float], uncalled: tuple[int, ...] = (), bin_bp: int = 10) -> Contig:
    starts = bin_bp * np.arange(len(frequency))
    is_called = ~np.isin(np.arange(len(frequency)), uncalled)
    return Contig("1", starts, starts + bin_bp, is_called, np.array(frequency))


def test_the_frequency_is_the_share_of_haplotypes_with_a_segment_in_a_bin() -> None:
    rng = np.random.default_rng(1)
    table = pd.concat([bins("2", 30, 95), bins("1", 20, 0, (3,))])
    starts = rng.integers(0, 20, 40)
    segments = pd.DataFrame(
        {"contig": rng.choice(["1", "2"], 40), "start": starts, "end": np.minimum(starts + rng.integers(1, 8, 40), 20)}
    )
    segments[["start", "end"]] *= 10
    segments.loc[segments["contig"] == "2", ["start", "end"]] += 95
    made = genome.contigs(table, segments, 50)
    assert [one.name for one in made] == ["2", "1"], "in the order of the bins"
    assert (made[0].start_bp, made[0].end_bp) == (95, 395)
    assert not made[1].is_called[3]
    for one in made:
        own = segments[segments["contig"] == one.name]
        naive = [
            sum(start < right and end > left for start, end in zip(own["start"], own["end"], strict=True)) / 50
            for left, right in zip(one.starts_bp, one.ends_bp, strict=True)
        ]
        np.testing.assert_allclose(one.frequency, naive)


def test_the_frequency_at_a_position_is_that_of_its_bin() -> None:
    one = contig([0.1, 0.2, 0.3])
    shifted = Contig("1", one.starts_bp + 100, one.ends_bp + 100, one.is_called, one.frequency)
    np.testing.assert_allclose(
        shifted.frequency_at(np.array([99, 100, 109, 110, 129, 130])), [0, 0.1, 0.1, 0.2, 0.3, 0]
    )


def test_peaks_stand_out_and_the_highest_comes_first() -> None:
    # A shoulder at .5 is no peak of its own, and neither is a ripple on top; .3 is, and the contig's last bin.
    heights = [0, 0.1, 0.5, 0.5, 0.8, 0.7, 0.8, 0.2, 0, 0.3, 0, 0, 0.4]
    made = genome.peaks([contig(heights, bin_bp=20_000)], 10)
    assert made == [
        Stretch("1", 40_000, 140_000, 0.8),
        Stretch("1", 240_000, 260_000, 0.4),
        Stretch("1", 180_000, 200_000, 0.3),
    ]


def test_a_peak_beside_a_higher_one_is_part_of_it() -> None:
    heights = [0, 0.5, 0, 0.8, 0, 0.3]
    assert genome.peaks([contig(heights, bin_bp=10_000)], 10) == [Stretch("1", 30_000, 40_000, 0.8)]
    assert len(genome.peaks([contig(heights, bin_bp=25_000)], 10)) == 3


def test_a_single_carrier_is_no_peak() -> None:
    assert genome.peaks([contig([0, 0.1, 0])], 10) == []
    assert genome.peaks([contig([0, 0.5, 0])], 2) == [Stretch("1", 10, 20, 0.5)], "of one individual"
    many = [0.2 + 0.01 * (index % 7) if index % 2 else 0.0 for index in range(60)]
    made = genome.peaks([contig(many, bin_bp=25_000)], 10)
    assert len(made) == 30
    assert [one.frequency for one in made] == sorted((one.frequency for one in made), reverse=True)


def test_peaks_of_one_height_do_not_overlap() -> None:
    made = genome.peaks([contig([0, 0.8, 0.5, 0.8, 0])], 10)
    assert made == [Stretch("1", 10, 40, 0.8)]


def test_a_margin_stays_within_the_contig() -> None:
    one = contig([0.0] * 10)
    assert Stretch("1", 20, 30, 0.5).widened(15, one) == Stretch("1", 5, 45, 0.5)
    assert Stretch("1", 20, 30, 0.5).widened(1000, one) == Stretch("1", 0, 100, 0.5)


@pytest.mark.parametrize(
    ("uncalled", "expected"),
    [((), [(30, 80), (0, 20)]), ((5,), [(0, 20), (30, 50), (60, 80)])],
)
def test_deserts_are_the_longest_runs_of_called_bins_without_a_segment(
    monkeypatch: pytest.MonkeyPatch, uncalled: tuple[int, ...], expected: list[tuple[int, int]]
) -> None:
    monkeypatch.setattr(genome, "LEAST_DESERT_BP", 15)
    made = genome.deserts([contig([0, 0, 0.5, 0, 0, 0, 0, 0, 0.1, 0], uncalled)])
    assert [(one.start_bp, one.end_bp) for one in made] == expected
