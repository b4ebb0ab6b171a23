"""The menu of a short right click on a slice."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from viewer.window.tree_menu import add_tree_rows

if TYPE_CHECKING:
    from viewer.window.main_window import MainWindow

VIEWS = ("fit", "straighten", "slab-off", "slab-mip", "window-1", "window-3", "window-6")


def show_slice_menu(window: "MainWindow", point_lps: np.ndarray, place: QPoint) -> None:
    """Offer to change the vessel at a point, and how slices are shown."""
    menu = QMenu(window)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    editing = window.editing
    for title, tool, run in (
        ("Add this vessel", "tool-grow", editing.grow),
        ("Remove this branch", "tool-remove", editing.remove),
        ("Swap artery and vein", "tool-swap", editing.swap),
    ):
        offered = menu.addAction(title, lambda run=run: run(point_lps))
        offered.setEnabled(window.qactions[tool].isEnabled())
    menu.addSeparator()
    add_tree_rows(window, menu, point_lps)
    menu.addSeparator()
    for name in VIEWS:
        menu.addAction(window.qactions[name])
    menu.popup(place)
