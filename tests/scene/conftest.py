"""Things to draw whose truth is known."""

from types import SimpleNamespace

import numpy as np
import pytest

from viewer.dicom.series import Series
from viewer.enhance.acquisition import Acquisition
from viewer.enhance.halves import DOUBTFUL
from viewer.enhance.origin import INFERRED, INTERPOLATED
from viewer.enhance.restored import Restored
from viewer.geometry.course import course_through
from viewer.geometry.sections import measure_sections
from viewer.geometry.surface import Surface
from viewer.geometry.tree import Branch, VesselTree
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import straight_tube
from viewer.scene.scene import Scene
from viewer.segment.mask import VesselMask
from viewer.session.view_state import ViewState
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

SLOPE, OFFSET = np.array([3.0, -2.0, 4.0]), 100.0
TUBE_RADIUS_MM = 6.0


@pytest.fixture
def a_view():
    return ViewState()


@pytest.fixture
def an_oblique_grid():
    """Turned, anisotropic, not cubic, and sheared as by a tilted gantry."""
    tilt, turn = np.radians(12), np.radians(25)
    slices = 2.5 * np.array([0, np.sin(tilt), np.cos(tilt)])
    rows = 0.9 * np.array([-np.sin(turn), np.cos(turn), 0.05])
    columns = 0.7 * np.array([np.cos(turn), np.sin(turn), 0])
    matrix = np.eye(4)
    matrix[:3, :3] = np.column_stack([slices, rows / np.linalg.norm(rows) * 0.9, columns])
    matrix[:3, 3] = (-40, 20, -300)
    return Grid((40, 70, 90), matrix)


@pytest.fixture
def a_slope(an_oblique_grid):
    """A volume whose HU rise evenly through the patient."""
    index = np.stack(np.indices(an_oblique_grid.shape), axis=-1)
    points = an_oblique_grid.points_lps(index) - an_oblique_grid.center_lps
    hu = points @ SLOPE + OFFSET
    return Volume(np.round(hu).astype(np.int16), an_oblique_grid)


@pytest.fixture
def slope_hu(an_oblique_grid):
    """The true HU of the slope at points (...,3)."""
    return lambda points: (points - an_oblique_grid.center_lps) @ SLOPE + OFFSET


@pytest.fixture(scope="session")
def a_tube():
    """A bright upright tube in soft tissue with its mask, surface, tree and series."""
    grid = Grid.regular((48, 64, 64), (1.5, 1.0, 1.0), (-32.0, -32.0, -36.0))
    k, j, i = np.indices(grid.shape)
    x, y, _ = np.moveaxis(grid.points_lps(np.stack([k, j, i], axis=-1)), -1, 0)
    inside = np.hypot(x - 8, y + 4) < TUBE_RADIUS_MM
    volume = Volume(np.where(inside, 400, 40).astype(np.int16), grid)
    mask = VesselMask(inside.astype(np.uint8), grid)
    z = np.linspace(-35, 33, 35)
    path = np.column_stack([np.full(35, 8.0), np.full(35, -4.0), z])
    tree = VesselTree((Branch(path, np.full(35, TUBE_RADIUS_MM), name="tube"),), np.zeros((0, 3)))
    series = Series(
        "1.2.3",
        (),
        grid,
        description="CTA",
        kvp=120.0,
        kernel="B30f",
        slice_thickness_mm=1.5,
        phase="arterial",
        patient_name="DOE^JANE",
        patient_id="4711",
    )
    return SimpleNamespace(
        volume=volume,
        restored=None,
        check=None,
        mask=mask,
        tree=tree,
        bridges=None,
        surface=a_tube_surface(path, 60),
        series=series,
    )


@pytest.fixture(scope="session")
def a_restored_tube(a_tube):
    """The tube, each slice divided in two: inferred inside, interpolated beside it, and checked.

    The expected error is 20 HU inside and 4 beside, the residual -8 HU inside, and what lies above
    the scan's middle inside hangs on the noise.
    """
    acquisition = Acquisition(a_tube.volume.grid.shape, (2, 1, 1))
    grid = acquisition.grid(a_tube.volume.grid)
    inside = acquisition.spread(a_tube.mask.labels > 0)
    half = np.float16
    restored = Restored(
        Volume(acquisition.spread(a_tube.volume.voxels), grid),
        "noise",
        acquisition,
        np.where(inside, INFERRED, INTERPOLATED).astype(np.uint8),
        np.where(inside, half(20), half(4)),
        np.where(inside, half(9), half(0)),
        np.where(a_tube.mask.labels > 0, half(-8), half(0)),
        12.0,
        0.5,
        1.0,
        {},
        {"restore": "0123"},
    )
    apart = np.where(inside, half(1), half(1))
    apart[len(apart) // 2 :][inside[len(apart) // 2 :]] = 2 * DOUBTFUL
    check = SimpleNamespace(apart=apart, grid=grid, share=float((apart > DOUBTFUL).mean()))
    return SimpleNamespace(**{**vars(a_tube), "restored": restored, "check": check})


def a_tube_surface(path, around):
    """The wall of a tube along a path, outward normals, with its radius and label."""
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    ring = TUBE_RADIUS_MM * np.column_stack([np.cos(angle), np.sin(angle), np.zeros(around)])
    points = (path[:, None] + ring[None]).reshape(-1, 3).astype(np.float32)
    n, m = np.meshgrid(np.arange(len(path) - 1), np.arange(around), indexing="ij")
    a, b = n * around + m, n * around + (m + 1) % around
    c, d = a + around, b + around
    triangles = np.concatenate(
        [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)]
    ).astype(np.int32)
    radius = np.linspace(4, 8, len(points)).astype(np.float32)
    return Surface(points, triangles, {"radius_mm": radius})


@pytest.fixture
def a_scene():
    scene = Scene((200, 160))
    yield scene
    scene.close()


@pytest.fixture(scope="session")
def a_measured_tube():
    """A straight vessel: its tree, scan, mask, course and sections."""
    tree = straight_tube(60, 4.0)
    grid = grid_around(tree, (0.6, 0.6, 0.6))
    volume, mask = render(tree, grid, lumen_hu=400, background_hu=0, blur_mm=0.6)
    course = course_through(tree, 0)
    return (
        tree,
        volume,
        mask,
        course,
        measure_sections(volume, course.points_lps, course.radius_mm, mask=mask),
    )
