"""Posteriors given those of their file: right where the network alone is too sure, or not sure enough."""

import dataclasses
import json
import math

import numpy as np
import pytest

from introghost.evaluation.metrics import expected_calibration_error
from introghost.inference import file_calibration
from introghost.inference.file_calibration import BEND, LEVELS, SPREADS, UNKNOWN, FileCalibration, posterior_spread

CALIBRATION = FileCalibration(
    mean=(-2.0, -1.5, -2.5, -3.0),
    deviation=(0.5, 1.0, 1.0, 2.0),
    height=-1.0,
    height_by_spread=(0.5, -0.25, 1.0, 0.125),
    slope_below=1.5,
    slope=0.5,
    slope_above=1.0,
    slope_by_spread=(0.0, 0.25, -0.25, 0.125),
    unknown_height=0.5,
    unknown_slope=0.75,
)


def genome(number: int, has_ghost: bool) -> tuple[np.ndarray, np.ndarray]:
    """What a network says of 4 haplotypes and 1,000 bins, and the truth; it does not know whether there is a ghost.

    Its log-odds are right of a bin of a genome of which half the others have one.
    """
    rng = np.random.default_rng(number)
    is_ghost = rng.random((4, 1_000)) < (0.04 if has_ghost else 0)
    signal = rng.normal(np.where(is_ghost, 2.5, 0), 1)
    log_odds = math.log(0.02 / 0.98) + 2.5 * signal - 2.5**2 / 2
    return (1 / (1 + np.exp(-log_odds))).astype(np.float32), is_ghost.astype(np.float32)


def fitted(genomes: list[tuple[np.ndarray, np.ndarray]]) -> FileCalibration | None:
    spreads = np.stack([posterior_spread([posterior]) for posterior, _ in genomes])
    return FileCalibration.fit([each.ravel() for each, _ in genomes], [each.ravel() for _, each in genomes], spreads)


def test_a_spread_is_of_all_called_bins() -> None:
    rng = np.random.default_rng(1)
    contigs = [rng.random((3, number)).astype(np.float32) ** 4 for number in (30, 50, 1)]
    contigs[0][:, 4:9] = np.nan
    values = [float(value) for contig in contigs for row in contig for value in row if not math.isnan(value)]
    expected = [math.log10(sum(values) / len(values) + 1e-4)]
    expected += [math.log10(sum(value > level for value in values) / len(values) + 3e-5) for level in LEVELS]
    np.testing.assert_allclose(posterior_spread(contigs), expected, rtol=1e-6)
    assert np.isnan(posterior_spread([np.full((2, 3), np.nan, np.float32)])).all()
    assert np.isnan(posterior_spread([])).all()


def test_log_odds_follow_a_line_with_two_bends() -> None:
    posterior = np.array([[1e-5, 0.01, 0.04, 0.06, 0.5, 0.9, 0.9999, np.nan]], dtype=np.float32)
    spread = np.array([-1.5, -1.5, -7.5, 5.0])  # 1, 0 and beyond three standard deviations from the mean
    standard = [1.0, 0.0, -3.0, 3.0]
    expected = []
    for value in posterior[0]:
        log_odds = math.log(value / (1 - value))
        line = -1.0 + sum(by * each for by, each in zip(CALIBRATION.height_by_spread, standard, strict=True))
        steeper = sum(by * each for by, each in zip(CALIBRATION.slope_by_spread, standard, strict=True))
        line += (0.5 + steeper) * max(min(log_odds, 0), BEND)
        line += (1.0 + steeper) * max(log_odds, 0) + (1.5 + steeper) * min(log_odds - BEND, 0)
        expected.append(1 / (1 + math.exp(-min(max(-12, line), 12))) if line == line else math.nan)
    np.testing.assert_allclose(CALIBRATION.calibrated(posterior, spread)[0], expected, rtol=1e-4)


def test_in_a_file_of_unknown_spread_a_threshold_has_the_same_rate() -> None:
    posterior = np.array([0.1, 0.5, np.nan, 0.9], dtype=np.float32)
    line = [0.5 + 0.75 * math.log(value / (1 - value)) for value in posterior.tolist()]
    expected = [1 / (1 + math.exp(-value)) for value in line]
    np.testing.assert_allclose(CALIBRATION.calibrated(posterior, UNKNOWN), expected, rtol=1e-5)
    alone = np.array([0.8, 0.5, 0.2, 0.1])
    given_file = 1 / (1 + np.exp(-(0.25 + 1.5 * np.log(alone / (1 - alone)))))
    matched = CALIBRATION.with_thresholds([*alone, 1.0], [*given_file, 1.0])
    assert (matched.unknown_height, matched.unknown_slope) == (pytest.approx(0.25), pytest.approx(1.5))
    assert dataclasses.replace(matched, unknown_height=0.5, unknown_slope=0.75) == CALIBRATION
    assert CALIBRATION.with_thresholds([0.5, 1.0], [0.6, 0.7]) == CALIBRATION


def test_of_little_sequence_the_spread_counts_in_part() -> None:
    posterior, spread = np.array([0.01, 0.3, 0.8], dtype=np.float32), np.array([-1.5, -1.5, -3.0, -2.0])
    log_odds = {}
    for weight in (0.0, 0.25, 1.0):
        calibrated = CALIBRATION.calibrated(posterior, spread, weight).astype(np.float64)
        log_odds[weight] = np.log(calibrated / (1 - calibrated))
    np.testing.assert_allclose(log_odds[0.25], 0.75 * log_odds[0.0] + 0.25 * log_odds[1.0], rtol=1e-4)
    np.testing.assert_array_equal(
        CALIBRATION.calibrated(posterior, spread, 0.0), CALIBRATION.calibrated(posterior, UNKNOWN)
    )


def test_no_posterior_is_certain_and_a_line_is_neither_flat_nor_too_steep() -> None:
    """As thresholds, 0 and 1 mean that everything is called, and nothing."""
    flat, steep = (dataclasses.replace(CALIBRATION, slope_by_spread=(slope, 0, 0, 0)) for slope in (-9.0, 9.0))
    spread = np.array([-1.5, -1.5, -2.5, -3.0])  # one standard deviation, in the first
    posterior = np.array([0, 0.5, 0.9, 1], dtype=np.float32)
    for calibration, slope in ((flat, 0.3), (steep, 3.0)):
        calibrated = calibration.calibrated(posterior, spread)
        assert 0 < calibrated.min() < calibrated.max() < 1
        assert math.log(calibrated[2] / (1 - calibrated[2])) == pytest.approx(-0.5 + slope * math.log(9), rel=1e-3)


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_bins_stays_in_every_file(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wild = dataclasses.replace(
        CALIBRATION, slope_by_spread=tuple(rng.normal(0, 3, SPREADS)), slope_below=float(rng.normal())
    )
    posterior = np.sort(rng.random(500).astype(np.float32) ** 8)
    calibrated = wild.calibrated(posterior, rng.normal(-2, 3, SPREADS))
    assert (np.diff(calibrated[calibrated > 1e-4]) >= 0).all()
    assert calibrated[-1] > calibrated[250]


def test_where_nothing_is_a_ghosts_less_is_believed_and_where_much_is_more() -> None:
    learnt = fitted([genome(number, number % 2 == 0) for number in range(200)])
    assert learnt is not None
    error, sums = {}, {}
    for has_ghost in (False, True):
        unseen = [genome(number, has_ghost) for number in range(1_000, 1_040)]
        for name in ("alone", "given its file"):
            of_genomes = [each for each, _ in unseen]
            if name != "alone":
                of_genomes = [learnt.calibrated(each, posterior_spread([each])) for each in of_genomes]
            posterior = np.stack(of_genomes)
            truth = np.stack([each for _, each in unseen])
            error[has_ghost, name] = expected_calibration_error(posterior, truth >= 0.5)
            sums[has_ghost, name] = posterior.sum()
    for has_ghost in (False, True):
        assert error[has_ghost, "given its file"] < 0.3 * error[has_ghost, "alone"]
    assert sums[False, "given its file"] < 0.1 * sums[False, "alone"]
    assert sums[True, "given its file"] > 1.3 * sums[True, "alone"]


def test_it_is_learnt_from_the_genomes_whose_spread_is_known() -> None:
    genomes = [genome(number, number % 2 == 0) for number in range(file_calibration.LEAST_FILES)]
    learnt = fitted(genomes)
    assert learnt is not None
    short = [(posterior[:, :100], 1 - truth[:, :100]) for posterior, truth in genomes]
    spreads = np.stack([posterior_spread([posterior]) for posterior, _ in genomes] + [UNKNOWN] * len(short))
    parts = ([each.ravel() for each in part] for part in zip(*genomes, *short, strict=True))
    assert FileCalibration.fit(*parts, spreads) == learnt
    assert fitted(genomes[1:]) is None
    without = [(posterior, np.zeros_like(truth)) for posterior, truth in genomes]
    assert fitted(without) is None


def test_what_is_learnt_is_the_lowest_loss() -> None:
    """Of all genomes together, and of those alone in which little stands out: as much is expected as there is."""
    genomes = [genome(number, number % 2 == 0) for number in range(file_calibration.LEAST_FILES)]
    learnt = fitted(genomes)
    assert learnt is not None
    spreads = [posterior_spread([posterior]) for posterior, _ in genomes]
    expected = [learnt.calibrated(each, spread).sum() for (each, _), spread in zip(genomes, spreads, strict=True)]
    true = [truth.sum() for _, truth in genomes]
    assert sum(expected) == pytest.approx(sum(true), rel=0.02)
    for place in range(SPREADS):
        weights = (np.array([spread[place] for spread in spreads]) - learnt.mean[place]) / learnt.deviation[place]
        assert weights @ expected == pytest.approx(weights @ true, abs=0.02 * float(sum(true)))


def test_round_trip() -> None:
    assert FileCalibration.from_json(json.loads(json.dumps(CALIBRATION.to_json()))) == CALIBRATION


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("height", value) for value in (None, True, "1", [1.0], math.inf)),
        *(("levels", value) for value in (None, [0.05, 0.2, 0.9])),
        ("bend", -2.0),
        ("unknown_slope", 0.0),
        *(("mean", value) for value in (None, 1.0, [1.0], [0.0] * 5, [0.0, 1.0, 2.0, None], [math.nan] * 4)),
        ("deviation", [1.0, 1.0, 0.0, 1.0]),
        ("more", 1.0),
    ],
)
def test_other_values_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        FileCalibration.from_json({**CALIBRATION.to_json(), name: value})
    with pytest.raises(ValueError):  # noqa: PT011
        FileCalibration.from_json([])
