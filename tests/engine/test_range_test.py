import math

import pytest
from tests.engine.test_loop import _network, _trainer

from convbench.engine.loop import Group, Phase
from convbench.engine.range_test import HIGHEST, LOWEST, STEPS, choose, range_test


def _at(network):
    return lambda lr: Phase(
        1,
        [
            Group(list(network.layer3.parameters()), lr / 10, start=2),
            Group(list(network.linear.parameters()), lr),
        ],
    )


def test_the_rate_grows_from_the_lowest_to_the_highest_by_equal_factors():
    trainer = _trainer()
    everything = list(trainer.network.parameters())

    found = range_test(trainer, lambda lr: Phase(1, [Group(everything, lr)]))

    assert found.rates[0] == pytest.approx(LOWEST)
    ratio = (HIGHEST / LOWEST) ** (1 / (STEPS - 1))
    assert all(b / a == pytest.approx(ratio) for a, b in zip(found.rates, found.rates[1:], strict=False))
    assert len(found.rates) == len(found.losses)
    assert LOWEST / 10 <= found.chosen <= HIGHEST / 10


def test_it_changes_nothing_of_the_training_that_follows():
    tested, untested = _trainer(2), _trainer(2)
    everything = list(tested.network.parameters())
    before = {n: t.clone() for n, t in tested.network.state_dict().items()}

    range_test(tested, lambda lr: Phase(1, [Group(everything, lr)]))

    assert all(t.equal(before[n]) for n, t in tested.network.state_dict().items())
    one, other = list(tested.epochs()), list(untested.epochs())
    assert [e.val_loss for e in one] == [e.val_loss for e in other]


def test_it_looks_at_training_images_alone():
    trainer = _trainer(val=None)

    range_test(trainer, _at(trainer.network))


def test_what_waits_for_a_later_epoch_stays_frozen():
    """Only the head learns: the same test with the later block's rate absurd finds the same curve."""
    trainer = _trainer()
    network = trainer.network

    def absurd(lr):
        late, head = _at(network)(lr).groups
        return Phase(1, [Group(late.parameters, 1e9, start=2), head])

    assert range_test(trainer, _at(network)) == range_test(trainer, absurd)


def test_the_choice_is_a_tenth_of_the_rate_with_the_lowest_smoothed_loss():
    """A valley at the rate 1e-2, wide against the smoothing's delay."""
    rates = [10 ** (-6 + 6 * step / 5999) for step in range(6000)]
    losses = [(math.log10(rate) + 2) ** 2 for rate in rates]

    assert choose(rates, losses).chosen == pytest.approx(1e-3, rel=0.05)


def test_a_curve_that_ends_in_nan_is_read_up_to_there():
    found = choose([1e-3, 1e-2, 1e-1], [2.0, 1.0, math.nan])

    assert found.rates == [1e-3, 1e-2]
    assert found.chosen == pytest.approx(1e-3)


def test_the_same_run_gives_the_same_curve():
    assert _curve() == _curve()


def _curve():
    trainer = _trainer(network=_network())
    return range_test(trainer, _at(trainer.network))
