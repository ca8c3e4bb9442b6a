"""Build torchvision's classifiers with the head for a task's classes, without auxiliary classifiers."""

from torch import nn

from convbench.vision import torchvision


def torchvision_network(classes: int, image_size: int, *, name: str, small_below: int) -> nn.Module:
    """Build the network that torchvision calls ``name``, with random weights.

    For images below ``small_below`` pixels, a residual network gets the stem that is usual on CIFAR: a
    3x3 convolution of stride 1 and no pooling. The 7x7 convolution and the pooling, each of stride 2,
    would leave an image of 32 pixels at 8x8 before the first block.
    """
    options = {"num_classes": classes, **_options(name, image_size)}
    network: nn.Module = torchvision.models.get_model(name, weights=None, **options)
    if image_size < small_below:
        _give_small_stem(network)
    if name.startswith("mnasnet"):
        _let_load_plain_tensors(network)
    return network


def _options(name: str, image_size: int) -> dict[str, object]:
    """Return the arguments that some of torchvision's functions need besides the number of classes."""
    if name.startswith(("googlenet", "inception")):
        return {"aux_logits": False, "init_weights": True}
    if name.startswith("maxvit"):
        return {"input_size": (image_size, image_size)}
    return {"image_size": image_size} if name.startswith("vit") else {}


def _give_small_stem(network: nn.Module) -> None:
    """Replace a ResNet's stem by a 3x3 convolution of stride 1, drawn as the others are."""
    network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")
    network.maxpool = nn.Identity()


def _let_load_plain_tensors(network: nn.Module) -> None:
    """Let a MNASNet load plain tensors, as every other network does.

    Torchvision's wants the version number that its own files carry, and safetensors do not. It tells
    apart a stem of 2019 that nobody has; with another stem the shapes would not fit.
    """
    load = {"_load_from_state_dict": nn.Module._load_from_state_dict}
    network.__class__ = type("MNASNet", (type(network),), load)
