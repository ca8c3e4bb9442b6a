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


def test_widths_that_a_constructor_calculates_with_tensors_are_right():
    real = architecture_of("regnet_x_400mf")

    assert logits_shape(real.build, 7, 64) == (2, 7)


class Choosy(nn.Module):
    """Looks at the numbers of its input."""

    def __init__(self, classes):
        super().__init__()
        self.head = nn.Linear(3, classes)

    def forward(self, x):
        return self.head(x.mean((2, 3)) if x.max() > 1 else x.amax((2, 3)))


def test_a_network_that_looks_at_numbers_is_tried_with_some():
    assert logits_shape(lambda classes, side: Choosy(classes), 7, 8) == (2, 7)


def test_trying_draws_no_random_number():
    before = torch.random.get_rng_state()

    for build in (architecture_of("simple_cnn").build, lambda classes, side: Choosy(classes)):
        logits_shape(build, 7, 8)

    assert torch.equal(torch.random.get_rng_state(), before)
