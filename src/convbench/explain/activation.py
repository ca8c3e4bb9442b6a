"""Class activation maps: which places of an image are evidence for a class."""

import torch
from captum.attr import LayerGradCam
from torch import Tensor, nn
from torch.nn import functional as F

from convbench.explain.watch import shapes_before

_PASSING = (
    nn.modules.dropout._DropoutNd,
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
)
"""Modules whose outputs are another module's, coarser or thinned out."""


def last_maps(network: nn.Module, head: str, images: Tensor) -> str | None:
    """Name the last module below the classifier ``head`` whose outputs are maps, ``[B, C, h, w]``.

    ``None`` where there is none, as in a vision transformer, which goes on with tokens ``[B, T, C]``.
    """
    last = None
    for name, shape in shapes_before(network, head, images):
        if len(shape) == 3:
            last = None
        elif _are_maps(shape) and not isinstance(network.get_submodule(name), _PASSING):
            last = name
    return last


def _are_maps(shape: tuple[int, ...]) -> bool:
    return len(shape) == 4 and shape[2] * shape[3] > 1


def class_activation(network: nn.Module, layer: str, images: Tensor, classes: Tensor) -> Tensor:
    """Return Grad-CAM ``[B, H, W]`` in [0, 1], a map an image, each of a class, ``classes`` int ``[B]``.

    Selvaraju et al. 2017, equations 1 and 2, with the outputs of ``layer`` for maps. Where a network
    averages its last maps and classifies the means linearly, this is CAM (Zhou et al. 2016) without what
    is evidence against the class: ibid., section 3.1. Each map is scaled by its own maximum; one without
    evidence for the class is zero.
    """
    network.eval()
    with torch.enable_grad():
        watched = LayerGradCam(network, network.get_submodule(layer))
        found = watched.attribute(images.clone().requires_grad_(), classes, relu_attributions=True)
    assert isinstance(found, Tensor)
    fine = F.interpolate(found.detach(), images.shape[2:], mode="bilinear", align_corners=False)[:, 0]
    return fine / fine.amax(dim=(1, 2), keepdim=True).clamp_min(1e-12)
