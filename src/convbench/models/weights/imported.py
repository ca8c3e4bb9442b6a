"""Convert weights from elsewhere to the benchmark's own files; list the tensors that do not fit."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from convbench.errors import UserError, listed
from convbench.models.weights.checkpoint import Checkpoint, bare
from convbench.models.weights.checks import check_names, check_tensors
from convbench.models.weights.files import Normalisation, save_weights
from convbench.models.weights.published import our_name


def import_weights(
    checkpoint: Checkpoint,
    network: nn.Module,
    head: str,
    normalisation: Normalisation,
    rename: Mapping[str, str],
    out: Path,
) -> list[str]:
    """Write the weights of a checkpoint to ``out``, for ``network``; return what was left out.

    Prefixes of wrappers are taken off by name, then ``rename`` replaces beginnings of names. ``network``
    may be on the ``meta`` device: only its names, shapes and types are read. The file records what was
    left out, after the checkpoint's notes. Raises ``UserError`` where the checkpoint has two tensors for
    one of the network's, lacks one of the backbone, or has one that cannot be right.
    """
    own = network.state_dict()
    state = _renamed(checkpoint, own, rename)
    fitting = {
        name: tensor for name, tensor in state.items() if name in own and tensor.shape == own[name].shape
    }
    check_tensors(fitting, own, checkpoint.source)
    left_out = [
        _why(name, tensor, own.get(name)) for name, tensor in state.items() if name not in fitting
    ]
    for name in own:
        if name.endswith("num_batches_tracked"):  # absent in old files, and of no effect
            fitting.setdefault(name, torch.tensor(0))
    if absent := [name for name in own if name not in fitting and not name.startswith(f"{head}.")]:
        raise UserError(
            f"{checkpoint.source} lacks {len(absent)} of the network's {len(own)} tensors: "
            f"{listed(absent)}. It has, without a place: {listed(left_out) or 'nothing'}. Where only "
            "names differ, 'rename' in the config maps their beginnings"
        )
    # In the network's precision, in which kernels are summed for grey images; copied, as tensors may
    # share memory in the checkpoint.
    ours = {name: tensor.to(own[name].dtype, copy=True) for name, tensor in fitting.items()}
    save_weights(out, ours, normalisation, [*checkpoint.notes, *left_out])
    return left_out


def classifier_shape(checkpoint: Checkpoint, head: str, rename: Mapping[str, str]) -> torch.Size | None:
    """Return the shape of the weight of the classifier; ``None`` where none is called ``head``.

    Its first number is that of the classes.
    """
    name = f"{head}.weight"
    found = [tensor for key, tensor in checkpoint.tensors.items() if _rename(bare(key), rename) == name]
    return found[0].shape if found else None


def _renamed(
    checkpoint: Checkpoint, own: Mapping[str, Tensor], rename: Mapping[str, str]
) -> dict[str, Tensor]:
    """Give tensors the names that they have in the network."""
    names = {name: _name_in(own, name, rename) for name in checkpoint.tensors}
    check_names(names, own, checkpoint.source)
    return {names[name]: tensor for name, tensor in checkpoint.tensors.items()}


def _name_in(own: Mapping[str, Tensor], name: str, rename: Mapping[str, str]) -> str:
    tries = (_rename(name, rename), _rename(bare(name), rename), our_name(name))
    return next((each for each in tries if each in own), tries[1])


def _rename(name: str, rename: Mapping[str, str]) -> str:
    old = next((each for each in rename if name.startswith(each)), None)
    return name if old is None else rename[old] + name.removeprefix(old)


def _why(name: str, tensor: Tensor, own: Tensor | None) -> str:
    if own is None:
        return f"{name} {list(tensor.shape)}: not in the network"
    return f"{name} {list(tensor.shape)}: the network's is {list(own.shape)}"
