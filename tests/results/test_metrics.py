import json

import pytest

from convbench.results.metrics import Result, outcome_of, read_result
from convbench.results.schema import LabelRow, Metrics

FINISHED = """{
 "best_epoch": 7,
 "cpu_seconds": 13.573866355000012,
 "device": "cpu",
 "epochs": 10,
 "labels": null,
 "left_out": [],
 "lr": 0.01,
 "macs": 10138240,
 "outcome": "finished",
 "params_total": 269722,
 "params_trainable": 269722,
 "reason": "",
 "run_id": "digits/resnet20/fine_tune/none/s2",
 "score": "accuracy",
 "seconds_per_epoch": 2.691567228300028,
 "stem": "",
 "test_accuracy": 0.9933333333333333,
 "test_balanced_accuracy": 0.9934153005464481,
 "test_f1_macro": null,
 "test_f1_micro": null,
 "test_f2": null,
 "test_loss": 0.02156176510645758,
 "test_mean_average_precision": null,
 "test_score": 0.9933333333333333,
 "train_seconds": 26.915672283000276,
 "val_accuracy": 0.9949238578680203,
 "val_score": 0.9949238578680203
}
"""
"""Of a run of the default grid."""

KILLED = """{
 "attempt": 2,
 "best_epoch": null,
 "cpu_seconds": null,
 "epochs": null,
 "labels": null,
 "log": [
  "epoch 1",
  "Killed"
 ],
 "macs": null,
 "outcome": "killed",
 "params_total": null,
 "params_trainable": null,
 "reason": "killed by SIGKILL",
 "run_id": "digits/resnet20/scratch/none/s0",
 "score": null,
 "seconds_per_epoch": null,
 "test_accuracy": null,
 "test_balanced_accuracy": null,
 "test_f1_macro": null,
 "test_f1_micro": null,
 "test_f2": null,
 "test_loss": null,
 "test_mean_average_precision": null,
 "test_score": null,
 "train_seconds": null,
 "val_accuracy": null,
 "val_score": null
}
"""


@pytest.mark.parametrize("text", [FINISHED, KILLED], ids=["finished", "killed"])
def test_a_file_is_written_as_it_was_read(tmp_path, text):
    (tmp_path / "metrics.json").write_text(text)

    found = read_result(tmp_path)
    found.write(tmp_path)

    assert (tmp_path / "metrics.json").read_text() == text
    assert outcome_of(tmp_path) == found.metrics.outcome == json.loads(text)["outcome"]


def test_scores_of_labels_come_back_with_their_run(tmp_path):
    label = LabelRow(
        run_id="planet/net/scratch/none/s0",
        label="haze",
        images=7,
        average_precision=None,
        f1=0.5,
        threshold_f1=0.25,
        threshold_f2=0.125,
    )
    metrics = Metrics(run_id=label.run_id, outcome="finished")
    Result(metrics, labels=[label]).write(tmp_path)

    assert read_result(tmp_path) == Result(metrics, labels=[label])
    (written,) = json.loads((tmp_path / "metrics.json").read_text())["labels"]
    assert "run_id" not in written


def test_a_key_that_is_no_column_is_an_error_that_names_it(tmp_path):
    values = {"run_id": "a", "outcome": "finished", "test_acuracy": 0.5}
    (tmp_path / "metrics.json").write_text(json.dumps(values))

    with pytest.raises(KeyError, match=r"metrics\.json: 'test_acuracy' is no column of Metrics"):
        read_result(tmp_path)


def test_a_score_by_the_name_of_an_earlier_version_is_read(tmp_path):
    values = {"run_id": "a", "outcome": "finished", "test_accuracy_per_class": 0.5}
    (tmp_path / "metrics.json").write_text(json.dumps(values))

    assert read_result(tmp_path).metrics.test_balanced_accuracy == 0.5


def test_a_run_that_is_not_done_has_no_result(tmp_path):
    assert read_result(tmp_path) is None
    assert outcome_of(tmp_path) == ""
