"""Settings of weights that were trained elsewhere."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from convbench.config.datasets import Sha256, Text, Texts
from convbench.config.spec import ArchitectureName, Count, DatasetName, Frozen, Rate

IMAGENET = "imagenet"
"""torchvision's published weights; ``imagenet/v1`` names a version."""

Triple = tuple[
    Annotated[float, Field(ge=0, le=1)],
    Annotated[float, Field(ge=0, le=1)],
    Annotated[float, Field(ge=0, le=1)],
]


class Normalise(Frozen):
    """Channel means and deviations of RGB in [0, 1] that a network's input is standardised by."""

    mean: Triple
    std: tuple[Rate, Rate, Rate]


class WeightsFile(Frozen):
    """One file of weights, for one architecture."""

    source: Texts
    """A path, or addresses, tried in turn."""
    sha256: Sha256
    normalise: Literal["imagenet"] | Normalise
    """What its network was fed with."""
    state: Text | None = None
    """The key of the checkpoint that holds the weights, nested with dots; none given: the plain ones."""
    rename: Mapping[str, str] = {}
    """Beginnings of the tensors' names in the file -> what they are called in the network."""


class ImportSpec(Frozen):
    """Weights from elsewhere, for one architecture at one image size."""

    architecture: ArchitectureName
    weights: DatasetName
    """What the grid calls them."""
    image_size: Count
    file: WeightsFile | None = None
    """``None``: torchvision's published ones."""


def is_imagenet(weights: str) -> bool:
    """Tell torchvision's published weights, of any version."""
    return re.fullmatch(rf"{IMAGENET}(/v[0-9]+)?", weights) is not None


def version_of(weights: str) -> str | None:
    """Return the version in ``imagenet/v1``; ``None`` in ``imagenet``: torchvision's default."""
    return weights.partition("/")[2] or None
