"""What a network is made of: its layers, their shapes, sizes, costs and receptive fields.

The network is run once, as a rule on the meta device: shapes without numbers, so that the largest
costs nothing. A mode of torch sees every call of a torch function on the way, whatever Python does
around it, and each tensor carries what it sees of the input (``receptive_field``) and its depth.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode
from torch.utils.weak import WeakTensorKeyDictionary

from convbench.models.anatomy.receptive_field import CONSTANT, Field, field_after
from convbench.models.anatomy.windows import Call, Window, window_of
from convbench.models.base import Architecture
from convbench.models.grey import to_grey
from convbench.models.meta import without_weights

Size = tuple[float, float]
"""Height and width in pixels of the input; infinite: all of it."""


@dataclass(frozen=True)
class Layer:
    """A convolution, pooling, linear or attention layer. Activations and normalisation are left out."""

    name: str
    """The module's name; a function that is called without a module of its own has its name added."""
    kind: str
    window: Window | None
    """``None`` where nothing slides, or not in equal steps (an adaptive pooling may not divide)."""
    output: tuple[int, ...]
    """Shape, without the batch: of a map, channels, height and width."""
    parameters: int
    macs: int
    """Multiply-adds for one image."""
    field: Size | None
    """What one position of the output sees, along the longest path; ``None``: unknown."""
    depth: int
    """Layers with weights on the longest path up to here, this one included."""
    fully_connected: int | None
    """Of a convolution: parameters of a fully connected layer between the same two maps."""


@dataclass(frozen=True)
class Anatomy:
    """A network's layers in the order of the calculation, and its totals."""

    image_size: int
    layers: tuple[Layer, ...]
    parameters: int
    macs: int
    """Multiply-adds of one image's forward pass, as ``cost.cost_of`` counts them."""
    depth: int
    """Layers with weights on the longest path; an attention has two, before and after it."""
    last_field: Size | None
    """What the last feature map sees, before pooling to a fixed size or flattening ends it."""

    @property
    def other_parameters(self) -> int:
        """Those in no row: of normalisation, class tokens, positions and scales."""
        return self.parameters - sum(layer.parameters for layer in self.layers)

    @property
    def covers(self) -> bool | None:
        """Whether a position of the last feature map sees as much as the input; ``None``: unknown."""
        return None if self.last_field is None else min(self.last_field) >= self.image_size


@dataclass(frozen=True)
class _Seen:
    """What is known of a tensor that comes from the input."""

    field: Field | None
    depth: int


def anatomy_of(architecture: Architecture, classes: int, image_size: int, channels: int = 3) -> Anatomy:
    """Describe an architecture: on the meta device, or for real where it looks at numbers."""
    try:
        return anatomy(without_weights(architecture.build, classes, image_size), image_size, channels)
    except Exception as error:  # ours if it complains of tensors without numbers, else the network's
        if "meta" not in str(error):
            raise
    with torch.random.fork_rng(devices=[]):
        return anatomy(architecture.build(classes, image_size), image_size, channels)


def anatomy(network: nn.Module, image_size: int, channels: int = 3) -> Anatomy:
    """Describe ``network`` for an image of ``image_size`` pixels a side; it is left as it was.

    It is run where its parameters are. Multiply-adds are those of convolutions and matrix products: of a
    convolution with a k x k kernel, k * k * inputs / groups * outputs * height * width of its output.
    """
    network = copy.deepcopy(network).eval()
    if channels == 1:
        to_grey(network)
    device = next((parameter.device for parameter in network.parameters()), None)
    images = torch.zeros(2, channels, image_size, image_size, device=device)
    walk = _Walk(images)
    _follow_modules(network, walk.modules)
    with torch.no_grad(), walk.counter, walk:
        logits = network(images)
    result = walk.seen.get(_tensors(logits)[0], _Seen(None, 0))
    return Anatomy(
        image_size=image_size,
        layers=tuple(walk.layers),
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        macs=walk.macs(),
        depth=result.depth,
        last_field=_size(walk.last if walk.ended else result.field),
    )


class _Walk(TorchFunctionMode):
    """Follows one forward pass."""

    def __init__(self, images: Tensor) -> None:
        super().__init__()
        self.counter = FlopCounterMode(display=False)
        self.modules: list[str] = []
        """The modules that are running, the innermost last."""
        self.layers: list[Layer] = []
        self.seen: Any = WeakTensorKeyDictionary()
        self.seen[images] = _Seen(Field(), 0)
        self.last: Field | None = None
        """What the last map saw that was summarised or flattened."""
        self.ended = False
        self._batch = len(images)
        self._counted: set[int] = set()

    def macs(self) -> int:
        """Return the multiply-adds so far, of one image."""
        return int(self.counter.get_total_flops()) // 2 // self._batch

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 (whatever the function returns)
        """Call a torch function, and note what its output sees and costs."""
        keywords, before = kwargs or {}, self.macs()
        output = func(*args, **keywords)
        inputs = _tensors([*args, *keywords.values()])
        outputs = inputs[:1] if output is None else _tensors(output)  # x[...] = y changes x
        sources = [self.seen[each] for each in inputs if each in self.seen]
        if sources and outputs and func.__name__ not in CONSTANT:
            call = Call(func.__name__, inputs, outputs[0], tuple(args[1:]), keywords)
            seen = self._follow(call, sources)
            for each in outputs:
                self.seen[each] = seen
            if kind := _kind(call):
                self.layers.append(self._layer(call, kind, seen, self.macs() - before))
        return output

    def _follow(self, call: Call, sources: list[_Seen]) -> _Seen:
        fields = [each.field for each in sources]
        field = field_after(call, fields)
        if _summarises(call) or (_flattens(call) and not self.ended):
            self.last, self.ended = fields[0], True
        elif call.name == "conv2d":  # what ended before was a branch, such as squeeze-and-excitation
            self.ended = False
        return _Seen(field, max(each.depth for each in sources) + _WEIGHTED.get(call.name, 0))

    def _layer(self, call: Call, kind: str, seen: _Seen, macs: int) -> Layer:
        own = [
            each
            for each in call.inputs
            if isinstance(each, nn.Parameter) and id(each) not in self._counted
        ]
        self._counted.update(map(id, own))
        module = self.modules[-1] if self.modules else ""
        return Layer(
            name=module.format(function=call.name),
            kind=kind,
            window=None if kind == _GLOBAL else window_of(call),
            output=tuple(call.output.shape[1:]),
            parameters=sum(each.numel() for each in own),
            macs=macs,
            field=_size(seen.field),
            depth=seen.depth,
            fully_connected=_fully_connected(call) if call.name == "conv2d" else None,
        )


def _follow_modules(network: nn.Module, running: list[str]) -> None:
    """Let a network keep in ``running`` what a layer is called that is met now.

    A module of torch's own, or one without parts, gives a layer its name; in others, that of the
    function is added.
    """
    for name, module in network.named_modules():
        whole = type(module).__module__.startswith("torch.nn") or not list(module.children())
        called = name if name and whole else f"{name}.{{function}}".removeprefix(".")
        module.register_forward_pre_hook(lambda *_, called=called: running.append(called))
        module.register_forward_hook(lambda *_: _discard(running))


def _discard(running: list[str]) -> None:
    """Forget the innermost module; a hook that returned it would replace the module's output."""
    running.pop()


def _tensors(values: Any) -> list[Tensor]:  # noqa: ANN401 (whatever a function takes or returns)
    """Return the tensors among ``values``, in order, those in lists included."""
    if isinstance(values, Tensor):
        return [values]
    if isinstance(values, (list, tuple)):
        return [tensor for each in values for tensor in _tensors(each)]
    return []


_GLOBAL = "global pool"
_WEIGHTED = {"conv2d": 1, "linear": 1, "multi_head_attention_forward": 2}
_POOLINGS = {
    "max_pool2d": "max pool",
    "avg_pool2d": "average pool",
    "adaptive_avg_pool2d": "average pool",
    "adaptive_max_pool2d": "max pool",
}


def _kind(call: Call) -> str | None:
    """Say what kind of layer a call is; ``None`` where it is no row of the table."""
    if call.name == "conv2d":
        return _convolution_kind(call.source.shape[1], call.inputs[1])
    if call.name == "linear":
        return "fully connected" if call.output.dim() == 2 else "linear"
    if call.name == "multi_head_attention_forward":
        return "attention"
    if _pools_all(call):
        return _GLOBAL
    return _POOLINGS.get(call.name)


def _convolution_kind(channels: int, weight: Tensor) -> str:
    if weight.shape[1] == channels:
        return "convolution"
    return "depthwise conv" if weight.shape[1] == 1 else "grouped conv"


def _pools_all(call: Call) -> bool:
    """Tell whether a map ``[B, C, H, W]`` becomes one position."""
    if call.source.dim() != 4:
        return False
    one = call.output.shape in (call.source.shape[:2], (*call.source.shape[:2], 1, 1))
    return one and (call.name == "mean" or call.name.startswith("adaptive_"))


def _summarises(call: Call) -> bool:
    """Tell whether a map becomes a few positions, whatever its size."""
    return _pools_all(call) or (call.source.dim() == 4 and call.name.startswith("adaptive_"))


def _flattens(call: Call) -> bool:
    """Tell whether a map becomes a vector."""
    reshaped = call.name in ("flatten", "view", "reshape")
    return reshaped and call.source.dim() == 4 and call.output.dim() == 2


def _size(field: Field | None) -> Size | None:
    return field.size if field else None


def _fully_connected(call: Call) -> int:
    """Count what connecting every input value with every output value would take."""
    inputs, outputs = prod(call.source.shape[1:]), prod(call.output.shape[1:])
    biases = outputs if len(call.inputs) > 2 else 0
    return inputs * outputs + biases
