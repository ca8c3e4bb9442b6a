import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from convbench.errors import UserError
from convbench.models.resnet_cifar import resnet_cifar
from convbench.models.weights.files import Normalisation, load_weights
from convbench.models.weights.imported import classifier_shape, import_weights, read_state

NORMALISATION = Normalisation((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))


def _network(classes=10):
    return resnet_cifar(classes, 16, depth=20, skips=True)


@pytest.fixture
def state():
    torch.manual_seed(0)
    return _network().state_dict()


def _imported(content, tmp_path, rename=None, name="zoo.pth"):
    source, out = tmp_path / name, tmp_path / "ours.safetensors"
    save_file(content, source) if name.endswith("safetensors") else torch.save(content, source)
    left_out = import_weights(source, _network(), "linear", NORMALISATION, rename or {}, out)
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


@pytest.mark.parametrize("name", ["empty.pth", "empty.safetensors", "text.pth"])
def test_a_damaged_file_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"" if "empty" in name else b"<html>not found</html>")

    with pytest.raises(UserError, match=name):
        read_state(tmp_path / name)


def test_a_file_without_tensors_is_refused(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "zoo.pth")

    with pytest.raises(UserError, match="no mapping of names to tensors"):
        classifier_shape(tmp_path / "zoo.pth", "linear", {})


def test_the_number_of_classes_is_read_off_the_head(state, tmp_path):
    torch.save(
        {f"module.{n.replace('linear.', 'fc.')}": t for n, t in state.items()}, tmp_path / "z.pth"
    )

    assert classifier_shape(tmp_path / "z.pth", "linear", {"fc.": "linear."}) == (10, 64)
    assert classifier_shape(tmp_path / "z.pth", "linear", {}) is None
