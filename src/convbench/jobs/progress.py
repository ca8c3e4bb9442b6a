"""Progress output of jobs; an edit of it makes no run stale."""

import time

from convbench.data.prepared import Card
from convbench.results.schema import Metrics
from convbench.scores import title_of

_EVERY = 2.0  # seconds between two lines of one run


class Progress:
    """A line now and then: which run, which epoch, how well."""

    def __init__(self, run: str, epochs: int, score: str) -> None:
        self._run, self._epochs, self._score = run, epochs, score
        self._shown = time.monotonic()

    def show(self, epoch: int, val_score: float) -> None:
        """Print where the run is, if the last line is a while ago; pipes get it at once."""
        if time.monotonic() - self._shown >= _EVERY:
            self._shown = time.monotonic()
            where = f"epoch {epoch:>3} of {self._epochs}"
            print(f"{self._run}: {where}, validation {self._score} {val_score:.1%}", flush=True)


def print_result(metrics: Metrics) -> None:
    """Print how a run ended."""
    print(_result(metrics), flush=True)


def _result(metrics: Metrics) -> str:
    if metrics.outcome != "finished":
        return f"{metrics.run_id}: {metrics.outcome}: {metrics.reason}"
    result = f"{metrics.run_id}: test {title_of(metrics.score or '')} {metrics.test_score:.1%}"
    if not metrics.epochs:
        return f"{result}, without training"
    return (
        f"{result} with epoch {metrics.best_epoch} of {metrics.epochs}, "
        f"{metrics.train_seconds:.1f} s of training"
    )


def print_prepared(card: Card) -> None:
    """Print what a prepared dataset holds."""
    print(_prepared(card))


def _prepared(card: Card) -> str:
    splits = ", ".join(f"{count:,} {split}" for split, count in card.images.items())
    lines = [
        f"{card.dataset}: {sum(card.images.values()):,} images of {len(card.classes)} classes "
        f"at {card.image_size} px: {splits}"
    ]
    if card.made_here:
        lines.append(f"  drawn here: {', '.join(card.made_here)}")
    if card.unused:
        lines.append(f"  {card.unused:,} images beyond the numbers asked for are not used")
    lines += ["  skipped {source}: {reason}".format_map(each) for each in card.skipped]
    return "\n".join(lines)
