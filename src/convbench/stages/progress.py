"""What a person sees while a run trains."""

import time

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
