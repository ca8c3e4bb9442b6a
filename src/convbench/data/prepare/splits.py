"""Train, validation and test splits, and draws of training images."""

from collections.abc import Mapping, Sequence

import numpy as np

from convbench.data.base import SPLITS, Split, Splitting
from convbench.errors import UserError
from convbench.seeding import seed_of


def divide(
    labels: np.ndarray,
    classes: Sequence[str],
    groups: np.ndarray,
    official: Sequence[Split | None],
    how: Splitting,
) -> list[Split | None]:
    """Give each image a split: the official one, or one made here; ``None`` leaves an image out.

    ``labels`` are class numbers int ``[N]``, or 0 and 1 ``[N, C]``. Where validation or test is absent,
    it is drawn from the training images. What is made here keeps the classes' shares, gives each class
    an image in every split, and never parts a group: near-duplicates stay on one side. Raises
    ``UserError`` naming the classes that have too few images.
    """
    absent = [split for split in SPLITS if split not in official]
    splits: list[Split | None] = list(official)
    if not absent:
        return splits
    if "train" in absent and len(absent) < len(SPLITS):
        given = ", ".join(sorted({str(split) for split in official}))
        raise UserError(f"there are {given} images and no training images")
    rows = np.flatnonzero([split in (None, "train") for split in official])
    make = _by_class if labels.ndim == 1 else _by_labels
    for row, split in make(labels[rows], classes, groups[rows], set(absent) - {"train"}, how).items():
        splits[rows[row]] = split
    return splits


def thin(
    labels: np.ndarray, classes: Sequence[str], official: Sequence[Split | None], how: Splitting
) -> np.ndarray:
    """Return which images to read, ascending: of each class and official split, as many as asked for.

    Images without an official split are all needed to make one, unless every split's number is given.
    Raises ``UserError`` naming the classes of which an official split has fewer.
    """
    numbers: dict[Split | None, int | None] = {"train": how.train, "val": how.val, "test": how.test}
    if how.train and how.val and how.test:
        numbers[None] = how.train + how.val + how.test
    if labels.ndim > 1 or not any(numbers.values()):
        return np.arange(len(labels))
    _refuse_short(labels, classes, official, numbers)
    if how.train and "val" not in official:
        numbers["train"] = how.train + _val_of(how.train, how)
    keep: list[np.ndarray] = []
    for split in dict.fromkeys(official):
        own = np.flatnonzero([each == split for each in official])
        for label in np.unique(labels[own]):
            drawn = _shuffled(own[labels[own] == label], "thin", str(split), int(label))
            keep.append(drawn[: numbers.get(split)])
    return np.sort(np.concatenate(keep))


def _refuse_short(
    labels: np.ndarray,
    classes: Sequence[str],
    official: Sequence[Split | None],
    numbers: Mapping[Split | None, int | None],
) -> None:
    """Refuse numbers that an official split does not have; of what is made here, ``divide`` tells."""
    for split in SPLITS:
        number = numbers[split]
        if number is None or split not in official:
            continue
        counts = np.bincount(labels[[each == split for each in official]], minlength=len(classes))
        if len(few := np.flatnonzero(counts < number)):
            listed = ", ".join(f"{classes[label]} ({counts[label]})" for label in few.tolist())
            raise UserError(f"too few {split} images for {number} a class: {listed}")


def _val_of(train: int, how: Splitting) -> int:
    """Return how many validation images of a class go with a number of training images."""
    return how.val or max(1, round(train * how.val_share))


def _by_class(
    labels: np.ndarray, classes: Sequence[str], groups: np.ndarray, made: set[Split], how: Splitting
) -> dict[int, Split | None]:
    """Divide images of one label each, class by class."""
    found: dict[int, Split | None] = {}
    short: list[str] = []
    home = _home(labels, groups)
    for label in np.unique(home):
        own = np.flatnonzero(home == label)
        if wanted := _wanted(len(own), made, how):
            found |= _fill(own, groups, wanted, how, int(label))
        else:
            short.append(f"{classes[label]} ({len(own)})")
    if short:
        raise UserError(f"too few images to divide into {_in_words(made, how)}: {', '.join(short)}")
    return found


def _home(labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the class in which each image is divided: that of its group's first one."""
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    return np.asarray(labels[first][group])


def _wanted(count: int, made: set[Split], how: Splitting) -> dict[Split, int]:
    """Return how many of a class's images go where; nothing where there are too few."""
    wanted: dict[Split, int] = {"train": how.train or 0, "val": 0, "test": 0}
    rest: Split = "test" if how.train and "test" in made and not how.test else "train"
    if "test" in made and rest != "test":
        wanted["test"] = how.test or max(1, round(count * how.test_share))
    if "val" in made:
        room = max(0, count - wanted["train"] - wanted["test"] - (rest == "test"))
        few = min(_val_of(how.train, how), room) if how.train else max(1, round(count * how.val_share))
        wanted["val"] = how.val or few
    left = count - sum(wanted.values())
    if rest == "test" or not how.train:
        wanted[rest] = left
    needed = {"train", *made} - ({"val"} if rest == "test" and not how.val else set())
    return wanted if left >= 0 and all(wanted[split] > 0 for split in needed) else {}


def _fill(
    own: np.ndarray, groups: np.ndarray, wanted: dict[Split, int], how: Splitting, label: int
) -> dict[int, Split | None]:
    """Put one class's groups where there is room, large ones first; the others train or are left out."""
    shuffled = _shuffled(own, "split", label, *([how.seed] if how.seed else []))
    members: dict[int, list[int]] = {}
    for row in shuffled:
        members.setdefault(int(groups[row]), []).append(int(row))
    room = dict(wanted)
    found: dict[int, Split | None] = {}
    for rows in sorted(members.values(), key=len, reverse=True):
        fitting = [split for split in SPLITS if room[split] >= len(rows)]
        split = fitting[0] if fitting else "train" if how.train is None else None
        if split is not None:
            room[split] -= len(rows)
        found |= dict.fromkeys(rows, split)
    return found


def _by_labels(
    labels: np.ndarray, classes: Sequence[str], groups: np.ndarray, made: set[Split], how: Splitting
) -> dict[int, Split | None]:
    """Divide multi-label images by iterative stratification (Sechidis et al. 2011)."""
    from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit

    heads, group = np.unique(groups, return_inverse=True)
    tags = np.zeros((len(heads), labels.shape[1] + 1), dtype=int)
    np.maximum.at(tags, group, np.column_stack([labels, labels.sum(axis=1) == 0]))  # no label is one too
    split_of = np.full(len(heads), "train", dtype="U5")
    shares: dict[Split, float] = {"val": how.val_share, "test": how.test_share}
    for split in sorted(made):
        rest = np.flatnonzero(split_of == "train")
        number = round(shares[split] * len(heads))
        if not 0 < number < len(rest):
            raise UserError(f"{len(heads)} images are too few to divide into {_in_words(made, how)}")
        splitter = MultilabelStratifiedShuffleSplit(n_splits=1, test_size=number, random_state=how.seed)
        _, drawn = next(splitter.split(tags[rest], tags[rest]))
        split_of[rest[drawn]] = split
    return dict(enumerate(split_of[group].tolist()))


def _in_words(made: set[Split], how: Splitting) -> str:
    parts = [f"{getattr(how, name) or ''} {name}".strip() for name in SPLITS if name in {"train", *made}]
    return ", ".join(parts)


def _shuffled(rows: np.ndarray, *names: str | int) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed_of(*names))).permutation(rows)


def nested_draw(labels: np.ndarray, size: int | None, *names: str | int) -> np.ndarray:
    """Draw ``size`` rows, stratified: the draw of 100 is contained in the draw of 200.

    Each class is shuffled by a generator seeded with ``names``, and its j-th image of n takes place
    (j + 1/2) / n. The rows of the ``size`` first places are returned in ascending order.
    ``None`` draws all. Multi-label images, 0 and 1 ``[N, C]``, are drawn by the rarest one that
    each carries. Raises ``ValueError`` where a class would be left without an image.
    """
    several = labels.ndim > 1
    if several:
        labels = _rarest(labels)
    shuffle = np.random.Generator(np.random.PCG64(seed_of(*names)))
    classes = np.unique(labels)
    place = np.empty(len(labels))
    for label in classes:
        rows = shuffle.permutation(np.flatnonzero(labels == label))
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    drawn = np.sort(np.lexsort((labels, place))[:size])
    missing = len(np.unique(labels[drawn])) < len(classes) and not several
    if size is not None and (size > len(labels) or missing):
        raise ValueError(
            f"cannot draw {size} of {len(labels)} training images with all {len(classes)} classes"
        )
    return drawn


def _rarest(labels: np.ndarray) -> np.ndarray:
    """Return the rarest label that each image carries, int ``[N]``; -1 for none."""
    counts = np.where(labels > 0, labels.sum(axis=0, dtype=np.int64), len(labels) + 1)
    return np.where(labels.any(axis=1), counts.argmin(axis=1), -1)
