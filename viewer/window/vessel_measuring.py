"""One vessel measured after the other, with what they share: the scan's blur and the landmarks."""

from typing import Any

from viewer.case.case import Case
from viewer.enhance.halves import RestorationCheck
from viewer.geometry.beside import Second, second_of, with_beside
from viewer.geometry.course import Course, unchanged
from viewer.geometry.dissection import with_whole
from viewer.geometry.measured_tree import tree_blur
from viewer.geometry.section import Sections
from viewer.geometry.sections import measure_sections
from viewer.geometry.tree import VesselTree
from viewer.progress import Progress
from viewer.window.vessel_places import Landmarks

USUAL_NOISE_HU = 10.0


class Measuring:
    """Measures vessels of a case in the worker."""

    def __init__(self) -> None:
        self.landmarks = Landmarks()
        self._blur: tuple[VesselTree, float] | None = None
        self._second: tuple[VesselTree, RestorationCheck | None, Second | None] | None = None

    def sections(self, case: Case, course: Course, progress: Progress) -> Sections:
        """The sections along a vessel, with the outer wall where the findings part its lumen.

        Beside them stands what the restored scan shows in the same planes.
        """
        self.landmarks.read(case)
        if self._blur is None or self._blur[0] is not case.tree:
            progress.at(0.0, "Reading the scan's blur from the thickest vessel")
            self._blur = (case.tree, tree_blur(case.volume, case.tree, case.mask))
        progress.at(0.2, "Measuring the cross-sections of the vessel")
        fit = case.suitability
        sections = measure_sections(
            case.volume,
            course.points_lps,
            course.radius_mm,
            mask=case.mask,
            noise_hu=fit.noise_hu if fit is not None else USUAL_NOISE_HU,
            blur_mm=self._blur[1],
            progress=progress.part(0.2, 0.7),
        )
        progress.at(0.7, "Measuring them on the restored scan")
        sections = with_beside(sections, self._restored(case), progress.part(0.75, 0.95))
        if parted(case):
            sections = with_whole(sections, case.findings.dissections)
        progress.at(1.0)
        return sections

    def _restored(self, case: Case) -> Second | None:
        """The restored scan of a case to measure once more in; its blur is read once for a tree."""
        if self._second is None or self._second[:2] != (case.tree, case.check):
            found = second_of(case.restored, case.check, case.mask, case.tree)
            self._second = (case.tree, case.check, found)
        return self._second[2]


def parted(case: Case) -> bool:
    """Whether a flap parts a vessel of the case, as far as its findings tell."""
    return case.findings is not None and bool(case.findings.dissections)


def carry_over(known: dict[tuple[int, ...], Any], before: Case, after: Case) -> None:
    """Keep of what is known of vessels, by their branches, what holds in the next case too."""
    still = {}
    if after.volume is before.volume and after.mask is before.mask and not parted(before):
        for branches, each in known.items():
            found = unchanged(before.tree, branches, after.tree) if after.tree else None
            if found is not None:
                still[found] = each
    known.clear()
    known.update(still)
