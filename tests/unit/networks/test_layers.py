"""What networks for whole genomes make of their input."""

import numpy as np
import pytest
import torch

from introghost.networks.layers import RootsAndLogarithms, Standardise, StatisticNoise, signed_root


def test_logarithms_come_before_the_roots_and_the_number_of_regions_has_none() -> None:
    layer = RootsAndLogarithms(2)
    values = torch.tensor([[4.0, -9.0], [1.0, -1.0], [0.0, -4.0]])
    layer.set_floor(values)
    floor = 0.05 * np.array([1.0, 4.0]) + 1e-6
    expected = [*np.log([4 + floor[0], 9 + floor[1]]), 2, -3, 4]
    num_regions = torch.tensor([16.0, 25.0, 36.0])
    np.testing.assert_allclose(layer.transform(values, num_regions)[0], expected, rtol=1e-6)
    assert layer(values, num_regions).shape == (3, 5)


def fitted() -> tuple[RootsAndLogarithms, torch.Tensor, torch.Tensor]:
    """A layer that was fitted to whole genomes of 16 regions and to halves of them."""
    torch.manual_seed(1)
    values = torch.rand(2, 20, 3) + torch.tensor([0.0, 5.0])[:, None, None]
    num_regions = torch.tensor([16.0, 4.0])[:, None].repeat(1, 20)
    layer = RootsAndLogarithms(3)
    layer.fit(values, num_regions)
    return layer, values, num_regions


def test_statistics_are_standardised_by_whole_genomes_and_their_number_by_all_parts() -> None:
    layer, values, num_regions = fitted()
    standard = layer(values, num_regions)
    torch.testing.assert_close(standard[0, :, :6].mean(0), torch.zeros(6), atol=1e-5, rtol=0)
    torch.testing.assert_close(standard[0, :, :6].std(0), torch.ones(6), atol=1e-4, rtol=0)
    assert layer.mean[-1].item() == pytest.approx(3), "of roots 4 and 2"
    assert layer.deviation[-1].item() == pytest.approx(np.std([4, 2] * 20, ddof=1))
    assert float(standard[1, :, :6].mean()) > 3, "parts lie elsewhere here"


def test_parts_of_the_standardised_channels_are_the_same_alone() -> None:
    layer, values, num_regions = fitted()
    standard = layer(values, num_regions)
    torch.testing.assert_close(layer.roots(values), standard[..., 3:6], rtol=0, atol=0)
    torch.testing.assert_close(layer.size(num_regions), standard[..., 6], rtol=0, atol=0)
    raw = values.sqrt() - layer.root_mean
    torch.testing.assert_close(layer.roots(values), (raw / layer.root_deviation).clamp(-10, 10))


def test_roots_are_those_of_the_layer_without_logarithms() -> None:
    layer, plain, values = RootsAndLogarithms(4), Standardise(4), torch.rand(20, 4)
    layer.fit(values[None], torch.full((1, 20), 9.0))
    roots = signed_root(values)
    plain.set(roots.mean(0), roots.std(0))
    torch.testing.assert_close(layer.roots(values), plain(values))


def test_a_ratio_is_a_difference() -> None:
    """A line of what comes out tells the logarithm of a ratio, up to the floor."""
    layer, values = RootsAndLogarithms(2), torch.rand(50, 2) + 0.5
    layer.set_floor(values * 1e-3)
    logs = layer.transform(values, torch.ones(50))[:, :2]
    torch.testing.assert_close(logs[:, 0] - logs[:, 1], (values[:, 0] / values[:, 1]).log(), atol=1e-4, rtol=0)


def test_noise_is_the_same_for_all_channels_of_a_statistic_and_along_the_sequence() -> None:
    torch.manual_seed(1)
    noise, values = StatisticNoise([0, 1, 2, 0, 1, 2]).train(), torch.ones(4000, 3, 6)
    factors = noise.factors(values)
    assert factors.shape == (4000, 1, 6)
    torch.testing.assert_close(factors[:, :, :3], factors[:, :, 3:])
    assert float(factors.log().std()) == pytest.approx(noise.FACTOR_SD, rel=0.05)
    changed = noise(values)
    torch.testing.assert_close(changed[:, :, :3], changed[:, :, 3:])
    torch.testing.assert_close(changed[:, :1].expand_as(changed), changed)
    is_left_out = changed[:, 0, :3] == 0
    assert float(is_left_out.float().mean()) == pytest.approx(noise.LEFT_OUT, rel=0.1)
    shifts = changed[:, 0, :3][~is_left_out] - 1
    assert float(shifts.std()) == pytest.approx(noise.SHIFT_SD, rel=0.05)
    assert abs(float(shifts.mean())) < 0.02


def test_there_is_no_noise_in_evaluation() -> None:
    noise, values = StatisticNoise([0, 1, 2, 0, 1, 2]).eval(), torch.rand(5, 3, 6)
    assert torch.equal(noise(values * noise.factors(values)), values)
