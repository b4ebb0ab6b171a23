"""What an edit would change, over slices and in 3-D: violet what is gained, amber what is lost."""

from dataclasses import dataclass

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from viewer.geometry.surface import make_surface
from viewer.progress import silent
from viewer.scene.colors import TOKENS, rgb, unit_rgb
from viewer.scene.prepare import polydata, with_normals
from viewer.scene.tint import outline_of
from viewer.segment.edit import GAINED, LOST
from viewer.segment.mask import VesselMask
from viewer.session.preview import Preview
from viewer.volume.grid import Grid

COLORS = {GAINED: TOKENS["invented"], LOST: TOKENS["caution"]}  # arteries are red already
FILL, OPACITY = 0.35, 0.55
MOST_VOXELS = 2_000_000


def preview_argb(change: np.ndarray, border: int = 2) -> np.ndarray:
    """Premultiplied 0xAARRGGBB (height,width) of what changes (height,width) uint8."""
    made = np.zeros(change.shape, np.uint32)
    edge = outline_of(change, border)
    for kind, color in COLORS.items():
        for where, alpha in ((change == kind, FILL), (edge & (change == kind), 1.0)):
            red, green, blue = (round(c * alpha) for c in rgb(color))
            made[where] = (round(255 * alpha) << 24) | (red << 16) | (green << 8) | blue
    return made


@dataclass(frozen=True, eq=False)
class PreparedPreview:
    """The walls of what is gained and lost, with their colors ("#RRGGBB")."""

    walls: tuple[tuple[vtkPolyData, str], ...]


def prepare_preview(preview: Preview, software: bool) -> PreparedPreview:
    """The walls to draw, in any thread; of every second voxel or fewer where much would change."""
    step = max(1, int(np.ceil(np.cbrt(preview.change.size / MOST_VOXELS))))
    change = np.pad(preview.change[::step, ::step, ::step], 1)
    matrix = preview.grid.lps_from_index @ np.diag([step, step, step, 1.0])
    matrix[:3, 3] -= matrix[:3, :3].sum(axis=1)
    mask = VesselMask(change, Grid(change.shape, matrix))
    walls = []
    for kind, color in COLORS.items():
        if (change == kind).any():
            wall = make_surface(mask, silent(), labels=(kind,), smoothing=0.3)
            walls.append((with_normals(polydata(wall.points_lps, wall.triangles)), color))
    return PreparedPreview(tuple(walls))


def preview_props(prepared: PreparedPreview) -> list[vtkActor]:
    """The walls as translucent actors."""
    props = []
    for wall, color in prepared.walls:
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(wall)
        mapper.ScalarVisibilityOff()
        actor = vtkActor()
        actor.SetMapper(mapper)
        actor.GetProperty().SetColor(*unit_rgb(color))
        actor.GetProperty().SetOpacity(OPACITY)
        actor.GetProperty().BackfaceCullingOn()
        props.append(actor)
    return props
