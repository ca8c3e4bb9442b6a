from dataclasses import replace

import pytest

from convbench.errors import UserError
from convbench.results.journal import Header, Record
from convbench.results.metrics import Result
from convbench.results.schema import Metrics
from convbench.tracking.sync import Experiment, open_store

# MLflow's own, and those of the libraries that it needs.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

HEADER = Header(
    run_id="zoo@50/net/scratch/none/s0",
    started=1_000,
    spec={"dataset": "zoo", "train_size": 50, "seed": 0, "hyperparameters": {"epochs": 2}},
    data_digest="d" * 64,
    environment={"commit": "abc-dirty", "cores": 2, "packages": {"torch": "2"}},
)
CURVES = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_score", "lr")


def _epoch(number):
    return {"epoch": number, "time": 1_000 + number, **dict.fromkeys(CURVES, 0.1 * number)}


METRICS = Metrics(
    run_id=HEADER.run_id,
    outcome="finished",
    device="cpu",
    val_accuracy=0.9,
    test_accuracy=0.8,
    val_score=0.85,
    test_score=0.75,
    params_total=10,
)


def _record(header, epochs, metrics):
    return Record(header, epochs, None if metrics is None else Result(metrics))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('store')}/mlflow.db"


@pytest.fixture
def experiment(store, request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def reopen(origin="here"):
        return Experiment.open(store, request.node.name, origin)

    return reopen


def _history(experiment, run, name="epoch/val_accuracy"):
    return [(point.step, point.value) for point in experiment.client.get_metric_history(run, name)]


def test_a_run_is_followed_while_it_trains_and_completed_after(experiment, tmp_path):
    artefact = tmp_path / "metrics.json"
    artefact.write_text("{}")

    first = experiment().sync(_record(HEADER, [_epoch(1)], None), [])
    during = experiment().client.get_run(first)
    second = experiment().sync(_record(HEADER, [_epoch(1), _epoch(2)], METRICS), [artefact])
    after = experiment().client.get_run(second)

    assert first == second
    assert during.info.status == "RUNNING"
    assert after.info.status == "FINISHED"
    assert _history(experiment(), second) == [(1, 0.1), (2, 0.2)]
    assert (after.info.start_time, after.info.end_time) == (1_000, 1_002)
    assert [file.path for file in experiment().client.list_artifacts(second)] == ["metrics.json"]


def test_the_record_is_complete_and_shows_the_chosen_epoch(experiment):
    run = experiment().client.get_run(
        experiment().sync(_record(HEADER, [_epoch(1), _epoch(2)], METRICS), [])
    )

    assert run.info.run_name == HEADER.run_id
    assert run.data.params == {
        "dataset": "zoo",
        "train_size": "50",
        "seed": "0",
        "hyperparameters.epochs": "2",
    }
    assert run.data.metrics["val_accuracy"] == 0.9  # not 0.2, the last epoch's
    assert run.data.metrics["test_accuracy"] == 0.8
    assert (run.data.metrics["val_score"], run.data.metrics["test_score"]) == (0.85, 0.75)
    assert run.data.tags["convbench.run_id"] == HEADER.run_id
    assert run.data.tags["convbench.data_digest"] == "d" * 64
    assert run.data.tags["mlflow.source.git.commit"] == "abc"
    assert run.data.tags["environment.packages.torch"] == "2"
    (dataset,) = run.inputs.dataset_inputs
    assert (dataset.dataset.name, dataset.dataset.digest) == ("zoo@50", "d" * 16)


def test_what_an_epoch_has_no_number_of_is_no_point_of_a_curve(experiment):
    several = _epoch(1) | {"train_accuracy": None, "val_accuracy": None}

    run = experiment().sync(_record(HEADER, [several], METRICS), [])

    assert _history(experiment(), run, "epoch/val_score") == [(1, 0.1)]
    assert _history(experiment(), run, "epoch/val_accuracy") == []


def test_sending_twice_changes_nothing(experiment):
    epochs = [_epoch(1), _epoch(2)]
    run = experiment().sync(_record(HEADER, epochs, METRICS), [])
    before = experiment().client.get_run(run).to_dictionary()

    assert experiment().sync(_record(HEADER, epochs, METRICS), []) == run

    assert experiment().client.get_run(run).to_dictionary() == before
    assert _history(experiment(), run) == [(1, 0.1), (2, 0.2)]


def test_only_what_is_lacking_is_sent(experiment, monkeypatch):
    experiment().sync(_record(HEADER, [_epoch(1)], None), [])
    reopened, sent = experiment(), []
    monkeypatch.setattr(reopened.client, "log_batch", lambda _, metrics=(), **__: sent.extend(metrics))

    reopened.sync(_record(HEADER, [_epoch(1), _epoch(2)], None), [])

    assert {point.step for point in sent} == {2}
    assert len(sent) == len(CURVES)


def test_a_complete_record_is_not_written_to_again(experiment, monkeypatch):
    experiment().sync(_record(HEADER, [_epoch(1)], METRICS), [])
    reopened = experiment()
    for name in ("log_batch", "log_artifact", "set_terminated", "set_tag", "create_run"):
        monkeypatch.setattr(reopened.client, name, lambda *_, **__: pytest.fail("wrote"))

    reopened.sync(_record(HEADER, [_epoch(1)], METRICS), [])


def test_what_was_cut_short_is_sent_again_without_doubles(experiment, monkeypatch):
    epochs = [_epoch(1), _epoch(2)]
    broken = experiment()
    monkeypatch.setattr(
        broken.client, "set_terminated", lambda *_: (_ for _ in ()).throw(OSError("cut short"))
    )
    with pytest.raises(OSError, match="cut short"):
        broken.sync(_record(HEADER, epochs, METRICS), [])

    run = experiment().sync(_record(HEADER, epochs, METRICS), [])

    assert experiment().client.get_run(run).info.status == "FINISHED"
    assert _history(experiment(), run) == [(1, 0.1), (2, 0.2)]
    assert _history(experiment(), run, "test_accuracy") == [(0, 0.8)]


def test_a_cell_that_was_trained_again_replaces_its_first_training(experiment):
    first = experiment().sync(_record(HEADER, [_epoch(1)], METRICS), [])
    second = experiment().sync(_record(replace(HEADER, started=2_000), [_epoch(1)], METRICS), [])

    reopened = experiment()
    active = reopened.client.search_runs([reopened.experiment_id])

    assert [run.info.run_id for run in active] == [second]
    assert reopened.client.get_run(first).info.lifecycle_stage == "deleted"


def test_a_run_that_diverged_is_failed_with_its_reason(experiment):
    metrics = Metrics(run_id=HEADER.run_id, outcome="diverged", reason="nan", device="cpu")

    run = experiment().client.get_run(experiment().sync(_record(HEADER, [_epoch(1)], metrics), []))

    assert run.info.status == "FAILED"
    assert run.data.tags["reason"] == "nan"
    assert "test_accuracy" not in run.data.metrics


def test_the_runs_of_another_working_copy_are_left_alone(experiment):
    theirs = experiment("there").sync(_record(HEADER, [_epoch(1)], METRICS), [])
    ours = experiment("here").sync(_record(replace(HEADER, started=900), [_epoch(1)], METRICS), [])

    reopened = experiment()
    active = reopened.client.search_runs([reopened.experiment_id])

    assert {run.info.run_id for run in active} == {theirs, ours}


@pytest.mark.parametrize("address", ["nonsense://here", "postgresql://nobody@127.0.0.1:1/none"])
def test_a_store_that_cannot_be_opened_is_named(address):
    with pytest.raises(UserError, match=f"cannot use the MLflow store {address}"):
        open_store(address)


def test_an_experiment_that_was_deleted_is_named(experiment):
    reopened = experiment()
    reopened.client.delete_experiment(reopened.experiment_id)

    with pytest.raises(UserError, match=r"was deleted in sqlite:.* restore --experiment-id"):
        experiment()
