"""What is frozen and what is not: gradients, statistics, dropout."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def freeze_all_but(network: nn.Module, learning: Iterable[nn.Parameter]) -> None:
    """Let ``learning`` have gradients, and nothing else."""
    network.requires_grad_(False)
    for parameter in learning:
        parameter.requires_grad_(True)


def train_mode(network: nn.Module) -> None:
    """Enter training mode where something learns, evaluation mode where all is frozen.

    A frozen BatchNorm left in training mode would still move its statistics, and dropout in a
    frozen body would still drop. A module that holds nothing that learns is frozen with all that is in
    it. One without parameters, such as dropout, goes with the layer that it feeds: the next one beside
    it, or the last one where none follows.
    """
    network.train()
    for module in network.modules():
        if _has_parameters(module) and not _learns(module):
            module.eval()
        else:
            _settle(list(module.children()))


def _settle(children: Sequence[nn.Module]) -> None:
    """Give each module without parameters the mode of the layer beside it that it goes with."""
    weighted = [place for place, child in enumerate(children) if _has_parameters(child)]
    for place, child in enumerate(children):
        if weighted and not _has_parameters(child):
            beside = next((other for other in weighted if other > place), weighted[-1])
            child.train(_learns(children[beside]))


def _has_parameters(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


def _learns(module: nn.Module) -> bool:
    return any(parameter.requires_grad for parameter in module.parameters())


def set_dropout(network: nn.Module, head: nn.Module, probability: float) -> None:
    """Drop features with ``probability``: where the network does already, else before its classifier."""
    found = [module for module in network.modules() if isinstance(module, nn.Dropout)]
    for module in found:
        module.p = probability
    if not found:
        head.register_forward_pre_hook(_Drop(probability))


class _Drop:
    """A hook that drops a module's input; unlike a closure, it is copied with its network."""

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def __call__(self, module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        """Drop features where ``module`` is in training mode."""
        return (F.dropout(inputs[0], self.probability, training=module.training),)


def gradient_norms(network: nn.Module) -> list[tuple[str, float]]:
    """Return each layer's weights' name and the Euclidean norm of their gradient, from the input up."""
    named = [(name, p.grad) for name, p in network.named_parameters() if p.ndim > 1]
    return [(name, torch.linalg.vector_norm(grad).item()) for name, grad in named if grad is not None]
