"""Train nothing: score a network as it comes, its classifier included."""

from convbench.strategies.base import Parts, Phase, Rates, Strategy


def evaluate(parts: Parts, rates: Rates, epochs: int) -> list[Phase]:
    """Return no phase."""
    return []


EVALUATE = Strategy(evaluate, pretrained=True, keeps_head=True)
