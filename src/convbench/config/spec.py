"""One run, fully resolved: everything that its numbers depend on besides data and code."""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number was expected")
    return value


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
DatasetName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(/[a-z0-9_]+)?$")]
"""A dataset, possibly one of a family: ``digits``, ``medmnist/pneumoniamnist``."""
Seed = Annotated[int, Field(ge=0, strict=True)]
Count = Annotated[int, Field(gt=0, strict=True)]
Rate = Annotated[float, BeforeValidator(_no_truth), Field(gt=0, allow_inf_nan=False)]
Device = Literal["auto", "cpu", "cuda"]
Resize = Literal["stretch", "crop"]

RANDOM_WEIGHTS = "random"


class Frozen(BaseModel):
    """A value that cannot change and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Budget(Frozen):
    """How long a network is trained."""

    epochs: Count
    """Passes over the training images."""
    batch_size: Count
    """Images a step."""


class Recipe(Frozen):
    """How a network is trained, at one learning rate."""

    optimizer: Literal["sgd", "adamw"]
    lr: Rate
    """Peak learning rate: of the head, and of the body too unless it has its own."""
    momentum: Annotated[float, Field(ge=0, lt=1)]
    """Nesterov momentum of SGD; the first beta of AdamW."""
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """Decay of weight matrices and kernels; biases and norms are never decayed."""
    schedule: Literal["constant", "cosine"]
    """Of the learning rate, step by step: ``cosine`` falls to zero at the last one."""


class Optimisation(Recipe):
    """How a network is trained, possibly at two learning rates."""

    body_lr: Rate | None = None
    """Peak learning rate of everything below the head, for strategies that tell them apart."""


class RunSpec(Frozen):
    """One cell of the grid."""

    dataset: DatasetName
    train_size: Count | None
    """Training images drawn from the dataset; null takes all."""
    image_size: Count
    """Side of the prepared square images, in pixels."""
    architecture: Name
    weights: DatasetName
    """``random``, or the dataset that the network was pretrained on."""
    strategy: Name
    augmentation: Name
    seed: Seed
    budget: Budget
    optimisation: Optimisation
    threads: Count
    """CPU threads of one training; another number rounds differently."""
    device: Device

    @property
    def task(self) -> str:
        """The dataset and its number of training images, as the config writes it."""
        return self.dataset if self.train_size is None else f"{self.dataset}@{self.train_size}"

    @property
    def id(self) -> str:
        """The run's folder under ``results/runs``."""
        axes = (self.task, self.architecture, self.strategy, self.augmentation, f"s{self.seed}")
        return "/".join(axes)


def canonical_json(spec: RunSpec) -> str:
    """Write a run as JSON with sorted keys and no spaces: equal values, equal text."""
    return json.dumps(spec.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
