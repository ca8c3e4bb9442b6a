import pytest
import torch
from torch import nn

from convbench.models import architecture_of
from convbench.models.base import Architecture
from convbench.models.sizes import too_small


@pytest.mark.parametrize(
    ("name", "side"),
    [("simple_cnn", 8), ("resnet18", 8), ("alexnet", 63), ("vit_b_32", 32), ("maxvit_t", 224)],
)
def test_a_size_that_a_network_takes_is_not_refused(name, side):
    assert too_small(architecture_of(name), 10, side) == ""


@pytest.mark.parametrize(
    ("name", "side", "least"), [("alexnet", 32, 63), ("vgg11", 16, 32), ("squeezenet1_0", 20, 21)]
)
def test_too_small_is_refused_with_the_least_size(name, side, least):
    assert (
        too_small(architecture_of(name), 10, side)
        == f"it takes images of {least} px or more, not of {side}"
    )


def test_the_least_size_is_the_one_that_works_in_earnest():
    network = architecture_of("squeezenet1_0").build(10, 21).eval()

    assert network(torch.rand(2, 3, 21, 21)).shape == (2, 10)
    with pytest.raises(RuntimeError):
        network(torch.rand(2, 3, 20, 20))


@pytest.mark.parametrize(
    ("name", "side", "nearest"), [("vit_b_16", 100, 96), ("vit_b_32", 8, 32), ("vit_b_16", 600, 512)]
)
def test_where_multiples_are_wanted_the_nearest_one_is_named(name, side, nearest):
    reason = too_small(architecture_of(name), 10, side)

    assert reason == f"it does not take images of {side} px; the nearest size it takes is {nearest}"


def test_a_network_that_takes_no_size_is_refused_with_its_own_words():
    def build(classes, side):
        raise RuntimeError("out of order\nfor long")

    reason = too_small(Architecture(build, "head"), 10, 32)

    assert reason == "it takes images of no size from 8 to 512 px: out of order"


def test_logits_of_another_shape_are_a_reason():
    entry = Architecture(
        lambda classes, side: nn.Sequential(nn.Flatten(), nn.Linear(3 * side * side, 5)), "1"
    )

    assert too_small(entry, 5, 8) == ""
    assert too_small(entry, 7, 8).endswith("two images give [2, 5] instead of [2, 7]")
