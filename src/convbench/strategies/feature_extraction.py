"""Freeze the pretrained backbone; train a new classifier on its features."""

from convbench.phases import ParamGroup, Phase
from convbench.strategies.base import Parts, Rates


def feature_extraction(parts: Parts, rates: Rates, epochs: int) -> list[Phase]:
    """Train the classifier alone."""
    return [Phase(epochs, [ParamGroup(parts.classifier, rates.lr)])]
