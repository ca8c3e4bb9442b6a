"""Images, and how they are read in batches."""

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from convbench.luminance import LUMINANCE

_RESIDENT = 2**22  # bytes of images to read before their pages, up to 2 MiB an image, are released


@dataclass(frozen=True)
class Images:
    """Labelled images of one split."""

    pixels: np.ndarray
    """uint8 ``[N, H, W, 3]``, possibly memory-mapped."""
    rows: np.ndarray
    """Indices of the split's images in ``pixels``, int ``[n]``."""
    labels: np.ndarray
    """Class numbers, int64 ``[n]``; multi-label: 0 and 1, float32 ``[n, C]``."""
    channels: int = 3
    """3: colour; 1: luminance."""

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Standardise:
    """Channel-wise ``(x - mean) / std`` of images in [0, 1]."""

    mean: Sequence[float]
    std: Sequence[float]

    def __call__(self, images: Tensor) -> Tensor:
        """Standardise ``[B, 3, H, W]``; ``[B, 1, H, W]`` with the luminance of mean and std."""
        mean, std = (images.new_tensor(value).view(1, 3, 1, 1) for value in (self.mean, self.std))
        if images.shape[1] == 1:
            mean, std = luminance(mean), luminance(std)
        return (images - mean) / std


def luminance(images: Tensor) -> Tensor:
    """Convert RGB ``[B, 3, H, W]`` to its luminance ``[B, 1, H, W]`` (ITU-R BT.601)."""
    return (images * images.new_tensor(LUMINANCE).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _release(pixels: np.ndarray) -> int:
    """Release the pages that were read of a memory-mapped array; the system's cache keeps them.

    Otherwise all pages that were ever read count as memory of this process. Returns 0: the bytes kept.
    """
    if isinstance(pixels.base, mmap.mmap):
        pixels.base.madvise(mmap.MADV_DONTNEED)
    return 0


def batches(
    images: Images, size: int, device: torch.device, order: Tensor | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield float images ``[B, C, H, W]`` in [0, 1] and their labels; the last batch may be smaller.

    ``order`` holds indices into ``images``, int64 ``[n]``. A last batch of one image joins the batch
    before it: BatchNorm cannot compute the variance of one value.
    """
    sequence = np.arange(len(images)) if order is None else order.numpy()
    resident = 0
    for chosen in _split(sequence, size):
        pixels = torch.from_numpy(images.pixels[images.rows[chosen]])
        if (resident := resident + pixels.nbytes) > _RESIDENT:
            resident = _release(images.pixels)
        x = pixels.permute(0, 3, 1, 2).contiguous().to(device).float() / 255
        yield (
            luminance(x) if images.channels == 1 else x,
            torch.from_numpy(images.labels[chosen]).to(device),
        )


def steps_of(count: int, size: int) -> int:
    """Return the number of batches of ``count`` images."""
    return len(_split(np.arange(count), size))


def _split(sequence: np.ndarray, size: int) -> list[np.ndarray]:
    starts = list(range(0, len(sequence), size))
    if len(starts) > 1 and size > 1 and len(sequence) - starts[-1] == 1:
        starts.pop()
    return np.split(sequence, starts[1:])
