import pytest

from convbench.errors import UserError
from convbench.files import make_folder, read_json_lines, write_text, write_whole


def test_a_write_that_breaks_leaves_the_old_file_and_no_draft(tmp_path):
    path = tmp_path / "numbers.json"
    write_text(path, "old")

    def half(draft):
        draft.write_text("ne")
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        write_whole(path, half)

    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["numbers.json"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "results").write_text("a file where a folder should be")

    with pytest.raises(UserError, match=r"cannot write in .*results/runs"):
        make_folder(tmp_path / "results" / "runs")
    with pytest.raises(UserError, match=r"cannot write in .*results"):
        write_text(tmp_path / "results" / "grid.json", "{}")


def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path):
    (tmp_path / "journal.jsonl").write_text('{"epoch": 1}\n{"epoch": 2}\n{"epo')

    assert read_json_lines(tmp_path / "journal.jsonl") == [{"epoch": 1}, {"epoch": 2}]
