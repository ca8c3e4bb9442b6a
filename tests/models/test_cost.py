import pytest
import torch
from torch import nn

from convbench.models.anatomy.cost import cost_of
from convbench.vision import torchvision


def small_vit(side):
    return torchvision.models.vision_transformer.VisionTransformer(
        side, patch_size=8, num_layers=2, num_heads=2, hidden_dim=12, mlp_dim=20, num_classes=5
    )


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_attention_counts_as_the_matrix_products_that_it_is(device):
    patches, width = (32 // 8) ** 2, 12
    tokens = patches + 1
    layer = (
        tokens * width * (3 * width + width + 2 * 20)
    )  # queries, keys, values; output; two of the MLP
    layer += 2 * tokens * tokens * width  # each token with each: similarities, then the weighted sums

    cost = cost_of(small_vit(32).to(device), 32)

    assert cost.macs == patches * width * 3 * 8 * 8 + 2 * layer + width * 5


def test_counting_leaves_how_attention_is_computed_as_it_was():
    torch.backends.mha.set_fastpath_enabled(True)

    cost_of(small_vit(32), 32)

    assert torch.backends.mha.get_fastpath_enabled()
    assert torch.backends.cuda.flash_sdp_enabled()


def test_frozen_parameters_do_not_count_as_trainable():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 2))
    network[0].requires_grad_(False)

    cost = cost_of(network, 8)

    assert (cost.params_total, cost.params_trainable) == (112 + 290, 290)


def test_a_grey_image_costs_a_third_in_the_first_layer():
    assert cost_of(nn.Conv2d(1, 4, 3), 8, channels=1).macs == 36 * 4 * 9
