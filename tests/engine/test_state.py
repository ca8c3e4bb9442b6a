"""A training that is saved after an epoch and restored goes on as if nothing had happened."""

from dataclasses import replace
from io import BytesIO
from itertools import islice

import pytest
import torch
from tests.engine.test_loop import _all, _network, _trainer

from convbench.phases import ParamGroup, Phase

BASE = {"schedule": "cosine", "warmup_epochs": 0.5, "weight_decay": 0.01}
SETTINGS = {
    "sgd": {**BASE, "optimizer": "sgd"},
    "adamw": {**BASE, "optimizer": "adamw", "schedule": "one_cycle"},
    "ema": {**BASE, "optimizer": "adamw", "ema": 0.8, "clip_norm": 0.5},
    "patience": {**BASE, "optimizer": "sgd", "patience": 2},
}


def _one_phase(network):
    return _all(network, 4)


def _classifier(network, lr=0.01):
    return ParamGroup(list(network.linear.parameters()), lr)


def _two_phases(network):
    return [Phase(2, [_classifier(network, 0.02)]), *_all(network, 2)]


def _phases_that_meet_later(network):
    return [Phase(1, [_classifier(network, 0.02)]), *_all(network, 3)]


def _gradual(network):
    blocks = [(network.layer3, 2), (network.layer2, 3), (network.layer1, 4)]
    backbone = [ParamGroup(list(block.parameters()), 0.01, start=start) for block, start in blocks]
    return [Phase(4, [*backbone, _classifier(network)])]


def _made(phases, hyperparameters):
    network = _network()
    return _trainer(
        network=network,
        phases=phases(network),
        hyperparameters=hyperparameters,
        augmentation="affine",
        record_gradients=True,
    )


def _numbers(epochs):
    return [replace(epoch, seconds=0.0, cpu_seconds=0.0) for epoch in epochs]


def _some(trainer, count):
    return _numbers(islice(trainer.epochs(), count))


def _moved(state):
    """Save and read a state as a checkpoint would be, without code in it."""
    buffer = BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


def _equal(one, other):
    if isinstance(one, torch.Tensor):
        return one.equal(other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    return one == other


@pytest.mark.parametrize("phases", [_one_phase, _two_phases, _phases_that_meet_later, _gradual])
@pytest.mark.parametrize("hyperparameters", SETTINGS.values(), ids=SETTINGS)
def test_a_restored_training_goes_on_to_the_same_bits(phases, hyperparameters):
    straight, first, second = (_made(phases, hyperparameters) for _ in range(3))
    history = _numbers(straight.epochs())

    begun = _some(first, 2)
    saved = _moved(first.state.state_dict())
    torch.rand(7)  # no state of a generator is saved, and none is needed
    second.state.load_state_dict(saved)

    assert begun + _numbers(second.epochs()) == history
    assert _equal(second.state.state_dict(), straight.state.state_dict())


def test_every_epoch_is_a_place_to_stop():
    history = _numbers(_made(_gradual, SETTINGS["ema"]).epochs())
    resumed, state = [], _made(_gradual, SETTINGS["ema"]).state.state_dict()

    for _ in range(4):
        trainer = _made(_gradual, SETTINGS["ema"])
        trainer.state.load_state_dict(_moved(state))
        resumed += _some(trainer, 1)
        state = trainer.state.state_dict()

    assert resumed == history


def _scripted(monkeypatch, epochs):
    """Let validation give these scores and losses, one pair for each epoch."""
    pairs = iter(epochs)

    def evaluate(*_):
        score, loss = next(pairs)
        return type("E", (), {"loss": loss, "scores": {"accuracy": score}})

    monkeypatch.setattr("convbench.engine.loop.evaluate", evaluate)


def test_patience_counts_on_from_where_it_was(monkeypatch):
    hyperparameters = {"patience": 3}
    scores = [(0.5, 1.0), (0.6, 1.0), (0.6, 1.0), (0.6, 1.0), (0.6, 1.0), (0.7, 1.0)]
    _scripted(monkeypatch, scores)
    network = _network()
    first = _trainer(network=network, phases=_all(network, 6), hyperparameters=hyperparameters)
    _some(first, 4)  # the score has not risen for two epochs
    network = _network()
    second = _trainer(network=network, phases=_all(network, 6), hyperparameters=hyperparameters)

    second.state.load_state_dict(_moved(first.state.state_dict()))

    assert len(list(second.epochs())) == 1
    assert list(second.epochs()) == []


def test_each_phase_has_a_best_score_of_its_own_to_be_patient_with(monkeypatch):
    _scripted(monkeypatch, [(0.8, 1.0), (0.9, 1.0), (0.1, 1.0), (0.2, 1.0), (0.3, 1.0), (0.4, 1.0)])
    network = _network()
    phases = [*_all(network, 2), *_all(network, 4)]

    trainer = _trainer(network=network, phases=phases, hyperparameters={"patience": 1})

    assert len(list(trainer.epochs())) == 6
    assert trainer.state.best.epoch == 2


@pytest.mark.parametrize("hyperparameters", [{}, {"ema": 0.5}])
def test_the_best_epochs_weights_are_restored(monkeypatch, hyperparameters):
    _scripted(monkeypatch, [(0.2, 0.1), (0.9, 1.0), (0.9, 0.7), (0.9, 0.7), (0.1, 0.1)])
    trainer = _trainer(5, hyperparameters=hyperparameters)
    weights = []
    for _ in trainer.epochs():
        weights.append(trainer.result.linear.weight.detach().clone())

    trainer.state.restore_best()

    assert trainer.state.best.epoch == 3
    assert trainer.result.linear.weight.equal(weights[2])
    assert not weights[2].equal(weights[4])


def test_a_network_that_is_not_trained_stays_as_it_is():
    network = _network()
    before = network.linear.weight.detach().clone()
    trainer = _trainer(network=network, phases=[])

    assert list(trainer.epochs()) == []
    trainer.state.restore_best()

    assert trainer.state.best.epoch == 0
    assert network.linear.weight.equal(before)
    _trainer(phases=[]).state.load_state_dict(_moved(trainer.state.state_dict()))
