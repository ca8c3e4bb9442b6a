"""Networks without weights: their shapes and counts, in no memory and next to no time.

They are built on torch's ``meta`` device, whose tensors have a shape and no numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

Build = Callable[[int, int], nn.Module]

_FACTORIES = frozenset({torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn})


class _ParametersOnMeta(TorchFunctionMode):
    """Make what parameters are made of without numbers.

    ``with torch.device("meta")`` would take the numbers from everything, also from those that a
    constructor calculates its own widths with, as torchvision's RegNet does.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Call a torch function; if it is one that makes a tensor, on ``meta``."""
        options = dict(kwargs or {})
        if func in _FACTORIES:
            options["device"] = "meta"
        return func(*args, **options)


def without_weights(build: Build, classes: int, image_size: int) -> nn.Module:
    """Build a network that has shapes and no weights; no random number is drawn for it."""
    with _ParametersOnMeta():
        return build(classes, image_size).to("meta")


def logits_shape(build: Build, classes: int, image_size: int) -> tuple[int, ...]:
    """Return the shape of what a new network says of two RGB images.

    A network that looks at numbers (``if x.max() > 1``) is built for real, apart from the global
    random state. Raises whatever the network raises.
    """
    try:
        return _shape(without_weights(build, classes, image_size), image_size, "meta")
    except Exception as error:  # ours if it complains of tensors without numbers, else the network's
        if "meta" not in str(error):
            raise
    with torch.random.fork_rng(devices=[]):
        return _shape(build(classes, image_size), image_size, "cpu")


def _shape(network: nn.Module, image_size: int, device: str) -> tuple[int, ...]:
    with torch.no_grad():
        return tuple(network.eval()(torch.zeros(2, 3, image_size, image_size, device=device)).shape)
