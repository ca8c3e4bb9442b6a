"""How long a network takes for an image, by the clock."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.benchmark import Timer

_BATCH = 32  # images a step, at most
_PIXELS = 2**21  # a step, at most: 32 images of 256 pixels
_SECONDS = 0.5  # of measuring, at least, for each number


@dataclass(frozen=True)
class Speed:
    """Milliseconds an image: medians over repetitions."""

    predict_ms: float
    """Of one image by itself."""
    predict_batch_ms: float
    """Of images in batches."""
    learn_batch_ms: float
    """Of images in batches: predictions, and gradients of every weight."""
    batch: int
    """Images in a batch."""


def speed_of(network: nn.Module, image_size: int, channels: int, threads: int) -> Speed:
    """Time ``network`` on its own device, for images ``[B, channels, image_size, image_size]``.

    The machine should have nothing else to do. The network is left in training mode.
    """
    batch = max(2, min(_BATCH, _PIXELS // image_size**2))
    device = next(network.parameters()).device
    images = torch.zeros(batch, channels, image_size, image_size, device=device)
    labels = torch.zeros(batch, dtype=torch.int64, device=device)
    network.requires_grad_(True)

    def predict(shown: Tensor) -> None:
        with torch.inference_mode():
            network(shown)

    def learn() -> None:
        network.zero_grad(set_to_none=True)
        F.cross_entropy(network(images), labels).backward()

    network.eval()
    one = _median(lambda: predict(images[:1]), threads)
    many = _median(lambda: predict(images), threads)
    network.train()
    return Speed(1000 * one, 1000 * many / batch, 1000 * _median(learn, threads) / batch, batch)


def _median(work: Callable[[], None], threads: int) -> float:
    """Return the median seconds that ``work`` takes, warm."""
    timer = Timer("work()", globals={"work": work}, num_threads=threads)
    return float(timer.blocked_autorange(min_run_time=_SECONDS).median)
