"""Each hyperparameter has its effect, and none where it is off."""

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from tests.engine.test_loop import _all, _hyperparameters, _images, _network, _several, _trainer
from torch import nn
from torch.nn import functional as F

from convbench.config.spec import CommonHyperparameters
from convbench.engine.batches import Images, batches, luminance, steps_of
from convbench.engine.evaluate import evaluate
from convbench.engine.loop import training_loss
from convbench.engine.modes import gradient_norms, set_dropout, train_mode
from convbench.engine.objective import ONE_LABEL, SEVERAL_LABELS
from convbench.engine.optimizer import make_optimizer, make_scheduler
from convbench.phases import ParamGroup, Phase


def _weights(trainer):
    list(trainer.epochs())
    return torch.cat([p.detach().flatten() for p in trainer.result.parameters()])


def _distance(one, other):
    return (one - other).norm().item()


def _start():
    return torch.cat([p.detach().flatten() for p in _network().parameters()])


def test_settings_that_are_off_change_nothing():
    off = {"label_smoothing": 0.0, "clip_norm": 1e9, "patience": 99, "warmup_epochs": 0.0}

    assert _weights(_trainer(2, hyperparameters=off)).equal(_weights(_trainer(2)))


def test_weight_decay_makes_weights_smaller():
    free, decayed = _weights(_trainer(3)), _weights(_trainer(3, hyperparameters={"weight_decay": 0.5}))

    assert decayed.norm() < 0.95 * free.norm()


def test_clipping_bounds_a_step():
    """Plain SGD moves by rate times gradient, so one step is at most rate times the largest norm."""
    hyperparameters = {"momentum": 0.0, "clip_norm": 0.01}

    moved = _distance(_weights(_trainer(1, hyperparameters=hyperparameters, batch_size=30)), _start())

    assert moved == pytest.approx(0.01 * 0.01, rel=0.01)
    assert (
        _distance(_weights(_trainer(1, hyperparameters={"momentum": 0.0}, batch_size=30)), _start())
        > 10 * moved
    )


def test_the_average_is_what_is_evaluated_and_lags_behind_the_weights():
    trainer = _trainer(2, hyperparameters={"ema": 0.9})

    *_, last = trainer.epochs()

    result = evaluate(trainer.result, trainer.val, trainer.standardise, ONE_LABEL)
    assert last.val_loss == result.loss
    raw = torch.cat([p.detach().flatten() for p in trainer.network.parameters()])
    average = torch.cat([p.detach().flatten() for p in trainer.result.parameters()])
    assert 0 < _distance(average, _start()) < _distance(raw, _start())
    assert _weights(_trainer(2)).equal(raw)


def test_the_average_is_torchs_formula():
    """One step a epoch: the first sets the average, the second moves a tenth of the way."""
    trainer = _trainer(2, hyperparameters={"ema": 0.9}, batch_size=30)
    states = []
    for _ in trainer.epochs():
        states.append(trainer.network.linear.weight.detach().clone())

    torch.testing.assert_close(trainer.result.linear.weight, 0.9 * states[0] + 0.1 * states[1])


@pytest.mark.parametrize(("patience", "expected"), [(None, 6), (1, 3), (2, 4), (5, 6)])
def test_training_stops_after_epochs_without_a_better_score(monkeypatch, patience, expected):
    scores = iter([0.5, 0.6, 0.6, 0.6, 0.6, 0.6])

    def scored(*_):
        return type("E", (), {"loss": 1.0, "scores": {"accuracy": next(scores)}})

    monkeypatch.setattr("convbench.engine.loop.evaluate", scored)

    assert len(list(_trainer(6, hyperparameters={"patience": patience}).epochs())) == expected


def test_patience_waits_for_a_block_that_has_just_begun_and_ends_only_its_phase(monkeypatch):
    monkeypatch.setattr(
        "convbench.engine.loop.evaluate",
        lambda *_: type("E", (), {"loss": 1.0, "scores": {"accuracy": 0.5}}),
    )
    network = _network()
    late = Phase(8, [ParamGroup(list(network.layer3.parameters()), 0.1, start=2), _classifier(network)])
    phases = [late, Phase(3, [_classifier(network)])]

    history = list(_trainer(network=network, phases=phases, hyperparameters={"patience": 2}).epochs())

    assert len(history) == 4 + 3  # 1, 2 (a block begins), 3, 4; then three more: the last phase's all


def _classifier(network):
    return ParamGroup(list(network.linear.parameters()), 0.01)


def test_phases_follow_each_other_and_each_has_its_own_schedule():
    network = _network()
    phases = [Phase(2, [_classifier(network)]), Phase(2, [ParamGroup(list(network.parameters()), 0.2)])]
    trainer = _trainer(network=network, phases=phases, hyperparameters={"schedule": "cosine"})
    backbone = network.conv1.weight.detach().clone()
    epochs = trainer.epochs()

    first, second = next(epochs), next(epochs)
    assert network.conv1.weight.equal(backbone)
    third, fourth = epochs

    assert [first.lr, third.lr] == [0.01, 0.2]
    assert [second.lr, fourth.lr] == pytest.approx([0.005, 0.1])
    assert not network.conv1.weight.equal(backbone)
    assert [e.epoch for e in (first, second, third, fourth)] == [1, 2, 3, 4]


def test_a_frozen_backbone_keeps_its_statistics():
    network = _network()
    before = {n: t.clone() for n, t in network.state_dict().items()}

    list(_trainer(network=network, phases=[Phase(2, [_classifier(network)])]).epochs())

    moved = {n for n, t in network.state_dict().items() if not t.equal(before[n])}
    assert moved == {"linear.weight", "linear.bias"}


def test_label_smoothing_is_torchs_and_reaches_the_training_alone():
    logits, labels = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    loss = ONE_LABEL.training_loss(0.2, None)

    assert loss(logits, labels).equal(F.cross_entropy(logits, labels, label_smoothing=0.2))
    smooth = next(iter(_trainer(lr=1e-12, hyperparameters={"label_smoothing": 0.5}).epochs()))
    hard = next(iter(_trainer(lr=1e-12).epochs()))
    assert smooth.train_loss != hard.train_loss
    assert smooth.val_loss == pytest.approx(hard.val_loss, rel=1e-6)


def test_several_labels_are_smoothed_towards_one_half():
    logits, targets = torch.randn(4, 2), torch.tensor([[0.0, 1], [1, 1], [0, 0], [1, 0]])

    loss = SEVERAL_LABELS.training_loss(0.2, None)(logits, targets)

    expected = F.binary_cross_entropy_with_logits(logits, targets * 0.8 + 0.1)
    torch.testing.assert_close(loss, expected)


def test_balanced_weights_are_scikit_learns():
    labels = np.array([0] * 7 + [1] * 2 + [2])

    weights = ONE_LABEL.balance(labels)

    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    assert weights == pytest.approx(expected)


def test_balanced_labels_count_as_much_as_their_absence():
    labels = np.array([[1, 0], [0, 0], [0, 1], [0, 1]], dtype=np.float32)

    assert SEVERAL_LABELS.balance(labels).tolist() == [3, 1]


def test_balanced_classes_are_found_where_most_images_are_of_one():
    """28 dark images and 2 bright ones: the weighted loss sees half of its weight in the bright."""
    train = _images(40)
    dark, bright = (np.flatnonzero(train.labels == label) for label in (0, 1))
    few = Images(train.pixels, rows := np.r_[dark[:14], bright[:2]], train.labels[rows])
    hyperparameters = CommonHyperparameters(
        **_hyperparameters().model_dump() | {"class_weights": "balanced"}
    )
    logits = torch.zeros(16, 2, requires_grad=True)

    training_loss(ONE_LABEL, hyperparameters, few)(logits, torch.from_numpy(few.labels)).backward()

    pull = logits.grad.abs().sum(1)
    assert pull[:14].sum().item() == pytest.approx(pull[14:].sum().item(), rel=1e-5)


@pytest.mark.parametrize("images", [_images, _several])
def test_weighted_and_smoothed_training_still_learns(images):
    several = images is _several
    trainer = _trainer(
        12,
        train=images(30),
        val=images(20, seed=1),
        objective=SEVERAL_LABELS if several else ONE_LABEL,
        score="mean_average_precision" if several else "accuracy",
        hyperparameters={"class_weights": "balanced", "label_smoothing": 0.1},
    )

    *_, last = trainer.epochs()

    assert last.val_score > 0.9


def test_dropout_sets_the_networks_own_or_comes_before_the_classifier():
    own = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 2))
    set_dropout(own, own[1], 0.1)
    assert own[0].p == 0.1
    without = nn.Sequential(nn.Flatten(), nn.Linear(1000, 1, bias=False))
    nn.init.ones_(without[1].weight)
    set_dropout(without, without[1], 0.25)
    torch.manual_seed(0)

    shares = [without.train()(torch.ones(1, 1000)).item() / 1000 * 0.75 for _ in range(20)]

    assert np.mean(shares) == pytest.approx(0.75, abs=0.02)
    assert without.eval()(torch.ones(1, 1000)).item() == 1000


def test_dropout_goes_with_the_layer_that_it_feeds():
    """As in AlexNet's classifier: dropout before a frozen layer is off, before a learning one on."""
    network = nn.Sequential(nn.Dropout(), nn.Linear(4, 4), nn.ReLU(), nn.Dropout(), nn.Linear(4, 2))
    network[1].requires_grad_(False)

    train_mode(network)

    assert [module.training for module in network] == [False, False, True, True, True]


def _lrs(kind, steps, warmup=0):
    optimizer = make_optimizer("sgd", [([nn.Parameter(torch.zeros(2, 2))], 0.4)], 0.0, 0.0)
    schedule = make_scheduler(kind, optimizer, steps, warmup)
    lrs = []
    for _ in range(steps):
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return lrs


def test_one_cycle_is_torchs():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.4)
    reference = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.4, total_steps=20, cycle_momentum=False
    )
    expected = [reference.get_last_lr()[0]]
    for _ in range(19):
        optimizer.step()
        reference.step()
        expected.append(reference.get_last_lr()[0])

    assert _lrs("one_cycle", 20) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_one_cycle_is_defined_for_a_few_steps(steps):
    assert all(0 < lr <= 0.4 for lr in _lrs("one_cycle", steps))


def test_steps_divide_the_rate_by_ten_at_a_half_and_three_quarters():
    assert _lrs("step", 8) == pytest.approx([0.4] * 4 + [0.04] * 2 + [0.004] * 2)


@pytest.mark.parametrize("kind", ["constant", "cosine", "step"])
def test_the_warm_up_rises_to_the_peak_and_the_schedule_follows(kind):
    lrs = _lrs(kind, 12, warmup=3)

    assert lrs[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert lrs[3:] == pytest.approx(_lrs(kind, 9))


def test_a_warm_up_of_an_epoch_is_an_epochs_steps():
    lrs = [epoch.lr for epoch in _trainer(3, hyperparameters={"warmup_epochs": 1.0}).epochs()]

    assert lrs == pytest.approx([0.01 / 5, 0.01, 0.01])


def test_gradient_norms_are_those_of_the_first_step_and_change_nothing():
    trainer = _trainer(2, record_gradients=True)
    reference = _network()
    order = torch.randperm(30, generator=_order())
    x, y = next(batches(_images(30), 8, torch.device("cpu"), order))
    F.cross_entropy(reference.train()(x), y).backward()

    first, second = trainer.epochs()

    expected = gradient_norms(reference)
    assert [name for name, _ in first.gradient_norms] == [name for name, _ in expected]
    assert [norm for _, norm in first.gradient_norms] == pytest.approx(
        [n for _, n in expected], rel=1e-4
    )
    assert first.gradient_norms[0][0] == "conv1.weight"
    assert len(first.gradient_norms) == 20
    assert second.gradient_norms != first.gradient_norms
    assert next(iter(_trainer().epochs())).gradient_norms is None
    weights = torch.cat([p.detach().flatten() for p in trainer.network.parameters()])
    assert weights.equal(_weights(_trainer(2)))


def _order():
    from convbench.seeding import generator

    return generator("a/run", "order", 1)


@pytest.mark.parametrize(("count", "sizes"), [(16, [8, 8]), (17, [8, 9]), (18, [8, 8, 2]), (1, [1])])
def test_an_image_that_would_be_alone_joins_the_batch_before_it(count, sizes):
    found = [len(y) for _, y in batches(_images(count), 8, torch.device("cpu"))]

    assert found == sizes
    assert steps_of(count, 8) == len(sizes)


def test_one_channel_is_the_luminance_as_pillow_has_it():
    from PIL import Image

    images = _images(4)
    grey = Images(images.pixels, images.rows, images.labels, channels=1)
    ((x, _),) = batches(grey, 8, torch.device("cpu"))

    assert x.shape == (4, 1, 8, 8)
    pillow = np.stack([np.asarray(Image.fromarray(each).convert("L")) for each in images.pixels])
    assert np.abs(x[:, 0].numpy() * 255 - pillow).max() <= 0.51
    white = luminance(torch.ones(1, 3, 1, 1)).item()
    assert white == pytest.approx(1)


def test_all_is_trained_by_the_helper():
    network = _network()
    assert len(_all(network, 1)[0].groups[0].parameters) == len(list(network.parameters()))
