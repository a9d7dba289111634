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
    levels : int
        Numbers of regions for which it is known how far parts of the simulated genomes lie.
    """

    numbers: Tensor
    references: Tensor
    scores: Tensor
    nearest: Tensor

    def __init__(self, channels: int, scenarios: int, references: int, levels: int = 1) -> None:
        super().__init__()
        used = channels if references else 0
        self.register_buffer("numbers", torch.zeros(levels))
        self.register_buffer("references", torch.zeros(scenarios, references, used, dtype=torch.float16))  # to be small
        self.register_buffer("scores", torch.zeros(levels, scenarios, references, 2))
        self.register_buffer("nearest", torch.zeros(levels, scenarios, references))
