"""Prepare a new classifier for the features of a pretrained network.

The features of networks differ in scale a hundredfold, and so do the learning rates at which a linear
layer learns from them. Standardised features need one rate for all networks, as scikit-learn advises for
its logistic regression, and as *Masked Autoencoders Are Scalable Vision Learners* (He et al. 2022,
appendix A.1) does before a linear classifier. A step changes a logit in proportion to the squared norm
of the features, and so to their number: they are scaled as if there were 512 of them. The scaling is a
part of the layer's input during training and of its weights afterwards: the network that is evaluated
and kept has the architecture's own layers.
"""

import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from convbench.engine.batches import Images, Standardise, batches

_WIDTH = 512  # features of a ResNet-18 and of a SqueezeNet
_PIXELS = 2**20  # a step, at most: 20 images of 224 pixels


class FeatureScaling:
    """A hook that shifts and scales a layer's input; unlike a closure, it is copied with the network."""

    def __init__(self, mean: Tensor, scale: Tensor) -> None:
        self.mean, self.scale = mean, scale

    def __call__(self, module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        """Shift and scale features ``[B, F]``."""
        return ((inputs[0] - self.mean) / self.scale,)


def prepare_classifier(
    network: nn.Module, classifier: nn.Module, images: Images, standardise: Standardise
) -> tuple[float, float]:
    """Let a new classifier see its features standardised, and start where all classes are as probable.

    Mean and standard deviation are over ``images``, the training images, as they are; a feature that
    does not vary is only shifted. A classifier that is one linear layer starts from zeros, so that its
    first loss is that of guessing; of one with several layers, the first sees standardised features; one
    without a linear layer stays as it is. Returns the wall and the CPU time that this took, in seconds:
    they are part of the training.
    """
    started = time.perf_counter(), time.process_time()
    linear = (each for each in classifier.modules() if isinstance(each, nn.Linear))
    if layer := next((each for each in linear if each.bias is not None), None):
        mean, std = _moments(network, layer, images, standardise)
        scale = std * np.sqrt(layer.in_features / _WIDTH)
        scaling = FeatureScaling(*(layer.weight.new_tensor(each) for each in (mean, scale)))
        layer.register_forward_pre_hook(scaling)
        if layer is classifier:
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
    return time.perf_counter() - started[0], time.process_time() - started[1]


@torch.no_grad()
def fold_scaling(network: nn.Module) -> None:
    """Make the scaling of a layer's input a part of its weights.

    W (x - mean) / scale + b = (W / scale) x + (b - W mean / scale).
    """
    for layer in network.modules():
        hooks = layer._forward_pre_hooks
        for key, scaling in list(hooks.items()):
            if isinstance(scaling, FeatureScaling) and isinstance(layer, nn.Linear):
                weight = layer.weight.double() / scaling.scale.double()
                layer.bias.copy_(layer.bias.double() - weight @ scaling.mean.double())
                layer.weight.copy_(weight)
                del hooks[key]


def _moments(
    network: nn.Module, layer: nn.Linear, images: Images, standardise: Standardise
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each input of a layer over images, float64 ``[F]``.

    Computed by NumPy in double precision, whose root is the same on every processor.
    """
    count, total, squares = 0, np.zeros(layer.in_features), np.zeros(layer.in_features)
    for features in _inputs(network, layer, images, standardise):
        flat = features.reshape(-1, layer.in_features).double().cpu().numpy()
        count += len(flat)
        total += flat.sum(axis=0)
        squares += (flat**2).sum(axis=0)
    mean = total / count
    variance = np.maximum(squares / count - mean**2, 0.0)
    std = np.sqrt(variance)
    return mean, np.where(std > 1e-6 * np.abs(mean), std, 1.0)


@torch.no_grad()
def _inputs(
    network: nn.Module, layer: nn.Linear, images: Images, standardise: Standardise
) -> Iterator[Tensor]:
    """Yield what enters a layer of the network in evaluation mode, batch by batch."""
    seen: list[Tensor] = []
    watch = layer.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    network.eval()
    size = max(1, _PIXELS // images.pixels[0, ..., 0].size)
    for x, _ in batches(images, size, next(network.parameters()).device):
        network(standardise(x))
        yield seen.pop()
    watch.remove()
