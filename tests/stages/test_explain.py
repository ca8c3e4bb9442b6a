import json
from pathlib import Path

import numpy as np
import pytest
import torch

from convbench.config.spec import Budget, RunSpec
from convbench.data.prepared import open_prepared
from convbench.engine.batches import Images, Standardise, batches
from convbench.explain.activation import class_activation
from convbench.models import architecture_of
from convbench.models.weights import load_weights
from convbench.stages import runs
from convbench.stages.cell import untrained
from convbench.stages.explain import explain
from convbench.stages.predictions import read_predictions
from convbench.stages.train import train
from convbench.stages.view import View


@pytest.fixture
def opened(spec: RunSpec, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> View:
    """A network from scratch, one frozen and one fine-tuned, from the first one's weights."""
    monkeypatch.chdir(tmp_path)
    long = spec.model_copy(update={"budget": Budget(epochs=12, batch_size=8)})
    train(long, prepared, None, runs.RUNS / spec.id, runs.model_file(spec))
    weights = runs.weights_file("simple_cnn", "source")
    weights.parent.mkdir(parents=True)
    weights.write_bytes(runs.model_file(spec).read_bytes())
    specs = [spec, *(transferred(spec, how) for how in ("feature_extraction", "fine_tune"))]
    for each in specs[1:]:
        train(each, prepared, weights, runs.RUNS / each.id, runs.model_file(each))
    explain(specs, prepared, runs.view_folder("digits/simple_cnn"))
    return View.read(runs.view_folder("digits/simple_cnn"))


def transferred(spec: RunSpec, how: str) -> RunSpec:
    rates = spec.optimisation.model_copy(update={"body_lr": 0.001 if how == "fine_tune" else None})
    return spec.model_copy(
        update={"strategy": how, "method": how, "weights": "source", "optimisation": rates}
    )


def test_networks_are_opened_as_training_finds_and_as_it_leaves_them(opened):
    assert [(each.name, each.trained, each.start) for each in opened.networks] == [
        ("random", False, 0),
        ("source", False, 1),
        ("scratch", True, 0),
        ("feature_extraction", True, 1),
        ("fine_tune", True, 1),
    ]


def test_a_frozen_body_is_the_one_that_it_began_with(opened):
    _, source, scratch, frozen, tuned = opened.networks

    assert (scratch.same_body, frozen.same_body, tuned.same_body) == (False, True, False)
    assert frozen.filters_moved == 0 < tuned.filters_moved
    assert frozen.beside_own == source.beside_own
    assert "places/3" not in opened.pictures
    assert opened.pictures["places/4"].shape == (15, 2)


def test_training_on_the_task_sorts_its_images(opened):
    random, _, scratch, _, _ = opened.networks

    assert scratch.beside_own >= random.beside_own
    assert opened.pictures["beside/2"].mean() == scratch.beside_own > 0.8


def test_answers_are_those_of_the_runs(opened):
    for case in opened.cases:
        for answer in case.answers:
            said = read_predictions(runs.RUNS / f"digits/simple_cnn/{answer.strategy}/affine/s0")
            place = list(said.ids).index(case.row)
            assert answer.said == ("top", "middle", "bottom")[said.probabilities[place].argmax()]
            assert answer.chance == pytest.approx(said.probabilities[place].max())
            assert answer.right == (said.probabilities[place].argmax() == said.labels[place])


def test_pictures_are_of_every_case(opened):
    cases = len(opened.cases)

    assert opened.networks[2].layers == ["conv1", "conv2"]
    assert opened.pictures["maps/2/conv1"].shape == (cases, 8, 8, 8)
    assert opened.pictures["activation/4"].shape == (cases, 8, 8)
    assert opened.pictures["filters/0"].shape == (32, 3, 3, 3)
    assert opened.layer == "relu2"


def test_the_kept_network_says_what_its_run_said(opened, spec, prepared):
    data = open_prepared(prepared)
    network = untrained(spec, 3)
    found = load_weights(
        network, architecture_of("simple_cnn").head, runs.model_file(spec), with_head=True
    )
    rows = data.rows("test")
    (x, _), *_ = batches(Images(data.pixels, rows, data.labels[rows]), 99, torch.device("cpu"))
    standardise = Standardise(found.normalisation.mean, found.normalisation.std)

    with torch.no_grad():
        said = network.eval()(standardise(x)).softmax(dim=1)

    theirs = read_predictions(runs.RUNS / spec.id)
    np.testing.assert_allclose(said, theirs.probabilities, atol=1e-6)


def test_where_a_network_looks_is_asked_of_the_classifier_that_it_learned(opened, spec, prepared):
    data = open_prepared(prepared)
    network = untrained(spec, 3)
    head = architecture_of("simple_cnn").head
    found = load_weights(network, head, runs.model_file(spec), with_head=True).normalisation
    rows = np.array([case.row for case in opened.cases])
    (x, _), *_ = batches(Images(data.pixels, rows, data.labels[rows]), 99, torch.device("cpu"))
    images = Standardise(found.mean, found.std)(x)
    said = network.eval()(images).argmax(dim=1)

    theirs = class_activation(network, opened.layer, images, said)

    np.testing.assert_allclose(opened.pictures["activation/2"], theirs, atol=1e-5)


def test_the_same_networks_give_the_same_bytes(opened, spec, prepared):
    folder = runs.view_folder("digits/simple_cnn")
    first = [path.read_bytes() for path in sorted(folder.iterdir())]

    explain(
        [spec, *(transferred(spec, how) for how in ("feature_extraction", "fine_tune"))],
        prepared,
        folder,
    )

    assert [path.read_bytes() for path in sorted(folder.iterdir())] == first


def test_a_run_that_left_no_network_is_named_with_its_reason(opened, spec, prepared):
    metrics = runs.RUNS / spec.id / "metrics.json"
    values = json.loads(metrics.read_text())
    metrics.write_text(json.dumps(values | {"outcome": "diverged", "reason": "loss is nan"}))

    explain([spec, transferred(spec, "fine_tune")], prepared, Path("view"))

    view = View.read(Path("view"))
    assert view.absent == {"scratch": "diverged: loss is nan"}
    assert [each.name for each in view.networks] == ["source", "fine_tune"]


def test_where_no_run_left_a_network_the_view_is_empty(opened, spec, prepared):
    metrics = runs.RUNS / spec.id / "metrics.json"
    values = json.loads(metrics.read_text())
    metrics.write_text(json.dumps(values | {"outcome": "failed", "reason": "out of memory"}))

    explain([spec], prepared, Path("view"))

    view = View.read(Path("view"))
    assert (view.networks, view.cases) == ([], [])
