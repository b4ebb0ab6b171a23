"""The vessels' wall in 3-D."""

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkPlane, vtkPlaneCollection
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkProperty

from viewer.scene.prepare import PreparedSurface


class SurfaceView:
    """The actors of one prepared surface: the coarse one for dragging and the pieces."""

    def __init__(self, prepared: PreparedSurface) -> None:
        self.prepared = prepared
        self.property = vtkProperty()
        self.property.SetInterpolationToPhong()
        self.property.SetAmbient(0.15)
        self.property.SetDiffuse(0.85)
        self.property.SetSpecular(0.25)
        self.property.SetSpecularPower(25)
        self.coarse = _actor(prepared.coarse, self.property)
        single = len(prepared.pieces) == 1
        self.fine = [self.coarse] if single else [_actor(p, self.property) for p in prepared.pieces]

    @property
    def props(self) -> list[vtkActor]:
        """Everything to add to a renderer."""
        return [self.coarse, *(a for a in self.fine if a is not self.coarse)]

    def dress(self, color: str, opacity: float) -> None:
        """Color by "label", "radius", "origin" or "error" (label where not known), and opacity."""
        known = self.prepared.coarse.GetPointData().HasArray(color)
        for actor in self.props:
            actor.GetMapper().SelectColorArray(color if known else "label")
        self.property.SetOpacity(opacity)
        self.property.SetBackfaceCulling(opacity < 1)

    def clip(self, planes: list[tuple[np.ndarray, np.ndarray]]) -> None:
        """Keep what lies on the positive side of each plane (point and normal in LPS)."""
        collection = vtkPlaneCollection()
        for point, normal in planes:
            plane = vtkPlane()
            plane.SetOrigin(*point)
            plane.SetNormal(*normal)
            collection.AddItem(plane)
        for actor in self.props:
            actor.GetMapper().SetClippingPlanes(collection)

    def back_to_front(self, into: np.ndarray) -> list[vtkActor]:
        """The pieces, farthest first, for a view along `into`."""
        return sorted(self.fine, key=lambda actor: -float(np.dot(actor.GetCenter(), into)))


def _actor(data, look: vtkProperty) -> vtkActor:
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(data)
    mapper.SetScalarModeToUsePointFieldData()
    mapper.SetColorModeToDirectScalars()
    mapper.SelectColorArray("label")
    mapper.SetStatic(True)
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.SetProperty(look)
    return actor
