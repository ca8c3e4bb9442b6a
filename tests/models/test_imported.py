import pickle
import warnings

import pytest
import torch
from safetensors.torch import load_file, save_file

from convbench.errors import UserError
from convbench.models.resnet_cifar import resnet_cifar
from convbench.models.weights.checkpoint import read_checkpoint, read_state
from convbench.models.weights.files import Normalisation, load_weights
from convbench.models.weights.imported import classifier_shape, import_weights

NORMALISATION = Normalisation((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))


def _network(classes=10):
    return resnet_cifar(classes, 16, depth=20, skips=True)


@pytest.fixture
def state():
    torch.manual_seed(0)
    return _network().state_dict()


def _imported(content, tmp_path, rename=None, name="zoo.pth", state=None):
    source, out = tmp_path / name, tmp_path / "ours.safetensors"
    save_file(content, source) if name.endswith("safetensors") else torch.save(content, source)
    checkpoint = read_checkpoint(source, state)
    left_out = import_weights(checkpoint, _network(), "linear", NORMALISATION, rename or {}, out)
    return out, left_out


def _wrapped(state, how):
    return {
        "bare": lambda: state,
        "data parallel": lambda: {f"module.{name}": tensor for name, tensor in state.items()},
        "checkpoint": lambda: {"state_dict": state, "best_prec1": 91.7, "epoch": 3},
        "both, twice": lambda: {"model": {f"_orig_mod.module.{n}": t for n, t in state.items()}},
    }[how]()


@pytest.mark.parametrize("how", ["bare", "data parallel", "checkpoint", "both, twice"])
def test_every_usual_wrapper_is_taken_off(state, tmp_path, how):
    out, left_out = _imported(_wrapped(state, how), tmp_path)

    loaded = load_file(out)
    assert left_out == []
    assert loaded.keys() == state.keys()
    assert all(loaded[name].equal(state[name]) for name in state)
    network = _network()
    assert load_weights(network, "linear", out, with_classifier=True).normalisation == NORMALISATION


def test_a_safetensors_file_is_read(state, tmp_path):
    _, left_out = _imported(dict(state), tmp_path, name="zoo.safetensors")

    assert left_out == []


def test_beginnings_of_names_are_replaced(state, tmp_path):
    other = {
        name.replace("linear.", "fc.").replace("layer1.", "stage_a."): state[name] for name in state
    }

    _, left_out = _imported(other, tmp_path, rename={"fc.": "linear.", "stage_a.": "layer1."})

    assert left_out == []


def test_a_head_for_other_classes_is_left_out_and_said(state, tmp_path):
    state["linear.weight"], state["linear.bias"] = torch.zeros(92, 64), torch.zeros(92)

    _, left_out = _imported(state, tmp_path)

    assert left_out == [
        "linear.weight [92, 64]: the network's is [10, 64]",
        "linear.bias [92]: the network's is [10]",
    ]


def test_what_the_network_has_no_place_for_is_said(state, tmp_path):
    _, left_out = _imported({**state, "aux.weight": torch.zeros(3, 2)}, tmp_path)

    assert left_out == ["aux.weight [3, 2]: not in the network"]


def test_a_body_that_is_not_whole_is_refused_with_what_is_absent_and_what_is_there(state, tmp_path):
    state["layer3.9.weight"] = state.pop("layer3.2.conv2.weight")

    with pytest.raises(UserError) as caught:
        _imported(state, tmp_path)

    assert "lacks 1 of the network's" in str(caught.value)
    assert "layer3.2.conv2.weight" in str(caught.value)
    assert "layer3.9.weight [64, 64, 3, 3]: not in the network" in str(caught.value)
    assert "'rename'" in str(caught.value)
    assert not (tmp_path / "ours.safetensors").exists()


def test_counters_that_old_files_lack_are_not_missed(state, tmp_path):
    old = {name: tensor for name, tensor in state.items() if "num_batches" not in name}

    assert _imported(old, tmp_path)[1] == []


class _Harmful:
    def __reduce__(self):
        import os

        return os.mkdir, ("harm-was-done",)


@pytest.mark.parametrize("write", [pickle.dump, lambda value, file: torch.save(value, file)])
def test_a_pickle_with_code_in_it_is_refused_and_not_run(state, tmp_path, monkeypatch, write):
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "bad.pth").open("wb") as file:
        write({"state_dict": state, "extra": _Harmful()}, file)

    with pytest.raises(UserError, match=r"bad\.pth was refused: .* could run code"):
        read_state(tmp_path / "bad.pth")

    assert not (tmp_path / "harm-was-done").exists()


@pytest.mark.parametrize("name", ["zoo.pth", "zoo.pt", "zoo.safetensors"])
@pytest.mark.parametrize(
    ("content", "right"),
    [
        (b"", "it is empty; copy or download it again"),
        (b"\n<!DOCTYPE html><title>Not found</title>", "it is a web page.* download the file itself"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS .*'git lfs pull'"),
        (None, "it is a folder; the path of a file would be right"),
    ],
)
def test_what_is_no_file_of_weights_is_called_what_it_is(tmp_path, name, content, right):
    path = tmp_path / name
    path.mkdir() if content is None else path.write_bytes(content)

    with pytest.raises(UserError, match=rf"(?s)/{name} is no file of weights: .*{right}"):
        read_state(path)


@pytest.mark.parametrize("content", [b"text", b"R", b"\x80\x02X\x05", b"\x80\x02}q\x01h\x05."])
def test_a_damaged_file_is_refused(tmp_path, content):
    (tmp_path / "zoo.pth").write_bytes(content)

    with pytest.raises(UserError, match=r"zoo\.pth was refused: .* or is damaged"):
        read_state(tmp_path / "zoo.pth")


def test_a_file_without_tensors_is_refused(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "zoo.pth")

    with pytest.raises(UserError, match="no mapping of names to tensors; save a state_dict"):
        read_checkpoint(tmp_path / "zoo.pth")


def test_the_number_of_classes_is_read_off_the_head(state, tmp_path):
    torch.save(
        {f"module.{n.replace('linear.', 'fc.')}": t for n, t in state.items()}, tmp_path / "z.pth"
    )

    checkpoint = read_checkpoint(tmp_path / "z.pth")
    assert classifier_shape(checkpoint, "linear", {"fc.": "linear."}) == (10, 64)
    assert classifier_shape(checkpoint, "linear", {}) is None


def _quantised(tensor):
    with warnings.catch_warnings(action="ignore"):  # torch moves quantisation to another package
        return torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8)


KERNEL, VARIANCE = "layer1.0.conv1.weight", "bn1.running_var"


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        (
            KERNEL,
            lambda t: t.index_fill(0, torch.tensor(0), torch.nan),
            "has NaN or infinity in 144 of 2304 values",
        ),
        ("linear.bias", lambda t: t / 0, "has NaN or infinity in 10 of 10 values"),
        ("bn1.running_mean", lambda t: t + torch.inf, "has NaN or infinity in 16 of 16"),
        (
            KERNEL,
            lambda t: torch.full_like(t, 1e300, dtype=torch.float64),
            "has NaN or infinity in 2304 of 2304",
        ),
        (VARIANCE, lambda t: t - 2, "is below zero in 16 of 16 values"),
        (KERNEL, lambda t: t.to(torch.int8), "is of int8, the network's of float32"),
        (KERNEL, lambda t: t > 0, "is of bool, the network's of float32"),
        (KERNEL, lambda t: t.to(torch.float8_e4m3fn), "is of float8_e4m3fn, the network's of float32"),
        (KERNEL, lambda t: t.to(torch.complex64), "is of complex64, the network's of float32"),
        ("bn1.num_batches_tracked", lambda t: t.to(torch.complex64), "is of complex64, the .* int64"),
        (KERNEL, _quantised, r"is quantised \(qint8\)"),
        (KERNEL, lambda t: t.to_sparse(), r"is sparse \(sparse_coo\)"),
        (KERNEL, lambda t: t.to("meta"), "has no values"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*[Qq]uantiz")
def test_a_tensor_that_cannot_be_right_is_refused_by_name(state, tmp_path, name, change, fault):
    state[name] = change(state[name])

    with pytest.raises(
        UserError, match=rf"zoo\.pth cannot be right; .*: {name} {fault}.*would be right"
    ):
        _imported(state, tmp_path)

    assert not (tmp_path / "ours.safetensors").exists()


def test_ten_wrong_tensors_are_listed_and_the_others_counted(state, tmp_path):
    packed = {name: t.to(torch.uint8) if "conv" in name else t for name, t in state.items()}

    with pytest.raises(UserError, match=r"cannot be used: conv1\.weight is of uint8") as caught:
        _imported(packed, tmp_path)

    assert str(caught.value).count("is of uint8") == 10
    assert "and 9 more" in str(caught.value)


def test_what_is_left_out_may_be_anything(state, tmp_path):
    more = {"scale": torch.tensor(torch.nan), "module.packed": torch.ones(2, dtype=torch.uint8)}
    more["linear.weight"] = torch.full((92, 64), torch.nan)

    assert len(_imported({**state, **more}, tmp_path)[1]) == 3


@pytest.mark.parametrize(
    ("name", "rename"), [("module.linear.weight", {}), ("fc.weight", {"fc.": "linear."})]
)
def test_two_tensors_for_one_of_the_networks_are_refused(state, tmp_path, name, rename):
    state[name] = torch.zeros(10, 64)

    with pytest.raises(
        UserError, match=rf"zoo\.pth has more than one .*: linear\.weight \(linear\.weight, {name}\)"
    ):
        _imported(state, tmp_path, rename)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_converted(state, tmp_path, kind):
    other = {name: t.to(kind) if t.is_floating_point() else t for name, t in state.items()}

    loaded = load_file(_imported(other, tmp_path)[0])

    assert {name: t.dtype for name, t in loaded.items()} == {name: t.dtype for name, t in state.items()}
    assert all(loaded[name].equal(other[name].to(state[name].dtype)) for name in state)


def test_tensors_that_share_memory_are_saved_apart(state, tmp_path):
    state["bn1.running_mean"] = state["bn1.bias"]

    assert _imported(state, tmp_path)[1] == []


@pytest.fixture
def average(state):
    return {name: t / 2 if t.is_floating_point() else t for name, t in state.items()}


def _taken(out):
    return load_file(out)["conv1.weight"]


def _recorded(out):
    return load_weights(_network(), "linear", out).left_out


AVERAGES = ["ema", "model_ema", "state_dict_ema", "ema_state_dict", "teacher", "params_ema"]


@pytest.mark.parametrize("key", AVERAGES)
@pytest.mark.parametrize("inside", [{}, {"n_averaged": torch.tensor(3)}], ids=["alone", "counted"])
def test_plain_weights_come_before_their_average_unless_the_config_names_it(
    state, average, tmp_path, key, inside
):
    wrapped = {**{f"module.{name}": t for name, t in average.items()}, **inside}
    content = {key: wrapped, "student" if key == "teacher" else "model": state, "epoch": 3}

    plain, _ = _imported(content, tmp_path)
    assert _taken(plain).equal(state["conv1.weight"])
    assert f"this one is taken with 'state: {key}'" in _recorded(plain)[0]

    chosen, _ = _imported(content, tmp_path, state=key)
    assert _taken(chosen).equal(average["conv1.weight"])
    assert f"{key!r} was taken" in _recorded(chosen)[0]


@pytest.mark.parametrize("key", ["ema", "ema.module"])
def test_an_average_may_keep_its_tensors_under_module(state, average, tmp_path, key):
    content = {"state_dict": state, "ema": {"decay": torch.tensor(0.99), "module": average}}

    out, _ = _imported(content, tmp_path, state=key)

    assert _taken(out).equal(average["conv1.weight"])
    assert _recorded(out) == [
        "state_dict, 116 tensors: another set of weights; 'ema.module' was taken, "
        "this one is taken with 'state: state_dict'"
    ]


def test_an_average_alone_is_taken_and_said(average, tmp_path):
    content = {
        "model_ema": average,
        "rng": torch.zeros(9, dtype=torch.uint8),
        "optimizer": {"state": {}},
    }

    out, left_out = _imported(content, tmp_path)

    assert left_out == []
    assert _taken(out).equal(average["conv1.weight"])
    assert _recorded(out) == [
        "plain weights: the file holds none; their average under 'model_ema' was taken"
    ]


def test_weights_at_the_top_level_come_before_an_average(state, average, tmp_path):
    content = {**state, "ema": average}

    plain, _ = _imported(content, tmp_path)
    assert _taken(plain).equal(state["conv1.weight"])

    chosen, _ = _imported(content, tmp_path, state="ema")
    assert _taken(chosen).equal(average["conv1.weight"])
    assert _recorded(chosen)[0].endswith("'ema' was taken, this one is taken without 'state'")


@pytest.mark.parametrize("key", ["emma", "epoch", "nets.generator.conv1", None])
def test_keys_that_hold_tensors_are_listed_where_another_is_named(state, tmp_path, key):
    content = {"rng": {"cpu": torch.zeros(9)}, "nets": {"generator": state}, "epoch": 3}
    torch.save(content, tmp_path / "a.pt")
    where = f"'state: {key}'" if key else "a usual key"

    with pytest.raises(UserError) as caught:
        read_checkpoint(tmp_path / "a.pt", key)

    assert str(caught.value) == (
        f"{tmp_path / 'a.pt'} holds no mapping of names to tensors under {where}. In the config, one is "
        "found with 'state: nets.generator' (116 tensors), with 'state: rng' (1 tensor)"
    )
