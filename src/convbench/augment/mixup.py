"""Blend two images and their labels, so that the network learns to be linear between examples.

*mixup: Beyond Empirical Risk Minimization* (Zhang et al., 2018): the image's own share is drawn from
Beta(alpha, alpha) with alpha 0.2, as for ImageNet there, which leaves most images nearly pure. The
target holds the share of each label, so no label becomes wrong.
"""

import numpy as np
import torch
from torch import Generator, Tensor

from convbench.augment.ops.mixing import blend, blend_targets, partners

_ALPHA = 0.2


def mixup(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Blend each image ``[C, H, W]`` and its target with another one's, by a random share."""
    count = len(images)
    partner = partners(count, generator).to(images.device)
    seed = int(torch.randint(2**62, (), generator=generator))  # torch's own beta takes no generator
    share = torch.from_numpy(np.random.default_rng(seed).beta(_ALPHA, _ALPHA, count))
    share = share.to(images)
    return blend(images, images[partner], share), blend_targets(targets, partner, share)
