"""What a config does not say has a default, by strategy, weights, network and number of images."""

import pytest
from PIL import Image

from convbench.errors import UserError
from convbench.planning.defaults import DEFAULTS, Situation, band_of, default_of
from convbench.planning.plan import plan
from convbench.planning.runs import UNUSED

SHORT = {
    "name": "short",
    "tasks": ["digits@100"],
    "architectures": ["resnet18"],
    "strategies": ["feature_extraction", "fine_tune"],
    "augmentations": ["none"],
    "seeds": [0],
}


def hyperparameters(values, label):
    found = plan(values, "a.yaml").runs.values()
    return {spec.task: spec.hyperparameters for spec in found if spec.label == label}


def test_a_grid_of_names_is_resolved_into_full_specs():
    runs = plan(SHORT, "a.yaml").runs

    frozen, tuned = runs.values()
    assert (frozen.weights, tuned.weights) == ("imagenet", "imagenet")
    assert (frozen.image_size, frozen.threads) == (224, 1)
    assert frozen.device in ("cpu", "cuda")
    assert frozen.hyperparameters.optimizer == "sgd"
    assert frozen.hyperparameters.standardise_features
    assert frozen.hyperparameters.backbone_lr is None
    assert tuned.hyperparameters.backbone_lr == "lr/10"


def test_what_the_config_says_wins(values):
    said = {"optimizer": "adamw", "lr": 0.02, "standardise_features": False, "weight_decay": 0.0}
    values = SHORT | {"strategies": {"feature_extraction": said}, "image_size": 64}
    values["tasks"] = {"digits@100": {"epochs": 3}}

    (spec,) = plan(values, "a.yaml").runs.values()

    found = spec.hyperparameters
    assert {key: getattr(found, key) for key in said} == said
    assert (found.epochs, found.batch_size, spec.image_size) == (3, 16, 64)


def test_a_rate_is_for_the_optimizer_that_the_config_says():
    rates = {
        (optimizer, standardised): hyperparameters(
            SHORT
            | {
                "strategies": {
                    "feature_extraction": {
                        "optimizer": optimizer,
                        "standardise_features": standardised,
                    }
                }
            },
            "feature_extraction",
        )["digits@100"].lr
        for optimizer in ("sgd", "adamw")
        for standardised in (True, False)
    }

    assert len(set(rates.values())) == 3
    assert rates["adamw", False] == rates["sgd", False] == min(rates.values())


def test_more_images_fewer_epochs():
    tasks = ["cifar10@200", "cifar10@201", "cifar10"]

    found = hyperparameters(SHORT | {"tasks": tasks, "strategies": ["scratch"]}, "scratch")

    assert found["cifar10@200"].batch_size < found["cifar10@201"].batch_size
    assert found["cifar10@201"].epochs > found["cifar10"].epochs


def test_bands_end_with_their_number():
    sizes = (1, 200, 201, 1_000, 1_001, 10_000, 10_001)

    assert [band_of(size) for size in sizes] == [
        *["up to 200"] * 2,
        *["up to 1,000"] * 2,
        *["up to 10,000"] * 2,
        "more than 10,000",
    ]


def test_networks_without_normalization_learn_more_slowly():
    def rate(architecture):
        (spec,) = plan(
            SHORT | {"architectures": [architecture], "strategies": ["scratch"]}, "a.yaml"
        ).runs.values()
        return spec.hyperparameters.lr

    assert rate("squeezenet1_1") < rate("resnet18")
    assert rate("vgg11_bn") < rate("resnet18"), "its wide layers are not normalized"


def test_evaluate_needs_none_of_these_and_none_makes_another_run():
    def of(settings):
        values = SHORT | {"strategies": {"evaluate": settings}}
        return plan(values, "a.yaml")

    short, long = of({}), of({"lr": 0.5, "optimizer": "adamw"})

    assert hyperparameters(SHORT | {"strategies": ["evaluate"]}, "evaluate")["digits@100"] == UNUSED
    assert short.keys == long.keys


@pytest.mark.parametrize("trains", ["classifier", "top", "all"])
@pytest.mark.parametrize("pretrained", [True, False])
@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("standardise_features", [True, False])
def test_every_situation_has_a_default_with_reason_and_source(
    trains, pretrained, normalized, optimizer, standardise_features
):
    for images in (10, 500, 5_000, 50_000):
        situation = Situation(
            trains,
            pretrained,
            normalized=normalized,
            family=None,
            band=band_of(images),
            optimizer=optimizer,
            standardise_features=standardise_features,
        )
        for key in list(DEFAULTS)[not pretrained :]:  # the first is of new classifiers alone
            default = default_of(key, situation)
            assert default.reason
            assert default.source


def _photographs(folder, per_class):
    for name in ("ant", "bee"):
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / name / f"{number}.png")


@pytest.mark.parametrize(("per_class", "batch_size"), [(20, 16), (160, 32)])
def test_the_images_of_a_folder_are_counted(tmp_path, per_class, batch_size):
    _photographs(tmp_path / "insects", per_class)
    datasets = {"insects": {"layout": "folder", "source": str(tmp_path / "insects")}}

    values = SHORT | {"datasets": datasets, "tasks": ["insects"]}

    assert hyperparameters(values, "fine_tune")["insects"].batch_size == batch_size


def test_an_archive_that_was_not_fetched_needs_the_numbers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    archive = {"layout": "folder", "source": "https://example.org/a.zip", "sha256": "0" * 64}
    values = SHORT | {"datasets": {"insects": archive}, "tasks": ["insects"]}

    with pytest.raises(UserError, match=r"convbench check CONFIG.*epochs: 20"):
        plan(values, "a.yaml")

    values["tasks"] = {"insects": {"epochs": 3, "batch_size": 8}}
    assert plan(values, "a.yaml").runs
