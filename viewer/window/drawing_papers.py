"""What each view is as paper to draw on."""

from collections.abc import Sequence

import numpy as np

from viewer.scene.cpr import CurvedPicture
from viewer.scene.cpr_tree import TreePicture
from viewer.scene.paper import (
    OFF_MM,
    Paper,
    SheetPaper,
    SlicePaper,
    SpacePaper,
    thickness_mm,
)
from viewer.scene.slice import SlicePlane
from viewer.volume.grid import Grid
from viewer.window.pane_3d import Pane3D
from viewer.window.slice_pane import SlicePane
from viewer.window.vessel_curve import CurvePane
from viewer.window.vessel_section import SectionPane


def slice_papers(pane: SlicePane) -> Sequence[Paper]:
    """The slice; in a slab all that lies in it."""
    view = pane.view
    slab_mm = view.slab_mm if view.slab_mode != "off" else 0.0
    plane = pane.plane()
    return () if plane is None else (_on(plane, pane.case.volume.grid, slab_mm),)


def section_papers(pane: SectionPane) -> Sequence[Paper]:
    """The plane across the vessel."""
    plane = pane.plane()
    return () if plane is None else (_on(plane, pane.vessel.case.volume.grid),)


def curve_papers(pane: CurvePane) -> Sequence[Paper]:
    """The curved sheet, or each lane of the tree's."""
    picture, view = pane.picture(), pane.vessel.view
    if isinstance(picture, TreePicture):
        return tuple(
            SheetPaper(lane_picture(picture, n), "straightened", picture.degrees, picture.box(n))
            for n in range(len(picture.sheets))
        )
    if picture is None:
        return ()
    return (SheetPaper(picture, view.vessel_sheet, view.vessel_angle),)


def lane_picture(picture: TreePicture, number: int) -> CurvedPicture:
    """One lane of a tree as a curved picture at the same pixels."""
    lane, middle = picture.sheet.lanes[number], picture.sheet.middle_mm[number]
    along, across = picture.middle_mm
    return CurvedPicture(
        picture.sheets[number],
        picture.mm_per_pixel,
        (along - lane.start_mm, across - middle),
        picture.width,
        picture.height,
    )


def space_papers(pane: Pane3D) -> Sequence[Paper]:
    """The 3-D view."""
    if pane.scene.empty:
        return ()
    return (SpacePaper(pane.scene, pane.scene.size[0] / max(pane.width(), 1)),)


def _on(plane: SlicePlane, grid: Grid, slab_mm: float = 0.0) -> SlicePaper:
    thick = max(thickness_mm(grid, np.array(plane.into)), slab_mm)
    return SlicePaper(plane, max(OFF_MM, thick / 2))
