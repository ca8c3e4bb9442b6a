"""One run, fully resolved: everything that its numbers depend on besides data and code."""

import json
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
)

from convbench.config.tasks import Task


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number was expected")
    return value


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
DatasetName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(/[a-z0-9_]+)?$")]
"""A dataset, possibly one of a family: ``digits``, ``medmnist/pneumoniamnist``."""
ArchitectureName = Annotated[
    str, StringConstraints(pattern=r"^([a-z0-9_]+|[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*)$")
]
"""One of the catalogue, or a user's own: ``my_package.my_module:build``."""
AugmentationName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\+[a-z0-9_]+)*$")]
"""One of the catalogue, or several in turn: ``crop_flip+mixup``."""
Seed = Annotated[int, Field(ge=0, strict=True)]
Count = Annotated[int, Field(gt=0, strict=True)]
Rate = Annotated[float, BeforeValidator(_no_truth), Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, BeforeValidator(_no_truth), Field(ge=0, lt=1)]
NotNegative = Annotated[float, BeforeValidator(_no_truth), Field(ge=0, allow_inf_nan=False)]
Momentum = Annotated[float, Field(ge=0, lt=1)]
OptimizerName = Literal["sgd", "adamw"]
ScheduleName = Literal["constant", "cosine", "step", "one_cycle"]
Device = Literal["auto", "cpu", "cuda"]
Resize = Literal["stretch", "crop"]
Channels = Literal[1, 3]

RANDOM_WEIGHTS = "random"
AUTO = "auto"

NUMBER, WORD = "<number>", "<word>"
"""What pydantic puts at the end of a place where a number or a word may stand."""


def _kind(value: Any) -> str:  # noqa: ANN401 (whatever the user wrote)
    return WORD if isinstance(value, str) and value.strip()[:1].isalpha() else NUMBER


LearningRate = Annotated[
    Annotated[Rate, Tag(NUMBER)] | Annotated[Literal["auto"], Tag(WORD)], Discriminator(_kind)
]
"""A number, or ``auto``: chosen by a learning-rate range test."""
BackboneRate = Annotated[
    Annotated[Rate, Tag(NUMBER)]
    | Annotated[str, StringConstraints(pattern=r"^lr/[1-9][0-9]*$"), Tag(WORD)],
    Discriminator(_kind),
]
"""A number, or a share of the classifier's rate: ``lr/10``; see ``phases.backbone_lr_of``."""


class Frozen(BaseModel):
    """A value that cannot change and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Length(Frozen):
    """How long a network is trained."""

    epochs: Count
    """Passes over the training images."""
    batch_size: Count
    """Images a step."""


class OptionalHyperparameters(Frozen):
    """What is off where it is not given."""

    warmup_epochs: NotNegative = 0.0
    """Epochs in which the rate rises linearly to its peak, before the schedule begins."""
    dropout: Share | None = None
    """Probability with which a feature is dropped; none given: as the network has it."""
    label_smoothing: Share = 0.0
    """Share of the target that is spread evenly over the classes (Szegedy et al. 2016, section 7)."""
    clip_norm: Rate | None = None
    """Largest norm of the gradient over all parameters."""
    ema: Share | None = None
    """Decay a step of an average of the weights, which is then what is evaluated and kept."""
    patience: Count | None = None
    """Epochs without a better validation score after which the training stops."""
    class_weights: Literal["none", "balanced"] = "none"
    """``balanced``: a class counts in inverse proportion to its training images."""


class CommonHyperparameters(OptionalHyperparameters):
    """How a network is trained, at one learning rate."""

    optimizer: OptimizerName
    lr: LearningRate
    """Peak learning rate: of the classifier, and of the backbone too unless it has its own."""
    momentum: Momentum
    """Nesterov momentum of SGD; the first beta of AdamW."""
    weight_decay: NotNegative
    """Decay of weight matrices and kernels; biases and norms are never decayed."""
    schedule: ScheduleName
    """Of the learning rate, step by step: see ``engine.optimizer``."""


class OwnHyperparameters(Frozen):
    """Those of single strategies: each names the ones that it uses, in ``needs`` and ``takes``."""

    backbone_lr: BackboneRate | None = None
    """Peak learning rate of the backbone, for strategies that give it its own."""
    layer_decay: Annotated[float, BeforeValidator(_no_truth), Field(gt=0, le=1)] | None = None
    """The factor by which the backbone's rate falls from one block to the next one below it."""
    probe_epochs: Count | None = None
    """Of the task's epochs, those in which the classifier alone is trained first."""
    probe_lr: Rate | None = None
    """Peak learning rate of the classifier in these."""
    unfreeze_every: Count | None = None
    """Epochs after which the next block below begins to learn."""
    standardise_features: bool | None = None
    """Whether a new classifier sees its input standardised and starts from zeros."""


class Hyperparameters(Length, CommonHyperparameters, OwnHyperparameters):
    """All hyperparameters of a run."""


class RunSpec(Frozen):
    """One run: a configuration with one seed, fully resolved."""

    dataset: DatasetName
    train_size: Count | None
    """Training images drawn from the dataset; null takes all."""
    image_size: Count
    """Side of the prepared square images, in pixels."""
    architecture: ArchitectureName
    weights: DatasetName
    """``random``, ``imagenet``, the dataset that the network was pretrained on, or a file's name."""
    label: Name
    """What the grid calls its strategy with its hyperparameters."""
    strategy: Name
    """The strategy's name in the catalogue."""
    augmentation: AugmentationName
    seed: Seed
    hyperparameters: Hyperparameters
    threads: Count
    """CPU threads of one training; another number rounds differently."""
    device: Device
    channels: Channels = 3
    """3: colour; 1: the luminance alone."""
    portable: bool = False
    """Compute with what every x86-64 processor with AVX2 has: see ``convbench.portable``."""
    gradient_norms: bool = False
    """Record the norm of each layer's gradient at the first step of each epoch."""
    perturbation: Share = 0.0
    """Relative size of a random change of each initial weight: shows how training amplifies rounding."""

    @property
    def task(self) -> str:
        """The dataset and its number of training images, as the config writes it."""
        return str(Task(self.dataset, self.train_size))

    @property
    def id(self) -> str:
        """The run's folder under ``results/runs``."""
        axes = (self.task, folder_of(self.architecture), self.label, self.augmentation)
        return "/".join((*axes, f"s{self.seed}"))


def folder_of(architecture: str) -> str:
    """Return an architecture's name as a folder's: a user's own has a colon in it."""
    return architecture.replace(":", ".")


def canonical_json(spec: Frozen) -> str:
    """Write a value as JSON with sorted keys, without spaces and defaults: equal values, equal text.

    Without defaults, so that an option that is new changes no run that does not use it.
    """
    values = spec.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(values, sort_keys=True, separators=(",", ":"))
