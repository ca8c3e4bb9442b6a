"""The grid: every list in one config file; their product is the benchmark."""

from collections.abc import Iterator, Mapping
from itertools import product
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
    RANDOM_WEIGHTS,
    Budget,
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
)
from convbench.errors import UserError

T = TypeVar("T")


def _distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    if twice := sorted({str(value) for value in values if values.count(value) > 1}):
        raise ValueError(f"listed more than once: {', '.join(twice)}")
    return values


Axis = Annotated[tuple[T, ...], Field(min_length=1), AfterValidator(_distinct)]
Task = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(/[a-z0-9_]+)?(@[1-9][0-9]*)?$")]


class StrategySettings(Optimisation):
    """A strategy's weights and how it is optimised."""

    weights: DatasetName
    """``random``, or a dataset named under ``pretraining``."""


class Pretraining(Budget, Recipe):
    """How every architecture is trained on a source dataset before it is transferred."""

    augmentation: Name
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
    architectures: Axis[Name]
    strategies: Annotated[Mapping[Name, StrategySettings], Field(min_length=1)]
    augmentations: Axis[Name]
    seeds: Axis[Seed]
    allow_label_breaking: bool = False
    """Run augmentations that change what the label says, and mark their runs."""
    pretraining: Mapping[DatasetName, Pretraining]
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
    def _every_source_is_pretrained_on(self) -> Self:
        sources = [RANDOM_WEIGHTS, *self.pretraining]
        for name, settings in self.strategies.items():
            if settings.weights not in sources:
                raise ValueError(
                    f"strategies.{name}.weights: {settings.weights!r} is not described under "
                    f"'pretraining'; there are {', '.join(sources)}"
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

    def runs(self) -> Iterator[RunSpec]:
        """Yield one spec a cell, in the order that the file lists them."""
        axes = (self.tasks, self.architectures, self.strategies, self.augmentations, self.seeds)
        for task, architecture, strategy, augmentation, seed in product(*axes):
            dataset, _, size = task.partition("@")
            settings = self.strategies[strategy]
            yield RunSpec(
                dataset=dataset,
                train_size=int(size) if size else None,
                image_size=self.image_size,
                architecture=architecture,
                weights=settings.weights,
                strategy=strategy,
                augmentation=augmentation,
                seed=seed,
                budget=self.tasks[task],
                optimisation=_part(Optimisation, settings),
                threads=self.threads,
                device=self.device,
            )

    def pretraining_run(self, architecture: str, source: str) -> RunSpec:
        """Return the run that gives ``architecture`` the weights called ``source``."""
        settings = self.pretraining[source]
        return RunSpec(
            dataset=source,
            train_size=None,
            image_size=self.image_size,
            architecture=architecture,
            weights=RANDOM_WEIGHTS,
            strategy="scratch",
            augmentation=settings.augmentation,
            seed=settings.seed,
            budget=_part(Budget, settings),
            optimisation=_part(Optimisation, settings),
            threads=self.threads,
            device=self.device,
        )

    def sources(self) -> list[str]:
        """Return the datasets that some strategy's weights come from."""
        used = {settings.weights for settings in self.strategies.values()}
        return sorted(used - {RANDOM_WEIGHTS})

    def dataset_names(self) -> list[str]:
        """Return every dataset that the grid touches, the pretraining sources included."""
        return sorted({task.partition("@")[0] for task in self.tasks} | set(self.sources()))


M = TypeVar("M", bound=BaseModel)


def _part(model: type[M], settings: BaseModel) -> M:
    return model(**settings.model_dump(include=set(model.model_fields)))


_IN_YAML = {
    "tuple_type": "should be a list, such as [0, 1]",
    "mapping_type": "should be a mapping, lines of 'key: value'",
    "dict_type": "should be a mapping, lines of 'key: value'",
    "model_type": "should be a mapping, lines of 'key: value'",
    "string_pattern_mismatch": "should be of a-z, 0-9 and _; a task may end in @ and a number from 1, "
    "and a sha256 is 64 of 0-9 and a-f",
}
"""What pydantic says in Python's words, in YAML's."""


def _explain(error: dict[str, Any]) -> str:
    """Say one pydantic error in a line: where, what was found, what would be right."""
    location = ".".join(str(part) for part in error["loc"] if part != "[key]")
    if error["type"] == "missing":
        return f"{location}: this key is missing"
    if error["type"] == "extra_forbidden":
        return f"{location}: unknown key; there are {', '.join(_keys_beside(error['loc']))}"
    message = _IN_YAML.get(error["type"], error["msg"].removeprefix("Value error, "))
    return f"{location}: {error['input']!r}: {message}" if location else message


def _keys_beside(location: tuple[str | int, ...]) -> list[str]:
    """Return the keys that are known where the last one of ``location`` is not."""
    sections: dict[str | int, type[BaseModel]] = {
        "tasks": Budget,
        "strategies": StrategySettings,
        "datasets": DatasetSettings,
        "pretraining": Pretraining,
    }
    model = Grid if len(location) == 1 else sections[location[0]]
    return sorted(model.model_fields)
