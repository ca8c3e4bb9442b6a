"""Networks on torch's meta device, for shapes and parameter counts without memory.

They are built on torch's ``meta`` device, whose tensors have a shape and no numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

Build = Callable[[int, int], nn.Module]
Result = TypeVar("Result")

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
    ) -> Any:  # noqa: ANN401 (whatever the function returns)
        """Call a torch function; if it is one that makes a tensor, on ``meta``."""
        options = dict(kwargs or {})
        if func in _FACTORIES:
            options["device"] = "meta"
        return func(*args, **options)


def without_weights(build: Build, classes: int, image_size: int) -> nn.Module:
    """Build a network that has shapes and no weights; no random number is drawn for it."""

    def try_it() -> nn.Module:
        with _ParametersOnMeta():
            return build(classes, image_size).to("meta")

    return _or_in_earnest(try_it, lambda: build(classes, image_size).to("meta"))


def logits_shape(build: Build, classes: int, image_size: int) -> tuple[int, ...]:
    """Return the shape of a new network's outputs for two RGB images; raise whatever it raises."""

    def shape(network: nn.Module, device: str) -> tuple[int, ...]:
        images = torch.zeros(2, 3, image_size, image_size, device=device)
        with torch.no_grad():
            return tuple(network.eval()(images).shape)

    return _or_in_earnest(
        lambda: shape(without_weights(build, classes, image_size), "meta"),
        lambda: shape(build(classes, image_size), "cpu"),
    )


def _or_in_earnest(without_numbers: Callable[[], Result], in_earnest: Callable[[], Result]) -> Result:
    """Do a thing without numbers or, for a network that looks at some (``if x.max() > 1``), with them.

    With them it is done apart from the global random state.
    """
    try:
        return without_numbers()
    except Exception as error:  # ours if it complains of tensors without numbers, else the network's
        if "meta" not in str(error):
            raise
    with torch.random.fork_rng(devices=[]):
        return in_earnest()
