"""Plain twins of the 18- and 34-layer ResNets of ImageNet (He et al. 2016, section 3.3).

The layers of torchvision's ``resnet18`` and ``resnet34`` under the same names, without shortcuts and
therefore without their projections.
"""

from collections import OrderedDict

from torch import nn

from convbench.models.base import SMALL_BELOW
from convbench.models.resnet_cifar import conv3x3, draw_convolutions, stage


def resnet_plain(classes: int, image_size: int, *, blocks: tuple[int, int, int, int]) -> nn.Module:
    """Build four stages of that many blocks; small images get a 3x3 stem without pooling."""
    small = image_size < SMALL_BELOW
    one, two, three, four = blocks
    network = nn.Sequential(
        OrderedDict(
            conv1=conv3x3(3, 64, 1) if small else nn.Conv2d(3, 64, 7, 2, padding=3, bias=False),
            bn1=nn.BatchNorm2d(64),
            relu=nn.ReLU(),
            maxpool=nn.Identity() if small else nn.MaxPool2d(3, 2, padding=1),
            layer1=stage(64, 64, 1, one, skips=False),
            layer2=stage(64, 128, 2, two, skips=False),
            layer3=stage(128, 256, 2, three, skips=False),
            layer4=stage(256, 512, 2, four, skips=False),
            avgpool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            fc=nn.Linear(512, classes),
        )
    )
    draw_convolutions(network)
    return network
