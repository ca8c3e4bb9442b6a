import math

import pytest
from tests.engine.test_loop import _network, _trainer

from convbench.engine.range_test import HIGHEST, LOWEST, STEPS, choose, range_test
from convbench.phases import ParamGroup, Phase


def _at(network):
    return lambda lr: Phase(
        1,
        [
            ParamGroup(list(network.layer3.parameters()), lr / 10, start=2),
            ParamGroup(list(network.linear.parameters()), lr),
        ],
    )


def test_the_learning_rate_grows_from_the_lowest_to_the_highest_by_equal_factors():
    trainer = _trainer()
    everything = list(trainer.network.parameters())

    found = range_test(trainer, lambda lr: Phase(1, [ParamGroup(everything, lr)]))

    assert found.lrs[0] == pytest.approx(LOWEST)
    ratio = (HIGHEST / LOWEST) ** (1 / (STEPS - 1))
    assert all(b / a == pytest.approx(ratio) for a, b in zip(found.lrs, found.lrs[1:], strict=False))
    assert len(found.lrs) == len(found.losses)
    assert LOWEST / 10 <= found.chosen_lr <= HIGHEST / 10


def test_it_changes_nothing_of_the_training_that_follows():
    tested, untested = _trainer(2), _trainer(2)
    everything = list(tested.network.parameters())
    before = {n: t.clone() for n, t in tested.network.state_dict().items()}

    range_test(tested, lambda lr: Phase(1, [ParamGroup(everything, lr)]))

    assert all(t.equal(before[n]) for n, t in tested.network.state_dict().items())
    one, other = list(tested.epochs()), list(untested.epochs())
    assert [e.val_loss for e in one] == [e.val_loss for e in other]


def test_it_looks_at_training_images_alone():
    trainer = _trainer(val=None)

    range_test(trainer, _at(trainer.network))


def test_what_waits_for_a_later_epoch_stays_frozen():
    """Only the classifier learns: an absurd learning rate of the later block changes nothing."""
    trainer = _trainer()
    network = trainer.network

    def absurd(lr):
        late, classifier = _at(network)(lr).groups
        return Phase(1, [ParamGroup(late.parameters, 1e9, start=2), classifier])

    assert range_test(trainer, _at(network)) == range_test(trainer, absurd)


def test_the_choice_is_a_tenth_of_the_learning_rate_with_the_lowest_smoothed_loss():
    """A valley at 1e-2, wide compared with the delay of the smoothing."""
    lrs = [10 ** (-6 + 6 * step / 5999) for step in range(6000)]
    losses = [(math.log10(lr) + 2) ** 2 for lr in lrs]

    assert choose(lrs, losses).chosen_lr == pytest.approx(1e-3, rel=0.05)


def test_a_curve_that_ends_in_nan_is_read_up_to_there():
    found = choose([1e-3, 1e-2, 1e-1], [2.0, 1.0, math.nan])

    assert found.lrs == [1e-3, 1e-2]
    assert found.chosen_lr == pytest.approx(1e-3)


def test_the_same_run_gives_the_same_curve():
    assert _curve() == _curve()


def _curve():
    trainer = _trainer(network=_network())
    return range_test(trainer, _at(trainer.network))
