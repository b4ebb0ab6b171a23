"""How the scan was restored, in numbers, and which tint tells of it, in the inspector."""

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from viewer.case.case import Case
from viewer.enhance.halves import DOUBTFUL
from viewer.enhance.origin import DENOISED, INFERRED, INTERPOLATED, MEASURED, ORIGINS
from viewer.enhance.restored import Restored
from viewer.scene.colors import TOKENS
from viewer.scene.tint_restored import APART, ORIGIN_LOOKS, TITLES, share_text
from viewer.session.session import Session
from viewer.session.view_state import Point
from viewer.window.side_panel import heading

UNTOUCHED = "The scan as it was read: nothing was divided, nothing taken away."
PROMISES = {
    "exact": "Exact: every measured voxel is kept",
    "noise": "Quieter, within the noise",
}
PROMISE_TIPS = {
    "exact": "Averaged back, the new voxels give each measured one, to the last HU",
    "noise": "What was taken away is as large as the scan's noise, no larger and no smaller",
}
TINT_TIPS = {
    "none": "The scan without a tint",
    "origin": "Measured, interpolated, denoised or inferred",
    "error": "The standard deviation of the error to be expected of each voxel, HU",
    "unseen": "How far each voxel lies from the mean over its measured voxel: what a scanner of "
    "that thickness cannot see, HU",
    "residual": "The scan less what the scanner would have given of the restored scan, HU",
    "apart": "Where restorations of two halves of the dose disagree: look at the raw scan there",
}
ORIGIN_TIPS = {
    MEASURED: "As the scanner gave them",
    INTERPOLATED: "New voxels, as smooth between the measured ones as these allow",
    DENOISED: "Moved no farther than noise explains",
    INFERRED: "Farther from what was measured than smoothness or noise explains: what is seen "
    "here was guessed. Hold ` for the raw scan",
}
Line = tuple[str, str, str]  # text, tip, and the swatch's color or ""


class RestoredPanel(QWidget):
    """Which tint lies over the restored scan, and what is known of it; hidden without one."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: tuple[object, object] = (None, None)
        self.tint = QComboBox()
        self.tint.setAccessibleName("Tint of the restored scan")
        self.tint.setToolTip("What the tint over slices and curved views tells (I: the next one)")
        for name, title in TITLES.items():
            self.tint.addItem(title, name)
            self.tint.setItemData(
                self.tint.count() - 1, TINT_TIPS[name], Qt.ItemDataRole.ToolTipRole
            )
        self.tint.activated.connect(
            lambda _: setattr(session.view, "tint", self.tint.currentData())
        )
        self.here = _label("", "What is known of the restored voxel under the crosshair")
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        column.addWidget(heading("RESTORED"))
        column.addWidget(self.tint)
        column.addWidget(self.here)
        column.addLayout(self._lines)
        self.hide()

    def follow_view(self) -> None:
        """Show which tint is chosen, and what is known of the voxel under the crosshair."""
        view = self._session.view
        self.tint.setCurrentIndex(self.tint.findData(view.tint))
        self.here.setText(about(self._session.case, view.cursor_lps))

    def show_case(self, case: Case) -> None:
        """Show how the scan of a case was restored."""
        if self._shown == (case.restored, case.check):
            return
        self._shown = (case.restored, case.check)
        self.setVisible(case.restored is not None)
        while self._lines.count():
            widget = self._lines.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        done = case.restored is not None and not case.restored.untouched
        self.tint.setVisible(done)
        self.here.setVisible(done)
        apart = self.tint.model().item(self.tint.findData("apart"))
        apart.setEnabled(case.check is not None)
        for line in lines(case):
            self._lines.addWidget(_row(*line))
        self.follow_view()


def about(case: Case, point_lps: Point) -> str:
    """What is known of the restored voxel at a point ("Crosshair: denoised, 312 ± 9 HU")."""
    restored = case.restored
    if restored is None or restored.untouched:
        return ""
    grid = restored.volume.grid
    index = tuple(np.rint(grid.index(np.array(point_lps))).astype(int))
    if not all(0 <= at < size for at, size in zip(index, grid.shape, strict=True)):
        return ""
    told = f"{restored.volume.voxels[index]} ± {float(restored.sd_hu[index]):.0f} HU"
    doubtful = case.check is not None and case.check.apart[index] > DOUBTFUL
    where = f"{ORIGINS[restored.origin[index]]}, {told}"
    return f"Crosshair: {where}{', hangs on the noise' if doubtful else ''}"


def lines(case: Case) -> list[Line]:
    """What is known of how a case's scan was restored, a line each with its tip."""
    restored = case.restored
    if restored is None:
        return []
    if restored.untouched:
        return [(UNTOUCHED, "Why is told under How sure", "")]
    made = [*_how(restored), *_shares(restored)]
    if case.check is not None:
        share = share_text(case.check.share)
        made.append((f"Hangs on the noise {share}", TINT_TIPS["apart"], APART))
    return made


def _how(restored: Restored) -> Iterator[Line]:
    facts = restored.facts
    yield PROMISES[restored.mode], PROMISE_TIPS[restored.mode], ""
    factor = " x ".join(str(each) for each in facts["factor"])
    divided = restored.acquisition.voxels > 1
    told = f"Each voxel divided in {factor}" if divided else "Voxels as scanned"
    yield told, "New voxels along slices, rows and columns", ""
    if facts["noise_hu"] is not None:
        yield f"Noise of the scan {facts['noise_hu']:.1f} HU", "Measured on the scan itself", ""
    if restored.mode == "exact":
        tip = "What the new voxels lack of the measured ones, averaged back: the greatest of all"
        yield f"Residual {facts['residual_greatest_hu']:.0f} HU", tip, ""
    else:
        rms, greatest = facts["residual_rms_hu"], facts["residual_greatest_hu"]
        tip = "What was taken away: its root mean square and its greatest value"
        yield f"Residual {rms:.1f} HU, at most {greatest:.0f} HU", tip, ""
        if facts["chi_square"] is not None:
            tip = "Of the residual against the noise: 1 where just the noise was taken away"
            yield f"Chi-square {facts['chi_square']:.2f}", tip, ""
        if facts["lambda"] is not None:
            tip = "How far the guess is trusted against the scan, chosen so that chi-square is 1"
            yield f"Lambda {facts['lambda']:.2g}", tip, ""
    guess = ", ".join(facts["networks"])
    tip = "What was guessed before it was made to agree with the scan"
    yield f"Guessed by the network {guess}" if guess else "Guessed without a network", tip, ""


def _shares(restored: Restored) -> Iterator[Line]:
    for number in (INFERRED, DENOISED, INTERPOLATED, MEASURED):
        share = restored.facts["shares"][ORIGINS[number]]
        if share > 0:
            color = TOKENS["quiet"] if number == MEASURED else ORIGIN_LOOKS[number][0]
            yield f"{ORIGINS[number].capitalize()} {share_text(share)}", ORIGIN_TIPS[number], color


def _row(text: str, tip: str, color: str) -> QWidget:
    """A text with its tip, beside a swatch where it has a color."""
    label = _label(text, tip)
    if not color:
        return label
    row = QWidget()
    row.setToolTip(tip)
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    pixmap = QPixmap(14, 14)
    pixmap.fill(QColor(color))
    swatch = QLabel()
    swatch.setPixmap(pixmap)
    line.addWidget(swatch)
    line.addWidget(label, 1)
    return row


def _label(text: str, tip: str) -> QLabel:
    """A text that can be selected and copied."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setToolTip(tip)
    return label
