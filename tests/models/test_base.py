"""How a network is divided into blocks."""

from collections import OrderedDict

import pytest
import torch
from torch import nn

from convbench.models import architecture_of
from convbench.models.base import Architecture, stem_note
from convbench.models.blocks import blocks_of
from convbench.models.meta import without_weights


def block_names(name):
    entry = architecture_of(name)
    return list(blocks_of(without_weights(entry.build, 7, 224), entry))


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("simple_cnn", ["conv1", "conv2", "hidden"]),
        ("simple_cnn_strided", ["conv1", "pool1", "conv2", "pool2", "hidden"]),
        ("resnet20", ["conv1", "layer1", "layer2", "layer3"]),
        ("resnet50", ["conv1", "layer1", "layer2", "layer3", "layer4"]),
        ("alexnet", [f"features.{i}" for i in (0, 3, 6, 8, 10)] + ["classifier.1", "classifier.4"]),
        (
            "vgg11_bn",
            [f"features.{i}" for i in (0, 4, 8, 11, 15, 18, 22, 25)] + ["classifier.0", "classifier.3"],
        ),
        ("squeezenet1_0", [f"features.{i}" for i in (0, 3, 4, 5, 7, 8, 9, 10, 12)]),
        ("densenet121", ["features.conv0", *(f"features.denseblock{i}" for i in (1, 2, 3, 4))]),
        ("mobilenet_v3_small", [*(f"features.{i}" for i in range(13)), "classifier.0"]),
        ("efficientnet_b0", [f"features.{i}" for i in range(9)]),
        ("convnext_tiny", [f"features.{i}" for i in range(8)]),
        ("swin_t", [f"features.{i}" for i in range(8)]),
        ("vit_b_32", ["conv_proj", *(f"encoder.layers.encoder_layer_{i}" for i in range(12))]),
        ("maxvit_t", ["stem", *(f"blocks.{i}" for i in range(4)), "classifier.3"]),
        ("regnet_y_400mf", ["stem", *(f"trunk_output.block{i}" for i in (1, 2, 3, 4))]),
        ("shufflenet_v2_x0_5", ["conv1", "stage2", "stage3", "stage4", "conv5"]),
    ],
)
def test_blocks_are_those_that_papers_speak_of(name, names):
    assert block_names(name) == names


def test_inceptions_blocks_are_its_modules():
    names = block_names("inception_v3")

    assert names[0] == "Conv2d_1a_3x3"
    assert names[5:] == [
        f"Mixed_{i}" for i in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")
    ]


def names_in(blocks, network):
    of = {id(parameter): name for name, parameter in network.named_parameters()}
    return {
        block: [of[id(parameter)] for parameter in parameters] for block, parameters in blocks.items()
    }


def test_norms_and_transitions_end_the_block_before_them():
    entry = architecture_of("densenet121")
    network = without_weights(entry.build, 7, 224)

    blocks = names_in(blocks_of(network, entry), network)

    assert blocks["features.conv0"] == [
        f"features.{n}" for n in ("conv0.weight", "norm0.weight", "norm0.bias")
    ]
    assert blocks["features.denseblock1"][-1] == "features.transition1.conv.weight"
    assert blocks["features.denseblock4"][-2:] == ["features.norm5.weight", "features.norm5.bias"]


def test_a_vits_positions_are_of_its_stem_and_its_last_norm_of_its_last_layer():
    entry = architecture_of("vit_b_32")
    network = without_weights(entry.build, 7, 224)

    blocks = names_in(blocks_of(network, entry), network)

    assert blocks["conv_proj"] == [
        "class_token",
        "encoder.pos_embedding",
        "conv_proj.weight",
        "conv_proj.bias",
    ]
    assert blocks["encoder.layers.encoder_layer_11"][-2:] == ["encoder.ln.weight", "encoder.ln.bias"]


def test_a_parameter_that_two_layers_share_is_in_the_first_ones_block():
    shared = nn.Linear(4, 4)
    network = nn.Sequential(
        OrderedDict(one=shared, two=nn.Sequential(shared, nn.Linear(4, 4)), head=nn.Linear(4, 2))
    )

    blocks = names_in(blocks_of(network, Architecture(lambda c, s: network, "head")), network)

    assert blocks == {"one": ["one.weight", "one.bias"], "two": ["two.1.weight", "two.1.bias"]}


def test_a_network_with_nothing_but_parameters_of_its_own_has_a_stem():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(3))
            self.head = nn.Linear(3, 2)

    network = Scaled()

    blocks = blocks_of(network, Architecture(lambda c, s: network, "head"))

    assert {name: len(parameters) for name, parameters in blocks.items()} == {"stem": 1}


def test_a_stem_for_small_images_is_said_so():
    note = "3x3 stem without pooling, for images below 64 px"

    assert [stem_note(architecture_of("resnet18"), side) for side in (32, 63, 64)] == [note, note, ""]
    assert stem_note(architecture_of("vgg11"), 32) == ""
