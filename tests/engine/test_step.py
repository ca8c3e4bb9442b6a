"""One step for training, range test and speed measurement."""

import pytest
import torch
from tests.engine.test_loop import _all, _network, _trainer
from torch import nn
from torch.nn import functional as F

from convbench.engine.modes import gradient_norms
from convbench.engine.optimizer import make_optimizer
from convbench.engine.range_test import range_test
from convbench.engine.speed import speed_of
from convbench.engine.step import StepSettings, TrainingStep
from convbench.phases import ParamGroup, Phase


class Stepped(Exception):  # noqa: N818
    """A training step was taken."""


def _tested(hyperparameters=None):
    trainer = _trainer(hyperparameters=hyperparameters)
    everything = list(trainer.network.parameters())
    return range_test(trainer, lambda lr: Phase(1, [ParamGroup(everything, lr)]))


@pytest.mark.parametrize(
    "work",
    [
        lambda: list(_trainer().epochs()),
        _tested,
        lambda: speed_of(nn.Sequential(nn.Flatten(), nn.Linear(192, 2)), 8, 3, 1),
    ],
    ids=["training", "range test", "speed"],
)
def test_there_is_one_training_step(monkeypatch, work):
    def step(*_, **__):
        raise Stepped

    monkeypatch.setattr(TrainingStep, "__call__", step)

    with pytest.raises(Stepped):
        work()


def test_the_range_test_clips_as_training_does():
    assert _tested({"clip_norm": 1e9}) == _tested()
    assert _tested({"clip_norm": 0.01}) != _tested()


def test_the_range_test_averages_as_training_does_and_the_curve_is_the_same(monkeypatch):
    averages = []
    take = TrainingStep.__call__

    def step(self, *batch, **options):
        output = take(self, *batch, **options)
        averages.append(None if self.average is None else int(self.average.n_averaged))
        return output

    monkeypatch.setattr(TrainingStep, "__call__", step)

    averaged = _tested({"ema": 0.9})
    assert averages == list(range(1, len(averages) + 1))
    assert averaged == _tested()


def test_a_trial_is_of_a_copy():
    trainer = _trainer()
    before = {name: tensor.clone() for name, tensor in trainer.network.state_dict().items()}
    step = trainer.trial(Phase(1, _all(trainer.network, 1)[0].groups))

    step(torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 0, 1]))

    assert not step.network.linear.weight.equal(trainer.network.linear.weight)
    assert all(tensor.equal(before[n]) for n, tensor in trainer.network.state_dict().items())
    assert all(parameter.grad is None for parameter in trainer.network.parameters())


def _step(network, **changes):
    optimizer = make_optimizer("sgd", [(network.parameters(), 0.1)], 0.0, 0.0)
    return TrainingStep(network, F.cross_entropy, optimizer, **changes)


def test_a_step_returns_what_it_computed_before_the_update():
    network, reference = _network().train(), _network().train()
    images, labels = torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 0, 1])
    logits = reference(images)
    loss = F.cross_entropy(logits, labels)
    loss.backward()

    output = _step(network, clip_norm=0.01)(images, labels, record_gradients=True)

    assert output.logits.equal(logits)
    assert output.loss.equal(loss)
    assert not output.logits.requires_grad
    assert not output.loss.requires_grad
    assert output.gradient_norms == gradient_norms(reference)  # before clipping
    assert _step(network)(images, labels).gradient_norms is None


def test_a_gradient_of_an_earlier_step_is_forgotten_even_where_nothing_learns_any_more():
    """Else clipping would count it."""
    network = _network().train()
    network.conv1.weight.grad = torch.full_like(network.conv1.weight, 1e6)
    network.conv1.requires_grad_(False)

    _step(network)(torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 0, 1]))

    assert network.conv1.weight.grad is None


def test_images_keep_the_memory_format_of_the_augmentation():
    images = torch.rand(2, 3, 8, 8).to(memory_format=torch.channels_last)

    assert StepSettings().convert(images).stride() == images.stride()
    assert StepSettings().convert(images).dtype == torch.float32
