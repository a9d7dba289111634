"""The network that weighs scenarios against each other."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from introghost.networks.layers import Standardise, initialise
from introghost.networks.novelty import Novelty


class ModelChoiceNetwork(nn.Module):
    """Logits of the scenarios from the pooled statistics of one genome.

    Members of an ensemble are trained on genomes that weigh differently for each; their probabilities are averaged, and
    how far they are apart tells what is due to the choice of training genomes.

    Parameters
    ----------
    channels : int
        Pooled statistics and, last, the number of regions that they are of.
    scenarios : int
    width : int
        Hidden units; 0 for a multinomial logistic regression.
    members : int
    references : int
        Genomes of each scenario that are kept to tell whether another is like them, see `Novelty`.
    levels : int
        Numbers of regions for which that can be told.
    dropout : float
    """

    def __init__(
        self,
        channels: int,
        scenarios: int,
        width: int = 32,
        members: int = 1,
        references: int = 0,
        levels: int = 1,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.standardise = Standardise(channels)
        self.members = nn.ModuleList(_member(channels, scenarios, width, dropout) for _ in range(members))
        self.sharpness = nn.Parameter(torch.zeros(members))
        self.novelty = Novelty(channels - 1, scenarios, references, levels)

    def forward(self, pooled: Tensor) -> Tensor:
        """(batch, channels) to logits (batch, scenarios); in training to those of each member, see `each`."""
        logits = self.each(pooled)
        if self.training:
            return logits
        return torch.logsumexp(functional.log_softmax(logits, dim=2), dim=0) - math.log(len(logits))

    def each(self, pooled: Tensor) -> Tensor:
        """Logits of each member, (members, batch, scenarios).

        Few regions say less: logits are multiplied by a power of their number.
        """
        standard = self.standardise(pooled)
        logits = torch.stack([member(standard) for member in self.members])
        return logits * torch.exp(self.sharpness[:, None, None] * pooled[None, :, -1:].log())


def _member(channels: int, scenarios: int, width: int, dropout: float) -> nn.Module:
    hidden = (nn.Dropout(dropout), nn.Linear(channels, width), nn.GELU(), nn.Dropout(dropout)) if width else ()
    last = nn.Linear(width or channels, scenarios)
    member = nn.Sequential(*hidden, last)
    initialise(member)
    nn.init.zeros_(last.weight)
    return member
