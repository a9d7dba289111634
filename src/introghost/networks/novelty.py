"""Where the simulated genomes of each scenario lie: what a new genome is compared with."""

import torch
from torch import Tensor, nn


class Novelty(nn.Module):
    """Tensors of `inference.novelty`; nothing of it is trained by gradients.

    Parameters
    ----------
    channels : int
        Pooled statistics, standardised.
    scenarios : int
    references : int
        Genomes of each scenario; 0 for none, and then nothing is known of novelty.
    """

    mean: Tensor
    precision: Tensor
    references: Tensor
    scores: Tensor
    nearest: Tensor

    def __init__(self, channels: int, scenarios: int, references: int) -> None:
        super().__init__()
        used = channels if references else 0
        self.register_buffer("mean", torch.zeros(scenarios, used))
        self.register_buffer("precision", torch.zeros(scenarios, used, used))
        self.register_buffer("references", torch.zeros(scenarios, references, used))
        self.register_buffer("scores", torch.zeros(scenarios, references, 2))
        self.register_buffer("nearest", torch.zeros(scenarios, references))
