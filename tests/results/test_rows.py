import dataclasses

import pandas as pd
import pytest

from convbench.results.rows import (
    About,
    Column,
    checked,
    column,
    columns_of,
    dtypes_of,
    read_table,
    row,
    rows_of,
    table,
    write_table,
)


@row
class Key:
    name: Column[str] = column("The network's name.", "Network")


@row
class Measured(Key):
    """A row of each kind of column."""

    epochs: Column[int] = column("Epochs trained.", "Epochs", format="count")
    score: Column[float | None] = column("A score.", "Score", unit="s", format="percent", default=None)
    done: Column[bool | None] = column("Whether it ended.", "Done", format="flag", default=None)


FULL = Measured(name="a", epochs=3, score=0.5, done=True)
EMPTY = Measured(name="b", epochs=0)


def test_an_attribute_is_the_columns_name_on_the_class_and_the_value_on_a_row():
    assert [Measured.name, Measured.epochs, Measured.score, Measured.done] == list(columns_of(Measured))
    assert (FULL.name, FULL.epochs, FULL.score, FULL.done) == ("a", 3, 0.5, True)
    assert (EMPTY.score, EMPTY.done) == (None, None)


def test_a_misspelt_column_is_an_error():
    with pytest.raises(AttributeError, match="scroe"):
        _ = Measured.scroe
    with pytest.raises(TypeError, match="scroe"):
        Measured(name="a", epochs=1, scroe=0.5)


def test_a_row_needs_every_column_without_a_default_and_does_not_change():
    with pytest.raises(TypeError, match="epochs"):
        Measured(name="a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        FULL.epochs = 4


def test_columns_of_the_base_come_first_and_keep_what_is_known_of_them():
    assert list(columns_of(Measured)) == ["name", "epochs", "score", "done"]
    assert columns_of(Measured)[Measured.name] == About("The network's name.", "Network", "", "text")
    assert columns_of(Measured)[Measured.score] == About("A score.", "Score", "s", "percent")


def test_every_column_can_hold_a_missing_value():
    assert dtypes_of(Measured) == {
        "name": "string",
        "epochs": "Int64",
        "score": "Float64",
        "done": "boolean",
    }


def test_rows_become_a_table_and_come_back():
    found = table([FULL, EMPTY], Measured)

    assert found[Measured.score].tolist()[0] == 0.5
    assert found[Measured.score][1] is pd.NA
    assert found[Measured.done][1] is pd.NA
    assert found[Measured.epochs].tolist() == [3, 0]
    assert rows_of(found, Measured) == [FULL, EMPTY]


def test_a_table_without_rows_has_its_columns():
    found = table([], Measured)

    assert list(found.columns) == list(columns_of(Measured))
    assert dict(found.dtypes.astype(str)) == dtypes_of(Measured)
    assert rows_of(found, Measured) == []


def test_rows_are_read_from_a_table_that_has_more_columns():
    more = table([FULL], Measured).assign(other=1)

    assert rows_of(more, Key) == [Key(name="a")]


def test_a_table_on_disk_comes_back_to_the_last_bit(tmp_path):
    score = Measured(name="c", epochs=1, score=0.1 + 0.2)
    write_table(table([score, EMPTY], Measured), tmp_path / "measured.parquet")

    assert rows_of(read_table(tmp_path / "measured.parquet", Measured), Measured) == [score, EMPTY]
    assert (tmp_path / "measured.csv").read_text() == (
        "name,epochs,score,done\nc,1,0.30000000000000004,\nb,0,,\n"
    )


def test_only_the_columns_of_the_kind_are_read(tmp_path):
    write_table(table([FULL], Measured), tmp_path / "measured.parquet")

    assert list(read_table(tmp_path / "measured.parquet", Key).columns) == [Key.name]


def test_a_name_that_is_no_column_is_named_with_its_file():
    assert checked({"name": "a"}, Measured, "a.json") == {"name": "a"}
    with pytest.raises(KeyError, match=r"a\.json: 'scroe' is no column of Measured"):
        checked({"name": "a", "scroe": 1}, Measured, "a.json")
