"""Record module outputs with forward hooks.

Every recorded tensor is a copy, made before the next module sees it: an in-place ReLU, or an
``out += shortcut`` behind a module, would otherwise change what was recorded of it.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack

import torch
from torch import Tensor, nn


@torch.no_grad()
def outputs_of(network: nn.Module, names: Iterable[str], images: Tensor) -> dict[str, Tensor]:
    """Return what the modules called ``names`` put out for ``images`` ``[B, C, H, W]``."""
    found: dict[str, Tensor] = {}

    def keeper(name: str) -> Callable[..., None]:
        def keep(module: nn.Module, inputs: object, output: Tensor) -> None:
            found[name] = output.clone()

        return keep

    with ExitStack() as hooks:
        for name in names:
            hooks.enter_context(network.get_submodule(name).register_forward_hook(keeper(name)))
        network(images)
    return found


@torch.no_grad()
def input_of(network: nn.Module, name: str, images: Tensor) -> Tensor:
    """Return what the module called ``name`` is given for ``images``."""
    found: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found.append(inputs[0].clone())

    with network.get_submodule(name).register_forward_pre_hook(keep):
        network(images)
    return found[-1]


@torch.no_grad()
def shapes_before(network: nn.Module, head: str, images: Tensor) -> list[tuple[str, tuple[int, ...]]]:
    """Name the modules as they finish, before ``head`` begins, with the shapes of their outputs."""
    found: list[tuple[str, tuple[int, ...]]] = []
    begun: list[bool] = []

    def noter(name: str) -> Callable[..., None]:
        def note(module: nn.Module, inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and not begun:
                found.append((name, tuple(output.shape)))

        return note

    def begin(module: nn.Module, inputs: object) -> None:
        begun.append(True)

    with ExitStack() as hooks:
        for name, module in network.named_modules():
            hooks.enter_context(module.register_forward_hook(noter(name)))
        hooks.enter_context(network.get_submodule(head).register_forward_pre_hook(begin))
        network(images)
    return found
