"""Train everything from pretrained weights, the backbone more slowly than the new classifier."""

from convbench.phases import ParamGroup, Phase
from convbench.strategies.base import Parts, Rates, backbone_groups


def fine_tune(parts: Parts, rates: Rates, epochs: int) -> list[Phase]:
    """Train the classifier at ``lr`` and the backbone at ``backbone_lr``."""
    return [
        Phase(epochs, [*backbone_groups(parts.blocks, rates), ParamGroup(parts.classifier, rates.lr)])
    ]
