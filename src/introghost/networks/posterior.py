"""The network that gives the posterior of the parameters: an ensemble of neural spline flows."""

import math

import torch
import zuko
from torch import Tensor, nn
from torch.nn import functional

from introghost.networks.layers import RootsAndLogarithms

TRANSFORMS = 2


class PosteriorNetwork(nn.Module):
    """Density of the parameters of one genome given its pooled statistics.

    Statistics enter as linear predictors of the parameters, which are the posterior mean as far as a line can tell it
    (Fearnhead and Prangle 2012, J R Stat Soc B 74:419): with the few genomes that can be simulated, a network of so
    many statistics would learn them by heart. Conditional neural spline flows (Durkan et al. 2019, NeurIPS), trained on
    draws from the prior (Papamakarios and Murray 2016, NeurIPS), give what the parameters deviate from that. Members of
    an ensemble differ in their first weights; the posterior is their mixture, which is less sure of itself than one of
    them (Hermans et al. 2022, TMLR).

    Parameters
    ----------
    channels : int
        Pooled statistics, and one for the number of regions that they are of.
    parameters : int
        On a scale on which the prior is standard normal, see `inference.prior_scale`.
    width : int
        Hidden units of the flow.
    members : int
    """

    slopes: Tensor
    intercepts: Tensor

    def __init__(self, channels: int, parameters: int, width: int = 64, members: int = 1) -> None:
        super().__init__()
        self.standardise = RootsAndLogarithms(channels - 1)
        self.register_buffer("slopes", torch.zeros(parameters, len(self.standardise.mean)))
        self.register_buffer("intercepts", torch.zeros(parameters))
        self.flows = nn.ModuleList(
            zuko.flows.NSF(parameters, parameters + 1, transforms=TRANSFORMS, hidden_features=(width, width))
            for _ in range(members)
        )

    def predict(self, values: Tensor, num_regions: Tensor) -> Tensor:
        """Linear predictors of the parameters, (batch, parameters).

        Parameters
        ----------
        values : Tensor of float32, shape (batch, num_pooled)
            Pooled statistics of genomes.
        num_regions : Tensor of float32, shape (batch,)
            Regions that these are means over.
        """
        return functional.linear(self.standardise(values, num_regions), self.slopes, self.intercepts)

    def forward(
        self, values: Tensor, num_regions: Tensor, parameters: Tensor, predicted: Tensor | None = None
    ) -> Tensor:
        """Log density of parameters: that of the mixture, (batch,); in training of each member, (members, batch).

        Parameters
        ----------
        values : Tensor of float32, shape (batch, num_pooled)
        num_regions : Tensor of float32, shape (batch,)
        parameters : Tensor of float32, shape (batch, parameters)
            On the scale on which the prior is standard normal.
        predicted : Tensor of float32, shape (batch, parameters), optional
            In training, predictors that were fitted without the genome, as they will be of any other genome.
        """
        # Each flow gives the density of what the parameters deviate from the predictors.
        predicted = self.predict(values, num_regions) if predicted is None else predicted
        condition = self._condition(num_regions, predicted)
        density = torch.stack([flow(condition).log_prob(parameters - predicted) for flow in self.flows])
        # The logarithm of the mean density over the members.
        return density if self.training else torch.logsumexp(density, dim=0) - math.log(len(density))

    def sample(self, values: Tensor, num_regions: Tensor, number: int, seed: int) -> Tensor:
        """Draws from the posterior of each genome, shape (batch, number, parameters): as many of each member, in turn.

        Parameters
        ----------
        values : Tensor of float32, shape (batch, num_pooled)
        num_regions : Tensor of float32, shape (batch,)
        number : int
        seed : int
            The same seed gives the same draws.
        """
        predicted = self.predict(values, num_regions)
        condition = self._condition(num_regions, predicted)
        # As many deviations of each member, rounded up, from a random stream that leaves the global one as it was.
        count = -(-number // len(self.flows))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            deviations = torch.stack([flow(condition).sample((count,)) for flow in self.flows])
        # From (members, count, batch, parameters) to the members in turn within each genome.
        return (deviations + predicted).permute(2, 1, 0, 3).flatten(1, 2)[:, :number]

    def _condition(self, num_regions: Tensor, predicted: Tensor) -> Tensor:
        """What a flow is given: the predictors, and of how many regions they are; (batch, parameters + 1)."""
        return torch.cat([predicted, self.standardise.size(num_regions)[:, None]], dim=1)
