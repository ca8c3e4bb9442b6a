"""The textbook's rules of thumb, each as claim, evidence and verdict, from the results alone.

A rule compares two groups of ways to train on the same images: in each pair (a task, an architecture, an
augmentation and a seed) either group is represented by the one that did best on *validation*, and their
test scores are compared. A verdict needs a 95% interval of the mean difference (Student's t over the
pairs) that leaves out zero; one pair has no interval, and then nothing is decided.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from convbench.analysis.uncertainty import over_pairs
from convbench.words import points

FROZEN, TOP, MOST, SCRATCH = "frozen", "top", "most", "scratch"
_MOST = frozenset({"fine_tune", "probe_then_fine_tune", "gradual_unfreeze"})
_X_RAYS = r"pneumonia|chest|x_?ray"
"""What a dataset's name says where its images are X-rays."""
NOT_TESTED = "not tested here"


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


def guidelines(runs: pd.DataFrame) -> list[Verdict]:
    """Hold every rule against the finished runs; a rule that they say nothing of is there too."""
    finished = runs[runs["outcome"] == "finished"].copy()
    finished["group"] = [_group(method) for method in finished["method"]]
    return [rule(finished) for rule in _RULES]


def _group(method: str) -> str:
    """Say how much of the network a strategy of the catalogue trains."""
    if method == "feature_extraction":
        return FROZEN
    if method.startswith("fine_tune_last_"):
        return TOP
    return MOST if method in _MOST else method


def _by_size(
    claim: str, least: int, below: float, ours: Sequence[str], margin: float = 0.0
) -> Callable[[pd.DataFrame], Verdict]:
    """Make a rule that one group is best for training sizes from ``least`` to under ``below``."""

    def rule(runs: pd.DataFrame) -> Verdict:
        sized = runs[(runs["train_size"] >= least) & (runs["train_size"] < below)]
        known = sized[sized["group"].isin((FROZEN, TOP, MOST, SCRATCH))]
        chosen = known["group"].isin(ours)
        return _judge(claim, known[chosen], known[~chosen], margin)

    return rule


def _judge(claim: str, ours: pd.DataFrame, others: pd.DataFrame, margin: float = 0.0) -> Verdict:
    """Compare the best of two groups pair by pair; ``margin`` is how far behind is still as good."""
    key = ["dataset", "train_size", "architecture", "augmentation", "seed"]
    both = _paired(_best(ours, key), _best(others, key))
    if both.empty:
        return Verdict(claim, "No two runs of this grid differ in this alone.", NOT_TESTED)
    gaps = (both["test_score_ours"] - both["test_score_others"]).to_numpy(dtype=float)
    estimate = over_pairs(gaps)
    low, high = estimate.low, estimate.high
    names = [" or ".join(sorted(set(both[f"strategy_{side}"]))) for side in ("ours", "others")]
    where = _where(both.reset_index())
    evidence = f"{where}: {names[0]} against {names[1]}, {_points(gaps, low, high)}."
    return Verdict(
        claim, evidence, _decide(low + margin, high + margin), float(gaps.mean()), low, high, len(gaps)
    )


def _best(runs: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return for each key the run with the best validation score."""
    ordered = runs.sort_values("val_score", ascending=False, kind="stable")
    return ordered.drop_duplicates(key).set_index(key)[["strategy", "test_score"]]


def _paired(ours: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Put two groups' runs beside each other, for the keys that both have."""
    return ours.add_suffix("_ours").join(others.add_suffix("_others"), how="inner")


def _decide(low: float, high: float) -> str:
    if low > 0:
        return "supported"
    return "contradicted" if high < 0 else "undecided"


def _points(gaps: np.ndarray, low: float, high: float) -> str:
    said = f"{points(float(gaps.mean()))} points"
    if len(gaps) == 1:
        return f"{said} in one pair, which has no interval"
    return f"{said} over {len(gaps)} pairs (95% interval {points(low)} to {points(high)})"


def _where(pairs: pd.DataFrame) -> str:
    parts = []
    for dataset, own in pairs.groupby("dataset", sort=False):
        sizes = [f"{size:,}" for size in sorted(own["train_size"].unique())]
        parts.append(f"{' and '.join(sizes)} images of {dataset}")
    return "With " + "; ".join(parts)


def _slow_bodies(runs: pd.DataFrame) -> Verdict:
    """Compare body rates 10 to 100 times below the one from scratch with all other ones."""
    claim = "Fine-tune at a rate 10 to 100 times smaller than from scratch."
    rated = runs[runs["rate_ratio"].notna() & runs["group"].isin((TOP, MOST))]
    slow = (rated["rate_ratio"] >= 10 - 1e-6) & (rated["rate_ratio"] <= 100 + 1e-6)
    return _judge(claim, rated[slow], rated[~slow])


def _x_rays(runs: pd.DataFrame) -> Verdict:
    """Compare transfer with training from scratch on X-rays, relative to the latter's score."""
    claim = "Transfer helps on X-rays by 30 to 40%."
    own = runs[runs["dataset"].str.contains(_X_RAYS, case=False)]
    known = own[own["group"].isin((FROZEN, TOP, MOST, SCRATCH))]
    key = ["dataset", "train_size", "architecture", "augmentation", "seed"]
    scratch = known["group"] == SCRATCH
    both = _paired(_best(known[~scratch], key), _best(known[scratch], key))
    if both.empty:
        return Verdict(claim, "No transfer to X-rays in this grid.", NOT_TESTED)
    gains = (both["test_score_ours"] / both["test_score_others"] - 1).to_numpy(dtype=float)
    estimate = over_pairs(gains)
    low, high = estimate.low, estimate.high
    names = " or ".join(sorted(set(both["strategy_ours"])))
    over = f" over {len(gains)} pairs (95% interval {low:+.1%} to {high:+.1%})"
    evidence = (
        f"{_where(both.reset_index())}: {names}, {gains.mean():+.1%} of the score from scratch"
        f"{over if len(gains) > 1 else ' in one pair, which has no interval'}."
    )
    verdict = "undecided"
    if high < 0.3 or low > 0.4:
        verdict = "contradicted"
    elif low >= 0.3 and high <= 0.4:
        verdict = "supported"
    return Verdict(claim, evidence, verdict, float(gains.mean()), low, high, len(gains))


def _broken_labels(runs: pd.DataFrame) -> Verdict:
    """Compare no augmentation with those that break labels, all else alike."""
    claim = "Augmentation that changes what the label says hurts."
    broken = runs[runs["label_breaking"].fillna("") != ""]
    plain = runs[runs["augmentation"] == "none"]
    key = ["dataset", "train_size", "architecture", "strategy", "seed"]
    sides = [side.groupby(key)["test_score"].mean() for side in (plain, broken)]
    gaps = (sides[0] - sides[1]).dropna()
    if gaps.empty:
        return Verdict(claim, "No augmentation of this grid breaks labels.", NOT_TESTED)
    values = gaps.to_numpy(dtype=float)
    estimate = over_pairs(values)
    low, high = estimate.low, estimate.high
    names = " and ".join(sorted(set(broken["augmentation"])))
    evidence = f"{_where(gaps.reset_index())}: none against {names}, {_points(values, low, high)}."
    return Verdict(claim, evidence, _decide(low, high), float(values.mean()), low, high, len(values))


_RULES: tuple[Callable[[pd.DataFrame], Verdict], ...] = (
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
