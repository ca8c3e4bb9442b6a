import pytest
import torch
from torch import nn

from convbench.models import architecture_of
from convbench.models.meta import logits_shape, without_weights


def test_a_network_without_weights_has_the_names_and_shapes_of_the_real_one():
    build = architecture_of("squeezenet1_1").build

    real, weightless = build(7, 64), without_weights(build, 7, 64)

    shapes = {name: tensor.shape for name, tensor in real.state_dict().items()}
    assert {name: tensor.shape for name, tensor in weightless.state_dict().items()} == shapes
    assert all(tensor.is_meta for tensor in weightless.state_dict().values())


def test_widths_that_a_constructor_calculates_with_tensors_are_right_at_once():
    build, calls = architecture_of("regnet_x_400mf").build, []

    network = without_weights(lambda *wanted: calls.append(wanted) or build(*wanted), 7, 64)

    assert calls == [(7, 64)]  # not once more in earnest
    assert network.get_submodule("fc").in_features == 400


class Choosy(nn.Module):
    """Looks at the numbers of its input."""

    def __init__(self, classes):
        super().__init__()
        self.head = nn.Linear(3, classes)

    def forward(self, x):
        return self.head(x.mean((2, 3)) if x.max() > 1 else x.amax((2, 3)))


def test_a_network_that_looks_at_numbers_is_tried_with_some():
    assert logits_shape(lambda classes, side: Choosy(classes), 7, 8) == (2, 7)


def drawn(classes, side):
    """Draw its own width, as randomly wired networks do."""
    width = int(torch.rand(1).item() * 5) + 3
    return nn.Sequential(nn.Conv2d(3, width, side), nn.Flatten(), nn.Linear(width, classes))


def test_a_constructor_that_looks_at_numbers_gets_some():
    network = without_weights(drawn, 7, 8)

    assert network[0].out_channels == network[2].in_features
    assert all(parameter.is_meta for parameter in network.parameters())
    assert logits_shape(drawn, 7, 8) == (2, 7)


def test_an_error_of_the_networks_own_is_raised_as_it_is():
    with pytest.raises(RuntimeError, match="normalized_shape"):
        logits_shape(lambda classes, side: nn.Sequential(Choosy(classes), nn.LayerNorm(3)), 7, 8)


def test_trying_draws_no_random_number():
    before = torch.random.get_rng_state()

    for build in (architecture_of("simple_cnn").build, lambda classes, side: Choosy(classes), drawn):
        logits_shape(build, 7, 8)
        without_weights(build, 7, 8)

    assert torch.equal(torch.random.get_rng_state(), before)
