"""The 3-D view: one renderer, drawn off screen, coarse while it moves and fine at rest."""

import os
import sys
import time
from collections.abc import Iterator
from itertools import chain

import numpy as np
import vtkmodules.vtkRenderingFreeType
import vtkmodules.vtkRenderingOpenGL2
import vtkmodules.vtkRenderingVolumeOpenGL2  # noqa: F401
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkSMPTools, vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkProp, vtkRenderer, vtkRenderWindow

from viewer.geometry.tree import VesselTree
from viewer.scene import camera as cameras
from viewer.scene import pick
from viewer.scene.bridges import bridge_lines
from viewer.scene.colors import volume_preset
from viewer.scene.planes import PlanesView
from viewer.scene.prepare import (
    PreparedSurface,
    PreparedVolume,
    small_things,
)
from viewer.scene.preview import PreparedPreview, preview_props
from viewer.scene.surface import SurfaceView
from viewer.scene.tree import (
    box_lines,
    box_planes,
    face_centers,
    lines,
    orientation_cube,
    tree_lines,
)
from viewer.scene.volume import VolumeView
from viewer.session.view_state import ViewState
from viewer.volume.grid import Grid

SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software", "microsoft basic render")
WHOLE_BOX = (0.0, 1.0, 0.0, 1.0, 0.0, 1.0)
SLOW_S, FAST_S = 0.04, 0.02
COARSEST = 4
CUBE_CORNER = 74  # pixels


class Scene:
    """What stands in the 3-D view and the camera that looks at it.

    Must be made, drawn and closed in one thread, which owns the window's graphics context.
    """

    def __init__(self, size: tuple[int, int] = (640, 480)) -> None:
        vtkSMPTools.SetBackend("STDThread")
        if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
            os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
        self.size = size
        self.clip_box = WHOLE_BOX
        self._window = vtkRenderWindow()
        self._window.SetOffScreenRendering(True)
        self._window.SetMultiSamples(0)
        self._window.SetNumberOfLayers(3)
        self._window.SetSize(*size)
        self._main, self._over, self._corner = vtkRenderer(), vtkRenderer(), vtkRenderer()
        for layer, renderer in enumerate((self._main, self._over, self._corner)):
            renderer.SetLayer(layer)
            renderer.SetBackground(0, 0, 0)
            self._window.AddRenderer(renderer)
        self._over.SetActiveCamera(self.camera)
        self._corner.AddActor(orientation_cube())
        self._corner.GetActiveCamera().ParallelProjectionOn()
        # The volume reads the depth of what was drawn before only where something was drawn.
        self._anchor = lines([np.zeros((2, 3))], "#000000", 1.0)
        self._main.AddActor(self._anchor)
        self._volume: VolumeView | None = None
        self._surface: SurfaceView | None = None
        self._planes = PlanesView()
        self._search = None
        self._tree: VesselTree | None = None
        self._branch: int | None = None
        self._grid: Grid | None = None
        self._over_props: dict[str, list[vtkProp]] = {}
        self._rays = 3
        self._software: bool | None = None
        cameras.look_from(self.camera, "A", np.zeros(3), 200.0)

    @property
    def camera(self):
        """The main camera."""
        return self._main.GetActiveCamera()

    @property
    def software(self) -> bool:
        """Whether drawing is done by the processor; decided once by the renderer's name."""
        if self._software is None:
            self._window.Render()
            told = self._window.ReportCapabilities().lower()
            named = [t for t in told.splitlines() if "renderer string" in t]
            self._software = any(name in "".join(named) for name in SOFTWARE)
        return self._software

    @property
    def empty(self) -> bool:
        """Whether nothing stands in it."""
        return self._volume is None and self._surface is None

    def warm_up(self) -> None:
        """Draw each kind of thing once while nobody waits: its shaders are made on first sight."""
        volume, surface = small_things()
        props = [*VolumeView(volume, True).props, *SurfaceView(surface).props]
        for prop in props:
            self._main.AddViewProp(prop)
        self._window.Render()
        for prop in props:
            self._main.RemoveViewProp(prop)
            prop.ReleaseGraphicsResources(self._window)

    # What stands in it

    def show_volume(self, prepared: PreparedVolume | None) -> None:
        """Show another volume, or none."""
        self._remove(self._volume)
        self._volume = VolumeView(prepared, self.software) if prepared is not None else None
        if self._volume is not None:
            self._place(prepared.of.grid)
            for prop in self._volume.props:
                self._main.AddViewProp(prop)

    def show_surface(self, prepared: PreparedSurface | None) -> None:
        """Show another surface, or none."""
        self._remove(self._surface)
        self._surface = SurfaceView(prepared) if prepared is not None else None
        self._search = pick.locator(prepared.coarse) if prepared is not None else None
        if self._surface is not None:
            for prop in self._surface.props:
                self._main.AddViewProp(prop)

    def show_tree(self, tree: VesselTree | None, selected: int | None = None, bridges=()) -> None:
        """Show another tree, or none, which branch is selected, and what is proposed."""
        self._tree, self._branch = tree, selected
        drawn = tree_lines(tree, selected) if tree is not None else []
        self._draw_over("tree", drawn + bridge_lines(bridges, tree))

    def show_preview(self, prepared: PreparedPreview | None) -> None:
        """Show what an edit would change over everything else, or nothing."""
        self._draw_over("preview", preview_props(prepared) if prepared is not None else [])

    def dress(self, view: ViewState) -> None:
        """Take presets, opacities and switches from the view."""
        if self._volume is not None:
            preset = volume_preset(view.volume_preset)
            self._volume.dress(preset, view.volume_opacity, view.shading)
        if self._surface is not None:
            color = "label" if view.raw_held else view.surface_color
            self._surface.dress(color, view.surface_opacity)
        self._clip(self.clip_box if view.clip_box else WHOLE_BOX)
        box = [box_lines(self._grid, self.clip_box)] if view.clip_box and self._grid else []
        self._draw_over("box", box)
        for prop in self._over_props.get("tree", []):
            prop.SetVisibility(view.tree_shown)
        self._preset = view.volume_preset
        self._shown = (view.volume_opacity > 0, view.surface_opacity > 0)

    _preset = "angio"
    _shown = (True, True)

    def show_planes(self, view: ViewState, source, tint=None) -> None:
        """Show the three slices where they stand, cut from a volume's image, or none of None."""
        self._planes.show(self._main, view, source, tint)

    # Looking

    def resize(self, width: int, height: int) -> None:
        """Draw in another size."""
        if (width, height) != self.size and width > 0 and height > 0:
            self.size = (width, height)
            self._window.SetSize(width, height)

    def orbit(self, dx: float, dy: float) -> None:
        """Turn by a mouse's way in pixels."""
        cameras.orbit(self.camera, dx, dy)

    def pan(self, dx: float, dy: float) -> None:
        """Move by a mouse's way in pixels."""
        cameras.pan(self.camera, dx, dy, self.size[1])

    def zoom(self, factor: float) -> None:
        """Enlarge."""
        cameras.zoom(self.camera, factor)

    def reset(self, letter: str = "A") -> None:
        """Look at the whole scan from a side of the patient."""
        if self._grid is not None:
            reach = cameras.reach_mm(self._grid, letter, self.size)
            cameras.look_from(self.camera, letter, self._grid.center_lps, reach)

    look_from = reset

    @property
    def mm_per_pixel(self) -> float:
        """The size of a pixel in the patient."""
        return cameras.mm_per_pixel(self.camera, self.size[1])

    @property
    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """LPS directions to the right edge, the bottom edge and into the screen."""
        return cameras.axes(self.camera)

    @property
    def radius_range_mm(self) -> tuple[float, float] | None:
        """The radii between which the surface's colors change."""
        return self._surface.prepared.radius_range_mm if self._surface else None

    @property
    def table_hidden(self) -> bool:
        """Whether the scanner's table was left out of the volume."""
        shown = self._volume is not None and self._shown[0]
        return shown and self._volume.prepared.table_hidden

    def pixels(self, points_lps: np.ndarray) -> np.ndarray:
        """Where points appear and their depth in mm (n,3)."""
        return cameras.to_pixels(self.camera, points_lps, self.size)

    def handles(self) -> np.ndarray:
        """Where the six faces of the clip box can be taken (6,3): pixels and depth."""
        if self._grid is None:
            return np.zeros((0, 3))
        return self.pixels(face_centers(self._grid, self.clip_box))

    def drag_face(self, face: int, dx: float, dy: float) -> None:
        """Move a face of the clip box with the mouse (pixels)."""
        axis = face // 2
        low, high = np.zeros(3), np.zeros(3)
        high[axis] = 1.0
        ends = self._grid.points_lps(
            np.array([low, high])[:, ::-1] * (np.array(self._grid.shape) - 1)
        )
        along = np.diff(self.pixels(ends)[:, :2], axis=0)[0]
        share = float(np.dot(along, (dx, dy)) / max(np.dot(along, along), 1.0))
        box = list(self.clip_box)
        other = box[face ^ 1]
        room = (0.0, other - 0.02) if face % 2 == 0 else (other + 0.02, 1.0)
        box[face] = float(np.clip(box[face] + share, *room))
        self.clip_box = tuple(box)

    # Drawing

    def render_coarse(self) -> np.ndarray:
        """A quick picture (h,w,4) uint8 from the coarse copies; its rays adapt to the machine."""
        begun = time.perf_counter()
        if self._volume is not None:
            self._volume.sample_every(self._rays)
        self._draw([*self._coarse_props(), self._anchor], first=True, last=True)
        picture = self.picture()
        taken = time.perf_counter() - begun
        if taken > SLOW_S:
            self._rays = min(self._rays + 1, COARSEST)
        elif taken < FAST_S:
            self._rays = max(self._rays - 1, 1)
        return picture

    def refine(self) -> Iterator[None]:
        """Draw the fine picture in short steps; when they are over, `picture` gives it."""
        # The slices once and first: what is drawn again covers the volume in front of it.
        self._draw([*self._planes.actors, self._anchor], first=True)
        for prop in self._fine_props():
            self._draw([prop, self._anchor])
            yield
        self._draw([self._anchor], last=True)
        yield

    def render(self) -> np.ndarray:
        """The fine picture (h,w,4) uint8 in one go."""
        for _ in self.refine():
            pass
        return self.picture()

    def picture(self) -> np.ndarray:
        """What was drawn last (h,w,4) uint8, top row first, opaque."""
        width, height = self.size
        pixels = vtkUnsignedCharArray()
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, pixels)
        made = np.ascontiguousarray(vtk_to_numpy(pixels).reshape(height, width, 4)[::-1])
        made[..., 3] = 255
        return made

    def close(self) -> None:
        """Give back the graphics context; nothing can be drawn afterwards."""
        for renderer in (self._main, self._over, self._corner):
            renderer.RemoveAllViewProps()
        self._window.Finalize()

    def _draw(self, chosen: list[vtkProp], first: bool = False, last: bool = False) -> None:
        """Draw the chosen ones over what was drawn before; the first draw wipes that away."""
        self._visible(chosen)
        self._main.SetPreserveColorBuffer(not first)
        self._main.SetPreserveDepthBuffer(not first)
        self._over.SetDraw(last)
        self._corner.SetDraw(last)
        self._set_ranges()
        self._window.Render()

    def _set_ranges(self) -> None:
        if self._grid is not None:
            reach = float(np.linalg.norm(np.ptp(self._grid.corners_lps, axis=0)))
            distance = self.camera.GetDistance()
            self.camera.SetClippingRange(max(distance - reach, 0.1), distance + reach)
            self._anchor.SetPosition(*(self._grid.center_lps + self.axes[2] * reach * 0.9))
        cameras.turn_like(self._corner.GetActiveCamera(), self.camera)
        width, height = self.size
        room = min(CUBE_CORNER, width / 4, height / 4)
        self._corner.SetViewport(1 - room / width, 0, 1, room / height)

    def _fine_props(self) -> Iterator[vtkProp]:
        into = self.axes[2]
        if self._surface is not None and self._shown[1]:
            yield from self._surface.back_to_front(into)
        if self._volume is not None and self._shown[0]:
            self._volume.sample_every(1)
            yield from self._volume.back_to_front(into)

    def _coarse_props(self) -> list[vtkProp]:
        views = (self._surface, self._shown[1]), (self._volume, self._shown[0])
        return [*self._planes.actors, *(v.coarse for v, shown in views if v is not None and shown)]

    def _visible(self, chosen: list[vtkProp]) -> None:
        wanted = {id(prop) for prop in chosen}
        views = [view.props for view in (self._volume, self._surface) if view is not None]
        for prop in chain(self._planes.actors, *views):
            prop.SetVisibility(id(prop) in wanted)

    def _clip(self, box: tuple[float, ...]) -> None:
        if self._volume is not None:
            self._volume.clip(box)
        if self._surface is not None:
            whole = box == WHOLE_BOX or self._grid is None
            self._surface.clip([] if whole else box_planes(self._grid, box))

    def _place(self, grid: Grid) -> None:
        before, self._grid = self._grid, grid
        if before is None or not _same_box(before, grid):
            self.clip_box = WHOLE_BOX
            self.reset()

    def _remove(self, view) -> None:
        for prop in view.props if view is not None else ():
            self._main.RemoveViewProp(prop)
            prop.ReleaseGraphicsResources(self._window)

    def _draw_over(self, name: str, props: list[vtkProp]) -> None:
        for prop in self._over_props.get(name, []):
            self._over.RemoveViewProp(prop)
        self._over_props[name] = props
        for prop in props:
            self._over.AddViewProp(prop)

    # Asking

    def pick(self, x: float, y: float) -> np.ndarray | None:
        """The point in LPS under a pixel, on the surface or in the volume, whichever is nearer."""
        if self._grid is None and self._surface is None:
            return None
        reach = 2 * self._reach_mm()
        start, direction = cameras.ray(self.camera, x, y, self.size, reach / 2)
        hits = []
        if self._search is not None and self._shown[1]:
            hits.append(pick.surface_hit(self._search, start, direction, reach))
        if self._volume is not None and self._shown[0]:
            preset = volume_preset(self._preset)
            hits.append(pick.volume_hit(self._volume.prepared.of, preset, start, direction, reach))
        found = [hit for hit in hits if hit is not None]
        return min(found, key=lambda hit: float(hit @ direction)) if found else None

    def pick_branch(self, x: float, y: float) -> int | None:
        """The branch under a pixel."""
        if self._tree is None:
            return None
        point = self.pick(x, y)
        inside = pick.branch_near(self._tree, point) if point is not None else None
        if inside is not None:
            return inside
        under = pick.branch_under([self.pixels(b.points_lps) for b in self._tree.branches], x, y)
        return under[0] if under is not None else None

    def _reach_mm(self) -> float:
        if self._grid is not None:
            return float(np.linalg.norm(np.ptp(self._grid.corners_lps, axis=0))) + 500.0
        return 2000.0


def _same_box(one: Grid, other: Grid) -> bool:
    """Whether two grids fill the same place, however finely."""
    ends = (
        grid.points_lps([np.full(3, -0.5), np.array(grid.shape) - 0.5]) for grid in (one, other)
    )
    return bool(np.abs(np.subtract(*ends)).max() < 0.01)
