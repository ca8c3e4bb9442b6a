"""Images on their way into a network."""

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

_RESIDENT = 2**22  # bytes of images read before their pages, up to 2 MiB for one image, are let go


@dataclass(frozen=True)
class Images:
    """Labelled images of one split."""

    pixels: np.ndarray
    """uint8 ``[N, H, W, 3]``, possibly memory-mapped."""
    rows: np.ndarray
    """Which of ``pixels`` belong here, int ``[n]``."""
    labels: np.ndarray
    """Class numbers, int64 ``[n]``; where several may apply, 0 and 1, float32 ``[n, C]``."""
    channels: int = 3
    """1: networks see the luminance alone."""

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Standardise:
    """Channel-wise ``(x - mean) / std`` of images in [0, 1]."""

    mean: Sequence[float]
    std: Sequence[float]

    def __call__(self, images: Tensor) -> Tensor:
        """Standardise ``[B, 3, H, W]``, or luminance ``[B, 1, H, W]`` by that of mean and std."""
        mean, std = (images.new_tensor(value).view(1, 3, 1, 1) for value in (self.mean, self.std))
        if images.shape[1] == 1:
            mean, std = luminance(mean), luminance(std)
        return (images - mean) / std


def luminance(images: Tensor) -> Tensor:
    """Turn RGB ``[B, 3, H, W]`` into its luminance ``[B, 1, H, W]`` (ITU-R BT.601)."""
    return (images * images.new_tensor((0.299, 0.587, 0.114)).view(1, 3, 1, 1)).sum(1, keepdim=True)


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
    """Yield float images ``[B, C, H, W]`` in [0, 1] and their labels; the last batch may be short.

    A last image that would be alone joins the batch before it: BatchNorm has no variance of one value.
    """
    sequence = np.arange(len(images)) if order is None else order.numpy()
    resident = 0
    for chosen in _cut(sequence, size):
        pixels = torch.from_numpy(images.pixels[images.rows[chosen]])
        if (resident := resident + pixels.nbytes) > _RESIDENT:
            resident = _let_go(images.pixels)
        x = pixels.permute(0, 3, 1, 2).contiguous().to(device).float() / 255
        yield (
            luminance(x) if images.channels == 1 else x,
            torch.from_numpy(images.labels[chosen]).to(device),
        )


def steps_of(count: int, size: int) -> int:
    """Return how many batches ``count`` images come to."""
    return len(_cut(np.arange(count), size))


def _cut(sequence: np.ndarray, size: int) -> list[np.ndarray]:
    starts = list(range(0, len(sequence), size))
    if len(starts) > 1 and size > 1 and len(sequence) - starts[-1] == 1:
        starts.pop()
    return np.split(sequence, starts[1:])
