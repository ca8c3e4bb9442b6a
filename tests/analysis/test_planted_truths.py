"""Made-up results of which the truth is known become these sentences, and wrong ones seldom: 200 grids.

Fine-tuning a residual network is best, with mixup or without. Fine-tuning improves it more than
to the plain one: an interaction. Mixup does nothing.
"""

import itertools

import numpy as np
import pandas as pd
import pytest
from tests.rows import rows_table, runs_table

from convbench.analysis.comparison import compare
from convbench.analysis.factors import effects, explained
from convbench.report.text.findings import findings
from convbench.results.schema import ConfigurationRow, EffectRow, VarianceRow
from convbench.scores import SCORES

GRIDS, SEEDS, IMAGES = 200, 3, 400
LOGITS = {
    ("plain", "scratch"): 0.8,
    ("plain", "tuned"): 1.0,
    ("residual", "scratch"): 0.8,
    ("residual", "tuned"): 2.2,
}
CONFIGURATIONS = list(itertools.product(("plain", "residual"), ("scratch", "tuned"), ("none", "mixup")))
BEST = {("residual", "tuned", "none"), ("residual", "tuned", "mixup")}


def sentences_of(number):
    """Make one grid and return the sentences on it."""
    rng = np.random.default_rng(number)
    hard = rng.normal(0, 1, IMAGES)
    right = {
        configuration: (
            rng.random((SEEDS, IMAGES))
            < 1 / (1 + np.exp(-(LOGITS[configuration[:2]] + hard + rng.normal(0, 0.05, (SEEDS, 1)))))
        ).astype(float)
        for configuration in CONFIGURATIONS
    }
    runs = runs_table(
        [
            {
                "run_id": f"{configuration}{seed}",
                "dataset": "zoo",
                "train_size": 50,
                **dict(zip(("architecture", "label", "augmentation"), configuration, strict=True)),
                "strategy": "scratch" if configuration[1] == "scratch" else "fine_tune",
                "seed": seed,
                "score": "accuracy",
                "val_score": own.mean(),
                "test_score": own[seed].mean(),
                "train_seconds": 1.0,
            }
            for configuration, own in right.items()
            for seed in range(SEEDS)
        ]
    )
    return [sentence.text for sentence in findings(runs, **tables(runs, right))]


def tables(runs, right):
    best = max(CONFIGURATIONS, key=lambda configuration: right[configuration].mean())
    others = [configuration for configuration in CONFIGURATIONS if configuration != best]
    compared = compare(
        [dict(enumerate(right[configuration])) for configuration in others],
        dict(enumerate(right[best])),
        SCORES["accuracy"],
    )
    rows = [
        {
            "dataset": "zoo",
            "train_size": 50,
            **dict(zip(("architecture", "label", "augmentation"), configuration, strict=True)),
            "seeds": SEEDS,
            "best": False,
            "compared": SEEDS,
            "not_different": found.not_different,
        }
        for configuration, found in zip(others, compared, strict=True)
    ]
    return {
        "configurations": rows_table(rows, ConfigurationRow),
        "effects": rows_table(
            [
                {
                    "dataset": "zoo",
                    "factor": each.factor,
                    "level": each.level,
                    "baseline": each.baseline,
                    "difference": each.estimate.mean,
                    "low": each.estimate.low,
                    "high": each.estimate.high,
                    "p_holm": each.p_holm,
                    "better": each.better,
                    "pairs": each.pairs,
                    "significant": each.significant,
                }
                for each in effects(
                    runs,
                    {
                        f"{configuration}{seed}": own[seed]
                        for configuration, own in right.items()
                        for seed in range(SEEDS)
                    },
                )
            ],
            EffectRow,
        ),
        "variance": rows_table(
            [
                {
                    "dataset": "zoo",
                    "factor": each.factors[0],
                    "partner": (*each.factors, "")[1],
                    "eta_squared": each.eta_squared,
                    "significant": each.significant,
                }
                for each in explained(runs)
            ],
            VarianceRow,
        ),
    }


@pytest.fixture(scope="module")
def sentences():
    return pd.Series([" ".join(sentences_of(number)) for number in range(GRIDS)])


def test_the_best_and_its_equal_are_found_and_nothing_else(sentences):
    """In 95 of 100 grids the equal one is found; every worse one is significantly different."""
    equal = r"with 50 images of zoo, 1 of the other 7 \(residual tuned (?:none|mixup)\)\."

    assert sentences.str.contains(equal).mean() >= 0.90
    assert sentences.str.contains("with 50 images of zoo, 0 of the other 7").mean() <= 0.085


def test_the_interaction_is_found(sentences):
    depends = "the effect of the architecture depends on the strategy"

    assert sentences.str.contains(depends).mean() >= 0.95


def test_interactions_that_are_not_there_are_seldom_found(sentences):
    wrong = sentences.str.contains("depends on the augmentation|effect of the augmentation depends")

    assert wrong.mean() <= 0.085  # 5%; more happens once in 60 such tests


def test_the_augmentation_without_effect_seldom_gets_one(sentences):
    nothing = "has no significant effect on the test accuracy, on average: mixup against none."

    assert sentences.str.contains(nothing, regex=False).mean() >= 0.915


def test_the_strategy_is_always_found_with_its_size(sentences):
    change = sentences.str.extract(r"against scratch: tuned \+([0-9.]+) points")[0].astype(float)

    assert change.notna().mean() >= 0.95
    assert change.mean() == pytest.approx(11.0, abs=2.0)
