"""Freeze the pretrained body; train a new classifier on its features."""

from torch import nn

from convbench.strategies.base import ParamGroup, Strategy


def feature_extraction(
    network: nn.Module, head: str, lr: float, body_lr: float | None
) -> list[ParamGroup]:
    """Leave only the submodule called ``head`` trainable."""
    network.requires_grad_(False)
    classifier = network.get_submodule(head).requires_grad_(True)
    return [ParamGroup(list(classifier.parameters()), lr)]


FEATURE_EXTRACTION = Strategy(feature_extraction, pretrained=True)
