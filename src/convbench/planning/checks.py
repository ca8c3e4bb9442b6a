"""Whether a grid can be run: every name, every pair of things that do not go together."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches

from convbench.augment import augmentation_of
from convbench.config.changes import IN_WORDS
from convbench.config.grid import Grid
from convbench.config.spec import AUTO, RANDOM_WEIGHTS, OwnHyperparameters, RunSpec
from convbench.data import DATASETS
from convbench.data.base import Dataset
from convbench.errors import UserError
from convbench.planning.datasets import dataset_of, settings_of
from convbench.planning.network_checks import network_problems
from convbench.strategies import FINE_TUNE_LAST, STRATEGIES, strategy_of


def problems_of(grid: Grid) -> list[str]:
    """Say everything that is wrong with a grid, a line each; nothing where it can be run."""
    return [problem for check in _CHECKS for problem in check(grid)]


def _unknown_names(grid: Grid) -> list[str]:
    own = [name for name, settings in grid.datasets.items() if settings.source is not None]
    datasets = {**DATASETS, **dict.fromkeys(own)}
    used = [grid.strategy_of(name) for name in grid.strategies]
    strategies = [name for name in used if strategy_of(name) is None]
    axes: dict[str, tuple[Iterable[str], Mapping[str, object]]] = {
        "tasks": ((task.dataset for task in grid.task_list()), datasets),
        "strategies": (strategies, {**STRATEGIES, FINE_TUNE_LAST: None}),
        "pretraining": (grid.pretraining, datasets),
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


def _unknown_augmentations(grid: Grid) -> Iterator[str]:
    places = [("augmentations", name) for name in grid.augmentations]
    places += [(f"pretraining.{key}", each.augmentation) for key, each in grid.pretraining.items()]
    for place, name in places:
        try:
            augmentation_of(name)
        except UserError as error:
            yield f"{place}: {error}"


def _misfits(grid: Grid) -> Iterator[str]:
    """Say which strategies do not fit their settings."""
    for name, settings in grid.strategies.items():
        strategy, key = strategy_of(grid.strategy_of(name)), f"strategies.{name}"
        if strategy is None:
            continue
        if strategy.pretrained == (settings.weights == RANDOM_WEIGHTS):
            right = "pretrained ones" if strategy.pretrained else repr(RANDOM_WEIGHTS)
            yield f"{key}.weights: {settings.weights!r}; {grid.strategy_of(name)} starts from {right}"
        for setting in OwnHyperparameters.model_fields:
            value = getattr(settings, setting)
            if value is not None and setting not in strategy.needs | strategy.takes:
                takes = sorted(strategy.needs | strategy.takes)
                yield (
                    f"{key}.{setting}: {value!r}; {grid.strategy_of(name)} has no use for it; beside lr "
                    f"it takes {', '.join(takes) or 'no other rate'}"
                )


def too_long(runs: Iterable[RunSpec]) -> list[str]:
    """Say where a phase of a training takes more epochs than there are."""
    found = []
    for spec in runs:
        epochs = spec.hyperparameters.epochs
        for key, least in (("probe_epochs", 1), ("unfreeze_every", 1), ("warmup_epochs", 0)):
            wanted = getattr(spec.hyperparameters, key) or 0
            if wanted and wanted + least > epochs:
                found.append(
                    f"strategies.{spec.label}.{key}: {wanted:g}; {spec.task} has {epochs} epochs, of "
                    "which the rest of the training needs some"
                )
    return list(dict.fromkeys(found))


def _automatic_rates(grid: Grid) -> Iterator[str]:
    """Say where a rate is to be chosen that cannot be."""
    for name, settings in grid.pretraining.items():
        if settings.lr == AUTO:
            yield f"pretraining.{name}.lr: 'auto' is for the grid's strategies; give a number here"


def _pretrained_on(grid: Grid) -> list[str]:
    """Say which tasks would be given to a network that was pretrained on their images."""
    return [
        f"tasks: '{task}'; {source} is also what networks are pretrained on, so its training images "
        "would not be new to them: take another task or other weights"
        for source in grid.sources()
        for task in grid.task_list()
        if task.dataset == source
    ]


def _shadows(grid: Grid) -> list[str]:
    """Say which datasets of a user's own are called as one of the catalogue, or as something else."""
    taken = dict.fromkeys(DATASETS, "a dataset of the catalogue")
    taken["weights"] = "the folder of downloaded weights"
    return [
        f"datasets: {name!r} is {taken[name]}; give your own another name"
        for name, settings in grid.datasets.items()
        if settings.source is not None and name in taken
    ]


def _dataset(grid: Grid, name: str) -> Dataset | None:
    """Return a dataset of the grid; ``None`` for a name that ``_unknown_names`` complains of."""
    settings = settings_of(name, grid.datasets)
    return dataset_of(name, settings) if settings.source is not None or name in DATASETS else None


def broken_labels(grid: Grid, dataset: str, augmentation: str) -> str:
    """Say which changes of an augmentation do not keep a dataset's labels; nothing where all do."""
    known = _dataset(grid, dataset)
    if known is None or known.keeps is None:
        return ""
    try:
        broken = augmentation_of(augmentation).changes - known.keeps
    except UserError:  # which ``_unknown_augmentations`` complains of
        return ""
    return " and ".join(text for change, text in IN_WORDS.items() if change in broken)


def _broken_labels(grid: Grid) -> list[str]:
    """Say which augmentations may change a label, unless the grid allows it."""
    pairs = [(task.dataset, name) for task in grid.task_list() for name in grid.augmentations]
    pairs += [(source, settings.augmentation) for source, settings in grid.pretraining.items()]
    return [
        f"augmentations: {augmentation!r} with {dataset}: {how} may change its labels; take "
        "another one, or run it all the same, marked in the report: 'allow_label_breaking: true'"
        for dataset, augmentation in dict.fromkeys(pairs)
        if not grid.allow_label_breaking and (how := broken_labels(grid, dataset, augmentation))
    ]


def _impossible_draws(grid: Grid) -> list[str]:
    """Say which tasks want more images than there are, or fewer than there are classes."""
    problems: list[str] = []
    for task in grid.task_list():
        dataset, size = task.dataset, task.train_size
        if size is None or (known := _dataset(grid, dataset)) is None:
            continue
        least, most = len(known.classes or "1"), known.train_images
        if most is None:
            continue  # known when it is prepared: see nested_draw
        if not least <= size <= most:
            problems.append(
                f"tasks: '{task}'; {dataset} has {least} classes and {most} training images, "
                f"so from {least} to {most} can be drawn"
            )
        elif size == most and dataset in grid.tasks:
            problems.append(f"tasks: '{task}' and {dataset!r} are the same {most} images")
    return problems


def _not_portable(grid: Grid) -> list[str]:
    """Say what a portable grid asks for that gives other bits on other machines."""
    if not grid.portable or grid.device == "cpu":
        return []
    return [
        f"device: {grid.device!r} with 'portable: true'; a GPU rounds differently: 'device: cpu', or "
        "'portable: false'"
    ]


_CHECKS: tuple[Callable[[Grid], Iterable[str]], ...] = (
    _unknown_names,
    _unknown_augmentations,
    _shadows,
    _misfits,
    _automatic_rates,
    _pretrained_on,
    _impossible_draws,
    _broken_labels,
    _not_portable,
    network_problems,
)
