"""Images on their way into a network."""

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

_RESIDENT = 2**28  # bytes of images that are read before their pages are let go


@dataclass(frozen=True)
class Images:
    """Labelled images of one split."""

    pixels: np.ndarray
    """uint8 ``[N, H, W, 3]``, possibly memory-mapped."""
    rows: np.ndarray
    """Which of ``pixels`` belong here, int ``[n]``."""
    labels: np.ndarray
    """Class numbers, int64 ``[n]``; where several may apply, 0 and 1, float32 ``[n, C]``."""

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Standardise:
    """Channel-wise ``(x - mean) / std`` of RGB in [0, 1]."""

    mean: Sequence[float]
    std: Sequence[float]

    def __call__(self, images: Tensor) -> Tensor:
        """Standardise ``[B, 3, H, W]``."""
        mean, std = (images.new_tensor(value).view(1, 3, 1, 1) for value in (self.mean, self.std))
        return (images - mean) / std


def _let_go(pixels: np.ndarray) -> int:
    """Let go of what was read of a memory-mapped array: the system's cache keeps it, this process not.

    Else every page that was ever touched counts as memory of this process, in the end all of them.
    """
    if isinstance(pixels.base, mmap.mmap):
        pixels.base.madvise(mmap.MADV_DONTNEED)
    return 0


def batches(
    images: Images, size: int, device: torch.device, order: Tensor | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield float images ``[B, 3, H, W]`` in [0, 1] and their labels; the last batch may be short."""
    sequence = np.arange(len(images)) if order is None else order.numpy()
    resident = 0
    for start in range(0, len(sequence), size):
        chosen = sequence[start : start + size]
        pixels = torch.from_numpy(images.pixels[images.rows[chosen]])
        if (resident := resident + pixels.nbytes) > _RESIDENT:
            resident = _let_go(images.pixels)
        x = pixels.permute(0, 3, 1, 2).contiguous().to(device).float() / 255
        yield x, torch.from_numpy(images.labels[chosen]).to(device)
