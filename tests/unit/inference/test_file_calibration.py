"""Posteriors given those of their file: right where the network alone is too sure, or not sure enough."""

import dataclasses
import json
import math

import numpy as np
import pytest

from introghost.evaluation.metrics import expected_calibration_error
from introghost.inference import file_calibration
from introghost.inference.file_calibration import BEND, LEVELS, SPREADS, FileCalibration, posterior_spread

CALIBRATION = FileCalibration(
    mean=(-2.0, -1.5, -2.5, -3.0),
    deviation=(0.5, 1.0, 1.0, 2.0),
    height=-1.0,
    height_by_spread=(0.5, -0.25, 1.0, 0.125),
    slope_below=1.5,
    slope=0.5,
    slope_above=1.0,
    slope_by_spread=(0.0, 0.25, -0.5, 0.125),
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
    spreads = np.stack([posterior_spread([posterior], 200) for posterior, _ in genomes])
    return FileCalibration.fit([each.ravel() for each, _ in genomes], [each.ravel() for _, each in genomes], spreads)


def test_a_spread_is_of_all_called_bins() -> None:
    rng = np.random.default_rng(1)
    contigs = [rng.random((3, number)).astype(np.float32) ** 4 for number in (30, 50, 1)]
    contigs[0][:, 4:9] = np.nan
    values = [float(value) for contig in contigs for row in contig for value in row if not math.isnan(value)]
    expected = [math.log10(sum(values) / len(values) + 1e-4)]
    expected += [math.log10(sum(value > level for value in values) / len(values) + 3e-5) for level in LEVELS]
    np.testing.assert_allclose(posterior_spread(contigs, 76), expected, rtol=1e-6)
    assert np.isnan(posterior_spread(contigs, 77)).all(), "bins that are not called do not count"
    assert np.isnan(posterior_spread([], 0)).all()


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
        expected.append(1 / (1 + math.exp(-line)))
    np.testing.assert_allclose(CALIBRATION.calibrated(posterior, spread)[0], expected, rtol=1e-4)
    np.testing.assert_array_equal(CALIBRATION.calibrated(posterior, np.full(SPREADS, np.nan)), posterior)


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_bins_stays_in_every_file(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wild = dataclasses.replace(
        CALIBRATION, slope_by_spread=tuple(rng.normal(0, 3, SPREADS)), slope_below=float(rng.normal())
    )
    posterior = np.sort(rng.random(500).astype(np.float32) ** 8)
    calibrated = wild.calibrated(posterior, rng.normal(-2, 3, SPREADS))
    assert (np.diff(calibrated) >= 0).all()
    assert ((calibrated >= 0) & (calibrated <= 1)).all()


def test_where_nothing_is_a_ghosts_less_is_believed_and_where_much_is_more() -> None:
    learnt = fitted([genome(number, number % 2 == 0) for number in range(200)])
    assert learnt is not None
    error, sums = {}, {}
    for has_ghost in (False, True):
        unseen = [genome(number, has_ghost) for number in range(1_000, 1_040)]
        for name in ("alone", "given its file"):
            of_genomes = [each for each, _ in unseen]
            if name != "alone":
                of_genomes = [learnt.calibrated(each, posterior_spread([each], 200)) for each in of_genomes]
            posterior = np.stack(of_genomes)
            truth = np.stack([each for _, each in unseen])
            error[has_ghost, name] = expected_calibration_error(posterior, truth >= 0.5)
            sums[has_ghost, name] = posterior.sum()
    for has_ghost in (False, True):
        assert error[has_ghost, "given its file"] < 0.3 * error[has_ghost, "alone"]
    assert sums[False, "given its file"] < 0.1 * sums[False, "alone"]
    assert sums[True, "given its file"] > 1.3 * sums[True, "alone"]


def test_it_is_learnt_from_the_genomes_whose_spread_is_known() -> None:
    genomes = [genome(number, number % 2 == 0) for number in range(file_calibration.LEAST_GENOMES)]
    learnt = fitted(genomes)
    assert learnt is not None
    short = [(posterior[:, :100], 1 - truth[:, :100]) for posterior, truth in genomes]
    assert fitted([*genomes, *short]) == learnt
    assert fitted(genomes[1:]) is None
    without = [(posterior, np.zeros_like(truth)) for posterior, truth in genomes]
    assert fitted(without) is None


def test_round_trip() -> None:
    assert FileCalibration.from_json(json.loads(json.dumps(CALIBRATION.to_json()))) == CALIBRATION


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("height", value) for value in (None, True, "1", [1.0], math.inf)),
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
