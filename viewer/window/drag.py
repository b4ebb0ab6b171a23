"""How far a mouse has gone since its button went down."""

from PySide6.QtCore import QPointF

from viewer.window.slice_mouse import CLICK_PIXELS


class Drag:
    """A drag, which is a click until the mouse has `moved` by some pixels."""

    def __init__(self, begun: QPointF) -> None:
        self._begun = self._last = begun
        self.moved = False

    def step(self, place: QPointF) -> QPointF | None:
        """How far the mouse has gone since the last step; None while it may still be a click."""
        away, step = place - self._begun, place - self._last
        self.moved |= abs(away.x()) + abs(away.y()) > CLICK_PIXELS
        if not self.moved:
            return None
        self._last = place
        return step
