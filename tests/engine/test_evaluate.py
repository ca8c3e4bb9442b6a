import re
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    log_loss,
)
from torch import nn

from convbench.engine import batches as batching
from convbench.engine.batches import Images, Standardise, batches
from convbench.engine.evaluate import evaluate
from convbench.engine.objective import ONE_LABEL, SEVERAL_LABELS

SAME = Standardise([0.0] * 3, [1.0] * 3)


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    labels = rng.choice(3, 700, p=[0.7, 0.2, 0.1])
    return Images(rng.integers(0, 256, (700, 4, 4, 3), dtype=np.uint8), np.arange(700), labels)


def _network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(48, 3), nn.Dropout(0.9))


def test_scores_agree_with_scikit_learn(images):
    result = evaluate(_network(), images, SAME, ONE_LABEL)

    predicted = result.probabilities.argmax(axis=1)
    accuracy, per_class = result.scores["accuracy"], result.scores["balanced_accuracy"]
    assert accuracy == pytest.approx(accuracy_score(images.labels, predicted))
    assert per_class == pytest.approx(balanced_accuracy_score(images.labels, predicted))
    assert result.loss == pytest.approx(log_loss(images.labels, result.probabilities), rel=1e-5)
    assert accuracy != pytest.approx(per_class, abs=0.01)


def test_scores_of_several_labels_agree_with_scikit_learn(images):
    labels = np.random.default_rng(1).random((700, 3)) < [0.6, 0.3, 0.05]
    several = Images(images.pixels, images.rows, labels.astype(np.float32))

    result = evaluate(_network(), several, SAME, SEVERAL_LABELS)

    probabilities = result.probabilities
    assert result.scores == {
        "mean_average_precision": pytest.approx(
            average_precision_score(labels, probabilities, average="macro")
        )
    }
    losses = [log_loss(labels[:, label], probabilities[:, label]) for label in range(3)]
    assert result.loss == pytest.approx(np.mean(losses), rel=1e-5)


def test_dropout_is_off(images):
    network = _network().train()

    first, second = (evaluate(network, images, SAME, ONE_LABEL).probabilities for _ in range(2))

    assert np.array_equal(first, second)
    assert not network.training


def test_images_are_scaled_and_standardised(images):
    given = []
    network = nn.Sequential(nn.Flatten(), nn.Linear(48, 3))
    network.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))

    evaluate(network, images, Standardise([0.5, 0.4, 0.3], [0.2, 0.1, 0.5]), ONE_LABEL)

    expected = (images.pixels / 255 - [0.5, 0.4, 0.3]) / [0.2, 0.1, 0.5]
    found = torch.cat(given).permute(0, 2, 3, 1).numpy()
    assert np.allclose(found, expected, atol=1e-5)


def test_what_was_read_of_a_mapped_file_does_not_stay_in_memory(tmp_path, monkeypatch):
    """Else an epoch on a dataset larger than memory would fill the memory."""
    np.save(tmp_path / "images.npy", np.ones((64, 256, 256, 3), np.uint8))  # 12.6 MB
    pixels = np.load(tmp_path / "images.npy", mmap_mode="r")
    monkeypatch.setattr(batching, "_RESIDENT", 2**21)
    images = Images(pixels, np.arange(64), np.zeros(64, np.int64))

    for _ in batches(images, 4, torch.device("cpu")):
        pass

    maps = Path("/proc/self/smaps").read_text().split(str(tmp_path / "images.npy"))
    resident = int(re.search(r"Rss: +(\d+) kB", maps[1]).group(1))
    assert resident < 4000
