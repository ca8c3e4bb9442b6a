import pytest
from tests.report.samples import run_row

from convbench.report.pages.convergence import learned
from convbench.report.results import with_convergence
from convbench.results.rows import table
from convbench.results.schema import ConvergenceRow, RunRow


def _row(run, seconds, epochs):
    return ConvergenceRow(
        run_id=run.run_id,
        epochs_to_target=epochs,
        seconds_to_target=seconds,
        epochs_to_95_percent=epochs,
        seconds_to_95_percent=seconds,
        mean_score=0.5,
        gap=None,
        instability=0.1,
    )


def test_runs_that_did_not_finish_do_not_reach_the_target_and_are_counted():
    """One of them never saw an epoch, the other reached the target before it diverged."""
    outcomes = ("finished", "failed", "diverged")
    runs = [run_row("scratch", seed, outcome=outcome) for seed, outcome in enumerate(outcomes)]
    convergence = [_row(runs[0], 9.0, 3), _row(runs[2], 1.0, 1)]

    joined = with_convergence(table(runs, RunRow), table(convergence, ConvergenceRow))
    (found,) = learned(joined)

    assert (found.time.seeds, found.time.reached) == (3, 1)
    assert found.time.seconds == pytest.approx(9.0)
    assert found.means.epochs_to_95_percent == 3


def test_means_are_over_the_seeds_that_have_the_number():
    runs = [run_row("scratch", seed) for seed in (0, 1)]
    convergence = [_row(runs[0], 4.0, 2), _row(runs[1], 9.0, 3)]

    joined = with_convergence(table(runs, RunRow), table(convergence, ConvergenceRow))
    (found,) = learned(joined)

    assert found.time.seconds == pytest.approx(6.0)  # the geometric mean
    assert found.means.epochs_to_target == 2.5
    assert found.means.gap is None
