import torch
from torch import nn

from convbench.explain.watch import input_of, outputs_of, shapes_before


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    ).eval()


def test_what_is_recorded_is_not_changed_by_an_in_place_module_behind_it():
    net, images = network(), torch.randn(2, 3, 8, 8)

    found = outputs_of(net, ["0", "1"], images)

    assert found["0"].equal(net[0](images))
    assert found["0"].min() < 0 <= found["1"].min()


def test_what_a_module_is_given_is_recorded():
    net, images = network(), torch.randn(2, 3, 8, 8)

    assert input_of(net, "4", images).equal(net[:4](images))


def test_no_hook_is_left_behind():
    net, images = network(), torch.randn(2, 3, 8, 8)

    outputs_of(net, ["0"], images)
    input_of(net, "4", images)
    shapes_before(net, "4", images)

    assert not any(each._forward_hooks or each._forward_pre_hooks for each in net.modules())


def test_modules_are_named_as_they_finish_up_to_the_classifier():
    found = shapes_before(network(), "4", torch.randn(2, 3, 8, 8))

    assert found == [("0", (2, 4, 6, 6)), ("1", (2, 4, 6, 6)), ("2", (2, 4, 1, 1)), ("3", (2, 4))]
