import numpy as np
import torch

from viewer.phantom.make import GENERATOR, make_scene
from viewer.phantom.tissue import Tissue
from viewer.progress import silent
from viewer.training import scenes
from viewer.training.classes import UNKNOWN
from viewer.training.crops import pooled_classes
from viewer.training.scenes import (
    centerlines,
    guessed_names,
    keep_scenes,
    kept_scenes,
    packed,
    scene_crop,
    scene_patch,
    with_partial_volume,
)


def test_a_kept_scene_gives_patches_with_exact_truth(tmp_path, monkeypatch):
    scene = make_scene("abdominal-aorta", 5, shape=(48, 48, 48), spacing_mm=1.0)
    np.save(tmp_path / "5.npy", packed(scene))
    monkeypatch.setattr(scenes, "SIDE", 48)
    patch = scene_patch(tmp_path / "5.npy", np.random.default_rng(0), size=48)
    lumen = torch.from_numpy(scene.wall_mm < -0.2)
    assert patch.wall is not None
    assert torch.all(patch.wall[lumen] < 0)
    assert torch.isin(patch.classes[lumen], torch.tensor([1, 2, 4])).all()
    assert patch.tube is not None
    assert patch.tube.any()
    part = scene_patch(tmp_path / "5.npy", np.random.default_rng(1), size=32)
    assert part.hu.shape == (32, 32, 32)
    again = scene_patch(tmp_path / "5.npy", np.random.default_rng(1), size=32)
    assert torch.equal(part.hu, again.hu)


def test_a_kept_scene_says_which_generator_made_it(tmp_path, monkeypatch):
    monkeypatch.setattr(scenes, "SIDE", 16)
    np.save(tmp_path / "7.npy", np.zeros((5, 1, 1, 1), np.uint8))
    keep_scenes(tmp_path, 2, 7, silent())
    assert kept_scenes(tmp_path) == {7: 1, 8: GENERATOR}


def test_centerlines_lie_in_the_lumen():
    scene = make_scene("thoracic-aorta", 3, shape=(40, 40, 40), spacing_mm=1.5)
    on = centerlines(scene)
    assert on.any()
    assert np.mean(scene.wall_mm[on] < 0) > 0.9


def test_partial_volume_of_a_wall():
    wall = torch.linspace(-3, 3, 7)[:, None, None].expand(7, 4, 4).contiguous()
    hu = torch.where(wall < 0, 400.0, 0.0)
    mixed = with_partial_volume(hu, wall, torch.full_like(hu, 400.0))
    assert torch.allclose(mixed[:, 1, 1], torch.tensor([400.0, 400, 400, 200, 0, 0, 0]))


def test_a_crop_of_a_scene_keeps_thin_vessels_and_knows_where_it_ends(tmp_path):
    scene = make_scene("abdominal-aorta", 5, shape=(48, 48, 48), spacing_mm=1.0)
    np.save(tmp_path / "5.npy", packed(scene))
    crop = scene_crop(tmp_path / "5.npy", 32, 2.5, np.random.default_rng(0))
    assert crop.hu.shape == crop.classes.shape == (32, 32, 32)
    assert (crop.classes == 1).any()
    beyond = float((crop.classes == UNKNOWN).float().mean())
    assert 0.5 < beyond < 0.95  # 48 of 80 mm a side are there, warped
    artery = crop.hu[crop.classes == 1].mean()
    assert artery > crop.hu[crop.classes == 0].mean() + 50
    again = scene_crop(tmp_path / "5.npy", 32, 2.5, np.random.default_rng(0))
    assert torch.equal(crop.hu, again.hu)


def test_a_thin_vessel_stays_on_a_coarser_grid():
    classes = torch.zeros((20, 20, 20), dtype=torch.long)
    classes[:, 5:8, 5:8] = 1
    assert (pooled_classes(classes, 8) == 1).any()


def test_guessed_names_are_the_truth_most_of_the_time():
    classes = torch.zeros((32, 32, 32), dtype=torch.long)
    classes[:, 10:22, 10:22] = 1
    right = []
    for seed in range(30):
        names = guessed_names(classes, np.random.default_rng(seed))
        assert names.shape == (7, 32, 32, 32)
        assert float(names.max()) <= 1 + 1e-5
        right.append(float((names.argmax(dim=0) == classes).float().mean()))
    assert np.mean(right) > 0.75
    assert min(right) < 0.9  # some are told wrong, so that they are not simply believed


def test_scenes_are_kept_once(tmp_path, monkeypatch):
    monkeypatch.setattr(scenes, "SIDE", 24)
    from viewer.progress import silent

    scenes.keep_scenes(tmp_path, 2, 77, silent())
    first = sorted(tmp_path.glob("*.npy"))
    assert [p.stem for p in first] == ["77", "78"]
    times = [p.stat().st_mtime_ns for p in first]
    scenes.keep_scenes(tmp_path, 2, 77, silent())
    assert [p.stat().st_mtime_ns for p in first] == times
    kept = np.load(first[0])
    assert kept.shape == (5, 24, 24, 24)
    assert set(np.unique(kept[0])) <= {int(t) for t in Tissue}
