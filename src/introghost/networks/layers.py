"""Layers shared by the networks."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional


class ResidualBlock(nn.Module):
    """Pre-normalised dilated convolution of three taps.

    Channels are the last axis and the taps are joined there, so that the convolution is one matrix product: on a CPU
    twice as fast as `Conv1d`. The normalisation does not mix positions, so that a long contig and a tile of it give the
    same output.

    Parameters
    ----------
    channels, dilation : int
    """

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.norm = nn.LayerNorm(channels)
        self.taps = nn.Linear(3 * channels, channels)
        self.mix = nn.Linear(channels, channels)

    def forward(self, values: Tensor) -> Tensor:
        """(batch, positions, channels) to the same shape."""
        padded = functional.pad(self.norm(values), (0, 0, self.dilation, self.dilation))
        number = values.shape[1]
        taps = [padded[:, start : start + number] for start in (0, self.dilation, 2 * self.dilation)]
        change: Tensor = self.mix(functional.silu(self.taps(torch.cat(taps, dim=2))))
        return values + change


class Standardise(nn.Module):
    """Signed square root, which evens out the variance of counts, then standardisation by the training set."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("deviation", torch.ones(channels))

    def set(self, mean: Tensor, deviation: Tensor) -> None:
        """Store mean and standard deviation, each (channels,), of what `transform` makes of the values.

        A channel that did not vary in training taught the network nothing: it is muted, whatever the data hold.
        """
        self.mean.copy_(mean)
        muted = torch.full_like(deviation, 1e6)
        self.deviation.copy_(torch.where(deviation < 1e-6, muted, deviation.clamp_min(1e-3)))

    def transform(self, values: Tensor) -> Tensor:
        """What is standardised."""
        return signed_root(values)

    def forward(self, values: Tensor) -> Tensor:
        """(..., channels) to the same shape; clipped to ten standard deviations."""
        return ((self.transform(values) - self.mean) / self.deviation).clamp(-10, 10)


class RootsAndLogarithms(Standardise):
    """Logarithms of all channels but the last beside the signed roots of all.

    Proportions and times are told by ratios of statistics, which are differences of logarithms: a line can tell them.

    Parameters
    ----------
    channels : int
        2 `channels` - 1 come out, the roots last.
    """

    floor: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__(2 * channels - 1)
        self.register_buffer("floor", torch.ones(channels - 1))

    def set_floor(self, values: Tensor) -> None:
        """Store what is added before the logarithm is taken: a share of the median of these, (batch, channels)."""
        self.floor.copy_(0.05 * values[:, :-1].abs().median(dim=0).values + 1e-6)

    def transform(self, values: Tensor) -> Tensor:
        """(..., channels) to (..., 2 channels - 1)."""
        return torch.cat([(values[..., :-1].abs() + self.floor).log(), signed_root(values)], dim=-1)

    def roots(self, values: Tensor) -> Tensor:
        """Standardised roots of all channels but the last, (..., channels - 1)."""
        return cast(Tensor, self(values))[..., len(self.floor) : -1]


def signed_root(values: Tensor) -> Tensor:
    """Square root of the absolute value, with the sign kept."""
    return values.sign() * values.abs().sqrt()


def initialise(network: nn.Module) -> None:
    """He initialisation of every linear layer (He et al. 2015, ICCV); biases 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
