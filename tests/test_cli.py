import pytest

from convbench.cli import main


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


def test_what_breaks_in_us_keeps_its_traceback(monkeypatch, tmp_path):
    from convbench.stages import diff as stage

    monkeypatch.setattr(stage, "diff", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        main(["diff", str(tmp_path), str(tmp_path)])
