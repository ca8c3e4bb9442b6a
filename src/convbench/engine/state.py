"""The state of a training, which can be saved after an epoch and restored."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from torch import Tensor, nn
from torch.optim.optimizer import StateDict
from torch.optim.swa_utils import AveragedModel

from convbench.engine.best import BestEpoch
from convbench.engine.step import TrainingStep


@dataclass
class TrainingState:
    """All that training changes.

    It holds no state of a random generator: all that is random in an epoch is seeded by the run's id and
    the epoch's number. Which parameters are frozen follows from the phase and its epoch.

    >>> torch.save(trainer.state.state_dict(), path)  # doctest: +SKIP
    >>> same_trainer.state.load_state_dict(torch.load(path))  # doctest: +SKIP
    """

    network: nn.Module
    average: AveragedModel | None
    """The moving average of the network's weights; ``None``: no average."""
    steps: Sequence[TrainingStep]
    """One for each phase: its optimizer and its schedule."""
    epoch: int = 0
    """Epochs done, over all phases."""
    phase: int = 0
    """Index of the current phase."""
    phase_epoch: int = 0
    """Epochs done in the current phase."""
    best: BestEpoch = field(default_factory=BestEpoch)
    """Of all epochs."""
    best_weights: Mapping[str, Tensor] | None = None
    """A copy of the best epoch's weights and statistics; ``None`` before the first epoch."""
    phase_best: BestEpoch = field(default_factory=BestEpoch)
    """Of the current phase's epochs; what patience is counted with."""

    @property
    def result(self) -> nn.Module:
        """The network that is evaluated and kept: the averaged one, where there is one."""
        return self.network if self.average is None else self.average.module

    def begin_phase(self, phase: int) -> None:
        """Move on to the phase with index ``phase``."""
        self.phase, self.phase_epoch, self.phase_best = phase, 0, BestEpoch()

    def end_epoch(self, score: float, loss: float) -> None:
        """Count an epoch with its validation score and loss; copy the weights if it is the best."""
        self.epoch += 1
        self.phase_epoch += 1
        self.phase_best.update(self.epoch, score, loss)
        if self.best.update(self.epoch, score, loss):
            weights = self.result.state_dict()
            self.best_weights = {name: tensor.detach().clone() for name, tensor in weights.items()}

    def restore_best(self) -> None:
        """Give ``result`` the best epoch's weights; without an epoch, it stays as it is."""
        if self.best_weights is not None:
            self.result.load_state_dict(self.best_weights)

    def state_dict(self) -> StateDict:
        """Return the state as tensors, numbers and containers, which ``torch.load`` accepts.

        The tensors are references, as in PyTorch: save them before training goes on.
        """
        return {
            "network": self.network.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "steps": [step.state_dict() for step in self.steps],
            "epoch": self.epoch,
            "phase": self.phase,
            "phase_epoch": self.phase_epoch,
            "best": asdict(self.best),
            "best_weights": self.best_weights,
            "phase_best": asdict(self.phase_best),
        }

    def load_state_dict(self, saved: StateDict) -> None:
        """Restore what ``state_dict`` returned, in a trainer that was made in the same way."""
        self.network.load_state_dict(saved["network"])
        if self.average is not None:
            self.average.load_state_dict(saved["average"])
        for step, values in zip(self.steps, saved["steps"], strict=True):
            step.load_state_dict(values)
        self.epoch, self.phase, self.phase_epoch = saved["epoch"], saved["phase"], saved["phase_epoch"]
        self.best, self.phase_best = BestEpoch(**saved["best"]), BestEpoch(**saved["phase_best"])
        self.best_weights = saved["best_weights"]
