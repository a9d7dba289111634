"""Statistics of which networks see what a test wants them to see."""

import torch


def squares(seen: torch.Tensor, num_regions: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Pooled values of which a network, which sees signed roots, sees `seen`; and numbers of regions, all the same."""
    return seen * seen.abs(), torch.full((len(seen),), num_regions)
