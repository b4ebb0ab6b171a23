"""The distance to the wall is exact, and what touches keeps its order."""

import numpy as np
import pytest

from viewer.phantom.body import make_body
from viewer.phantom.disease import add_diseases
from viewer.phantom.distance import distance
from viewer.phantom.raster import CLEAR_MM, rasterize
from viewer.phantom.scan import grid_around
from viewer.phantom.scene import ADDS, FILLS, REACH_MM, STAINS, SURROUNDS, Solid, Vessels
from viewer.phantom.tissue import Tissue
from viewer.phantom.vessels import (
    Tube,
    build,
    curved_tube,
    line,
    random_tree,
    straight_tube,
    y_tree,
)
from viewer.volume.grid import Grid


def points_of(grid):
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1)
    return grid.points_lps(index)


def to_segment(points_lps, start, end):
    axis = np.subtract(end, start)
    share = np.clip((points_lps - start) @ axis / (axis @ axis), 0, 1)
    return np.linalg.norm(points_lps - start - share[..., None] * axis, axis=-1)


def filled(grid, tissue):
    return np.full(grid.shape, tissue, np.uint8)


def ball(effect, tissue, center_lps, radius_mm, share=1.0):
    center = np.asarray(center_lps, float)
    return Solid(
        effect,
        tissue,
        np.array([center - radius_mm, center + radius_mm]),
        lambda points_lps: np.linalg.norm(points_lps - center, axis=1) - radius_mm,
        share,
    )


def test_a_tube_has_its_exact_distance():
    tree = straight_tube(40, 3.3, (0.3, 0.5, 1))
    grid = grid_around(tree, (0.9, 0.7, 0.8), margin_mm=9)
    wall_mm, branch = distance(tree, grid)
    ends = tree.branches[0].points_lps[[0, -1]]
    truth = np.clip(to_segment(points_of(grid), *ends) - 3.3, -REACH_MM, REACH_MM)
    assert np.abs(wall_mm - truth).max() < 0.002
    np.testing.assert_array_equal(branch, np.where(truth < REACH_MM, 0, -1))


def test_a_fork_is_the_nearest_of_its_three_tubes():
    tree = y_tree()
    grid = grid_around(tree, margin_mm=4)
    wall_mm, branch = distance(tree, grid)
    far = np.stack(
        [
            to_segment(points_of(grid), *b.points_lps[[0, -1]]) - b.radius_mm[0]
            for b in tree.branches
        ]
    )
    assert np.abs(wall_mm - np.clip(far.min(axis=0), -8, 8)).max() < 0.005
    clear = np.sort(far, axis=0)[1] - far.min(axis=0) > 0.01
    sure = clear & (far.min(axis=0) < REACH_MM)
    np.testing.assert_array_equal(branch[sure], far.argmin(axis=0)[sure])


def test_a_cone_has_the_distance_of_all_its_spheres():
    path = line((0, 0, -15), (0, 0, 15))
    tree = build([Tube(path, np.linspace(5, 1, len(path)))])
    grid = grid_around(tree, margin_mm=3)
    wall_mm, _ = distance(tree, grid)
    points = points_of(grid)
    dense = np.linspace(-15, 15, 1201)
    radius = np.interp(dense, [-15, 15], [5, 1])
    across = np.hypot(points[..., 0], points[..., 1])
    truth = np.full(grid.shape, np.inf)
    for z, r in zip(dense, radius, strict=True):
        np.minimum(truth, np.hypot(across, points[..., 2] - z) - r, out=truth)
    assert np.abs(wall_mm - truth)[np.abs(truth) < 7].max() < 0.005


def test_a_bent_tube_strays_less_than_a_fiftieth_of_a_millimeter():
    tree = curved_tube(20, 3, 2.5)
    grid = grid_around(tree, margin_mm=4)
    wall_mm, _ = distance(tree, grid)
    points = points_of(grid)
    angle = np.arctan2(points[..., 2], points[..., 0])
    ring = np.hypot(np.hypot(points[..., 0], points[..., 2]) - 20, points[..., 1]) - 3
    beside = (angle > 0.1) & (angle < 2.4) & (np.abs(ring) < 3.5)
    assert beside.sum() > 5000
    assert np.abs(wall_mm - ring)[beside].max() < 0.02


def test_a_part_of_the_grid_has_the_same_distance():
    tree = random_tree(6, 3, 4.0)
    grid = Grid.regular((50, 47, 53), (1, 1.1, 0.9), tree.points_lps.mean(axis=0) - 25)
    whole, owner = distance(tree, grid)
    part, same = distance(tree, grid.box((7, 9, 11), (40, 38, 47)))
    np.testing.assert_allclose(part, whole[7:40, 9:38, 11:47], atol=2e-4)
    assert (same == owner[7:40, 9:38, 11:47]).mean() > 0.999


def test_an_artery_keeps_its_lumen_from_a_vein():
    paths = [line((0, 0, -20), (0, 0, 20)), line((3, 0, -20), (3, 0, 20))]
    tree = build([Tube(paths[0], np.array(2.0)), Tube(paths[1], np.array(3.0))])
    grid = grid_around(tree)
    raster = rasterize(Vessels(tree, (Tissue.ARTERY, Tissue.CAVAL)), filled(grid, Tissue.FAT), grid)
    points = points_of(grid)
    artery = to_segment(points, *paths[0][[0, -1]]) - 2
    vein = to_segment(points, *paths[1][[0, -1]]) - 3
    np.testing.assert_array_equal(raster.tissue == Tissue.ARTERY, artery < 0)
    np.testing.assert_array_equal(raster.tissue == Tissue.CAVAL, (vein < 0) & (artery > 0))
    truth = np.minimum(artery, np.maximum(vein, -artery))
    assert np.abs(raster.wall_mm - np.clip(truth, -8, 8)).max() < 0.002


def test_a_chamber_stays_where_its_vessel_ends_but_not_where_one_passes():
    tree = build(
        [
            Tube(line((0, 0, 0), (0, 0, 30)), np.array(4.0)),
            Tube(line((12, 0, -30), (12, 0, 30)), np.array(2.0)),
        ]
    )
    grid = grid_around(tree)
    tissue = filled(grid, Tissue.FAT)
    tissue[np.abs(points_of(grid)[..., 2]) < 8] = Tissue.LEFT_HEART
    raster = rasterize(Vessels(tree, (Tissue.ARTERY,) * 2), tissue, grid)
    at = {
        name: tuple(np.rint(grid.index(point)).astype(int))
        for name, point in {"end": (0, 0, 4), "out": (0, 0, 15), "past": (12, 0, 0)}.items()
    }
    assert raster.tissue[at["end"]] == raster.blood[at["end"]] == Tissue.LEFT_HEART
    assert raster.tissue[at["out"]] == raster.tissue[at["past"]] == Tissue.ARTERY


def test_solids_join_fill_surround_and_stain():
    tree = straight_tube(40, 4)
    grid = grid_around(tree, margin_mm=12)
    solids = (
        ball(ADDS, Tissue.ARTERY, (5, 0, 0), 4),
        ball(FILLS, Tissue.THROMBUS, (-3, 0, 10), 2.5),
        ball(SURROUNDS, Tissue.TUMOR, (0, 0, -10), 7),
        ball(STAINS, Tissue.ARTERY, (0, 0, -10), 3, share=0.6),
    )
    vessels = Vessels(tree, (Tissue.ARTERY,))
    raster = rasterize(vessels, filled(grid, Tissue.MUSCLE), grid, solids)
    tube = to_segment(points_of(grid), (0, 0, -20), (0, 0, 20)) - 4
    balls = [
        solid.distance_mm(points_of(grid).reshape(-1, 3)).reshape(grid.shape) for solid in solids
    ]
    lumen = np.maximum(np.minimum(tube, balls[0]), -balls[1])
    assert np.abs(raster.wall_mm - np.clip(lumen, -8, 8)).max() < 0.005
    np.testing.assert_array_equal(raster.tissue == Tissue.THROMBUS, (balls[1] < 0) & (tube < 0))
    np.testing.assert_array_equal(raster.tissue == Tissue.TUMOR, (balls[2] < 0) & (tube >= 0))
    np.testing.assert_array_equal(raster.tissue == Tissue.ARTERY, lumen < 0)
    np.testing.assert_allclose(raster.stain, np.where(balls[3] < 0, 0.6, 1), rtol=1e-6)


def test_no_vessel_touches_bone_and_no_marrow_lies_bare():
    tree = straight_tube(40, 4)
    grid = grid_around(tree, (0.8, 0.8, 0.8), margin_mm=8)
    tissue = filled(grid, Tissue.MARROW)
    raster = rasterize(Vessels(tree, (Tissue.ARTERY,)), tissue, grid)
    bone = np.isin(raster.tissue, (Tissue.CORTEX, Tissue.MARROW))
    assert raster.wall_mm[bone].min() >= CLEAR_MM
    assert raster.wall_mm[raster.tissue == Tissue.MARROW].min() > CLEAR_MM + 1
    assert (raster.tissue == Tissue.CORTEX).any()


def test_a_large_artery_has_a_wall_in_fat():
    tree = straight_tube(40, 6)
    grid = grid_around(tree)
    for kind, expected in ((Tissue.ARTERY, True), (Tissue.CAVAL, False)):
        raster = rasterize(Vessels(tree, (kind,)), filled(grid, Tissue.FAT), grid)
        assert (raster.tissue == Tissue.VESSEL_WALL).any() == expected


def test_an_unknown_effect_is_refused():
    tree = straight_tube(20, 4)
    grid = grid_around(tree)
    vessels = Vessels(tree, (Tissue.ARTERY,))
    with pytest.raises(ValueError, match="cannot"):
        rasterize(vessels, filled(grid, 1), grid, [ball("melts", Tissue.FAT, (0, 0, 0), 3)])


def test_a_sac_is_the_same_in_every_voxel_as_at_its_point():
    """Only blocks near its surface are worked out voxel by voxel."""
    tree = curved_tube(40, 5)
    body = make_body(np.random.default_rng(0), 0)
    sick, solids, _ = add_diseases(
        Vessels(tree, (Tissue.ARTERY,)), body, {"aneurysm-with-thrombus": 0.8},
        np.random.default_rng(1),
    )  # fmt: skip
    (sac,) = solids
    middle = sac.box_lps.mean(axis=0)
    grid = Grid.regular((43, 50, 61), (1.1, 0.9, 0.8), middle - np.array([24, 22, 23]))
    raster = rasterize(sick, filled(grid, Tissue.MUSCLE), grid, solids)
    inside = sac.distance_mm(points_of(grid).reshape(-1, 3)).reshape(grid.shape) < 0
    clot = raster.tissue == Tissue.THROMBUS
    assert clot.sum() > 1000
    np.testing.assert_array_equal(clot, inside & (raster.wall_mm >= 0))
