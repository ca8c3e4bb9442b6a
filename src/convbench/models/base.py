"""What the benchmark needs to know about an architecture."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import nn

SMALL_BELOW = 64
"""Pixels: the residual networks of ImageNet get another stem for smaller images."""


@dataclass(frozen=True)
class Architecture:
    """A network family member, built for a number of classes and an input size."""

    build: Callable[[int, int], nn.Module]
    """``(classes, image_size)`` -> network from RGB ``[B, 3, image_size, image_size]`` to logits
    ``[B, classes]``. Initial weights are drawn from torch's global generator."""
    head: str
    """The classifier's name: ``network.get_submodule(head)``. Transfer replaces it."""
    opened: tuple[str, ...] = ()
    """Modules that are no block themselves, but whose children are: ``encoder.layers``."""
    joined: tuple[str, ...] = ()
    """Modules that are no block of their own, but the end of the block before them."""
    small_below: int = 0
    """Below this image size, in pixels, it is built with a stem for small images."""


def stem_note(architecture: Architecture, image_size: int) -> str:
    """Say which stem a network has where it is not the usual one; nothing where it is."""
    if image_size >= architecture.small_below:
        return ""
    return f"3x3 stem without pooling, for images below {architecture.small_below} px"


def blocks_of(network: nn.Module, architecture: Architecture) -> dict[str, list[nn.Parameter]]:
    """Divide the parameters below the classifier into named blocks, from the input up.

    Every child with parameters is a block; the children named in ``opened``, and those that hold the
    classifier, are opened: their children are blocks. A norm layer belongs to the block before it.
    Parameters of an opened module itself (positions and class token of a ViT) are of the stem.
    """
    taken = {id(parameter) for parameter in network.get_submodule(architecture.head).parameters()}
    blocks: dict[str, list[nn.Parameter]] = {}
    of_stem: list[nn.Parameter] = []
    for name, parameters, joins in _pieces(network, "", architecture):
        new = [parameter for parameter in parameters if id(parameter) not in taken]
        taken |= {id(parameter) for parameter in new}
        if not name:
            of_stem += new
        elif joins and blocks:
            blocks[next(reversed(blocks))] += new
        elif new:
            blocks[name] = new
    if of_stem:
        stem = next(iter(blocks), "stem")
        blocks = {stem: of_stem + blocks.get(stem, [])} | {
            name: parameters for name, parameters in blocks.items() if name != stem
        }
    return blocks


def _pieces(
    module: nn.Module, path: str, architecture: Architecture
) -> Iterator[tuple[str, list[nn.Parameter], bool]]:
    """Yield name, parameters and whether it joins the block before; ``""`` for a module's own."""
    yield "", list(module.parameters(recurse=False)), False
    for child_name, child in module.named_children():
        name = f"{path}{child_name}"
        if name in architecture.opened or architecture.head.startswith(f"{name}."):
            yield from _pieces(child, f"{name}.", architecture)
        else:
            joins = name in architecture.joined or _is_norm(child)
            yield name, list(child.parameters()), joins


def _is_norm(module: nn.Module) -> bool:
    norms = nn.modules.batchnorm._NormBase | nn.LayerNorm | nn.GroupNorm
    return isinstance(module, norms)
