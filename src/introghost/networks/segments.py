"""The network that finds ghost segments: 1-D residual dilated networks along the bins of one haplotype."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from introghost.networks.layers import ResidualBlock, Standardise, StatisticNoise, initialise
from introghost.networks.novelty import RegionNovelty

DILATIONS = (1, 2, 4, 8, 16)
CHANNELS_PER_STATISTIC, NUM_MOMENTS = 4, 2


class SegmentNetwork(nn.Module):
    """Logit of ghost ancestry in each bin of one haplotype.

    Weights are shared over haplotypes, and the others enter only through symmetric statistics: permuting haplotypes
    permutes the output. Members of an ensemble differ in their first weights; their probabilities are averaged
    (Lakshminarayanan et al. 2017, NeurIPS).

    Parameters
    ----------
    channels : int
        Of the input: four of each haplotype statistic and one of each population statistic, see
        `inference.inputs.segment_input`.
    population : int
        Population statistics.
    width : int
        Channels of the trunk.
    members : int
    references : int
        Simulated regions that others are compared with, see `inference.region_novelty`.
    """

    def __init__(self, channels: int, population: int, width: int = 48, members: int = 1, references: int = 0) -> None:
        super().__init__()
        statistics = (channels - population) // CHANNELS_PER_STATISTIC
        # The statistic that each channel is of: itself, its two moments, those of populations, its deviation.
        own = list(range(statistics))
        of_channel = [*own, *own, *own, *range(statistics, statistics + population), *own]
        self.population = slice(3 * statistics, 3 * statistics + population)
        self.standardise = Standardise(channels)
        self.noise = StatisticNoise(of_channel)
        self.novelty = RegionNovelty(NUM_MOMENTS * statistics, references)
        self.members = nn.ModuleList(_member(channels, width) for _ in range(members))

    def forward(self, statistics: Tensor) -> Tensor:
        """Logit of ghost ancestry in each bin; in training those of each member.

        Each member has a loss of its own: trained on their mean, members would share the work.

        Parameters
        ----------
        statistics : Tensor of float32, shape (batch, bins, channels)
            Of the haplotype and its context. Population statistics that are unknown, NaN, are taken to be as the mean
            of training; no other may be missing.

        Returns
        -------
        Tensor of float32, shape (batch, bins)
            In training of shape (members, batch, bins).
        """
        # Logits of each member, shape (members, batch, bins).
        standard = self.noise(self.standardise(statistics * self.noise.factors(statistics)))
        before, population, after = standard.tensor_split((self.population.start, self.population.stop), dim=2)
        standard = torch.cat([before, population.nan_to_num(), after], dim=2)
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
