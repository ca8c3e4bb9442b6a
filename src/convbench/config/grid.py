"""The grid: every list in one config file; their product is the benchmark."""

from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from convbench.config.datasets import DatasetSettings
from convbench.config.problems import problems_of
from convbench.config.spec import (
    RANDOM_WEIGHTS,
    ArchitectureName,
    AugmentationName,
    Channels,
    Count,
    DatasetName,
    Device,
    Frozen,
    LearningRate,
    Momentum,
    Name,
    NotNegative,
    OptimizerName,
    OptionalHyperparameters,
    OwnHyperparameters,
    Resize,
    ScheduleName,
    Seed,
    Share,
)
from convbench.config.tasks import Task
from convbench.config.weights import IMAGENET, WeightsFile, is_imagenet
from convbench.errors import UserError

T = TypeVar("T")
N = TypeVar("N")


def _distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    if twice := sorted({str(value) for value in values if values.count(value) > 1}):
        raise ValueError(f"listed more than once: {', '.join(twice)}")
    return values


DEFAULT_WEIGHTS = "default"
"""``random`` for a strategy that trains from scratch, ``imagenet`` for the others: see planning."""

Axis = Annotated[tuple[T, ...], Field(min_length=1), AfterValidator(_distinct)]
TaskName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(/[a-z0-9_]+)?(@[1-9][0-9]*)?$")]


def _named(value: Any) -> Any:  # noqa: ANN401 (pydantic checks it next)
    """Let a list of names stand for a mapping of names to nothing, and nothing for no settings."""
    if isinstance(value, list | tuple):
        return {name: {} for name in _distinct(tuple(value))}
    return {k: {} if v is None else v for k, v in value.items()} if isinstance(value, dict) else value


Named = Annotated[Mapping[N, T], BeforeValidator(_named), Field(min_length=1)]


class TaskSettings(Frozen):
    """How long networks are trained on a task. What is not given has a default (planning.defaults)."""

    epochs: Count | None = None
    """Passes over the training images."""
    batch_size: Count | None = None
    """Images a step."""


class GivenHyperparameters(OptionalHyperparameters):
    """What a config says of how networks are trained. What is not given has a default."""

    optimizer: OptimizerName | None = None
    lr: LearningRate | None = None
    momentum: Momentum | None = None
    weight_decay: NotNegative | None = None
    schedule: ScheduleName | None = None


class StrategySettings(GivenHyperparameters, OwnHyperparameters):
    """A strategy of the catalogue, the weights that it starts from, and its hyperparameters."""

    strategy: Name | None = None
    """The catalogue's name; none given: the entry's own."""
    weights: DatasetName = DEFAULT_WEIGHTS
    """``random``, ``imagenet``, a dataset named under ``pretraining``, or an entry of ``weights``."""
    architectures: Axis[ArchitectureName] | None = None
    """Those that it is for; none given: all of the grid's."""


class Pretraining(TaskSettings, GivenHyperparameters):
    """How every architecture is trained on a source dataset before it is transferred."""

    augmentation: AugmentationName = "none"
    seed: Seed = 0


class Grid(Frozen):
    """One config file."""

    name: Name
    """The grid's name: its MLflow experiment, and the file of its expected numbers."""
    image_size: Annotated[int, Field(ge=8, le=1024)] = 0
    """Side of the prepared square images, in pixels; 0, where none is given: by the weights."""
    resize: Resize = "crop"
    """How an image becomes square: stretched, or its short side fitted and its middle kept."""
    datasets: Mapping[DatasetName, DatasetSettings] = {}
    """A user's own datasets, and changes to how those of the catalogue are read."""
    tasks: Named[TaskName, TaskSettings]
    architectures: Axis[ArchitectureName]
    strategies: Named[Name, StrategySettings]
    augmentations: Axis[AugmentationName]
    seeds: Axis[Seed]
    allow_label_breaking: bool = False
    """Run augmentations that may change an image's label, and mark their runs."""
    pretraining: Annotated[Mapping[DatasetName, Pretraining], BeforeValidator(_named)] = {}
    weights: Mapping[Name, Annotated[Mapping[ArchitectureName, WeightsFile], Field(min_length=1)]] = {}
    """Files to start from: what the grid calls them -> one an architecture."""
    channels: Channels = 3
    """What networks see: 3, colour; 1, the luminance alone."""
    portable: bool = False
    """Compute with what every x86-64 processor with AVX2 has: the same bits on all of them."""
    gradient_norms: bool = False
    """Record the norm of each layer's gradient along the training."""
    perturbation: Share = 0.0
    """Multiply each initial weight by 1 + this x N(0, 1): 1e-7 imitates another processor's rounding."""
    explain: Annotated[tuple[ArchitectureName, ...], AfterValidator(_distinct)] | None = None
    """Architectures whose trained networks the report explains; none given: the first by name."""
    threads: Count = 1
    """CPU threads of one training. There are more runs than cores: one thread each wastes least."""
    device: Device = "auto"
    tracking_uri: Annotated[str, Field(min_length=1)] = "sqlite:///mlflow.db"
    """MLflow store; the environment's ``MLFLOW_TRACKING_URI`` wins."""

    @model_validator(mode="after")
    def _every_own_dataset_is_used(self) -> Self:
        if unused := sorted(set(self.datasets) - set(self.dataset_names())):
            raise ValueError(f"datasets.{unused[0]} is described, and no task is on it")
        return self

    @model_validator(mode="after")
    def _every_source_is_described(self) -> Self:
        taken = {*self.pretraining, RANDOM_WEIGHTS, IMAGENET, DEFAULT_WEIGHTS}
        if both := sorted(set(self.weights) & taken):
            raise ValueError(f"weights: {both[0]!r} has another meaning already; take another name")
        sources = [RANDOM_WEIGHTS, IMAGENET, *self.pretraining, *self.weights]
        for name, settings in self.strategies.items():
            known = settings.weights in (*sources, DEFAULT_WEIGHTS) or is_imagenet(settings.weights)
            if not known:
                raise ValueError(
                    f"strategies.{name}.weights: {settings.weights!r} is not described under "
                    f"'pretraining' or 'weights'; there are {', '.join(sources)}"
                )
        return self

    @model_validator(mode="after")
    def _every_architecture_is_trained(self) -> Self:
        for name, settings in self.strategies.items():
            if unknown := set(settings.architectures or ()) - set(self.architectures):
                raise ValueError(
                    f"strategies.{name}.architectures: {min(unknown)!r} is not in the grid's "
                    f"architectures: {', '.join(self.architectures)}"
                )
        for architecture in self.architectures:
            if not any(self.is_for(name, architecture) for name in self.strategies):
                raise ValueError(f"architectures: {architecture!r} is in no strategy's architectures")
        return self

    @model_validator(mode="after")
    def _every_explained_architecture_is_trained(self) -> Self:
        if unknown := [name for name in self.explain or () if name not in self.architectures]:
            raise ValueError(
                f"explain: {unknown[0]!r} is not in the grid's architectures: "
                f"{', '.join(self.architectures)}"
            )
        return self

    @classmethod
    def parse(cls, values: Mapping[str, Any], source: str) -> Self:
        """Check ``values``, read from the file(s) called ``source``.

        Raises ``UserError`` naming every wrong key, its value and what would be right.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problems = "\n".join(f"  {line}" for line in problems_of(error, cls, _SECTIONS))
            raise UserError(f"{source} is not a valid config:\n{problems}") from error

    def is_for(self, strategy: str, architecture: str) -> bool:
        """Tell whether an architecture is trained by a strategy of this grid."""
        chosen = self.strategies[strategy].architectures
        return chosen is None or architecture in chosen

    def strategy_of(self, label: str) -> str:
        """Return the name in the catalogue of what the grid calls ``label``."""
        return self.strategies[label].strategy or label

    def starts(self) -> list[tuple[str, str]]:
        """Return each architecture with each of the weights, other than random, that it starts from."""
        return [
            (architecture, source)
            for architecture in self.architectures
            for source in sorted({settings.weights for settings in self.strategies.values()})
            if source != RANDOM_WEIGHTS
            and any(
                settings.weights == source and self.is_for(name, architecture)
                for name, settings in self.strategies.items()
            )
        ]

    def sources(self) -> list[str]:
        """Return the datasets that some strategy's weights are trained on here."""
        return sorted(
            {settings.weights for settings in self.strategies.values()} & set(self.pretraining)
        )

    def dataset_names(self) -> list[str]:
        """Return every dataset that the grid touches, the pretraining sources included."""
        return sorted({task.dataset for task in self.task_list()} | set(self.sources()))

    def task_list(self) -> list[Task]:
        """Return the tasks in the order of the file."""
        return [Task.parse(name) for name in self.tasks]


_SECTIONS: Mapping[str, type[BaseModel]] = {
    "weights": WeightsFile,
    "tasks": TaskSettings,
    "strategies": StrategySettings,
    "datasets": DatasetSettings,
    "pretraining": Pretraining,
}
"""Key of the grid -> what the entries below it are."""
