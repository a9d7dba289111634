"""Scenarios weigh the same, however many genomes each has."""

import numpy as np
import pytest

from introghost.errors import DataError
from introghost.inference import balance

CLASSES = np.repeat([0, 1, 2], [4, 10, 6])
DISTINCT = np.arange(20)
HELD_OUT = np.isin(np.arange(20), [0, 4, 5, 6, 14, 15])  # one, three and two of each


def test_each_class_weighs_the_same() -> None:
    weights = balance.equal_weights(CLASSES)
    np.testing.assert_allclose(weights, np.repeat([20 / 12, 20 / 30, 20 / 18], [4, 10, 6]))
    np.testing.assert_allclose(balance.equal_weights(np.array([5, 7, 7])), [1.5, 0.75, 0.75])


def test_held_out_genomes_weigh_the_same_for_every_member() -> None:
    weights = balance.bootstrap_weights(CLASSES, HELD_OUT, DISTINCT, 4, np.random.default_rng(1))
    expected = np.array([2, 2 / 3, 2 / 3, 2 / 3, 1, 1], np.float32)
    np.testing.assert_array_equal(weights[HELD_OUT], np.repeat(expected[:, None], 4, axis=1))


def test_training_genomes_weigh_differently_for_each_member_and_their_classes_do_not() -> None:
    weights = balance.bootstrap_weights(CLASSES, HELD_OUT, DISTINCT, 4, np.random.default_rng(1))
    for index in range(3):
        own = weights[(index == CLASSES) & ~HELD_OUT]
        np.testing.assert_allclose(own.mean(axis=0), 1, rtol=1e-6)
        assert len(np.unique(own)) == own.size
    cases = np.arange(4000)
    many = balance.bootstrap_weights(np.zeros(4000, int), cases < 1, cases, 1, np.random.default_rng(2))
    assert float(many[1:].std()) == pytest.approx(1, abs=0.1), "exponential: as much scatter as mean"


def test_rarer_classes_are_repeated_until_they_are_as_many() -> None:
    chosen = balance.repeated(CLASSES, ~HELD_OUT, DISTINCT, np.random.default_rng(3))
    assert not HELD_OUT[chosen].any()
    assert np.bincount(CLASSES[chosen]).tolist() == [7, 7, 7]
    counts = np.bincount(chosen, minlength=20)[~HELD_OUT]
    assert counts.tolist() != sorted(counts.tolist(), reverse=True), "which come once more is by chance"
    for index in range(3):
        own = counts[CLASSES[~HELD_OUT] == index]
        assert own.max() - own.min() <= 1


def test_a_class_with_one_genome_to_train_on_is_refused() -> None:
    with pytest.raises(DataError, match="not two genomes left to train on"):
        balance.repeated(
            np.array([0, 0, 1, 1]), np.array([True, True, True, False]), np.arange(4), np.random.default_rng(1)
        )
