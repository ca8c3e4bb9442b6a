import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from convbench.augment import AUGMENTS
from convbench.config.spec import CommonHyperparameters
from convbench.engine.batches import Images, Standardise, batches
from convbench.engine.evaluate import evaluate
from convbench.engine.loop import Diverged, Trainer
from convbench.engine.modes import train_mode
from convbench.engine.objective import ONE_LABEL, SEVERAL_LABELS
from convbench.models import ARCHITECTURES
from convbench.phases import ParamGroup, Phase
from convbench.seeding import generator, seeded

SAME = Standardise([0.0] * 3, [1.0] * 3)


def _images(count, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    pixels = rng.integers(0, 120, (count, 8, 8, 3), dtype=np.uint8)
    pixels[labels == 1, :4] += 120
    return Images(pixels, np.arange(count), labels)


def _several(count, seed=0):
    """The same pictures, each with two labels: the first on the bright ones, the second on all."""
    images = _images(count, seed)
    labels = np.stack([images.labels, np.ones(count)], axis=1).astype(np.float32)
    return Images(images.pixels, images.rows, labels)


def _network(architecture="resnet20"):
    with seeded("weights"):
        return ARCHITECTURES[architecture].build(2, 8)


def _hyperparameters(**changes):
    settings = {"optimizer": "sgd", "lr": 1.0, "momentum": 0.9, "weight_decay": 0.0}
    return CommonHyperparameters(**{**settings, "schedule": "constant", **changes})


def _all(network, epochs, lr=0.01):
    return [Phase(epochs, [ParamGroup(list(network.parameters()), lr)])]


def _trainer(
    epochs=1,
    lr=0.01,
    augmentation="none",
    run="a/run",
    architecture="resnet20",
    hyperparameters=None,
    **changes,
):
    network = changes.pop("network", None) or _network(architecture)
    parts = {
        "network": network,
        "phases": _all(network, epochs, lr),
        "hyperparameters": _hyperparameters(**hyperparameters or {}),
        "train": _images(30),
        "val": _images(20, seed=1),
        "standardise": SAME,
        "objective": ONE_LABEL,
        "score": "accuracy",
        "augment": AUGMENTS[augmentation].apply,
        "batch_size": 8,
        "run": run,
    }
    return Trainer(**parts | changes)


def test_a_network_learns_what_can_be_learned():
    *_, last = _trainer(12).epochs()

    assert last.val_accuracy > 0.9
    assert last.train_loss < 0.5


def test_the_score_that_chooses_is_the_one_that_was_named():
    lopsided = _images(20, seed=1)
    lopsided = Images(lopsided.pixels, lopsided.rows[3:], lopsided.labels[3:])
    trainer = _trainer(score="balanced_accuracy", val=lopsided)

    (epoch,) = trainer.epochs()

    result = evaluate(trainer.network, lopsided, SAME, ONE_LABEL)
    assert epoch.val_score == result.scores["balanced_accuracy"]
    assert epoch.val_accuracy == result.scores["accuracy"]


def test_several_labels_are_learned_and_accuracy_is_no_question_of_them():
    trainer = _trainer(
        12,
        train=_several(30),
        val=_several(20, seed=1),
        objective=SEVERAL_LABELS,
        score="mean_average_precision",
    )

    *_, last = trainer.epochs()

    assert last.val_score > 0.9
    assert last.train_loss < 0.5
    assert (last.train_accuracy, last.val_accuracy) == (None, None)


def test_losses_are_means_over_images_not_batches():
    """30 images in batches of 8 leave one of 6: at rate zero, a mean over batches would differ."""
    trainer = _trainer(lr=1e-12)
    reference = _trainer().network.train()
    order = torch.randperm(30, generator=generator("a/run", "order", 1))

    (epoch,) = trainer.epochs()

    total = sum(
        F.cross_entropy(reference(x), y).item() * len(y)
        for x, y in batches(_images(30), 8, torch.device("cpu"), order)
    )
    assert epoch.train_loss == pytest.approx(total / 30, rel=1e-5)


def _soft(augmentation):
    """Give an augmentation that blends targets what it blends: probabilities."""
    return {"objective": ONE_LABEL, "train": _images(30)} | (
        {"augment": lambda x, y, g: AUGMENTS[augmentation].apply(x, F.one_hot(y, 2).to(x), g)}
        if AUGMENTS[augmentation].mixes
        else {}
    )


@pytest.mark.parametrize("augmentation", AUGMENTS)
def test_the_same_run_gives_the_same_bits_whatever_was_drawn_before(augmentation):
    states = []
    for _ in range(2):
        torch.rand(11)
        trainer = _trainer(2, augmentation=augmentation, **_soft(augmentation))
        list(trainer.epochs())
        states.append(trainer.network.state_dict())

    assert all(states[0][name].equal(states[1][name]) for name in states[0])


def test_another_run_sees_the_images_in_another_order():
    first, second = _trainer(run="a"), _trainer(run="b")
    list(first.epochs())
    list(second.epochs())

    assert not first.network.linear.weight.equal(second.network.linear.weight)


def test_the_warm_up_changes_nothing():
    trainer = _trainer()
    before = {name: tensor.clone() for name, tensor in trainer.network.state_dict().items()}

    trainer._warm_up(trainer.phases[0])

    assert all(tensor.equal(before[n]) for n, tensor in trainer.network.state_dict().items())
    assert all(parameter.grad is None for parameter in trainer.network.parameters())


def test_a_loss_that_is_no_number_ends_the_run():
    with pytest.raises(Diverged, match=r"loss became (nan|inf) in epoch \d"):
        list(_trainer(5, lr=1e12, architecture="simple_cnn").epochs())


def test_batches_hold_each_image_once_in_the_given_order():
    images = _images(30)
    order = torch.randperm(30)

    found = list(batches(images, 8, torch.device("cpu"), order))

    assert [len(y) for _, y in found] == [8, 8, 8, 6]
    assert torch.cat([y for _, y in found]).tolist() == images.labels[order.numpy()].tolist()
    pixels = torch.cat([x for x, _ in found]).permute(0, 2, 3, 1).numpy()
    assert np.allclose(pixels, images.pixels[order.numpy()] / 255, atol=1e-6)


def test_frozen_layers_are_in_evaluation_mode_and_learning_ones_are_not():
    backbone = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5)).requires_grad_(
        False
    )
    network = nn.Sequential(backbone, nn.Flatten(), nn.Linear(144, 2), nn.Dropout(0.5))

    train_mode(network)

    assert [module.training for module in backbone.modules()] == [False] * 4
    assert network[2].training
    assert network[3].training
