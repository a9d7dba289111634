"""Where the simulated genomes of each scenario lie: what a new genome is compared with."""

import torch
from torch import Tensor, nn


class Novelty(nn.Module):
    """Tensors of `inference.novelty`; nothing of it is trained by gradients.

    Parameters
    ----------
    num_pooled : int
        Pooled statistics.
    scenarios : int
    references : int
        Genomes of each scenario; 0 for none, and then novelty cannot be told.
    levels : int
        Numbers of regions for which the distances of parts of the simulated genomes are kept.

    Attributes
    ----------
    numbers : Tensor of float32, shape (levels,)
        Numbers of regions, descending.
    references : Tensor of float16, shape (scenarios, references, num_pooled)
        Standardised roots of whole genomes.
    scores : Tensor of float32, shape (levels, scenarios, references, 2)
        Both measures of the references' distance from their own scenario.
    nearest : Tensor of float32, shape (levels, scenarios, references)
        Their distance from the nearest scenario, see `inference.novelty.farness`.
    """

    numbers: Tensor
    references: Tensor
    scores: Tensor
    nearest: Tensor

    def __init__(self, num_pooled: int, scenarios: int, references: int, levels: int = 1) -> None:
        super().__init__()
        used = (scenarios, references, num_pooled if references else 0)
        self.register_buffer("numbers", torch.zeros(levels))
        self.register_buffer("references", torch.zeros(used, dtype=torch.float16))  # to be small
        self.register_buffer("scores", torch.zeros(levels, scenarios, references, 2))
        self.register_buffer("nearest", torch.zeros(levels, scenarios, references))
