"""The one thing that changes: the current case, its history, how it is shown, and its jobs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from psygnal import Signal

from viewer.case import pipeline
from viewer.case.case import Case
from viewer.case.checking import check_restoration, told_of
from viewer.case.decide import decide, noted, words_for
from viewer.case.options import Options
from viewer.case.source import Source, choose, find_source, open_source
from viewer.case.store import Picture, save_case
from viewer.dicom.series import Series
from viewer.errors import Notice, ViewerError
from viewer.geometry.by_hand import Change
from viewer.progress import Progress
from viewer.provenance import Record, now, versions
from viewer.segment.edit import Edit
from viewer.segment.mask import Box
from viewer.segment.mended import unmended
from viewer.session.follow_up import FollowUp
from viewer.session.glimpse import Looking
from viewer.session.history import History
from viewer.session.jobs import Job, Jobs, Post
from viewer.session.preview import Preview, preview_of, summary_of
from viewer.session.settings import Settings, load_settings, save_settings
from viewer.session.view_state import ViewState


@dataclass(frozen=True)
class Message:
    """One line for the person: "info", "caution" or "danger"."""

    kind: str
    text: str


class Session:
    """Holds what is open and lets it change in one place, in the thread that shows it."""

    case_changed = Signal(object, object)
    history_changed = Signal()
    messaged = Signal(object)
    selected = Signal(object)
    settings_changed = Signal(object, object)
    found = Signal(object)
    previewed = Signal(object, str)

    def __init__(self, post: Post, settings_file: Path | None = None) -> None:
        self.case = Case()
        self.view = ViewState()
        self.jobs = Jobs(post)
        self.previews = Jobs(post)
        self.preview: Preview | None = None
        self._asked: Job[Preview] | None = None
        self.history = History()
        self.saved_case: Case | None = self.case
        self.place: Path | None = None
        self.title = ""
        self.branch: int | None = None
        self._behind = FollowUp(self, self._step_failed)
        self.failed: dict[str, str] = {}
        self.messages: list[Message] = []
        self._settings_file = settings_file
        self.settings = load_settings(settings_file) if settings_file else Settings()
        self.view.crosshair = self.settings.crosshair
        self.view.corners = self.settings.corners
        self.view.mask_fill = self.settings.mask_fill
        self.view.mask_outline = self.settings.mask_outline
        self.looking = Looking(self)

    # What is open

    @property
    def unsaved(self) -> bool:
        """Whether the case holds something that is not on disk."""
        return self.case is not self.saved_case and self.case.volume is not None

    def find(self, path: Path) -> Job[tuple[Source, Case | None]]:
        """Look at a path in the worker; opens it, or emits `found` when there is a choice."""

        def work(progress: Progress) -> tuple[Source, Case | None]:
            source = find_source(path, progress.part(0.0, 0.3))
            if len(source.choices) > 1:
                return source, None
            series = choose(source.series, None) if source.kind == "dicom" else None
            return source, open_source(source, series, progress.part(0.3, 1.0))

        def done(result: tuple[Source, Case | None]) -> None:
            source, case = result
            if case is None:
                self.found.emit(source)
            else:
                self._opened(source, case)

        return self.jobs.start(f"Opening {path.name or path}", work, done, self._failed)

    def open(self, source: Source, series: Series) -> Job[Case]:
        """Read one series of a source in the worker and open it."""
        return self.jobs.start(
            f"Reading {series.description or 'the series'}",
            lambda progress: open_source(source, series, progress),
            lambda case: self._opened(source, case),
            self._failed,
        )

    def _opened(self, source: Source, case: Case) -> None:
        saved = source.kind == "case"
        self._begin(case, source.path.name, source.path if saved else None, saved)
        self.change_settings(self.settings.opened(source.path.absolute()))
        self._say_warnings(case)

    def make_up(self, title: str, make: Callable[[Progress], Case]) -> Job[Case]:
        """Make up a patient in the worker and open it."""

        def done(case: Case) -> None:
            self._begin(case, title, None, saved=False)
            self._say_warnings(case)

        return self.jobs.start("Making up a patient", make, done, self._failed)

    def _say_warnings(self, case: Case) -> None:
        for notice in case.warnings:
            if notice.severity != "info":
                self.say("caution" if notice.severity == "warning" else "danger", notice.text)

    def close_case(self) -> None:
        """Show nothing, as after the start."""
        self.jobs.cancel_all()
        self._begin(Case(), "", None, saved=True)

    def _begin(self, case: Case, title: str, place: Path | None, saved: bool) -> None:
        self.history.clear()
        self.failed.clear()
        self._behind.forget()
        self.place, self.title = place, title
        self.saved_case = case if saved else None
        self._show(case)
        self.history_changed.emit()

    # Steps

    def run(self, step: str, options: Options | None = None) -> Job[Case]:
        """Run one step in the worker; its result is taken only if the case is still the same."""
        before = self.case
        told = pipeline.step_named(step)
        self.failed.pop(step, None)
        return self.jobs.start(
            told.title,
            lambda progress: pipeline.advance(before, step, options, progress),
            lambda after: self.change(told.title, before, after),
            lambda sentence, error: self._step_failed(step, sentence, error),
        )

    def run_all(self, options: dict[str, Options] | None = None) -> Job[Case]:
        """The main job: every step; each result is shown as soon as it is there."""
        begun = self.case
        self.failed.clear()
        last = begun

        def work(progress: Progress) -> Case:
            return pipeline.reconstruct(begun, progress, options=options, each=each)

        def each(name: str, case: Case) -> None:
            self.jobs.post(lambda: taken(name, case))

        def taken(name: str, case: Case) -> None:
            nonlocal last
            if self.case.alike_but_notes(last):
                self.change(pipeline.step_named(name).title, last, case)
            last = case

        def failed(sentence: str, error: BaseException) -> None:
            step = next(s for s in pipeline.STEPS if getattr(last, s.makes) is None)
            self._step_failed(step.name, sentence, error)

        return self.jobs.start("Reconstruct", work, lambda _: None, failed)

    def check_restoration(self) -> Job[Case]:
        """Compare the restored scan with those of two halves of the dose, and tell what it gave."""
        before = self.case

        def done(after: Case) -> None:
            self.change("Check", before, after)
            if self.case.check is not after.check or after.check is None:
                return
            self.say("info", told_of(after.check))
            self.view.tint = "apart"

        return self.jobs.start(
            "Checking the restoration",
            lambda progress: check_restoration(before, progress),
            done,
            self._failed,
        )

    def change(self, name: str, before: Case, after: Case) -> None:
        """Take a result made from `before`; what a person noted meanwhile is carried over.

        Refused when anything else in the case has changed meanwhile.
        """
        if not self.case.alike_but_notes(before):
            self.say(
                "caution", f"The case changed meanwhile, so {name} was not taken; run it again."
            )
            return
        self._take(name, after.with_notes_of(self.case))

    def note(self, name: str, part: str, value: object) -> None:
        """Take what a person notes beside the results, at once and also while a job runs."""
        self._take(name, self.case.noted(part, value))

    def _take(self, name: str, after: Case, box: Box | None = None) -> None:
        self.history.push(name, self.case, after, box)
        self._show(after)
        self.history_changed.emit()

    # Edits by a person

    @property
    def may_edit(self) -> bool:
        """Whether an edit may begin: nothing runs but what is done again behind an earlier one."""
        return self.jobs.current is None or self.jobs.current is self._behind.job

    def edit(
        self, name: str, make: Callable[[Case, Progress], Edit], decided: Change | None = None
    ) -> Job[Any]:
        """Change the mask by hand in the worker; then the tree is traced and measured again.

        What is `decided` with it is kept for every new tracing.
        """
        before = self.case
        self._behind.expect(before)

        def done(found: tuple[Edit, str, tuple[Notice, ...]]) -> None:
            edit, summary, still = found
            if not self.case.alike_but_notes(before):
                self.say("caution", f"The case changed meanwhile, so {name} was not taken.")
                return
            record = Record(
                "edit", "mask", now(), options={"edit": edit.name}, versions=versions(), by="person"
            )
            after = self.case.edit_mask(edit.mask, record, still)
            self._take(summary, after if decided is None else noted(after, decided), edit.box)
            self.say("info", edit.told(before.mask))
            self._behind.run()

        def work(progress: Progress) -> tuple[Edit, str, tuple[Notice, ...]]:
            edit = make(before, progress)
            _ = edit.mask.counts  # counted here, so that showing it costs nothing
            still = unmended(before.notices.get("mask", ()), before.mask, edit)
            return edit, summary_of(before, edit), still

        return self.jobs.start(name, work, done, self._failed)

    def decide(self, change: Change) -> None:
        """Keep at once what a person decided and no result depends on, also while a job runs."""
        self._take(words_for(self.case, self.case, change), noted(self.case, change))

    def edit_tree(self, name: str, change: Change) -> Job[Case]:
        """Carry out in the worker what a person decided about the tree; one step to undo."""
        before = self.case

        def done(after: Case) -> None:
            if not self.case.alike_but_notes(before):
                self.say("caution", f"The case changed meanwhile, so {name} was not taken.")
                return
            words = words_for(before, after, change)
            self._take(words, noted(after.with_notes_of(self.case), change))
            self._behind.run()

        self._behind.expect(before)
        return self.jobs.start(
            name, lambda _: decide(before, change), done, lambda said, _: self.say("caution", said)
        )

    def ask_preview(
        self, tool: str, point_lps: np.ndarray, make: Callable[[Case, Progress], Edit]
    ) -> None:
        """Work out beside all jobs what an edit with a tool would change; `previewed` tells it.

        One that was asked before is forgotten, and where the edit is refused, why is told.
        """
        self.forget_preview()
        before = self.case

        def work(progress: Progress) -> Preview:
            edit = make(before, progress)
            _ = edit.mask.counts
            return preview_of(before, tool, point_lps, edit)

        def done(preview: Preview) -> None:
            if asked is self._asked and before is self.case:
                self.preview = preview
                self.previewed.emit(preview, f"Click or Enter: {preview.words}")

        def failed(sentence: str, _: BaseException) -> None:
            if asked is self._asked:
                self.previewed.emit(None, sentence.split(";")[0])

        asked = self._asked = self.previews.start("Preview", work, done, failed)

    def take_preview(self) -> None:
        """Do what the preview shows."""
        if self.preview is not None:
            edit = self.preview.edit
            self.edit(edit.name, lambda case, progress: edit)

    def forget_preview(self) -> None:
        """Show no preview, and stop the one that is being worked out."""
        if self._asked is not None:
            self._asked.cancel()
            self._asked, self.preview = None, None
            self.previewed.emit(None, "")

    def take_behind(self, after: Case, refresh: Callable[[Case], Case]) -> None:
        """Show what was worked out again behind the last edit; it belongs to that step."""
        self.history.update_last(refresh)
        self._show(after.with_notes_of(self.case))

    def undo(self) -> None:
        """Put back the case before the last change."""
        if self.history.undo_name:
            self._show(self.history.undo(self.case))
            self.history_changed.emit()

    def redo(self) -> None:
        """Do again what was undone."""
        if self.history.redo_name:
            self._show(self.history.redo(self.case))
            self.history_changed.emit()

    # Saving, messages, settings

    def save(self, folder: Path, *, overwrite: bool, picture: Picture | None) -> Job[None]:
        """Write the case folder in the worker."""
        case = self.case

        def done(_: None) -> None:
            self.place = folder
            self.saved_case = case
            self.change_settings(self.settings.opened(folder.absolute()))
            self.say("info", f"Saved in {folder}.")
            self.history_changed.emit()

        return self.jobs.start(
            "Saving",
            lambda progress: save_case(
                case, folder, progress, overwrite=overwrite, picture=picture
            ),
            done,
            self._failed,
        )

    def say(self, kind: str, text: str) -> None:
        """Tell the person one sentence and keep it in the log."""
        message = Message(kind, text)
        self.messages.append(message)
        self.messaged.emit(message)

    def select(self, branch: int | None) -> None:
        """Select a branch of the tree, or nothing."""
        if branch != self.branch:
            self.branch = branch
            self.selected.emit(branch)

    def change_settings(self, settings: Settings) -> None:
        """Take new settings and keep them."""
        before, self.settings = self.settings, settings
        if self._settings_file is not None and settings != before:
            save_settings(settings, self._settings_file)
        self.settings_changed.emit(before, settings)

    def close(self) -> None:
        """Stop all work; nothing can be started afterwards."""
        self.jobs.close()
        self.previews.close()

    def _show(self, case: Case) -> None:
        before, self.case = self.case, case
        self.forget_preview()
        if case.tree is not before.tree:
            self.branch = None
        self.case_changed.emit(before, case)

    def _failed(self, sentence: str, _: BaseException) -> None:
        self.say("danger", sentence)

    def _step_failed(self, step: str, sentence: str, error: BaseException) -> None:
        self.failed[step] = sentence
        self.say("danger" if not isinstance(error, ViewerError) else "caution", sentence)
        self.case_changed.emit(self.case, self.case)
