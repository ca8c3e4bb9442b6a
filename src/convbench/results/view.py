"""Files of the explain job for one dataset and architecture.

``pictures.npz``  filters, feature maps, class activation maps, and where the test images lie
``about.json``    the networks, the cases with their predictions, and what was measured; written last
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from convbench.files import read_json, write_json, write_whole

ABOUT, PICTURES = "about.json", "pictures.npz"


@dataclass(frozen=True)
class Prediction:
    """What a trained network predicts for an image."""

    strategy: str
    predicted: str
    probability: float
    correct: bool


@dataclass(frozen=True)
class Case:
    """A test image to look at."""

    row: int
    """Of the prepared dataset."""
    true: str
    predictions: list[Prediction]


@dataclass(frozen=True)
class ExplainedNetwork:
    """One network: as training finds it, or as a run leaves it."""

    name: str
    """Its weights' name; of a trained one, its strategy."""
    trained: bool
    start: int
    """Place, in the view's list, of the network that its training began with: of such a one its own."""
    same_backbone: bool
    """Whether the backbone is that of the start, to the last bit."""
    filters_moved: float | None
    """Distance that training moved the first convolution's kernels, relative to their initial length;
    ``None`` for a network without one."""
    beside_own: float
    """Share of the embedded test images whose nearest other one is of their class."""
    layers: list[str]
    """Whose feature maps there are, from the image up; of an untrained network, none."""
    channels: list[int]
    """Of each layer."""


@dataclass(frozen=True)
class View:
    """The networks of one dataset and architecture, trained alike but for the strategy."""

    dataset: str
    architecture: str
    task: str
    augmentation: str
    seed: int
    networks: list[ExplainedNetwork]
    absent: dict[str, str]
    """Strategy -> why its run left no network."""
    layer: str | None
    """Whose outputs the class activation is taken from; ``None``: no maps reach the classifier."""
    cases: list[Case]
    tests: int
    """Test images."""
    agree: float
    """Share of them for which all trained networks predict the same class."""
    pictures: dict[str, np.ndarray]
    """By the network's place N in the list: ``filters/N`` float ``[O, C, K, K]``, ``places/N`` float
    ``[embedded, 2]`` and ``beside/N`` bool ``[embedded]``, which a network with its start's backbone has
    not; of a trained one ``maps/N/LAYER`` float ``[cases, n, h, w]`` and ``activation/N`` float
    ``[cases, H, W]``; and ``labels`` int ``[embedded]``."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what ``write`` wrote."""
        about: dict[str, Any] = read_json(folder / ABOUT)
        about["networks"] = [ExplainedNetwork(**each) for each in about["networks"]]
        about["cases"] = [_case(**each) for each in about["cases"]]
        with np.load(folder / PICTURES) as pictures:
            return cls(**about, pictures=dict(pictures))

    def write(self, folder: Path) -> None:
        """Write the pictures, then all else."""
        write_whole(folder / PICTURES, lambda draft: _save(draft, self.pictures))
        about = asdict(self)
        del about["pictures"]
        write_json(folder / ABOUT, about)


def _case(row: int, true: str, predictions: list[dict[str, Any]]) -> Case:
    return Case(row, true, [Prediction(**each) for each in predictions])


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # numpy types them as allow_pickle
