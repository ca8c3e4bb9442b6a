"""Check networks without stored properties, by building them without weights."""

from collections.abc import Iterator

import torch

from convbench.config.grid import Grid
from convbench.config.weights import is_imagenet, version_of
from convbench.errors import UserError
from convbench.models import architecture_of
from convbench.models.base import Architecture
from convbench.models.blocks import blocks_of, has_norms
from convbench.models.facts import torchvision_names
from convbench.models.meta import without_weights
from convbench.models.sizes import too_small
from convbench.models.weights.published import published_weights
from convbench.strategies import blocks_in

_CLASSES = 10  # for checks that do not depend on how many there are


def tried_problems(grid: Grid) -> Iterator[str]:
    """Say which architectures there are not, take no such images, or lack the weights asked for."""
    for name in grid.architectures:
        try:
            architecture = architecture_of(name)
        except UserError as error:
            yield f"architectures: {error}"
            continue
        if reason := too_small(architecture, _CLASSES, grid.image_size):
            yield f"architectures: {name!r} with image_size {grid.image_size}: {reason}"
            continue
        yield from _too_many_blocks(grid, name, architecture)
        yield from _absent_weights(grid, name, architecture)


def tried_norms(name: str, image_size: int) -> bool:
    """Tell whether a network of a user's own has normalization layers."""
    return has_norms(without_weights(architecture_of(name).build, _CLASSES, image_size))


def _too_many_blocks(grid: Grid, name: str, architecture: Architecture) -> Iterator[str]:
    counts = {
        strategy: count
        for strategy in grid.strategies
        if grid.is_for(strategy, name) and (count := blocks_in(grid.strategy_of(strategy)))
    }
    if not counts:
        return
    blocks = list(
        blocks_of(without_weights(architecture.build, _CLASSES, grid.image_size), architecture)
    )
    for strategy, count in counts.items():
        if count > len(blocks):
            yield (
                f"strategies: {strategy!r} with {name}: it has {len(blocks)} blocks below its "
                f"classifier, {', '.join(blocks)}"
            )


def _absent_weights(grid: Grid, name: str, architecture: Architecture) -> Iterator[str]:
    hint = "name the architectures that a strategy is for: 'architectures: [...]'"
    for weights in [weights for each, weights in grid.starts() if each == name]:
        if weights in grid.weights and name not in grid.weights[weights]:
            there = ", ".join(grid.weights[weights])
            yield f"weights.{weights}: no file for {name}; there is one for {there}; {hint}"
        elif is_imagenet(weights):
            if name not in torchvision_names():
                yield f"weights: {weights!r} for {name}: there are none; {hint}"
            else:
                yield from _unpublished(name, weights, architecture, grid.image_size)


def _unpublished(name: str, weights: str, architecture: Architecture, image_size: int) -> Iterator[str]:
    """Say where no weights are published, or they are for a network of other shapes."""
    try:
        published = published_weights(name, version_of(weights))
    except UserError as error:
        yield f"weights: {weights!r}: {error}"
        return
    here, there = (_shapes(architecture, side) for side in (image_size, published.image_size))
    if other := [tensor for tensor in here if here[tensor] != there.get(tensor)]:
        right = f"image_size {published.image_size}"
        if architecture.small_below:
            right = f"image_size {architecture.small_below} or more"
        yield (
            f"weights: {weights!r} for {name} with image_size {image_size}: at that size it has another "
            f"{other[0]} than the published one; take {right}"
        )


def _shapes(architecture: Architecture, image_size: int) -> dict[str, torch.Size]:
    network = without_weights(architecture.build, _CLASSES, image_size)
    return {name: tensor.shape for name, tensor in network.state_dict().items()}
