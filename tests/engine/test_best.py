"""The rule that chooses the best epoch."""

from convbench.engine.best import BestEpoch


def _after(*epochs):
    best = BestEpoch()
    updates = [best.update(number, *epoch) for number, epoch in enumerate(epochs, start=1)]
    return best, updates


def test_the_best_epoch_has_the_highest_score():
    best, updates = _after((0.2, 0.1), (0.9, 1.0), (0.1, 0.1))

    assert (best.epoch, best.score, best.loss) == (2, 0.9, 1.0)
    assert updates == [True, True, False]


def test_among_equal_scores_it_has_the_lowest_loss_and_then_it_is_the_first():
    best, updates = _after((0.9, 1.0), (0.9, 0.7), (0.9, 0.7), (0.9, 0.8))

    assert best.epoch == 2
    assert updates == [True, True, False, False]


def test_patience_waits_for_a_better_score_and_not_for_a_lower_loss():
    best, _ = _after((0.5, 1.0), (0.6, 1.0), (0.6, 0.9), (0.5, 0.1))

    assert best.waited == 2
    assert best.epoch == 3


def test_without_an_epoch_there_is_no_best_one():
    assert BestEpoch().epoch == 0
