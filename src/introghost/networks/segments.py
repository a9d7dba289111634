"""The network that finds ghost segments: 1-D residual dilated networks along the bins of one haplotype."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from introghost.networks.layers import ResidualBlock, Standardise, StatisticNoise, initialise
from introghost.networks.novelty import RegionNovelty

DILATIONS = (1, 2, 4, 8, 16)
# `inference.inputs.segment_input` gives four of each statistic, which has two moments.
CHANNELS_PER_STATISTIC, CHANNELS_PER_MOMENT = 4, 2


class SegmentNetwork(nn.Module):
    """Logit of ghost ancestry in each bin of one haplotype.

    Weights are shared over haplotypes, and the others enter only through symmetric statistics: permuting haplotypes
    permutes the output. Members of an ensemble differ in their first weights; their probabilities are averaged
    (Lakshminarayanan et al. 2017, NeurIPS).

    Parameters
    ----------
    channels : int
        Input statistics, those of the haplotype and its context together.
    width : int
        Channels of the trunk.
    members : int
    references : int
        Simulated regions that others are compared with, see `inference.region_novelty`.
    """

    def __init__(self, channels: int, width: int = 48, members: int = 1, references: int = 0) -> None:
        super().__init__()
        self.standardise = Standardise(channels)
        self.noise = StatisticNoise(CHANNELS_PER_STATISTIC)
        self.novelty = RegionNovelty(channels // CHANNELS_PER_MOMENT, references)
        self.members = nn.ModuleList(_member(channels, width) for _ in range(members))

    def forward(self, statistics: Tensor) -> Tensor:
        """Logit of ghost ancestry in each bin; in training those of each member.

        Each member has a loss of its own: trained on their mean, members would share the work.

        Parameters
        ----------
        statistics : Tensor of float32, shape (batch, bins, channels)
            Of the haplotype and its context; none missing.

        Returns
        -------
        Tensor of float32, shape (batch, bins)
            In training of shape (members, batch, bins).
        """
        # Logits of each member, shape (members, batch, bins).
        standard = self.noise(self.standardise(statistics * self.noise.factors(statistics)))
        logits = torch.stack([member(standard).squeeze(2) for member in self.members])
        return logits if self.training else _logit_of_mean(logits)


def _member(channels: int, width: int) -> nn.Module:
    last = nn.Linear(width, 1)
    blocks = (ResidualBlock(width, dilation) for dilation in DILATIONS)
    member = nn.Sequential(nn.Linear(channels, width), *blocks, nn.LayerNorm(width), last)
    initialise(member)
    nn.init.zeros_(last.weight)
    return member


def _logit_of_mean(logits: Tensor) -> Tensor:
    """Logit of the mean, over the first axis, of the probabilities that have these logits."""
    if len(logits) == 1:
        return logits[0]
    # Logarithms of the sums of p and of 1 - p over the members; their difference is the logit of the mean.
    yes, no = (torch.logsumexp(functional.logsigmoid(side), dim=0) for side in (logits, -logits))
    return yes - no
