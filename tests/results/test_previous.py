from convbench.config.grid import Grid
from convbench.files import write_text
from convbench.results.folders import GRID, REPORTS, TABLES
from convbench.results.previous import PREVIOUS, set_aside, written


def _made(name):
    for path in (REPORTS / "index.html", REPORTS / "runs" / "one.html", TABLES / "runs.csv"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, name)


def _before(values):
    GRID.parent.mkdir(parents=True, exist_ok=True)
    write_text(GRID, written(Grid.parse(values, "mine.yaml")))


def test_pages_and_tables_of_another_grid_are_moved_away(values, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _before(values)
    _made("before")

    assert set_aside(Grid.parse({**values, "seeds": [0]}, "mine.yaml"))

    assert not (REPORTS / "index.html").exists()
    assert not TABLES.exists()
    for name in ("index.html", "runs/one.html", "tables/runs.csv"):
        assert (PREVIOUS / name).read_text() == "before"


def test_those_of_this_grid_stay(values, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _before(values)
    _made("now")

    assert not set_aside(Grid.parse(values, "mine.yaml"))
    assert (REPORTS / "index.html").read_text() == "now"


def test_what_is_known_of_no_grid_is_moved_too(values, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _made("unknown")

    assert set_aside(Grid.parse(values, "mine.yaml"))


def test_one_grid_alone_lies_there(values, tmp_path, monkeypatch):
    """Where the last call made tables and no pages, the pages of the grid before it are gone."""
    monkeypatch.chdir(tmp_path)
    _before(values)
    _made("first")
    set_aside(Grid.parse({**values, "seeds": [0]}, "mine.yaml"))
    _before({**values, "seeds": [0]})
    TABLES.mkdir()
    write_text(TABLES / "runs.csv", "second")

    set_aside(Grid.parse(values, "mine.yaml"))

    assert [path.name for path in PREVIOUS.iterdir()] == ["tables"]


def test_where_nothing_was_made_what_lies_apart_stays(values, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    PREVIOUS.mkdir(parents=True)
    write_text(PREVIOUS / "index.html", "first")

    assert not set_aside(Grid.parse(values, "mine.yaml"))
    assert (PREVIOUS / "index.html").read_text() == "first"
