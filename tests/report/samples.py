"""Rows of a small grid, made up."""

import pandas as pd
from tests import rows

from convbench.data.prepared import Card
from convbench.results.rows import columns_of, rows_of
from convbench.results.schema import ConfigurationKey, ConfigurationRow, RunRow, SpeedRow, SummaryRow

SPEED = SpeedRow(
    architecture="net",
    inference_ms=1.25,
    inference_batch_ms=0.5,
    train_step_ms=1.5,
    batch_size=32,
    threads=1,
    device="cpu",
    processor="A processor",
)


def run_row(label: str, seed: int, size: int = 50, **more: object) -> RunRow:
    """One finished run of ``net`` on digits."""
    score = 0.4321 + seed / 10 + size / 10_000
    given = {
        "run_id": f"digits@{size}/net/{label}/none/s{seed}",
        "dataset": "digits",
        "train_size": size,
        "weights": "random",
        "label": label,
        "seed": seed,
        "score": "accuracy",
        "val_score": 0.5 + seed / 10,
        "test_score": score,
        "test_accuracy": score,
        "test_balanced_accuracy": 0.4,
        "train_seconds": 1.5 + seed,
        "params_trainable": 1000,
        "params_total": 2000,
        "macs": 3000,
        "best_epoch": 2,
        "epochs": 3,
    }
    return rows.run_row(**given | more)


def compared(summary: pd.DataFrame, **more: object) -> list[ConfigurationRow]:
    """Compare the configurations of a summary with the first of each task."""
    found = []
    for row in rows_of(summary, SummaryRow):
        best = row.label == "scratch"
        given = {
            "seeds": row.seeds,
            "planned": row.planned,
            "outcomes": "1 failed",
            "val_score": row.val_score,
            "test_score": row.test_score,
            "low": row.test_score - 0.1,
            "high": row.test_score + 0.1,
            "calibration_error": 0.05,
            "best": best,
            "not_different": best,
            "compared": None if best else 2,
            "difference": None if best else -0.0512,
            "difference_low": None if best else -0.08,
            "difference_high": None if best else -0.02,
        }
        key = {name: getattr(row, name) for name in columns_of(ConfigurationKey)}
        found.append(ConfigurationRow(**key, **given | ({} if best else more)))
    return found


def card(**more: object) -> Card:
    given = {
        "dataset": "digits",
        "classes": ["cat", "dog", "owl"],
        "multi_label": False,
        "score": "accuracy",
        "image_size": 8,
        "resize": "stretch",
        "images": {"train": 1000, "val": 40, "test": 60},
        "made_here": [],
        "mean": [0.5] * 3,
        "std": [0.5] * 3,
        "keeps": None,
        "skipped": [],
        "unused": 0,
        "pin": "a pin",
        "digest": "a digest",
    }
    return Card(**given | more)
