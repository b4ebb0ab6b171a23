"""What stands along a vessel: landmarks, and stretches that nothing was measured on."""

from collections.abc import Iterable

import numpy as np

from viewer.case.case import Case
from viewer.geometry.course import Course
from viewer.geometry.frames import Frames
from viewer.geometry.landmarks import Landmark, LandmarkRow, landmarks
from viewer.geometry.section import Sections
from viewer.geometry.straighten import place_of
from viewer.geometry.tree import VesselTree


class Landmarks:
    """The landmarks of a case: those of its findings, else what was last read from its tree."""

    def __init__(self) -> None:
        self._read: tuple[VesselTree, tuple[Landmark, ...]] | None = None

    def read(self, case: Case) -> None:
        """Find the landmarks of a case that has no findings yet; takes long."""
        known = self._read is not None and self._read[0] is case.tree
        if case.findings is None and not known:
            self._read = (case.tree, landmarks(case.tree, case.volume.grid))

    def along(self, case: Case, course: Course, frames: Frames) -> tuple[tuple[str, float], ...]:
        """The landmarks (name, mm along) in the lumen of a vessel, as far as they are known."""
        rows: Iterable[Landmark | LandmarkRow] = ()
        if case.findings is not None:
            rows = case.findings.landmarks
        elif self._read is not None and self._read[0] is case.tree:
            rows = self._read[1]
        found = []
        for row in rows:
            if row.at_lps is None:
                continue
            place = place_of(frames, row.at_lps)
            radius = float(np.interp(place.s_mm, course.s_mm, course.radius_mm))
            if place.offset_mm < radius and 0 < place.s_mm < frames.s_mm[-1]:
                found.append((row.name, place.s_mm))
        return tuple(found)


def unmeasured(sections: Sections) -> tuple[tuple[float, float], ...]:
    """The stretches (from, to in mm) of two or more sections without numbers."""
    gone = ~np.isfinite(sections.values["diameter_equivalent_mm"])
    edges = np.flatnonzero(np.diff(np.concatenate([[0], gone, [0]])))
    s = sections.frames.s_mm
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return tuple((float(s[a]), float(s[b - 1])) for a, b in pairs if b - a > 1)
