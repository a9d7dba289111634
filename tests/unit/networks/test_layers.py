"""What networks for whole genomes make of their input."""

import numpy as np
import torch

from introghost.networks.layers import RootsAndLogarithms, Standardise


def test_logarithms_come_before_the_roots_and_the_last_channel_has_none() -> None:
    layer = RootsAndLogarithms(3)
    seen = torch.tensor([[4.0, -9.0, 16.0], [1.0, -1.0, 25.0], [0.0, -4.0, 36.0]])
    layer.set_floor(seen)
    floor = 0.05 * np.array([1.0, 4.0]) + 1e-6
    expected = [*np.log([4 + floor[0], 9 + floor[1]]), 2, -3, 4]
    np.testing.assert_allclose(layer.transform(seen)[0], expected, rtol=1e-6)
    assert layer(seen).shape == (3, 5)


def test_roots_are_those_of_the_layer_without_logarithms() -> None:
    layer, plain, seen = RootsAndLogarithms(4), Standardise(4), torch.rand(20, 4)
    layer.set_floor(seen)
    for other in (layer, plain):
        other.set(other.transform(seen).mean(0), other.transform(seen).std(0))
    torch.testing.assert_close(layer.roots(seen), plain(seen)[:, :-1])
    torch.testing.assert_close(layer(seen).mean(0), torch.zeros(7), atol=1e-5, rtol=0)


def test_a_ratio_is_a_difference() -> None:
    """A line of what comes out tells the logarithm of a ratio, up to the floor."""
    layer, seen = RootsAndLogarithms(3), torch.rand(50, 3) + 0.5
    layer.set_floor(seen * 1e-3)
    logs = layer.transform(seen)[:, :2]
    torch.testing.assert_close(logs[:, 0] - logs[:, 1], (seen[:, 0] / seen[:, 1]).log(), atol=1e-4, rtol=0)
