import pytest
import torch
from torch import nn

from convbench.engine import speed
from convbench.engine.speed import speed_of


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "_SECONDS", 0.02)


class Network(nn.Module):
    """One layer, which notes what it is shown and how."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3 * 8 * 8, 4)
        self.shown: set[tuple[int, bool, bool]] = set()

    def forward(self, images):
        self.shown.add((len(images), self.training, torch.is_grad_enabled()))
        return self.linear(images.flatten(1))


def test_inference_and_learning_are_measured_as_they_happen():
    network = Network()

    found = speed_of(network, 8, 3, 1)

    assert network.shown == {(1, False, False), (32, False, False), (32, True, True)}
    assert found.batch_size == 32
    assert 0 < found.inference_batch_ms < found.inference_ms
    assert found.train_step_ms > found.inference_batch_ms
    assert network.linear.weight.grad is not None


def test_measuring_leaves_the_weights_as_they_are():
    """Every repetition of the training step is of the same work."""
    network = Network()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    speed_of(network, 8, 3, 1)

    assert all(tensor.equal(before[name]) for name, tensor in network.state_dict().items())


def test_the_training_step_that_is_measured_updates_the_optimizer(monkeypatch):
    steps = []
    take = torch.optim.SGD.step
    monkeypatch.setattr(torch.optim.SGD, "step", lambda self: steps.append(take(self)))

    speed_of(Network(), 8, 3, 1)

    assert steps


def test_a_batch_of_large_images_is_smaller_and_never_one():
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))

    assert speed_of(network, 512, 3, 1).batch_size == 8
    assert speed_of(network, 2048, 3, 1).batch_size == 2


def test_what_was_frozen_is_measured_learning_all_the_same():
    network = Network().requires_grad_(False)

    speed_of(network, 8, 3, 1)

    assert network.linear.weight.requires_grad
