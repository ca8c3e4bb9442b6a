import json
from pathlib import Path

import numpy as np
import pytest
import torch

from convbench.config.spec import RunSpec
from convbench.data.prepared import open_prepared
from convbench.engine.batches import Images, Standardise, batches
from convbench.explain.activation import class_activation
from convbench.jobs.assembly import untrained
from convbench.jobs.explain import explain
from convbench.jobs.train import train
from convbench.models import architecture_of
from convbench.models.weights.files import load_weights
from convbench.results.folders import MODEL, RUNS
from convbench.results.predictions import read_predictions
from convbench.results.view import View


@pytest.fixture
def view(spec: RunSpec, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> View:
    """A network from scratch, one frozen and one fine-tuned, from the first one's weights."""
    monkeypatch.chdir(tmp_path)
    long = spec.model_copy(
        update={
            "hyperparameters": spec.hyperparameters.model_copy(update={"epochs": 12, "batch_size": 8})
        }
    )
    train(long, prepared, None, RUNS / spec.id, RUNS / spec.id / MODEL)
    weights = tmp_path / "source.safetensors"
    weights.write_bytes((RUNS / spec.id / MODEL).read_bytes())
    specs = [spec, *(transferred(spec, how) for how in ("feature_extraction", "fine_tune"))]
    for each in specs[1:]:
        train(each, prepared, weights, RUNS / each.id, RUNS / each.id / MODEL)
    explain_again(specs, prepared, tmp_path / "view")
    return View.read(tmp_path / "view")


def explain_again(specs: list[RunSpec], prepared: Path, out: Path) -> None:
    """Look into the networks that ``view`` has left in the working folder."""
    folders = {each.id: RUNS / each.id for each in specs}
    explain(specs, folders, {"source": Path("source.safetensors")}, prepared, out)


def transferred(spec: RunSpec, how: str) -> RunSpec:
    rates = spec.hyperparameters.model_copy(
        update={"backbone_lr": 0.001 if how == "fine_tune" else None}
    )
    return spec.model_copy(
        update={"label": how, "strategy": how, "weights": "source", "hyperparameters": rates}
    )


def test_networks_are_explained_before_and_after_training(view):
    assert [(each.name, each.trained, each.start) for each in view.networks] == [
        ("random", False, 0),
        ("source", False, 1),
        ("scratch", True, 0),
        ("feature_extraction", True, 1),
        ("fine_tune", True, 1),
    ]


def test_a_frozen_backbone_is_the_one_that_it_began_with(view):
    _, source, scratch, frozen, tuned = view.networks

    assert (scratch.same_backbone, frozen.same_backbone, tuned.same_backbone) == (False, True, False)
    assert frozen.filters_moved == 0 < tuned.filters_moved
    assert frozen.beside_own == source.beside_own
    assert "places/3" not in view.pictures
    assert view.pictures["places/4"].shape == (15, 2)


def test_training_on_the_task_sorts_its_images(view):
    random, _, scratch, _, _ = view.networks

    assert scratch.beside_own >= random.beside_own
    assert view.pictures["beside/2"].mean() == scratch.beside_own > 0.8


def test_predictions_are_those_of_the_runs(view):
    for case in view.cases:
        for shown in case.predictions:
            theirs = read_predictions(RUNS / f"digits/simple_cnn/{shown.strategy}/affine/s0")
            place = list(theirs.ids).index(case.row)
            predicted = theirs.probabilities[place].argmax()
            assert shown.predicted == ("top", "middle", "bottom")[predicted]
            assert shown.probability == pytest.approx(theirs.probabilities[place].max())
            assert shown.correct == (predicted == theirs.labels[place])


def test_pictures_are_of_every_case(view):
    cases = len(view.cases)

    assert view.networks[2].layers == ["conv1", "conv2"]
    assert view.pictures["maps/2/conv1"].shape == (cases, 8, 8, 8)
    assert view.pictures["activation/4"].shape == (cases, 8, 8)
    assert view.pictures["filters/0"].shape == (32, 3, 3, 3)
    assert view.layer == "relu2"


def test_the_kept_network_predicts_what_its_run_predicted(view, spec, prepared):
    data = open_prepared(prepared)
    network = untrained(spec, 3)
    found = load_weights(
        network, architecture_of("simple_cnn").head, RUNS / spec.id / MODEL, with_classifier=True
    )
    rows = data.rows("test")
    (x, _), *_ = batches(Images(data.pixels, rows, data.labels[rows]), 99, torch.device("cpu"))
    standardise = Standardise(found.normalisation.mean, found.normalisation.std)

    with torch.no_grad():
        ours = network.eval()(standardise(x)).softmax(dim=1)

    theirs = read_predictions(RUNS / spec.id)
    np.testing.assert_allclose(ours, theirs.probabilities, atol=1e-6)


def test_class_activation_is_of_the_classifier_that_was_learned(view, spec, prepared):
    data = open_prepared(prepared)
    network = untrained(spec, 3)
    head = architecture_of("simple_cnn").head
    found = load_weights(network, head, RUNS / spec.id / MODEL, with_classifier=True).normalisation
    rows = np.array([case.row for case in view.cases])
    (x, _), *_ = batches(Images(data.pixels, rows, data.labels[rows]), 99, torch.device("cpu"))
    images = Standardise(found.mean, found.std)(x)
    predicted = network.eval()(images).argmax(dim=1)

    theirs = class_activation(network, view.layer, images, predicted)

    np.testing.assert_allclose(view.pictures["activation/2"], theirs, atol=1e-5)


def test_the_same_networks_give_the_same_bytes(view, spec, prepared):
    folder = Path("view")
    first = [path.read_bytes() for path in sorted(folder.iterdir())]

    explain_again(
        [spec, *(transferred(spec, how) for how in ("feature_extraction", "fine_tune"))],
        prepared,
        folder,
    )

    assert [path.read_bytes() for path in sorted(folder.iterdir())] == first


def test_a_run_that_left_no_network_is_named_with_its_reason(view, spec, prepared):
    metrics = RUNS / spec.id / "metrics.json"
    values = json.loads(metrics.read_text())
    metrics.write_text(json.dumps(values | {"outcome": "diverged", "reason": "loss is nan"}))

    explain_again([spec, transferred(spec, "fine_tune")], prepared, Path("other"))

    view = View.read(Path("other"))
    assert view.absent == {"scratch": "diverged: loss is nan"}
    assert [each.name for each in view.networks] == ["source", "fine_tune"]


def test_where_no_run_left_a_network_the_view_is_empty(view, spec, prepared):
    metrics = RUNS / spec.id / "metrics.json"
    values = json.loads(metrics.read_text())
    metrics.write_text(json.dumps(values | {"outcome": "failed", "reason": "out of memory"}))

    explain_again([spec], prepared, Path("other"))

    view = View.read(Path("other"))
    assert (view.networks, view.cases) == ([], [])
