"""Layers shared by the networks."""

import torch
from torch import Tensor, nn


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of each position, (batch, channels, positions).

    Unlike group normalisation it does not mix positions, so that a long contig and a tile of it give the same output.
    """

    def forward(self, values: Tensor) -> Tensor:
        """(batch, channels, positions) to the same shape."""
        return super().forward(values.transpose(1, 2)).transpose(1, 2)


class ResidualBlock(nn.Module):
    """Pre-normalised dilated convolution with dropout and stochastic depth (Huang et al. 2016, ECCV).

    Parameters
    ----------
    channels, dilation : int
    dropout : float
        Probability of dropping an activation.
    drop_path : float
        Probability of skipping the block for a whole sequence while training.
    """

    def __init__(self, channels: int, dilation: int, dropout: float, drop_path: float) -> None:
        super().__init__()
        self.drop_path = drop_path
        self.body = nn.Sequential(
            ChannelNorm(channels),
            nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Conv1d(channels, channels, 1),
        )

    def forward(self, values: Tensor) -> Tensor:
        """(batch, channels, positions) to the same shape."""
        change: Tensor = self.body(values)
        if self.training and self.drop_path > 0:
            kept = torch.rand(len(values), 1, 1, device=values.device) >= self.drop_path
            change = change * kept / (1 - self.drop_path)
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
    """He initialisation of every convolution and linear layer (He et al. 2015, ICCV); biases 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv1d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
