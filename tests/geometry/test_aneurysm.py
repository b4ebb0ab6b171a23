"""Fusiform aneurysms with and without thrombus, whose sizes are known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from tests.geometry.lumens import lumen_scan, path_along_z
from viewer.geometry.aneurysm import aneurysms
from viewer.geometry.sections import measure_sections
from viewer.segment.mask import ARTERY, THROMBUS, VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

NECK_MM = 10.0


def outer_at(z, widest=27.5):
    return NECK_MM + (widest - NECK_MM) * np.exp(-(((z) / 18.0) ** 2))


def lumen_at(z, clot, widest=27.5):
    """The lumen's radius: 60 percent of what is wider than the neck is clot."""
    return outer_at(z, widest) - (0.6 if clot else 0.0) * (outer_at(z, widest) - NECK_MM)


def scan(*, clot, voxel_mm=0.8, length_mm=150, aside=3.0, noise_hu=18.0, seed=0, widest=27.5):
    """Scan, mask and path of an aorta with an aneurysm at z = 0, its lumen off center in clot."""
    rng = np.random.default_rng(seed)
    side = 2 * (widest + 8)
    shape = np.ceil(np.array([length_mm, side, side]) / voxel_mm).astype(int)
    origin = -0.5 * (shape[::-1] - 1) * voxel_mm + rng.uniform(-0.4, 0.4, 3) * voxel_mm
    grid = Grid.regular(shape, (voxel_mm,) * 3, origin)
    z, y, x = (origin[a] + voxel_mm * np.arange(shape[2 - a]) for a in (2, 1, 0))
    z, y, x = z[:, None, None], y[None, :, None], x[None, None]
    shift = aside * np.exp(-((z / 18.0) ** 2)) if clot else 0 * z
    outer = np.clip(0.5 + (outer_at(z, widest) - np.hypot(x, y)) / voxel_mm, 0, 1)
    lumen = np.clip(0.5 + (lumen_at(z, clot, widest) - np.hypot(x - shift, y)) / voxel_mm, 0, 1)
    hu = -80 + 140 * outer + 300 * lumen
    hu = gaussian_filter(hu, 0.8) + rng.normal(0, noise_hu, hu.shape)
    labels = np.where(outer >= 0.5, THROMBUS, 0)
    labels = np.where(lumen >= 0.5, ARTERY, labels).astype(np.uint8)
    if not clot:
        labels[labels == THROMBUS] = ARTERY
    way = np.linspace(-length_mm / 2 + 6, length_mm / 2 - 6, 150)
    path = np.column_stack([(aside if clot else 0) * np.exp(-((way / 18.0) ** 2)), 0 * way, way])
    return Volume(np.rint(hu).astype(np.int16), grid), VesselMask(labels, grid), path


def found_in(**kwargs):
    volume, mask, path = scan(**kwargs)
    widest = kwargs.get("widest", 27.5)
    radius = lumen_at(path[:, 2], kwargs["clot"], widest)
    sections = measure_sections(volume, path, radius, mask=mask, noise_hu=18.0)
    return sections, mask


def volume_ml(radius_at, low, high):
    z = np.linspace(low, high, 2000)
    return float(np.trapezoid(np.pi * radius_at(z) ** 2, z)) / 1000


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("clot", [False, True])
def test_an_aneurysm_of_55_mm(clot, seed):
    sections, mask = found_in(clot=clot, seed=seed)
    (found,) = aneurysms(sections, mask)
    assert found.diameter_max.value == pytest.approx(55.0, abs=0.3)
    assert abs(found.diameter_max.value - 55.0) < 3 * found.diameter_max.sd
    lumen = 2 * float(lumen_at(0.0, clot))
    assert found.lumen_max.value == pytest.approx(lumen, abs=0.3)
    assert found.reference.value == pytest.approx(20.0, abs=0.3)
    assert found.neck_diameter.value == pytest.approx(2 * outer_at(-28), rel=0.1)
    z = sections.frames.points_lps[:, 2]
    low, high = np.interp([found.from_mm, found.to_mm], sections.frames.s_mm, z)
    true = volume_ml(outer_at, low, high)
    assert found.volume.value == pytest.approx(true, rel=0.015)
    assert abs(found.volume.value - true) < 3 * found.volume.sd
    inner = volume_ml(lambda z: lumen_at(z, clot), low, high)
    # Where the clot is thinner than two millimeters its edge is taken against the fat behind it.
    assert found.lumen_volume.value == pytest.approx(inner, rel=0.025 if clot else 0.015)
    if clot:
        assert found.thrombus_volume.value == pytest.approx(true - inner, rel=0.03)
        assert "with thrombus" in found.diameter_max.method
    else:
        assert not found.thrombus_volume.known


def test_a_healthy_aorta_has_none():
    sections, mask = found_in(clot=False, widest=11.5)
    assert aneurysms(sections, mask) == ()


def test_an_aneurysm_that_leaves_the_path_has_no_volume():
    volume, mask, path = scan(clot=False)
    part = path[path[:, 2] < 10]
    sections = measure_sections(volume, part, outer_at(part[:, 2]), mask=mask, noise_hu=18.0)
    (found,) = aneurysms(sections, mask, healthy_mm=(0, 20))
    assert found.diameter_max.value == pytest.approx(55.0, abs=0.5)
    assert not found.volume.known
    assert "beyond" in found.extent.missing


def test_an_outer_wall_outside_the_scan_gives_no_diameter_with_thrombus():
    volume, mask, path = scan(clot=True)
    start, stop = (0, 0, 22), mask.grid.shape
    grid = mask.grid.box(start, stop)
    cut = Volume(volume.voxels[:, :, 22:].copy(), grid)
    less = VesselMask(mask.labels[:, :, 22:].copy(), grid)
    sections = measure_sections(cut, path, lumen_at(path[:, 2], True), mask=less, noise_hu=18.0)
    (found,) = aneurysms(sections, less, healthy_mm=(0, 25))
    assert not found.diameter_max.known
    assert "outside the scan" in found.diameter_max.missing
    assert not found.volume.known
    assert found.lumen_max.value == pytest.approx(34, abs=0.5)


def stepping(z, bump=True):
    """A vessel that is 10, then 6, then 3.5 mm wide where others leave it, its middle widened."""
    healthy = np.where(z < -25, 10.0, np.where(z < 35, 6.0, 3.5)) + 0.3 * np.tanh(-z / 40)
    return healthy * (1 + (1.2 if bump else 0.0) * np.exp(-((z / 8.0) ** 2)))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("bump", [True, False])
def test_a_path_may_run_through_vessels_of_several_sizes(bump, turned):
    volume, mask = lumen_scan(lambda z: stepping(z, bump), 150, 0.8, blur_mm=0.6, noise_hu=12)
    path, radius = path_along_z(150, lambda z: stepping(z, bump))
    turn = slice(None, None, -1 if turned else 1)
    sections = measure_sections(volume, path[turn], radius[turn], mask=mask, noise_hu=12.0)
    found = aneurysms(sections, mask)
    assert len(found) == bump
    for each in found:
        assert each.diameter_max.value == pytest.approx(2 * stepping(0.0), abs=0.8)
        assert each.reference.value == pytest.approx(12.0, abs=0.6)
        assert 20 < each.to_mm - each.from_mm < 40
        assert each.volume.known


def test_a_stenosis_beside_it_is_no_healthy_vessel():
    def radius_at(z):
        narrow = 1 - 0.6 * np.exp(-(((z + 30) / 3.0) ** 2))
        return 5.0 * narrow * (1 + 0.9 * np.exp(-(((z - 15) / 8.0) ** 2)))

    volume, mask = lumen_scan(radius_at, 110, 0.7, blur_mm=0.6, noise_hu=12)
    path, radius = path_along_z(110, radius_at)
    sections = measure_sections(volume, path, radius, mask=mask, noise_hu=12.0)
    (found,) = aneurysms(sections, mask)
    assert found.reference.value == pytest.approx(10.0, abs=0.4)
    assert found.diameter_max.value == pytest.approx(19.0, abs=0.6)


def test_the_mouth_of_a_branch_is_no_diameter():
    volume, mask, path = scan(clot=False)
    hu, labels = volume.voxels.copy(), mask.labels.copy()
    middle = mask.grid.nearest(np.array([[0.0, 0.0, 0.0]]))[0]
    reach = round(2.5 / 0.8)
    tunnel = (
        slice(middle[0] - reach, middle[0] + reach + 1),
        slice(middle[1] - reach, middle[1] + reach + 1),
        slice(middle[2], None),
    )
    hu[tunnel], labels[tunnel] = 360, ARTERY
    volume, mask = Volume(hu, volume.grid), VesselMask(labels, mask.grid)
    radius = lumen_at(path[:, 2], False)
    (found,) = aneurysms(measure_sections(volume, path, radius, mask=mask, noise_hu=18.0), mask)
    assert found.diameter_max.value == pytest.approx(55.0, abs=0.5)
