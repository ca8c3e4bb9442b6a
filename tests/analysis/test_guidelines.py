import numpy as np
import pandas as pd
import pytest
from tests.rows import runs_table

from convbench.analysis.guidelines import guidelines
from convbench.report.text.guidelines import guideline

NOT_TESTED = "not tested here"


def _runs(rows):
    """Rows of (strategy, size, seed, val, test), and what else is given."""
    defaults = {
        "dataset": "cats",
        "architecture": "resnet18",
        "augmentation": "none",
        "outcome": "finished",
        "label_breaking": "",
        "rate_ratio": None,
    }
    made = []
    for strategy, size, seed, val, test, *more in rows:
        extra = more[0] if more else {}
        made.append(
            {
                **defaults,
                "run_id": str(len(made)),
                "strategy": strategy,
                "label": strategy,
                "train_size": size,
                "seed": seed,
                "val_score": val,
                "test_score": test,
                **extra,
            }
        )
    return runs_table(made)


def _held(runs):
    """Hold the rules against runs that have the same score on every test image."""
    per_image = {run.run_id: np.full(2, run.test_score) for run in runs.itertuples()}
    return [guideline(each) for each in guidelines(runs, per_image)]


def _verdict(runs, start):
    (found,) = [each for each in _held(runs) if each.claim.startswith(start)]
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
    found = _verdict(_pairs("fine_tune_last_1", "fine_tune", gaps, 2_000), "With 1,000 to 10,000")

    assert found.verdict == verdict
    assert found.pairs == len(gaps)
    assert found.difference == pytest.approx(np.mean(gaps))
    assert "2,000 images of cats: fine_tune_last_1 against fine_tune" in found.evidence


def test_half_a_rule_that_fails_does_not_contradict_it():
    """Feature extraction or the top layers: the one does worse, the other was not tried."""
    half = _pairs("feature_extraction", "fine_tune", [-0.10, -0.11, -0.12])
    top = half[half["strategy"] == "feature_extraction"].assign(
        strategy="fine_tune_last_1", label="top", trains="top"
    )
    top = top.assign(run_id="top" + top["run_id"], val_score=0.1)

    found = _verdict(half, "With under 1,000")
    whole = _verdict(pd.concat([half, top]), "With under 1,000")

    assert found.verdict == "undecided"
    assert found.evidence.endswith("Fine-tuning the top layers, which would do as well, was not tried.")
    assert whole.verdict == "contradicted"


@pytest.mark.parametrize(
    ("strategy", "size", "claim"),
    [
        ("feature_extraction", 999, "With under 1,000"),
        ("fine_tune_last_2", 50, "With under 1,000"),
        ("fine_tune_last_1", 1000, "With 1,000 to"),
        ("fine_tune", 10_000, "With 10,000 to"),
        ("gradual_unfreeze", 99_999, "With 10,000 to"),
    ],
)
def test_each_size_has_its_rule_and_no_other(strategy, size, claim):
    other = "scratch"
    runs = _pairs(strategy, other, [0.1, 0.11, 0.12], size)

    tested = [each for each in _held(runs) if each.verdict != NOT_TESTED]

    assert [each.verdict for each in tested] == ["supported"]
    assert tested[0].claim.startswith(claim)


def test_scratch_is_worth_trying_where_it_is_within_a_point():
    close = _pairs("scratch", "fine_tune", [-0.004, -0.005, -0.006], 200_000)
    far = _pairs("scratch", "fine_tune", [-0.04, -0.05, -0.06], 200_000)

    assert _verdict(close, "With more than 100,000").verdict == "supported"
    assert _verdict(far, "With more than 100,000").verdict == "contradicted"


def test_validation_chooses_the_configuration_that_represents_a_group():
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


def test_runs_that_did_not_finish_are_left_out():
    runs = _pairs("feature_extraction", "scratch", [0.1, 0.2])
    runs["outcome"] = "failed"

    assert {each.verdict for each in _held(runs)} == {NOT_TESTED}


def test_the_backbone_rate_is_compared_within_and_outside_of_ten_to_a_hundred():
    rows = []
    for seed in range(3):
        rows.append(("fine_tune", 100, seed, 0.9, 0.9, {"label": "slow", "rate_ratio": 10.0}))
        rows.append(("fine_tune", 100, seed, 0.8, 0.8 + seed / 99, {"label": "fast", "rate_ratio": 3.0}))

    found = _verdict(_runs(rows), "Fine-tune at a rate")

    assert found.verdict == "supported"
    assert "slow against fast" in found.evidence


def test_backbone_rates_are_compared_within_one_strategy():
    """The slow one of another strategy is the best on validation: there, more than the rate differs."""
    rows = []
    for seed in range(3):
        slow = {"label": "slow", "rate_ratio": 10.0}
        fast = {"label": "fast", "rate_ratio": 3.0}
        rows.append(("fine_tune", 100, seed, 0.7, 0.7 + seed / 99, slow))
        rows.append(("fine_tune", 100, seed, 0.8, 0.9, fast))
        rows.append(("fine_tune_last_1", 100, seed, 0.9, 0.95, {**slow, "label": "top"}))

    found = _verdict(_runs(rows), "Fine-tune at a rate")

    assert (found.verdict, found.pairs) == ("contradicted", 3)
    assert "slow against fast" in found.evidence


def test_a_gain_that_no_score_has_room_for_is_not_tested():
    rows = []
    for seed in range(3):
        rows.append(
            ("scratch", 100, seed, 0.5, 0.86 + seed / 99, {"dataset": "pneumonia", "modality": "x-ray"})
        )
        rows.append(("fine_tune", 100, seed, 0.6, 0.99, {"dataset": "pneumonia", "modality": "x-ray"}))

    found = _verdict(_runs(rows), "Transfer helps on X-rays")

    assert found.verdict == NOT_TESTED
    assert found.evidence.endswith(
        "From 87.0%, which training from scratch reaches, no gain of 30% is possible."
    )


def test_the_interval_of_a_gain_includes_the_variance_of_the_images():
    """By the delta strategy, of one pair: the standard error of a ratio."""
    rng = np.random.default_rng(0)
    rows = [
        ("scratch", 100, seed, 0.5, 0.0, {"dataset": "lungs", "modality": "x-ray"}) for seed in range(2)
    ]
    rows += [
        ("fine_tune", 100, seed, 0.5, 0.0, {"dataset": "lungs", "modality": "x-ray"})
        for seed in range(2)
    ]
    runs = _runs(rows)
    scratch, tuned = (rng.random(100) < probability for probability in (0.5, 0.7))
    per_image = dict(zip(runs["run_id"], [scratch, scratch, tuned, tuned], strict=True))
    per_image = {run: own.astype(float) for run, own in per_image.items()}
    runs["test_score"] = [own.mean() for own in per_image.values()]
    ratio = tuned.mean() / scratch.mean()
    error = np.std(tuned - ratio * scratch, ddof=1) / 10 / scratch.mean()

    (found,) = [
        each
        for each in map(guideline, guidelines(runs, per_image))
        if each.claim.startswith("Transfer helps")
    ]

    assert found.difference == pytest.approx(ratio - 1)
    assert found.high - found.difference == pytest.approx(1.98 * error, rel=0.01)


def test_broken_labels_without_a_twin_have_another_reason_than_none_broken():
    flips = {"augmentation": "flips", "label_breaking": "flipping left and right"}
    alone = _runs([("scratch", 100, 0, 0.5, 0.9, flips)])
    kept = _runs([("scratch", 100, 0, 0.5, 0.9)])

    assert "no" in _verdict(kept, "Augmentation that").evidence.lower()
    assert (
        _verdict(alone, "Augmentation that").evidence == "No such run has a twin without augmentation."
    )


@pytest.mark.parametrize(
    ("gain", "verdict"), [(0.35, "supported"), (0.05, "contradicted"), (0.6, "contradicted")]
)
def test_the_gain_on_x_rays_is_relative_to_scratch(gain, verdict):
    rows = []
    for seed in range(3):
        base = 0.5 + seed / 100
        rows.append(("scratch", 100, seed, 0.5, base, {"dataset": "pneumonia", "modality": "x-ray"}))
        rows.append(
            (
                "fine_tune",
                100,
                seed,
                0.6,
                base * (1 + gain + (seed - 1) / 1000),
                {"dataset": "pneumonia", "modality": "x-ray"},
            )
        )
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
        rows.append(("scratch", 100, seed, 0.5, 0.1, {"augmentation": "horizontal_flip"}))

    found = _verdict(_runs(rows), "Augmentation that changes")

    assert found.verdict == "supported"
    assert found.difference == pytest.approx(0.19)
    assert "none against flips" in found.evidence


def test_every_rule_is_there_with_or_without_evidence():
    assert len(_held(_runs([("scratch", 100, 0, 0.5, 0.5)]))) == 7
