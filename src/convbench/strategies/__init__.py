"""The catalogue of strategies. A new one is a file with a function, and an entry below."""

import re
from collections.abc import Mapping

from convbench.catalogue import lazy
from convbench.strategies.base import Strategy

_NEW_CLASSIFIER = frozenset({"standardise_features"})
_FINE_TUNING = _NEW_CLASSIFIER | {"layer_decay"}

STRATEGIES: Mapping[str, Strategy] = {
    "scratch": Strategy(
        lazy("convbench.strategies.scratch:scratch"),
        description="all layers are trained from random weights",
        trains="all",
        pretrained=False,
    ),
    "feature_extraction": Strategy(
        lazy("convbench.strategies.feature_extraction:feature_extraction"),
        description="the pretrained backbone is frozen, and a new classifier is trained",
        trains="classifier",
        pretrained=True,
        takes=_NEW_CLASSIFIER,
    ),
    "fine_tune": Strategy(
        lazy("convbench.strategies.fine_tune:fine_tune"),
        description="all layers of a pretrained network and a new classifier are trained",
        trains="all",
        pretrained=True,
        needs=frozenset({"backbone_lr"}),
        takes=_FINE_TUNING,
    ),
    "probe_then_fine_tune": Strategy(
        lazy("convbench.strategies.probe_then_fine_tune:probe_then_fine_tune"),
        description="feature extraction first, then all layers are trained",
        trains="all",
        pretrained=True,
        needs=frozenset({"backbone_lr", "probe_epochs", "probe_lr"}),
        takes=_FINE_TUNING,
    ),
    "gradual_unfreeze": Strategy(
        lazy("convbench.strategies.gradual_unfreeze:gradual_unfreeze"),
        description="a new classifier is trained first, then one more block every few epochs from the "
        "top",
        trains="all",
        pretrained=True,
        needs=frozenset({"backbone_lr", "unfreeze_every"}),
        takes=_FINE_TUNING,
    ),
    "evaluate": Strategy(
        lazy("convbench.strategies.evaluate:evaluate"),
        description="nothing is trained: the pretrained network is evaluated",
        trains="nothing",
        pretrained=True,
        keeps_classifier=True,
    ),
}
FINE_TUNE_LAST = "fine_tune_last_N"
"""A family: one strategy for each number of blocks."""


def strategy_of(name: str) -> Strategy | None:
    """Return the strategy called ``name``, ``fine_tune_last_2`` included; ``None`` for no such name."""
    count = blocks_in(name)
    return _fine_tune_last(count) if count else STRATEGIES.get(name)


def blocks_in(name: str) -> int:
    """Return the N of ``fine_tune_last_N``; 0 for any other name."""
    match = re.fullmatch(FINE_TUNE_LAST.replace("N", "([1-9][0-9]*)"), name)
    return int(match[1]) if match else 0


def _fine_tune_last(count: int) -> Strategy:
    blocks = "block" if count == 1 else f"{count} blocks"
    return Strategy(
        lazy("convbench.strategies.fine_tune_last:fine_tune_last", count=count),
        description=f"the last {blocks} of a pretrained network and a new classifier are trained",
        trains="top",
        pretrained=True,
        needs=frozenset({"backbone_lr"}),
        takes=_FINE_TUNING,
    )
