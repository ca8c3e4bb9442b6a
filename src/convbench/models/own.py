"""A user's own architecture: ``package.module:function`` in a config.

The function is called with the number of classes and the image size and returns an ``nn.Module``;
its classifier is found by itself. An ``Architecture`` in place of the function can name it.
"""

import importlib
import inspect
import sys
from functools import cache
from pathlib import Path
from typing import Any

from torch import nn

from convbench.errors import UserError
from convbench.models.base import Architecture
from convbench.models.meta import Build, logits_shape, without_weights

_CLASSES = 97  # a number that no other layer is likely to have as its width
_SIZES = (224, 32, 64, 28, 96, 128, 256, 299, 384, 512)  # pixels: one of them should do


@cache
def own_architecture(name: str) -> Architecture:
    """Import the function or the ``Architecture`` called ``package.module:name``.

    Raises ``UserError`` where it is absent, is no function, or builds no network with a classifier.
    """
    found = _imported(name)
    build: Any = found.build if isinstance(found, Architecture) else found
    is_function: bool = inspect.isfunction(build) or inspect.isclass(build)
    if not is_function:
        raise UserError(
            f"architecture {name!r} is of type {type(build).__name__}; write a function "
            "(classes, image_size) -> nn.Module, or an Architecture with one"
        )
    network = _tried(name, build)
    if not isinstance(found, Architecture):
        return Architecture(build, head=_head(name, network))
    if found.head not in dict(network.named_modules()):
        raise UserError(
            f"architecture {name!r}: its network has no module {found.head!r}, its classifier"
        )
    return found


def _imported(name: str) -> object:
    """Return what a name stands for; modules are also looked for in the working folder."""
    module_name, _, attribute = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    importlib.invalidate_caches()
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # a user's module may do anything when it is imported
        absent = error.name if isinstance(error, ModuleNotFoundError) else None
        if absent and f"{module_name}.".startswith(f"{absent}."):
            raise UserError(
                f"architecture {name!r}: no module {absent!r}, neither installed nor in {Path.cwd()}"
            ) from error
        raise UserError(
            f"architecture {name!r}: importing {module_name} failed: {type(error).__name__}: {error}"
        ) from error
    if not hasattr(module, attribute):
        functions = [key for key, value in vars(module).items() if inspect.isfunction(value)]
        raise UserError(
            f"architecture {name!r}: {module_name} has no {attribute!r}; "
            f"it has the functions {', '.join(functions) or '(none)'}"
        )
    return getattr(module, attribute)


def _tried(name: str, build: Build) -> nn.Module:
    """Return the network of a size that it takes; its logits are as they should be."""
    reasons: list[str] = []
    for side in _SIZES:
        try:
            shape = logits_shape(build, _CLASSES, side)
        except Exception as error:  # whatever a user's function raises is the reason
            reasons.append(f"{type(error).__name__}: {error}")
            continue
        if shape != (2, _CLASSES):
            raise UserError(
                f"architecture {name!r}: two images of {side} px and {_CLASSES} classes should give "
                f"logits of shape {[2, _CLASSES]}, not {list(shape)}"
            )
        return without_weights(build, _CLASSES, side)
    raise UserError(
        f"architecture {name!r} does not build a network that takes images of {_SIZES} px; "
        f"with {_SIZES[0]} px: {reasons[0]}"
    )


def _head(name: str, network: nn.Module) -> str:
    """Return the name of the last layer that gives as many numbers as there are classes."""
    widths: dict[str, int] = {
        path: module.out_features if isinstance(module, nn.Linear) else module.out_channels
        for path, module in network.named_modules()
        if path and isinstance(module, nn.Linear | nn.Conv2d)
    }
    if heads := [path for path, width in widths.items() if width == _CLASSES]:
        return heads[-1]
    raise UserError(
        f"architecture {name!r}: no Linear or Conv2d gives one number a class; give an Architecture "
        "that names the head"
    )
