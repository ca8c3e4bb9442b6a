"""Weights files: safetensors, which cannot execute anything, with the normalisation they expect."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from convbench.files import write_whole

_ABOUT, _ABSENT = "about", "absent"


@dataclass(frozen=True)
class Normalisation:
    """Channel means and deviations, of RGB in [0, 1], that a network's input is standardised by."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True)
class Loaded:
    """What came of loading a file into a network."""

    normalisation: Normalisation
    left_out: list[str]
    """The file's tensors that are not in the network, each with the reason."""


def save_weights(
    path: Path,
    state: Mapping[str, Tensor],
    normalisation: Normalisation,
    left_out: list[str] | None = None,
) -> None:
    """Write a network's state and its normalisation, whole or not at all."""
    about = {"mean": normalisation.mean, "std": normalisation.std, "left_out": left_out or []}
    metadata = {_ABOUT: json.dumps(about, sort_keys=True)}  # one key: the file has no order of several
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    write_whole(path, lambda draft: save_file(tensors, draft, metadata))


def save_absence(path: Path, reason: str) -> None:
    """Write a file without weights, with the reason for those who would start from it."""
    write_whole(path, lambda draft: save_file({}, draft, {_ABSENT: reason}))


def load_weights(network: nn.Module, head: str, path: Path, *, with_classifier: bool = False) -> Loaded:
    """Copy everything but the classifier into ``network``, or everything where ``with_classifier``.

    Where the network takes one channel and the file's first convolution three, its kernel is summed over
    them. Raises ``ValueError`` where the file has no weights but a reason, lacks a tensor of the
    backbone, has one too many, or has another shape.
    """
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        if _ABSENT in metadata:
            raise ValueError(f"there are no weights to start from: {metadata[_ABSENT]}")
        about = json.loads(metadata[_ABOUT])
        names = [name for name in file.keys() if with_classifier or not _is_in(name, head)]  # noqa: SIM118 (no mapping)
        state = {name: file.get_tensor(name) for name in names}
    own = network.state_dict()
    state = {name: _greyed(tensor, own.get(name)) for name, tensor in state.items()}
    mismatch = network.load_state_dict(state, strict=False)
    absent = [name for name in mismatch.missing_keys if with_classifier or not _is_in(name, head)]
    if absent or mismatch.unexpected_keys:
        raise ValueError(f"{path}: absent {absent}, not of this network {mismatch.unexpected_keys}")
    return Loaded(Normalisation(tuple(about["mean"]), tuple(about["std"])), about["left_out"])


def has_classifier_of(path: Path, network: nn.Module, head: str) -> bool:
    """Tell whether a file has the classifier of ``network``, called ``head``: its names and shapes."""
    with safe_open(path, framework="pt") as file:
        found = {
            name: tuple(file.get_slice(name).get_shape())
            for name in file.keys()  # noqa: SIM118 (no mapping)
            if _is_in(name, head)
        }
    own = network.state_dict()
    return found == {name: tuple(own[name].shape) for name in own if _is_in(name, head)}


def _greyed(tensor: Tensor, own: Tensor | None) -> Tensor:
    """Sum a kernel ``[O, 3, K, K]`` over its channels where the network's is ``[O, 1, K, K]``."""
    if own is None or own.ndim != 4 or (own.shape[1], tuple(tensor.shape[1:2])) != (1, (3,)):
        return tensor
    return tensor.sum(dim=1, keepdim=True)


def _is_in(name: str, module: str) -> bool:
    return name.startswith(f"{module}.")
