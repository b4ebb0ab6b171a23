"""The three slices as pictures in the 3-D view."""

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersSources import vtkPlaneSource
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer, vtkTexture

from viewer.scene.colors import TOKENS
from viewer.scene.image import GridImage
from viewer.scene.slice import (
    OUTSIDE,
    SlicePlane,
    plane_through,
    reslice,
    reslice_boldest,
    window_level,
)
from viewer.scene.tint import over
from viewer.scene.tint_restored import tint_argb
from viewer.scene.tree import lines
from viewer.session.view_state import PLANES, Tint, ViewState

SIDE = 256


class PlanesView:
    """Three textured rectangles with frames in the planes' colors."""

    def __init__(self) -> None:
        self.actors: list[vtkActor] = []

    def show(
        self,
        renderer: vtkRenderer,
        view: ViewState,
        source: GridImage | None,
        tint: tuple[Tint, GridImage] | None = None,
    ) -> None:
        """Cut the planes anew, with a tint over them; take them away where there is no source."""
        for actor in self.actors:
            renderer.RemoveActor(actor)
        self.actors = []
        for name in PLANES if source is not None else ():
            plane = plane_through(source.grid, view.panes[name].axes, view.cursor_lps, (SIDE, SIDE))
            hu = reslice(source, plane)
            gray = window_level(hu, view.window_hu, view.level_hu)
            colors = np.zeros(gray.shape, np.uint32)
            if tint is not None:
                colors = tint_argb(tint[0], reslice_boldest(tint[1], plane))
            shown = over(gray, colors)
            self.actors += [_textured(plane, shown, hu != OUTSIDE), _frame(plane, hu, name)]
        for actor in self.actors:
            renderer.AddActor(actor)


def _textured(plane: SlicePlane, colors: np.ndarray, inside: np.ndarray) -> vtkActor:
    rgba = np.dstack([colors, inside * np.uint8(255)])
    image = vtkImageData()
    image.SetDimensions(SIDE, SIDE, 1)
    flat = np.ascontiguousarray(rgba[::-1].reshape(-1, 4))
    image.GetPointData().SetScalars(numpy_to_vtk(flat, deep=True))
    source = vtkPlaneSource()
    source.SetOrigin(*plane.point_lps(0, SIDE))
    source.SetPoint1(*plane.point_lps(SIDE, SIDE))
    source.SetPoint2(*plane.point_lps(0, 0))
    texture = vtkTexture()
    texture.SetInputData(image)
    texture.SetColorModeToDirectScalars()
    texture.InterpolateOn()
    mapper = vtkPolyDataMapper()
    mapper.SetInputConnection(source.GetOutputPort())
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.SetTexture(texture)
    actor.GetProperty().LightingOff()
    actor.ForceOpaqueOn()
    return actor


def _frame(plane: SlicePlane, hu: np.ndarray, name: str) -> vtkActor:
    rows, columns = np.nonzero(hu != OUTSIDE)
    if not len(rows):
        return lines([], TOKENS[name], 1.0)
    x0, x1, y0, y1 = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
    around = ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))
    return lines([np.array([plane.point_lps(x, y) for x, y in around])], TOKENS[name], 1.5)
