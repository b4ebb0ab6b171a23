import numpy as np
import torch

from viewer.networks.plan import ARTERY, OTHER
from viewer.phantom.appearance import make_appearance
from viewer.phantom.tissue import Tissue
from viewer.training import render
from viewer.training.render import blurred, furnish, levels, rendered, scanned


def test_arteries_stand_out_of_muscle_in_most_people():
    apart = []
    for seed in range(60):
        hu = levels(np.random.default_rng(seed))
        apart.append(hu[Tissue.ARTERY] - hu[Tissue.MUSCLE])
    assert np.mean(np.array(apart) > 60) > 0.85


def test_levels_follow_from_the_seed():
    one, same, other = (levels(np.random.default_rng(n)) for n in (4, 4, 5))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_one_person_in_five_has_random_contrast(monkeypatch):
    drawn = []

    def watched(*given, **options):
        drawn.append(make_appearance(*given, **options))
        return drawn[-1]

    monkeypatch.setattr(render, "make_appearance", watched)
    for seed in range(1500):
        levels(np.random.default_rng(seed))
    assert len(drawn) == 1500
    assert 0.17 < np.mean([each.by_chance for each in drawn]) < 0.23


def test_a_diseased_artery_keeps_its_class():
    tissue = torch.full((40, 40, 40), int(Tissue.MUSCLE), dtype=torch.uint8)
    tissue[:, 10:30, 10:30] = int(Tissue.ARTERY)
    changed = 0
    for seed in range(30):
        out, classes = furnish(tissue, 1.0, np.random.default_rng(seed))
        assert torch.all(classes[tissue == Tissue.ARTERY] == ARTERY)
        assert torch.all(classes[tissue == Tissue.MUSCLE] == OTHER)
        changed += int((out != tissue).any())
    assert 3 < changed < 20


def test_partial_volume_comes_from_averaging():
    tissue = torch.full((8, 8, 8), int(Tissue.AIR), dtype=torch.uint8)
    tissue[0::2] = int(Tissue.METAL)
    hu = rendered(tissue, 2, 2.0, np.random.default_rng(0))
    assert hu.shape == (4, 4, 4)
    assert 600 < hu.mean() < 1400


def test_a_blur_keeps_the_mean_and_spreads():
    x = torch.zeros((21, 21, 21))
    x[10, 10, 10] = 1000.0
    y = blurred(x, 1.5)
    assert abs(float(y.sum()) - 1000) < 1
    at = torch.arange(21) - 10.0
    spread = float((y.sum(dim=(0, 1)) * at**2).sum() / y.sum()) ** 0.5
    assert abs(spread - 1.5) < 0.15


def test_a_scan_is_noisy_but_true_on_average():
    hu = scanned(torch.full((40, 40, 40), 300.0), 1.0, np.random.default_rng(2))
    assert 1 < float(hu.std()) < 60
    assert abs(float(hu.mean()) - 300) < 20
