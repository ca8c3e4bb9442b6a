import numpy as np
import pandas as pd
import pytest

from convbench.analysis.guidelines import NOT_TESTED, guidelines


def _runs(rows):
    """Rows of (method, size, seed, val, test), and what else is given."""
    defaults = {
        "dataset": "cats",
        "architecture": "resnet18",
        "augmentation": "none",
        "outcome": "finished",
        "label_breaking": "",
        "rate_ratio": None,
    }
    made = []
    for method, size, seed, val, test, *more in rows:
        extra = more[0] if more else {}
        made.append(
            {
                **defaults,
                "method": method,
                "strategy": extra.get("strategy", method),
                "train_size": size,
                "seed": seed,
                "val_score": val,
                "test_score": test,
                **extra,
            }
        )
    return pd.DataFrame(made)


def _verdict(runs, start):
    (found,) = [each for each in guidelines(runs) if each.claim.startswith(start)]
    return found


def _pairs(ours, others, gaps, size=100):
    return _runs(
        [(ours, size, seed, 0.8, 0.8 + gap) for seed, gap in enumerate(gaps)]
        + [(others, size, seed, 0.8, 0.8) for seed in range(len(gaps))]
    )


@pytest.mark.parametrize(
    ("gaps", "verdict"),
    [
        ([0.10, 0.11, 0.12], "supported"),
        ([-0.10, -0.11, -0.12], "contradicted"),
        ([0.10, -0.10, 0.01], "undecided"),
        ([0.10], "undecided"),
    ],
)
def test_a_verdict_needs_an_interval_that_leaves_out_zero(gaps, verdict):
    found = _verdict(_pairs("feature_extraction", "fine_tune", gaps), "With under 1,000")

    assert found.verdict == verdict
    assert found.pairs == len(gaps)
    assert found.difference == pytest.approx(np.mean(gaps))
    assert "100 images of cats: feature_extraction against fine_tune" in found.evidence


@pytest.mark.parametrize(
    ("method", "size", "claim"),
    [
        ("feature_extraction", 999, "With under 1,000"),
        ("fine_tune_last_2", 50, "With under 1,000"),
        ("fine_tune_last_1", 1000, "With 1,000 to"),
        ("fine_tune", 10_000, "With 10,000 to"),
        ("gradual_unfreeze", 99_999, "With 10,000 to"),
    ],
)
def test_each_size_has_its_rule_and_no_other(method, size, claim):
    other = "scratch"
    runs = _pairs(method, other, [0.1, 0.11, 0.12], size)

    tested = [each for each in guidelines(runs) if each.verdict != NOT_TESTED]

    assert [each.verdict for each in tested] == ["supported"]
    assert tested[0].claim.startswith(claim)


def test_scratch_is_worth_trying_where_it_is_within_a_point():
    close = _pairs("scratch", "fine_tune", [-0.004, -0.005, -0.006], 200_000)
    far = _pairs("scratch", "fine_tune", [-0.04, -0.05, -0.06], 200_000)

    assert _verdict(close, "With more than 100,000").verdict == "supported"
    assert _verdict(far, "With more than 100,000").verdict == "contradicted"


def test_validation_chooses_who_stands_for_a_group():
    """The one with the better test score did worse on validation, so it is not the one compared."""
    runs = _runs(
        [
            ("feature_extraction", 100, 0, 0.9, 0.70),
            ("fine_tune_last_1", 100, 0, 0.8, 0.99),
            ("scratch", 100, 0, 0.5, 0.60),
        ]
    )

    found = _verdict(runs, "With under 1,000")

    assert found.difference == pytest.approx(0.10)
    assert "feature_extraction against scratch" in found.evidence


def test_only_runs_on_the_same_images_are_paired():
    runs = _runs([("feature_extraction", 100, 0, 0.9, 0.9), ("scratch", 100, 1, 0.5, 0.1)])

    assert _verdict(runs, "With under 1,000").verdict == NOT_TESTED


def test_runs_that_did_not_finish_say_nothing():
    runs = _pairs("feature_extraction", "scratch", [0.1, 0.2])
    runs["outcome"] = "failed"

    assert {each.verdict for each in guidelines(runs)} == {NOT_TESTED}


def test_the_body_rate_is_compared_within_and_outside_of_ten_to_a_hundred():
    rows = []
    for seed in range(3):
        rows.append(("fine_tune", 100, seed, 0.9, 0.9, {"strategy": "slow", "rate_ratio": 10.0}))
        rows.append(
            ("fine_tune", 100, seed, 0.8, 0.8 + seed / 99, {"strategy": "fast", "rate_ratio": 3.0})
        )

    found = _verdict(_runs(rows), "Fine-tune at a rate")

    assert found.verdict == "supported"
    assert "slow against fast" in found.evidence


@pytest.mark.parametrize(
    ("gain", "verdict"), [(0.35, "supported"), (0.05, "contradicted"), (0.6, "contradicted")]
)
def test_the_gain_on_x_rays_is_relative_to_scratch(gain, verdict):
    rows = []
    for seed in range(3):
        base = 0.5 + seed / 100
        rows.append(("scratch", 100, seed, 0.5, base, {"dataset": "pneumonia"}))
        rows.append(("fine_tune", 100, seed, 0.6, base * (1 + gain), {"dataset": "pneumonia"}))
    rows.append(("scratch", 100, 0, 0.5, 0.1))
    rows.append(("fine_tune", 100, 0, 0.5, 0.9))

    found = _verdict(_runs(rows), "Transfer helps on X-rays")

    assert found.verdict == verdict
    assert found.difference == pytest.approx(gain)
    assert found.pairs == 3


def test_augmentation_that_breaks_labels_is_held_against_none():
    rows = []
    for seed in range(3):
        flips = {"augmentation": "flips", "label_breaking": "flipping left and right"}
        rows.append(("scratch", 100, seed, 0.5, 0.9 - seed / 100))
        rows.append(("scratch", 100, seed, 0.5, 0.7, flips))
        rows.append(("scratch", 100, seed, 0.5, 0.1, {"augmentation": "mirror"}))

    found = _verdict(_runs(rows), "Augmentation that changes")

    assert found.verdict == "supported"
    assert found.difference == pytest.approx(0.19)
    assert "none against flips" in found.evidence


def test_every_rule_is_there_with_or_without_evidence():
    assert len(guidelines(_runs([("scratch", 100, 0, 0.5, 0.5)]))) == 7
