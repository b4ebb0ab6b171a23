"""Opening, saving and closing cases; asks only before something would be lost."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from viewer.case.source import VOLUME_FILES, Source
from viewer.case.store import is_case
from viewer.errors import ViewerError
from viewer.resource import resource
from viewer.session.jobs import Job
from viewer.session.session import Session
from viewer.window.picture_process import draw_overview
from viewer.window.series_dialog import SeriesDialog


class Files:
    """The verbs of the File menu on one session; dialogs stand over `window`."""

    def __init__(self, session: Session, window: QWidget) -> None:
        self.session = session
        self._window = window

    def ask_folder(self) -> None:
        """Choose a folder and open it."""
        folder = QFileDialog.getExistingDirectory(
            self._window, "Open a folder of DICOM files or a case"
        )
        if folder:
            self.open_path(Path(folder))

    def ask_file(self) -> None:
        """Choose a volume file and open it."""
        kinds = " ".join(f"*{each}" for each in VOLUME_FILES)
        file, _ = QFileDialog.getOpenFileName(
            self._window, "Open a volume", "", f"Volumes ({kinds});;DICOM and other files (*)"
        )
        if file:
            self.open_path(Path(file))

    def open_example(self) -> None:
        """Open the example that comes along."""
        self.open_path(resource("example"))

    def open_path(self, path: Path) -> None:
        """Open what lies at a path, after asking when work would be lost."""
        if self.may_lose_work():
            self.session.jobs.cancel_all()
            self.session.find(path)

    def choose_series(self, source: Source) -> None:
        """Let the person choose one of several series."""
        dialog = SeriesDialog(source, self._window)
        dialog.accepted.connect(lambda: self.session.open(source, dialog.chosen))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def save(self) -> None:
        """Save the case where it came from, or ask where."""
        if self.session.place is None:
            self.save_as()
        else:
            self.save_to(self.session.place, overwrite=True)

    def save_as(self) -> None:
        """Choose where to save the case."""
        name, _ = QFileDialog.getSaveFileName(
            self._window,
            "Save the case as a folder",
            str(Path.home() / f"{self.session.title or 'case'}-angioscape"),
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if name:
            folder = Path(name)
            replaces = is_case(folder) and self._confirm(
                f"{folder.name} holds a case already. Replace it?", "Replace"
            )
            self.save_to(folder, overwrite=replaces)

    def save_to(self, folder: Path, *, overwrite: bool = False) -> Job:
        """Save the case in a folder."""
        return self.session.save(folder, overwrite=overwrite, picture=draw_overview)

    def save_picture(self, panes: QWidget) -> None:
        """Save the panes as they stand, with all that is written on them."""
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Save the panes as a picture", "", "PNG (*.png)"
        )
        if name:
            path = Path(name).with_suffix(".png")
            if not panes.grab().save(str(path)):
                raise ViewerError(f"The picture could not be written to {path}; try another place.")
            self.session.say("info", f"Saved the picture in {path}.")

    def close_case(self) -> None:
        """Close the case, after asking when work would be lost."""
        if self.may_lose_work():
            self.session.close_case()

    def may_lose_work(self) -> bool:
        """Whether the case may go: nothing is lost by it, or the person said so."""
        worked = self.session.unsaved and bool(self.session.history.undo_name)
        return not worked or self._confirm(
            "The case has changes that are not saved. Go on without saving?", "Go on"
        )

    def _confirm(self, question: str, yes: str) -> bool:
        box = QMessageBox(QMessageBox.Icon.Question, "Angioscape", question, parent=self._window)
        go = box.addButton(yes, QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.exec()
        return box.clickedButton() is go
