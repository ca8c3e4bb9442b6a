"""The first network of every course: (Conv-ReLU-Pool) x 2, then two fully connected layers."""

from collections import OrderedDict

from torch import nn

from convbench.models.base import Architecture


def simple_cnn(classes: int, image_size: int) -> nn.Module:
    """Build 3x3 convolutions of 32 and 64 channels, each halved by max pooling, and 128 hidden units."""
    side = image_size // 4
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, 32, 3, padding=1),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(32, 64, 3, padding=1),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            hidden=nn.Linear(64 * side * side, 128),
            relu3=nn.ReLU(),
            head=nn.Linear(128, classes),
        )
    )


SIMPLE_CNN = Architecture(simple_cnn, head="head")
