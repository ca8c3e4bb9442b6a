"""Train everything from pretrained weights, the body more slowly than the new classifier."""

from convbench.strategies.base import ParamGroup, Parts, Phase, Rates, Strategy, body_groups


def fine_tune(parts: Parts, rates: Rates, epochs: int) -> list[Phase]:
    """Let the head learn at ``lr`` and everything below it at ``body_lr``."""
    return [Phase(epochs, [*body_groups(parts.blocks, rates), ParamGroup(parts.head, rates.lr)])]


FINE_TUNE = Strategy(
    fine_tune, pretrained=True, needs=frozenset({"body_lr"}), takes=frozenset({"layer_decay"})
)
