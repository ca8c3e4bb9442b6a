"""Convert weights files from elsewhere to the benchmark's own; list the tensors that do not fit."""

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from convbench.errors import UserError
from convbench.models.weights.files import Normalisation, save_weights
from convbench.models.weights.published import our_name

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "params")
"""Keys under which checkpoints keep the weights, beside an optimizer's state or an accuracy."""
_PREFIXES = ("module.", "_orig_mod.", "model.", "backbone.", "network.")
"""What a wrapper (data parallelism, ``torch.compile``, a training framework) puts before each name."""
_SHOWN = 10


def import_weights(
    source: Path,
    network: nn.Module,
    head: str,
    normalisation: Normalisation,
    rename: Mapping[str, str],
    out: Path,
) -> list[str]:
    """Convert a file from elsewhere to the benchmark's own, for ``network``; return what was left out.

    Nothing in the file is executed. Wrappers and prefixes are taken off by name, then ``rename``
    replaces beginnings of names. ``network`` may be on the ``meta`` device: only its names and shapes
    are read. Raises ``UserError`` where the file holds more than tensors, or lacks one of the backbone.
    """
    own = network.state_dict()
    state = _renamed(_unwrapped(read_state(source), source), own, rename)
    fitting = {
        name: tensor for name, tensor in state.items() if name in own and tensor.shape == own[name].shape
    }
    left_out = [
        _why(name, tensor, own.get(name)) for name, tensor in state.items() if name not in fitting
    ]
    for name in own:
        if name.endswith("num_batches_tracked"):  # absent in old files, and of no effect
            fitting.setdefault(name, torch.tensor(0))
    if absent := [name for name in own if name not in fitting and not name.startswith(f"{head}.")]:
        raise UserError(
            f"{source} lacks {len(absent)} of the network's {len(own)} tensors: {_listed(absent)}. "
            f"It has, without a place: {_listed(left_out) or 'nothing'}. Where only names differ, "
            "'rename' in the config maps their beginnings"
        )
    save_weights(out, fitting, normalisation, left_out)
    return left_out


def classifier_shape(source: Path, head: str, rename: Mapping[str, str]) -> torch.Size | None:
    """Return the shape of the weight of a file's classifier; ``None`` where it has none called ``head``.

    Its first number is that of the classes.
    """
    state = _unwrapped(read_state(source), source)
    name = f"{head}.weight"
    found = [tensor for key, tensor in state.items() if _rename(_bare(key), rename) == name]
    return found[0].shape if found else None


def read_state(source: Path) -> Any:  # noqa: ANN401 (whatever the file holds, looked at next)
    """Read a ``.safetensors`` or a torch file without executing anything in it.

    Raises ``UserError`` where that is not possible.
    """
    if source.suffix == ".safetensors":
        try:
            return load_file(source)
        except SafetensorError as error:
            raise UserError(f"{source} is not a safetensors file: {error}") from error
    try:
        with warnings.catch_warnings(action="ignore"):  # of an unusual pickle: it is read, or refused
            return torch.load(source, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise UserError(
            f"{source} was refused: it holds more than tensors, or is damaged, and reading it could run "
            f"code ({why}). Save its state_dict alone, best as .safetensors"
        ) from error


def _unwrapped(content: Any, source: Path) -> dict[str, Tensor]:  # noqa: ANN401 (as read)
    """Return the mapping of names to tensors, wherever a checkpoint keeps it."""
    if isinstance(content, Mapping):
        inner = [content[key] for key in _WRAPPERS if isinstance(content.get(key), Mapping)]
        held = inner[0] if inner else content
        tensors = {str(name): value for name, value in held.items() if isinstance(value, Tensor)}
        if tensors:
            return tensors
    raise UserError(f"{source} holds no mapping of names to tensors; save a state_dict")


def _renamed(
    state: Mapping[str, Tensor], own: Mapping[str, Tensor], rename: Mapping[str, str]
) -> dict[str, Tensor]:
    """Give tensors the names that they have in the network."""
    found: dict[str, Tensor] = {}
    for name, tensor in state.items():
        tries = (_rename(name, rename), _rename(_bare(name), rename), our_name(name))
        found[next((each for each in tries if each in own), tries[1])] = tensor
    return found


def _bare(name: str) -> str:
    """Take the prefixes of wrappers off a name."""
    while prefix := next((each for each in _PREFIXES if name.startswith(each)), ""):
        name = name.removeprefix(prefix)
    return name


def _rename(name: str, rename: Mapping[str, str]) -> str:
    old = next((each for each in rename if name.startswith(each)), None)
    return name if old is None else rename[old] + name.removeprefix(old)


def _why(name: str, tensor: Tensor, own: Tensor | None) -> str:
    if own is None:
        return f"{name} {list(tensor.shape)}: not in the network"
    return f"{name} {list(tensor.shape)}: the network's is {list(own.shape)}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
