"""The network that finds ghost segments: a 1-D residual dilated network along the bins of one haplotype."""

import torch
from torch import Tensor, nn

from introghost.networks.layers import ResidualBlock, Standardise, initialise

DILATIONS = (1, 2, 4, 8, 16, 32)


class SegmentNetwork(nn.Module):
    """Logit of ghost ancestry in each bin of one haplotype.

    Weights are shared over haplotypes, and the others enter only through symmetric statistics: permuting haplotypes
    permutes the output.

    Parameters
    ----------
    channels : int
        Input statistics, those of the haplotype and its context together.
    width : int
        Channels of the trunk.
    """

    def __init__(self, channels: int, width: int = 48) -> None:
        super().__init__()
        self.standardise = Standardise(channels)
        self.stem = nn.Linear(channels, width)
        self.trunk = nn.Sequential(*(ResidualBlock(width, dilation) for dilation in DILATIONS))
        last = nn.Linear(width, 1)
        self.head = nn.Sequential(nn.LayerNorm(width), last)
        initialise(self)
        nn.init.zeros_(last.weight)

    def forward(self, statistics: Tensor) -> Tensor:
        """(batch, bins, channels) to logits (batch, bins)."""
        logits: Tensor = self.head(self.trunk(self.stem(self.standardise(statistics))))
        return torch.squeeze(logits, 2)
