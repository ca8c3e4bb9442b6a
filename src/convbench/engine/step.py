"""One training step: the only one, which training, range test and speed measurement share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.optimizer import StateDict
from torch.optim.swa_utils import AveragedModel

from convbench.engine.modes import gradient_norms
from convbench.engine.objective import Loss

Precision = Literal["fp32"]
MemoryFormat = Literal["preserve"]

_DTYPES: Mapping[Precision, torch.dtype] = {"fp32": torch.float32}
_FORMATS: Mapping[MemoryFormat, torch.memory_format] = {"preserve": torch.preserve_format}


@dataclass(frozen=True)
class StepSettings:
    """How the images of a batch are stored when they enter the network."""

    precision: Precision = "fp32"
    memory_format: MemoryFormat = "preserve"
    """``preserve``: as the augmentation returns them. ``crop_flip`` returns channels-last images, others
    contiguous ones; another format selects other convolution kernels, which round differently."""

    def convert(self, images: Tensor) -> Tensor:
        """Convert images ``[B, C, H, W]`` to this precision and memory format."""
        return images.to(_DTYPES[self.precision], memory_format=_FORMATS[self.memory_format])


@dataclass(frozen=True)
class StepOutput:
    """What one step computed from its batch, before it updated the network."""

    logits: Tensor
    """``[B, C]``, detached."""
    loss: Tensor
    """The mean over the batch, a detached scalar."""
    gradient_norms: Sequence[tuple[str, float]] | None
    """Name and gradient norm of each weight, before clipping; ``None`` unless they are recorded."""


@dataclass(frozen=True)
class TrainingStep:
    """Update a network from one batch.

    Forward, loss, backward, clipping, optimizer, schedule and weight averaging, in this order.
    """

    network: nn.Module
    loss: Loss
    optimizer: Optimizer
    scheduler: LRScheduler | None = None
    """``None``: the learning rates stay as they are."""
    clip_norm: float | None = None
    """Largest norm of the gradient over all parameters; ``None``: no clipping."""
    average: AveragedModel | None = None
    """The moving average of the weights to update; ``None``: no average."""
    settings: StepSettings = StepSettings()

    def __call__(self, images: Tensor, targets: Tensor, *, record_gradients: bool = False) -> StepOutput:
        """Take one step on images ``[B, C, H, W]``, augmented and standardised, and their targets."""
        logits = self.network(self.settings.convert(images))
        loss = self.loss(logits, targets)
        self.network.zero_grad(set_to_none=True)
        loss.backward()
        norms = gradient_norms(self.network) if record_gradients else None
        if self.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.clip_norm)
        self.optimizer.step()
        if self.scheduler is not None:
            self.scheduler.step()
        if self.average is not None:
            self.average.update_parameters(self.network)
        return StepOutput(logits.detach(), loss.detach(), norms)

    def state_dict(self) -> StateDict:
        """Return the state of the optimizer and of the schedule, by reference."""
        schedule = None if self.scheduler is None else self.scheduler.state_dict()
        return {"optimizer": self.optimizer.state_dict(), "scheduler": schedule}

    def load_state_dict(self, saved: StateDict) -> None:
        """Restore what ``state_dict`` returned, into a step that was made in the same way."""
        self.optimizer.load_state_dict(saved["optimizer"])
        if self.scheduler is not None:
            self.scheduler.load_state_dict(saved["scheduler"])
