"""Build torchvision's classifiers with the head for a task's classes, without auxiliary classifiers."""

from torch import nn

from convbench.vision import torchvision


def torchvision_network(
    classes: int,
    image_size: int,
    *,
    name: str,
    small_below: int = 0,
    linear_head: bool = False,
    redrawn: str | None = None,
) -> nn.Module:
    """Build the network that torchvision calls ``name``, with random weights.

    With ``linear_head``, a SqueezeNet ends in a linear layer; ``redrawn`` names a classifier that gets
    other initial weights: see ``_end_linearly`` and ``_redraw``. Below ``small_below`` pixels, a ResNet
    gets the stem that is usual on CIFAR: a 3x3 convolution of stride 1 and no pooling. The 7x7
    convolution and the pooling, each of stride 2, would leave an image of 32 pixels at 8x8 before the
    first block.
    """
    options = {"num_classes": classes, **_options(name, image_size)}
    network: nn.Module = torchvision.models.get_model(name, weights=None, **options)
    if image_size < small_below:
        _give_small_stem(network)
    if linear_head:
        _end_linearly(network, classes)
    if redrawn is not None:
        _redraw(network, redrawn)
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


def _end_linearly(network: nn.Module, classes: int) -> None:
    """Let a SqueezeNet's classifier be pooling, dropout and a linear layer, drawn as torch draws them.

    Torchvision's is dropout, a 1x1 convolution drawn from N(0, 0.01), a ReLU and pooling. Behind that
    ReLU, a new classifier dies at usual learning rates: where the logits of a class become negative for
    all images, no gradient reaches it any more.
    """
    (dropout, convolution, _, _) = network.get_submodule("classifier").children()
    assert isinstance(convolution, nn.Conv2d)
    pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), dropout)
    network.classifier = nn.Sequential(pooled, nn.Linear(convolution.in_channels, classes))


def _redraw(network: nn.Module, classifier: str) -> None:
    """Draw a linear classifier as torch draws linear layers: U(-1/sqrt(inputs), 1/sqrt(inputs)).

    Torchvision draws those of EfficientNet and MNASNet by the number of classes, for ten classes ten
    times as wide as for a thousand, and Inception's from N(0, 0.1). The first loss is then far above
    that of guessing, and its gradients distort a pretrained backbone.
    """
    layer = network.get_submodule(classifier)
    assert isinstance(layer, nn.Linear)
    layer.reset_parameters()


def _let_load_plain_tensors(network: nn.Module) -> None:
    """Let a MNASNet load plain tensors, as every other network does.

    Torchvision's wants the version number that its own files carry, and safetensors do not. It tells
    apart a stem of 2019 that nobody has; with another stem the shapes would not fit.
    """
    load = {"_load_from_state_dict": nn.Module._load_from_state_dict}
    network.__class__ = type("MNASNet", (type(network),), load)
