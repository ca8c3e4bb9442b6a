import pandas as pd
import pytest
from tests.rows import runs_table

from convbench.analysis.reproduction import EXPECTED, compare
from convbench.report.text.reproduction import named, sentence


def _table(**runs):
    rows = [
        {
            "run_id": run,
            "val_accuracy": 0.5,
            "test_accuracy": test,
            "test_balanced_accuracy": test,
            "test_loss": loss,
            "best_epoch": 3,
            "test_score": test,
        }
        for run, (test, loss) in runs.items()
    ]
    return runs_table(rows)[list(EXPECTED)]


def _expected(bands=None, **runs):
    expected = _table(**runs)
    return expected if bands is None else expected.assign(band=bands)


def _runs(found, *kinds):
    return [each.run for each in found.of(*kinds)]


def test_each_expected_run_is_exact_within_its_band_different_or_missing():
    same = (0.9, 1.0)
    expected = _expected([0.05, 0.05, 0.03, 0.05], a=same, b=same, c=same, d=same)
    obtained = _table(a=same, b=(0.86, 1.0000000000000002), c=(0.86, 1.0), new=(0.1, 1.0))

    found = compare(obtained, expected)

    assert _runs(found, "exact") == ["a"]
    assert _runs(found, "within") == ["b"]
    assert _runs(found, "different") == ["c"]
    assert _runs(found, "missing") == ["d"]
    assert sentence(found) == (
        "Reproduced 1 of 4 runs exactly; 1 of the others is within what rounding and another seed would "
        "change (largest difference 4.0 points), 1 is not (1 in 100 is expected to be outside): c "
        "(86.0%, expected 90.0%); 1 did not finish here: d (absent, expected 90.0%)."
    )


def test_a_difference_in_the_last_bit_of_the_loss_is_not_exact():
    found = compare(_table(a=(0.9, 1.0000000000000002)), _expected([0.05], a=(0.9, 1.0)))

    assert not found.is_exact
    assert _runs(found, "within") == ["a"]


def test_all_of_it_exact_is_a_sentence_of_its_own():
    runs = {"a": (0.9, 1.0), "b": (0.1 + 0.2, 1 / 3)}

    found = compare(_table(**runs), _expected([0.1, 0.1], **runs))

    assert found.is_exact
    assert sentence(found) == "All 2 runs are exactly as expected."


def test_where_all_the_others_are_within_nothing_more_is_said():
    expected = _expected([0.05] * 2, a=(0.9, 1.0), b=(0.9, 1.0))

    found = compare(_table(a=(0.92, 1.0), b=(0.89, 1.0)), expected)

    assert sentence(found) == (
        "Reproduced 0 of 2 runs exactly; the other 2 are within what rounding and another seed would "
        "change (largest difference 2.0 points)."
    )


def test_no_more_than_three_runs_of_a_kind_are_named():
    runs = {name: (0.9, 1.0) for name in "abcde"}

    found = compare(_table(**{name: (0.5, 1.0) for name in runs}), _expected([0.05] * 5, **runs))

    assert sentence(found) == (
        "Reproduced 0 of 5 runs exactly; 5 differ by more than what rounding and another seed would "
        "change: a (50.0%, expected 90.0%), b (50.0%, expected 90.0%), c (50.0%, expected 90.0%) "
        "and 2 more."
    )


def test_expected_numbers_without_bands_are_exact_or_different():
    found = compare(_table(a=(0.9, 1.0), b=(0.89, 1.0)), _expected(a=(0.9, 1.0), b=(0.9, 1.0)))

    assert (_runs(found, "exact"), _runs(found, "different")) == (["a"], ["b"])
    assert sentence(found) == (
        "Reproduced 1 of 2 runs exactly; the other 1 is different (largest difference 1.0 points)."
    )


def test_a_run_without_a_band_beside_others_that_have_one_is_different():
    expected = _expected([None, 0.05], a=(0.9, 1.0), b=(0.9, 1.0))

    found = compare(_table(a=(0.9, 1.1), b=(0.9, 1.1)), expected)

    assert (_runs(found, "different"), _runs(found, "within")) == (["a"], ["b"])


def test_the_same_other_outcome_is_exact_and_a_run_that_should_have_finished_is_missing():
    expected = _expected(a=(0.9, 1.0), b=(None, None), c=(None, None))
    expected["outcome"] = ["finished", "diverged", "diverged"]
    obtained = _table(a=(None, None), b=(None, None), c=(0.9, 1.0))
    obtained["outcome"] = ["failed", "diverged", "finished"]

    found = compare(obtained, expected)

    assert _runs(found, "exact") == ["b"]
    assert [named(each) for each in found.of("missing")] == ["a (failed, expected 90.0%)"]
    assert [named(each) for each in found.of("different")] == ["c (90.0%, expected diverged)"]


@pytest.mark.parametrize("accuracy", [pd.NA, 0.2])
def test_runs_are_compared_by_what_they_are_scored_by(accuracy):
    expected = _expected([0.05] * 2, a=(0.9, 1.0), b=(0.9, 1.0))
    obtained = _table(a=(0.88, 1.1), b=(0.5, 1.1))
    for runs in (expected, obtained):
        runs["test_accuracy"] = accuracy

    found = compare(obtained, expected)

    assert (_runs(found, "within"), _runs(found, "different")) == (["a"], ["b"])
