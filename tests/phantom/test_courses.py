"""No vessel runs through bone: bones leave room for it, and none touches its lumen."""

import numpy as np
import pytest

from viewer.phantom.companions import companions
from viewer.phantom.distance import distance
from viewer.phantom.make import make_scene
from viewer.phantom.raster import CLEAR_MM
from viewer.phantom.regions import REGIONS
from viewer.phantom.tissue import Tissue

HARD = (Tissue.CORTEX, Tissue.MARROW, Tissue.TOOTH)
MANY = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 10)]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("seed", [0, *MANY])
def test_no_vessel_runs_through_bone(region, seed):
    scene = make_scene(region, seed, spacing_mm=3.0)
    arms = "down" if region in ("carotid", "head") else "up"
    bare = companions(scene.body, scene.grid, np.random.default_rng([seed, 4]), arms=arms)
    wall_mm, branch = distance(scene.vessels.tree, scene.grid)
    lumen = wall_mm < 0
    through = lumen & np.isin(bare, HARD)
    assert through.sum() < max(0.002 * lumen.sum(), 4)
    for number in np.unique(branch[through]):
        name = scene.vessels.tree.branches[number].name
        mine = [n for n, b in enumerate(scene.vessels.tree.branches) if b.name == name]
        whole = lumen & np.isin(branch, mine)
        assert (through & whole).sum() < max(0.05 * whole.sum(), 12), name
    bone = np.isin(scene.tissue, HARD[:2])
    assert scene.wall_mm[bone].min(initial=CLEAR_MM) >= CLEAR_MM
