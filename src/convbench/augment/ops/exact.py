"""Bit-reproducible replacements for random functions of torch that differ between CPUs."""

from collections.abc import Callable

import torch
from torch import Tensor


def each(function: Callable[[float], float], values: Tensor) -> Tensor:
    """Return ``function``, one of Python's ``math``, of each of ``values``, of any shape, on the CPU."""
    results = [function(value) for value in values.flatten().tolist()]
    return torch.tensor(results, dtype=values.dtype).view(values.shape)
