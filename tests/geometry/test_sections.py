"""Sections of made-up vessels with known middles and radii."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from viewer.geometry.sections import measure_sections
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import curved_tube, straight_tube
from viewer.segment.mask import VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


def sections_of(tree, voxel_mm, blur_mm, *, noise_hu=0.0, seed=0, off=0.15):
    """Sections of a rendered vessel, from a path beside its middle and a wrong radius."""
    rng = np.random.default_rng(seed)
    turned = Rotation.random(random_state=seed).as_matrix()
    grid = grid_around(tree, (voxel_mm,) * 3, turned=turned)
    volume, mask = render(tree, grid, blur_mm=blur_mm, noise_hu=noise_hu, seed=seed)
    branch = tree.branches[0]
    beside = branch.points_lps + rng.normal(0, off * branch.radius_mm[0], 3)
    rough = branch.radius_mm * rng.uniform(0.8, 1.2)
    seen_mm = float(np.hypot(blur_mm, 0.5 * voxel_mm))
    return measure_sections(
        volume, beside, rough, mask=mask, noise_hu=max(noise_hu, 1.0), blur_mm=seen_mm
    )


def inner(sections):
    count = len(sections.frames.points_lps)
    return slice(count // 5, -(count // 5))


@pytest.mark.parametrize(
    ("radius", "voxel", "bias"),
    [(1.0, 0.3, 0.03), (2.0, 0.3, 0.01), (2.0, 0.5, 0.01), (4.0, 0.8, 0.01), (12.0, 0.8, 0.01)],
)
@pytest.mark.parametrize("noise", [0.0, 20.0])
def test_the_radius_is_true(radius, voxel, bias, noise):
    sections = sections_of(straight_tube(40, radius), voxel, voxel, noise_hu=noise)
    found = sections.values["diameter_equivalent_mm"][inner(sections)] / 2
    assert np.mean(found) == pytest.approx(radius, rel=bias)
    assert sections.seen[inner(sections)].mean() > 0.99


@pytest.mark.parametrize(("voxel", "most"), [(0.3, 0.05), (0.8, 0.08)])
def test_the_middle_of_a_bend_is_found(voxel, most):
    sections = sections_of(curved_tube(30.0, 4.0), voxel, voxel, noise_hu=10.0)
    from_axis = np.linalg.norm(
        sections.frames.points_lps - nearest_of_bend(sections.frames.points_lps), axis=1
    )
    assert from_axis[inner(sections)].mean() < most


def nearest_of_bend(points):
    """The nearest points of the middle of `curved_tube` by a fine polyline."""
    line = curved_tube(30.0, 4.0).branches[0].points_lps
    starts, steps = line[:-1], np.diff(line, axis=0)
    along = ((points[:, None] - starts) * steps).sum(2) / (steps**2).sum(1)
    places = starts + np.clip(along, 0, 1)[..., None] * steps
    far = np.linalg.norm(points[:, None] - places, axis=2)
    return places[np.arange(len(points)), far.argmin(axis=1)]


def test_calcium_beside_the_lumen_does_not_widen_it():
    tree = straight_tube(40, 4.0)
    grid = grid_around(tree, (0.5,) * 3)
    volume, mask = render(tree, grid, blur_mm=0.5)
    points = grid.points_lps(np.moveaxis(np.indices(grid.shape), 0, -1))
    far = np.hypot(points[..., 0], points[..., 1])
    plate = (far > 4.0) & (far < 5.5) & (points[..., 0] > 2.5)
    hu = np.where(plate, 1100, volume.voxels).astype(np.int16)
    labels = np.where(plate, 4, mask.labels).astype(np.uint8)
    branch = tree.branches[0]
    sections = measure_sections(
        Volume(hu, grid), branch.points_lps, branch.radius_mm, mask=VesselMask(labels, grid)
    )
    found = sections.values["diameter_equivalent_mm"][inner(sections)] / 2
    assert np.mean(found) == pytest.approx(4.0, rel=0.03)


def test_two_vessels_that_touch_are_measured_apart():
    tree = straight_tube(40, 4.0)
    grid = grid_around(tree, (0.5,) * 3, margin_mm=14.0)
    volume, mask = render(tree, grid, blur_mm=0.5)
    shift = round(8.2 / 0.5)
    twin = np.roll(volume.voxels, shift, axis=2)
    both = np.maximum(volume.voxels, twin)
    labels = np.maximum(mask.labels, 2 * (np.roll(mask.labels, shift, axis=2) > 0)).astype(np.uint8)
    branch = tree.branches[0]
    sections = measure_sections(
        Volume(both, grid), branch.points_lps, branch.radius_mm, mask=VesselMask(labels, grid)
    )
    found = sections.values["diameter_equivalent_mm"][inner(sections)] / 2
    assert np.mean(found) == pytest.approx(4.0, rel=0.04)


def test_where_nothing_is_bright_there_are_no_numbers():
    tree = straight_tube(40, 4.0)
    grid = grid_around(tree, (0.8,) * 3)
    rng = np.random.default_rng(0)
    volume = Volume(rng.normal(40, 15, grid.shape).astype(np.int16), grid)
    branch = tree.branches[0]
    sections = measure_sections(volume, branch.points_lps, branch.radius_mm, noise_hu=15.0)
    assert np.isnan(sections.values["area_mm2"]).mean() > 0.8


def test_noise_makes_every_number_less_sure():
    quiet = sections_of(straight_tube(40, 3.0), 0.6, 0.6, noise_hu=5.0)
    loud = sections_of(straight_tube(40, 3.0), 0.6, 0.6, noise_hu=40.0)
    for name in quiet.sd:
        assert np.nanmean(loud.sd[name]) > np.nanmean(quiet.sd[name])


def test_a_vessel_half_outside_the_scan_has_no_numbers():
    tree = straight_tube(40, 6.0)
    grid = grid_around(tree, (1.0, 1.0, 1.0))
    volume, _ = render(tree, grid, noise_hu=10)
    middle = round(float(grid.index(np.zeros(3))[2]))
    half = Grid((*grid.shape[:2], middle + 2), grid.lps_from_index)
    cut = Volume(volume.voxels[:, :, : middle + 2].copy(), half)
    branch = tree.branches[0]
    sections = measure_sections(cut, branch.points_lps, branch.radius_mm, noise_hu=10.0)
    assert np.isnan(sections.values["diameter_equivalent_mm"]).all()


def test_a_vessel_without_contrast_has_no_numbers():
    tree = straight_tube(40, 6.0)
    grid = grid_around(tree, (1.0, 1.0, 1.0))
    volume, mask = render(tree, grid, lumen_hu=45, background_hu=40, noise_hu=15)
    branch = tree.branches[0]
    sections = measure_sections(
        volume, branch.points_lps, branch.radius_mm, mask=mask, noise_hu=15.0
    )
    assert np.isnan(sections.values["diameter_equivalent_mm"]).all()


def test_what_networks_doubt_is_less_sure():
    tree = straight_tube(40, 4.0)
    grid = grid_around(tree, (0.8, 0.8, 0.8))
    volume, mask = render(tree, grid, blur_mm=0.5, noise_hu=10)
    branch = tree.branches[0]

    def deviation(confidence):
        sure = None if confidence is None else np.full(grid.shape, confidence, np.uint8)
        own = VesselMask(mask.labels, grid, mask.names, sure)
        found = measure_sections(
            volume, branch.points_lps, branch.radius_mm, mask=own, noise_hu=10.0
        )
        return np.median(found.sd["diameter_equivalent_mm"])

    assert deviation(255) == deviation(0) == deviation(None)  # 0: no network was asked
    assert deviation(127) > 5 * deviation(255)
    assert deviation(204) == pytest.approx(2 * 0.2 * 0.2 * 4.0, rel=0.1)
