"""The ResNets that He et al. (2016, section 4.2) trained on CIFAR-10, and their plain twins.

6n+2 layers: a 3x3 convolution, three stages of n blocks with 16, 32 and 64 channels at full, half and
quarter resolution, global average pooling and a linear classifier. Shortcuts are of option A: where
a stage halves the map, the shortcut takes every second pixel and pads the new channels with zeros,
so it has no parameters, and a plain twin has exactly as many as its residual network.

Modules are called as in the public weights of these networks (``layer1.0.conv1``, ``linear``), so that
their files load by name.
"""

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn import functional as F


def resnet_cifar(classes: int, image_size: int, *, depth: int, skips: bool) -> nn.Module:
    """Build the network of ``depth`` layers, with or without shortcuts, for any image size."""
    blocks, rest = divmod(depth - 2, 6)
    assert rest == 0, "depth is 6n + 2"
    network = nn.Sequential(
        OrderedDict(
            conv1=conv3x3(3, 16, 1),
            bn1=nn.BatchNorm2d(16),
            relu=nn.ReLU(),
            layer1=stage(16, 16, 1, blocks, skips),
            layer2=stage(16, 32, 2, blocks, skips),
            layer3=stage(32, 64, 2, blocks, skips),
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            linear=nn.Linear(64, classes),
        )
    )
    draw_convolutions(network)
    return network


def draw_convolutions(network: nn.Module) -> None:
    """Draw every kernel as He et al. (2015) do: deviation sqrt(2 / fan-out)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def conv3x3(inputs: int, outputs: int, stride: int) -> nn.Conv2d:
    """Build a convolution of ``[B, inputs, H, W]`` to ``[B, outputs, H / stride, W / stride]``."""
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)


def stage(inputs: int, outputs: int, stride: int, blocks: int, skips: bool) -> nn.Sequential:
    """Build a chain of blocks; the first one changes channels and resolution."""
    first = Block(inputs, outputs, stride, skips)
    return nn.Sequential(first, *(Block(outputs, outputs, 1, skips) for _ in range(blocks - 1)))


class Block(nn.Module):
    """Two 3x3 convolutions: F(x) + x with a shortcut, F(x) without."""

    def __init__(self, inputs: int, outputs: int, stride: int, skip: bool) -> None:
        super().__init__()
        self.conv1 = conv3x3(inputs, outputs, stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = conv3x3(outputs, outputs, 1)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.new_channels, self.skip = stride, outputs - inputs, skip

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[B, inputs, H, W]`` to ``[B, outputs, H / stride, W / stride]``."""
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out + self._shortcut(x) if self.skip else out)

    def _shortcut(self, x: Tensor) -> Tensor:
        before = self.new_channels // 2
        after = self.new_channels - before
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, before, after))
