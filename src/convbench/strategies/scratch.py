"""Train everything from random weights."""

from convbench.phases import ParamGroup, Phase
from convbench.strategies.base import Parts, Rates


def scratch(parts: Parts, rates: Rates, epochs: int) -> list[Phase]:
    """Let every parameter learn at one rate."""
    every = [parameter for block in parts.blocks for parameter in block] + parts.classifier
    return [Phase(epochs, [ParamGroup(every, rates.lr)])]
