"""Where simulated genomes and regions lie: what new ones are compared with."""

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


class RegionNovelty(nn.Module):
    """Tensors of `inference.region_novelty`; nothing of it is trained by gradients.

    Parameters
    ----------
    num_features : int
    references : int
        Held-out simulated regions; 0 for none, and then novelty cannot be told.

    Attributes
    ----------
    mean : Tensor of float64, shape (num_features,)
        Of the simulated regions of training.
    precision : Tensor of float64, shape (num_features, num_features)
        Inverse of their shrunk covariance; 0 for features that tell of the sample and not of the sequence.
    distances : Tensor of float64, shape (references,)
        Squared Mahalanobis distances of the held-out regions from the mean, ascending.
    """

    mean: Tensor
    precision: Tensor
    distances: Tensor

    def __init__(self, num_features: int, references: int) -> None:
        super().__init__()
        used = num_features if references else 0
        self.register_buffer("mean", torch.zeros(used, dtype=torch.float64))
        self.register_buffer("precision", torch.zeros(used, used, dtype=torch.float64))
        self.register_buffer("distances", torch.zeros(references, dtype=torch.float64))
