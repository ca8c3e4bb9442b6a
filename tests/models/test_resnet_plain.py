import pytest
import torch
from torch.nn import functional as F

from convbench.models import architecture_of
from convbench.models.meta import without_weights


def without_skips(resnet, images):
    """Run torchvision's layers one after the other, leaving out what a block adds."""
    x = resnet.maxpool(resnet.relu(resnet.bn1(resnet.conv1(images))))
    for stage in (resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4):
        for block in stage:
            x = F.relu(block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x))))))
    return resnet.fc(x.mean((2, 3)))


@pytest.mark.parametrize("side", [32, 64])
def test_plain18_is_resnet18_without_what_its_blocks_add(side):
    resnet, plain = (architecture_of(name).build(5, side).eval() for name in ("resnet18", "plain18"))
    own = {name: tensor for name, tensor in resnet.state_dict().items() if "downsample" not in name}
    plain.load_state_dict(own)
    images = torch.rand(2, 3, side, side)

    torch.testing.assert_close(plain(images), without_skips(resnet, images))


@pytest.mark.parametrize(("depth", "resnets"), [(18, 11_689_512), (34, 21_797_672)])
def test_plain_twins_lack_the_projections_parameters_and_no_others(depth, resnets):
    plain = without_weights(architecture_of(f"plain{depth}").build, 1000, 224)
    projections = sum(
        inputs * outputs + 2 * outputs for inputs, outputs in ((64, 128), (128, 256), (256, 512))
    )

    assert sum(p.numel() for p in plain.parameters()) == resnets - projections


def test_initial_weights_have_torchvisions_distribution():
    torch.manual_seed(0)
    resnet, plain = (architecture_of(name).build(5, 224) for name in ("resnet18", "plain18"))

    for name in ("conv1.weight", "layer1.0.conv1.weight", "layer4.1.conv2.weight", "fc.weight"):
        ours, theirs = plain.get_parameter(name), resnet.get_parameter(name)
        assert ours.std().item() == pytest.approx(theirs.std().item(), rel=0.05), name
