import numpy as np
import pytest
import torch

from viewer.networks.plan import Plan
from viewer.networks.registry import open_weights
from viewer.networks.unet import UNet
from viewer.training import checkpoint, restoring_score
from viewer.training.restoring import start_from_classical
from viewer.training.restoring_publish import publish_restoring
from viewer.training.restoring_score import asked, named, score, settings, shot_of

PLAN = Plan("restore", 5, 2, (4, 8), 4, 0.0, tube=False, wall=False)


@pytest.fixture
def people(tmp_path, monkeypatch):
    """Two kept people: a vessel in muscle, of 250 and of 400 HU."""
    monkeypatch.setattr(restoring_score, "SIZE", 24)
    monkeypatch.setattr(restoring_score, "FACTORS", ((1, 1, 1), (3, 1, 1)))
    monkeypatch.setattr(restoring_score, "DOSES", (None, 0.25))
    k, j, i = np.indices((40, 32, 32)) * 0.6
    away = np.hypot(j - 10 - 0.2 * (k - 12), i - 10)
    paths = [tmp_path / "900000.npy", tmp_path / "900001.npy"]
    for path, level in zip(paths, (250, 400), strict=True):
        hu = np.where(away < 3, level, 60)
        np.save(path, np.rint([hu, 100 * (away - 3)]).astype(np.int16))
    return paths


@pytest.fixture
def a_run():
    """A run that has learned nothing: it adds nothing and tells an error of 100 HU."""
    run = checkpoint.begin(PLAN, 0, "cpu")
    for network in (run.network, run.averaged):
        start_from_classical(network)
        torch.nn.init.zeros_(network.head.weight)
    return run


def test_who_adds_nothing_is_as_good_as_the_classical_answer(people, a_run):
    table = score(a_run.averaged.eval(), people)
    assert set(table) == {named(*each) for each in settings()}
    assert len(table) == 3
    for row in table.values():
        assert row["psnr_network"] == pytest.approx(row["psnr_smoothest"], abs=0.02)
        assert row["edge_psnr_network"] == pytest.approx(row["edge_psnr_smoothest"], abs=0.02)
        error = 1000 / 10 ** (row["psnr_network"] / 20)
        assert row["z_square"] == pytest.approx((error / 100) ** 2, rel=0.1, abs=0.001)
    quiet = table["3x1x1, no noise"]
    assert quiet["edge_psnr_network"] < quiet["psnr_network"] - 3
    assert quiet["psnr_exact"] >= quiet["psnr_network"] - 0.05
    assert table["1x1x1, 25 % dose"]["psnr_denoised"] > table["1x1x1, 25 % dose"]["psnr_cubic"]


def test_who_knows_the_truth_is_better(people):
    class Knows(UNet):
        def forward(self, x):
            out = torch.zeros(1, 2, *x.shape[2:])
            part = tuple(slice(n) for n in wanted.shape)
            out[(0, 0, *part)] = wanted
            return out

    shot = shot_of(people[0], 0, (3, 1, 1), None)
    wanted = torch.zeros(shot.target.shape)
    nothing = asked(Knows(PLAN).eval(), shot)
    wanted = torch.from_numpy((shot.target - nothing.hu) / 400)
    told = asked(Knows(PLAN).eval(), shot)
    assert np.abs(told.hu - shot.target).max() < 0.01 < np.abs(nothing.hu - shot.target).max()


def test_it_ships_with_an_error_that_is_right_on_average(people, a_run, tmp_path):
    card = publish_restoring(
        a_run,
        people,
        people,
        tmp_path / "models",
        learned_from={3000: 2},
        held_out={900_000: 2, 900_001: 2},
    )
    assert card.class_names == ("residual", "log variance")
    assert card.training["z_square_before"] < 0.5
    rows = card.tables["held_out"].values()
    assert np.mean([row["z_square"] for row in rows]) == pytest.approx(1, abs=0.05)
    weights = open_weights("restore", tmp_path / "models", untrusted=True)
    assert weights.plan == PLAN
    assert weights.card.training["held_out_seeds"] == [900_000, 900_001, 2]
    assert (tmp_path / "models" / "restore.safetensors").stat().st_size < 15e6
