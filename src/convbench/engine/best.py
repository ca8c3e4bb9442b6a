"""Select the best epoch by validation score."""

import math
from dataclasses import dataclass


@dataclass
class BestEpoch:
    """The best of the epochs so far.

    The best epoch has the highest validation score. Among equal scores, which are common with few
    validation images, it has the lowest validation loss; among equal losses too, it is the first.

    >>> best = BestEpoch()
    >>> [best.update(epoch, score, loss) for epoch, score, loss in [(1, 0.8, 0.5), (2, 0.8, 0.6)]]
    [True, False]
    >>> best.epoch, best.waited
    (1, 1)
    """

    epoch: int = 0
    """From 1; 0 before the first epoch."""
    score: float = -math.inf
    loss: float = math.inf
    waited: int = 0
    """Epochs since the score last rose; a lower loss at the same score does not count as a rise."""

    def update(self, epoch: int, score: float, loss: float) -> bool:
        """Take note of an epoch's validation score and loss; return whether it is the new best."""
        self.waited = 0 if score > self.score else self.waited + 1
        better = (score, -loss) > (self.score, -self.loss)
        if better:
            self.epoch, self.score, self.loss = epoch, score, loss
        return better
