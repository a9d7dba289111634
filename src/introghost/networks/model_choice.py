"""The network that weighs scenarios against each other."""

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from introghost.networks.layers import RootsAndLogarithms, initialise
from introghost.networks.novelty import Novelty


class ModelChoiceNetwork(nn.Module):
    """Logits of the scenarios from the pooled statistics of one genome.

    Statistics enter as linear discriminants (Fisher 1936, Ann Eugen 7:179): of the few genomes that can be simulated a
    network of so many statistics would learn the noise. Members of an ensemble are fitted to genomes that weigh
    differently for each; their probabilities are averaged, and how far they are apart tells what is due to the choice
    of training genomes.

    Parameters
    ----------
    channels : int
        Pooled statistics, and one for the number of regions that they are of.
    scenarios : int
    discriminants : int
        Linear discriminants that each member is given: one of each scenario, or of each that the network was first
        trained on, see `keep`.
    width : int
        Hidden units between discriminants and logits; 0 for none.
    members : int
    references : int
        Genomes of each scenario that are kept to tell whether another is like them, see `Novelty`.
    levels : int
        Numbers of regions for which that can be told.
    dropout : float
    """

    slopes: Tensor
    intercepts: Tensor

    def __init__(
        self,
        channels: int,
        scenarios: int,
        discriminants: int,
        width: int = 0,
        members: int = 1,
        references: int = 0,
        levels: int = 1,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        num_pooled = channels - 1
        self.standardise = RootsAndLogarithms(num_pooled)
        self.register_buffer("slopes", torch.zeros(members, discriminants, len(self.standardise.mean)))
        self.register_buffer("intercepts", torch.zeros(members, discriminants))
        self.members = nn.ModuleList(_member(discriminants, scenarios, width, dropout) for _ in range(members))
        self.sharpness = nn.Parameter(torch.zeros(members))
        self.novelty = Novelty(num_pooled, scenarios, references, levels)

    def keep(self, scenarios: Sequence[int], references: int, levels: int) -> None:
        """Choose between some of the scenarios only; all discriminants go on to be looked at.

        Each member's probabilities become what they were, divided by their sum over these scenarios. Whether a genome
        is new is to be fitted anew.

        Parameters
        ----------
        scenarios : sequence of int
            Their indices among the scenarios so far, in the order wanted.
        references, levels : int
            As for the network.
        """
        rows = torch.as_tensor(scenarios)
        for member in self.members:
            layers = cast(nn.Sequential, member)
            last = cast(nn.Linear, layers[-1])
            layers[-1] = nn.Linear(last.in_features, len(rows))
            layers[-1].load_state_dict({name: tensor[rows] for name, tensor in last.state_dict().items()})
        self.novelty = Novelty(self.standardise.num_pooled, len(rows), references, levels)

    def discriminants(self, values: Tensor, num_regions: Tensor) -> Tensor:
        """Linear discriminants of each member, (members, batch, discriminants).

        Parameters
        ----------
        values : Tensor of float32, shape (batch, num_pooled)
            Pooled statistics of genomes.
        num_regions : Tensor of float32, shape (batch,)
            Regions that these are means over.
        """
        # The same standardised values for each member, times its slopes, plus its intercepts.
        standard = self.standardise(values, num_regions).expand(len(self.slopes), -1, -1)
        return torch.baddbmm(self.intercepts[:, None], standard, self.slopes.transpose(1, 2))

    def forward(self, values: Tensor, num_regions: Tensor, discriminants: Tensor | None = None) -> Tensor:
        """Logits of the ensemble; in training those of each member, see `each`.

        Parameters
        ----------
        values : Tensor of float32, shape (batch, num_pooled)
            Pooled statistics of genomes.
        num_regions : Tensor of float32, shape (batch,)
            Regions that these are means over.
        discriminants : Tensor of float32, shape (members, batch, discriminants), optional
            As for `each`.

        Returns
        -------
        Tensor of float32, shape (batch, scenarios)
            In training of shape (members, batch, scenarios).
        """
        logits = self.each(values, num_regions, discriminants)
        if self.training:
            return logits
        # The logarithm of the mean probability over the members.
        return torch.logsumexp(functional.log_softmax(logits, dim=2), dim=0) - math.log(len(logits))

    def each(self, values: Tensor, num_regions: Tensor, discriminants: Tensor | None = None) -> Tensor:
        """Logits of each member, (members, batch, scenarios).

        Few regions say less: logits are multiplied by a power of their number.

        Parameters
        ----------
        values : Tensor of float32, shape (batch, num_pooled)
        num_regions : Tensor of float32, shape (batch,)
        discriminants : Tensor of float32, shape (members, batch, discriminants), optional
            In training, those that were fitted without the genome, as they will be of any other genome.
        """
        discriminants = self.discriminants(values, num_regions) if discriminants is None else discriminants
        logits = torch.stack([member(one) for member, one in zip(self.members, discriminants, strict=True)])
        # Logits times num_regions ** sharpness, which each member has of its own.
        return logits * torch.exp(self.sharpness[:, None, None] * num_regions[None, :, None].log())


def _member(discriminants: int, scenarios: int, width: int, dropout: float) -> nn.Sequential:
    """Without hidden units it begins as half of the discriminants, which are too sure of themselves."""
    if not width:
        only = nn.Linear(discriminants, scenarios)
        nn.init.eye_(only.weight)
        only.weight.data *= 0.5
        nn.init.zeros_(only.bias)
        return nn.Sequential(only)
    last = nn.Linear(width, scenarios)
    member = nn.Sequential(nn.Linear(discriminants, width), nn.GELU(), nn.Dropout(dropout), last)
    initialise(member)
    nn.init.zeros_(last.weight)
    return member
