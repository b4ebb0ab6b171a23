"""Necks of aneurysms below renal arteries, whose lengths and angles are known."""

import numpy as np
import pytest

from viewer.geometry.aneurysm import aneurysms
from viewer.geometry.course import course_through
from viewer.geometry.necks import necks_of
from viewer.geometry.sections import measure_sections
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import Tube, build, line

BEND = np.radians(40)
NOISE_HU = 12.0


def an_aorta(upwards):
    """An aorta with renal arteries 60 mm from its top, a neck of 25 mm, and a bent aneurysm."""
    above = line((0, 0, 120), (0, 0, 60))
    neck = line((0, 0, 60), (0, 0, 35))
    way = np.array([np.sin(BEND), 0, -np.cos(BEND)])
    sac = neck[-1] + np.arange(0, 110.01, 0.5)[:, None] * way
    low = np.concatenate([neck, sac[1:]])
    s = np.r_[np.zeros(len(neck)), np.arange(0.5, 110.01, 0.5)]
    wide = 10 + 14 * np.clip(np.sin(np.pi * np.clip(s - 2, 0, 70) / 70), 0, 1) ** 2
    parts = [(above, np.full(len(above), 10.0)), (low, wide)]
    if upwards:
        parts = [(p[::-1], r[::-1]) for p, r in parts[::-1]]
    names = ["abdominal aorta", "abdominal aorta"]
    tubes = [
        Tube(parts[0][0], parts[0][1], -1, names[0]),
        Tube(parts[1][0], parts[1][1], 0, names[1]),
    ]
    renal = line((0, 0, 60), (-45, 10, 58))
    tubes.append(Tube(renal, np.array(2.5), 0, "left renal artery"))
    return build(tubes)


@pytest.mark.parametrize("upwards", [False, True])
def test_the_neck_of_an_aneurysm_is_known(upwards):
    tree = an_aorta(upwards)
    grid = grid_around(tree, (1.0, 1.0, 1.0))
    volume, mask = render(tree, grid, blur_mm=0.6, noise_hu=NOISE_HU)
    course = course_through(tree, 0)
    sections = measure_sections(
        volume, course.points_lps, course.radius_mm, mask=mask, noise_hu=NOISE_HU
    )
    found = aneurysms(sections, mask)
    (neck,) = necks_of("abdominal aorta", tree, course, sections, found)
    assert neck.below == "left renal artery"
    assert neck.length.value == pytest.approx(27 + 6, abs=3 * neck.length.sd)
    assert neck.alpha.value == pytest.approx(0, abs=6)
    assert neck.beta.value == pytest.approx(40, abs=6)
    np.testing.assert_allclose(neck.at_lps, (0, 0, 60), atol=2)


def test_without_renal_arteries_there_is_no_neck():
    tree = an_aorta(False)
    bare = build([Tube(b.points_lps, b.radius_mm, b.parent, b.name) for b in tree.branches[:2]])
    grid = grid_around(bare, (1.5, 1.5, 1.5))
    volume, mask = render(bare, grid, blur_mm=0.6)
    course = course_through(bare, 0)
    sections = measure_sections(volume, course.points_lps, course.radius_mm, mask=mask)
    assert necks_of("abdominal aorta", bare, course, sections, aneurysms(sections, mask)) == ()
