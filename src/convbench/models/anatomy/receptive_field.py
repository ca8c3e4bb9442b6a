"""How far each position of a feature map sees into the input.

Along one axis, position ``i`` of a map sees the input pixels from ``first + i * jump`` to
``last + i * jump``. A window of kernel k, stride s, padding p and dilation d turns that into

    first' = first - p * jump
    last'  = last - p * jump + (k - 1) * d * jump
    jump'  = jump * s

so the size r = last - first + 1 grows as r' = r + (k - 1) * d * jump (Dumoulin and Visin, "A guide to
convolution arithmetic for deep learning", 2016; Araujo, Norris and Sim, "Computing receptive fields of
convolutional neural networks", Distill, 2019, equations 1 to 5). Where paths meet, a position sees
what either saw. Global pooling, a fully connected layer over a map and attention see all of it. An
operation that is not listed here gives an unknown field, never a guess: except that what has
already seen everything can see no more. (What is written through a view, as in ``x[0].add_(y)``,
is not noticed.)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isnan, nan, prod

from convbench.models.anatomy.windows import WINDOWS, Call, Pair, window_of


@dataclass(frozen=True)
class Span:
    """The input pixels that position 0 sees along one axis; the next position sees ``jump`` further."""

    first: float = 0
    last: float = 0
    jump: int = 1

    def shifted(self, positions: int) -> "Span":
        """Return what position ``positions`` of this map sees: it becomes position 0."""
        by = positions * self.jump
        return replace(self, first=self.first + by, last=self.last + by)

    def windowed(self, kernel: int, stride: int, padding: int, dilation: int) -> "Span":
        """Return what a position of the next map sees."""
        start = self.shifted(-padding)
        return Span(start.first, start.last + (kernel - 1) * dilation * self.jump, self.jump * stride)

    def joined(self, other: "Span") -> "Span | None":
        """Return what either sees, unknown where they step differently."""
        if self.jump != other.jump or isnan(self.first) or isnan(other.first):
            return None
        return Span(min(self.first, other.first), max(self.last, other.last), self.jump)


@dataclass(frozen=True)
class Field:
    """What the positions of a tensor see."""

    rows: Span = Span()
    columns: Span = Span()
    axes: Pair = (2, 3)
    """The tensor's axes that rows and columns lie on: of tokens, both lie on the same one."""

    @property
    def size(self) -> tuple[float, float] | None:
        """Height and width in input pixels, infinite for the whole input; ``None``: they vary."""
        size = self.rows.last - self.rows.first + 1, self.columns.last - self.columns.first + 1
        return None if isnan(sum(size)) else size


WHOLE = Field(Span(-inf, inf), Span(-inf, inf))
_VARYING = Field(Span(nan, nan), Span(nan, nan))
"""Of a map whose positions see areas of several sizes."""


Rule = Callable[[Field, Call], Field | None]
"""A call on a tensor with this field -> its output's field."""


def field_after(call: Call, fields: Sequence[Field | None]) -> Field | None:
    """Return what the output of a call sees; ``None``: unknown.

    ``fields`` are those of the tensors among its arguments that come from the input, at least one.
    """
    if WHOLE in fields:
        return WHOLE
    known = [field for field in fields if field is not None]
    if len(known) < len(fields):
        return None
    if call.name in _JOINING:
        return _join(known)
    if call.name == "cat":
        return _concatenate(known, call)
    rule = _RULES.get(call.name)
    return rule(known[0], call) if rule else None


def _join(fields: Sequence[Field]) -> Field | None:
    """Return what either sees: sums and products, element by element."""
    found = fields[0]
    for field in fields[1:]:
        rows, columns = found.rows.joined(field.rows), found.columns.joined(field.columns)
        if rows is None or columns is None or field.axes != found.axes:
            return None
        found = Field(rows, columns, found.axes)
    return found


def _concatenate(fields: Sequence[Field], call: Call) -> Field | None:
    """Join along other axes; along the positions, only what does not come from the input is added."""
    along = call.value(0, "dim", 0) % call.source.dim()
    return None if along in fields[0].axes and len(fields) > 1 else _join(fields)


def _unchanged(field: Field, call: Call) -> Field:
    return field


def _slide(field: Field, call: Call) -> Field | None:
    """Move a window over a map ``[B, C, H, W]``; where it holds the whole map, it sees everything."""
    if field.axes != (2, 3) or call.source.dim() != 4:
        return None
    if call.name.startswith("adaptive") and call.output.shape[2:] == (1, 1):
        return WHOLE
    if (window := window_of(call)) is None:
        return _VARYING
    rows, columns = zip(window.kernel, window.stride, window.padding, window.dilation, strict=True)
    return Field(field.rows.windowed(*rows), field.columns.windowed(*columns))


def _linear(field: Field, call: Call) -> Field:
    """Mix the last axis: the channels, or all positions of a map that was flattened into it."""
    return WHOLE if call.source.dim() - 1 in field.axes else field


def _layer_norm(field: Field, call: Call) -> Field | None:
    """Let normalised channels pass; positions that are normalised together are not followed."""
    kept = call.source.dim() - len(call.value(0, "normalized_shape"))
    return field if max(field.axes) < kept else None


def _attention(field: Field, call: Call) -> Field | None:
    """Let every token see all tokens, if they hold all positions: ``[tokens, B, channels]``."""
    return WHOLE if field.axes == (0, 0) else None


def _mean(field: Field, call: Call) -> Field | None:
    dims = call.value(0, "dim", range(call.source.dim()))
    averaged = {each % call.source.dim() for each in ([dims] if isinstance(dims, int) else dims)}
    return WHOLE if averaged.issuperset(field.axes) else None


def _pad(field: Field, call: Call) -> Field | None:
    """Shift the positions by what is added before them; ``pad`` starts with the last axis."""
    if field.axes[0] == field.axes[1]:
        return None
    added = call.value(0, "pad")
    before = {call.source.dim() - 1 - i // 2: added[i] for i in range(0, len(added), 2)}
    down, right = (-before.get(axis, 0) for axis in field.axes)
    return replace(field, rows=field.rows.shifted(down), columns=field.columns.shifted(right))


def _slice(field: Field, call: Call) -> Field | None:
    """Take every n-th position from a first one on, in slices such as ``x[:, :, ::2, ::2]``."""
    parts = _slices(call.arguments[0], call.source.dim())
    if parts is None or field.axes[0] == field.axes[1]:
        return None
    spans = []
    for axis, span in zip(field.axes, (field.rows, field.columns), strict=True):
        start, _, step = parts[axis].indices(call.source.shape[axis])
        spans.append(span.shifted(start).windowed(1, step, 0, 1))
    return Field(spans[0], spans[1], field.axes)


def _slices(index: object, axes: int) -> list[slice] | None:
    """Return a slice an axis; ``None`` where the index holds anything but slices and one ``...``."""
    parts = list(index) if isinstance(index, tuple) else [index]
    missing = [slice(None)] * (axes - sum(isinstance(part, slice) for part in parts))
    places = [place for place, part in enumerate(parts) if part is ...] or [len(parts)]
    parts[places[0] : places[0] + 1] = missing
    slices = [part for part in parts if isinstance(part, slice)]
    return slices if len(slices) == len(parts) else None


def _permute(field: Field, call: Call) -> Field:
    given = call.value(0, "dims")
    order = call.arguments if isinstance(given, int) else given
    rows, columns = field.axes
    places = [each % call.source.dim() for each in order]
    return replace(field, axes=(places.index(rows), places.index(columns)))


def _transpose(field: Field, call: Call) -> Field:
    one, other = (call.value(i, f"dim{i}") % call.source.dim() for i in (0, 1))
    swap = {one: other, other: one}
    rows, columns = field.axes
    return replace(field, axes=(swap.get(rows, rows), swap.get(columns, columns)))


def _reshape(field: Field, call: Call) -> Field | None:
    before, after = call.source.shape, call.output.shape
    rows, columns = (_followed(axis, before, after) for axis in field.axes)
    return None if rows is None or columns is None else replace(field, axes=(rows, columns))


def _followed(axis: int, before: Sequence[int], after: Sequence[int]) -> int | None:
    """Return where an axis of a tensor lies after reshaping, alone or merged; ``None`` if it was split.

    In memory order an axis covers strides from ``inner`` up to ``outer`` elements.
    """
    inner, outer = prod(before[axis + 1 :]), prod(before[axis:])
    same = axis - len(before) + len(after)  # counted from the end
    if same >= 0 and after[same] == before[axis] and prod(after[same + 1 :]) == inner:
        return same
    holding = [
        place
        for place in range(len(after))
        if prod(after[place + 1 :]) <= inner and outer <= prod(after[place:])
    ]
    return holding[-1] if holding else None


def _divide(field: Field, call: Call) -> Field | None:
    """Let the parts of divided channels pass."""
    return None if call.value(1, "dim", 0) % call.source.dim() in field.axes else field


# By the names that torch's functions and the methods of its tensors have.
_JOINING = frozenset(
    (
        *("add", "add_", "__add__", "__radd__", "__iadd__", "sub", "sub_", "__sub__", "maximum"),
        *("mul", "mul_", "__mul__", "__rmul__", "__imul__", "div", "__truediv__", "minimum"),
    )
)
CONSTANT = frozenset(
    (
        *("zeros_like", "ones_like", "empty_like", "full_like"),
        *("new_zeros", "new_ones", "new_empty", "new_full"),
    )
)
"""What takes a tensor's shape alone: nothing of the input is in the output."""
_POINTWISE = (
    *("relu", "relu_", "relu6", "leaky_relu", "leaky_relu_", "prelu", "elu", "gelu", "silu", "mish"),
    *("sigmoid", "tanh", "hardtanh", "hardswish", "hardsigmoid", "softplus", "clamp", "clone"),
    *("dropout", "dropout2d", "batch_norm", "contiguous", "detach", "to"),
)
_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_POINTWISE, _unchanged),
    **dict.fromkeys(WINDOWS, _slide),
    **dict.fromkeys(("flatten", "view", "reshape", "unsqueeze", "squeeze"), _reshape),
    **dict.fromkeys(("transpose", "swapaxes"), _transpose),
    **dict.fromkeys(("chunk", "split"), _divide),
    "linear": _linear,
    "layer_norm": _layer_norm,
    "multi_head_attention_forward": _attention,
    "mean": _mean,
    "pad": _pad,
    "permute": _permute,
    "__getitem__": _slice,
}
