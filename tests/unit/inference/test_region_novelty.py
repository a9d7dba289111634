"""Novelty of regions: p-values that are right for what was simulated, and small for what was not."""

import numpy as np
import pytest
import torch

from introghost.inference import plausibility, region_novelty
from introghost.networks.novelty import RegionNovelty
from introghost.statistics.registry import STATISTICS

NUM = 2 * len(STATISTICS)


def regions(number: int, seed: int) -> np.ndarray:
    """Features of which neighbours depend on each other."""
    normal = np.random.default_rng(seed).standard_normal((number, NUM + 1))
    return normal[:, :-1] + 0.8 * normal[:, 1:]


@pytest.fixture(scope="module")
def novelty() -> RegionNovelty:
    fitted = RegionNovelty(NUM, region_novelty.num_references(600, 300))
    region_novelty.fit(fitted, regions(2_000, 1), regions(600, 2), STATISTICS)
    return fitted


def test_p_values_of_what_was_simulated_are_uniform(novelty: RegionNovelty) -> None:
    p_values = region_novelty.p_values(novelty, regions(4_000, 3))
    for level in (0.05, 0.2, 0.5):
        assert abs((p_values <= level).mean() - level) < 0.03
    assert p_values.min() < 0.005


def test_distances_are_those_of_the_covariance(novelty: RegionNovelty) -> None:
    kept = [index for index in range(NUM) if STATISTICS[index % len(STATISTICS)] not in region_novelty.COVARIATES]
    sample, one = regions(2_000, 1)[:, kept], regions(1, 5)
    covariance = region_novelty.LedoitWolf().fit(sample).covariance_
    away = one[0, kept] - sample.mean(axis=0)
    expected = away @ np.linalg.solve(covariance, away)
    references = novelty.distances.numpy()
    assert region_novelty.p_values(novelty, one)[0] == (1 + (references >= expected).sum()) / 501


def test_what_is_unlike_lies_far_and_covariates_do_not_count(novelty: RegionNovelty) -> None:
    unlike, more_samples = regions(200, 4), regions(200, 4)
    unlike[:, STATISTICS.index("private_window")] += 6
    assert np.median(region_novelty.p_values(novelty, unlike)) == 1 / 501
    before = region_novelty.p_values(novelty, more_samples)
    more_samples[:, STATISTICS.index("target_haplotypes")] += 100
    np.testing.assert_array_equal(region_novelty.p_values(novelty, more_samples), before)


def test_regions_of_which_nothing_is_known_have_no_p_value(novelty: RegionNovelty) -> None:
    moments = np.ones((2, 4, len(STATISTICS)), np.float32)
    nothing = region_novelty.features(moments, np.zeros(4, bool))
    assert np.isnan(region_novelty.p_values(novelty, nothing[None])).all()
    assert np.isnan(region_novelty.together(np.array([np.nan])))


def test_features_are_signed_roots_of_means_over_usable_bins() -> None:
    moments = np.zeros((2, 3, 2), np.float32)
    moments[0, :, 0], moments[1, :, 1] = (4, 0, 99), (-8, -10, 99)
    features = region_novelty.features(moments, np.array([True, True, False]))
    np.testing.assert_allclose(features, [np.sqrt(2), 0, 0, -3])


def test_the_p_value_of_several_regions_is_twice_their_median() -> None:
    assert region_novelty.together(np.array([0.01, 0.2, np.nan, 0.03])) == pytest.approx(0.06)
    assert region_novelty.together(np.array([0.7, 0.8])) == 1


def test_few_held_out_regions_tell_nothing() -> None:
    numbers = [region_novelty.num_references(number, 200) for number in (0, 399, 400, 450, 501)]
    assert numbers == [0, 0, 400, 450, 500]
    assert region_novelty.num_references(800, 199) == 0, "regions of a genome are alike"
    assert 2 / (1 + region_novelty.FEWEST_REFERENCES) <= plausibility.SEGMENTS_WITHHELD_LEVEL
    usable = np.zeros((3, 30), bool)
    usable[1, :19], usable[2, 5:25] = True, True
    assert region_novelty.is_told(usable, 40).tolist() == [False, False, True]
    nothing = RegionNovelty(NUM, 0)
    region_novelty.fit(nothing, regions(10, 1), regions(10, 2), STATISTICS)
    assert nothing.mean.shape == torch.Size([0])
