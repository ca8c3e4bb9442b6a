"""Unfreeze from the top, a block each few epochs.

*Universal Language Model Fine-tuning for Text Classification* (Howard & Ruder 2018, section 3.3).
"""

from dataclasses import replace

from convbench.phases import ParamGroup, Phase
from convbench.strategies.base import Parts, Rates, backbone_groups


def gradual_unfreeze(parts: Parts, rates: Rates, epochs: int) -> list[Phase]:
    """Train the classifier, and one more block at ``backbone_lr`` every ``unfreeze_every`` epochs.

    Blocks that are not reached within ``epochs`` stay frozen.
    """
    every, count = rates.unfreeze_every, len(parts.blocks)
    assert every is not None, "the plan refuses a strategy without the settings that it needs"
    a_group_a_block = rates.model_copy(update={"layer_decay": rates.layer_decay or 1.0})
    each = backbone_groups(parts.blocks, a_group_a_block)
    backbone = [replace(group, start=1 + every * (count - place)) for place, group in enumerate(each)]
    return [Phase(epochs, [*backbone, ParamGroup(parts.classifier, rates.lr)])]
