"""Volumes of named vessels that are known."""

from dataclasses import replace

import numpy as np
import pytest

from viewer.geometry.names_given import Named
from viewer.geometry.volumes import vessel_volumes
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import straight_tube
from viewer.progress import silent
from viewer.segment.mask import ARTERY, THROMBUS

RADIUS_MM, LENGTH_MM = 6.0, 80.0


def a_vessel():
    tree = straight_tube(length_mm=LENGTH_MM, radius_mm=RADIUS_MM)
    _, mask = render(tree, grid_around(tree, (0.9, 0.7, 0.7)))
    return tree, mask


def stretches(tree, *ends):
    return tuple(Named(0, low, high, name, 0.9, "a test") for low, high, name in ends)


def test_each_named_stretch_has_its_volume():
    tree, mask = a_vessel()
    names = stretches(tree, (0.0, 30.0, "suprarenal"), (30.0, 60.0, "infrarenal"), (60.0, 80.0, ""))
    found = {each.vessel: each for each in vessel_volumes(tree, names, mask, silent())}
    assert set(found) == {"suprarenal", "infrarenal"}
    one = np.pi * RADIUS_MM**2 * 30 / 1000
    ball = 2 / 3 * np.pi * RADIUS_MM**3 / 1000
    for name, true in (("suprarenal", one + ball), ("infrarenal", one)):
        lumen = found[name].lumen
        assert lumen.value == pytest.approx(true, rel=0.03)
        assert abs(lumen.value - true) < 2 * lumen.sd
        assert found[name].whole.value == lumen.value
        assert found[name].thrombus.value == 0
    assert found["suprarenal"] is next(iter(found.values()))


def test_clot_belongs_to_the_vessel_that_it_lines():
    tree, mask = a_vessel()
    x = mask.grid.points_lps(np.moveaxis(np.indices(mask.labels.shape), 0, -1))[..., 0]
    labels = mask.labels.copy()
    labels[(labels == ARTERY) & (x > 2.0)] = THROMBUS
    names = stretches(tree, (0.0, LENGTH_MM, "aorta"))
    (found,) = vessel_volumes(tree, names, replace(mask, labels=labels), silent())
    all_ml = mask.volume_ml(ARTERY)
    assert found.whole.value == pytest.approx(all_ml)
    assert found.lumen.value + found.thrombus.value == pytest.approx(all_ml)
    assert 0.2 * all_ml < found.thrombus.value < 0.4 * all_ml
    assert found.thrombus.sd > 0


def test_without_names_there_is_none():
    tree, mask = a_vessel()
    assert vessel_volumes(tree, (), mask, silent()) == ()
