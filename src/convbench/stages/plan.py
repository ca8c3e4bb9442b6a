"""What a config asks for, checked against what there is, before any work."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from convbench.augment import AUGMENTS
from convbench.config.changes import IN_WORDS
from convbench.config.grid import Grid
from convbench.config.spec import RANDOM_WEIGHTS, RunSpec
from convbench.data import DATASETS
from convbench.data.base import Dataset
from convbench.errors import UserError
from convbench.models import ARCHITECTURES
from convbench.stages.datasets import dataset_of, reader_of, settings_of
from convbench.stages.runs import WEIGHTS
from convbench.stages.sources import sources_of
from convbench.strategies import STRATEGIES


@dataclass(frozen=True)
class Plan:
    """A valid grid and the runs that it stands for."""

    grid: Grid
    runs: Mapping[str, RunSpec]
    """Run id -> run, in the config's order."""
    pretrainings: Mapping[str, RunSpec]
    """``architecture/source`` -> the run that makes these weights."""


def plan(values: Mapping[str, Any], source: str) -> Plan:
    """Turn the content of the config file(s) called ``source`` into runs.

    Raises ``UserError`` naming every wrong key or name, its value and what would be right.
    """
    grid = Grid.parse(values, source)
    if problems := [
        *_unknown_names(grid),
        *_shadows(grid),
        *_misfits(grid),
        *_seen_before(grid),
        *_impossible_draws(grid),
        *_broken_labels(grid),
    ]:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise UserError(f"{source} asks for what there is not:\n{listed}")
    return Plan(
        grid=grid,
        runs={spec.id: spec for spec in grid.runs()},
        pretrainings={
            f"{architecture}/{name}": grid.pretraining_run(architecture, name)
            for architecture in grid.architectures
            for name in grid.sources()
        },
    )


def weights_of(spec: RunSpec) -> list[str]:
    """Return the weights file that a run starts from, if any."""
    if spec.weights == RANDOM_WEIGHTS:
        return []
    return [str(WEIGHTS / spec.architecture / f"{spec.weights}.safetensors")]


def code_of(spec: RunSpec) -> list[str]:
    """Return the source files whose edit makes this run stale: its own parts and the loop."""
    parts = (
        ARCHITECTURES[spec.architecture].build,
        STRATEGIES[spec.strategy].groups,
        AUGMENTS[spec.augmentation].apply,
    )
    return sources_of(["convbench.stages.train", *(_module(part) for part in parts)])


def code_of_prepared(dataset: str, grid: Grid) -> list[str]:
    """Return the source files whose edit makes a prepared dataset stale."""
    reader = reader_of(dataset, settings_of(dataset, grid.datasets))
    return sources_of(["convbench.stages.prepare", _module(reader)])


def code_of_stage(stage: str) -> list[str]:
    """Return the source files of the stage called ``stage``, the report's templates included."""
    sources = sources_of([f"convbench.stages.{stage}"])
    folders = {Path(source).parent / "templates" for source in sources}
    return sources + sorted(str(path) for folder in folders for path in folder.glob("*"))


def _module(function: Callable[..., object]) -> str:
    """Return where an entry's function is defined: a ``partial`` would name somebody else's file."""
    assert not isinstance(function, partial), f"{function}: write a function or a lambda"
    return function.__module__


def _unknown_names(grid: Grid) -> list[str]:
    own = [name for name, settings in grid.datasets.items() if settings.source is not None]
    datasets = {**DATASETS, **dict.fromkeys(own)}
    axes: dict[str, tuple[Iterable[str], Mapping[str, object]]] = {
        "tasks": ((task.partition("@")[0] for task in grid.tasks), datasets),
        "architectures": (grid.architectures, ARCHITECTURES),
        "strategies": (grid.strategies, STRATEGIES),
        "augmentations": (grid.augmentations, AUGMENTS),
        "pretraining": (grid.pretraining, datasets),
        "pretraining augmentation": (
            (each.augmentation for each in grid.pretraining.values()),
            AUGMENTS,
        ),
    }
    return [
        f"{axis}: no {name!r}{_perhaps(name, catalogue)}; there are {', '.join(catalogue)}"
        for axis, (names, catalogue) in axes.items()
        for name in dict.fromkeys(names)
        if name not in catalogue
    ]


def _perhaps(name: str, catalogue: Iterable[str]) -> str:
    close = get_close_matches(name, list(catalogue), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _misfits(grid: Grid) -> list[str]:
    """Say which strategies do not fit their settings."""
    problems: list[str] = []
    for name, settings in grid.strategies.items():
        if name not in STRATEGIES:
            continue
        strategy, key = STRATEGIES[name], f"strategies.{name}"
        if strategy.pretrained == (settings.weights == RANDOM_WEIGHTS):
            right = "a source under 'pretraining'" if strategy.pretrained else repr(RANDOM_WEIGHTS)
            problems.append(f"{key}.weights: {settings.weights!r}; {name} starts from {right}")
        if strategy.two_rates and settings.body_lr is None:
            problems.append(f"{key}.body_lr: this key is missing; {name} has two learning rates")
        if settings.body_lr is not None and not strategy.two_rates:
            problems.append(f"{key}.body_lr: {settings.body_lr!r}; {name} has one rate, lr")
    return problems


def _seen_before(grid: Grid) -> list[str]:
    """Say which tasks would be given to a network that was pretrained on their images."""
    return [
        f"tasks: {task!r}; {source} is also what networks are pretrained on, so its training images "
        "would not be new to them: take another task or other weights"
        for source in grid.sources()
        for task in grid.tasks
        if task.partition("@")[0] == source
    ]


def _shadows(grid: Grid) -> list[str]:
    """Say which datasets of a user's own are called as one of the catalogue."""
    return [
        f"datasets: {name!r} is a dataset of the catalogue; give your own another name"
        for name, settings in grid.datasets.items()
        if settings.source is not None and name in DATASETS
    ]


def _dataset(grid: Grid, name: str) -> Dataset | None:
    """Return a dataset of the grid; ``None`` for a name that ``_unknown_names`` complains of."""
    settings = settings_of(name, grid.datasets)
    return dataset_of(name, settings) if settings.source is not None or name in DATASETS else None


def broken_labels(grid: Grid, dataset: str, augmentation: str) -> str:
    """Say which changes of an augmentation do not keep a dataset's labels; nothing where all do."""
    known = _dataset(grid, dataset)
    if known is None or known.keeps is None or augmentation not in AUGMENTS:
        return ""
    broken = AUGMENTS[augmentation].changes - known.keeps
    return " and ".join(text for change, text in IN_WORDS.items() if change in broken)


def _broken_labels(grid: Grid) -> list[str]:
    """Say which augmentations change what a label says, unless the grid allows it."""
    pairs = [(task.partition("@")[0], name) for task in grid.tasks for name in grid.augmentations]
    pairs += [(source, settings.augmentation) for source, settings in grid.pretraining.items()]
    return [
        f"augmentations: {augmentation!r} with {dataset}: {how} may change what its labels say; take "
        "another one, or run it all the same, marked in the report: 'allow_label_breaking: true'"
        for dataset, augmentation in dict.fromkeys(pairs)
        if not grid.allow_label_breaking and (how := broken_labels(grid, dataset, augmentation))
    ]


def _impossible_draws(grid: Grid) -> list[str]:
    """Say which tasks want more images than there are, or fewer than there are classes."""
    problems: list[str] = []
    for task in grid.tasks:
        dataset, _, size = task.partition("@")
        if not size or (known := _dataset(grid, dataset)) is None:
            continue
        least, most = len(known.classes or "1"), known.train_images
        if most is None:
            continue  # known when it is prepared: see nested_draw
        if not least <= int(size) <= most:
            problems.append(
                f"tasks: {task!r}; {dataset} has {least} classes and {most} training images, "
                f"so from {least} to {most} can be drawn"
            )
        elif int(size) == most and dataset in grid.tasks:
            problems.append(f"tasks: {task!r} and {dataset!r} are the same {most} images")
    return problems
