"""Every table that a grid leaves: a row class per table, a field per column.

The Parquet and CSV files, the MLflow metrics, the numbers of ``metrics.json``, the expected numbers and
the tables of the report follow from these classes.
"""

from collections.abc import Mapping

from convbench.results.schema.comparisons import (
    ConfigurationRow,
    ConvergenceRow,
    EffectRow,
    GuidelineRow,
    SummaryRow,
    VarianceRow,
)
from convbench.results.schema.runs import (
    ConfigurationKey,
    EpochRow,
    GradientRow,
    LabelRow,
    Metrics,
    RunRow,
    SpeedRow,
    TaskKey,
)

TABLES: Mapping[str, type] = {
    "runs": RunRow,
    "epochs": EpochRow,
    "labels": LabelRow,
    "gradients": GradientRow,
    "speed": SpeedRow,
    "configurations": ConfigurationRow,
    "effects": EffectRow,
    "variance": VarianceRow,
    "convergence": ConvergenceRow,
    "guidelines": GuidelineRow,
}
"""Table, as its files are called -> its rows."""

__all__ = [
    "TABLES",
    "ConfigurationKey",
    "ConfigurationRow",
    "ConvergenceRow",
    "EffectRow",
    "EpochRow",
    "GradientRow",
    "GuidelineRow",
    "LabelRow",
    "Metrics",
    "RunRow",
    "SpeedRow",
    "SummaryRow",
    "TaskKey",
    "VarianceRow",
]
