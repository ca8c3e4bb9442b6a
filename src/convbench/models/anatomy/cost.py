"""What a network costs: parameters and multiply-adds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True)
class Cost:
    """The size of a network and of one forward pass."""

    params_total: int
    params_trainable: int
    macs: int
    """Multiply-adds of one image's forward pass, in convolutions and matrix products."""


def cost_of(network: nn.Module, image_size: int, channels: int = 3) -> Cost:
    """Count parameters and one forward pass on one image; the network's state is left as it was."""
    training = network.training
    device = next(network.parameters()).device
    with torch.no_grad(), _attention_by_products(), FlopCounterMode(display=False) as counter:
        network.eval()(torch.zeros(1, channels, image_size, image_size, device=device))
    network.train(training)
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in network.parameters()]
    return Cost(
        params_total=sum(size for size, _ in sizes),
        params_trainable=sum(size for size, trainable in sizes if trainable),
        macs=counter.get_total_flops() // 2,  # the counter takes a multiply-add for two operations
    )


@contextmanager
def _attention_by_products() -> Iterator[None]:
    """Have attention computed by matrix products: the counter does not see into fused kernels."""
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
