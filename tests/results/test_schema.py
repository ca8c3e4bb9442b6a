from dataclasses import is_dataclass

import pytest
from tests.rows import run_row

from convbench.results.rows import columns_of, dtypes_of, rows_of, table
from convbench.results.schema import (
    TABLES,
    ConfigurationKey,
    ConfigurationRow,
    EpochRow,
    Metrics,
    RunRow,
    SummaryRow,
    TaskKey,
)
from convbench.scores import SCORES

KINDS = {**TABLES, "metrics": Metrics, "summary": SummaryRow}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_column_is_described_and_has_a_heading(kind):
    assert is_dataclass(kind)
    for name, about in columns_of(kind).items():
        assert about.description.endswith("."), name
        assert about.heading, name


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_number_is_written_as_a_number_and_a_text_as_text(kind):
    formats = {
        "string": {"text"},
        "boolean": {"flag"},
        "Int64": {"count"},
        "Float64": {"percent", "points", "number", "seconds", "ms", "p_value"},
    }
    dtypes = dtypes_of(kind)

    for name, about in columns_of(kind).items():
        assert about.format in formats[dtypes[name]], name


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_time_and_a_difference_have_their_unit(kind):
    units = {"seconds": "s", "ms": "ms", "points": "points"}

    for name, about in columns_of(kind).items():
        assert about.unit == units.get(about.format, about.unit), name


@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
def test_a_score_of_the_catalogue_has_its_columns(score):
    for kind in (Metrics, RunRow, SummaryRow):
        assert score.description in columns_of(kind)[score.test].description
        assert columns_of(kind)[score.test].heading == score.title
    for name, kind in ((score.val, Metrics), (score.val, EpochRow), (score.train, EpochRow)):
        assert (name in columns_of(kind)) == score.every_epoch


def test_no_score_is_lost_on_the_way_into_a_row():
    given = {score.test: number / 10 for number, score in enumerate(SCORES.values())}

    row = run_row(**given)

    assert {score.test: row.of(score) for score in SCORES.values()} == given
    assert rows_of(table([row], RunRow), RunRow) == [row]


def test_rows_on_runs_and_on_configurations_share_their_key():
    key = list(columns_of(ConfigurationKey))

    assert key[: len(columns_of(TaskKey))] == list(columns_of(TaskKey))
    assert list(columns_of(ConfigurationRow))[: len(key)] == key
    assert set(key) | set(columns_of(Metrics)) <= set(columns_of(RunRow))
