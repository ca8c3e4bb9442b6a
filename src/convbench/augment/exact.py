"""Functions of what was drawn, to the same bit on every processor: torch's own depend on it."""

from collections.abc import Callable

import torch
from torch import Tensor


def each(function: Callable[[float], float], draws: Tensor) -> Tensor:
    """Return ``function``, one of Python's ``math``, of each of ``draws``; of any shape, on the CPU."""
    values = [function(value) for value in draws.flatten().tolist()]
    return torch.tensor(values, dtype=draws.dtype).view(draws.shape)
