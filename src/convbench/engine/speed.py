"""How long a network takes for an image."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.benchmark import Timer

from convbench.engine.optimizer import make_optimizer
from convbench.engine.step import TrainingStep

_BATCH = 32  # images in a step, at most
_PIXELS = 2**21  # in a step, at most: 32 images of 256 pixels
_SECONDS = 0.5  # of measuring, at least, for each number


@dataclass(frozen=True)
class Speed:
    """Milliseconds per image: medians over repetitions."""

    inference_ms: float
    """Prediction, one image at a time."""
    inference_batch_ms: float
    """Prediction, in batches."""
    train_step_ms: float
    """A training step, in batches: forward, loss, backward and optimizer step, every weight trained."""
    batch_size: int
    """Images in a batch."""


def speed_of(network: nn.Module, image_size: int, channels: int, threads: int) -> Speed:
    """Time ``network`` on its own device, for images ``[B, channels, image_size, image_size]``.

    The training step is the one that runs take, with every weight trained by SGD with momentum, as in
    timm's benchmark. Clipping, schedule and weight averaging are off: they differ between runs, and the
    numbers compare architectures. The learning rate is zero, so all repetitions use the same weights.

    Nothing else should run on the machine. The network is left in training mode.
    """
    batch = max(2, min(_BATCH, _PIXELS // image_size**2))
    device = next(network.parameters()).device
    images = torch.zeros(batch, channels, image_size, image_size, device=device)
    labels = torch.zeros(batch, dtype=torch.int64, device=device)
    network.requires_grad_(True)
    optimizer = make_optimizer("sgd", [(network.parameters(), 0.0)], momentum=0.9, weight_decay=0.0)
    step = TrainingStep(network, F.cross_entropy, optimizer)

    def predict(shown: Tensor) -> None:
        with torch.inference_mode():
            network(shown)

    network.eval()
    one = _median(lambda: predict(images[:1]), threads)
    many = _median(lambda: predict(images), threads)
    network.train()
    train = _median(lambda: step(images, labels), threads)
    return Speed(1000 * one, 1000 * many / batch, 1000 * train / batch, batch)


def _median(work: Callable[[], object], threads: int) -> float:
    """Return the median seconds that ``work`` takes, after a warm-up."""
    timer = Timer("work()", globals={"work": work}, num_threads=threads)
    return float(timer.blocked_autorange(min_run_time=_SECONDS).median)
