import pytest
import torch
from torch import nn

from convbench.engine.optimizer import make_optimizer, make_scheduler


def _after(optimizer_of, steps=3):
    torch.manual_seed(0)
    layer = nn.Linear(4, 2)
    optimizer = optimizer_of(layer)
    for _ in range(steps):
        optimizer.zero_grad()
        layer(torch.ones(1, 4)).square().sum().backward()
        optimizer.step()
    return layer.weight.detach(), layer.bias.detach()


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        ("sgd", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True)),
        (
            "adamw",
            lambda p: torch.optim.AdamW(p, lr=0.1, betas=(0.9, 0.999), weight_decay=0.0, fused=True),
        ),
    ],
)
def test_steps_are_torchs_own(kind, reference):
    ours = _after(lambda layer: make_optimizer(kind, [(layer.parameters(), 0.1)], 0.9, 0.0))

    for found, expected in zip(ours, _after(lambda layer: reference(layer.parameters())), strict=True):
        assert found.equal(expected)


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_weights_decay_and_biases_do_not(kind):
    def parameters(decay):
        return _after(lambda layer: make_optimizer(kind, [(layer.parameters(), 0.01)], 0.9, decay), 1)

    (weight, bias), (decayed, same) = parameters(0.0), parameters(0.5)

    assert not decayed.equal(weight)
    assert same.equal(bias)


def _lrs(kind, steps):
    optimizer = make_optimizer("sgd", [([nn.Parameter(torch.zeros(2, 2))], 0.4)], 0.0, 0.0)
    schedule = make_scheduler(kind, optimizer, steps)
    lrs = []
    for _ in range(steps):
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return [*lrs, optimizer.param_groups[0]["lr"]]


def test_the_cosine_falls_as_torchs_does():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.4)
    reference = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    expected = [0.4]
    for _ in range(10):
        optimizer.step()
        reference.step()
        expected.append(reference.get_last_lr()[0])

    assert _lrs("cosine", 10) == pytest.approx(expected, abs=1e-12)


def test_a_constant_rate_is_constant():
    assert _lrs("constant", 5) == [0.4] * 6
