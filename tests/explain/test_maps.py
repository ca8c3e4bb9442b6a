import numpy as np
import pytest
import torch
from torch import nn

from convbench.explain.maps import feature_maps, first_filters, moved


@pytest.fixture
def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(*(nn.Conv2d(3 if not n else 9, 9, 3) for n in range(6)), nn.Flatten()).eval()


def test_maps_come_from_the_first_to_the_last_layer(network):
    found = feature_maps(network, ["0", "1", "2", "3", "4", "5", "6"], torch.randn(2, 3, 16, 16))

    assert [each.layer for each in found] == ["0", "2", "3", "5"]
    assert [each.strongest.shape for each in found][:2] == [(2, 8, 14, 14), (2, 8, 10, 10)]


def test_each_image_has_its_strongest_channels_first(network):
    images = torch.randn(2, 3, 16, 16)

    (found,) = feature_maps(network, ["0"], images)

    means = network[0](images).mean(dim=(2, 3)).sort(dim=1, descending=True).values[:, :8]
    np.testing.assert_allclose(found.strongest.mean(axis=(2, 3)), means.detach(), rtol=1e-5)
    assert found.channels == 9


def test_the_first_convolution_is_found_wherever_it_is():
    first = nn.Conv2d(3, 5, 3)

    found = first_filters(nn.Sequential(nn.Sequential(nn.Identity(), first), nn.Conv2d(5, 2, 1)))

    np.testing.assert_array_equal(found, first.weight.detach())
    assert first_filters(nn.Linear(2, 2)) is None


def test_how_far_filters_went_is_a_share_of_their_length():
    before = np.ones((2, 3, 3, 3))

    assert moved(before, before) == 0
    assert moved(before, before * 1.1) == pytest.approx(0.1)
