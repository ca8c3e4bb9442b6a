"""Blend two images, and their labels alike: the network learns to be linear between examples.

*mixup: Beyond Empirical Risk Minimization* (Zhang et al., 2018): the image's own share is drawn from
Beta(alpha, alpha); alpha is 0.2, as for ImageNet there, which leaves most images nearly pure. Nothing
that an image shows is lost or contradicted, as its target says how much there is of what: no change that
could break a label.
"""

import numpy as np
import torch
from torch import Generator, Tensor

from convbench.augment.base import Augmentation
from convbench.augment.mixing import blend, blend_targets, partners

_ALPHA = 0.2


def mixup(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Blend each image ``[C, H, W]`` and its target with a partner's, by its own share."""
    count = len(images)
    partner = partners(count, draw).to(images.device)
    seed = int(torch.randint(2**62, (), generator=draw))  # torch's own beta takes no generator
    share = torch.from_numpy(np.random.default_rng(seed).beta(_ALPHA, _ALPHA, count))
    share = share.to(images)
    return blend(images, images[partner], share), blend_targets(targets, partner, share)


MIXUP = Augmentation(
    mixup,
    changes=frozenset(),
    mixes=True,
    says="blended with another image of the batch, the label in the same shares (from Beta(0.2, 0.2))",
)
