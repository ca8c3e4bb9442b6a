"""Freeze the pretrained body; train a new classifier on its features."""

from convbench.strategies.base import ParamGroup, Parts, Phase, Rates, Strategy


def feature_extraction(parts: Parts, rates: Rates, epochs: int) -> list[Phase]:
    """Let the head alone learn."""
    return [Phase(epochs, [ParamGroup(parts.head, rates.lr)])]


FEATURE_EXTRACTION = Strategy(feature_extraction, pretrained=True)
