import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

LESSON = Path(__file__).parents[2] / "docs" / "lessons" / "convolution_in_numpy.py"
_spec = importlib.util.spec_from_file_location("convolution_in_numpy", LESSON)
in_numpy = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(in_numpy)

GEOMETRIES = [  # kernel, stride, padding, height, width
    (1, 1, 0, 5, 5),
    (3, 1, 0, 8, 6),
    (3, 1, 1, 7, 7),
    (3, 2, 1, 9, 8),
    (2, 2, 0, 7, 5),
    (5, 3, 2, 11, 13),
    (4, 2, 1, 9, 10),
    (3, 4, 1, 10, 10),  # a stride beyond the kernel: pixels that nothing looks at
]


def _drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def _torch(array):
    return torch.from_numpy(array.copy()).requires_grad_()


def _agrees(ours, theirs):
    assert ours.dtype == np.float64
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("kernel", "stride", "padding", "height", "width"), GEOMETRIES)
def test_convolution_agrees_with_torch_forward_and_backward(kernel, stride, padding, height, width):
    x, weight = _drawn(2, 3, height, width), _drawn(4, 3, kernel, kernel, seed=1)
    bias = _drawn(4, seed=2)
    theirs = [_torch(each) for each in (x, weight, bias)]
    expected = F.conv2d(*theirs, stride=stride, padding=padding)
    dy = _drawn(*expected.shape, seed=3)

    y = in_numpy.convolution(x, weight, bias, stride, padding)
    gradients = in_numpy.convolution_backward(dy, x, weight, stride, padding)

    expected.backward(torch.from_numpy(dy))
    _agrees(y, expected)
    for ours, tensor in zip(gradients, theirs, strict=True):
        _agrees(ours, tensor.grad)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "height", "width"),
    [each for each in GEOMETRIES if 2 * each[2] <= each[0]],  # torch allows no more padding
)
def test_max_pooling_agrees_with_torch_forward_and_backward(kernel, stride, padding, height, width):
    x = _drawn(2, 3, height, width) - 5  # below zero, where a padding of zeros would win
    theirs = _torch(x)
    expected = F.max_pool2d(theirs, kernel, stride, padding)
    dy = _drawn(*expected.shape, seed=3)

    y = in_numpy.max_pooling(x, kernel, stride, padding)
    gradient = in_numpy.max_pooling_backward(dy, x, kernel, stride, padding)

    expected.backward(torch.from_numpy(dy))
    _agrees(y, expected)
    _agrees(gradient, theirs.grad)


def test_of_equal_pixels_the_first_gets_the_gradient_as_in_torch():
    x = np.ones((1, 1, 4, 4))
    theirs = _torch(x)
    expected = F.max_pool2d(theirs, 2)
    dy = _drawn(*expected.shape)

    expected.backward(torch.from_numpy(dy))

    _agrees(in_numpy.max_pooling_backward(dy, x, 2, 2), theirs.grad)


@pytest.mark.parametrize("shape", [(4, 3, 5, 7), (2, 5, 1, 1), (1, 2, 3, 3)])
def test_batch_norm_agrees_with_torch_in_training(shape):
    channels = shape[1]
    x, gamma, beta = 3 * _drawn(*shape) + 2, _drawn(channels, seed=1), _drawn(channels, seed=2)
    mean, var = _drawn(channels, seed=3), np.abs(_drawn(channels, seed=4))
    theirs = [_torch(each) for each in (x, gamma, beta)]
    running = [torch.from_numpy(each.copy()) for each in (mean, var)]
    expected = F.batch_norm(
        theirs[0], *running, theirs[1], theirs[2], training=True, momentum=0.3, eps=1e-3
    )
    dy = _drawn(*shape, seed=5)

    forward = in_numpy.batch_norm(x, gamma, beta, mean, var, momentum=0.3, eps=1e-3)
    gradients = in_numpy.batch_norm_backward(dy, gamma, forward)

    expected.backward(torch.from_numpy(dy))
    _agrees(forward.y, expected)
    _agrees(forward.running_mean, running[0])
    _agrees(forward.running_var, running[1])
    for ours, tensor in zip(gradients, theirs, strict=True):
        _agrees(ours, tensor.grad)


def test_batch_norm_agrees_with_torch_in_evaluation():
    x, gamma, beta, mean = (_drawn(*shape) for shape in ((2, 3, 4, 5), (3,), (3,), (3,)))
    var = np.abs(_drawn(3, seed=4))
    expected = F.batch_norm(*(torch.from_numpy(each) for each in (x, mean, var, gamma, beta)))

    _agrees(in_numpy.batch_norm_evaluated(x, gamma, beta, mean, var), expected)


def test_the_defaults_are_torchs():
    x, ones, zeros = 0.01 * _drawn(2, 3, 4, 4), np.ones(3), np.zeros(3)
    layer = torch.nn.BatchNorm2d(3, dtype=torch.float64)

    forward = in_numpy.batch_norm(x, ones, zeros, zeros, ones)

    _agrees(forward.y, layer(torch.from_numpy(x)))
    _agrees(forward.running_var, layer.running_var)
    _agrees(
        in_numpy.batch_norm_evaluated(x, ones, zeros, forward.running_mean, forward.running_var),
        layer.eval()(torch.from_numpy(x)),
    )


@pytest.mark.parametrize(("kernel", "stride", "padding", "height", "width"), GEOMETRIES)
def test_output_size_counts_the_places_of_the_window(kernel, stride, padding, height, width):
    y = in_numpy.convolution(
        _drawn(1, 1, height, width), _drawn(1, 1, kernel, kernel), np.zeros(1), stride, padding
    )

    sides = [in_numpy.output_size(side, kernel, stride, padding) for side in (height, width)]
    assert y.shape[2:] == tuple(sides)
