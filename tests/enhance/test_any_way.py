"""Tubes that run any way are a start; bowel, ribs, organs and plain scans are none."""

import numpy as np
import pytest

from viewer.enhance.blobs import Chain
from viewer.enhance.great_vessels import find_great_vessels
from viewer.enhance.suitability import judge
from viewer.progress import silent
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

SHAPE = (60, 70, 80)
SPACING = (1.5, 1.5, 1.5)


def a_belly(noise_hu: float = 8.0) -> np.ndarray:
    """Muscle of 50 HU with air around it."""
    hu = np.full(SHAPE, 50.0)
    hu[:, :5], hu[:, -5:], hu[:, :, :5], hu[:, :, -5:] = -1000, -1000, -1000, -1000
    return hu + np.random.default_rng(1).normal(0, noise_hu, SHAPE)


def a_rod(axis: int, through: tuple[float, float], radius_mm: float) -> np.ndarray:
    """Where a straight tube of 75 mm along one axis lies (bool)."""
    index = np.indices(SHAPE)
    first, second = (n for n in range(3) if n != axis)
    away = np.hypot(index[first] - through[0], index[second] - through[1]) * SPACING[0]
    middle = SHAPE[axis] // 2
    return (away < radius_mm) & (abs(index[axis] - middle) < 25)


def found_in(hu: np.ndarray):
    volume = Volume(np.rint(hu).astype(np.int16), Grid.regular(SHAPE, SPACING))
    return find_great_vessels(volume, silent())


def runs_through(chain: Chain, where: np.ndarray) -> bool:
    return bool(where[tuple(np.rint(chain.spots[:, :3]).astype(int).T)].mean() > 0.9)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_tube_along_any_axis_is_found(axis):
    rod = a_rod(axis, (30, 38), 4.2)
    hu = a_belly()
    hu[rod] += 350
    great = found_in(hu)
    assert great.guessed
    assert great.blood_hu == pytest.approx(400, abs=15)
    assert runs_through(great.chains[0], rod)
    assert great.chains[0].axis == axis


def test_tubes_apart_that_are_alike_are_all_kept():
    rods = a_rod(2, (18, 25), 4.2), a_rod(2, (42, 45), 4.2)
    hu = a_belly()
    for rod in rods:
        hu[rod] += 350
    great = found_in(hu)
    assert all(any(runs_through(chain, rod) for chain in great.chains) for rod in rods)


def test_bowel_with_a_mixture_is_no_vessel():
    vessel, bowel = a_rod(2, (18, 25), 4.2), a_rod(2, (40, 45), 7.5)
    hu = a_belly()
    hu[vessel] += 220
    hu[bowel] += np.random.default_rng(2).normal(220, 25, SHAPE)[bowel]
    great = found_in(hu)
    assert runs_through(great.chains[0], vessel)
    assert not any(runs_through(chain, bowel) for chain in great.chains)


def test_a_ball_as_bright_is_passed_over():
    vessel = a_rod(2, (14, 18), 4.2)
    index = np.indices(SHAPE)
    away = np.linalg.norm((index - np.array((40, 42, 40))[:, None, None, None]) * 1.5, axis=0)
    hu = a_belly()
    hu[vessel] += 350
    hu[away < 24] += 330
    great = found_in(hu)
    assert great.guessed
    assert runs_through(great.chains[0], vessel)


def test_a_short_loop_of_bowel_along_the_body_is_no_great_vessel():
    vessel, bowel = a_rod(2, (14, 18), 4.2), a_rod(0, (42, 40), 8.0) & (np.indices(SHAPE)[0] < 44)
    hu = a_belly()
    hu[vessel] += 350
    hu[bowel] += np.random.default_rng(2).normal(200, 20, SHAPE)[bowel]
    great = found_in(hu)
    assert great.guessed
    assert runs_through(great.chains[0], vessel)


def test_faint_bowel_across_the_body_is_no_contrast():
    hu = a_belly()
    hu[a_rod(2, (30, 38), 7.0)] += 65
    volume = Volume(np.rint(hu).astype(np.int16), Grid.regular(SHAPE, SPACING))
    assert not judge(volume, silent()).contrast


def test_a_great_vessel_is_not_guessed(a_cta, a_plain_ct):
    assert not find_great_vessels(a_cta, silent()).guessed
    assert find_great_vessels(a_plain_ct, silent()).chains == ()
