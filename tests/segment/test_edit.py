"""Edits by hand: what changes, what stays, and where, on straight and on oblique grids."""

import time

import numpy as np
import pytest
from scipy import ndimage

from viewer.enhance.suitability import Suitability
from viewer.errors import ViewerError
from viewer.progress import silent
from viewer.segment.clicks import add_at
from viewer.segment.edit import cut, erase, paint, relabel
from viewer.segment.mask import ARTERY, BONE, VEIN, VesselMask
from viewer.segment.prune import remove_at
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

FIT = Suitability(True, 400.0, 15.0, 10.0, 1.0, (1, 1, 1))


def empty(grid: Grid) -> VesselMask:
    return VesselMask(np.zeros(grid.shape, np.uint8), grid)


def changed_box(before: VesselMask, edit) -> bool:
    """Whether everything outside the edit's box is as before."""
    same = before.labels == edit.mask.labels
    same[tuple(slice(*e) for e in edit.box)] = True
    return bool(same.all())


def two_tubes(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Distance from two parallel lines along the rows, 12 mm apart through the middle."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1)
    points = grid.points_lps(index) - grid.center_lps
    along = grid.lps_from_index[:3, 2] / grid.spacing_mm[2]
    side = grid.lps_from_index[:3, 1] / grid.spacing_mm[1]
    return tuple(
        np.linalg.norm(np.cross(points - side * shift, along), axis=-1) for shift in (-6, 6)
    )


def test_painted_ball_has_its_volume(an_oblique_grid):
    edit = paint(empty(an_oblique_grid), an_oblique_grid.center_lps[None], 8.0, ARTERY)
    assert edit.mask.volume_ml(ARTERY) == pytest.approx(4 / 3 * np.pi * 8**3 / 1000, rel=0.05)
    center = ndimage.center_of_mass(edit.mask.labels)
    assert np.allclose(
        an_oblique_grid.points_lps(np.array(center)), an_oblique_grid.center_lps, atol=0.3
    )
    assert edit.name == "Paint"


@pytest.mark.parametrize("normal", [(0, 0, 1), (1, 0, 0), (0.5, -0.3, 0.8)])
def test_painted_disk_is_one_voxel_thick(an_oblique_grid, normal):
    grid = an_oblique_grid
    unit = np.array(normal) / np.linalg.norm(normal)
    edit = paint(empty(grid), grid.center_lps[None], 7.0, VEIN, np.array(normal, float))
    points = grid.points_lps(np.argwhere(edit.mask.labels == VEIN)) - grid.center_lps
    assert np.abs(points @ unit).max() <= 0.5 * max(grid.spacing_mm) + 1e-6
    assert np.linalg.norm(points, axis=1).max() <= 7.0 + max(grid.spacing_mm)
    thick = edit.mask.volume_ml(VEIN) * 1000 / (np.pi * 7.0**2)
    assert 0.5 * min(grid.spacing_mm) < thick < 1.2 * max(grid.spacing_mm)
    _, pieces = ndimage.label(edit.mask.labels, np.ones((3, 3, 3)))
    assert pieces == 1


def test_erasing_what_was_painted_gives_the_mask_back(an_oblique_grid):
    stroke = an_oblique_grid.center_lps + np.array([[-4.0, 0, 0], [4.0, 3.0, 1.0]])
    painted = paint(empty(an_oblique_grid), stroke, 3.0, ARTERY)
    assert changed_box(empty(an_oblique_grid), painted)
    assert painted.mask.labels.any()
    assert not erase(painted.mask, stroke, 3.0).mask.labels.any()


def test_the_mask_before_is_untouched(an_oblique_grid):
    before = empty(an_oblique_grid)
    paint(before, an_oblique_grid.center_lps[None], 3.0, ARTERY)
    assert not before.labels.any()


def test_remove_takes_one_piece(an_oblique_grid):
    first, second = two_tubes(an_oblique_grid)
    labels = np.where((first < 3) | (second < 3), ARTERY, 0).astype(np.uint8)
    mask = VesselMask(labels, an_oblique_grid)
    side = an_oblique_grid.lps_from_index[:3, 1] / an_oblique_grid.spacing_mm[1]
    edit = remove_at(mask, an_oblique_grid.center_lps + 6 * side, silent())
    assert not (edit.mask.labels[second < 3]).any()
    assert (edit.mask.labels[first < 3] == ARTERY).all()
    assert changed_box(mask, edit)
    assert edit.name == "Remove piece"


def test_remove_on_nothing_says_so(an_oblique_grid):
    with pytest.raises(ViewerError, match="Nothing is labelled"):
        remove_at(empty(an_oblique_grid), an_oblique_grid.center_lps, silent())


def test_cut_severs_a_vessel_and_spares_bone(an_oblique_grid):
    grid = an_oblique_grid
    first, second = two_tubes(grid)
    labels = np.where(first < 3, ARTERY, np.where(second < 3, BONE, 0)).astype(np.uint8)
    mask = VesselMask(labels, grid)
    across = grid.lps_from_index[:3, 1] / grid.spacing_mm[1]
    view = grid.lps_from_index[:3, 0] / grid.spacing_mm[0]
    near = grid.center_lps - 30 * view
    edit = cut(mask, np.array([near - 15 * across, near + 15 * across]), view, 1.0)
    _, pieces = ndimage.label(edit.mask.labels == ARTERY, np.ones((3, 3, 3)))
    assert pieces == 2
    assert (edit.mask.labels[second < 3] == BONE).all()
    removed = (mask.labels != edit.mask.labels).sum() / (first < 3).sum()
    assert removed < 0.1


def test_a_cut_goes_no_deeper_than_asked():
    grid = Grid.regular((60, 40, 40))
    mask = VesselMask(np.full(grid.shape, ARTERY, np.uint8), grid)
    stroke = np.array([[5.0, 20.0, 30.0], [35.0, 20.0, 30.0]])
    edit = cut(mask, stroke, np.array([0.0, 0.0, 1.0]), depth_mm=20.0)
    gone = np.flatnonzero((edit.mask.labels == 0).any(axis=(1, 2)))
    assert (gone.min(), gone.max()) == (20, 40)


def test_cut_beside_the_vessel_says_so(an_oblique_grid):
    first, _ = two_tubes(an_oblique_grid)
    mask = VesselMask((first < 3).astype(np.uint8), an_oblique_grid)
    far = an_oblique_grid.center_lps + 500.0
    with pytest.raises(ViewerError, match="meets no vessel"):
        cut(mask, np.array([far, far + 1]), np.array([0.0, 0.0, 1.0]))


def test_relabel_takes_indices_or_a_mask(an_oblique_grid):
    index = np.array([[1, 2, 3], [4, 5, 6], [999, 0, 0]])
    by_index = relabel(empty(an_oblique_grid), index, VEIN, "To vein")
    chosen = np.zeros(an_oblique_grid.shape, bool)
    chosen[1, 2, 3] = chosen[4, 5, 6] = True
    by_mask = relabel(empty(an_oblique_grid), chosen, VEIN, "To vein")
    assert np.array_equal(by_index.mask.labels, by_mask.mask.labels)
    assert by_index.box == by_mask.box == ((1, 5), (2, 6), (3, 7))


def scan(grid: Grid) -> tuple[Volume, np.ndarray, np.ndarray]:
    """Two vessels of 400 HU, radius 3 mm, in tissue of 50 HU with 10 HU noise; air in a corner."""
    first, second = two_tubes(grid)
    hu = np.where((first < 3) | (second < 3), 400, 50).astype(float)
    hu += np.random.default_rng(1).normal(0, 10, grid.shape)
    hu[:6, :8, :8] = -1000
    return Volume(hu.astype(np.int16), grid), first < 3, second < 3


def test_grow_adds_the_clicked_vessel_only(an_oblique_grid):
    volume, first, second = scan(an_oblique_grid)
    side = an_oblique_grid.lps_from_index[:3, 1] / an_oblique_grid.spacing_mm[1]
    click = an_oblique_grid.center_lps - 6.8 * side
    edit = add_at(empty(an_oblique_grid), volume, FIT, click, silent())
    assert (edit.mask.labels[first] == ARTERY).mean() > 0.95
    assert not edit.mask.labels[second].any()
    assert (edit.mask.labels > 0).sum() < 1.1 * first.sum()
    assert changed_box(empty(an_oblique_grid), edit)


def test_grow_leaves_other_labels(an_oblique_grid):
    volume, first, _ = scan(an_oblique_grid)
    half = first & (np.indices(first.shape)[2] > 35)
    mask = VesselMask(np.where(half, BONE, 0).astype(np.uint8), an_oblique_grid)
    click = an_oblique_grid.points_lps(np.argwhere(first & ~half).mean(axis=0))
    edit = add_at(mask, volume, FIT, click, silent())
    assert (edit.mask.labels[half] == BONE).all()
    assert (edit.mask.labels[first & ~half] == ARTERY).mean() > 0.9


@pytest.mark.parametrize("index", [(2, 3, 3), (12, 45, 35)])
def test_grow_on_air_or_tissue_says_so(an_oblique_grid, index):
    volume, _, _ = scan(an_oblique_grid)
    click = an_oblique_grid.points_lps(np.array(index))
    with pytest.raises(ViewerError, match="no enhanced vessel"):
        add_at(empty(an_oblique_grid), volume, FIT, click, silent())


def test_outside_the_scan_says_so(an_oblique_grid):
    volume, _, _ = scan(an_oblique_grid)
    mask, far = empty(an_oblique_grid), an_oblique_grid.center_lps + 1000.0
    for act in (
        lambda: add_at(mask, volume, FIT, far, silent()),
        lambda: remove_at(mask, far, silent()),
        lambda: paint(mask, far[None], 3.0, ARTERY),
    ):
        with pytest.raises(ViewerError, match="outside the scan"):
            act()


def test_grow_answers_fast_in_a_big_scan():
    grid = Grid.regular((200, 300, 300), (1.0, 0.7, 0.7))
    hu = np.full(grid.shape, 50, np.int16)
    hu[:, 140:150, 140:150] = 400
    volume, mask = Volume(hu, grid), empty(grid)
    before = time.process_time()
    edit = add_at(mask, volume, FIT, grid.points_lps(np.array([100, 145, 145])), silent())
    assert time.process_time() - before < 0.4  # 0.05 s alone; one look at the whole scan takes more
    assert (edit.mask.labels[60:140, 145, 145] == ARTERY).all()


def test_grow_in_the_phantom_stops_at_the_heart(a_phantom, a_suitability):
    mask = empty(a_phantom.volume.grid)
    edit = add_at(mask, a_phantom.volume, a_suitability, np.array([14.0, 9.0, 80.0]), silent())
    grown = edit.mask.labels == ARTERY
    assert grown[a_phantom.heart].mean() < 0.05
    near = a_phantom.vessels[30:75]
    assert grown[30:75][near].mean() > 0.8
