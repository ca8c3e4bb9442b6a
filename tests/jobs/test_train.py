import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from sklearn.metrics import average_precision_score, fbeta_score
from tests.conftest import how

from convbench.commands.diff import diff
from convbench.data.base import Listing, Sample
from convbench.data.prepare.write import prepare
from convbench.data.prepared import open_prepared
from convbench.engine.batches import Standardise
from convbench.engine.loop import Epoch, Trainer
from convbench.errors import UserError
from convbench.files import read_json
from convbench.jobs import assembly
from convbench.jobs.train import train
from convbench.models import ARCHITECTURES
from convbench.models.weights.files import Normalisation, save_weights
from convbench.results.journal import Record


def _at_lr(spec, lr):
    return spec.model_copy(
        update={"hyperparameters": spec.hyperparameters.model_copy(update={"lr": lr})}
    )


def test_a_run_leaves_its_history_its_predictions_and_its_numbers(spec, prepared, tmp_path):
    train(spec, prepared, None, tmp_path / "run", None)

    record = Record.read(tmp_path / "run")
    predictions = pd.read_parquet(tmp_path / "run" / "predictions.parquet")
    assert record.header.run_id == "digits/simple_cnn/scratch/affine/s0"
    assert [epoch["epoch"] for epoch in record.epochs] == [1, 2, 3]
    assert record.result.metrics.outcome == "finished"
    assert record.result.metrics.epochs == 3
    assert predictions["id"].tolist() == list(range(45, 60))
    probabilities = np.stack(predictions["probabilities"])
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    accuracy = (probabilities.argmax(axis=1) == predictions["label"]).mean()
    assert record.result.metrics.test_accuracy == pytest.approx(accuracy)
    assert record.result.metrics.test_score == record.result.metrics.test_accuracy
    assert record.result.metrics.train_seconds == pytest.approx(sum(e["seconds"] for e in record.epochs))


def _rank(epoch):
    return epoch["val_score"], -epoch["val_loss"]


def test_the_number_is_of_the_epoch_with_the_best_validation(spec, prepared, tmp_path):
    train(spec, prepared, None, tmp_path / "run", None)

    record = Record.read(tmp_path / "run")
    scores = [epoch["val_score"] for epoch in record.epochs]
    assert scores == [epoch["val_accuracy"] for epoch in record.epochs]
    assert record.result.metrics.val_score == record.result.metrics.val_accuracy == max(scores)
    assert record.result.metrics.best_epoch == max(record.epochs, key=_rank)["epoch"]


def test_the_best_epochs_weights_are_kept_while_training_goes_on(spec, prepared, tmp_path, monkeypatch):
    def epochs(trainer):
        epochs = ((0.2, 0.1), (0.9, 1.0), (0.9, 0.7), (0.9, 0.7), (0.1, 0.1))
        for number, (score, loss) in enumerate(epochs, start=1):
            torch.nn.init.constant_(trainer.network.head.weight, number)
            trainer.state.end_epoch(score, loss)
            yield Epoch(number, 0.1, 1.0, 0.5, loss, score, 1 - score, 0.1, 0.1)

    monkeypatch.setattr(Trainer, "epochs", epochs)
    keep = tmp_path / "weights.safetensors"

    train(spec, prepared, None, tmp_path / "run", keep)

    assert load_file(keep)["head.weight"].unique().tolist() == [3.0]
    assert read_json(tmp_path / "run" / "metrics.json")["best_epoch"] == 3


def test_normalisation_follows_the_weights(spec, prepared, tmp_path):
    source = Normalisation((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    network = ARCHITECTURES["simple_cnn"].build(3, 8)
    save_weights(tmp_path / "zoo.safetensors", network.state_dict(), source)
    data, device = open_prepared(prepared), torch.device("cpu")

    transferred = assembly.assemble(spec, data, device, tmp_path / "zoo.safetensors", 0.1)
    scratch = assembly.assemble(spec, data, device, None, 0.1)

    assert transferred.trainer.standardise == Standardise(source.mean, source.std)
    assert list(scratch.trainer.standardise.mean) == data.card.mean


def test_the_kept_weights_give_the_saved_predictions(spec, prepared, tmp_path):
    keep = tmp_path / "weights.safetensors"
    train(spec, prepared, None, tmp_path / "run", keep)
    frozen = spec.model_copy(update={"strategy": "feature_extraction", "weights": "zoo"})

    network = ARCHITECTURES["simple_cnn"].build(3, 8)
    network.load_state_dict(load_file(keep))
    data = open_prepared(prepared)
    pixels = torch.from_numpy(data.pixels[data.rows("test")]).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (data.card.mean, data.card.std))
    expected = network.eval()((pixels - mean) / std).softmax(1).detach().numpy()

    found = np.stack(pd.read_parquet(tmp_path / "run" / "predictions.parquet")["probabilities"])
    assert np.allclose(found, expected, atol=1e-5)
    train(frozen, prepared, keep, tmp_path / "frozen", None)
    assert read_json(tmp_path / "frozen" / "metrics.json")["params_trainable"] == 128 * 3 + 3


def test_a_classifier_that_saw_standardised_features_is_kept_as_the_networks_own(
    spec, prepared, tmp_path
):
    source, kept = tmp_path / "source.safetensors", tmp_path / "kept.safetensors"
    train(spec, prepared, None, tmp_path / "source", source)
    changes = {"standardise_features": True, "lr": 0.01, "optimizer": "sgd"}
    hyperparameters = spec.hyperparameters.model_copy(update=changes)
    frozen = spec.model_copy(
        update={"strategy": "feature_extraction", "weights": "zoo", "hyperparameters": hyperparameters}
    )

    train(frozen, prepared, source, tmp_path / "frozen", kept)
    again = spec.model_copy(update={"strategy": "evaluate", "weights": "zoo"})
    train(again, prepared, kept, tmp_path / "again", None)

    metrics = [read_json(tmp_path / name / "metrics.json") for name in ("frozen", "again")]
    probabilities = [
        np.stack(pd.read_parquet(tmp_path / name / "predictions.parquet")["probabilities"])
        for name in ("frozen", "again")
    ]
    assert metrics[0]["test_accuracy"] > 0.8
    assert np.array_equal(*probabilities)


def test_the_same_spec_gives_the_same_bits(spec, prepared, tmp_path, capsys):
    for results in ("a", "b"):
        torch.rand(5)
        train(spec, prepared, None, tmp_path / results / "runs" / spec.id, None)

    assert diff(tmp_path / "a", tmp_path / "b") == 0
    assert "1 of 1 runs are identical" in capsys.readouterr().out


def _perturbed(spec, size):
    return spec.model_copy(update={"perturbation": size})


def test_a_perturbation_moves_each_initial_weight_by_about_its_size(spec, prepared):
    data, device = open_prepared(prepared), torch.device("cpu")

    plain = assembly.assemble(spec, data, device, None, 0.1).network
    moved = assembly.assemble(_perturbed(spec, 1e-3), data, device, None, 0.1).network

    pairs = zip(plain.parameters(), moved.parameters(), strict=True)
    relative = torch.cat([(b / a - 1)[a != 0].flatten() for a, b in pairs]).detach()
    assert float(relative.std()) == pytest.approx(1e-3, rel=0.05)
    assert float(relative.mean()) == pytest.approx(0, abs=1e-4)


def test_a_perturbation_of_a_rounding_error_moves_loaded_weights_too(spec, prepared, tmp_path):
    network = ARCHITECTURES["simple_cnn"].build(3, 8)
    file = tmp_path / "zoo.safetensors"
    save_weights(file, network.state_dict(), Normalisation((0.1,) * 3, (0.2,) * 3))
    own = _perturbed(spec, 1e-7).model_copy(update={"strategy": "fine_tune", "weights": "zoo"})
    own = own.model_copy(
        update={"hyperparameters": own.hyperparameters.model_copy(update={"backbone_lr": 0.1})}
    )

    moved = assembly.assemble(own, open_prepared(prepared), torch.device("cpu"), file, 0.1).network

    first, before = next(moved.parameters()), next(network.parameters())
    assert not first.equal(before)
    assert torch.allclose(first, before, rtol=1e-6, atol=0)


def test_a_perturbation_moves_the_numbers_a_little_and_the_same_one_to_the_same_bits(
    spec, prepared, tmp_path
):
    for name, size in {"off": 0.0, "on": 1e-7, "again": 1e-7}.items():
        train(_perturbed(spec, size), prepared, None, tmp_path / name / "runs" / spec.id, None)

    off, on = (read_json(tmp_path / name / "runs" / spec.id / "metrics.json") for name in ("off", "on"))
    assert on["test_loss"] != off["test_loss"]
    assert on["test_loss"] == pytest.approx(off["test_loss"], rel=1e-3)
    assert diff(tmp_path / "on", tmp_path / "again") == 0


def test_without_a_perturbation_the_weights_are_the_seeds_to_the_bit(spec, prepared):
    plain = assembly.untrained(spec, 3).state_dict()

    found = assembly.assemble(spec, open_prepared(prepared), torch.device("cpu"), None, 0.1).network

    assert all(tensor.equal(plain[name]) for name, tensor in found.state_dict().items())


def test_another_seed_gives_other_numbers_and_diff_says_which(spec, prepared, tmp_path, capsys):
    train(spec, prepared, None, tmp_path / "a" / "runs" / "one", None)
    other = spec.model_copy(update={"seed": 1})
    train(other, prepared, None, tmp_path / "b" / "runs" / "one", None)
    metrics = tmp_path / "b" / "runs" / "one" / "metrics.json"
    metrics.write_text(metrics.read_text().replace(other.id, spec.id))

    assert diff(tmp_path / "a", tmp_path / "b") == 1

    printed = capsys.readouterr().out
    assert f"{spec.id}: test_loss is " in printed
    assert f"{spec.id}: the predictions differ" in printed
    assert "0 of 1 runs are identical" in printed


def test_a_run_that_one_folder_lacks_differs(spec, prepared, tmp_path, capsys):
    other = spec.model_copy(update={"seed": 1})
    for folder, run in (("a/runs/one", spec), ("a/runs/two", other), ("b/elsewhere/runs/x", spec)):
        train(run, prepared, None, tmp_path / folder, None)
    shutil.move(tmp_path / "b" / "elsewhere" / "runs", tmp_path / "b" / "runs")

    assert diff(tmp_path / "a", tmp_path / "b") == 1
    assert f"{other.id}: not in {tmp_path / 'b'}" in capsys.readouterr().out


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(UserError, match="holds no finished runs"):
        diff(tmp_path, tmp_path)


def test_a_run_that_diverges_is_an_outcome_with_a_reason(spec, prepared, tmp_path):
    train(_at_lr(spec, 1e30), prepared, None, tmp_path / "run", None)

    metrics = read_json(tmp_path / "run" / "metrics.json")
    assert metrics["outcome"] == "diverged"
    assert "loss became" in metrics["reason"]
    assert metrics["test_accuracy"] is None
    assert metrics["test_score"] is None
    assert metrics["params_total"] > 0
    assert len(pd.read_parquet(tmp_path / "run" / "predictions.parquet")) == 0


def test_a_run_that_breaks_is_an_outcome_with_a_reason(spec, prepared, tmp_path, monkeypatch, capsys):
    def broken(*_):
        raise RuntimeError("no such kernel")

    monkeypatch.setattr("convbench.jobs.train.evaluate", broken)

    train(spec, prepared, None, tmp_path / "run", None)

    metrics = read_json(tmp_path / "run" / "metrics.json")
    assert (metrics["outcome"], metrics["reason"]) == ("failed", "RuntimeError: no such kernel")
    assert "Traceback" in capsys.readouterr().err  # the log keeps where it happened


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
    ],
    ids=["Python", "GPU", "CPU"],
)
def test_no_memory_left_says_nothing_of_the_run(spec, prepared, tmp_path, monkeypatch, error):
    def broken(*_):
        raise error

    monkeypatch.setattr("convbench.jobs.train.evaluate", broken)

    with pytest.raises(type(error)):
        train(spec, prepared, None, tmp_path / "run", None)

    assert not (tmp_path / "run" / "metrics.json").exists()


def test_a_run_whose_weights_never_came_fails_with_the_reason(spec, prepared, tmp_path):
    keep = tmp_path / "weights.safetensors"
    train(_at_lr(spec, 1e30), prepared, None, tmp_path / "source", keep)

    train(spec, prepared, keep, tmp_path / "run", None)

    metrics = read_json(tmp_path / "run" / "metrics.json")
    assert metrics["outcome"] == "failed"
    assert f"there are no weights to start from: {spec.id} diverged: the " in metrics["reason"]


def test_one_seed_draws_the_same_images_for_every_method(spec, prepared):
    data = open_prepared(prepared)
    task = spec.model_copy(update={"train_size": 9})
    rival = task.model_copy(update={"architecture": "resnet20", "augmentation": "none"})
    other = task.model_copy(update={"seed": 1})

    rows, same, different = (assembly._images(data, "train", each).rows for each in (task, rival, other))

    assert rows.tolist() == same.tolist() != different.tolist()
    assert np.bincount(data.labels[rows]).tolist() == [3, 3, 3]


def test_a_gpu_that_is_not_there_is_said(spec, prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(UserError, match="device: 'cuda'; this torch sees no GPU"):
        train(spec.model_copy(update={"device": "cuda"}), prepared, None, tmp_path / "run", None)


@pytest.fixture
def several(tmp_path):
    """Images of three labels, each a bright band that may be there or not."""
    rng = np.random.default_rng(0)
    rows = []
    for row in range(120):
        labels = tuple(np.flatnonzero(rng.random(3) < 0.4).tolist())
        pixels = rng.integers(0, 60, (9, 9), dtype=np.uint8)
        for label in labels:
            pixels[3 * label : 3 * label + 2] += 180
        image = Image.fromarray(pixels)
        split = ("train", "train", "val", "test")[row // 30]
        rows.append(Sample(f"{row}", labels, split, lambda image=image: image))
    (tmp_path / "several").mkdir()
    prepare("bands", Listing(("a", "b", "c"), rows), True, how(), "pin", tmp_path / "several")
    return tmp_path / "several"


def _several(spec):
    return spec.model_copy(
        update={
            "dataset": "bands",
            "augmentation": "none",
            "hyperparameters": spec.hyperparameters.model_copy(update={"epochs": 12, "batch_size": 8}),
        }
    )


def test_several_labels_are_learned_and_scored(spec, several, tmp_path):
    train(_several(spec), several, None, tmp_path / "run", None)

    metrics = read_json(tmp_path / "run" / "metrics.json")
    predictions = pd.read_parquet(tmp_path / "run" / "predictions.parquet")
    truth, probabilities = np.stack(predictions["label"]), np.stack(predictions["probabilities"])
    assert metrics["test_score"] > 0.9
    assert metrics["test_score"] == pytest.approx(average_precision_score(truth, probabilities))
    predicted = probabilities >= [label["threshold_f2"] for label in metrics["labels"]]
    assert metrics["test_f2"] == pytest.approx(
        fbeta_score(truth, predicted, beta=2, average="samples", zero_division=1.0)
    )
    assert [label["label"] for label in metrics["labels"]] == ["a", "b", "c"]
    assert [label["images"] for label in metrics["labels"]] == truth.sum(axis=0).tolist()


def test_thresholds_come_from_validation_and_never_see_the_test(spec, several, tmp_path):
    train(_several(spec), several, None, tmp_path / "a", None)
    index = pd.read_parquet(several / "index.parquet")
    index["label"] = [
        [1 - each for each in label] if split == "test" else list(label)
        for label, split in zip(index["label"], index["split"], strict=True)
    ]
    table = pa.table(
        {
            "split": index["split"].tolist(),
            "label": pa.FixedSizeListArray.from_arrays(
                np.concatenate(index["label"].tolist()).astype(np.uint8), 3
            ),
        }
    )
    pq.write_table(table, several / "index.parquet")

    train(_several(spec), several, None, tmp_path / "b", None)

    one, other = (read_json(tmp_path / run / "metrics.json") for run in ("a", "b"))
    for name in ("threshold_f1", "threshold_f2"):
        assert [each[name] for each in one["labels"]] == [each[name] for each in other["labels"]]
    assert one["test_score"] != other["test_score"]


def test_the_best_epoch_is_that_of_the_datasets_own_score(spec, several, tmp_path):
    train(_several(spec), several, None, tmp_path / "run", None)

    record = Record.read(tmp_path / "run")
    scores = [epoch["val_score"] for epoch in record.epochs]
    assert record.result.metrics.best_epoch == max(record.epochs, key=_rank)["epoch"]
    assert record.result.metrics.val_score == max(scores)
    assert {epoch["val_accuracy"] for epoch in record.epochs} == {None}
