"""Whether runs change what was learned elsewhere slowly enough."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from convbench.config.spec import RANDOM_WEIGHTS, RunSpec
from convbench.phases import backbone_lr_of

_USUAL: Mapping[str, float] = {"adamw": 0.001, "sgd": 0.1}


@dataclass(frozen=True)
class ScratchRates:
    """The learning rates at which a grid trains from random weights.

    Rates are compared within one optimizer: with those at which the grid itself trains the same network
    from scratch, else any network; where it trains none, with what is usual.
    """

    runs: Sequence[RunSpec]
    """From scratch, one of each rate."""
    pretrainings: Sequence[RunSpec]

    @classmethod
    def of(cls, runs: Iterable[RunSpec], pretrainings: Iterable[RunSpec]) -> Self:
        """Find them among the runs of a grid."""
        scratch = [spec for spec in runs if spec.weights == RANDOM_WEIGHTS]
        distinct = {(spec.architecture, spec.hyperparameters.lr, spec.label): spec for spec in scratch}
        return cls(list(distinct.values()), list(pretrainings))

    def warning(self, spec: RunSpec) -> str:
        """Say why a run's backbone rate is too high; nothing where it is not."""
        rate = backbone_rate(spec)
        if rate is None:
            return ""
        scratch, where = self._like(spec)
        if rate <= scratch / 10 * (1 + 1e-9):
            return ""
        return (
            f"backbone_lr {rate:g} is above a tenth of {scratch:g}, {where}; "
            "the pretrained features may be destroyed"
        )

    def ratio(self, spec: RunSpec) -> float | None:
        """Return how many times smaller than from scratch a run's backbone rate is, if it has one."""
        rate = backbone_rate(spec)
        return self._like(spec)[0] / rate if rate else None

    def _like(self, spec: RunSpec) -> tuple[float, str]:
        """Return the rate to compare a run's with, and whose it is."""
        for runs, what in ((self.runs, "training from scratch"), (self.pretrainings, "pretraining")):
            same = [run for run in runs if run.architecture == spec.architecture]
            if rates := _rates(same, spec) or _rates(runs, spec):
                return max(rates), f"the rate of this grid's {what}"
        kind = spec.hyperparameters.optimizer
        return _USUAL[kind], f"a usual rate from scratch with {kind}"


def rate_warnings(runs: Iterable[RunSpec], pretrainings: Iterable[RunSpec]) -> dict[str, str]:
    """Return the strategies whose rates are to be warned of: label -> the warning of its first run."""
    every = list(runs)
    scratch = ScratchRates.of(every, pretrainings)
    found: dict[str, str] = {}
    for spec in every:
        if spec.label not in found and (warning := scratch.warning(spec)):
            found[spec.label] = warning
    return found


def backbone_rate(spec: RunSpec) -> float | None:
    """Return the backbone's peak rate; ``None``: there is none, or it is yet to be chosen."""
    rate, lr = spec.hyperparameters.backbone_lr, spec.hyperparameters.lr
    if not isinstance(rate, str):
        return rate
    return backbone_lr_of(rate, lr) if isinstance(lr, float) else None


def _rates(runs: Iterable[RunSpec], like: RunSpec) -> list[float]:
    kind = like.hyperparameters.optimizer
    return [
        run.hyperparameters.lr
        for run in runs
        if run.hyperparameters.optimizer == kind and isinstance(run.hyperparameters.lr, float)
    ]
