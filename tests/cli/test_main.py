import pytest

from convbench.cli import main
from convbench.errors import EXIT_EXCEPTION, EXIT_MEMORY


def test_a_mistake_is_one_message_without_a_traceback(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["track", str(tmp_path / "absent.yaml")])

    assert caught.value.code == 2
    printed = capsys.readouterr().err
    assert printed == (
        f"convbench track: cannot read the config {tmp_path / 'absent.yaml'}: "
        "No such file or directory\n"
    )


def test_an_unknown_command_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(["trian"])

    assert "diff" in capsys.readouterr().err


def test_what_breaks_in_us_keeps_its_traceback(monkeypatch, tmp_path, capsys):
    from convbench.commands import diff as stage

    monkeypatch.setattr(stage, "diff", lambda *_: 1 / 0)

    with pytest.raises(SystemExit) as ended:
        main(["diff", str(tmp_path), str(tmp_path)])

    assert ended.value.code == EXIT_EXCEPTION
    assert "Traceback" in capsys.readouterr().err


def test_no_memory_left_has_an_exit_status_of_its_own(monkeypatch, tmp_path):
    from convbench.commands import diff as stage

    def no_memory(*_):
        raise MemoryError

    monkeypatch.setattr(stage, "diff", no_memory)

    with pytest.raises(SystemExit) as ended:
        main(["diff", str(tmp_path), str(tmp_path)])

    assert ended.value.code == EXIT_MEMORY
