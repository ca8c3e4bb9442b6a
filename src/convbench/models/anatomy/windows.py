"""Kernel size, stride, padding and dilation of convolutions and poolings, recorded from torch calls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import Tensor

Pair = tuple[int, int]
"""A value for the rows and one for the columns."""


@dataclass(frozen=True)
class Window:
    """What slides over a map in a convolution or a pooling."""

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    """Pixels of the map added at the top and on the left."""
    dilation: Pair = (1, 1)


@dataclass(frozen=True)
class Call:
    """A call of a torch function on a tensor."""

    name: str
    inputs: Sequence[Tensor]
    """The tensors among its arguments."""
    output: Tensor
    arguments: Sequence[Any]
    """Those after the first."""
    keywords: Mapping[str, Any]

    @property
    def source(self) -> Tensor:
        """The tensor that it is called on; of a list, the first."""
        return self.inputs[0]

    def value(self, place: int, name: str, default: Any = None) -> Any:  # noqa: ANN401 (as called)
        """Return an argument, given at its place after the first one or by its name."""
        if place < len(self.arguments):
            return self.arguments[place]
        return self.keywords.get(name, default)


def window_of(call: Call) -> Window | None:
    """Return the window of a convolution or pooling.

    ``None`` for an adaptive pooling whose windows differ from place to place, and for all else.
    """
    reader = WINDOWS.get(call.name)
    return reader(call) if reader else None


def _pair(value: int | Sequence[int]) -> Pair:
    if isinstance(value, int):
        return value, value
    rows, columns = value if len(value) == 2 else (value[0], value[0])
    return rows, columns


def _convolution(call: Call) -> Window:
    kernel = _pair(call.value(0, "weight").shape[2:])
    stride, dilation = _pair(call.value(2, "stride", 1)), _pair(call.value(4, "dilation", 1))
    padding = call.value(3, "padding", 0)
    if padding == "valid":
        padding = 0
    elif padding == "same":  # where it is odd, the last pixel is added at the end (torch.nn.Conv2d)
        padding = [each * (size - 1) // 2 for size, each in zip(kernel, dilation, strict=True)]
    return Window(kernel, stride, _pair(padding), dilation)


def _pooling(call: Call) -> Window:
    kernel = _pair(call.value(0, "kernel_size"))
    stride = _pair(call.value(1, "stride") or kernel)
    dilation = call.value(3, "dilation", 1) if call.name == "max_pool2d" else 1
    return Window(kernel, stride, _pair(call.value(2, "padding", 0)), _pair(dilation))


def _adaptive_pooling(call: Call) -> Window | None:
    """Find kernel and stride, if they are the same in every place.

    Of n positions, output i of m pools those from floor(i * n / m) up to, not including,
    ceil((i + 1) * n / m).
    """
    found = []
    for n, m in zip(call.source.shape[-2:], call.output.shape[-2:], strict=True):
        starts = [i * n // m for i in range(m)]
        kernels = {-(-(i + 1) * n // m) - start for i, start in enumerate(starts)}
        strides = {after - before for before, after in pairwise(starts)} or {n}
        if len(kernels) > 1 or len(strides) > 1:
            return None
        found.append((kernels.pop(), strides.pop()))
    (tall, down), (broad, right) = found
    return Window((tall, broad), (down, right))


WINDOWS: Mapping[str, Callable[[Call], Window | None]] = {
    "conv2d": _convolution,
    "max_pool2d": _pooling,
    "avg_pool2d": _pooling,
    "adaptive_avg_pool2d": _adaptive_pooling,
    "adaptive_max_pool2d": _adaptive_pooling,
}
