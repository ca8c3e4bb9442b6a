"""torchvision's pretrained weights, read from its weights enums."""

import math
import re
from dataclasses import dataclass
from typing import Any

from convbench.errors import UserError

_ENUM = "IMAGENET1K_"


@dataclass(frozen=True)
class Published:
    """A weights file to be had, and what it expects."""

    version: str
    """Torchvision's own name: ``IMAGENET1K_V1``."""
    url: str
    file_name: str
    digest_prefix: str
    """The first digits of the file's SHA-256."""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    """Channel means and deviations, of RGB in [0, 1], that the network's input is standardised by."""
    image_size: int
    """Pixels of the square that the accuracy was measured on, and that a ViT's positions are for."""
    classes: int
    """Outputs of its classifier; 0 where the file has none."""
    parameters: int
    accuracy: float | None
    """Top-1 on ImageNet's validation images, in percent."""


def published_weights(name: str, version: str | None) -> Published:
    """Return which weights of an architecture are published; ``None`` for torchvision's default.

    ``version`` is ``v1``, ``v2``, ...: the end of torchvision's name. Raises ``UserError`` where there
    are none, with those that there are.
    """
    from convbench.vision import torchvision

    names = torchvision.models.list_models(module=torchvision.models)
    if name not in names:
        raise UserError(
            f"no weights are published for {name!r}; they are for torchvision's classifiers: "
            f"{', '.join(names)}"
        )
    versions = torchvision.models.get_model_weights(name)
    wanted = versions.DEFAULT.name if version is None else f"{_ENUM}{version.upper()}"
    if wanted not in versions.__members__:
        raise UserError(
            f"no weights {version!r} are published for {name!r}; there are "
            f"{', '.join(versions_of(name))}"
        )
    return _described(name, versions[wanted])


def versions_of(name: str) -> list[str]:
    """Return the published versions of an architecture's weights: ``v1``, ``v2``, ..."""
    from convbench.vision import torchvision

    versions = torchvision.models.get_model_weights(name)
    return [entry.name.removeprefix(_ENUM).lower() for entry in versions]


def _described(name: str, entry: Any) -> Published:  # noqa: ANN401 (torchvision has no types)
    transforms = entry.transforms()
    file_name = entry.url.rpartition("/")[2]
    digest = re.search(r"-([0-9a-f]{8,})\.pth$", file_name)
    assert digest is not None
    accuracy = entry.meta["_metrics"]["ImageNet-1K"]["acc@1"]
    mean, std = transforms.mean, transforms.std
    if name in {"googlenet", "inception_v3"}:
        # Torchvision has them standardise their input once more, to what they were trained with in
        # TensorFlow: (x - 0.5) / 0.5. Ours do not; so this is what their input is standardised by.
        mean = std = (0.5, 0.5, 0.5)
    return Published(
        version=entry.name,
        url=entry.url,
        file_name=file_name,
        digest_prefix=digest[1],
        mean=tuple(mean),
        std=tuple(std),
        image_size=transforms.crop_size[0],
        classes=len(entry.meta["categories"] or ()),
        parameters=entry.meta["num_params"],
        accuracy=None if math.isnan(accuracy) else accuracy,
    )


def our_name(name: str) -> str:
    """Name a tensor of a published file as the network does.

    DenseNet's files say ``norm.1`` for ``norm1``, the ViTs' ``linear_1`` for the first layer of a
    block's ``mlp``; torchvision renames them when it loads, and so do we.
    """
    name = re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)", r"\1\2", name)
    return re.sub(r"\bmlp\.linear_([12])\.", lambda match: f"mlp.{3 * (int(match[1]) - 1)}.", name)
