"""Sacs beside made-up vessels, whose necks and volumes are known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation

from viewer.geometry.sac import sac_at
from viewer.geometry.sections import measure_sections
from viewer.segment.mask import ARTERY, THROMBUS, VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

FINE = 3


def scan(ball_mm, away_mm, *, vessel_mm=2.0, voxel_mm=0.4, seed=0, clot=False):
    """A vessel along z with a ball, its middle `away_mm` to the side, in a turned grid.

    Gives sections, mask, and the volume (ml) of the ball outside the vessel.
    """
    rng = np.random.default_rng(seed)
    turned = Rotation.from_rotvec(0.3 * rng.uniform(-1, 1, 3)).as_matrix()[:, ::-1]
    side = 2 * (away_mm + ball_mm + 4)
    shape = np.ceil(np.array([40, side, side]) / voxel_mm).astype(int)
    matrix = np.eye(4)
    matrix[:3, :3] = turned * voxel_mm
    matrix[:3, 3] = -matrix[:3, :3] @ ((shape - 1) / 2)
    grid = Grid(tuple(shape), matrix)
    index = np.stack(np.indices(grid.shape), axis=-1)
    share, beside = np.zeros(grid.shape), np.zeros(grid.shape)
    for step in np.stack(np.meshgrid(*[[-1, 0, 1]] * 3), axis=-1).reshape(-1, 3) / FINE:
        x, y, z = np.moveaxis(grid.points_lps(index + step), -1, 0)
        vessel = np.hypot(x, y) < vessel_mm
        ball = np.sqrt((x - away_mm) ** 2 + y**2 + z**2) < ball_mm
        share += (vessel | ball) / FINE**3
        beside += (ball & ~vessel) / FINE**3
    hu = gaussian_filter(40 + 360 * share, 1.0) + rng.normal(0, 18, share.shape)
    labels = np.where(share >= 0.5, ARTERY, 0).astype(np.uint8)
    if clot:
        x = grid.points_lps(index)[..., 0]
        labels[(labels == ARTERY) & (x > away_mm)] = THROMBUS
        hu[labels == THROMBUS] = 60
    volume, mask = Volume(np.rint(hu).astype(np.int16), grid), VesselMask(labels, grid)
    path = np.column_stack([np.zeros((60, 2)), np.linspace(-14, 14, 60)])
    sections = measure_sections(volume, path, np.full(60, vessel_mm), mask=mask, noise_hu=18)
    return sections, mask, float(beside.sum()) * grid.voxel_mm3 / 1000


@pytest.mark.parametrize(("ball", "away"), [(4.0, 5.0), (3.0, 4.2), (7.0, 8.0)])
@pytest.mark.parametrize("seed", range(2))
def test_a_sac_is_measured(ball, away, seed):
    sections, mask, volume = scan(ball, away, seed=seed)
    found = sac_at(sections, mask, np.array([away, 0, 0]))
    assert found.way == pytest.approx([1, 0, 0], abs=0.1)
    assert found.volume.value == pytest.approx(volume, rel=0.05)
    assert found.volume.value == pytest.approx(volume, abs=3 * found.volume.sd)
    assert found.diameter_max.value == pytest.approx(2 * ball, abs=0.5)
    # Along the vessel the ball cuts its wall at x = 2, y = 0.
    neck = 2 * np.sqrt(ball**2 - (away - 2) ** 2)
    assert found.neck_max.value == pytest.approx(neck, abs=1.0)
    assert found.height.value == pytest.approx(away + ball - 2, abs=0.8)
    middle = np.interp(0, sections.frames.points_lps[:, 2], sections.frames.s_mm)
    assert found.s_mm == pytest.approx(middle, abs=0.6)


def test_a_sac_does_not_widen_the_vessel():
    sections, _, _ = scan(5.0, 6.0)
    near = np.abs(sections.frames.points_lps[:, 2]) < 3
    found = sections.values["diameter_equivalent_mm"][near]
    assert np.nanmedian(found) == pytest.approx(4.0, rel=0.12)


def test_the_clot_in_a_sac_counts_to_it_and_not_to_its_lumen():
    sections, mask, volume = scan(6.0, 7.0, clot=True)
    found = sac_at(sections, mask, np.array([7.0, 0, 0]))
    assert found.volume.value == pytest.approx(volume, rel=0.05)
    assert 0.3 * volume < found.lumen_volume.value < 0.6 * volume


def test_a_vessel_without_sac_has_none():
    sections, mask, _ = scan(1.0, 0.0)
    assert sac_at(sections, mask, np.zeros(3)) is None
