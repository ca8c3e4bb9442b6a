from convbench.results.rates import RangeTestResult


def test_a_range_test_comes_back_from_its_file(tmp_path):
    found = RangeTestResult("digits/net/scratch", [1e-3, 1e-2], [1.0, 0.5], 1e-3)
    found.write(tmp_path / "rates" / "one.json")

    assert RangeTestResult.read(tmp_path / "rates" / "one.json") == found


def test_a_range_test_that_was_killed_has_a_reason_and_no_rate(tmp_path):
    (tmp_path / "one.json").write_text(
        '{"lrs": [], "losses": [], "chosen_lr": null, "outcome": "killed", "reason": "by SIGKILL"}'
    )

    found = RangeTestResult.read(tmp_path / "one.json")

    assert (found.chosen_lr, found.outcome, found.reason) == (None, "killed", "by SIGKILL")
