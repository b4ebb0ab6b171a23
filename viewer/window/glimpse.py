"""Trying the step Enhance at one place, in the slices themselves."""

from psygnal import EmissionInfo
from PySide6.QtCore import QObject, QPointF, QTimer

from viewer.enhance.glimpse import Glimpse
from viewer.scene.turn import clamped
from viewer.session.session import Session
from viewer.window.jobs_bar import JobsBar
from viewer.window.pane_grid import PaneGrid
from viewer.window.steps_panel import StepsPanel

REST_MS = 250


class GlimpseTool(QObject):
    """Restores a box under the pointer; it follows the crosshair and the options of the form."""

    def __init__(
        self, session: Session, panes: PaneGrid, steps: StepsPanel, bar: JobsBar, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._panes, self._steps, self._bar = session, panes, steps, bar
        self._pointer: tuple[str, QPointF] | None = None
        self._plane = "axial"
        self._timer = QTimer(self, singleShot=True, interval=REST_MS)
        self._timer.timeout.connect(self._ask)
        for name, pane in panes.slices.items():
            pane.hovered.connect(lambda tool, place, name=name: self._move(name, tool, place))
        steps.forecast.preview_wanted.connect(self.here)
        steps.cards["enhance"].form.changed.connect(self._options_changed)
        session.looking.changed.connect(self._show)
        session.view.events.connect(self._view_changed)

    def here(self) -> None:
        """Preview at the pointer, which takes the crosshair along; else at the crosshair."""
        case, view = self._session.case, self._session.view
        if case.volume is None:
            return
        if self._pointer is not None:
            self._plane, place = self._pointer
            point = self._panes.slices[self._plane].point_at(place)
            if point is not None:
                view.cursor_lps = clamped(case.volume.grid, point)
        elif self._panes.focused in self._panes.slices:
            self._plane = self._panes.focused
        self._ask()

    def release(self) -> None:
        """Stop listening."""
        self._timer.stop()
        self._session.looking.changed.disconnect(self._show)
        self._session.view.events.disconnect(self._view_changed)

    def _ask(self) -> None:
        view = self._session.view
        into = view.panes[self._plane].axes[2]
        options = self._steps.options()["enhance"]
        self._session.looking.ask(view.cursor_lps, into, options)

    def _move(self, pane: str, tool: str, place: QPointF) -> None:
        self._pointer = (pane, place) if tool else None

    def _options_changed(self) -> None:
        if self._session.looking.at_lps is not None:
            self._timer.start()

    def _view_changed(self, change: EmissionInfo) -> None:
        looking, view = self._session.looking, self._session.view
        if change.signal.name == "cursor_lps" and looking.at_lps is not None:
            if looking.answers(view.cursor_lps):
                self._timer.stop()
            else:
                self._timer.start()

    def _show(self, glimpse: Glimpse | None, words: str) -> None:
        if glimpse is None:
            self._timer.stop()
        for pane in self._panes.slices.values():
            pane.glimpse.show(glimpse)
        self._bar.tell(words)
