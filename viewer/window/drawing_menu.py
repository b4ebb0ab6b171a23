"""The menu of a drawing, and the question for its name."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from viewer.errors import ViewerError
from viewer.geometry.drawn import Drawing
from viewer.session.session import Session
from viewer.window.pencil import Pencil


def show_drawing_menu(
    session: Session, pencil: Pencil, parent: QWidget, drawing: Drawing, place: QPoint
) -> None:
    """Offer to go to a drawing, to name it, to copy its numbers and to delete it."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction("Go there", lambda: pencil.go_to(drawing))
    menu.addAction("Rename …", lambda: ask_name(session, pencil, parent, drawing))
    menu.addAction("Copy its numbers", lambda: pencil.copy(drawing))
    menu.addSeparator()
    menu.addAction("Delete", lambda: pencil.delete(drawing))
    menu.popup(place)


def ask_name(session: Session, pencil: Pencil, parent: QWidget, drawing: Drawing) -> None:
    """Ask for another name of a drawing; one that cannot be is told in a sentence."""
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Rename")
    dialog.setLabelText(f"Name of {drawing.name}")
    dialog.setTextValue(drawing.name)

    def take(name: str) -> None:
        try:
            pencil.rename(drawing, name)
        except ViewerError as error:
            session.say("caution", str(error))

    dialog.textValueSelected.connect(take)
    dialog.open()
