import pandas as pd
import pytest

from convbench.analysis.tables import EPOCH_COLUMNS, LABEL_COLUMNS, RUN_COLUMNS, table

RUNS = [
    "run_id",
    "dataset",
    "train_size",
    "architecture",
    "weights",
    "strategy",
    "augmentation",
    "seed",
    "outcome",
    "reason",
    "val_accuracy",
    "test_accuracy",
    "test_accuracy_per_class",
    "test_loss",
    "best_epoch",
    "epochs",
    "params_total",
    "params_trainable",
    "macs",
    "train_seconds",
    "cpu_seconds",
    "seconds_per_epoch",
    "device",
    "threads",
    "score",
    "val_score",
    "test_score",
    "test_mean_average_precision",
    "test_f1_micro",
    "test_f1_macro",
    "test_f2",
    "label_breaking",
]
EPOCHS = [
    "run_id",
    "epoch",
    "lr",
    "train_loss",
    "train_accuracy",
    "val_loss",
    "val_accuracy",
    "seconds",
    "cpu_seconds",
    "val_score",
]
LABELS = [
    "run_id",
    "label",
    "images",
    "average_precision",
    "f1",
    "threshold_f1",
    "threshold_f2",
]


@pytest.mark.parametrize(
    ("columns", "promised"),
    [(RUN_COLUMNS, RUNS), (EPOCH_COLUMNS, EPOCHS), (LABEL_COLUMNS, LABELS)],
    ids=["runs", "epochs", "labels"],
)
def test_the_promised_columns_come_first_in_their_order(columns, promised):
    assert list(columns)[: len(promised)] == promised


def test_what_a_run_lacks_is_missing_not_zero():
    rows = [{"run_id": "a", "test_accuracy": 0.5, "best_epoch": 3}, {"run_id": "b", "outcome": "failed"}]

    found = table(rows, RUN_COLUMNS)

    assert found["test_accuracy"].tolist()[0] == 0.5
    assert pd.isna(found["test_accuracy"][1])
    assert pd.isna(found["best_epoch"][1])
    assert found["best_epoch"].dtype == "Int64"
