import numpy as np
import pytest

from tests.benchmarks.cases import ROOT
from viewer.errors import ViewerError
from viewer.networks.registry import models
from viewer.phantom.make import make_scene
from viewer.progress import silent
from viewer.training import (
    anatomy,
    command,
    restoring,
    restoring_score,
    restoring_truth,
    scenes,
    streams,
)
from viewer.training.anatomy import save
from viewer.training.command import publish_command, train_command
from viewer.training.publish import measured_on
from viewer.training.scenes import HELD_OUT_SEED, packed


def ask(name, work, **changes):
    options = {"minutes": 0.02, "of_minutes": 0.04, "resume": True, "data": None}
    options |= {"device": "cpu", "prepare": False, "progress": silent()}
    return train_command(name, work=work, **(options | changes))


@pytest.fixture
def a_workplace(an_anatomy, tmp_path, monkeypatch):
    """Prepared data small enough for a test."""
    monkeypatch.setattr(streams, "PATCH", 32)
    monkeypatch.setattr(scenes, "SIDE", 64)
    monkeypatch.setattr(command, "CALIBRATION_BATCHES", 1)
    save(an_anatomy, tmp_path / "anatomy")
    for folder, seed in (
        ("scenes", 4),
        ("held_out", HELD_OUT_SEED),
        ("held_out", HELD_OUT_SEED + 4),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        scene = make_scene("abdominal-aorta", seed, shape=(64, 64, 64), detail=0.3)
        np.save(tmp_path / folder / f"{seed}.npy", packed(scene))
    return tmp_path


@pytest.mark.slow
def test_both_networks_train_resume_and_are_published(a_workplace):
    assert "context: step" in ask("context", a_workplace)
    assert "fine: step" in ask("fine", a_workplace)
    with pytest.raises(ViewerError, match="--resume"):
        ask("context", a_workplace, resume=False)
    for name in ("context", "fine"):
        told = publish_command(
            name,
            work=a_workplace,
            folder=a_workplace / "models",
            page=ROOT / "docs" / "use" / "accuracy.md",
            progress=silent(),
        )
        assert "calibration error" in told
    cards = models(a_workplace / "models")
    assert [card.name for card in cards] == ["context", "fine"]
    for card in cards:
        assert card.generator == "Angioscape generator 1"
        assert card.training["scene_seeds"] == [4, 4, 1]
        assert card.training["held_out_seeds"] == [HELD_OUT_SEED, HELD_OUT_SEED + 4, 2]
        assert 0 < card.training["doubt_limit"] <= 1
        assert "Aortic dissection, arterial" in card.tables["accuracy"]


@pytest.mark.slow
def test_the_network_that_restores_trains_resumes_and_is_published(
    an_anatomy, tmp_path, monkeypatch
):
    monkeypatch.setattr(restoring_truth, "SHAPE", (80, 32, 32))
    monkeypatch.setattr(restoring, "PATCH", 16)
    monkeypatch.setattr(restoring_score, "SIZE", 24)
    monkeypatch.setattr(restoring_score, "DOSES", (None, 0.25))
    monkeypatch.setattr(command, "KEPT_PEOPLE", 2)
    monkeypatch.setattr(command, "HELD_OUT_PEOPLE", 4)
    monkeypatch.setattr(anatomy, "prepare", lambda *_: ["block"])
    save(an_anatomy, tmp_path / "anatomy")
    assert "2 painted people" in ask("restore", tmp_path, prepare=True, data=tmp_path)
    first = ask("restore", tmp_path, minutes=0.1, of_minutes=1)
    assert ask("restore", tmp_path, minutes=0.1, of_minutes=1) != first
    told = publish_command(
        "restore", work=tmp_path, folder=tmp_path / "models", page=None, progress=silent()
    )
    assert "dB" in told
    (card,) = models(tmp_path / "models")
    assert card.training["people_seeds"] == [3000, 3001, 2]
    assert card.training["held_out_seeds"][0] > HELD_OUT_SEED


def test_a_page_without_the_map_gives_no_table(tmp_path):
    page = tmp_path / "accuracy.md"
    page.write_text("| Liver | Angioscape, with networks | 0.86 | 0.78 | 3.7 |\n")
    assert measured_on(page) == {"accuracy": {"Liver": {"dice": 0.86, "cl_dice": 0.78}}}
    page.write_text("| Liver | Otsu | 0.86 | 0.78 |\n")
    with pytest.raises(ViewerError, match="accuracy"):
        measured_on(page)


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(ViewerError, match="no network called"):
        ask("other", tmp_path)
    with pytest.raises(ViewerError, match="--data"):
        ask("context", tmp_path, prepare=True)
    with pytest.raises(ViewerError, match="--prepare"):
        ask("context", tmp_path)
    with pytest.raises(ViewerError, match="No run of fine"):
        publish_command("fine", work=tmp_path, folder=tmp_path / "m", page=None, progress=silent())
