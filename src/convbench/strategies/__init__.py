"""The catalogue of strategies. A new one is a file beside this one and a line below."""

from collections.abc import Mapping

from convbench.strategies.base import Strategy
from convbench.strategies.feature_extraction import FEATURE_EXTRACTION
from convbench.strategies.fine_tune import FINE_TUNE
from convbench.strategies.scratch import SCRATCH

STRATEGIES: Mapping[str, Strategy] = {
    "scratch": SCRATCH,
    "feature_extraction": FEATURE_EXTRACTION,
    "fine_tune": FINE_TUNE,
}
