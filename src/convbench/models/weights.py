"""Weights files: safetensors, which cannot execute anything, with the normalisation they expect."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from convbench.files import write_whole


@dataclass(frozen=True)
class Normalisation:
    """Channel means and deviations, of RGB in [0, 1], that a network's input is standardised by."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def save_weights(path: Path, state: Mapping[str, Tensor], normalisation: Normalisation) -> None:
    """Write a network's state and its normalisation, whole or not at all."""
    numbers = {"mean": normalisation.mean, "std": normalisation.std}
    metadata = {"normalisation": json.dumps(numbers, sort_keys=True)}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    write_whole(path, lambda draft: save_file(tensors, draft, metadata))


def save_absence(path: Path, reason: str) -> None:
    """Write a file without weights that says why there are none, to whoever would start from it."""
    write_whole(path, lambda draft: save_file({}, draft, {"absent": reason}))


def load_body(network: nn.Module, head: str, path: Path) -> Normalisation:
    """Copy everything but the classifier into ``network``; return the normalisation to feed it with.

    Raises ``ValueError`` where the file says that there are no weights, lacks a tensor of the body,
    has one too many, or has another shape.
    """
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        if "absent" in metadata:
            raise ValueError(f"there are no weights to start from: {metadata['absent']}")
        numbers = json.loads(metadata["normalisation"])
        body = {name: file.get_tensor(name) for name in file.keys() if not _is_in(name, head)}  # noqa: SIM118
    mismatch = network.load_state_dict(body, strict=False)
    absent = [name for name in mismatch.missing_keys if not _is_in(name, head)]
    if absent or mismatch.unexpected_keys:
        raise ValueError(f"{path}: absent {absent}, not of this network {mismatch.unexpected_keys}")
    return Normalisation(mean=tuple(numbers["mean"]), std=tuple(numbers["std"]))


def _is_in(name: str, module: str) -> bool:
    return name.startswith(f"{module}.")
