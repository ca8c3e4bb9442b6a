import pytest
import torch
from torch import nn
from torch.nn import functional as F

from convbench.models import architecture_of
from convbench.models.simple_cnn import SpatialPyramid


def parameters(name, side=32):
    return sum(p.numel() for p in architecture_of(name).build(10, side).parameters())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("simple_cnn", 896 + 18_496 + 4_096 * 128 + 128 + 1_290),
        ("simple_cnn_average", 896 + 18_496 + 4_096 * 128 + 128 + 1_290),
        ("simple_cnn_strided", 896 + 18_496 + 4_096 * 128 + 128 + 1_290 + 4_128 + 16_448),
        ("simple_cnn_global", 896 + 18_496 + 64 * 128 + 128 + 1_290),
        ("simple_cnn_pyramid", 896 + 18_496 + 64 * 21 * 128 + 128 + 1_290),
    ],
)
def test_parameter_counts_are_those_of_a_count_by_hand(name, expected):
    assert parameters(name) == expected


@pytest.mark.parametrize(
    ("name", "pool"),
    [
        ("simple_cnn", F.max_pool2d),
        ("simple_cnn_average", F.avg_pool2d),
    ],
)
def test_what_pools_is_what_the_name_says(name, pool):
    torch.manual_seed(0)
    network, images = architecture_of(name).build(5, 8).eval(), torch.rand(2, 3, 8, 8)

    x = pool(F.relu(network.conv1(images)), 2)
    x = pool(F.relu(network.conv2(x)), 2)

    assert torch.equal(network(images), network.head(F.relu(network.hidden(x.flatten(1)))))


def test_global_pooling_averages_each_channel():
    network, images = architecture_of("simple_cnn_global").build(5, 8).eval(), torch.rand(2, 3, 8, 8)

    x = F.max_pool2d(F.relu(network.conv1(images)), 2)
    x = F.relu(network.conv2(x)).mean((2, 3))

    torch.testing.assert_close(network(images), network.head(F.relu(network.hidden(x))))


def test_strided_convolutions_take_the_place_and_the_windows_of_pooling():
    network, images = architecture_of("simple_cnn_strided").build(5, 8).eval(), torch.rand(2, 3, 8, 8)

    x = F.relu(F.conv2d(F.relu(network.conv1(images)), *network.pool1[0].parameters(), stride=2))
    x = F.relu(F.conv2d(F.relu(network.conv2(x)), *network.pool2[0].parameters(), stride=2))

    assert network.pool1[0].kernel_size == (2, 2)
    torch.testing.assert_close(network(images), network.head(F.relu(network.hidden(x.flatten(1)))))
    assert not any(isinstance(module, nn.MaxPool2d | nn.AvgPool2d) for module in network.modules())


def test_average_pooling_is_a_strided_convolution_with_equal_weights():
    average, strided = (
        architecture_of(f"simple_cnn_{name}").build(5, 8).eval() for name in ("average", "strided")
    )
    strided.load_state_dict(average.state_dict(), strict=False)
    with torch.no_grad():
        for pool in (strided.pool1[0], strided.pool2[0]):
            pool.weight.copy_(torch.eye(len(pool.weight))[:, :, None, None].expand_as(pool.weight) / 4)
            pool.bias.zero_()
    images = torch.rand(2, 3, 8, 8)

    torch.testing.assert_close(strided(images), average(images))


def by_hand(x, level):
    """The maximum of each cell, cut from floor to ceiling of its share, row by row."""
    height, width = x.shape[2:]
    cells = [
        x[
            :,
            :,
            row * height // level : -(-(row + 1) * height // level),
            column * width // level : -(-(column + 1) * width // level),
        ].amax((2, 3))
        for row in range(level)
        for column in range(level)
    ]
    return torch.stack(cells, dim=2)


@pytest.mark.parametrize("shape", [(4, 4), (8, 8), (7, 5), (13, 16), (3, 3)])
def test_a_spatial_pyramid_holds_the_maxima_of_cells_for_maps_of_any_size(shape):
    x = torch.randn(2, 6, *shape)

    pyramid = SpatialPyramid((1, 2, 4))(x)

    assert pyramid.shape == (2, 6, 21)
    assert torch.equal(pyramid, torch.cat([by_hand(x, level) for level in (1, 2, 4)], dim=2))


def test_one_pyramid_network_takes_images_of_every_size():
    network = architecture_of("simple_cnn_pyramid").build(5, 32).eval()

    assert [network(torch.rand(2, 3, side, side)).shape for side in (8, 32, 57)] == [(2, 5)] * 3
