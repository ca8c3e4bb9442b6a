"""What a network is trained for: a dataset, and how many of its training images."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Task:
    """A dataset and the number of training images that are drawn from it.

    Written as in a config::

        >>> Task.parse("digits@100")
        Task(dataset='digits', train_size=100)
        >>> str(Task("digits", None))
        'digits'
    """

    dataset: str
    train_size: int | None
    """``None``: all training images."""

    @classmethod
    def parse(cls, name: str) -> Self:
        """Read a task as a config writes it."""
        dataset, _, size = name.partition("@")
        return cls(dataset, int(size) if size else None)

    def __str__(self) -> str:
        return self.dataset if self.train_size is None else f"{self.dataset}@{self.train_size}"
