"""Which defaults a grid uses, and why: for ``convbench check``."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from convbench.config.grid import Grid
from convbench.planning.defaults import DEFAULTS
from convbench.planning.resolve import PUBLISHED_SIZE
from convbench.planning.runs import Resolved, Used, hyperparameters_of, pretraining_hyperparameters

_OF_GRID: Mapping[str, str] = {
    "resize": "the short side is fitted, and nothing is distorted [torchvision's evaluation]",
    "threads": "a grid has more runs than a machine has cores: one each wastes least",
}
_NAMED = 3  # strategies, architectures or tasks that a line names


def defaults_in_words(grid: Grid, config: Mapping[str, Any]) -> list[str]:
    """Say which values a resolved grid has that its ``config`` does not give, each with its reason."""
    lines = [*_of_grid(grid, config), *_of_runs(grid)]
    return [] if not lines else ["where the config says nothing:", *(f"  {line}" for line in lines)]


def _of_grid(grid: Grid, config: Mapping[str, Any]) -> Iterator[str]:
    if "image_size" not in config:
        why = "the size for which most weights are published [torchvision]"
        if grid.image_size != PUBLISHED_SIZE:
            why = "from random weights, smaller images cost less [Chrabaszcz et al. 2017]"
        yield f"image_size: {grid.image_size}: {why}"
    for key, why in _OF_GRID.items():
        if key not in config:
            yield f"{key}: {getattr(grid, key)}: {why}"


def _of_runs(grid: Grid) -> Iterator[str]:
    """Yield a line for each default, in the order of the table."""
    places = list(_places(grid))
    everywhere = [place for place, _ in places]
    found: dict[Used, list[Sequence[str]]] = {}
    for place, resolved in places:
        for used in resolved.used:
            found.setdefault(used, []).append(place)
    for key in DEFAULTS:
        for used, own in found.items():
            if used.key == key:
                default, where = used.default, _where(own, everywhere)
                value = str(used.value).lower() if isinstance(used.value, bool) else used.value
                yield f"{key}: {value}{where}: {default.reason} [{default.source}]"


def _places(grid: Grid) -> Iterator[tuple[Sequence[str], Resolved]]:
    """Yield strategy, architecture and task of each configuration, and of each pretraining."""
    for (task, architecture, label), resolved in hyperparameters_of(grid).items():
        yield (label, architecture, str(task)), resolved
    for (architecture, source), resolved in pretraining_hyperparameters(grid).items():
        yield (f"pretraining.{source}", architecture, source), resolved


def _where(places: Sequence[Sequence[str]], everywhere: Sequence[Sequence[str]]) -> str:
    """Name the strategies, architectures and tasks of some places, where they are not all."""
    parts = []
    for axis in range(3):
        own, every = (list(dict.fromkeys(each[axis] for each in both)) for both in (places, everywhere))
        if own != every:
            more = f" and {len(own) - _NAMED} more" if len(own) > _NAMED else ""
            parts.append(", ".join(own[:_NAMED]) + more)
    return f" ({'; '.join(parts)})" if parts else ""
