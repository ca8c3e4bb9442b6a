"""Convolution, max pooling and batch normalisation in NumPy: what torch calculates, written to be read.

A lesson, not a tool: no network here is trained with it. Every function takes and returns float64
arrays, maps as ``[B, C, H, W]``. A ``..._backward`` takes the gradient of a loss L with respect to the
output, dL/dy, and returns that with respect to each input: the chain rule, one layer at a time.

Sources: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016) for the
shapes; Goodfellow, Bengio and Courville, "Deep Learning" (2016), sections 9.1 to 9.5 for convolution
and pooling; Ioffe and Szegedy, "Batch normalization" (2015), algorithms 1 and 2.
"""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float64]


def output_size(size: int, kernel: int, stride: int, padding: int) -> int:
    """Count the places of a window along an axis: floor((size + 2 * padding - kernel) / stride) + 1."""
    return (size + 2 * padding - kernel) // stride + 1


def convolution(x: Array, weight: Array, bias: Array, stride: int = 1, padding: int = 0) -> Array:
    """Slide every kernel over the map; each output is a dot product of a kernel and a patch.

    y[b, o, i, j] = bias[o] + sum over c, u, v of weight[o, c, u, v] * x[b, c, s i + u - p, s j + v - p]

    for stride s and padding p, where x is zero outside the map. The same weights serve every place
    (i, j): that is weight sharing, and why a layer has ``outputs * inputs * k * k`` weights whatever
    the size of the map. (Kernels are not flipped: strictly it is a cross-correlation, which every
    framework calls convolution.)

    x ``[B, C, H, W]``, weight ``[O, C, k, k]``, bias ``[O]`` -> y ``[B, O, H', W']`` with H' and W' of
    ``output_size``.
    """
    patches = _patches(_padded(x, padding, 0.0), weight.shape[-1], stride)
    y: Array = np.einsum("bcijuv,ocuv->boij", patches, weight, optimize=True)
    return y + bias[:, None, None]


class ConvolutionGradients(NamedTuple):
    """The gradients of a convolution's three inputs, each of that input's shape."""

    x: Array
    weight: Array
    bias: Array


def convolution_backward(
    dy: Array, x: Array, weight: Array, stride: int = 1, padding: int = 0
) -> ConvolutionGradients:
    """Pass dL/dy back through a convolution.

    - dL/dbias[o]: every place of map o added it once, so the sum of dy over them.
    - dL/dweight[o, c, u, v]: the sum over images and places of dy times the pixel that the weight met.
    - dL/dx: every output gives its gradient back to the patch that it came from, times the kernel;
      where patches overlap, the shares add up. (For stride 1: a convolution of dy with the kernel
      turned by 180 degrees.)
    """
    kernel = weight.shape[-1]
    padded = _padded(x, padding, 0.0)
    patches = _patches(padded, kernel, stride)
    shares = np.einsum("boij,ocuv->bcijuv", dy, weight, optimize=True)
    return ConvolutionGradients(
        x=_cropped(_put_back(shares, padded.shape, stride), padding),
        weight=np.einsum("boij,bcijuv->ocuv", dy, patches, optimize=True),
        bias=dy.sum(axis=(0, 2, 3)),
    )


def max_pooling(x: Array, kernel: int, stride: int, padding: int = 0) -> Array:
    """Take the largest value of every window.

    y[b, c, i, j] = max over u, v of x[b, c, s i + u - p, s j + v - p]

    The padding is minus infinity, so it never wins. x ``[B, C, H, W]`` -> y ``[B, C, H', W']``.
    """
    y: Array = _patches(_padded(x, padding, -np.inf), kernel, stride).max(axis=(-2, -1))
    return y


def max_pooling_backward(dy: Array, x: Array, kernel: int, stride: int, padding: int = 0) -> Array:
    """Give each gradient to the pixel that won its window, the first one of equals; the others get none.

    A pixel that won several windows gets the sum. Returns dL/dx ``[B, C, H, W]``.
    """
    padded = _padded(x, padding, -np.inf)
    patches = _patches(padded, kernel, stride)
    flat = patches.reshape(*patches.shape[:4], kernel * kernel)
    won = np.arange(kernel * kernel) == flat.argmax(axis=-1)[..., None]
    shares = dy[..., None, None] * won.reshape(patches.shape)
    return _cropped(_put_back(shares, padded.shape, stride), padding)


class Normalised(NamedTuple):
    """What batch normalisation gives, and what its backward pass needs."""

    y: Array
    x_hat: Array
    """x with mean 0 and variance 1 in each channel, ``[B, C, H, W]``."""
    deviation: Array
    """sqrt(var + eps) of each channel, ``[C]``."""
    running_mean: Array
    running_var: Array


def batch_norm(
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Normalised:
    """Normalise each channel by the mean and variance of this batch: what a network does in training.

    x_hat = (x - mean) / sqrt(var + eps), y = gamma * x_hat + beta, with mean and (biased) variance over
    images and places, n = B * H * W values a channel. The running statistics, for evaluation, move by
    ``momentum`` towards the batch's, the variance in its unbiased form, n / (n - 1) times the other.
    gamma, beta, running_mean and running_var are ``[C]``.
    """
    mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
    n = x.size // x.shape[1]
    deviation = np.sqrt(var + eps)
    x_hat = (x - _by_channel(mean)) / _by_channel(deviation)
    return Normalised(
        y=_by_channel(gamma) * x_hat + _by_channel(beta),
        x_hat=x_hat,
        deviation=deviation,
        running_mean=(1 - momentum) * running_mean + momentum * mean,
        running_var=(1 - momentum) * running_var + momentum * var * n / (n - 1),
    )


def batch_norm_evaluated(
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    eps: float = 1e-5,
) -> Array:
    """Normalise by the running statistics: an image's output no longer depends on its neighbours.

    To forget the switch to evaluation is a classic mistake: predictions then change with the batch.
    """
    x_hat = (x - _by_channel(running_mean)) / _by_channel(np.sqrt(running_var + eps))
    return _by_channel(gamma) * x_hat + _by_channel(beta)


class BatchNormGradients(NamedTuple):
    """The gradients of batch normalisation's three inputs, each of that input's shape."""

    x: Array
    gamma: Array
    beta: Array


def batch_norm_backward(dy: Array, gamma: Array, forward: Normalised) -> BatchNormGradients:
    """Pass dL/dy back through the batch normalisation of training.

    Mean and variance depend on every x of the channel, so each x moves all outputs:

        dL/dx = gamma / sqrt(var + eps) * (dy - mean(dy) - x_hat * mean(dy * x_hat))

    with means over images and places. What is taken off is the part of dy that would shift the mean
    or the variance: normalisation undoes such a change, so no gradient flows for it.
    """
    axes = (0, 2, 3)
    beta_gradient, gamma_gradient = dy.sum(axis=axes), (dy * forward.x_hat).sum(axis=axes)
    n = dy.size // dy.shape[1]
    common = beta_gradient / n, gamma_gradient / n
    centred = dy - _by_channel(common[0]) - forward.x_hat * _by_channel(common[1])
    return BatchNormGradients(
        x=_by_channel(gamma / forward.deviation) * centred, gamma=gamma_gradient, beta=beta_gradient
    )


def _padded(x: Array, padding: int, value: float) -> Array:
    """Surround every map by ``padding`` pixels of a value."""
    around = (padding, padding)
    return np.pad(x, ((0, 0), (0, 0), around, around), constant_values=value)


def _cropped(x: Array, padding: int) -> Array:
    """Take away what ``_padded`` added."""
    height, width = x.shape[2:]
    return x[:, :, padding : height - padding, padding : width - padding]


def _patches(x: Array, kernel: int, stride: int) -> Array:
    """Show every patch under a sliding window, ``[B, C, H', W', k, k]``: a view, nothing is copied."""
    every: Array = sliding_window_view(x, (kernel, kernel), axis=(2, 3))
    return every[:, :, ::stride, ::stride]


def _put_back(shares: Array, shape: tuple[int, ...], stride: int) -> Array:
    """Add up patches ``[B, C, H', W', k, k]`` at the places that ``_patches`` took them from."""
    x = np.zeros(shape)
    height, width, kernel = *shares.shape[2:4], shares.shape[-1]
    for u in range(
        kernel
    ):  # the pixels at (u, v) of all patches lie a stride apart: no two are the same
        for v in range(kernel):
            down, right = slice(u, u + height * stride, stride), slice(v, v + width * stride, stride)
            x[:, :, down, right] += shares[..., u, v]
    return x


def _by_channel(values: Array) -> Array:
    """Shape ``[C]`` to ``[C, 1, 1]``, which NumPy repeats over images and places."""
    return values[:, None, None]
