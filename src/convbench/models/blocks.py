"""How a network is divided into blocks: what strategies train or freeze as a whole."""

from collections.abc import Iterator

from torch import nn

from convbench.models.base import Architecture


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


def has_norms(network: nn.Module) -> bool:
    """Tell whether a network has normalization layers."""
    return any(_is_norm(module) for module in network.modules())


def _is_norm(module: nn.Module) -> bool:
    norms = nn.modules.batchnorm._NormBase | nn.LayerNorm | nn.GroupNorm
    return isinstance(module, norms)
