"""The catalogue of architectures.

A new one is a file beside this one, or an entry in its family's file, and a line below.
"""

from collections.abc import Mapping

from convbench.models.base import Architecture
from convbench.models.resnet_cifar import PLAIN20, RESNET20
from convbench.models.simple_cnn import SIMPLE_CNN

ARCHITECTURES: Mapping[str, Architecture] = {
    "simple_cnn": SIMPLE_CNN,
    "resnet20": RESNET20,
    "plain20": PLAIN20,
}
