"""Fine-tune the last blocks below the classifier; freeze the blocks under them."""

from convbench.phases import ParamGroup, Phase
from convbench.strategies.base import Parts, Rates, backbone_groups


def fine_tune_last(parts: Parts, rates: Rates, epochs: int, *, count: int) -> list[Phase]:
    """Train the classifier at ``lr`` and the last ``count`` blocks at ``backbone_lr``.

    The blocks of an architecture are those of ``models.blocks.blocks_of``.
    """
    assert 0 < count <= len(parts.blocks), "the plan refuses more blocks than there are"
    top = parts.blocks[-count:]
    return [Phase(epochs, [*backbone_groups(top, rates), ParamGroup(parts.classifier, rates.lr)])]
