"""Small windows: keys and mouse, settings, help, about."""

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from viewer.session.settings import Settings
from viewer.window.actions import ACTIONS

MOUSE = (
    ("Wheel", "Slice; with Shift ten"),
    ("Left drag", "The active tool"),
    ("Middle drag", "Pan"),
    ("Right drag", "Zoom; a short click opens the menu"),
    ("Shift and move", "3-D cursor in all panes"),
    ("Double click", "Maximize the pane and back"),
    ("Drag a line's end", "Oblique planes"),
    ("3-D: left, right, middle", "Rotate, zoom, pan"),
    ("3-D: click", "Select a vessel"),
    ("Curved view: drag, click", "Turn the vessel, point"),
    ("Curved view: wheel", "Along the vessel; with Shift ten millimeters"),
    ("Profile: drag a flag", "Normal places and the minimum"),
    ("` held", "The raw scan"),
)


class ShortcutsPage(QDialog):
    """Every key on one page; a key can be changed in place."""

    def __init__(self, shortcuts: Mapping[str, str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys and mouse")
        self.resize(680, 640)
        self.table = QTableWidget(len(ACTIONS) + len(MOUSE), 3)
        self.table.setHorizontalHeaderLabels(("Where", "What", "Key"))
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.setColumnWidth(2, 190)
        self.edits: dict[str, QKeySequenceEdit] = {}
        for row, (gesture, what) in enumerate(MOUSE):
            self._row(row, "Mouse", what)
            self.table.setItem(row, 2, self._fixed(gesture))
        for row, action in enumerate(ACTIONS, start=len(MOUSE)):
            self._row(row, action.menu, action.title)
            edit = QKeySequenceEdit(QKeySequence(shortcuts.get(action.name, action.shortcut)))
            edit.setClearButtonEnabled(True)
            edit.setMaximumSequenceLength(1)
            edit.setAccessibleName(f"Key for {action.title}")
            edit.keySequenceChanged.connect(lambda _: self._check())
            self.edits[action.name] = edit
            self.table.setCellWidget(row, 2, edit)
        self.trouble = QLabel()
        self.trouble.setProperty("kind", "danger")
        self.trouble.setWordWrap(True)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok
            | QDialogButtonBox.StandardButton.Cancel
            | QDialogButtonBox.StandardButton.RestoreDefaults
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults).clicked.connect(
            self._restore
        )
        column = QVBoxLayout(self)
        column.addWidget(self.table)
        column.addWidget(self.trouble)
        column.addWidget(self.buttons)
        self._check()

    def _row(self, row: int, where: str, what: str) -> None:
        self.table.setItem(row, 0, self._fixed(where))
        self.table.setItem(row, 1, self._fixed(what))

    @staticmethod
    def _fixed(text: str) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        return item

    @property
    def shortcuts(self) -> dict[str, str]:
        """The keys that differ from the defaults, by action name."""
        chosen = {name: edit.keySequence().toString() for name, edit in self.edits.items()}
        defaults = {a.name: QKeySequence(a.shortcut).toString() for a in ACTIONS}
        return {name: keys for name, keys in chosen.items() if keys != defaults[name]}

    def _check(self) -> None:
        used: dict[str, str] = {}
        twice = []
        titles = {action.name: action.title for action in ACTIONS}
        for name, edit in self.edits.items():
            keys = edit.keySequence().toString()
            if keys and keys in used:
                twice.append(f"{keys}: {titles[used[keys]]} and {titles[name]}")
            used.setdefault(keys, name)
        self.trouble.setText("Two actions share a key: " + "; ".join(twice) if twice else "")
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not twice)

    def _restore(self) -> None:
        for action in ACTIONS:
            self.edits[action.name].setKeySequence(QKeySequence(action.shortcut))


class SettingsPage(QDialog):
    """What holds for all cases."""

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self._settings = settings
        self.text_size = QSpinBox()
        self.text_size.setRange(8, 24)
        self.text_size.setValue(settings.text_size)
        self.text_size.setSuffix(" pt")
        self.text_size.setToolTip("24 pt is meant for the operating room")
        self.switches = {
            "run_after_open": QCheckBox("Run all steps as soon as a scan is open"),
            "crosshair": QCheckBox("Show the crosshair at the start"),
            "corners": QCheckBox("Show the corner text at the start"),
            "mask_outline": QCheckBox("Show the outline of the mask at the start"),
        }
        form = QFormLayout()
        form.addRow("Text size", self.text_size)
        for name, switch in self.switches.items():
            switch.setChecked(getattr(settings, name))
            form.addRow(switch)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(buttons)

    @property
    def settings(self) -> Settings:
        """The settings as they stand."""
        on = {name: switch.isChecked() for name, switch in self.switches.items()}
        return replace(self._settings, text_size=self.text_size.value(), **on)


HELP = """
<h2>From a scan to a 3-D map</h2>
<ol>
<li><b>Open</b> a folder of DICOM files (Ctrl+O, or drop it on the window). Where it holds several
series, choose one.</li>
<li><b>Reconstruct</b> (F5) checks the scan, takes out noise, segments the vessels, and traces
them. Each step at the left can be run alone with its own options.</li>
<li><b>Look</b>: the wheel changes the slice, the left button does what the active tool says,
Shift and move puts the cursor of all panes under the mouse, a distance (L) measures. Hold ` to see
the raw scan.</li>
<li><b>Correct</b>, in slices and in 3-D: click a vessel that was missed (G) or a branch that is
wrong (R), or swap artery and vein (A); where the pointer rests, all panes show what a click would
do. Draw along a vessel (D), drag a box round vessels (V), cut (X), paint (B) and erase (E). With
Ctrl held, G, D and V take away. Everything can be undone (Ctrl+Z).</li>
<li><b>Look behind</b>: bones (Ctrl+Shift+B) and organs (Ctrl+Shift+G) leave the 3-D picture; the
vessels stay.</li>
<li><b>Measure</b> (Alt+5) goes along every vessel. Ctrl+Shift+4 shows one vessel straightened,
stretched, or the whole tree (T), with its diameters, three cross-sections, and the flags N, M, N
that are dragged on the profile. Under it stand the tables of all that was found and of what is
missing; J goes from row to row. U shows the ends of the vessels to add, drag or delete, F2 renames,
Shift+N goes to the next gap that could be bridged.</li>
<li><b>Save</b> the case (Ctrl+S). The scan itself is never changed.</li>
</ol>
<p>Every action can be found by name with Ctrl+Shift+P; all keys stand on one page (?).</p>
<p><b>Research use only, not for diagnosis.</b></p>
"""


class TextPage(QDialog):
    """A page to read."""

    def __init__(self, title: str, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(600, 560)
        page = QTextBrowser()
        page.setOpenLinks(False)
        page.setHtml(text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(page)
        column.addWidget(buttons)
