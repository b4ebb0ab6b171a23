"""The outer wall of vessels with and without thrombus."""

from dataclasses import replace

import numpy as np

from tests.geometry.lumens import lumen_scan, path_along_z
from viewer.geometry.outer import outer_wall_mm
from viewer.geometry.sections import measure_sections
from viewer.segment.mask import THROMBUS

LENGTH_MM = 30


def radius_at(z):
    return np.full_like(np.asarray(z, float), 4.0) + 0.8 * np.cos(np.asarray(z) / 2)


def test_where_no_thrombus_lines_it_the_outer_wall_is_the_lumens():
    volume, mask = lumen_scan(radius_at, LENGTH_MM, 0.6, blur_mm=0.6, noise_hu=10, margin_mm=9.0)
    path, radius = path_along_z(LENGTH_MM, radius_at)
    sections = measure_sections(volume, path, radius, mask=mask, noise_hu=10)
    labels = mask.labels.copy()
    labels[:, :3, :3] = THROMBUS  # elsewhere in the scan
    outer = outer_wall_mm(sections, replace(mask, labels=labels))
    np.testing.assert_array_equal(outer, sections.wall_mm)
