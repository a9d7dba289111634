"""R squared of logarithms: of what is told, of what is not, and of what has no logarithm."""

import numpy as np
import pytest

from introghost.evaluation.sharpness import COLUMNS, log_r_squared_table, r_squared


def test_r_squared() -> None:
    truth = np.arange(10.0)
    assert r_squared(truth, truth, seed=1) == (1, 1, 1)
    value, lower, upper = r_squared(np.full(10, 4.5), truth, seed=1)
    assert (value, upper) == pytest.approx((0, 0), abs=1e-9), "the mean of every draw is at least as good"
    assert lower < 0
    assert r_squared(truth + 1, truth, seed=1)[0] == pytest.approx(1 - 1 / truth.var())
    assert np.isnan(r_squared(truth, np.ones(10), seed=1)[0])


def test_it_is_of_the_mean_of_logarithms() -> None:
    """Draws of ten times and a tenth of the truth have its logarithm as their mean, and another mean themselves."""
    truth = np.array([1.0, 10.0, 100.0, 1000.0])
    draws = {"a": np.stack([10 * truth, truth / 10], axis=1), "b": np.full((4, 2), 5.0), "c": np.zeros((4, 2))}
    table = log_r_squared_table(draws, dict.fromkeys(draws, truth), ["b", "a", "c"], seed=1)
    assert list(table.columns) == list(COLUMNS)
    logarithms = np.log(truth)
    error = np.square(logarithms - np.log(5)).mean() / logarithms.var()
    assert table["log_r_squared"].tolist() == pytest.approx([1 - error, 1, np.nan], nan_ok=True)
    assert table.iloc[2].isna().all(), "0 has no logarithm"
