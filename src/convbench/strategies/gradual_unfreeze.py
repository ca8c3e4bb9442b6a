"""Unfreeze from the top, a block each few epochs.

*Universal Language Model Fine-tuning for Text Classification* (Howard & Ruder 2018, section 3.3).
"""

from dataclasses import replace

from convbench.strategies.base import ParamGroup, Parts, Phase, Rates, Strategy, body_groups


def gradual_unfreeze(parts: Parts, rates: Rates, epochs: int) -> list[Phase]:
    """Let the head learn at once, and one more block at ``body_lr`` every ``unfreeze_every`` epochs.

    Blocks whose turn does not come within ``epochs`` stay frozen.
    """
    every, count = rates.unfreeze_every, len(parts.blocks)
    assert every is not None, "the plan refuses a strategy without the settings that it needs"
    each = body_groups(parts.blocks, replace(rates, layer_decay=rates.layer_decay or 1.0))
    body = [replace(group, start=1 + every * (count - place)) for place, group in enumerate(each)]
    return [Phase(epochs, [*body, ParamGroup(parts.head, rates.lr)])]


GRADUAL_UNFREEZE = Strategy(
    gradual_unfreeze,
    pretrained=True,
    needs=frozenset({"body_lr", "unfreeze_every"}),
    takes=frozenset({"layer_decay"}),
)
