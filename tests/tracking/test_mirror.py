import pytest

from convbench.errors import UserError
from convbench.tracking.mirror import Mirror, open_store

# MLflow's own, and those of the libraries that it brings.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

HEADER = {
    "run_id": "zoo@50/net/scratch/none/s0",
    "started": 1_000,
    "spec": {"dataset": "zoo", "train_size": 50, "seed": 0, "budget": {"epochs": 2}},
    "data_digest": "d" * 64,
    "environment": {"commit": "abc-dirty", "cores": 2, "packages": {"torch": "2"}},
}
CURVES = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_score", "lr")


def _epoch(number):
    return {"epoch": number, "time": 1_000 + number, **dict.fromkeys(CURVES, 0.1 * number)}


METRICS = {
    "outcome": "finished",
    "reason": "",
    "device": "cpu",
    "val_accuracy": 0.9,
    "test_accuracy": 0.8,
    "val_score": 0.85,
    "test_score": 0.75,
    "params_total": 10,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('store')}/mlflow.db"


@pytest.fixture
def mirror(store, request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def reopen(origin="here"):
        return Mirror.open(store, request.node.name, origin)

    return reopen


def _history(mirror, run, name="epoch/val_accuracy"):
    return [(point.step, point.value) for point in mirror.client.get_metric_history(run, name)]


def test_a_run_is_followed_while_it_trains_and_completed_after(mirror, tmp_path):
    artefact = tmp_path / "metrics.json"
    artefact.write_text("{}")

    first = mirror().sync(HEADER, [_epoch(1)], None, [])
    during = mirror().client.get_run(first)
    second = mirror().sync(HEADER, [_epoch(1), _epoch(2)], METRICS, [artefact])
    after = mirror().client.get_run(second)

    assert first == second
    assert during.info.status == "RUNNING"
    assert after.info.status == "FINISHED"
    assert _history(mirror(), second) == [(1, 0.1), (2, 0.2)]
    assert (after.info.start_time, after.info.end_time) == (1_000, 1_002)
    assert [file.path for file in mirror().client.list_artifacts(second)] == ["metrics.json"]


def test_the_record_is_complete_and_shows_the_chosen_epoch(mirror):
    run = mirror().client.get_run(mirror().sync(HEADER, [_epoch(1), _epoch(2)], METRICS, []))

    assert run.info.run_name == HEADER["run_id"]
    assert run.data.params == {
        "dataset": "zoo",
        "train_size": "50",
        "seed": "0",
        "budget.epochs": "2",
    }
    assert run.data.metrics["val_accuracy"] == 0.9  # not 0.2, the last epoch's
    assert run.data.metrics["test_accuracy"] == 0.8
    assert (run.data.metrics["val_score"], run.data.metrics["test_score"]) == (0.85, 0.75)
    assert run.data.tags["convbench.run_id"] == HEADER["run_id"]
    assert run.data.tags["convbench.data_digest"] == "d" * 64
    assert run.data.tags["mlflow.source.git.commit"] == "abc"
    assert run.data.tags["environment.packages.torch"] == "2"
    (dataset,) = run.inputs.dataset_inputs
    assert (dataset.dataset.name, dataset.dataset.digest) == ("zoo@50", "d" * 16)


def test_what_an_epoch_has_no_number_of_is_no_point_of_a_curve(mirror):
    several = _epoch(1) | {"train_accuracy": None, "val_accuracy": None}

    run = mirror().sync(HEADER, [several], METRICS, [])

    assert _history(mirror(), run, "epoch/val_score") == [(1, 0.1)]
    assert _history(mirror(), run, "epoch/val_accuracy") == []


def test_sending_twice_changes_nothing(mirror):
    epochs = [_epoch(1), _epoch(2)]
    run = mirror().sync(HEADER, epochs, METRICS, [])
    before = mirror().client.get_run(run).to_dictionary()

    assert mirror().sync(HEADER, epochs, METRICS, []) == run

    assert mirror().client.get_run(run).to_dictionary() == before
    assert _history(mirror(), run) == [(1, 0.1), (2, 0.2)]


def test_only_what_is_lacking_is_sent(mirror, monkeypatch):
    mirror().sync(HEADER, [_epoch(1)], None, [])
    opened, sent = mirror(), []
    monkeypatch.setattr(opened.client, "log_batch", lambda _, metrics=(), **__: sent.extend(metrics))

    opened.sync(HEADER, [_epoch(1), _epoch(2)], None, [])

    assert {point.step for point in sent} == {2}
    assert len(sent) == len(CURVES)


def test_a_complete_record_is_not_written_to_again(mirror, monkeypatch):
    mirror().sync(HEADER, [_epoch(1)], METRICS, [])
    opened = mirror()
    for name in ("log_batch", "log_artifact", "set_terminated", "set_tag", "create_run"):
        monkeypatch.setattr(opened.client, name, lambda *_, **__: pytest.fail("wrote"))

    opened.sync(HEADER, [_epoch(1)], METRICS, [])


def test_what_was_cut_short_is_sent_again_without_doubles(mirror, monkeypatch):
    epochs = [_epoch(1), _epoch(2)]
    broken = mirror()
    monkeypatch.setattr(
        broken.client, "set_terminated", lambda *_: (_ for _ in ()).throw(OSError("cut short"))
    )
    with pytest.raises(OSError, match="cut short"):
        broken.sync(HEADER, epochs, METRICS, [])

    run = mirror().sync(HEADER, epochs, METRICS, [])

    assert mirror().client.get_run(run).info.status == "FINISHED"
    assert _history(mirror(), run) == [(1, 0.1), (2, 0.2)]
    assert _history(mirror(), run, "test_accuracy") == [(0, 0.8)]


def test_a_cell_that_was_trained_again_replaces_its_first_training(mirror):
    first = mirror().sync(HEADER, [_epoch(1)], METRICS, [])
    second = mirror().sync(HEADER | {"started": 2_000}, [_epoch(1)], METRICS, [])

    opened = mirror()
    active = opened.client.search_runs([opened.experiment_id])

    assert [run.info.run_id for run in active] == [second]
    assert opened.client.get_run(first).info.lifecycle_stage == "deleted"


def test_a_run_that_diverged_is_failed_with_its_reason(mirror):
    metrics = {**dict.fromkeys(METRICS), "outcome": "diverged", "reason": "nan", "device": "cpu"}

    run = mirror().client.get_run(mirror().sync(HEADER, [_epoch(1)], metrics, []))

    assert run.info.status == "FAILED"
    assert run.data.tags["reason"] == "nan"
    assert "test_accuracy" not in run.data.metrics


def test_the_runs_of_another_working_copy_are_left_alone(mirror):
    theirs = mirror("there").sync(HEADER, [_epoch(1)], METRICS, [])
    ours = mirror("here").sync(HEADER | {"started": 900}, [_epoch(1)], METRICS, [])

    opened = mirror()
    active = opened.client.search_runs([opened.experiment_id])

    assert {run.info.run_id for run in active} == {theirs, ours}


@pytest.mark.parametrize("address", ["nonsense://here", "postgresql://nobody@127.0.0.1:1/none"])
def test_a_store_that_cannot_be_opened_is_named(address):
    with pytest.raises(UserError, match=f"cannot use the MLflow store {address}"):
        open_store(address)


def test_an_experiment_that_was_deleted_is_named(mirror):
    opened = mirror()
    opened.client.delete_experiment(opened.experiment_id)

    with pytest.raises(UserError, match=r"was deleted in sqlite:.* restore --experiment-id"):
        mirror()
