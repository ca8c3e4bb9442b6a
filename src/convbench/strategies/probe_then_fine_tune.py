"""Train the classifier on frozen features first, then everything.

A new classifier's first gradients distort the features below it; one that was trained before does
less harm, above all out of distribution: *Fine-Tuning can Distort Pretrained Features and Underperform
Out-of-Distribution* (Kumar et al. 2022), where it is called LP-FT.
"""

from convbench.strategies.base import ParamGroup, Parts, Phase, Rates, Strategy, body_groups


def probe_then_fine_tune(parts: Parts, rates: Rates, epochs: int) -> list[Phase]:
    """Give the head ``probe_epochs`` of the epochs alone, at ``probe_lr``; then do as ``fine_tune``."""
    assert rates.probe_epochs is not None
    assert rates.probe_lr is not None
    return [
        Phase(rates.probe_epochs, [ParamGroup(parts.head, rates.probe_lr)]),
        Phase(
            epochs - rates.probe_epochs,
            [*body_groups(parts.blocks, rates), ParamGroup(parts.head, rates.lr)],
        ),
    ]


PROBE_THEN_FINE_TUNE = Strategy(
    probe_then_fine_tune,
    pretrained=True,
    needs=frozenset({"body_lr", "probe_epochs", "probe_lr"}),
    takes=frozenset({"layer_decay"}),
)
