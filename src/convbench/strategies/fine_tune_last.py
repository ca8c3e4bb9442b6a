"""Fine-tune the N topmost blocks below the classifier; freeze what is under them."""

from convbench.strategies.base import ParamGroup, Parts, Phase, Rates, Strategy, body_groups


def fine_tune_last(count: int) -> Strategy:
    """Return the strategy that lets the classifier and ``count`` blocks learn.

    What a block is, an architecture's entry says: see ``models.base.blocks_of``.
    """

    def phases(parts: Parts, rates: Rates, epochs: int) -> list[Phase]:
        assert 0 < count <= len(parts.blocks), "the plan refuses more blocks than there are"
        top = parts.blocks[-count:]
        return [Phase(epochs, [*body_groups(top, rates), ParamGroup(parts.head, rates.lr)])]

    return Strategy(
        phases, pretrained=True, needs=frozenset({"body_lr"}), takes=frozenset({"layer_decay"})
    )
