"""What fills a made-up stenosis."""

import numpy as np
import pytest

from tests.geometry.lumens import lumen_scan, narrowed, path_along_z
from viewer.geometry.plaque import plaque_of
from viewer.geometry.sections import measure_sections
from viewer.geometry.stenosis import stenoses
from viewer.segment.mask import CALCIFICATION, VesselMask
from viewer.volume.volume import Volume

RADIUS_AT = narrowed(3.0, 60, 14)


def lesion_with_calcium(*, marked=True, percent=60):
    """Sections, their lesion, mask, scan, and the volume (mm3) of a plate at its wall."""
    radius_at = narrowed(3.0, percent, 14)
    volume, mask = lumen_scan(radius_at, 50, 0.5, blur_mm=0.5, noise_hu=15)
    points = volume.grid.points_lps(np.moveaxis(np.indices(volume.grid.shape), 0, -1))
    x, y, z = np.moveaxis(points, -1, 0)
    far = np.hypot(x, y)
    plate = (far > 2.6) & (far < 3.8) & (np.abs(np.arctan2(y, x)) < 0.8) & (np.abs(z) < 3)
    elsewhere = (np.abs(z) < 3) & (far > 6)
    hu = np.where(plate | elsewhere, 1000, volume.voxels).astype(np.int16)
    labels = np.where((plate | elsewhere) & marked, CALCIFICATION, mask.labels).astype(np.uint8)
    volume, mask = Volume(hu, volume.grid), VesselMask(labels, mask.grid)
    path, radius = path_along_z(50, radius_at)
    sections = measure_sections(volume, path, radius, mask=mask, noise_hu=15)
    (lesion,) = stenoses(sections)
    return sections, lesion, mask, volume, 0.8 * (3.8**2 - 2.6**2) * 6


@pytest.mark.parametrize("marked", [True, False])
def test_the_calcium_at_the_wall_of_the_lesion_is_counted(marked):
    sections, lesion, mask, volume, plate = lesion_with_calcium(marked=marked)
    found = plaque_of(sections, lesion, mask, volume).calcium
    assert found.value == pytest.approx(plate, rel=0.1)
    assert ("marked" in found.method) is marked


def test_the_plaque_is_what_the_lumen_lost():
    sections, lesion, mask, _, _ = lesion_with_calcium()
    found = plaque_of(sections, lesion, mask).volume
    z = np.linspace(-7, 7, 500)
    lost = float(np.trapezoid(np.pi * (9 - RADIUS_AT(z) ** 2), z))
    assert found.value == pytest.approx(lost, rel=0.08)
    assert abs(found.value - lost) < 3 * found.sd


def test_a_closed_lesion_has_no_volume_of_plaque():
    sections, lesion, mask, _, _ = lesion_with_calcium(percent=100)
    found = plaque_of(sections, lesion, mask).volume
    assert not found.known
    assert found.missing
