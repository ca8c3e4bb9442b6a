"""Which image is for training, which for choosing, which for the final number."""

import numpy as np

from convbench.data.base import Split
from convbench.seeding import seed_of


def stratified_splits(labels: np.ndarray, *, val: int, test: int, seed: int) -> list[Split]:
    """Assign each image a split, keeping the classes' shares; the rest is for training."""
    from sklearn.model_selection import train_test_split  # here: every training would wait for it

    rows = np.arange(len(labels))
    rest, test_rows = train_test_split(rows, test_size=test, stratify=labels, random_state=seed)
    _, val_rows = train_test_split(rest, test_size=val, stratify=labels[rest], random_state=seed)
    splits: list[Split] = ["train"] * len(labels)
    for row in val_rows:
        splits[row] = "val"
    for row in test_rows:
        splits[row] = "test"
    return splits


def nested_draw(labels: np.ndarray, size: int | None, *names: str | int) -> np.ndarray:
    """Draw ``size`` rows, stratified: the draw of 100 is contained in the draw of 200.

    Each class is shuffled by a generator seeded with ``names``, and its j-th image of n takes place
    (j + 1/2) / n. The rows of the ``size`` first places are returned in ascending order.
    ``None`` draws all. Raises ``ValueError`` where a class would be left without an image.
    """
    shuffle = np.random.Generator(np.random.PCG64(seed_of(*names)))
    classes = np.unique(labels)
    place = np.empty(len(labels))
    for label in classes:
        rows = shuffle.permutation(np.flatnonzero(labels == label))
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    drawn = np.sort(np.lexsort((labels, place))[:size])
    if size is not None and (size > len(labels) or len(np.unique(labels[drawn])) < len(classes)):
        raise ValueError(
            f"cannot draw {size} of {len(labels)} training images with all {len(classes)} classes"
        )
    return drawn
