"""The rules of thumb in words: what each claims, and the evidence for its verdict."""

import math
from collections.abc import Mapping

from convbench.analysis.guidelines import Group, Judgement, Why
from convbench.analysis.uncertainty import Estimate
from convbench.report.text.numbers import points
from convbench.results.schema import GuidelineRow

CLAIMS: Mapping[str, str] = {
    "under_1000": "With under 1,000 images, extract features or fine-tune the top layers.",
    "1000_to_10000": "With 1,000 to 10,000 images, fine-tune the top layers.",
    "10000_to_100000": "With 10,000 to 100,000 images, fine-tune most layers.",
    "over_100000": "With more than 100,000 images, training from scratch is worth trying: it is within "
    "a point.",
    "slow_backbone": "Fine-tune at a rate 10 to 100 times smaller than from scratch.",
    "x_rays": "Transfer helps on X-rays by 30 to 40%.",
    "broken_labels": "Augmentation that changes the label hurts.",
}
_GROUPS: Mapping[Group, str] = {
    "nothing": "Evaluation alone",
    "classifier": "Feature extraction",
    "top": "Fine-tuning the top layers",
    "all": "Fine-tuning most layers",
    "scratch": "Training from scratch",
}
_NOT_TESTED: Mapping[Why, str] = {
    "no pair": "No two finished runs of this grid differ in this alone.",
    "no x-ray": "No transfer to X-rays in this grid.",
    "no broken label": "No augmentation of this grid breaks labels.",
    "no twin": "No such run has a twin without augmentation.",
}


def guideline(found: Judgement) -> GuidelineRow:
    """Return a rule with its verdict as a row of the table."""
    estimate = found.estimate
    return GuidelineRow(
        claim=CLAIMS[found.rule],
        evidence=_evidence(found),
        verdict=found.verdict,
        difference=None if estimate is None else estimate.mean,
        low=_finite(estimate.low) if estimate else None,
        high=_finite(estimate.high) if estimate else None,
        pairs=found.pairs,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _evidence(found: Judgement) -> str:
    estimate = found.estimate
    if estimate is None:
        return _NOT_TESTED[found.why]
    if found.rule == "x_rays":
        gain = f"{' or '.join(found.ours)}, {_gain(estimate, found.pairs)}"
        return f"{_where(found)}: {gain}.{_no_room(found)}"
    joined = " and " if found.rule == "broken_labels" else " or "
    ours, others = joined.join(found.ours), joined.join(found.others)
    text = f"{_where(found)}: {ours} against {others}, {_difference(estimate, found.pairs)}."
    if not found.untried:
        return text
    untried = " and ".join(_GROUPS[group] for group in found.untried)
    return f"{text} {untried}, which would do as well, was not tried."


def _where(found: Judgement) -> str:
    parts = [
        f"{' and '.join(f'{size:,}' for size in sizes)} images of {dataset}"
        for dataset, sizes in found.sizes
    ]
    return "With " + "; ".join(parts)


def _difference(estimate: Estimate, pairs: int) -> str:
    text = f"{points(estimate.mean)} points"
    if not math.isfinite(estimate.low):
        return f"{text} {_without_interval(pairs)}"
    interval = f"95% interval {points(estimate.low)} to {points(estimate.high)}"
    return f"{text} over {pairs} pairs ({interval})"


def _gain(estimate: Estimate, pairs: int) -> str:
    text = f"{estimate.mean:+.1%} of the score from scratch"
    if not math.isfinite(estimate.low):
        return f"{text} {_without_interval(pairs)}"
    return f"{text} over {pairs} pairs (95% interval {estimate.low:+.1%} to {estimate.high:+.1%})"


def _without_interval(pairs: int) -> str:
    if pairs == 1:
        return "in one pair, which has no interval"
    return f"in each of {pairs} pairs, which have no interval"


def _no_room(found: Judgement) -> str:
    if found.reached is None:
        return ""
    return f" From {found.reached:.1%}, which training from scratch reaches, no gain of 30% is possible."
