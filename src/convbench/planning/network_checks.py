"""Check a grid's networks by their stored properties, without importing torch."""

from collections.abc import Iterator

from convbench.config.grid import Grid
from convbench.config.weights import is_imagenet, version_of
from convbench.models.facts import Facts, facts_of
from convbench.strategies import blocks_in


def network_problems(grid: Grid) -> Iterator[str]:
    """Say which architectures there are not, take no such images, or lack the weights asked for.

    Where the facts of every network say that it fits, nothing is built and torch is not imported.
    """
    if not all(_is_known_to_fit(grid, name) for name in grid.architectures):
        from convbench.planning.network_trials import tried_problems

        yield from tried_problems(grid)


def _is_known_to_fit(grid: Grid, name: str) -> bool:
    facts = facts_of(name)
    return (
        facts is not None
        and facts.takes(grid.image_size)
        and all(count <= facts.blocks for count in _block_counts(grid, name))
        and all(
            _has_weights(grid, name, weights, facts) for each, weights in grid.starts() if each == name
        )
    )


def _block_counts(grid: Grid, name: str) -> Iterator[int]:
    """Yield how many blocks each strategy for an architecture trains; 0 where that is not counted."""
    for label in grid.strategies:
        if grid.is_for(label, name):
            yield blocks_in(grid.strategy_of(label))


def _has_weights(grid: Grid, name: str, weights: str, facts: Facts) -> bool:
    if weights in grid.weights:
        return name in grid.weights[weights]
    return not is_imagenet(weights) or facts.has_weights(version_of(weights), grid.image_size)
