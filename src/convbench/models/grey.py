"""Adapt networks to images of one channel."""

from torch import nn


def to_grey(network: nn.Module) -> nn.Module:
    """Make a network for RGB images take ``[B, 1, H, W]``, in place, and return it.

    Its first convolution gets the sum of its kernels over the three channels, so that the network
    returns for a grey image what it returned for the same image as RGB with three equal channels.
    """
    first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    if first.in_channels != 3:
        raise ValueError(f"the first convolution takes {first.in_channels} channels, not 3")
    kernel = first.weight
    first.in_channels = 1
    first.weight = nn.Parameter(kernel.detach().sum(1, keepdim=True), kernel.requires_grad)
    return network
