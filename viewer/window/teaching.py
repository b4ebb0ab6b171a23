"""Made-up patients in the window: making one, and the quiz on one."""

import random

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from viewer.provenance import Record, now, versions
from viewer.session.session import Session
from viewer.window.quiz import QuizPanel

SEEDS = 1_000_000


class Teaching:
    """The verbs of made-up patients on one session; dialogs stand over `window`."""

    def __init__(self, session: Session, panel: QuizPanel, window: QWidget) -> None:
        self._session = session
        self._panel = panel
        self._window = window

    def ask_recipe(self) -> None:
        """Let the person choose what is to be made up, and make it."""
        from viewer.window.synthetic_dialog import SyntheticDialog

        dialog = SyntheticDialog(self._session, self._window)
        dialog.accepted.connect(lambda: self._make(dialog.recipe))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _make(self, recipe) -> None:
        from viewer.case.made_up import make_case

        if self._window.files.may_lose_work():
            self._session.jobs.cancel_all()
            self._panel.end()
            title = f"Made-up patient {recipe.seed}"
            self._session.make_up(title, lambda progress: make_case(recipe, progress))

    def next_patient(self, seed: int | None = None) -> None:
        """Make up a patient that nobody has seen, and ask for its diseases."""
        from viewer.case.made_up import make_surprise

        if not self._window.files.may_lose_work():
            return
        chosen = random.SystemRandom().randrange(SEEDS) if seed is None else seed
        self._session.jobs.cancel_all()
        self._panel.wait()
        self._session.make_up("Quiz", lambda progress: make_surprise(chosen, progress))

    def begin(self) -> None:
        """Ask for the diseases of the made-up patient that is open."""
        self._panel.begin(self._session.case)
        self.pick_mark()

    def pick_mark(self) -> None:
        """Let clicks mark diseases."""
        if not self._panel.asking:
            self._panel.begin(self._session.case)
        self._session.view.tool = "mark"

    def click(self, tool: str, point_lps: np.ndarray) -> None:
        """Mark a disease where a click with the tool fell; the crosshair is no obstacle."""
        if self._session.view.tool == "mark" and tool in ("mark", "crosshair"):
            self._panel.mark(point_lps)

    def mark_cursor(self) -> None:
        """Mark a disease at the crosshair."""
        if not self._panel.asking:
            self._panel.begin(self._session.case)
        self._panel.mark(np.array(self._session.view.cursor_lps))

    def compare(self) -> None:
        """Compare the marks with the truth."""
        if not self._panel.asking:
            self._panel.begin(self._session.case)
        self._panel.compare()

    def show_truth(self) -> None:
        """Take the true labels as the mask; undoing puts the old one back."""
        before = self._session.case
        record = Record("truth", "mask", now(), of=before.digests("truth"), versions=versions())
        after = before.put("mask", before.truth.mask.on(before.shown.grid), record)
        self._session.change("Take the true vessels", before, after)
