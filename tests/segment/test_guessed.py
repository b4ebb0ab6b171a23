"""A scan without a great vessel: trees grow from tubes that run any way, or from a click."""

from dataclasses import replace

import numpy as np
import pytest

from tests.segment.test_evidence import GRID, TRUNK, X, Y, Z, context_of
from viewer.enhance.suitability import judge
from viewer.progress import silent
from viewer.segment.compare import dice
from viewer.segment.hybrid import attached, faint_bone
from viewer.segment.mask import ARTERY
from viewer.segment.naming import Naming
from viewer.segment.vessels import find_vessels
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

SHAPE = (60, 70, 80)
TWIG = (np.hypot(X - 35, Y - 35) <= 2) & (Z < 15)


@pytest.fixture(scope="module")
def a_limb() -> tuple[Volume, np.ndarray, np.ndarray]:
    """Muscle with two arteries from right to left that do not meet; the scan, and each (bool)."""
    hu = np.full(SHAPE, 50.0)
    hu[:, :5], hu[:, -5:], hu[:, :, :5], hu[:, :, -5:] = -1000, -1000, -1000, -1000
    z, y, x = np.indices(SHAPE)
    length = (x > 14) & (x < 66)
    one = (np.hypot(z - 18, y - 25) * 1.5 < 4.5) & length
    two = (np.hypot(z - 42, y - 45) * 1.5 < 4.5) & length
    hu[one | two] = 400
    noisy = hu + np.random.default_rng(0).normal(0, 8, SHAPE)
    grid = Grid.regular(SHAPE, (1.5, 1.5, 1.5))
    return Volume(np.rint(noisy).astype(np.int16), grid), one, two


def test_both_arteries_are_mapped_and_the_guess_is_told(a_limb):
    volume, one, two = a_limb
    found = find_vessels(volume, judge(volume, silent()), silent())
    assert dice(found.mask.labels == ARTERY, one | two) > 0.9
    assert found.evidence.guessed is not None
    assert found.evidence.pieces == ()


def test_a_click_is_better_than_a_guess(a_limb):
    volume, one, two = a_limb
    click = volume.grid.points_lps(np.array([[18, 25, 40]]))
    found = find_vessels(volume, judge(volume, silent()), silent(), seeds_lps=click)
    artery = found.mask.labels == ARTERY
    assert artery[one].mean() > 0.9
    assert artery[two].mean() < 0.05
    assert found.evidence.guessed is None


def test_every_piece_with_a_guessed_start_is_kept():
    tree = TRUNK | TWIG
    volume = Volume(np.where(tree, 400, 40).astype(np.int16), GRID)
    context = context_of(volume, tree, aorta=tree)
    assert np.array_equal(attached(tree, context), TRUNK)
    assert np.array_equal(attached(tree, replace(context, guessed=True)), tree)


def test_bone_that_is_fainter_than_blood_is_no_artery_of_a_strange_anatomy():
    rib = (np.hypot(X - 30, Z - 20) <= 5) & ~TRUNK
    volume = Volume(np.where(TRUNK, 400, np.where(rib, 280, 40)).astype(np.int16), GRID)
    context = context_of(volume, TRUNK | rib)
    certain, nothing = np.full(GRID.shape, 255, np.uint8), np.zeros(GRID.shape, np.uint8)
    rest = dict.fromkeys(("artery", "vein", "chamber", "organ", "dense", "other"), nothing)
    naming = Naming(bone=certain * rib, doubt=0.0, **rest)
    assert np.array_equal(faint_bone(context, naming), rib)
    naming = Naming(bone=certain * TRUNK, doubt=0.0, **rest)
    assert not faint_bone(context, naming).any()
