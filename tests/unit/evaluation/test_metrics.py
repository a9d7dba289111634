"""Every diagnostic against a slow twin, and shown to fail on what it is there to catch."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from introghost.errors import DataError
from introghost.evaluation import metrics


def example(seed: int, number: int = 300, decimals: int = 1) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Calibrated scores, rounded so that many are tied."""
    generator = np.random.default_rng(seed)
    scores = np.round(generator.random(number), decimals)
    return scores, generator.random(number) < scores


def naive_average_precision(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    total, recall = Fraction(0), Fraction(0)
    positives = int(labels.sum())
    for threshold in sorted(set(scores.tolist()), reverse=True):
        called = [bool(label) for score, label in zip(scores, labels, strict=True) if score >= threshold]
        new_recall = Fraction(sum(called), positives)
        total += (new_recall - recall) * Fraction(sum(called), len(called))
        recall = new_recall
    return float(total)


def naive_area_under_roc(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    wins = [(p > n) + (p == n) / 2 for p in scores[labels] for n in scores[~labels]]
    return float(np.mean(wins))


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_and_roc_agree_with_naive_twins(seed: int) -> None:
    scores, labels = example(seed)
    assert metrics.average_precision(scores, labels) == pytest.approx(naive_average_precision(scores, labels))
    assert metrics.area_under_roc(scores, labels) == pytest.approx(naive_area_under_roc(scores, labels))


def test_known_values() -> None:
    assert metrics.average_precision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) == pytest.approx(5 / 6)
    assert metrics.average_precision([0.5, 0.5, 0.5, 0.5], [1, 0, 0, 0]) == 0.25
    assert metrics.area_under_roc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) == 0.75
    assert metrics.brier_score([0.0, 0.5, 1.0], [0, 1, 1]) == pytest.approx(1 / 12)


def test_average_precision_falls_to_the_base_rate_when_labels_are_shuffled() -> None:
    scores, labels = example(1, 20_000, 6)
    shuffled = np.random.default_rng(2).permutation(labels)
    assert metrics.average_precision(scores, labels) > 0.8
    assert metrics.average_precision(scores, shuffled) == pytest.approx(labels.mean(), abs=0.02)
    assert metrics.area_under_roc(scores, shuffled) == pytest.approx(0.5, abs=0.02)


def test_undefined_values_are_nan() -> None:
    assert np.isnan(metrics.average_precision([0.1, 0.2], [0, 0]))
    assert np.isnan(metrics.average_precision([], []))
    assert np.isnan(metrics.area_under_roc([0.1, 0.2], [1, 1]))
    assert np.isnan(metrics.expected_calibration_error([], []))
    assert np.isnan(metrics.brier_score([np.nan], [1]))


def test_nan_scores_are_left_out() -> None:
    scores, labels = example(3)
    with_gaps = np.append(scores, [np.nan] * 10)
    more_labels = np.append(labels, [True] * 10)
    assert metrics.average_precision(with_gaps, more_labels) == metrics.average_precision(scores, labels)
    assert metrics.brier_score(with_gaps, more_labels) == metrics.brier_score(scores, labels)
    assert metrics.reliability_table(with_gaps, more_labels).equals(metrics.reliability_table(scores, labels))


def test_different_numbers_and_impossible_probabilities_are_refused() -> None:
    with pytest.raises(DataError, match="2 scores for 1 labels"):
        metrics.average_precision([0.1, 0.2], [1])
    with pytest.raises(DataError, match="expected 0 to 1"):
        metrics.expected_calibration_error([0.1, 1.2], [0, 1])


def test_precision_recall_curve_matches_counting() -> None:
    scores, labels = example(4, 500, 3)
    curve = metrics.precision_recall_curve(scores, labels, num_points=50)
    assert len(curve) <= 50
    assert curve["recall"].iloc[-1] == 1
    assert curve["threshold"].is_monotonic_decreasing
    for row in curve.itertuples():
        called = scores >= row.threshold
        assert row.precision == pytest.approx(labels[called].mean())
        assert row.recall == pytest.approx(labels[called].sum() / labels.sum())
    assert metrics.precision_recall_curve(scores, np.zeros_like(labels)).empty


def test_reliability_bins_have_equal_width_and_empty_ones_are_left_out() -> None:
    scores, labels = example(5, 3000, 9)
    table = metrics.reliability_table(scores, labels)
    assert table["count"].sum() == 3000
    np.testing.assert_allclose(table["highest"] - table["lowest"], 0.1)
    for row in table.itertuples():
        inside = (scores >= row.lowest) & (scores < row.highest)
        assert row.count == inside.sum()
        assert row.mean_probability == pytest.approx(scores[inside].mean())
        assert row.observed_frequency == pytest.approx(labels[inside].mean())
        interval = stats.binomtest(int(labels[inside].sum()), int(inside.sum())).proportion_ci()
        assert (row.lower, row.upper) == pytest.approx((interval.low, interval.high))
    ends = metrics.reliability_table(np.repeat([0.0, 1.0], [900, 100]), np.repeat([False, True], [900, 100]))
    assert ends["count"].tolist() == [900, 100]
    assert ends["lowest"].tolist() == [0, 0.9]


def test_reliability_of_bins_of_few_genomes_is_less_sure_than_of_as_many_independent_ones() -> None:
    """Bins of a genome are alike: here all of them have the same truth."""
    rng = np.random.default_rng(1)
    genomes = np.repeat(np.arange(20), 500)
    labels = (rng.random(20) < 0.35)[genomes]
    scores = np.full(len(genomes), 0.35)
    alone = metrics.reliability_table(scores, labels).iloc[0]
    together = metrics.reliability_table(scores, labels, genomes, seed=1).iloc[0]
    assert together["observed_frequency"] == alone["observed_frequency"]
    assert together["upper"] - together["lower"] > 10 * (alone["upper"] - alone["lower"])
    # Of 20 truths that are drawn anew: a binomial share.
    expected = 2 * 1.96 * np.sqrt(labels.mean() * (1 - labels.mean()) / 20)
    assert together["upper"] - together["lower"] == pytest.approx(expected, rel=0.2)


def test_calibration_error_is_small_when_calibrated_and_finds_overconfidence() -> None:
    scores, labels = example(6, 50_000, 9)
    assert metrics.expected_calibration_error(scores, labels) < 0.02
    logit = np.log(scores / (1 - scores))
    overconfident = 1 / (1 + np.exp(-3 * logit))
    assert metrics.expected_calibration_error(overconfident, labels) > 0.1
    assert metrics.expected_calibration_error(1 - scores, labels) > 0.4


@pytest.mark.parametrize(
    ("sharpness", "least", "most"), [(1, 0, 0.11), (2, 0.9, 1), (0.5, 0.9, 1)], ids=["right", "too sure", "too unsure"]
)
def test_calibration_error_of_broken_probabilities_is_larger_than_chance_makes_it(
    sharpness: float, least: float, most: float
) -> None:
    generator = np.random.default_rng(1)

    def error(sharpness: float) -> float:
        logits = generator.normal(0, 2, 480)
        truth = generator.random(480) < 1 / (1 + np.exp(-logits))
        return metrics.expected_calibration_error(1 / (1 + np.exp(-sharpness * logits)), truth)

    chance = np.quantile([error(1) for _ in range(200)], 0.95)
    objected = np.mean([error(sharpness) > chance for _ in range(100)])
    assert least <= objected <= most


def test_bootstrap_interval_covers_the_mean_and_is_repeatable() -> None:
    values = np.random.default_rng(7).normal(size=200)
    lower, upper = metrics.bootstrap_interval(lambda draw: float(np.average(values, weights=draw)), 200, seed=1)
    half = 1.96 * values.std() / np.sqrt(200)
    assert lower == pytest.approx(values.mean() - half, abs=0.05)
    assert upper == pytest.approx(values.mean() + half, abs=0.05)
    again = metrics.bootstrap_interval(lambda draw: float(np.average(values, weights=draw)), 200, seed=1)
    assert (lower, upper) == again
    assert np.isnan(metrics.bootstrap_interval(lambda draw: 1.0, 1, seed=1)).all()
    assert np.isnan(metrics.bootstrap_interval(lambda draw: float("nan"), 5, seed=1)).all()


def test_interval_of_average_precision_is_by_genome() -> None:
    scores, labels = example(8, 4000, 3)
    genomes = np.repeat(np.arange(40), 100)
    lower, upper = metrics.average_precision_interval(scores, labels, genomes, seed=1)
    assert lower < metrics.average_precision(scores, labels) < upper
    # The same pairs four times, still in 40 genomes: no narrower, unlike a bootstrap that draws pairs.
    copies = metrics.average_precision_interval(np.tile(scores, 4), np.tile(labels, 4), np.tile(genomes, 4), seed=1)
    assert copies == pytest.approx((lower, upper), abs=0.005)
    assert np.isnan(metrics.average_precision_interval(scores, labels, np.zeros(4000), seed=1)).all()


def test_interval_of_average_precision_agrees_with_resampling_pairs_of_genomes() -> None:
    scores, labels = example(9, 1000, 3)
    genomes = np.repeat(np.arange(10), 100)
    rows = [np.flatnonzero(genomes == genome) for genome in range(10)]

    def naive(draw: NDArray[np.int64]) -> float:
        chosen = np.concatenate([np.tile(rows[genome], count) for genome, count in enumerate(draw)])
        return metrics.average_precision(scores[chosen], labels[chosen])

    fast = metrics.average_precision_interval(scores, labels, genomes, seed=3, replicates=50)
    assert fast == pytest.approx(metrics.bootstrap_interval(naive, 10, seed=3, replicates=50), abs=1e-9)
