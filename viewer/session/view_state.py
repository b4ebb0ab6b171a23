"""How the case is shown: never undone, never saved into results."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from psygnal import SignalGroupDescriptor

PLANES = ("axial", "coronal", "sagittal")
Point = tuple[float, float, float]
Axes = tuple[Point, Point, Point]
SlabMode = Literal["off", "mip", "minip", "mean"]
Tint = Literal["none", "origin", "error", "unseen", "residual", "apart"]

# Rows: the directions (LPS) towards the right edge, the bottom edge and into the screen.
STRAIGHT: dict[str, Axes] = {
    "axial": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "coronal": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "sagittal": ((0, 1, 0), (0, 0, -1), (-1, 0, 0)),
}


@dataclass
class PaneState:
    """One slice pane: its plane's directions, its zoom and where its middle looks."""

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()
    plane: str = "axial"
    axes: Axes = STRAIGHT["axial"]
    mm_per_pixel: float = 0.0  # 0: fit the volume into the pane
    pan_mm: tuple[float, float] = (0.0, 0.0)


@dataclass
class ViewState:
    """What all panes share."""

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()
    cursor_lps: Point = (0.0, 0.0, 0.0)
    window_hu: float = 700.0
    level_hu: float = 200.0
    raw_held: bool = False
    tint: Tint = "origin"  # of a restored scan
    swipe: bool = False  # raw to the left of a line, restored to its right
    swipe_at: float = 0.5  # of a picture's width
    slab_mode: SlabMode = "off"
    slab_mm: float = 10.0
    tool: str = "window"
    brush_mm: float = 3.0
    label: int = 1
    crosshair: bool = True
    corners: bool = True
    mask_fill: float = 0.25
    mask_outline: bool = True
    hidden_labels: tuple[int, ...] = ()
    confidence_shown: bool = False
    drawing: str = ""  # the name of the selected one
    layout: str = "2x2"
    vessel_sheet: Literal["straightened", "stretched", "tree"] = "straightened"
    vessel_branches: Literal["all", "own"] = "all"  # of the tree on one sheet
    vessel_angle: float = 0.0  # degrees
    vessel_profile: Literal["diameter", "area"] = "diameter"
    maximized: str = ""
    findings_shown: bool = False  # under the panes of the other layouts
    findings_tab: str = "vessel"
    marks_shown: bool = True
    volume_preset: str = "angio"
    volume_opacity: float = 1.0
    surface_opacity: float = 1.0
    surface_color: Literal["label", "radius", "origin", "error"] = "label"
    tree_shown: bool = True
    planes_shown: bool = False
    clip_box: bool = False
    shading: bool = True
    bones_shown: bool = True
    organs_shown: bool = True
    panes: dict[str, PaneState] = field(
        default_factory=lambda: {p: PaneState(plane=p, axes=STRAIGHT[p]) for p in PLANES}
    )
