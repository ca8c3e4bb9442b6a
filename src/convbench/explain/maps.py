"""Feature maps at several depths, and the filters that the first ones come from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from convbench.explain.watch import outputs_of

_DEPTHS, _CHANNELS = 4, 8


@dataclass(frozen=True)
class Maps:
    """What one layer made of some images."""

    layer: str
    channels: int
    """Of the layer."""
    strongest: np.ndarray
    """float32 ``[B, n, h, w]``: of each image the n channels with the largest mean activation."""


def feature_maps(network: nn.Module, layers: Sequence[str], images: Tensor) -> list[Maps]:
    """Return the maps of up to four of ``layers``: the first, the last, and two evenly between them."""
    network.eval()
    found = outputs_of(network, layers, images)
    flat = {name: found[name] for name in layers if found[name].ndim == 4}
    names = list(flat)
    places = np.unique(np.linspace(0, len(names) - 1, min(_DEPTHS, len(names))).round().astype(int))
    return [Maps(names[at], flat[names[at]].shape[1], _strongest(flat[names[at]])) for at in places]


def _strongest(maps: Tensor) -> np.ndarray:
    order = maps.mean(dim=(2, 3)).argsort(dim=1, descending=True, stable=True)[:, :_CHANNELS]
    return np.stack([own[chosen].cpu().numpy() for own, chosen in zip(maps, order, strict=True)])


def first_filters(network: nn.Module) -> np.ndarray | None:
    """Return the kernels ``[O, C, K, K]`` of the first convolution; ``None`` where there is none."""
    first = next((each for each in network.modules() if isinstance(each, nn.Conv2d)), None)
    return None if first is None else first.weight.detach().cpu().numpy().copy()


def moved(before: np.ndarray, after: np.ndarray) -> float:
    """Return how far kernels went from where they began: the distance over the beginning's length."""
    return float(np.linalg.norm(after - before) / np.linalg.norm(before))
