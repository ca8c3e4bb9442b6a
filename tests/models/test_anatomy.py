from math import inf, prod

import pytest
import torch
import torchinfo
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from convbench.models import architecture_of
from convbench.models.anatomy.cost import cost_of
from convbench.models.anatomy.layers import anatomy, anatomy_of
from convbench.models.base import Architecture
from convbench.models.meta import without_weights
from convbench.vision import torchvision


def _anatomy_of(name, image_size):
    return anatomy_of(architecture_of(name), 1000, image_size)


class _Averaging(TorchFunctionMode):
    """Pools by the average in the same windows: a maximum passes its gradient to one pixel alone."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func is F.max_pool2d:
            func = F.avg_pool2d
            assert kwargs.pop("dilation", 1) == 1
            kwargs.pop("return_indices", None)
            args = args[:4]
        return func(*args, **kwargs)


class _Thin(nn.Module):
    """The geometry of a convolution, in one channel and with positive weights."""

    def __init__(self, conv):
        super().__init__()
        self.options = conv.stride, conv.padding, conv.dilation
        self.weight = nn.Parameter(torch.full((1, 1, *conv.kernel_size), 0.5, dtype=torch.float64))

    def forward(self, x):
        return F.conv2d(x.sum(1, keepdim=True), self.weight, None, *self.options)


def _thin(network):
    """Make all that is learned positive and narrow; normalisation and ReLU would change nothing."""
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Conv2d):
                setattr(module, name, _Thin(child))
            elif isinstance(child, (nn.BatchNorm2d, nn.Linear, nn.ReLU, nn.ReLU6)):
                setattr(module, name, nn.Identity())
    return network.eval()


def _positive(network):
    """Make all that is learned positive, where the channels must keep their number."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1 / module.weight[0, 0].numel())
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network.double().eval()


def _measured(network, layers, image_size):
    """Return name -> height and width of what the centre of a layer's output has a gradient from."""
    images = torch.ones(1, 3, image_size, image_size, dtype=torch.float64, requires_grad=True)
    outputs = {}
    for name in layers:
        network.get_submodule(name).register_forward_hook(
            lambda _module, _inputs, output, name=name: outputs.__setitem__(name, output)
        )
    with _Averaging():
        network(images)
    return {name: _extent(output, images) for name, output in outputs.items()}


def _extent(output, images):
    height, width = output.shape[-2:]
    centre = output[..., height // 2, width // 2].sum()
    gradient = torch.autograd.grad(centre, images, retain_graph=True)[0].abs().sum((0, 1))
    sizes = []
    for axis in (1, 0):
        seen = torch.nonzero(gradient.sum(axis)).flatten()
        assert seen[0] > 0, "the field touches the border: take a larger image"
        assert seen[-1] < images.shape[2] - 1, "the field touches the border: take a larger image"
        sizes.append(int(seen[-1] - seen[0]) + 1)
    return tuple(sizes)


_SLIDING = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d)


def _fields(network, image_size):
    """Return name -> field of every convolution and pooling that is a module of its own."""
    modules = dict(network.named_modules())
    return {
        layer.name: layer.field
        for layer in anatomy(network, image_size).layers
        if isinstance(modules.get(layer.name), _SLIDING) and layer.field != (inf, inf)
    }


@pytest.mark.parametrize(
    ("name", "image_size", "last"),
    [
        ("simple_cnn", 80, 10),
        ("resnet20", 120, 81),
        ("plain20", 120, 81),
        ("vgg11", 448, 182),  # 150 at the last maximum, then an average of 2x2
        ("squeezenet1_0", 240, 155),
        ("resnet18", 520, 435),
        ("resnet50", 520, 427),
        ("googlenet", 480, 379),  # branches of 1x1, 3x3 and 5x5
        ("mobilenet_v2", 600, 491),  # depthwise
        ("shufflenet_v2_x0_5", 650, 527),  # channels divided and shuffled
    ],
)
def test_receptive_fields_are_those_that_a_gradient_measures(name, image_size, last):
    network = without_weights(architecture_of(name).build, 10, image_size)
    fields = _fields(network, image_size)
    some = [name for place, name in enumerate(fields) if place % 6 == 1 or place == len(fields) - 1]

    measured = _measured(_thin(network), some, image_size)

    assert measured == {name: fields[name] for name in some}
    assert max(fields.values()) == (last, last)


class _Function(nn.Module):
    """A layer that is a function, between convolutions that see 3x3."""

    def __init__(self, function, channels=1, stride=2):
        super().__init__()
        self.before = nn.Conv2d(3, 1, 3, stride)
        self.function = function
        self.after = nn.Conv2d(channels, 1, 3)

    def forward(self, x):
        return self.after(self.function(self.before(x)))


class _Skip(nn.Module):
    def __init__(self, around, after):
        super().__init__()
        self.around, self.after = around, after

    def forward(self, x):
        return self.after(F.pad(x, (3, 0, 3, 0))[..., :-3, :-3] + self.around(x))


def _written(x):
    x[:, :, :1] = x.amax()
    return x


def _apart(x):
    return x[:, :, 4:, 4:] + x[:, :, :-4, :-4]


def _space_to_depth(x):
    x = x[..., :38, :38]
    return torch.cat([x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)], dim=1)


BLOCKS = {
    "dilation": nn.Sequential(
        nn.Conv2d(3, 2, 3, dilation=2), nn.Conv2d(2, 2, (5, 3), 2, dilation=(1, 4))
    ),
    "same": nn.Sequential(
        nn.Conv2d(3, 2, 4, padding="same"), nn.Conv2d(2, 2, 5, padding="same", dilation=3)
    ),
    "valid": nn.Sequential(nn.Conv2d(3, 2, 5, padding="valid"), nn.Conv2d(2, 1, 2, stride=2)),
    "one row, one column": nn.Sequential(nn.Conv2d(3, 2, (1, 7)), nn.Conv2d(2, 1, (5, 1), (2, 1))),
    "average pooling": nn.Sequential(nn.AvgPool2d(5, 3, 2), nn.Conv2d(3, 1, 3)),
    "pooling that rounds up": nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(3, 1, 3)),
    "adaptive pooling": nn.Sequential(nn.AdaptiveAvgPool2d(20), nn.Conv2d(3, 1, 3)),
    "padding that reflects": nn.Sequential(
        nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect"), nn.Conv2d(3, 1, 3)
    ),
    "paths that see past each other": _Function(_apart),
    "pooling by a function": _Function(lambda x: F.max_pool2d(x, 2)),
    "a skip around an even kernel": _Skip(nn.Conv2d(3, 3, 4, padding="same"), nn.Conv2d(3, 3, 3)),
    "space to depth": _Function(_space_to_depth, channels=4),
    "a linear layer on the channels": _Function(
        lambda x: F.linear(x.permute(0, 2, 3, 1), x.new_ones(1, 1)).permute(0, 3, 1, 2)
    ),
    "channels of zeros": _Function(lambda x: torch.cat([x, torch.zeros_like(x)], 1), channels=2),
    "padded on one side": _Function(lambda x: x + F.pad(x, (5, -5, 0, 0))),
    "every other pixel": _Function(lambda x: x[:, :, 1::2, ::2]),
    "channels last": _Function(
        lambda x: torch.sigmoid(x.permute(0, 2, 3, 1)).transpose(1, 3).transpose(2, 3)
    ),
}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # meant: it is a case
@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_receptive_fields_of_blocks_are_those_that_a_gradient_measures(block):
    expected = _fields(block, 80)

    assert _measured(_positive(block), expected, 80) == expected
    assert len(expected) == 2


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.roll(3, dims=2),
        lambda x: F.interpolate(x, scale_factor=2),
        lambda x: x.flatten(2).softmax(2).view_as(x),
        lambda x: x.reshape(2, 1, 13, -1, x.shape[3]).flatten(2, 3),
        lambda x: x + x[..., ::2].repeat(1, 1, 1, 2)[..., :39],
        lambda x: x.cumsum(2),
        lambda x: x.chunk(2, 2)[0],
        lambda x: x + x.mean(2, keepdim=True),
        lambda x: torch.cat([x, x], dim=2),
        lambda x: F.layer_norm(x, x.shape[1:]),
        lambda x: torch.stack(x.unbind(2), 2),
        lambda x: x.mT,
        lambda x: x.transpose(2, 3),
        lambda x: x[..., :19] + x[..., 1::2],
        _written,
    ],
)
def test_what_is_not_understood_has_no_field(function):
    layers = anatomy(_Function(function), 79).layers

    assert [layer.field for layer in layers] == [(3, 3), None]


def test_what_joins_a_map_of_varying_fields_has_none():
    network = _Function(lambda x: x[..., :40, :40] + F.adaptive_avg_pool2d(x, 40), stride=1)

    assert anatomy(network, 64).layers[-1].field is None


def test_windowed_attention_is_unknown_and_global_attention_sees_everything():
    swin, vit = _anatomy_of("swin_t", 224), _anatomy_of("vit_b_32", 224)

    assert swin.last_field is None
    assert swin.covers is None
    assert vit.layers[0].field == (32, 32)
    assert [layer.kind for layer in vit.layers[1:4]] == ["attention", "linear", "linear"]
    assert vit.layers[-1].kind == "fully connected"
    assert vit.last_field == (inf, inf)
    assert vit.covers


def test_squeeze_and_excitation_sees_everything():
    network = _anatomy_of("mobilenet_v3_small", 224)

    assert network.layers[0].field == (3, 3)
    assert network.last_field == (inf, inf)


class _ExcitedThenFlattened(nn.Module):
    def __init__(self):
        super().__init__()
        self.before, self.after = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)
        self.head = nn.Linear(4 * 12 * 12, 2)

    def forward(self, x):
        x = self.before(x)
        return self.head(self.after(x * F.adaptive_avg_pool2d(x, 1)).flatten(1))


def test_pooling_in_a_branch_does_not_end_the_map():
    assert anatomy(_ExcitedThenFlattened(), 16).last_field == (inf, inf)


def test_maps_of_one_position_keep_their_field():
    assert _anatomy_of("shufflenet_v2_x0_5", 32).last_field == (527, 527)


# The fields of Araujo, Norris and Sim (2019), table "receptive field of popular architectures".
@pytest.mark.parametrize(("name", "field"), [("alexnet", 195), ("vgg16", 212), ("inception_v3", 1311)])
def test_last_receptive_fields_are_the_published_ones(name, field):
    assert _anatomy_of(name, 224).last_field == (field, field)


def test_resnet50_sees_483_pixels_as_published_and_less_as_torchvision_strides():
    network = without_weights(architecture_of("resnet50").build, 1000, 224)
    assert anatomy(network, 224).last_field == (427, 427)  # strides in the 3x3: "version 1.5"

    for block in network.modules():
        if isinstance(block, torchvision.models.resnet.Bottleneck):  # He et al.: in the first 1x1
            block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride
    assert anatomy(network, 224).last_field == (483, 483)


@pytest.mark.parametrize(
    ("name", "depth"),
    [
        ("alexnet", 8),
        ("vgg16", 16),
        ("resnet18", 18),
        ("resnet50", 50),
        ("resnet20", 20),
        ("googlenet", 22),
        ("densenet121", 121),
        ("vit_b_32", 50),  # patches, twelve times attention (two) and a hidden layer (two), head
    ],
)
def test_depth_is_the_number_in_the_name_or_paper(name, depth):
    assert _anatomy_of(name, 224).depth == depth


def test_three_3x3_see_what_one_7x7_sees_with_fewer_parameters():
    three = nn.Sequential(*(nn.Conv2d(64, 64, 3, padding=1, bias=False) for _ in range(3)))
    one = nn.Conv2d(64, 64, 7, padding=3, bias=False)
    to_64 = nn.Conv2d(3, 64, 1)

    small, large = (anatomy(nn.Sequential(to_64, *body), 32) for body in (three, [one]))

    assert small.layers[-1].field == large.layers[-1].field == (7, 7)
    weights = [each.parameters - 4 * 64 for each in (small, large)]
    assert weights == [27 * 64**2, 49 * 64**2]  # Simonyan and Zisserman (2015), section 2.3


@pytest.mark.parametrize(
    "name", ["simple_cnn", "resnet20", "alexnet", "resnet18", "googlenet", "vit_b_32"]
)
def test_shapes_are_those_of_a_real_pass(name):
    network = architecture_of(name).build(7, 96)
    expected = _shapes(network, 96)

    layers = {layer.name: layer for layer in anatomy(network, 96).layers}

    assert {name for name, module in network.named_modules() if isinstance(module, _ROWS)} <= set(layers)
    for name, shape in expected.items():
        if layers[name].kind != "attention":  # the module gives tokens first, the function second
            assert layers[name].output == shape


_ROWS = (nn.Conv2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.MultiheadAttention)


def _shapes(network, image_size):
    shapes = {}
    for name, module in network.named_modules():
        if isinstance(module, (*_ROWS, nn.Linear)):
            module.register_forward_hook(
                lambda _m, _i, output, name=name: shapes.__setitem__(name, tuple(output[0].shape))
            )
    with torch.no_grad():
        network.eval()(torch.rand(1, 3, image_size, image_size))
    return shapes


@pytest.mark.parametrize("name", ["simple_cnn", "resnet20", "alexnet", "resnet18", "squeezenet1_0"])
def test_parameters_and_multiply_adds_are_those_of_torchinfo(name):
    network = architecture_of(name).build(10, 64)
    ours = anatomy(network, 64)
    theirs = torchinfo.summary(network, (1, 3, 64, 64), verbose=0, depth=9)
    counts = {
        _path(each): each for each in theirs.summary_list if each.class_name in ("Conv2d", "Linear")
    }

    assert ours.parameters == theirs.total_params
    weighted = [layer for layer in ours.layers if layer.parameters]
    assert [layer.parameters for layer in weighted] == [
        each.trainable_params for each in counts.values()
    ]
    # torchinfo takes the addition of a bias for a multiply-add.
    assert [layer.macs + _bias_additions(network, layer) for layer in weighted] == [
        each.macs for each in counts.values()
    ]


def _path(info):
    names = []
    while info.parent_info is not None:
        names.insert(0, info.var_name)
        info = info.parent_info
    return ".".join(names)


def _bias_additions(network, layer):
    return prod(layer.output) if network.get_submodule(layer.name).bias is not None else 0


@pytest.mark.parametrize(
    "name", ["vgg16", "resnet50", "inception_v3", "densenet121", "convnext_tiny", "vit_b_16", "swin_t"]
)
def test_totals_are_those_that_torchvision_publishes(name):
    published = next(iter(torchvision.models.get_model_weights(name))).meta
    size = 299 if name == "inception_v3" else 224
    ours = _anatomy_of(name, size)

    assert round(ours.macs / 1e9, 3) == published["_ops"]
    if name != "inception_v3":  # published with its auxiliary classifier
        assert ours.parameters == published["num_params"]


@pytest.mark.parametrize("name", ["simple_cnn", "plain20", "squeezenet1_0"])
def test_totals_are_those_of_a_run(name):
    network = architecture_of(name).build(10, 64)

    ours, run = anatomy(network, 64), cost_of(network, 64)

    assert (ours.parameters, ours.macs) == (run.params_total, run.macs)
    assert ours.macs == sum(layer.macs for layer in ours.layers)


def test_a_fully_connected_layer_between_the_same_maps_is_counted():
    maps = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.Conv2d(8, 5, 3, bias=False))
    first, second = anatomy(maps, 16).layers

    dense = nn.Linear(3 * 16 * 16, 8 * 7 * 7, device="meta"), nn.Linear(392, 125, bias=False)
    assert [first.fully_connected, second.fully_connected] == [
        sum(parameter.numel() for parameter in layer.parameters()) for layer in dense
    ]


def test_a_layer_that_is_used_twice_has_its_parameters_once():
    shared = nn.Conv2d(3, 3, 3)

    first, second = anatomy(nn.Sequential(shared, shared), 16).layers

    assert (first.parameters, second.parameters) == (84, 0)
    assert second.field == (5, 5)


def test_layers_say_what_they_are():
    network = nn.Sequential(
        nn.Conv2d(3, 6, 3, 2, 1, groups=3),
        nn.Conv2d(6, 6, 1, groups=2),
        nn.Conv2d(6, 6, 3, groups=6, dilation=2),
        nn.MaxPool2d(2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 2),
    )
    layers = anatomy(network, 32).layers

    assert [layer.kind for layer in layers] == [
        "depthwise conv",
        "grouped conv",
        "depthwise conv",
        "max pool",
        "global pool",
        "fully connected",
    ]
    window = layers[0].window
    assert (window.kernel, window.stride, window.padding) == ((3, 3), (2, 2), (1, 1))
    assert layers[2].window.dilation == (2, 2)
    assert layers[3].window.stride == (2, 2)
    assert layers[4].window is None


class _OwnConvolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2, 3, 3, 3))

    def forward(self, x):
        return F.conv2d(x, self.weight)


class _OwnBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.own = _OwnConvolution()

    def forward(self, x):
        return F.avg_pool2d(self.own(x), 2)


def test_layers_are_called_as_their_modules_and_functions_beside_them():
    block = _OwnBlock()

    names = [layer.name for layer in anatomy(nn.Sequential(block), 16).layers]

    assert names == ["0.own", "0.avg_pool2d"]
    assert [layer.name for layer in anatomy(block, 16).layers] == ["own", "avg_pool2d"]


@pytest.mark.parametrize(("image_size", "covers"), [(211, True), (212, True), (213, False)])
def test_the_last_field_covers_an_image_that_is_no_larger(image_size, covers):
    assert _anatomy_of("vgg16", image_size).covers is covers


def test_the_network_is_left_as_it_was():
    network = architecture_of("resnet20").build(10, 32).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    anatomy(network, 32)

    assert network.training
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())


@pytest.mark.parametrize("image_size", [128, 224, 300])
def test_where_adaptive_pooling_is_uneven_only_its_own_field_is_unknown(image_size):
    network = _anatomy_of("vgg11", image_size)
    fields = {layer.name: layer.field for layer in network.layers}

    assert (fields["avgpool"] is None) == (image_size != 224)
    assert fields["classifier.0"] == (inf, inf)
    assert network.last_field == fields["features.20"] == (150, 150)


def test_pooling_of_several_sizes_does_not_hide_the_last_map():
    assert _anatomy_of("simple_cnn_pyramid", 32).last_field == (8, 8)


class _LooksAtNumbers(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.conv(x if x.max() > 0 else x + 1).mean((2, 3))


def test_a_network_that_looks_at_numbers_is_run_for_real_and_draws_no_random_number():
    state = torch.get_rng_state()

    found = anatomy_of(Architecture(lambda classes, side: _LooksAtNumbers(), head="conv"), 4, 16)

    assert [layer.name for layer in found.layers] == ["conv", "mean"]
    assert [layer.field for layer in found.layers] == [(3, 3), (inf, inf)]
    assert found.last_field == (3, 3)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_network_for_grey_images_has_the_kernels_of_one_channel():
    architecture = architecture_of("simple_cnn")

    colour, grey = (anatomy_of(architecture, 10, 32, channels) for channels in (3, 1))

    assert colour.parameters - grey.parameters == 2 * 9 * 32
    assert grey.layers[0].fully_connected == 32**2 * 32**3 + 32**3


def test_depth_counts_the_longest_path_up_to_a_layer():
    depths = {layer.name: layer.depth for layer in _anatomy_of("resnet18", 224).layers}

    assert [depths[name] for name in ("conv1", "maxpool", "layer1.0.conv1", "layer2.0.conv2", "fc")] == [
        1,
        1,
        2,
        7,
        18,
    ]
    assert depths["layer2.0.downsample.0"] == 6
