"""Read a file from elsewhere without executing anything in it, and find the weights in it."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from convbench.errors import UserError, listed
from convbench.files import mistaken

_PLAIN = ("state_dict", "model_state_dict", "model", "net", "params", "student", "module")
"""Keys under which checkpoints keep the weights, beside an optimizer's state or an accuracy."""
_AVERAGES = ("ema", "model_ema", "state_dict_ema", "ema_state_dict", "teacher", "params_ema")
"""Keys of an exponential moving average of the weights."""
_PREFIXES = ("module.", "_orig_mod.", "model.", "backbone.", "network.")
"""What a wrapper (data parallelism, ``torch.compile``, a training framework) puts before each name."""

_Sets = Mapping[str, Mapping[str, Tensor]]
"""Key in a file, nested with dots -> the tensors there; the empty key is the top level."""


@dataclass(frozen=True)
class Checkpoint:
    """The weights that were taken from a file."""

    source: Path
    key: str
    """Where the file keeps them, nested with dots; empty: at the top level."""
    tensors: Mapping[str, Tensor]
    """By the file's names."""
    notes: list[str]
    """The file's other sets of weights, each with what chooses it."""

    def __str__(self) -> str:
        return f"{self.key!r} of {self.source.name}" if self.key else self.source.name


def read_checkpoint(source: Path, state: str | None = None) -> Checkpoint:
    """Read a file and take the weights under the key ``state``; by default the plain ones.

    An average of the weights is the default where the file holds nothing else. Raises ``UserError``
    where there are no tensors, or the file cannot be read without executing something.
    """
    sets = dict(_sets(read_state(source)))
    key = _usual(sets) if state is None else _below(sets, state)
    if key is None:
        raise UserError(f"{source} {_absence(sets, state)}")
    notes = _others(sets, key)
    if state is None and key.partition(".")[0] in _AVERAGES:
        notes.insert(0, f"plain weights: the file holds none; their average under {key!r} was taken")
    return Checkpoint(source, key, sets[key], notes)


def read_state(source: Path) -> Any:  # noqa: ANN401 (whatever the file holds, looked at next)
    """Read a ``.safetensors`` or a torch file without executing anything in it.

    Raises ``UserError`` where that is not possible.
    """
    if problem := mistaken(source):
        raise UserError(f"{source} is no file of weights: {problem}")
    if source.suffix == ".safetensors":
        try:
            return load_file(source)
        except SafetensorError as error:
            raise UserError(f"{source} is not a safetensors file: {error}") from error
    try:
        with warnings.catch_warnings(action="ignore"):  # of an unusual pickle: it is read, or refused
            return torch.load(source, map_location="cpu", weights_only=True)
    except (MemoryError, OSError):
        raise
    except Exception as error:  # a damaged pickle raises any of a dozen kinds
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise UserError(
            f"{source} was refused: it holds more than tensors, or is damaged, and reading it could run "
            f"code ({why}). Save its state_dict alone, best as .safetensors"
        ) from error


def bare(name: str) -> str:
    """Take the prefixes of wrappers off a name."""
    while prefix := next((each for each in _PREFIXES if name.startswith(each)), ""):
        name = name.removeprefix(prefix)
    return name


def _sets(content: Any, key: str = "") -> Iterator[tuple[str, dict[str, Tensor]]]:  # noqa: ANN401 (as read)
    """Yield each mapping of names to tensors with its key, from the top level down."""
    if not isinstance(content, Mapping):
        return
    tensors = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
    if tensors:
        yield key, tensors
    for name, inner in content.items():
        if isinstance(name, str):  # an optimizer's state goes by numbers
            yield from _sets(inner, f"{key}.{name}" if key else name)


def _usual(sets: _Sets) -> str | None:
    """Return the key of the plain weights; of their average where there are none."""
    plain, average = _first(sets, _PLAIN), _first(sets, _AVERAGES)
    at_top = len(sets.get("", ()))  # fewer than in the average: a step, a random state
    if plain is None and at_top and (average is None or at_top >= len(sets[average])):
        return ""
    return average if plain is None else plain


def _first(sets: _Sets, keys: tuple[str, ...]) -> str | None:
    return next((found for key in keys if (found := _below(sets, key)) is not None), None)


def _below(sets: _Sets, key: str) -> str | None:
    """Return where under a key its tensors are: an average may keep them under ``module``."""
    inner = (f"{key}.{name}" for name in _PLAIN)
    return next((each for each in (*inner, key) if each in sets), None)


def _others(sets: _Sets, key: str) -> list[str]:
    """Describe the other sets of the same weights: those that share a name with what was taken."""
    taken = {bare(name) for name in sets[key]}
    return [
        f"{each or 'top level'}, {_count(sets[each])}: another set of weights; "
        f"{repr(key) if key else 'the top level'} was taken, this one is taken {choice}"
        for each, choice in _choices(sets).items()
        if each != key and not taken.isdisjoint(map(bare, sets[each]))
    ]


def _absence(sets: _Sets, state: str | None) -> str:
    """Say that a file holds no weights where they are looked for, and where it holds tensors."""
    if not sets:
        return "holds no mapping of names to tensors; save a state_dict"
    where = "under a usual key" if state is None else f"under 'state: {state}'"
    there = listed([f"{choice} ({_count(sets[key])})" for key, choice in _choices(sets).items()])
    return f"holds no mapping of names to tensors {where}. In the config, one is found {there}"


def _choices(sets: _Sets) -> dict[str, str]:
    """Return how a config takes each set, the largest first."""
    keys = sorted(sets, key=lambda key: -len(sets[key]))
    texts = {key: f"with 'state: {key}'" if key else "without 'state'" for key in keys}
    if _usual(sets) != "":
        texts.pop("", None)
    return texts


def _count(tensors: Mapping[str, Tensor]) -> str:
    return f"{len(tensors)} tensor{'s' if len(tensors) > 1 else ''}"
