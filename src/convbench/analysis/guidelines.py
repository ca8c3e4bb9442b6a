"""Test common rules of thumb of transfer learning against the results.

A rule compares two groups of configurations on the same images: in each pair (a task, an architecture,
an augmentation and a seed) either group is represented by its best configuration on *validation*, and
their test scores are compared. A verdict needs a 95% confidence interval of the mean difference, over
pairs and test images, that excludes zero, or whatever the rule names instead; one pair has no interval,
and then the rule is undecided.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from convbench.analysis.comparison import PerImage
from convbench.analysis.factors import differences
from convbench.analysis.summary import finished
from convbench.analysis.uncertainty import Estimate, over_pairs_and_images
from convbench.results.schema import RunRow

Verdict = Literal["supported", "contradicted", "undecided", "not tested here"]
Group = Literal["nothing", "classifier", "top", "all", "scratch"]
"""What a configuration trains: no layer, the classifier, the top layers or all layers of a pretrained
network; or a network from random weights."""
Why = Literal["", "no pair", "no x-ray", "no broken label", "no twin", "no room"]
"""Why a rule is not tested: ``no room``: the score from scratch leaves none for the gain."""

_GROUPS: tuple[Group, ...] = ("classifier", "top", "all", "scratch")
_X_RAY = "x-ray"
X_RAY_GAIN = (0.3, 0.4)
_KEY = [RunRow.dataset, RunRow.train_size, RunRow.architecture, RunRow.augmentation, RunRow.seed]
_OURS, _OTHERS = "_ours", "_others"  # suffixes of a pair's columns


@dataclass(frozen=True)
class Judgement:
    """One rule, held against the results."""

    rule: str
    verdict: Verdict
    why: Why = ""
    estimate: Estimate | None = None
    """Mean of the paired differences in the test score: what the rule recommends less the rest; of
    X-rays the relative gain."""
    pairs: int = 0
    sizes: Sequence[tuple[str, Sequence[int]]] = ()
    """Datasets, each with the training sizes that were compared."""
    ours: Sequence[str] = ()
    others: Sequence[str] = ()
    """Labels of the strategies that represent either side; of augmentations their names."""
    untried: Sequence[Group] = ()
    """Groups that the rule recommends too, and that no run tried."""
    reached: float | None = None
    """The mean score from scratch, where it leaves no room for the gain."""


def guidelines(runs: pd.DataFrame, per_image: PerImage) -> list[Judgement]:
    """Hold every rule against the finished runs, tested or not.

    ``per_image``: of each finished run, by its id, what each test image adds to its score, ``[images]``.
    """
    known = finished(runs)
    return [rule(name, known, per_image) for name, rule in _RULES.items()]


def _groups(runs: pd.DataFrame) -> "pd.Series[str]":
    """Return what each run trains: a ``Group``."""
    scratch = (runs[RunRow.trains] == "all") & (runs[RunRow.weights] == "random")
    return runs[RunRow.trains].mask(scratch, "scratch")


def _by_size(least: int, below: float, ours: Sequence[Group], margin: float = 0.0) -> "Rule":
    """Make a rule that one group is best for training sizes from ``least`` to under ``below``."""

    def rule(name: str, runs: pd.DataFrame, per_image: PerImage) -> Judgement:
        sized = runs[(runs[RunRow.train_size] >= least) & (runs[RunRow.train_size] < below)]
        groups = _groups(sized)
        known, groups = sized[groups.isin(_GROUPS)], groups[groups.isin(_GROUPS)]
        chosen = groups.isin(ours)
        found = _judge(name, known[chosen], known[~chosen], per_image, margin=margin)
        untried = [group for group in ours if group not in set(groups)]
        if found.verdict != "contradicted" or not untried:
            return found
        return replace(found, verdict="undecided", untried=untried)

    return rule


def _judge(
    rule: str,
    ours: pd.DataFrame,
    others: pd.DataFrame,
    per_image: PerImage,
    key: list[str] = _KEY,
    margin: float = 0.0,
) -> Judgement:
    """Compare the best of two groups pair by pair; ``margin`` is how far behind is still as good."""
    both = _paired(_best(ours, key), _best(others, key))
    if both.empty:
        return Judgement(rule, "not tested here", "no pair")
    estimate = over_pairs_and_images([differences(*_ids(own), per_image) for own in _by_dataset(both)])
    return Judgement(
        rule,
        _decide(estimate.low + margin, estimate.high + margin),
        estimate=estimate,
        pairs=len(both),
        sizes=_sizes(both.reset_index()),
        ours=sorted(set(both[RunRow.label + _OURS])),
        others=sorted(set(both[RunRow.label + _OTHERS])),
    )


def _ids(pairs: pd.DataFrame) -> tuple[Sequence[str], Sequence[str]]:
    return list(pairs[RunRow.run_id + _OURS]), list(pairs[RunRow.run_id + _OTHERS])


def _by_dataset(pairs: pd.DataFrame) -> list[pd.DataFrame]:
    """Divide pairs by the test images that they were scored on."""
    return [own for _, own in pairs.groupby(RunRow.dataset, sort=False)]


def _best(runs: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return for each key the run with the best validation score."""
    ordered = runs.sort_values(RunRow.val_score, ascending=False, kind="stable")
    values = [RunRow.run_id, RunRow.label, RunRow.test_score]
    return ordered.drop_duplicates(key).set_index(key)[values]


def _paired(ours: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Put two groups' runs beside each other, for the keys that both have."""
    return ours.add_suffix(_OURS).join(others.add_suffix(_OTHERS), how="inner")


def _decide(low: float, high: float) -> Verdict:
    if low > 0:
        return "supported"
    return "contradicted" if high < 0 else "undecided"


def _sizes(pairs: pd.DataFrame) -> list[tuple[str, list[int]]]:
    return [
        (str(dataset), sorted(int(size) for size in own[RunRow.train_size].unique()))
        for dataset, own in pairs.groupby(RunRow.dataset, sort=False)
    ]


def _slow_backbones(rule: str, runs: pd.DataFrame, per_image: PerImage) -> Judgement:
    """Compare backbone rates 10 to 100 times below that from scratch with all others, by strategy."""
    rated = runs[runs[RunRow.rate_ratio].notna() & _groups(runs).isin(("top", "all"))]
    ratio = rated[RunRow.rate_ratio]
    slow = (ratio >= 10 - 1e-6) & (ratio <= 100 + 1e-6)
    return _judge(rule, rated[slow], rated[~slow], per_image, key=[*_KEY, RunRow.strategy])


def _x_rays(rule: str, runs: pd.DataFrame, per_image: PerImage) -> Judgement:
    """Compare transfer with training from scratch on X-rays, relative to the latter's score.

    Where the score from scratch leaves no room for a gain of 30%, the rule is not tested.
    """
    own = runs[runs[RunRow.modality] == _X_RAY]
    groups = _groups(own)
    known, groups = own[groups.isin(_GROUPS)], groups[groups.isin(_GROUPS)]
    scratch = groups == "scratch"
    both = _paired(_best(known[~scratch], _KEY), _best(known[scratch], _KEY))
    if both.empty:
        return Judgement(rule, "not tested here", "no x-ray")
    estimate = over_pairs_and_images([_gains(pairs, per_image) for pairs in _by_dataset(both)])
    reached = float(both[RunRow.test_score + _OTHERS].mean())
    found = Judgement(
        rule,
        _gain_verdict(estimate),
        estimate=estimate,
        pairs=len(both),
        sizes=_sizes(both.reset_index()),
        ours=sorted(set(both[RunRow.label + _OURS])),
    )
    if reached > 1 / (1 + X_RAY_GAIN[0]):
        return replace(found, verdict="not tested here", why="no room", reached=reached)
    return found


def _gain_verdict(estimate: Estimate) -> Verdict:
    if estimate.high < X_RAY_GAIN[0] or estimate.low > X_RAY_GAIN[1]:
        return "contradicted"
    within = estimate.low >= X_RAY_GAIN[0] and estimate.high <= X_RAY_GAIN[1]
    return "supported" if within else "undecided"


def _gains(pairs: pd.DataFrame, per_image: PerImage) -> np.ndarray:
    """Return what each test image adds to the relative gain of each pair, ``[pairs, images]``.

    The ratio of two means is linearized in what an image adds to either (the delta method).
    """
    rows = []
    for this, other in zip(*_ids(pairs), strict=True):
        ours, others = per_image[this], per_image[other]
        ratio = ours.mean() / others.mean()
        rows.append(ratio - 1 + (ours - ratio * others) / others.mean())
    return np.stack(rows)


def _broken_labels(rule: str, runs: pd.DataFrame, per_image: PerImage) -> Judgement:
    """Compare no augmentation with those that may change labels, all else alike."""
    broken = runs[runs[RunRow.label_breaking].fillna("") != ""]
    if broken.empty:
        return Judgement(rule, "not tested here", "no broken label")
    key = [RunRow.dataset, RunRow.train_size, RunRow.architecture, RunRow.label, RunRow.seed]
    sides = [runs[runs[RunRow.augmentation] == "none"], broken]
    both = _paired(*(side.groupby(key)[RunRow.run_id].agg(list).to_frame() for side in sides))
    if both.empty:
        return Judgement(rule, "not tested here", "no twin")
    blocks = [
        np.stack([_mean_gap(ours, others, per_image) for ours, others in zip(*_lists(own), strict=True)])
        for own in _by_dataset(both)
    ]
    estimate = over_pairs_and_images(blocks)
    return Judgement(
        rule,
        _decide(estimate.low, estimate.high),
        estimate=estimate,
        pairs=len(both),
        sizes=_sizes(both.reset_index()),
        ours=["none"],
        others=sorted(set(broken[RunRow.augmentation])),
    )


def _lists(pairs: pd.DataFrame) -> tuple[list[list[str]], list[list[str]]]:
    return list(pairs[RunRow.run_id + _OURS]), list(pairs[RunRow.run_id + _OTHERS])


def _mean_gap(ours: Sequence[str], others: Sequence[str], per_image: PerImage) -> np.ndarray:
    """Return what each test image adds to the difference of two groups of runs, ``[images]``."""
    this, other = (np.mean([per_image[run] for run in side], axis=0) for side in (ours, others))
    return np.asarray(this - other)


Rule = Callable[[str, pd.DataFrame, PerImage], Judgement]
_RULES: Mapping[str, Rule] = {
    "under_1000": _by_size(0, 1e3, ("classifier", "top")),
    "1000_to_10000": _by_size(1_000, 1e4, ("top",)),
    "10000_to_100000": _by_size(10_000, 1e5, ("all",)),
    "over_100000": _by_size(100_000, math.inf, ("scratch",), margin=0.01),
    "slow_backbone": _slow_backbones,
    "x_rays": _x_rays,
    "broken_labels": _broken_labels,
}
"""Rule -> what judges it; the report has its words."""
