import pytest
import torch
from torch import nn

from convbench.models import architecture_of
from convbench.models.grey import to_grey


@pytest.mark.parametrize("name", ["simple_cnn", "resnet20", "squeezenet1_1"])
def test_a_grey_image_gets_the_answer_that_it_got_as_rgb(name):
    network = architecture_of(name).build(5, 32).eval()
    grey = torch.randn(4, 1, 32, 32)
    as_rgb = network(grey.expand(-1, 3, -1, -1))

    torch.testing.assert_close(to_grey(network)(grey), as_rgb)


def test_nothing_but_the_first_kernel_changes():
    network = architecture_of("simple_cnn").build(5, 8)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network.conv1.weight.requires_grad_(False)

    to_grey(network)

    after = network.state_dict()
    assert list(after) == list(before)
    assert {name for name in after if not after[name].equal(before[name])} == {"conv1.weight"}
    assert after["conv1.weight"].equal(before["conv1.weight"].sum(1, keepdim=True))
    assert not network.conv1.weight.requires_grad
    assert network.conv1.in_channels == 1


def test_a_network_of_other_channels_is_refused():
    with pytest.raises(ValueError, match="takes 4 channels"):
        to_grey(nn.Sequential(nn.Conv2d(4, 2, 3)))
