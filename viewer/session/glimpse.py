"""The place at which a person tries the step Enhance before it is run."""

from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal

from viewer.case.case import Case
from viewer.case.glimpse import Cost, cost_of, glimpse_of
from viewer.case.options import EnhanceOptions
from viewer.enhance.glimpse import Glimpse
from viewer.session.jobs import Job
from viewer.volume.volume import Volume

if TYPE_CHECKING:
    from viewer.session.session import Session

WAITING = "Working out the preview …"
MEASURING = "Measuring the scan for the preview, once …"
Point = tuple[float, float, float]


class Looking:
    """The restored box that is shown, and what restoring all would cost; beside all jobs.

    `changed` tells the box, None for nothing, with words for the status line; `costed` the cost.
    """

    changed = Signal(object, str)
    costed = Signal(object)

    def __init__(self, session: "Session") -> None:
        self._session = session
        self.shown: Glimpse | None = None
        self.at_lps: Point | None = None
        self._asked: Job[Glimpse] | None = None
        self._costing: Job[Cost] | None = None
        self._measured: Volume | None = None
        session.case_changed.connect(self._case_changed)

    def ask_cost(self, options: EnhanceOptions) -> None:
        """Work out what the step would cost with some options; `costed` tells it.

        The first time the scan is measured, so that a preview asked for later is there at once.
        """
        if self._costing is not None:
            self._costing.cancel()
        case = self._session.case

        def done(cost: Cost) -> None:
            if asked is self._costing and case.volume is self._session.case.volume:
                self._measured = case.volume
                self.costed.emit(cost)

        asked = self._costing = self._session.previews.start(
            "Cost", lambda progress: cost_of(case, options, progress), done
        )

    def ask(self, at_lps: Point, into: Point, options: EnhanceOptions) -> None:
        """Restore a box round a point; what is shown stays until the new one is there."""
        if self._asked is not None:
            self._asked.cancel()
        case = self._session.case
        self.at_lps = at_lps

        def done(glimpse: Glimpse) -> None:
            if asked is self._asked and case.volume is self._session.case.volume:
                self._measured = case.volume
                self.shown = glimpse
                self.changed.emit(glimpse, ": ".join(glimpse.words))

        def failed(sentence: str, _: BaseException) -> None:
            if asked is self._asked:
                self.forget(sentence)

        asked = self._asked = self._session.previews.start(
            "Preview",
            lambda progress: glimpse_of(case, options, at_lps, into, progress),
            done,
            failed,
        )
        self.changed.emit(self.shown, WAITING if case.volume is self._measured else MEASURING)

    def answers(self, point_lps: Point) -> bool:
        """Whether the box that is shown, or asked for, holds a point."""
        if self.shown is not None and self.shown.volume.grid.holds(np.array(point_lps)):
            return True
        return self.at_lps == point_lps

    def forget(self, words: str = "") -> None:
        """Show no box, and stop the one that is being worked out."""
        if self.at_lps is None:
            return
        if self._asked is not None:
            self._asked.cancel()
        self.shown = self.at_lps = self._asked = None
        self.changed.emit(None, words)

    def _case_changed(self, before: Case, after: Case) -> None:
        if after.volume is not before.volume or after.restored is not before.restored:
            self.forget()
