"""Train everything from pretrained weights, the body more slowly than the new classifier."""

from torch import nn

from convbench.strategies.base import ParamGroup, Strategy


def fine_tune(network: nn.Module, head: str, lr: float, body_lr: float | None) -> list[ParamGroup]:
    """Let the head learn at ``lr`` and everything below it at ``body_lr``."""
    assert body_lr is not None, "the plan refuses fine_tune without a body_lr"
    classifier = list(network.get_submodule(head).parameters())
    new = {id(parameter) for parameter in classifier}
    body = [parameter for parameter in network.parameters() if id(parameter) not in new]
    return [ParamGroup(body, body_lr), ParamGroup(classifier, lr)]


FINE_TUNE = Strategy(fine_tune, pretrained=True, two_rates=True)
