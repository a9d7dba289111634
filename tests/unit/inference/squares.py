"""Statistics of which networks see what a test wants them to see."""

import torch


def squares(seen: torch.Tensor) -> torch.Tensor:
    """What a network, which sees signed roots, sees as `seen`, of one region."""
    return torch.cat([seen * seen.abs(), torch.ones(len(seen), 1)], dim=1)
