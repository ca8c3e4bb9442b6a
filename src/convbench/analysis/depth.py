"""Plain networks against residual ones at growing depth: the effect of skip connections."""

from dataclasses import dataclass

import pandas as pd

from convbench.analysis.summary import finished
from convbench.analysis.uncertainty import over_pairs
from convbench.results.rows import Column, column, columns_of, row
from convbench.results.schema import EpochRow, RunRow, TaskKey
from convbench.scores.accuracy import ACCURACY


@row
class DepthRow(TaskKey):
    """The errors of one run of a family that has plain and residual networks."""

    run_id: Column[str] = column("The run's id.", "Run")
    label: Column[str] = column("Strategy.", "Strategy")
    augmentation: Column[str] = column("Augmentation.", "Augmentation")
    seed: Column[int] = column("Seed.", "Seed")
    family: Column[str] = column("The family of architectures.", "Family")
    plain: Column[bool] = column("Whether it has no skip connections.", "Plain", format="flag")
    depth: Column[int] = column("Weighted layers.", "Depth", format="count")
    training: Column[float] = column("Error on the training images in the last epoch.", format="percent")
    validation: Column[float] = column(
        "Error on the validation split in the last epoch.", format="percent"
    )
    test: Column[float] = column("Error on the test split, at the best epoch.", format="percent")


def depths(runs: pd.DataFrame, epochs: pd.DataFrame) -> pd.DataFrame:
    """Return the errors of the finished runs of plain and residual networks: rows of ``DepthRow``.

    Plain and residual networks are compared within a family. Depths that only plain or only residual
    networks have are left out.
    """
    known = finished(runs)
    known = known.dropna(subset=[ACCURACY.test, RunRow.family, RunRow.depth])
    both = known.groupby([RunRow.family, RunRow.depth])[RunRow.plain].transform("nunique") == 2
    last = epochs.sort_values(EpochRow.epoch, kind="stable").groupby(EpochRow.run_id).tail(1)
    errors = last.set_index(EpochRow.run_id)
    found = known.loc[both, [name for name in columns_of(DepthRow) if name in known]]
    ids = found[RunRow.run_id]
    return found.assign(
        **{
            DepthRow.training: 1 - ids.map(errors[ACCURACY.train]).astype(float),
            DepthRow.validation: 1 - ids.map(errors[ACCURACY.val]).astype(float),
            DepthRow.test: 1 - known.loc[both, ACCURACY.test].astype(float),
        }
    )


@dataclass(frozen=True)
class Degradation:
    """How the training error changes from the shallowest to the deepest network of a kind."""

    plain: bool
    shallow: int
    deep: int
    change: float
    """Mean over pairs alike in all else, a fraction; above zero: the deeper one trains worse."""
    low: float
    high: float
    """Its 95% confidence interval; infinite where there is none."""
    pairs: int


def degradations(found: pd.DataFrame) -> list[Degradation]:
    """Compare the training error of the deepest network with that of the shallowest, kind by kind."""
    key = [DepthRow.dataset, DepthRow.train_size, DepthRow.label, DepthRow.augmentation, DepthRow.seed]
    result = []
    for (_, plain), own in found.groupby([DepthRow.family, DepthRow.plain], sort=True):
        shallow, deep = int(own[DepthRow.depth].min()), int(own[DepthRow.depth].max())
        by_depth = own.set_index([DepthRow.depth, *key])[DepthRow.training]
        this, base = by_depth.xs(deep), by_depth.xs(shallow)
        gaps = (this - base).dropna().to_numpy(dtype=float)
        if shallow < deep and len(gaps):
            change = over_pairs(gaps)
            result.append(
                Degradation(bool(plain), shallow, deep, change.mean, change.low, change.high, len(gaps))
            )
    return result
