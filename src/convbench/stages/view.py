"""What was found inside the networks of one dataset and architecture: written once, read by the report.

``pictures.npz``  filters, feature maps, class activation maps, and where the test images lie
``about.json``    the networks, the cases with each network's answer, and what was measured; written last
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from convbench.files import read_json, write_json, write_whole

ABOUT, PICTURES = "about.json", "pictures.npz"


@dataclass(frozen=True)
class Answer:
    """What a trained network says of an image."""

    strategy: str
    said: str
    chance: float
    right: bool


@dataclass(frozen=True)
class Case:
    """A test image to look at."""

    row: int
    """Of the prepared dataset."""
    true: str
    answers: list[Answer]


@dataclass(frozen=True)
class Opened:
    """One network: as training finds it, or as a run leaves it."""

    name: str
    """Its weights' name; of a trained one, its strategy."""
    trained: bool
    start: int
    """Place, in the view's list, of the network that its training began with: of such a one its own."""
    same_body: bool
    """Whether all below the classifier is as at the start, to the last bit."""
    filters_moved: float | None
    """How far the first convolution's kernels went, over their length at first; ``None``: has none."""
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
    networks: list[Opened]
    absent: dict[str, str]
    """Strategy -> why its run left no network."""
    layer: str | None
    """Whose outputs the class activation is taken from; ``None``: no maps reach the classifier."""
    cases: list[Case]
    tests: int
    """Test images."""
    agree: float
    """Share of them of which all trained networks say the same."""
    pictures: dict[str, np.ndarray]
    """By the network's place N in the list: ``filters/N`` float ``[O, C, K, K]``, ``places/N`` float
    ``[embedded, 2]`` and ``beside/N`` bool ``[embedded]``, which a network with its start's body has
    not; of a trained one ``maps/N/LAYER`` float ``[cases, n, h, w]`` and ``activation/N`` float
    ``[cases, H, W]``; and ``labels`` int ``[embedded]``."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what ``write`` wrote."""
        about: dict[str, Any] = read_json(folder / ABOUT)
        about["networks"] = [Opened(**each) for each in about["networks"]]
        about["cases"] = [_case(**each) for each in about["cases"]]
        with np.load(folder / PICTURES) as pictures:
            return cls(**about, pictures=dict(pictures))

    def write(self, folder: Path) -> None:
        """Write the pictures, then all else."""
        write_whole(folder / PICTURES, lambda draft: _save(draft, self.pictures))
        about = asdict(self)
        del about["pictures"]
        write_json(folder / ABOUT, about)


def _case(row: int, true: str, answers: list[dict[str, Any]]) -> Case:
    return Case(row, true, [Answer(**each) for each in answers])


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # numpy types them as allow_pickle
