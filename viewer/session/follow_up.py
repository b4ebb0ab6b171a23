"""Steps that an edit by a person made void, done again behind it."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from viewer.case import pipeline
from viewer.case.case import Case
from viewer.case.options import Options
from viewer.session.jobs import Job

if TYPE_CHECKING:
    from viewer.session.session import Session

WORDS = {"trace": "Tracing the edited vessels", "measure": "Measuring the edited vessels"}
PARTS = ("tree", "surface", "measures", "findings", "records", "notices")


class FollowUp:
    """Traces and measures again after edits, where that was done before; the next edit stops it."""

    def __init__(
        self, session: "Session", failed: Callable[[str, str, BaseException], None]
    ) -> None:
        self._session, self._failed = session, failed
        self._owed: dict[str, Options] = {}
        self._job: Job[Case] | None = None

    @property
    def job(self) -> Job[Case] | None:
        """The step that is done again at the moment, or the last one."""
        return self._job

    def expect(self, before: Case) -> None:
        """Remember which steps an edit of a case makes void."""
        for name in WORDS:
            if getattr(before, pipeline.step_named(name).makes) is not None:
                self._owed.setdefault(name, pipeline.options_used(before, name))
        if self._job is not None:
            self._job.cancel()

    def forget(self) -> None:
        """Owe nothing: another case was opened."""
        self._owed.clear()

    def run(self) -> None:
        """Do the next step that is owed, and then those behind it."""
        before = self._session.case
        missing = (n for n in self._owed if getattr(before, pipeline.step_named(n).makes) is None)
        name = next(missing, None)
        if name is None:
            self._owed.clear()
            return
        options = self._owed[name]

        def done(after: Case) -> None:
            session = self._session
            if session.case.alike_but_notes(before):
                session.take_behind(after, lambda kept: _with_parts_of(after, kept))
                self.run()

        self._job = self._session.jobs.start(
            WORDS[name],
            lambda progress: pipeline.advance(before, name, options, progress),
            done,
            lambda sentence, error: self._failed(name, sentence, error),
        )


def _with_parts_of(made: Case, kept: Case) -> Case:
    return replace(kept, **{part: getattr(made, part) for part in PARTS})
