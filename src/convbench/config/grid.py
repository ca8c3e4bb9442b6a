"""The grid: every list in one config file; their product is the benchmark."""

from collections.abc import Iterator, Mapping
from itertools import product
from math import inf
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from convbench.config.datasets import DatasetSettings
from convbench.config.spec import (
    NUMBER,
    RANDOM_WEIGHTS,
    WORD,
    ArchitectureName,
    AugmentationName,
    Budget,
    Channels,
    Count,
    DatasetName,
    Device,
    Frozen,
    Name,
    Optimisation,
    Recipe,
    Resize,
    RunSpec,
    Seed,
    Share,
    folder_of,
)
from convbench.config.weights import IMAGENET, WeightsFile, is_imagenet
from convbench.errors import UserError

T = TypeVar("T")


def _distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    if twice := sorted({str(value) for value in values if values.count(value) > 1}):
        raise ValueError(f"listed more than once: {', '.join(twice)}")
    return values


Axis = Annotated[tuple[T, ...], Field(min_length=1), AfterValidator(_distinct)]
Task = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(/[a-z0-9_]+)?(@[1-9][0-9]*)?$")]


class StrategySettings(Optimisation):
    """A way to train: a strategy of the catalogue, the weights it starts from, how it is optimised."""

    strategy: Name | None = None
    """The catalogue's name; none given: the entry's own."""
    weights: DatasetName
    """``random``, ``imagenet``, a dataset named under ``pretraining``, or an entry of ``weights``."""
    architectures: Axis[ArchitectureName] | None = None
    """Those that it is for; none given: all of the grid's."""


class Pretraining(Budget, Recipe):
    """How every architecture is trained on a source dataset before it is transferred."""

    augmentation: AugmentationName
    seed: Seed


class Grid(Frozen):
    """One config file."""

    name: Name
    """The grid's name: its MLflow experiment, and the file of its expected numbers."""
    image_size: Annotated[int, Field(ge=8, le=1024)]
    """Side of the prepared square images, in pixels."""
    resize: Resize
    """How an image becomes square: stretched, or its short side fitted and its middle kept."""
    datasets: Mapping[DatasetName, DatasetSettings] = {}
    """A user's own datasets, and changes to how those of the catalogue are read."""
    tasks: Annotated[Mapping[Task, Budget], Field(min_length=1)]
    architectures: Axis[ArchitectureName]
    strategies: Annotated[Mapping[Name, StrategySettings], Field(min_length=1)]
    augmentations: Axis[AugmentationName]
    seeds: Axis[Seed]
    allow_label_breaking: bool = False
    """Run augmentations that change what the label says, and mark their runs."""
    pretraining: Mapping[DatasetName, Pretraining]
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
    """Architectures whose trained networks the report opens; none given: the first by name."""
    threads: Count
    """CPU threads of one training."""
    device: Device
    tracking_uri: Annotated[str, Field(min_length=1)]
    """MLflow store; the environment's ``MLFLOW_TRACKING_URI`` wins."""

    @model_validator(mode="after")
    def _every_own_dataset_is_used(self) -> Self:
        if unused := sorted(set(self.datasets) - set(self.dataset_names())):
            raise ValueError(f"datasets.{unused[0]} is described, and no task is on it")
        return self

    @model_validator(mode="after")
    def _every_source_is_described(self) -> Self:
        if both := sorted(set(self.weights) & {*self.pretraining, RANDOM_WEIGHTS, IMAGENET}):
            raise ValueError(f"weights: {both[0]!r} has another meaning already; take another name")
        sources = [RANDOM_WEIGHTS, IMAGENET, *self.pretraining, *self.weights]
        for name, settings in self.strategies.items():
            if settings.weights not in sources and not is_imagenet(settings.weights):
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
            errors: list[dict[str, Any]] = [dict(each) for each in error.errors()]
            inner = {each["loc"][:-1] for each in errors}  # a list whose items are wrong is not empty
            told = [e for e in errors if not (e["type"] == "too_short" and e["loc"] in inner)]
            problems = "\n".join(f"  {_explain(each)}" for each in told)
            raise UserError(f"{source} is not a valid config:\n{problems}") from error

    def is_for(self, strategy: str, architecture: str) -> bool:
        """Tell whether an architecture is trained by a strategy of this grid."""
        chosen = self.strategies[strategy].architectures
        return chosen is None or architecture in chosen

    def method(self, strategy: str) -> str:
        """Return the name in the catalogue of what the grid calls ``strategy``."""
        return self.strategies[strategy].strategy or strategy

    def runs(self) -> Iterator[RunSpec]:
        """Yield one spec a cell, in the order that the file lists them."""
        axes = (self.tasks, self.architectures, self.strategies, self.augmentations, self.seeds)
        for task, architecture, strategy, augmentation, seed in product(*axes):
            if not self.is_for(strategy, architecture):
                continue
            dataset, _, size = task.partition("@")
            settings = self.strategies[strategy]
            yield RunSpec(
                dataset=dataset,
                train_size=int(size) if size else None,
                architecture=architecture,
                weights=settings.weights,
                strategy=strategy,
                method=self.method(strategy),
                augmentation=augmentation,
                seed=seed,
                budget=self.tasks[task],
                optimisation=_part(Optimisation, settings),
                **self._surroundings(),
            )

    def explained(self) -> dict[str, list[RunSpec]]:
        """Return the runs whose networks the report opens, by ``dataset/architecture``.

        Of each dataset the largest task, all strategies, no augmentation (or the first by name) and the
        lowest seed; one architecture, the first by name, unless ``explain`` says which. The order of the
        lists does not matter: a run that is opened keeps its weights, and would have to be made again.
        """
        chosen = [min(self.architectures)] if self.explain is None else self.explain
        plain = "none" if "none" in self.augmentations else min(self.augmentations)
        largest = {run.dataset: run for run in sorted(self.runs(), key=_images_of)}
        wanted = {(largest[name].task, plain, min(self.seeds)) for name in largest}
        found: dict[str, list[RunSpec]] = {}
        for run in self.runs():
            if run.architecture in chosen and (run.task, run.augmentation, run.seed) in wanted:
                view = f"{run.dataset}/{folder_of(run.architecture)}"
                found.setdefault(view, []).append(run)
        return found

    def pretraining_run(self, architecture: str, source: str) -> RunSpec:
        """Return the run that gives ``architecture`` the weights called ``source``."""
        settings = self.pretraining[source]
        return RunSpec(
            dataset=source,
            train_size=None,
            architecture=architecture,
            weights=RANDOM_WEIGHTS,
            strategy="scratch",
            method="scratch",
            augmentation=settings.augmentation,
            seed=settings.seed,
            budget=_part(Budget, settings),
            optimisation=_part(Optimisation, settings),
            **self._surroundings(),
        )

    def _surroundings(self) -> dict[str, Any]:
        """Return what all runs have in common."""
        names = (
            "image_size",
            "threads",
            "device",
            "channels",
            "portable",
            "gradient_norms",
            "perturbation",
        )
        return {name: getattr(self, name) for name in names}

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
        return sorted({task.partition("@")[0] for task in self.tasks} | set(self.sources()))


def _images_of(run: RunSpec) -> float:
    return inf if run.train_size is None else run.train_size


M = TypeVar("M", bound=BaseModel)


def _part(model: type[M], settings: BaseModel) -> M:
    return model(**settings.model_dump(include=set(model.model_fields)))


_IN_YAML = {
    "tuple_type": "should be a list, such as [0, 1]",
    "mapping_type": "should be a mapping, lines of 'key: value'",
    "dict_type": "should be a mapping, lines of 'key: value'",
    "model_type": "should be a mapping, lines of 'key: value'",
    "string_pattern_mismatch": "should be of a-z, 0-9 and _; a task may end in @ and a number from 1, "
    "augmentations may be joined by +, an architecture of your own is module:function, a body_lr is a "
    "number or lr/10, and a sha256 is 64 of 0-9 and a-f",
}
"""What pydantic says in Python's words, in YAML's."""


def _explain(error: dict[str, Any]) -> str:
    """Say one pydantic error in a line: where, what was found, what would be right."""
    location = ".".join(str(part) for part in error["loc"] if part not in ("[key]", NUMBER, WORD))
    if error["type"] == "missing":
        return f"{location}: this key is missing"
    if error["type"] == "extra_forbidden":
        return f"{location}: unknown key; there are {', '.join(_keys_beside(error['loc']))}"
    message = _IN_YAML.get(error["type"], error["msg"].removeprefix("Value error, "))
    return f"{location}: {error['input']!r}: {message}" if location else message


def _keys_beside(location: tuple[str | int, ...]) -> list[str]:
    """Return the keys that are known where the last one of ``location`` is not."""
    sections: dict[str | int, type[BaseModel]] = {
        "weights": WeightsFile,
        "tasks": Budget,
        "strategies": StrategySettings,
        "datasets": DatasetSettings,
        "pretraining": Pretraining,
    }
    model = Grid if len(location) == 1 else sections[location[0]]
    return sorted(model.model_fields)
