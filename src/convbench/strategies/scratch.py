"""Train everything from random weights."""

from convbench.strategies.base import ParamGroup, Parts, Phase, Rates, Strategy


def scratch(parts: Parts, rates: Rates, epochs: int) -> list[Phase]:
    """Let every parameter learn at one rate."""
    every = [parameter for block in parts.blocks for parameter in block] + parts.head
    return [Phase(epochs, [ParamGroup(every, rates.lr)])]


SCRATCH = Strategy(scratch, pretrained=False)
