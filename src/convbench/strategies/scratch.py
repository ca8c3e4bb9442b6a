"""Train everything from random weights."""

from torch import nn

from convbench.strategies.base import ParamGroup, Strategy


def scratch(network: nn.Module, head: str, lr: float, body_lr: float | None) -> list[ParamGroup]:
    """Let every parameter learn at one rate."""
    return [ParamGroup(list(network.parameters()), lr)]


SCRATCH = Strategy(scratch, pretrained=False)
