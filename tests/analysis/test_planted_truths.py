"""Made-up results of which the truth is known become these sentences, and wrong ones seldom: 200 grids.

Fine-tuning a residual network is best, with mixup or without: a tie. Fine-tuning brings more to it than
to the plain one: an interaction. Mixup does nothing.
"""

import itertools

import numpy as np
import pandas as pd
import pytest

from convbench.analysis.comparison import compare
from convbench.analysis.factors import effects, shares
from convbench.analysis.findings import findings
from convbench.analysis.tables import (
    COMPARISON_COLUMNS,
    EFFECT_COLUMNS,
    RUN_COLUMNS,
    SHARE_COLUMNS,
    table,
)

GRIDS, SEEDS, IMAGES = 200, 3, 400
LOGITS = {
    ("plain", "scratch"): 0.8,
    ("plain", "tuned"): 1.0,
    ("residual", "scratch"): 0.8,
    ("residual", "tuned"): 2.2,
}
CELLS = list(itertools.product(("plain", "residual"), ("scratch", "tuned"), ("none", "mixup")))
BEST = {("residual", "tuned", "none"), ("residual", "tuned", "mixup")}


def sentences(number):
    """Make one grid and say what was found in it."""
    draw = np.random.default_rng(number)
    hard = draw.normal(0, 1, IMAGES)
    right = {
        cell: (
            draw.random((SEEDS, IMAGES))
            < 1 / (1 + np.exp(-(LOGITS[cell[:2]] + hard + draw.normal(0, 0.05, (SEEDS, 1)))))
        ).astype(float)
        for cell in CELLS
    }
    runs = table(
        [
            {
                "run_id": f"{cell}{seed}",
                "dataset": "zoo",
                "train_size": 50,
                **dict(zip(("architecture", "strategy", "augmentation"), cell, strict=True)),
                "seed": seed,
                "outcome": "finished",
                "score": "accuracy",
                "val_score": own.mean(),
                "test_score": own[seed].mean(),
                "train_seconds": 1.0,
            }
            for cell, own in right.items()
            for seed in range(SEEDS)
        ],
        RUN_COLUMNS,
    )
    return [sentence.text for sentence in findings(runs, **tables(runs, right))]


def tables(runs, right):
    best = max(CELLS, key=lambda cell: right[cell].mean())
    others = [cell for cell in CELLS if cell != best]
    compared = compare(
        [dict(enumerate(right[cell])) for cell in others], dict(enumerate(right[best])), "accuracy"
    )
    rows = [
        {
            "dataset": "zoo",
            "train_size": 50,
            **dict(zip(("architecture", "strategy", "augmentation"), cell, strict=True)),
            "seeds": SEEDS,
            "best": False,
            "compared": SEEDS,
            "tied": found.tied,
        }
        for cell, found in zip(others, compared, strict=True)
    ]
    return {
        "comparisons": table(rows, COMPARISON_COLUMNS),
        "effects": table(
            [
                {
                    **vars(each),
                    "dataset": "zoo",
                    "difference": each.estimate.mean,
                    "low": each.estimate.low,
                    "high": each.estimate.high,
                    "seen": each.seen,
                }
                for each in effects(
                    runs,
                    {f"{cell}{seed}": own[seed] for cell, own in right.items() for seed in range(SEEDS)},
                )
            ],
            EFFECT_COLUMNS,
        ),
        "variance": table(
            [
                {
                    "dataset": "zoo",
                    "factor": each.factors[0],
                    "with": (*each.factors, "")[1],
                    "share": each.share,
                    "seen": each.seen,
                }
                for each in shares(runs)
            ],
            SHARE_COLUMNS,
        ),
    }


@pytest.fixture(scope="module")
def said():
    return pd.Series([" ".join(sentences(number)) for number in range(GRIDS)])


def test_the_best_and_its_tie_are_found_and_nothing_else(said):
    """In 95 of 100 grids the tie is told; every worse one is told from the best."""
    tie = r"with 50 images of zoo, 1 of 7 \(residual tuned (?:none|mixup)\)\."

    assert said.str.contains(tie).mean() >= 0.90
    assert said.str.contains("with 50 images of zoo, 0 of 7").mean() <= 0.085


def test_the_interaction_is_found(said):
    depends = "what the architecture buys depends on the strategy"

    assert said.str.contains(depends).mean() >= 0.95


def test_interactions_that_are_not_there_are_seldom_found(said):
    wrong = said.str.contains("depends on the augmentation|the augmentation buys depends")

    assert wrong.mean() <= 0.085  # 5%, and what chance adds once in 60 such tests


def test_the_augmentation_that_does_nothing_is_seldom_said_to(said):
    nothing = (
        "On zoo, the augmentation did not visibly change the test accuracy against none: "
        "no effect beyond chance is seen on average of mixup."
    )

    assert said.str.contains(nothing, regex=False).mean() >= 0.915


def test_the_strategy_is_always_found_with_its_size(said):
    change = said.str.extract(r"against scratch: tuned by \+([0-9.]+) points")[0].astype(float)

    assert change.notna().mean() >= 0.95
    assert change.mean() == pytest.approx(11.0, abs=2.0)
