"""Plain networks against residual ones at growing depth: what skips change."""

import math
import re
from dataclasses import dataclass

import pandas as pd

from convbench.analysis.uncertainty import over_pairs
from convbench.words import points

_FAMILY = re.compile(r"(plain|resnet)(\d+)")
_OF_CIFAR = (20, 32, 44, 56, 110)
"""Depths of the thin networks for small images (He et al. 2016, table 6); the others are ImageNet's."""


def depths(runs: pd.DataFrame, epochs: pd.DataFrame) -> pd.DataFrame:
    """Return the errors of plain and residual networks: a row a finished run of either family.

    ``training`` is the error on the training images in the last epoch, ``validation`` that on the
    validation images, ``test`` that of the chosen epoch; fractions. ``series`` tells the thin networks
    of CIFAR from ImageNet's, which are not compared with each other. Depths that one family alone has
    are left out.
    """
    finished = runs[(runs["outcome"] == "finished") & runs["test_accuracy"].notna()].copy()
    named = [_FAMILY.fullmatch(str(name)) for name in finished["architecture"]]
    finished["family"] = [match[1] if match else None for match in named]
    finished["depth"] = [int(match[2]) if match else 0 for match in named]
    finished["series"] = ["cifar" if depth in _OF_CIFAR else "imagenet" for depth in finished["depth"]]
    found = finished[finished["family"].notna()]
    found = found[found.groupby("depth")["family"].transform("nunique") == 2]
    last = epochs.sort_values("epoch", kind="stable").groupby("run_id").tail(1).set_index("run_id")
    found = found.assign(
        training=1 - found["run_id"].map(last["train_accuracy"]).astype(float),
        validation=1 - found["run_id"].map(last["val_accuracy"]).astype(float),
        test=1 - found["test_accuracy"].astype(float),
    )
    return found


@dataclass(frozen=True)
class Degradation:
    """How a family's training error changes from its shallowest to its deepest network."""

    family: str
    shallow: int
    deep: int
    change: float
    """Mean over pairs alike in all else, a fraction; above zero: the deeper one trains worse."""
    low: float
    high: float
    pairs: int


def degradations(found: pd.DataFrame) -> list[Degradation]:
    """Compare, family by family, the deepest network's training error with the shallowest one's."""
    key = ["dataset", "train_size", "strategy", "augmentation", "seed"]
    result = []
    for (_, family), own in found.groupby(["series", "family"], sort=True):
        shallow, deep = int(own["depth"].min()), int(own["depth"].max())
        sides = [own[own["depth"] == depth].set_index(key)["training"] for depth in (deep, shallow)]
        gaps = (sides[0] - sides[1]).dropna().to_numpy(dtype=float)
        if shallow < deep and len(gaps):
            change = over_pairs(gaps)
            result.append(
                Degradation(str(family), shallow, deep, change.mean, change.low, change.high, len(gaps))
            )
    return result


def claim(each: Degradation) -> str:
    """Say it in short."""
    names = {"plain": "Plain networks", "resnet": "Residual networks"}
    if not math.isfinite(each.low):
        return f"{names[each.family]} were deepened in {_pairs(each)}, which says nothing of chance"
    verb = "train worse" if each.low > 0 else "are not seen to train worse"
    return f"{names[each.family]} {verb} as they deepen"


def in_words(each: Degradation) -> str:
    """Say it in a sentence."""
    within = (
        f" (95% interval {points(each.low)} to {points(each.high)}, {_pairs(each)})"
        if math.isfinite(each.low)
        else ""
    )
    return (
        f"{claim(each)}: from {each.shallow} to {each.deep} layers the training error changes by "
        f"{points(each.change)} points{within}."
    )


def _pairs(each: Degradation) -> str:
    return "one pair" if each.pairs == 1 else f"{each.pairs} pairs"
