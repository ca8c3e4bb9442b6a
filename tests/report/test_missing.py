import shutil

import pytest

from convbench.data.prepared import write_absent
from convbench.files import make_folder, write_json
from convbench.planning.plan import plan
from convbench.report.text.missing import missing
from convbench.results.rows import table
from convbench.results.schema import RunRow, SpeedRow
from convbench.results.view import ABOUT


@pytest.fixture
def grid(prepared, values, tmp_path, monkeypatch):
    """Return the plan of a grid with ``digits`` prepared, and ``letters`` absent."""
    monkeypatch.chdir(tmp_path)
    found = plan(values, "a.yaml")
    shutil.copytree(prepared, found.prepared("digits"))
    write_absent("letters", "no such file", make_folder(found.prepared("letters")))
    views = [found.view_folder(view) / ABOUT for view in found.explained]
    for file in (found.audit_file("digits"), *views):
        write_json(make_folder(file.parent) / file.name, {"reason": ""})
    return found


def _runs(*seeds, label="scratch"):
    rows = [
        RunRow(
            run_id=f"digits@20/net/{label}/none/s{seed}",
            dataset="digits",
            train_size=20,
            architecture="net",
            label=label,
            strategy=label,
            augmentation="none",
            seed=seed,
            outcome=ended,
            reason="" if ended == "finished" else "RuntimeError: too deep",
            weights="random",
            threads=1,
            left_out=0,
            label_breaking="",
            rate_warning="",
            rate_ratio=None,
            trains="all",
            modality=None,
            family=None,
            depth=None,
            plain=False,
            log=None,
            folder="",
        )
        for seed, ended in enumerate(seeds)
    ]
    return table(rows, RunRow)


NO_SPEED = table([], SpeedRow)


def test_a_dataset_that_is_absent_is_named_with_its_reason(grid):
    assert missing(grid, _runs("finished"), NO_SPEED) == [
        "There is no dataset letters: no such file. Its runs failed."
    ]


def test_a_configuration_without_finished_seeds_is_named(grid):
    found = missing(grid, _runs("failed", "failed"), NO_SPEED)

    assert found[1] == (
        "digits@20/net/scratch/none: no seed finished (2 failed). s0: RuntimeError: too deep"
    )


def test_a_configuration_that_lacks_seeds_has_the_results_of_the_others(grid):
    found = missing(grid, _runs("finished", "diverged"), NO_SPEED)

    assert found[1] == (
        "digits@20/net/scratch/none: 1 of 2 seeds finished (1 diverged); its results are those of "
        "these seeds. s1: RuntimeError: too deep"
    )


def test_measurements_that_failed_are_named_with_their_reason(grid):
    write_json(grid.audit_file("digits"), {"reason": "no memory"})
    speed = table([SpeedRow(architecture="net", reason="no memory")], SpeedRow)

    found = missing(grid, _runs("finished"), speed)

    assert found[1:] == [
        "The speed of net could not be measured: no memory",
        "The audit of digits failed: no memory",
    ]
