"""The catalogue of strategies. A new one is a file beside this one and a line below."""

import re
from collections.abc import Mapping

from convbench.strategies.base import Strategy
from convbench.strategies.evaluate import EVALUATE
from convbench.strategies.feature_extraction import FEATURE_EXTRACTION
from convbench.strategies.fine_tune import FINE_TUNE
from convbench.strategies.fine_tune_last import fine_tune_last
from convbench.strategies.gradual_unfreeze import GRADUAL_UNFREEZE
from convbench.strategies.probe_then_fine_tune import PROBE_THEN_FINE_TUNE
from convbench.strategies.scratch import SCRATCH

STRATEGIES: Mapping[str, Strategy] = {
    "scratch": SCRATCH,
    "feature_extraction": FEATURE_EXTRACTION,
    "fine_tune": FINE_TUNE,
    "probe_then_fine_tune": PROBE_THEN_FINE_TUNE,
    "gradual_unfreeze": GRADUAL_UNFREEZE,
    "evaluate": EVALUATE,
}
FINE_TUNE_LAST = "fine_tune_last_N"
"""A family: one strategy a number of blocks."""


def strategy_of(name: str) -> Strategy | None:
    """Return the strategy called ``name``, ``fine_tune_last_2`` included; ``None`` for no such name."""
    count = blocks_in(name)
    return fine_tune_last(count) if count else STRATEGIES.get(name)


def blocks_in(name: str) -> int:
    """Return the N of ``fine_tune_last_N``; 0 for any other name."""
    match = re.fullmatch(FINE_TUNE_LAST.replace("N", "([1-9][0-9]*)"), name)
    return int(match[1]) if match else 0
