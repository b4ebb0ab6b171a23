"""Veins are followed in the portal-venous phase, and in no other."""

import numpy as np
import pytest

from viewer.enhance.suitability import judge
from viewer.progress import silent
from viewer.segment.mask import ARTERY, VEIN
from viewer.segment.veins import surroundings
from viewer.segment.vessels import segment_vessels
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


def a_scan(liver_hu: float, kidney_hu: float = 205) -> tuple[Volume, dict[str, np.ndarray]]:
    """An aorta (180 HU), a vena cava (155 HU) with a branch inside a liver; x left, y back."""
    grid = Grid.regular((60, 110, 110), (1.6, 1.3, 1.3), (-71.0, -71.0, 0.0))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1)
    x, y, z = np.moveaxis(grid.points_lps(index), -1, 0)
    where = {
        "body": np.hypot(x / 66, y / 56) < 1,
        "liver": np.hypot(np.hypot((x + 30) / 27, (y + 8) / 32), (z - 60) / 30) < 1,
        "kidney": np.hypot(np.hypot(x - 48, y - 14), (z - 50) / 2) < 14,
        "artery": np.hypot(x - 5, y - 18) < 7.5,
        "cava": np.hypot(x + 17, y - 18) < 7.5,
        "branch": np.hypot((y - 10) + (x + 17), z - 60) < 3.5,
        "tumor": np.hypot(np.hypot(x + 40, y + 15), z - 50) < 5,
    }
    where["branch"] &= (x < -17) & (x > -45)
    where["vein"] = where["cava"] | where["branch"]
    hu = np.full(grid.shape, -1000.0)
    organs = {"body": 50, "liver": liver_hu, "tumor": 60, "kidney": kidney_hu}
    for name, value in {**organs, "vein": 155, "artery": 180}.items():
        hu[where[name]] = value
    hu += np.random.default_rng(5).normal(0, 6, hu.shape)
    return Volume(np.rint(hu).astype(np.int16), grid), where


@pytest.fixture(scope="module")
def a_portal_scan():
    volume, where = a_scan(liver_hu=115)
    return segment_vessels(volume, judge(volume, silent()), silent()).labels, where


def test_a_vena_cava_and_its_branch_in_the_liver_are_veins(a_portal_scan):
    labels, where = a_portal_scan
    assert (labels[where["cava"]] == VEIN).mean() > 0.8
    assert (labels[where["branch"] & where["liver"]] == VEIN).mean() > 0.6


def test_the_aorta_stays_an_artery(a_portal_scan):
    labels, where = a_portal_scan
    assert (labels[where["artery"]] == ARTERY).mean() > 0.9
    assert not (labels[where["artery"]] == VEIN).any()


def test_organs_are_no_veins(a_portal_scan):
    labels, where = a_portal_scan
    assert (labels[where["kidney"]] == VEIN).mean() < 0.02
    assert (labels[where["liver"] & ~where["vein"]] == VEIN).mean() < 0.03


def test_no_veins_where_organs_are_dark():
    volume, _ = a_scan(liver_hu=65, kidney_hu=60)
    labels = segment_vessels(volume, judge(volume, silent()), silent()).labels
    assert not (labels == VEIN).any()
    assert (labels == ARTERY).any()


def test_surroundings_are_those_of_the_seen_voxels():
    hu = np.full((9, 20, 20), 500.0, np.float32)
    seen = np.zeros(hu.shape, bool)
    seen[:, :10] = True
    hu[seen] = 110
    around = surroundings(hu, seen, (2.0, 2.0, 2.0), 50.0, silent())
    assert np.allclose(around[:, :12], 110, atol=0.5)
    assert np.allclose(around[:, 18:], 50)
