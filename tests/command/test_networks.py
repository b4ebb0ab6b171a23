from pathlib import Path

from viewer.cli import run


def test_train_hands_over_what_was_asked_for(monkeypatch, capsys):
    from viewer.training import command

    asked = {}

    def train_command(name, **wishes):
        asked.update(wishes, name=name)
        return "fine: step 1."

    monkeypatch.setattr(command, "train_command", train_command)
    arguments = ["train", "fine", "--minutes", "2", "--of", "30", "--resume", "--work", "here"]
    assert run(arguments) == 0
    assert asked["name"] == "fine"
    assert (asked["minutes"], asked["of_minutes"]) == (2.0, 30.0)
    assert asked["resume"]
    assert not asked["prepare"]
    assert asked["device"] is None
    assert asked["work"] == Path("here")
    assert "step 1" in capsys.readouterr().out


def test_a_network_that_there_is_not_ends_with_1(tmp_path, capsys):
    assert run(["train", "huge", "--work", str(tmp_path)]) == 1
    assert "context or fine" in capsys.readouterr().err


def test_models_says_when_there_are_none(tmp_path, capsys):
    assert run(["models", str(tmp_path)]) == 0
    assert "no networks" in capsys.readouterr().out
