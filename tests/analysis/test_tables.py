import pandas as pd

from convbench.analysis.tables import RUN_COLUMNS, table

PROMISED = [
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
    "mlflow_run_id",
]


def test_the_promised_columns_come_first_in_their_order():
    assert list(RUN_COLUMNS)[: len(PROMISED)] == PROMISED


def test_what_a_run_lacks_is_missing_not_zero():
    rows = [{"run_id": "a", "test_accuracy": 0.5, "best_epoch": 3}, {"run_id": "b", "outcome": "failed"}]

    found = table(rows, RUN_COLUMNS)

    assert found["test_accuracy"].tolist()[0] == 0.5
    assert pd.isna(found["test_accuracy"][1])
    assert pd.isna(found["best_epoch"][1])
    assert found["best_epoch"].dtype == "Int64"
