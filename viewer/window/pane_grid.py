"""The four linked panes, how they are arranged, and how they look."""

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

from viewer.case.case import Case
from viewer.scene.colors import histogram_window, window_presets
from viewer.scene.pins import Pin
from viewer.session.session import Session
from viewer.session.view_state import PLANES, STRAIGHT
from viewer.window.drawing_layer import DrawingLayer
from viewer.window.drawing_menu import ask_name, show_drawing_menu
from viewer.window.drawing_papers import curve_papers, section_papers, slice_papers, space_papers
from viewer.window.pane_3d import Pane3D
from viewer.window.pencil import Pencil
from viewer.window.slice_pane import SlicePane
from viewer.window.vessel_view import VesselView

NAMES = (*PLANES, "3-D")
SLAB_MM = (1.0, 100.0)
BRUSH_MM = (0.5, 20.0)


class PaneGrid(QWidget):
    """Axial, coronal, sagittal and 3-D; or 3-D and the curved views of a vessel."""

    clicked = Signal(str, object)
    stroked = Signal(str, object, object)
    menu_wanted = Signal(object, object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._view = session.view
        self.slices = {plane: SlicePane(session.view, plane) for plane in PLANES}
        self.scene = Pane3D(session.view)
        self.panes: dict[str, QWidget] = {**self.slices, "3-D": self.scene}
        self.vessel = VesselView(session)
        self._all = {**self.panes, **self.vessel.parts}
        for part in self._all.values():
            part.setParent(self)  # what no layout shows yet must end with the window too
        self.pencil = Pencil(session)
        self.layers = self._glass()
        self._stale: list[Callable[[], None]] = []
        self._turn = QTimer(self, interval=0)
        self._turn.timeout.connect(self._paint_next)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(2, 2, 2, 2)
        self._grid.setSpacing(2)
        for name, pane in self.panes.items():
            pane.maximize_requested.connect(lambda name=name: self.maximize(name))
            pane.clicked.connect(self.clicked)
            pane.stroke_finished.connect(self.stroked)
        for pane in self.slices.values():
            pane.menu_requested.connect(self.menu_wanted)
        for part, pane in (
            ("curved view", self.vessel.curve),
            *(("cross-sections", pane) for pane in self.vessel.sections.values()),
        ):
            pane.maximize_requested.connect(lambda name=part: self.maximize(name))
        self.vessel.findings.titles.itemDoubleClicked.connect(
            lambda _: self.maximize("measurements")
        )
        self.scene.branch_picked.connect(session.select)
        session.case_changed.connect(self._case_changed)
        session.selected.connect(self.scene.select_branch)
        self._view.events.layout.connect(self._arrange)
        self._view.events.maximized.connect(self._arrange)
        self._view.events.findings_shown.connect(self._arrange)
        self._arrange()

    def _glass(self) -> dict[str, DrawingLayer]:
        """A layer to draw on over every view."""
        pencil, vessel = self.pencil, self.vessel
        made = {
            name: DrawingLayer(pencil, pane, partial(slice_papers, pane))
            for name, pane in self.slices.items()
        }
        made["3-D"] = DrawingLayer(pencil, self.scene, partial(space_papers, self.scene))
        made["curve"] = DrawingLayer(pencil, vessel.curve, partial(curve_papers, vessel.curve))
        for at, pane in vessel.sections.items():
            made[at] = DrawingLayer(pencil, pane, partial(section_papers, pane))
        for layer in made.values():
            layer.menu_wanted.connect(
                lambda drawing, at: show_drawing_menu(self._session, pencil, self, drawing, at)
            )
            layer.name_wanted.connect(
                lambda drawing: ask_name(self._session, pencil, self, drawing)
            )
        return made

    # Arrangement

    def lay_out(self, layout: str) -> None:
        """Arrange the panes: "2x2", "1+3", "1x1" or "vessel"."""
        self._view.maximized = ""
        if layout == "vessel" and self._view.layout != layout:
            self._view.surface_color = "radius"
        self._view.layout = layout

    def show_findings(self, tab: str) -> None:
        """Show one table of what was measured, under the panes where it is not there already."""
        self._view.findings_tab = tab
        self._view.maximized = ""
        if self._view.layout != "vessel":
            self._view.findings_shown = True

    def maximize(self, name: str) -> None:
        """Give one pane all the room, or put all back."""
        self._view.maximized = "" if self._view.maximized == name else name

    def maximize_focused(self) -> None:
        """Maximize the pane that has the keyboard, or put all back."""
        self.maximize(self._view.maximized or self.focused)

    @property
    def focused(self) -> str:
        """The pane that has the keyboard; axial where none has."""
        now = QApplication.focusWidget()
        held = (n for n, p in self._all.items() if p is now or (now and p.isAncestorOf(now)))
        return next(held, "3-D" if self._view.layout == "vessel" else "axial")

    def focus(self, name: str) -> None:
        """Give one pane the keyboard."""
        hidden = self._view.layout == "vessel" and name != "3-D"
        if hidden or (self._view.maximized and self._view.maximized != name):
            self._view.maximized = name
        elif self._view.layout == "1x1":
            self._large = name
            self._arrange()
        self.panes[name].setFocus()

    _large = "3-D"

    def _arrange(self, *_: object) -> None:
        for pane in self._all.values():
            self._grid.removeWidget(pane)
        layout = self._view.layout
        alone = self._view.maximized or (self._large if layout == "1x1" else "")
        for line in range(4):
            self._grid.setRowStretch(line, 0)
            self._grid.setColumnStretch(line, 0)
        findings = self.vessel.findings
        findings.fit(alone == "measurements")
        shown = list(self.panes)
        if alone:
            shown = [alone]
            self._grid.addWidget(self._all[alone], 0, 0)
        elif layout == "vessel":
            shown = ["3-D", *self.vessel.parts]
            self._arrange_vessel()
        elif layout == "1+3":
            self._grid.addWidget(self.scene, 0, 0, 3, 1)
            for row, pane in enumerate(self.slices.values()):
                self._grid.addWidget(pane, row, 1)
                self._grid.setRowStretch(row, 1)
            self._grid.setColumnStretch(0, 2)
            self._grid.setColumnStretch(1, 1)
        else:
            for place, pane in enumerate(self.panes.values()):
                self._grid.addWidget(pane, place // 2, place % 2)
            for line in range(2):
                self._grid.setRowStretch(line, 1)
                self._grid.setColumnStretch(line, 1)
        if self._view.findings_shown and layout != "vessel" and not self._view.maximized:
            self._grid.addWidget(findings, 3, 0, 1, 2)
            shown.append("measurements")
        for name, pane in self._all.items():
            pane.setVisible(name in shown)

    def _arrange_vessel(self) -> None:
        """The tree at the left, the curved view in the middle, sections at the right."""
        curved, sections, table = self.vessel.parts.values()
        for column, (pane, share) in enumerate(((self.scene, 5), (curved, 10), (sections, 4))):
            self._grid.addWidget(pane, 0, column)
            self._grid.setColumnStretch(column, share)
        self._grid.addWidget(table, 1, 0, 1, 3)
        self._grid.setRowStretch(0, 1)

    # How the case is shown

    def show_pins(self, pins: tuple[Pin, ...]) -> None:
        """Show labeled places in every pane."""
        for pane in self.panes.values():
            pane.show_pins(pins)

    def _case_changed(self, before: Case, after: Case) -> None:
        if after.volume is not before.volume and after.volume is not None:
            self._view.cursor_lps = tuple(after.volume.grid.center_lps)
            self._view.hidden_labels = ()
            self.straighten()
            self.fit()
            self.window_preset(6)
        if after.tree is not None and before.tree is None and after.tree.branches:
            root = after.tree.branches[0]
            self._view.cursor_lps = tuple(root.points_lps[len(root.points_lps) // 2])
        self.scene.show_case(after)
        for pane in self.slices.values():
            pane.take_case(after)
        self._stale = [do for p in self.slices.values() for do in (p.prepare, p.update)]
        self._turn.start()

    def _paint_next(self) -> None:
        """Cut or paint one slice of a new case, so that no turn of the event loop does it all."""
        self._stale.pop(0)()
        if not self._stale:
            self._turn.stop()

    def window_preset(self, key: int) -> None:
        """Set window and level by a key of the number row; 0 takes them from the histogram."""
        case = self._session.case
        if key == 0:
            if case.volume is not None:
                width, level = histogram_window(case.volume.voxels[::2, ::4, ::4])
                self._view.window_hu, self._view.level_hu = width, level
            return
        preset = next(each for each in window_presets() if each.key == str(key))
        self._view.window_hu, self._view.level_hu = preset.window_hu, preset.level_hu

    def slab(self, mode: str) -> None:
        """Show single slices ("off") or slabs ("mip", "minip", "mean")."""
        self._view.slab_mode = mode

    def thicker(self, factor: float) -> None:
        """Make slabs thicker or thinner."""
        self._view.slab_mm = float(np.clip(self._view.slab_mm * factor, *SLAB_MM))

    def brush(self, factor: float) -> None:
        """Make the brush bigger or smaller."""
        self._view.brush_mm = float(np.clip(self._view.brush_mm * factor, *BRUSH_MM))

    def toggle(self, field: str) -> None:
        """Turn a switch of the view on or off."""
        setattr(self._view, field, not getattr(self._view, field))

    def toggle_fill(self) -> None:
        """Show or hide the fill of the mask."""
        self._view.mask_fill = 0.0 if self._view.mask_fill > 0 else 0.25

    def straighten(self) -> None:
        """Put oblique planes back to axial, coronal and sagittal."""
        for plane, state in self._view.panes.items():
            state.axes = STRAIGHT[plane]

    def fit(self) -> None:
        """Show the whole scan in every pane."""
        for state in self._view.panes.values():
            state.mm_per_pixel = 0.0
            state.pan_mm = (0.0, 0.0)
        self.scene.reset()
        self.vessel.curve.reset()

    def look_from(self, letter: str) -> None:
        """Turn the 3-D view to a side of the patient: A, P, L, R, H or F."""
        self.scene.look_from(letter)

    def volume_preset(self, name: str) -> None:
        """Color the volume by a preset."""
        self._view.volume_preset = name

    def color_wall(self, by: str) -> None:
        """Color the vessels by diameter, origin or expected error, or back by structure."""
        self._view.surface_color = "label" if self._view.surface_color == by else by

    def pick_tool(self, name: str) -> None:
        """Choose what the left button does."""
        self._view.tool = name

    def release(self) -> None:
        """Stop listening and let the 3-D view end in order."""
        self._turn.stop()
        self._session.case_changed.disconnect(self._case_changed)
        self._session.selected.disconnect(self.scene.select_branch)
        self._view.events.layout.disconnect(self._arrange)
        self._view.events.maximized.disconnect(self._arrange)
        self._view.events.findings_shown.disconnect(self._arrange)
        self.vessel.release()
        self.pencil.release()
        for pane in self.panes.values():
            pane.release()
