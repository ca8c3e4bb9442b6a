"""The runs of a grid, each fully resolved: what the config says, and defaults where it says nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import product
from math import inf
from typing import Any

from pydantic import BaseModel

from convbench.config.grid import Grid
from convbench.config.spec import (
    RANDOM_WEIGHTS,
    Hyperparameters,
    OwnHyperparameters,
    RunSpec,
    folder_of,
)
from convbench.config.tasks import Task
from convbench.models import architecture_of
from convbench.models.facts import facts_of
from convbench.planning.defaults import DEFAULTS, Band, Default, Situation, band_of, default_of
from convbench.planning.training_images import training_images
from convbench.strategies import strategy_of
from convbench.strategies.base import Strategy

UNUSED = Hyperparameters(
    epochs=1, batch_size=1, optimizer="sgd", lr=1.0, momentum=0.0, weight_decay=0.0, schedule="constant"
)
"""Hyperparameters of a run that trains nothing: none of them is used, and a config's are ignored."""


@dataclass(frozen=True)
class Used:
    """A default that some runs use."""

    key: str
    value: object
    default: Default


@dataclass(frozen=True)
class Resolved:
    """The hyperparameters of a run, and which of them are defaults."""

    hyperparameters: Hyperparameters
    used: tuple[Used, ...] = ()


def runs_of(grid: Grid) -> Iterator[RunSpec]:
    """Yield the spec of each run, in the order that the config lists them."""
    found = hyperparameters_of(grid)
    axes = (grid.task_list(), grid.architectures, grid.strategies, grid.augmentations, grid.seeds)
    for task, architecture, label, augmentation, seed in product(*axes):
        if not grid.is_for(label, architecture):
            continue
        yield RunSpec(
            dataset=task.dataset,
            train_size=task.train_size,
            architecture=architecture,
            weights=grid.strategies[label].weights,
            label=label,
            strategy=grid.strategy_of(label),
            augmentation=augmentation,
            seed=seed,
            hyperparameters=found[task, architecture, label].hyperparameters,
            **_shared(grid),
        )


def pretraining_run(grid: Grid, architecture: str, source: str) -> RunSpec:
    """Return the run that gives ``architecture`` the weights called ``source``."""
    settings = grid.pretraining[source]
    return RunSpec(
        dataset=source,
        train_size=None,
        architecture=architecture,
        weights=RANDOM_WEIGHTS,
        label="scratch",
        strategy="scratch",
        augmentation=settings.augmentation,
        seed=settings.seed,
        hyperparameters=_of_pretraining(grid, architecture, source).hyperparameters,
        **_shared(grid),
    )


def explained(grid: Grid, runs: Iterable[RunSpec]) -> dict[str, list[RunSpec]]:
    """Return those of a grid's runs whose networks the report explains, by ``dataset/architecture``.

    Of each dataset the largest task, all strategies, no augmentation (or the first by name) and the
    lowest seed; one architecture, the first by name, unless ``explain`` says which. The order of the
    lists does not matter: a run that is explained keeps its weights, which another choice changes.
    """
    every = list(runs)
    chosen = [min(grid.architectures)] if grid.explain is None else grid.explain
    plain = "none" if "none" in grid.augmentations else min(grid.augmentations)
    largest = {run.dataset: run for run in sorted(every, key=_images_of)}
    wanted = {(largest[name].task, plain, min(grid.seeds)) for name in largest}
    found: dict[str, list[RunSpec]] = {}
    for run in every:
        if run.architecture in chosen and (run.task, run.augmentation, run.seed) in wanted:
            view = f"{run.dataset}/{folder_of(run.architecture)}"
            found.setdefault(view, []).append(run)
    return found


def hyperparameters_of(grid: Grid) -> Mapping[tuple[Task, str, str], Resolved]:
    """Return the hyperparameters of each task, architecture and strategy of a grid.

    Raises ``UserError`` where a default depends on a number of training images that is not known yet.
    """
    bands = {task: cache(partial(_band, grid, task)) for task in grid.task_list()}
    return {
        (task, architecture, label): _resolved(
            {**_given(grid.tasks[str(task)]), **_given(grid.strategies[label])},
            grid.strategy_of(label),
            architecture,
            grid.image_size,
            bands[task],
        )
        for task, architecture, label in product(grid.task_list(), grid.architectures, grid.strategies)
        if grid.is_for(label, architecture)
    }


def pretraining_hyperparameters(grid: Grid) -> Mapping[tuple[str, str], Resolved]:
    """Return the hyperparameters of each architecture's pretraining on each source."""
    return {
        (architecture, source): _of_pretraining(grid, architecture, source)
        for architecture, source in grid.starts()
        if source in grid.pretraining
    }


def _of_pretraining(grid: Grid, architecture: str, source: str) -> Resolved:
    given = _given(grid.pretraining[source])
    band = partial(_band, grid, Task(source, None))
    return _resolved(given, "scratch", architecture, grid.image_size, band)


def _given(settings: BaseModel) -> dict[str, Any]:
    values = settings.model_dump(include=set(Hyperparameters.model_fields))
    return {key: value for key, value in values.items() if value is not None}


def _resolved(
    given: Mapping[str, Any],
    strategy_name: str,
    architecture: str,
    image_size: int,
    band: Callable[[], Band],
) -> Resolved:
    """Fill what is not given with defaults; ``band`` is asked for only where one may depend on it."""
    strategy = strategy_of(strategy_name)
    assert strategy is not None, "the plan refuses unknown strategies"
    if strategy.trains == "nothing":
        return Resolved(UNUSED)
    known = None if {"epochs", "batch_size"} <= set(given) else band()
    normalized = has_norms(architecture, image_size)
    situation = Situation(
        strategy.trains,
        strategy.pretrained,
        normalized=normalized,
        family=architecture_of(architecture).family,
        band=known,
    )
    values, used = dict(given), []
    for key in DEFAULTS:
        if key not in values and _is_for(key, strategy):
            default = default_of(key, situation)
            values[key] = default.value_in(values.get("epochs", 1))
            used.append(Used(key, values[key], default))
        situation = replace(
            situation,
            optimizer=values.get("optimizer", ""),
            standardise_features=bool(values.get("standardise_features")),
        )
    return Resolved(Hyperparameters(**values), tuple(used))


def _is_for(key: str, strategy: Strategy) -> bool:
    return key not in OwnHyperparameters.model_fields or key in strategy.needs | strategy.takes


@cache
def has_norms(architecture: str, image_size: int) -> bool:
    """Tell whether a network has normalization layers; one without facts is built for it."""
    if (facts := facts_of(architecture)) is not None:
        return facts.norms
    from convbench.planning.network_trials import tried_norms

    return tried_norms(architecture, image_size)


def _band(grid: Grid, task: Task) -> Band:
    return band_of(task.train_size or training_images(task.dataset, grid.datasets))


def _shared(grid: Grid) -> dict[str, Any]:
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
    return {name: getattr(grid, name) for name in names}


def _images_of(run: RunSpec) -> float:
    return inf if run.train_size is None else run.train_size
