"""What can be done by hand to the vessel at a point, as rows of a menu."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from viewer.window.main_window import MainWindow


def show_tree_menu(window: "MainWindow", point_lps: np.ndarray, place: QPoint) -> None:
    """Offer what can be done to the vessel at a point."""
    menu = QMenu(window)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    add_tree_rows(window, menu, point_lps)
    menu.popup(place)


def add_tree_rows(window: "MainWindow", menu: QMenu, point_lps: np.ndarray) -> None:
    """Add the rows for the vessel at a point to a menu."""
    hand = window.tree.hand
    for title, run in (
        ("Set the root here", hand.set_root),
        ("Add an end here", hand.add),
        ("Delete the end here", hand.delete),
        ("Rename this vessel …", window.tree.rename_at),
    ):
        offered = menu.addAction(title, lambda run=run: run(point_lps))
        offered.setEnabled(window.qactions["set-root"].isEnabled())
