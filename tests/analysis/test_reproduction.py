import pandas as pd

from convbench.analysis.reproduction import EXPECTED_COLUMNS, compare, tolerance
from convbench.analysis.tables import RUN_COLUMNS, table


def _table(**runs):
    rows = [(run, "finished", 0.5, test, test, loss, 3, test) for run, (test, loss) in runs.items()]
    types = {name: RUN_COLUMNS[name] for name in (*EXPECTED_COLUMNS, "train_size")}
    return table([dict(zip(types, (*row, 400), strict=True)) for row in rows], types)


def _expected(**runs):
    return _table(**runs)[list(EXPECTED_COLUMNS)]


def test_each_expected_run_is_exact_close_or_different():
    expected = _expected(a=(0.9, 1.0), b=(0.9, 1.0), c=(0.9, 1.0), d=(0.9, 1.0))
    obtained = _table(a=(0.9, 1.0), b=(0.86, 1.0000000000000002), c=(0.7, 1.0), new=(0.1, 1.0))

    found = compare(obtained, expected)

    assert found.exact == ["a"]
    assert found.close == ["b"]
    assert found.different == [
        "c: test accuracy 70.0%; expected: test accuracy 90.0%",
        "d: no such run here",
    ]
    assert found.in_words() == (
        "Reproduced 1 of 4 runs exactly and 1 more within 1/√n of test accuracy, "
        "n being the number of training images (largest difference: 20.0 points); 2 are different."
    )


def test_another_outcome_is_different_and_the_same_one_without_numbers_is_exact():
    expected = _expected(a=(0.9, 1.0), b=(None, None)).assign(outcome=["finished", "diverged"])
    obtained = _table(a=(None, None), b=(None, None)).assign(outcome=["diverged", "diverged"])

    found = compare(obtained, expected)

    assert found.exact == ["b"]
    assert found.different == ["a: diverged; expected: test accuracy 90.0%"]


def test_the_tolerance_shrinks_with_the_training_set():
    assert [round(tolerance(size), 3) for size in (50, 200, 1000)] == [0.141, 0.071, 0.032]


def test_runs_of_several_labels_are_compared_by_what_they_are_scored_by():
    expected, obtained = _expected(a=(0.9, 1.0), b=(0.9, 1.0)), _table(a=(0.88, 1.1), b=(0.5, 1.1))
    for runs in (expected, obtained):
        runs["test_accuracy"] = pd.NA

    found = compare(obtained, expected)

    assert found.close == ["a"]
    assert found.different == ["b: test score 50.0%; expected: test score 90.0%"]
