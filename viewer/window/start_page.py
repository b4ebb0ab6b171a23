"""The page without a case: what this is, the one thing to do, and the cases opened last."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from viewer.window.side_panel import heading
from viewer.window.style import icon

SHOWN = 6


class StartPage(QWidget):
    """Open a folder, open the example, make up a patient, or go on with a recent case."""

    open_folder = Signal()
    open_example = Signal()
    new_synthetic = Signal()
    open_recent = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        title = QLabel("Angioscape")
        title.setObjectName("title")
        what = QLabel(
            "From a CT angiogram to a 3-D map of its vessels.\n"
            "Open a folder of DICOM files, or drop it here."
        )
        what.setObjectName("quiet")
        what.setWordWrap(True)
        folder = QPushButton("Open folder …")
        folder.setObjectName("primary")
        folder.setIcon(icon("folder-open", "background"))
        folder.setToolTip("Open a folder of DICOM files or a saved case (Ctrl+O)")
        folder.clicked.connect(self.open_folder)
        example = QPushButton("Open the example")
        example.setToolTip("A real arterial CT of the abdomen that comes along (Ctrl+E)")
        example.clicked.connect(self.open_example)
        synthetic = QPushButton("New synthetic case …")
        synthetic.setToolTip("Make up a patient with exact truth and no person behind it (Ctrl+N)")
        synthetic.clicked.connect(self.new_synthetic)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(folder)
        buttons.addWidget(example)
        buttons.addWidget(synthetic)
        buttons.addStretch(1)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(title)
        column.addWidget(what)
        column.addLayout(buttons)
        column.addSpacing(12)
        column.addLayout(self._recent)
        note = QLabel("Research use only, not for diagnosis.")
        note.setObjectName("research")
        column.addStretch(3)
        column.addWidget(note)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(48, 48, 48, 24)
        outer.addStretch(1)
        outer.addLayout(column)
        outer.addStretch(1)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def show_recent(self, paths: tuple[str, ...]) -> None:
        """List the paths opened last that still exist."""
        while self._recent.count():
            item = self._recent.takeAt(0)
            if item.widget() is not None:
                item.widget().deleteLater()
        existing = [path for path in paths if Path(path).exists()][:SHOWN]
        if not existing:
            return
        self._recent.addWidget(heading("RECENT"))
        for path in existing:
            button = QPushButton(shortened(path))
            button.setObjectName("link")
            button.setToolTip(path)
            button.clicked.connect(lambda _, path=path: self.open_recent.emit(path))
            self._recent.addWidget(button)


def shortened(path: str, most: int = 60) -> str:
    """A path that fits on one line, its end kept; ampersands shown as they are."""
    text = path if len(path) <= most else "… " + path[-most:]
    return text.replace("&", "&&")
