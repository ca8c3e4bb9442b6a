import re
from dataclasses import replace

import pytest

from convbench.augment import AUGMENTS
from convbench.config.weights import ImportSpec
from convbench.errors import UserError
from convbench.models import ARCHITECTURES
from convbench.planning.code import _files_of, files_of
from convbench.planning.keys import (
    code_of_run,
    modules_of_architecture,
    modules_of_prepared,
    modules_of_run,
)
from convbench.planning.plan import plan
from convbench.strategies import STRATEGIES


def test_a_valid_config_becomes_runs_and_the_pretrainings_that_they_need(values):
    made = plan(values, "a.yaml")

    assert len(made.runs) == 16
    assert set(made.pretrainings) == {"simple_cnn/letters", "resnet20/letters"}
    spec = made.runs["digits@20/resnet20/fine_tune/none/s1"]
    (file,) = made.weights_of(spec)
    assert re.fullmatch(r"results/weights/resnet20/letters/[0-9a-f]{8}/weights\.safetensors", file)
    assert made.weights_of(made.runs["digits@20/resnet20/scratch/none/s1"]) == []


def _wrong(values, message):
    with pytest.raises(UserError) as caught:
        plan(values, "a.yaml")
    assert "a.yaml" in str(caught.value)
    assert message in str(caught.value)


def test_a_wrong_name_is_refused_with_the_right_ones(values):
    values["architectures"] = ["resnet02"]
    _wrong(
        values,
        "architectures: no architecture 'resnet02' (did you mean 'resnet50'",
    )


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("tasks", {"digit@20": {"epochs": 1, "batch_size": 1}}),
        ("augmentations", ["crop"]),
        ("pretraining", {"imagenet": None}),
    ],
)
def test_every_axis_is_checked(values, key, wrong):
    if key == "pretraining":
        wrong = {
            "letters": values["pretraining"]["letters"],
            "imagenet": values["pretraining"]["letters"],
        }
    values[key] = wrong
    _wrong(values, f"{key}: no ")


def test_every_problem_is_listed_at_once(values):
    values["architectures"] = ["alexnett"]
    values["augmentations"] = ["flop"]
    _wrong(values, "no architecture 'alexnett' (did you mean 'alexnet'?); there are simple_cnn,")
    _wrong(values, "no 'flop'")


def test_scratch_from_pretrained_weights_is_refused(values):
    values["strategies"]["scratch"]["weights"] = "letters"
    _wrong(values, "strategies.scratch.weights: 'letters'; scratch starts from 'random'")


def test_transfer_from_random_weights_is_refused(values):
    values["strategies"]["fine_tune"]["weights"] = "random"
    _wrong(values, "strategies.fine_tune.weights: 'random'; fine_tune starts from pretrained")


def test_a_body_rate_that_nothing_uses_is_refused(values):
    values["strategies"]["scratch"]["backbone_lr"] = 0.5
    _wrong(values, "strategies.scratch.backbone_lr: 0.5; scratch has no use for it")


@pytest.mark.parametrize("size", [9, 1001])
def test_a_draw_that_cannot_be_is_refused(values, size):
    values["tasks"] = {f"digits@{size}": {"epochs": 1, "batch_size": 1}}
    _wrong(values, f"tasks: 'digits@{size}'; digits has 10 classes and 1000 training images")


def test_a_task_that_the_network_was_pretrained_on_is_refused(values):
    values["tasks"] = {"letters@200": {"epochs": 1, "batch_size": 1}}
    _wrong(values, "tasks: 'letters@200'; letters is also what networks are pretrained on")


def test_the_same_images_under_two_names_are_refused(values):
    length = {"epochs": 1, "batch_size": 1}
    values["tasks"] = {"digits@1000": length, "digits": length}
    _wrong(values, "tasks: 'digits@1000' and 'digits' are the same 1000 images")


def test_a_run_depends_on_its_own_parts_and_on_no_other(values):
    runs = plan(values, "a.yaml").runs

    code = set(files_of(modules_of_run(runs["digits@20/resnet20/fine_tune/affine/s0"])))

    assert {
        "augment/affine.py",
        "data/prepared.py",
        "engine/loop.py",
        "engine/step.py",
        "models/resnet_cifar.py",
        "seeding.py",
        "jobs/train.py",
        "strategies/fine_tune.py",
    } <= code
    others = {"augment/none.py", "models/simple_cnn.py", "strategies/scratch.py"}
    catalogues = {f"{part}/__init__.py" for part in ("augment", "data", "models", "strategies")}
    unrelated = {
        "config/grid.py",
        "config/spec.py",
        "results/journal.py",
        "jobs/progress.py",
        "data/digits.py",
    }
    making = {"data/prepare/write.py", "data/prepare/images.py", "data/prepare/duplicates.py"}
    assert not code & (others | catalogues | unrelated | making)


def _code_with(monkeypatch, spec, catalogue, name, **changes):
    """Return the digest of a run's code before and after a change of an entry of a catalogue."""
    before = code_of_run(spec)
    monkeypatch.setitem(catalogue, name, replace(catalogue[name], **changes))
    return before, code_of_run(spec)


@pytest.mark.parametrize(
    ("catalogue", "name", "changes"),
    [
        (AUGMENTS, "affine", {"description": "moved", "changes": frozenset()}),
        (STRATEGIES, "fine_tune", {"description": "tuned", "trains": "top", "takes": frozenset()}),
        (ARCHITECTURES, "resnet20", {"family": "another", "depth": 21}),
        (ARCHITECTURES, "simple_cnn", {"head": "hidden"}),
    ],
)
def test_what_describes_an_entry_and_another_entry_make_no_run_stale(
    values, monkeypatch, catalogue, name, changes
):
    spec = plan(values, "a.yaml").runs["digits@20/resnet20/fine_tune/affine/s0"]

    before, after = _code_with(monkeypatch, spec, catalogue, name, **changes)

    assert after == before


@pytest.mark.parametrize(
    ("catalogue", "name", "changes"),
    [
        (AUGMENTS, "affine", {"mixes": True}),
        (AUGMENTS, "affine", {"apply": AUGMENTS["rotation"].apply}),
        (STRATEGIES, "fine_tune", {"keeps_classifier": True}),
        (ARCHITECTURES, "resnet20", {"head": "layer3"}),
        (ARCHITECTURES, "resnet20", {"opened": ("layer3",)}),
        (ARCHITECTURES, "resnet20", {"build": ARCHITECTURES["resnet32"].build}),
    ],
)
def test_what_numbers_depend_on_in_an_entry_makes_its_runs_stale(
    values, monkeypatch, catalogue, name, changes
):
    spec = plan(values, "a.yaml").runs["digits@20/resnet20/fine_tune/affine/s0"]

    before, after = _code_with(monkeypatch, spec, catalogue, name, **changes)

    assert after != before


def test_a_sum_of_augmentations_depends_on_how_it_is_applied(values):
    values["augmentations"] = ["affine+mixup"]
    (spec, *_) = plan(values, "a.yaml").runs.values()

    code = set(files_of(modules_of_run(spec)))

    assert {"augment/base.py", "augment/affine.py", "augment/mixup.py"} <= code


def test_a_page_depends_on_the_descriptions_in_the_catalogues():
    code = dict(_files_of(frozenset({"convbench.report.text.glossary"}), whole=True))

    assert {"augment/__init__.py", "strategies/__init__.py"} <= set(code)


def test_a_prepared_dataset_depends_on_its_own_reader(values):
    code = set(files_of(modules_of_prepared("digits", plan(values, "a.yaml").grid)))

    assert {"data/digits.py", "data/prepare/write.py", "data/prepare/splits.py"} <= code
    assert "data/letters.py" not in code


def test_a_users_own_dataset_depends_on_the_layouts_and_on_no_dataset_of_the_catalogue(values):
    values["tasks"] = {"zoo@20": {"epochs": 1, "batch_size": 1}}
    values["datasets"] = {"zoo": {"layout": "folder", "source": "pictures"}}

    code = set(files_of(modules_of_prepared("zoo", plan(values, "a.yaml").grid)))

    assert {"data/layouts/folder.py", "data/prepare/write.py"} <= code
    assert not code & {"data/digits.py", "data/letters.py", "data/cifar10.py"}


def test_an_augmentation_that_changes_what_labels_say_is_refused_with_how(values):
    values["augmentations"] = ["crop_flip"]
    _wrong(
        values,
        "augmentations: 'crop_flip' with digits: horizontal flips may change its labels",
    )


def test_a_source_that_is_pretrained_on_is_checked_too(values):
    values["pretraining"]["letters"]["augmentation"] = "crop_flip"
    _wrong(values, "augmentations: 'crop_flip' with letters: horizontal flips may change")


def test_an_augmentation_that_changes_what_labels_say_is_run_where_that_is_allowed(values):
    values |= {"augmentations": ["crop_flip"], "allow_label_breaking": True}

    assert "digits@20/resnet20/scratch/crop_flip/s0" in plan(values, "a.yaml").runs


def test_what_keeps_a_label_is_the_users_to_say(values):
    values["augmentations"] = ["crop_flip"]
    values["datasets"] = {"digits": {"keeps": ["shift_and_scale", "horizontal_flip"]}}

    assert "digits@20/resnet20/scratch/crop_flip/s0" in plan(values, "a.yaml").runs


def test_where_nothing_is_known_of_the_labels_nothing_is_refused(values):
    values["tasks"] = {"zoo@20": {"epochs": 1, "batch_size": 1}}
    values["datasets"] = {"zoo": {"layout": "folder", "source": "pictures"}}
    values["augmentations"] = ["dihedral"]

    assert "zoo@20/resnet20/scratch/dihedral/s0" in plan(values, "a.yaml").runs


def test_a_users_own_dataset_under_a_name_of_the_catalogue_is_refused(values):
    values["datasets"] = {"digits": {"layout": "folder", "source": "pictures"}}
    _wrong(values, "datasets: 'digits' is a dataset of the catalogue; give your own another name")


def test_imported_weights_depend_on_how_they_are_read_and_not_on_the_workflow():
    spec = ImportSpec(architecture="squeezenet1_0", weights="imagenet", image_size=64)

    modules = modules_of_architecture(spec.architecture, "import_weights")
    code = {name.rpartition("/")[2] for name in files_of(modules)}

    assert {"import_weights.py", "imported.py", "torchvision_network.py"} <= code
    assert not {"grid.py", "plan.py", "network_checks.py"} & code
