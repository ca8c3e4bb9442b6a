"""The textbook's rules of thumb, each as claim, evidence and verdict, from the results alone.

A rule compares two groups of ways to train on the same images: in each pair (a task, an architecture, an
augmentation and a seed) either group is represented by the one that did best on *validation*, and their
test scores are compared. A verdict needs a 95% interval of the mean difference, were other pairs and
other test images drawn, that leaves out zero, or whatever the rule names instead; one pair has no
interval, and then nothing is decided.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from convbench.analysis.comparison import Answers
from convbench.analysis.factors import differences
from convbench.analysis.uncertainty import Estimate, over_pairs_and_images
from convbench.words import points

FROZEN, TOP, MOST, SCRATCH = "frozen", "top", "most", "scratch"
_OPTIONS = {
    FROZEN: "Feature extraction",
    TOP: "Fine-tuning the top layers",
    MOST: "Fine-tuning most layers",
    SCRATCH: "Training from scratch",
}
_MOST = frozenset({"fine_tune", "probe_then_fine_tune", "gradual_unfreeze"})
_X_RAYS = r"pneumonia|chest|x[_-]?ray"
"""What a dataset's name says where its images are X-rays."""
_X_RAY_GAIN = (0.3, 0.4)
NOT_TESTED = "not tested here"
_KEY = ["dataset", "train_size", "architecture", "augmentation", "seed"]


@dataclass(frozen=True)
class Verdict:
    """One rule of thumb, held against the results."""

    claim: str
    evidence: str
    verdict: str
    """``supported``, ``contradicted``, ``undecided``, or ``not tested here``."""
    difference: float | None = None
    """Mean of the paired differences in the test score: what the claim says is better, less the rest."""
    low: float | None = None
    high: float | None = None
    """Its 95% interval; none of a single pair."""
    pairs: int = 0


def guidelines(runs: pd.DataFrame, answers: Answers) -> list[Verdict]:
    """Hold every rule against the finished runs; a rule that they say nothing of is there too.

    ``answers``: of each finished run, by its id, what each test image adds to its score, ``[images]``.
    """
    finished = runs[runs["outcome"] == "finished"].copy()
    finished["group"] = [_group(method) for method in finished["method"]]
    return [rule(finished, answers) for rule in _RULES]


def _group(method: str) -> str:
    """Say how much of the network a strategy of the catalogue trains."""
    if method == "feature_extraction":
        return FROZEN
    if method.startswith("fine_tune_last_"):
        return TOP
    return MOST if method in _MOST else method


def _by_size(claim: str, least: int, below: float, ours: Sequence[str], margin: float = 0.0) -> "Rule":
    """Make a rule that one group is best for training sizes from ``least`` to under ``below``."""

    def rule(runs: pd.DataFrame, answers: Answers) -> Verdict:
        sized = runs[(runs["train_size"] >= least) & (runs["train_size"] < below)]
        known = sized[sized["group"].isin((FROZEN, TOP, MOST, SCRATCH))]
        chosen = known["group"].isin(ours)
        found = _judge(claim, known[chosen], known[~chosen], answers, margin=margin)
        missing = [_OPTIONS[group] for group in ours if group not in set(known["group"])]
        if found.verdict != "contradicted" or not missing:
            return found
        half = f"{found.evidence} {' and '.join(missing)}, which would do as well, was not tried."
        return replace(found, verdict="undecided", evidence=half)

    return rule


def _judge(
    claim: str,
    ours: pd.DataFrame,
    others: pd.DataFrame,
    answers: Answers,
    key: list[str] = _KEY,
    margin: float = 0.0,
) -> Verdict:
    """Compare the best of two groups pair by pair; ``margin`` is how far behind is still as good."""
    both = _paired(_best(ours, key), _best(others, key))
    if both.empty:
        return Verdict(claim, "No two finished runs of this grid differ in this alone.", NOT_TESTED)
    estimate = over_pairs_and_images(
        [differences(own["run_id_ours"], own["run_id_others"], answers) for own in _by_dataset(both)]
    )
    names = [" or ".join(sorted(set(both[f"strategy_{side}"]))) for side in ("ours", "others")]
    where = _where(both.reset_index())
    evidence = f"{where}: {names[0]} against {names[1]}, {_points(estimate, len(both))}."
    return _verdict(
        claim, evidence, _decide(estimate.low + margin, estimate.high + margin), estimate, both
    )


def _verdict(
    claim: str, evidence: str, verdict: str, estimate: Estimate, pairs: pd.DataFrame
) -> Verdict:
    return Verdict(claim, evidence, verdict, estimate.mean, estimate.low, estimate.high, len(pairs))


def _by_dataset(pairs: pd.DataFrame) -> list[pd.DataFrame]:
    """Part pairs by the test images that they were scored on."""
    return [own for _, own in pairs.groupby("dataset", sort=False)]


def _best(runs: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return for each key the run with the best validation score."""
    ordered = runs.sort_values("val_score", ascending=False, kind="stable")
    return ordered.drop_duplicates(key).set_index(key)[["run_id", "strategy", "test_score"]]


def _paired(ours: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Put two groups' runs beside each other, for the keys that both have."""
    return ours.add_suffix("_ours").join(others.add_suffix("_others"), how="inner")


def _decide(low: float, high: float) -> str:
    if low > 0:
        return "supported"
    return "contradicted" if high < 0 else "undecided"


def _points(estimate: Estimate, pairs: int) -> str:
    said = f"{points(estimate.mean)} points"
    if math.isfinite(estimate.low):
        return (
            f"{said} over {pairs} pairs (95% interval {points(estimate.low)} to {points(estimate.high)})"
        )
    return f"{said} {_without_interval(pairs)}"


def _without_interval(pairs: int) -> str:
    if pairs == 1:
        return "in one pair, which has no interval"
    return f"in each of {pairs} pairs, which have no interval"


def _where(pairs: pd.DataFrame) -> str:
    parts = []
    for dataset, own in pairs.groupby("dataset", sort=False):
        sizes = [f"{size:,}" for size in sorted(own["train_size"].unique())]
        parts.append(f"{' and '.join(sizes)} images of {dataset}")
    return "With " + "; ".join(parts)


def _slow_bodies(runs: pd.DataFrame, answers: Answers) -> Verdict:
    """Compare body rates 10 to 100 times below that from scratch with all others, method by method."""
    claim = "Fine-tune at a rate 10 to 100 times smaller than from scratch."
    rated = runs[runs["rate_ratio"].notna() & runs["group"].isin((TOP, MOST))]
    slow = (rated["rate_ratio"] >= 10 - 1e-6) & (rated["rate_ratio"] <= 100 + 1e-6)
    return _judge(claim, rated[slow], rated[~slow], answers, key=[*_KEY, "method"])


def _x_rays(runs: pd.DataFrame, answers: Answers) -> Verdict:
    """Compare transfer with training from scratch on X-rays, relative to the latter's score.

    Where training from scratch comes so far that 30% more would be above 100%, nothing can be decided.
    """
    claim = "Transfer helps on X-rays by 30 to 40%."
    own = runs[runs["dataset"].str.contains(_X_RAYS, case=False)]
    known = own[own["group"].isin((FROZEN, TOP, MOST, SCRATCH))]
    scratch = known["group"] == SCRATCH
    both = _paired(_best(known[~scratch], _KEY), _best(known[scratch], _KEY))
    if both.empty:
        return Verdict(claim, "No transfer to X-rays in this grid.", NOT_TESTED)
    estimate = over_pairs_and_images([_gains(own, answers) for own in _by_dataset(both)])
    low, high = estimate.low, estimate.high
    names = " or ".join(sorted(set(both["strategy_ours"])))
    over = (
        f"over {len(both)} pairs (95% interval {low:+.1%} to {high:+.1%})"
        if math.isfinite(low)
        else _without_interval(len(both))
    )
    evidence = (
        f"{_where(both.reset_index())}: {names}, {estimate.mean:+.1%} of the score from scratch {over}."
    )
    reached = float(both["test_score_others"].mean())
    if reached > 1 / (1 + _X_RAY_GAIN[0]):
        limit = f" From {reached:.1%}, which training from scratch reaches, no gain of 30% is possible."
        return _verdict(claim, evidence + limit, NOT_TESTED, estimate, both)
    verdict = "undecided"
    if high < _X_RAY_GAIN[0] or low > _X_RAY_GAIN[1]:
        verdict = "contradicted"
    elif low >= _X_RAY_GAIN[0] and high <= _X_RAY_GAIN[1]:
        verdict = "supported"
    return _verdict(claim, evidence, verdict, estimate, both)


def _gains(pairs: pd.DataFrame, answers: Answers) -> np.ndarray:
    """Return what each test image adds to the relative gain of each pair, ``[pairs, images]``.

    The ratio of two means is taken as linear in what an image adds to either (the delta method).
    """
    rows = []
    for pair in pairs.itertuples():
        ours, others = answers[str(pair.run_id_ours)], answers[str(pair.run_id_others)]
        ratio = ours.mean() / others.mean()
        rows.append(ratio - 1 + (ours - ratio * others) / others.mean())
    return np.stack(rows)


def _broken_labels(runs: pd.DataFrame, answers: Answers) -> Verdict:
    """Compare no augmentation with those that break labels, all else alike."""
    claim = "Augmentation that changes what the label says hurts."
    broken = runs[runs["label_breaking"].fillna("") != ""]
    if broken.empty:
        return Verdict(claim, "No augmentation of this grid breaks labels.", NOT_TESTED)
    key = ["dataset", "train_size", "architecture", "strategy", "seed"]
    sides = [runs[runs["augmentation"] == "none"], broken]
    both = _paired(*(side.groupby(key)["run_id"].agg(list).to_frame() for side in sides))
    if both.empty:
        return Verdict(claim, "No such run has a twin without augmentation.", NOT_TESTED)
    blocks = [
        np.stack([_mean_gap(pair, answers) for pair in own.itertuples()]) for own in _by_dataset(both)
    ]
    estimate = over_pairs_and_images(blocks)
    names = " and ".join(sorted(set(broken["augmentation"])))
    evidence = f"{_where(both.reset_index())}: none against {names}, {_points(estimate, len(both))}."
    return _verdict(claim, evidence, _decide(estimate.low, estimate.high), estimate, both)


def _mean_gap(pair: Any, answers: Answers) -> np.ndarray:  # noqa: ANN401 (a row of pandas' itertuples)
    """Return what each test image adds to the difference of two groups of runs, ``[images]``."""
    ours, others = (
        np.mean([answers[run] for run in side], axis=0)
        for side in (pair.run_id_ours, pair.run_id_others)
    )
    return np.asarray(ours - others)


Rule = Callable[[pd.DataFrame, Answers], Verdict]
_RULES: tuple[Rule, ...] = (
    _by_size(
        "With under 1,000 images, extract features or fine-tune the top layers.", 0, 1e3, (FROZEN, TOP)
    ),
    _by_size("With 1,000 to 10,000 images, fine-tune the top layers.", 1_000, 1e4, (TOP,)),
    _by_size("With 10,000 to 100,000 images, fine-tune most layers.", 10_000, 1e5, (MOST,)),
    _by_size(
        "With more than 100,000 images, training from scratch is worth trying: it is within a point.",
        100_000,
        math.inf,
        (SCRATCH,),
        margin=0.01,
    ),
    _slow_bodies,
    _x_rays,
    _broken_labels,
)
