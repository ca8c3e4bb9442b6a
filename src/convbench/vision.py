"""The only module that imports torchvision: it works beside a CPU-only torch too.

A torchvision wheel from the package index is compiled against CUDA. Beside a CPU-only torch its
extension ``_C`` cannot load (it wants ``libc10_cuda``), so the operators that ``_C`` would define are
missing, and ``import torchvision`` fails at the first function that registers a shape rule for one
of them: ``operator torchvision::nms does not exist``. We detect boxes nowhere and need none of these
operators, so where the extension cannot load their schemas are declared here, without a kernel.
Models, transforms and datasets then work; calling ``nms`` raises that it has no implementation.
"""

import ctypes
import importlib.util
from pathlib import Path

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


def _extension_loads() -> bool:
    """Tell whether torchvision's compiled operators can be loaded into this process."""
    spec = importlib.util.find_spec("torchvision")
    assert spec is not None
    assert spec.origin is not None
    found = list(Path(spec.origin).parent.glob("_C*.so")) + list(
        Path(spec.origin).parent.glob("_C*.pyd")
    )
    try:
        ctypes.CDLL(str(found[0]))
    except (IndexError, OSError):
        return False
    return True


def _declare() -> torch.library.Library | None:
    if _extension_loads():
        return None
    library = torch.library.Library("torchvision", "DEF")
    for schema in _SCHEMAS:
        library.define(schema)
    return library


_library = _declare()  # kept: the schemas are undone when it is garbage-collected

import torchvision  # noqa: E402 (once its operators are declared)

__all__ = ["torchvision"]
