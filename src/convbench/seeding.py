"""Randomness that comes from names, never from global state, core counts or the order of jobs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a seed of names is made without torch
    import torch


def seed_of(*names: str | int) -> int:
    """Return the 63-bit seed that these names stand for; other names give an unrelated seed."""
    digest = hashlib.sha256("\0".join(map(str, names)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(*names: str | int) -> torch.Generator:
    """Return a fresh CPU generator seeded by ``names``."""
    import torch

    return torch.Generator().manual_seed(seed_of(*names))


@contextmanager
def seeded(*names: str | int) -> Iterator[None]:
    """Seed what draws from torch's global generator (initial weights, dropout), then put it back."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed_of(*names))
        yield
