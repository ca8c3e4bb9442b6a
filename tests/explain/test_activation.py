import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convbench.explain.activation import class_activation, last_maps
from convbench.models import architecture_of

IMAGES, CLASSES = (
    torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(0)),
    torch.tensor([0, 4, 2]),
)


def built(name: str) -> tuple[nn.Module, str]:
    torch.manual_seed(0)
    architecture = architecture_of(name)
    return architecture.build(5, 64).eval(), architecture.head


def directly(network: nn.Module, layer: str, images: Tensor, classes: Tensor) -> Tensor:
    """Grad-CAM by its formula: the maps' copy goes on through the network, its gradient comes back."""
    kept = []

    def keep(module: nn.Module, inputs: object, output: Tensor) -> Tensor:
        kept.append(output)
        return output.clone()

    with network.get_submodule(layer).register_forward_hook(keep):
        logits = network(images)
    (gradient,) = torch.autograd.grad(logits.gather(1, classes[:, None]).sum(), kept[0])
    found = F.relu((gradient.mean(dim=(2, 3), keepdim=True) * kept[0]).sum(1, keepdim=True))
    fine = F.interpolate(found.detach(), images.shape[2:], mode="bilinear", align_corners=False)[:, 0]
    return fine / fine.amax(dim=(1, 2), keepdim=True).clamp_min(1e-12)


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("simple_cnn", "relu2"),
        ("alexnet", "features.11"),
        ("vgg11", "features"),
        ("resnet18", "layer4"),
        ("squeezenet1_0", "features"),
        ("densenet121", "features"),
        ("mobilenet_v3_small", "features"),
        ("efficientnet_b0", "features"),
        ("convnext_tiny", "features"),
        ("swin_t", "permute"),
    ],
)
def test_each_family_has_its_last_maps(name, layer):
    network, head = built(name)

    assert last_maps(network, head, IMAGES[:1]) == layer


def test_a_vision_transformer_has_none():
    network, head = built("vit_b_32")

    assert last_maps(network, head, IMAGES[:1]) is None


@pytest.mark.parametrize("name", ["simple_cnn", "vgg11_bn", "resnet18", "squeezenet1_0", "densenet121"])
def test_the_map_is_that_of_the_formula_in_place_modules_or_not(name):
    network, head = built(name)
    layer = last_maps(network, head, IMAGES[:1])
    assert layer is not None

    found = class_activation(network, layer, IMAGES, CLASSES)

    torch.testing.assert_close(found, directly(network, layer, IMAGES, CLASSES), rtol=1e-4, atol=1e-5)


def test_of_a_linear_classifier_of_averages_it_is_cam():
    network, head = built("resnet18")
    with torch.no_grad():
        maps = nn.Sequential(*list(network.children())[:-2])(IMAGES)
        weights = network.get_submodule(head).weight[CLASSES]
        cam = F.relu(torch.einsum("bc,bchw->bhw", weights, maps))
        cam = F.interpolate(cam[:, None], (64, 64), mode="bilinear", align_corners=False)[:, 0]

    found = class_activation(network, "layer4", IMAGES, CLASSES)

    torch.testing.assert_close(found, cam / cam.amax(dim=(1, 2), keepdim=True), rtol=1e-4, atol=1e-5)


def test_a_map_of_nothing_that_speaks_for_the_class_is_zero():
    network, head = built("resnet18")
    with torch.no_grad():
        network.get_submodule(head).weight.fill_(-1)

    assert class_activation(network, "layer4", IMAGES, CLASSES).abs().max() == 0
