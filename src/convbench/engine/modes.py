"""Frozen and trainable layers: gradients, BatchNorm statistics, dropout."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def freeze_all_but(network: nn.Module, trainable: Iterable[nn.Parameter]) -> None:
    """Enable gradients for the ``trainable`` parameters and disable them for all others."""
    network.requires_grad_(False)
    for parameter in trainable:
        parameter.requires_grad_(True)


def train_mode(network: nn.Module) -> None:
    """Put trainable modules in training mode and frozen ones in evaluation mode.

    In training mode, a frozen BatchNorm would still update its statistics and a dropout in a frozen
    backbone would still drop. A module whose parameters are all frozen is frozen with all that it
    contains. A module without parameters, such as dropout, has the mode of the layer that it feeds: the
    next one with parameters beside it, or the last one if none follows.
    """
    network.train()
    for module in network.modules():
        if _has_parameters(module) and not _is_trainable(module):
            module.eval()
        else:
            _set_modes(list(module.children()))


def _set_modes(children: Sequence[nn.Module]) -> None:
    """Give each module without parameters the mode of the layer that it feeds."""
    weighted = [place for place, child in enumerate(children) if _has_parameters(child)]
    for place, child in enumerate(children):
        if weighted and not _has_parameters(child):
            beside = next((other for other in weighted if other > place), weighted[-1])
            child.train(_is_trainable(children[beside]))


def _has_parameters(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


def _is_trainable(module: nn.Module) -> bool:
    return any(parameter.requires_grad for parameter in module.parameters())


def set_dropout(network: nn.Module, classifier: nn.Module, probability: float) -> None:
    """Set the probability of all dropout layers; a network without one gets it before its classifier."""
    found = [module for module in network.modules() if isinstance(module, nn.Dropout)]
    for module in found:
        module.p = probability
    if not found:
        classifier.register_forward_pre_hook(_Drop(probability))


class _Drop:
    """A hook that drops features of an input; unlike a closure, it is copied with its network."""

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def __call__(self, module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        """Drop features if ``module`` is in training mode."""
        return (F.dropout(inputs[0], self.probability, training=module.training),)


def gradient_norms(network: nn.Module) -> list[tuple[str, float]]:
    """Return the name and the Euclidean gradient norm of each layer's weights, from the input up."""
    named = [(name, p.grad) for name, p in network.named_parameters() if p.ndim > 1]
    return [(name, torch.linalg.vector_norm(grad).item()) for name, grad in named if grad is not None]
