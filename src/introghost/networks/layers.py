"""Layers shared by the networks."""

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
        """Store mean and standard deviation, each (channels,), of the square roots.

        A channel that did not vary in training taught the network nothing: it is muted, whatever the data hold.
        """
        self.mean.copy_(mean)
        muted = torch.full_like(deviation, 1e6)
        self.deviation.copy_(torch.where(deviation < 1e-6, muted, deviation.clamp_min(1e-3)))

    def forward(self, values: Tensor) -> Tensor:
        """(..., channels) to the same shape; clipped to ten standard deviations."""
        return ((signed_root(values) - self.mean) / self.deviation).clamp(-10, 10)


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
