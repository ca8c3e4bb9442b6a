"""Train the classifier on frozen features first, then everything.

A new classifier's first gradients distort the features below it; one that was trained before does
less harm, above all out of distribution: *Fine-Tuning can Distort Pretrained Features and Underperform
Out-of-Distribution* (Kumar et al. 2022), where it is called LP-FT.
"""

from convbench.phases import ParamGroup, Phase
from convbench.strategies.base import Parts, Rates, backbone_groups


def probe_then_fine_tune(parts: Parts, rates: Rates, epochs: int) -> list[Phase]:
    """Train the classifier alone for ``probe_epochs``, at ``probe_lr``; then do as ``fine_tune``."""
    assert rates.probe_epochs is not None
    assert rates.probe_lr is not None
    return [
        Phase(rates.probe_epochs, [ParamGroup(parts.classifier, rates.probe_lr)]),
        Phase(
            epochs - rates.probe_epochs,
            [*backbone_groups(parts.blocks, rates), ParamGroup(parts.classifier, rates.lr)],
        ),
    ]
