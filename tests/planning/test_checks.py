"""Parts of a grid that do not go together are reported before any work."""

import re

import pytest

from convbench.config.spec import canonical_json
from convbench.errors import UserError
from convbench.planning.code import files_of
from convbench.planning.keys import modules_of_run
from convbench.planning.plan import plan
from convbench.planning.rates import ScratchRates, rate_warnings

FILE = {"source": "zoo.pth", "sha256": "0" * 64, "normalise": "imagenet"}


def _wrong(values, *messages):
    with pytest.raises(UserError) as caught:
        plan(values, "a.yaml")
    for message in ("a.yaml", *messages):
        assert message in str(caught.value)


def _warnings(values):
    made = plan(values, "a.yaml")
    return rate_warnings(made.runs.values(), made.pretrainings.values())


def _changed(values, name, **changes):
    values["strategies"][name] = values["strategies"]["fine_tune"] | changes
    return values


def test_two_entries_may_use_one_strategy_with_other_settings(values):
    _changed(values, "fine_tune_slow", strategy="fine_tune", backbone_lr=0.0001)

    runs = plan(values, "a.yaml").runs

    slow = runs["digits@20/resnet20/fine_tune_slow/none/s0"]
    assert (slow.label, slow.strategy, slow.hyperparameters.backbone_lr) == (
        "fine_tune_slow",
        "fine_tune",
        1e-4,
    )


def test_an_entry_called_as_no_strategy_is_refused(values):
    _changed(values, "fine_tune_slow")
    _wrong(values, "strategies: no 'fine_tune_slow' (did you mean 'fine_tune'?)", "fine_tune_last_N")


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("gradual_unfreeze", {"probe_epochs": 1}, "gradual_unfreeze.probe_epochs: 1; gradual_unfreeze"),
        ("gradual_unfreeze", {"unfreeze_every": 2}, "digits@20 has 2 epochs, of which the rest"),
        (
            "feature_extraction",
            {},
            "feature_extraction.backbone_lr: 0.001; feature_extraction has no use",
        ),
        ("fine_tune", {"probe_lr": 0.1}, "takes backbone_lr, layer_decay"),
        (
            "probe_then_fine_tune",
            {"probe_epochs": 2, "probe_lr": 0.1},
            "probe_then_fine_tune.probe_epochs: 2; digits@20 has 2 epochs",
        ),
        ("fine_tune", {"warmup_epochs": 3}, "fine_tune.warmup_epochs: 3; digits@20 has 2 epochs"),
        (
            "fine_tune_last_9",
            {},
            "'fine_tune_last_9' with simple_cnn: it has 3 blocks below its classifier",
        ),
        ("fine_tune", {"backbone_lr": "lr/ten"}, "strategies.fine_tune.backbone_lr: 'lr/ten'"),
        ("fine_tune", {"lr": "automatic"}, "strategies.fine_tune.lr: 'automatic'"),
        ("fine_tune", {"lr": -1}, "strategies.fine_tune.lr: -1: Input should be greater than 0"),
        ("fine_tune", {"ema": 1.0}, "strategies.fine_tune.ema: 1.0: Input should be less than 1"),
        ("fine_tune", {"patience": 0}, "strategies.fine_tune.patience: 0"),
        ("fine_tune", {"weights": "zoo"}, "'zoo' is not described under 'pretraining' or 'weights'"),
        ("fine_tune", {"architectures": ["vgg11"]}, "'vgg11' is not in the grid's architectures"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(values, name, changes, message):
    _wrong(_changed(values, name, **changes), message)


def test_a_rate_to_be_found_is_a_job_for_each_cell_and_none_for_others(values):
    values["strategies"]["scratch"]["lr"] = "auto"

    made = plan(values, "a.yaml")

    assert set(made.range_tests) == {
        f"digits@20/{architecture}/scratch/{augmentation}"
        for architecture in ("simple_cnn", "resnet20")
        for augmentation in ("none", "affine")
    }
    spec = made.runs["digits@20/resnet20/scratch/none/s1"]
    assert made.range_tests["digits@20/resnet20/scratch/none"].seed == 0
    (file,) = made.rates_of(spec)
    assert re.fullmatch(r"results/rates/digits@20/resnet20/scratch/none/[0-9a-f]{8}\.json", file)
    assert made.rates_of(made.runs["digits@20/resnet20/fine_tune/none/s1"]) == []


def test_a_pretraining_needs_a_number(values):
    values["pretraining"]["letters"]["lr"] = "auto"
    _wrong(values, "pretraining.letters.lr: 'auto'")


def test_an_architecture_that_no_strategy_is_for_is_refused(values):
    for settings in values["strategies"].values():
        settings["architectures"] = ["simple_cnn"]
    _wrong(values, "architectures: 'resnet20' is in no strategy's architectures")


def test_a_strategy_is_for_its_architectures_alone(values):
    values["strategies"]["fine_tune"]["architectures"] = ["resnet20"]

    made = plan(values, "a.yaml")

    assert set(made.pretrainings) == {"resnet20/letters"}
    assert not any("simple_cnn/fine_tune" in run for run in made.runs)


def test_an_architecture_without_a_file_is_refused(values):
    values["weights"] = {"zoo": {"resnet20": FILE}}
    _changed(values, "fine_tune", weights="zoo")
    _wrong(
        values, "weights.zoo: no file for simple_cnn; there is one for resnet20", "architectures: [...]"
    )


def test_a_file_for_each_architecture_is_an_import(values):
    values["weights"] = {"zoo": {"resnet20": FILE, "simple_cnn": FILE}}
    _changed(values, "fine_tune", weights="zoo")

    made = plan(values, "a.yaml")

    assert set(made.imports) == {"resnet20/zoo", "simple_cnn/zoo"}
    assert made.imports["resnet20/zoo"].file.sha256 == "0" * 64
    assert made.pretrainings == {}


def test_weights_called_as_something_else_are_refused(values):
    values["weights"] = {"letters": {"resnet20": FILE}}
    _wrong(values, "weights: 'letters' has another meaning already")


def test_a_wrong_key_of_a_weights_file_is_named(values):
    values["weights"] = {"zoo": {"resnet20": FILE | {"sha": "0"}}}
    _wrong(values, "weights.zoo.resnet20.sha: unknown key; there are normalise, rename, sha256, source")


def _imagenet(values, architecture, size):
    values["architectures"], values["image_size"] = [architecture], size
    values["strategies"] = {"fine_tune": values["strategies"]["fine_tune"] | {"weights": "imagenet"}}
    return values


def test_imagenets_weights_are_imports(values):
    made = plan(_imagenet(values, "resnet18", 64), "a.yaml")

    assert set(made.imports) == {"resnet18/imagenet"}
    assert made.imports["resnet18/imagenet"].file is None


@pytest.mark.parametrize(
    ("architecture", "size", "message"),
    [
        ("simple_cnn", 64, "weights: 'imagenet' for simple_cnn: there are none"),
        (
            "resnet18",
            32,
            "at that size it has another conv1.weight than the published one; take image_size 64",
        ),
        ("vit_b_16", 64, "at that size it has another encoder.pos_embedding"),
        ("alexnet", 32, "architectures: 'alexnet' with image_size 32: it takes images of 63 px or more"),
    ],
)
def test_what_imagenets_weights_are_not_for_is_refused(values, architecture, size, message):
    _wrong(_imagenet(values, architecture, size), message)


def test_a_version_that_is_not_published_is_refused(values):
    values = _imagenet(values, "resnet18", 64)
    values["strategies"]["fine_tune"]["weights"] = "imagenet/v9"
    _wrong(values, "no weights 'v9' are published for 'resnet18'; there are v1")


@pytest.mark.parametrize(
    ("rate", "warned"), [(0.001, False), (0.0011, True), ("lr/10", False), ("lr/9", True)]
)
def test_a_backbone_rate_above_a_tenth_of_the_rate_from_scratch_is_warned_of(values, rate, warned):
    _changed(values, "fine_tune", backbone_lr=rate)

    warnings = _warnings(values)

    assert ("fine_tune" in warnings) == warned
    if warned:
        assert (
            "above a tenth of 0.01, the rate of this grid's training from scratch"
            in warnings["fine_tune"]
        )


def test_without_training_from_scratch_the_pretraining_is_compared_with(values):
    values["pretraining"]["letters"]["lr"] = 0.002
    del values["strategies"]["scratch"]

    assert "a tenth of 0.002, the rate of this grid's pretraining" in (_warnings(values)["fine_tune"])


def test_the_usual_rate_is_the_last_resort(values):
    values["weights"] = {"zoo": {"resnet20": FILE, "simple_cnn": FILE}}
    values["pretraining"] = {}
    values["strategies"] = {"fine_tune": values["strategies"]["fine_tune"] | {"weights": "zoo"}}

    assert "a usual rate from scratch with adamw" in _warnings(values)["fine_tune"]


def test_how_many_times_slower_a_body_learns_than_from_scratch(values):
    _changed(values, "fine_tune", backbone_lr=0.0002)

    made = plan(values, "a.yaml")
    scratch = ScratchRates.of(made.runs.values(), made.pretrainings.values())
    ratios = {spec.label: scratch.ratio(spec) for spec in made.runs.values()}

    assert ratios == {"scratch": None, "fine_tune": pytest.approx(50)}


def test_a_sum_of_augmentations_is_stale_with_each_of_its_parts(values):
    values["augmentations"] = ["affine+mixup"]

    (spec, *_) = plan(values, "a.yaml").runs.values()

    assert spec.id == "digits@20/simple_cnn/scratch/affine+mixup/s0"
    code = files_of(modules_of_run(spec))
    assert "augment/affine.py" in code
    assert "augment/mixup.py" in code
    assert "augment/cutmix.py" not in code


def test_a_users_own_architecture_is_planned_and_its_file_makes_its_runs_stale(
    values, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets_of_mine.py").write_text(
        "from torch import nn\n\n\n"
        "def build(classes, image_size):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(3 * image_size**2, classes))\n"
    )
    values["architectures"] = ["nets_of_mine:build"]
    values["strategies"].pop("fine_tune")

    (spec, *_) = plan(values, "a.yaml").runs.values()

    assert spec.id == "digits@20/nets_of_mine.build/scratch/none/s0"
    assert "nets_of_mine.py" in files_of(modules_of_run(spec))


def test_a_portable_grid_is_computed_on_the_cpu(values):
    _wrong(values | {"portable": True, "device": "cuda"}, "device: 'cuda'", "'device: cpu'")

    found = plan(values | {"portable": True, "device": "auto"}, "a.yaml")

    assert {spec.device for spec in found.runs.values()} == {"cpu"}


def test_every_run_of_a_portable_grid_is_portable_its_pretrainings_too(values):
    made = plan(values | {"portable": True}, "a.yaml")

    assert all(spec.portable for spec in (*made.runs.values(), *made.pretrainings.values()))


def test_a_run_that_is_not_portable_is_written_as_before(values):
    """What is new in the spec repeats no run that does not use it."""
    spec = next(iter(plan(values, "a.yaml").runs.values()))

    assert "portable" not in canonical_json(spec)
