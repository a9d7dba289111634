"""The network that weighs scenarios against each other."""

from torch import Tensor, nn

from introghost.networks.layers import Standardise, initialise


class ModelChoiceNetwork(nn.Module):
    """Logits of the scenarios from the pooled statistics of one genome.

    Parameters
    ----------
    channels : int
        Pooled statistics.
    scenarios : int
    width : int
        Hidden units; 0 for a multinomial logistic regression.
    dropout : float
    """

    def __init__(self, channels: int, scenarios: int, width: int = 32, dropout: float = 0.2) -> None:
        super().__init__()
        self.standardise = Standardise(channels)
        hidden = (nn.Dropout(dropout), nn.Linear(channels, width), nn.GELU(), nn.Dropout(dropout)) if width else ()
        last = nn.Linear(width or channels, scenarios)
        self.body = nn.Sequential(*hidden, last)
        initialise(self)
        nn.init.zeros_(last.weight)

    def forward(self, pooled: Tensor) -> Tensor:
        """(batch, channels) to logits (batch, scenarios)."""
        logits: Tensor = self.body(self.standardise(pooled))
        return logits
