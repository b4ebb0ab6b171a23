"""A thread of blood through a gap of the map is a narrowing; a closed vessel is none."""

from dataclasses import replace

import numpy as np
import pytest

from viewer.geometry.centerline import trace
from viewer.geometry.nearly_closed import thread_through
from viewer.geometry.occlusion import occlusions
from viewer.geometry.sections import measure_sections
from viewer.geometry.tree_measures import measure_vessels
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import Tube, build, line, narrowed_tube
from viewer.progress import silent
from viewer.segment.mask import VesselMask

NOISE_HU = 15.0


def found_in(truth, seed, voxel_mm=0.5):
    """The map above the half maximum is in two pieces; what is measured of it."""
    grid = grid_around(truth, (voxel_mm,) * 3)
    volume, _ = render(truth, grid, blur_mm=0.6 * voxel_mm, noise_hu=NOISE_HU, seed=seed)
    mask = VesselMask((volume.voxels > 220).astype(np.uint8), grid)
    tree = trace(mask, silent(), volume=volume, noise_hu=NOISE_HU)
    assert len(tree.branches) == 2
    return measure_vessels(volume, mask, tree, NOISE_HU, silent())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("percent", [88, 92])
def test_a_thread_of_blood_is_a_narrowing(percent, seed):
    found = found_in(narrowed_tube(80, 3.0, 3.0 * (1 - percent / 100), 18), seed)
    assert not found.occlusions
    (narrow,) = [each for along in found.vessels for each in along.stenoses]
    assert narrow.percent_diameter.value == pytest.approx(percent, abs=5)
    assert abs(narrow.percent_diameter.value - percent) < 3 * narrow.percent_diameter.sd


@pytest.mark.parametrize("seed", range(3))
def test_a_closed_vessel_stays_an_occlusion(seed):
    sides = [line((0, 0, -40), (0, 0, -7)), line((0, 0, 7), (0, 0, 40))]
    found = found_in(build([Tube(side, np.array(3.0)) for side in sides]), seed)
    (closed,) = found.occlusions
    assert closed.length.value == pytest.approx(14 - 2 * 3.0, abs=1.5)  # the ends are round
    assert not any(along.stenoses for along in found.vessels)


@pytest.mark.parametrize(("share", "open_"), [(0.1, True), (0.95, False)])
def test_what_is_as_wide_as_the_vessel_is_its_wall_around_clot(share, open_):
    sides = [line((0, 0, -40), (0, 0, -12)), line((0, 0, 12), (0, 0, 40))]
    truth = build([Tube(side, np.array(3.0)) for side in sides])
    volume, mask = render(truth, grid_around(truth, (0.8,) * 3), blur_mm=0.5, noise_hu=NOISE_HU)
    (gap,) = occlusions(truth, (), volume, mask)

    def cut(points, radius):
        sections = measure_sections(volume, points, radius, noise_hu=NOISE_HU)
        wide = np.full(len(sections.frames.s_mm), share * gap.reference.value)
        return replace(sections, values={**sections.values, "diameter_equivalent_mm": wide})

    assert (thread_through(gap, truth, cut) is not None) == open_
