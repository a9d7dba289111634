"""The network that gives the posterior of the parameters: an ensemble of neural spline flows."""

import math

import torch
import zuko
from torch import Tensor, nn

from introghost.networks.layers import Standardise, initialise

TRANSFORMS = 3


class PosteriorNetwork(nn.Module):
    """Density of the parameters of one genome given its pooled statistics.

    Conditional neural spline flows (Durkan et al. 2019, NeurIPS) trained on draws from the prior (Papamakarios and
    Murray 2016, NeurIPS). Members of an ensemble differ in their first weights; the posterior is their mixture, which
    is less sure of itself than one of them (Hermans et al. 2022, TMLR).

    Parameters
    ----------
    channels : int
        Pooled statistics.
    parameters : int
        On a scale on which the prior is standard normal, see `inference.prior_scale`.
    width : int
        Hidden units of the embedding of the statistics, and of the flow.
    members : int
    """

    def __init__(self, channels: int, parameters: int, width: int = 64, members: int = 1) -> None:
        super().__init__()
        self.standardise = Standardise(channels)
        self.embeddings = nn.ModuleList(_embedding(channels, width) for _ in range(members))
        self.flows = nn.ModuleList(
            zuko.flows.NSF(parameters, width, transforms=TRANSFORMS, hidden_features=(width, width))
            for _ in range(members)
        )

    def forward(self, pooled: Tensor, values: Tensor) -> Tensor:
        """Log density of `values` (batch, parameters) given `pooled` (batch, channels).

        Of shape (batch,), that of the mixture; in training that of each member, (members, batch).
        """
        standard = self.standardise(pooled)
        members = zip(self.embeddings, self.flows, strict=True)
        density = torch.stack([flow(embedding(standard)).log_prob(values) for embedding, flow in members])
        return density if self.training else torch.logsumexp(density, dim=0) - math.log(len(density))

    def sample(self, pooled: Tensor, number: int, seed: int) -> Tensor:
        """Draws from the posterior of each genome, shape (batch, number, parameters): as many of each member, in turn.

        Parameters
        ----------
        pooled : Tensor, shape (batch, channels)
        number : int
        seed : int
            The same seed gives the same draws.
        """
        standard = self.standardise(pooled)
        count = -(-number // len(self.flows))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            members = zip(self.embeddings, self.flows, strict=True)
            drawn = torch.stack([flow(embedding(standard)).sample((count,)) for embedding, flow in members])
        return drawn.permute(2, 1, 0, 3).flatten(1, 2)[:, :number]


def _embedding(channels: int, width: int) -> nn.Module:
    embedding = nn.Sequential(nn.Linear(channels, width), nn.GELU(), nn.Linear(width, width), nn.GELU())
    initialise(embedding)
    return embedding
