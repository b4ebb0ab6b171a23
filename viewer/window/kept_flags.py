"""Flags that a person put on a vessel: kept with the case, and put there again."""

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from viewer.case.case import Case
from viewer.geometry.by_hand import ByHand, PlacedFlags, points_of
from viewer.geometry.flags import Flags
from viewer.geometry.frames import Frames
from viewer.geometry.section import Sections
from viewer.geometry.straighten import Place, place_of, point_at
from viewer.session.session import Session
from viewer.window.vessel_chosen import FLAGS, ChosenVessel

REST_MS = 300
SAME_MM = 0.05
ON_VESSEL = 1.0  # radii from its path: farther off, a flag stands on another vessel


class KeptFlags(QObject):
    """Keeps the chosen vessel's flags as soon as they rest, and follows an undo."""

    def __init__(self, session: Session, vessel: ChosenVessel) -> None:
        super().__init__()
        self._session, self._vessel = session, vessel
        self._seen: tuple[ByHand | None, Sections | None] = (None, None)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self._rest)
        vessel.changed.connect(self._look)
        session.case_changed.connect(self._case_changed)

    def release(self) -> None:
        """Stop listening."""
        self._timer.stop()
        self._session.case_changed.disconnect(self._case_changed)

    def _case_changed(self, before: Case, after: Case) -> None:
        if after.by_hand is not before.by_hand and after.tree is before.tree:
            self._look()

    def _look(self) -> None:
        vessel = self._vessel
        if vessel.sections is None or vessel.flags is None:
            return
        now = self._session.case.by_hand, vessel.sections
        if now[0] is not self._seen[0] or now[1] is not self._seen[1]:
            self._seen = now
            self._put()
        elif self._own() and self._own() != self._kept_now():
            self._timer.start()

    def _put(self) -> None:
        """Put the flags where the case says they stand; without such, as they are proposed."""
        vessel, kept = self._vessel, self._kept()
        if kept is None:
            if vessel.proposed != set(FLAGS):
                vessel.propose_again()
            return
        at = [place_of(vessel.sections.frames, np.array(p)).s_mm for p in kept.points_lps]
        flags = vessel.flags
        apart = np.abs(np.subtract(at, (flags.proximal_mm, flags.minimum_mm, flags.distal_mm)))
        proposed = set(FLAGS) - set(kept.own)
        if apart.max() > SAME_MM or proposed != vessel.proposed:
            vessel.put_flags(Flags(*(float(s) for s in at)), proposed)

    def _rest(self) -> None:
        """Keep what a person put, once the mouse is let go."""
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._timer.start()
            return
        own = self._own()
        if own is not None and own != self._kept_now():
            self._session.decide(own)

    def _own(self) -> PlacedFlags | None:
        """The flags as they stand, if a person put or accepted one of them."""
        vessel = self._vessel
        flags = vessel.flags
        if vessel.sections is None or flags is None or vessel.proposed == set(FLAGS):
            return None
        frames = vessel.sections.frames
        first, second, third = points_of(
            point_at(frames, Place(s, 0.0, 0.0))
            for s in (flags.proximal_mm, flags.minimum_mm, flags.distal_mm)
        )
        own = tuple(name for name in FLAGS if name not in vessel.proposed)
        name = self._session.case.tree.branches[vessel.chosen].name
        return PlacedFlags(name, (first, second, third), own)

    def _kept(self) -> PlacedFlags | None:
        """The last flags of the case that stand on the chosen vessel."""
        vessel = self._vessel
        by_hand = self._session.case.by_hand or ByHand()
        on = (f for f in reversed(by_hand.flags) if _stand_on(f, vessel.sections.frames, vessel))
        return next(on, None)

    def _kept_now(self) -> PlacedFlags | None:
        """The kept flags, but as equal where no flag stands elsewhere."""
        kept, own = self._kept(), self._own()
        if kept is None or own is None or set(kept.own) != set(own.own):
            return kept
        away = np.linalg.norm(np.subtract(kept.points_lps, own.points_lps), axis=1)
        return own if away.max() <= SAME_MM else kept


def _stand_on(flags: PlacedFlags, frames: Frames, vessel: ChosenVessel) -> bool:
    """Whether three flags stand in their order on the path of the chosen vessel."""
    places = [place_of(frames, np.array(point)) for point in flags.points_lps]
    course = vessel.course
    radius = np.interp([p.s_mm for p in places], course.s_mm, course.radius_mm)
    near = all(p.offset_mm <= ON_VESSEL * r + 1.0 for p, r in zip(places, radius, strict=True))
    return near and places[0].s_mm <= places[1].s_mm <= places[2].s_mm
