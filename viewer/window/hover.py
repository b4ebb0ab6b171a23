"""What a click would do, shown once the pointer rests."""

from psygnal import EmissionInfo
from PySide6.QtCore import QObject, QPointF, QTimer

from viewer.session.preview import Preview
from viewer.session.session import Session
from viewer.window.editing import Editing
from viewer.window.jobs_bar import JobsBar
from viewer.window.pane_grid import PaneGrid
from viewer.window.slice_mouse import CLICK_PIXELS, CLICKS

REST_MS = 150


class Hover(QObject):
    """Asks for a preview where the pointer rests with a tool that clicks; a move forgets it."""

    def __init__(
        self, session: Session, panes: PaneGrid, editing: Editing, bar: JobsBar, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._panes, self._editing, self._bar = session, panes, editing, bar
        self._over: tuple[str, str, QPointF] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self._rest)
        for name, pane in panes.panes.items():
            pane.hovered.connect(lambda tool, place, name=name: self._move(name, tool, place))
        session.previewed.connect(self._show)
        session.view.events.connect(self._view_changed)

    def release(self) -> None:
        """Stop listening."""
        self._timer.stop()
        self._session.previewed.disconnect(self._show)
        self._session.view.events.disconnect(self._view_changed)

    def _move(self, pane: str, tool: str, place: QPointF) -> None:
        if self._over is not None and (pane, tool) == self._over[:2]:
            away = place - self._over[2]
            if abs(away.x()) + abs(away.y()) <= CLICK_PIXELS:
                return
        self._over = (pane, tool, place)
        self._again()

    def _view_changed(self, change: EmissionInfo) -> None:
        if change.signal.name == "tool" and self._over is not None:
            pane, _, place = self._over
            self._over = (pane, self._session.view.tool, place)
        self._again()

    def _again(self) -> None:
        """Wait for the pointer to rest: it moved, or what is under it did."""
        self._session.forget_preview()
        if self._over is not None and self._over[1] in CLICKS:
            self._timer.start()
        else:
            self._timer.stop()

    def _rest(self) -> None:
        if self._over is None:
            return
        pane, tool, place = self._over
        point = self._panes.panes[pane].point_at(place)
        if point is not None:
            self._editing.preview(tool, point)

    def _show(self, preview: Preview | None, words: str) -> None:
        for pane in self._panes.panes.values():
            pane.show_preview(preview)
        self._bar.tell(words)
