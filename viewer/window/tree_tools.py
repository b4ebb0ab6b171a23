"""The tools for the vessel tree: rings at its ends in every view, menus, names, flags."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from viewer.session.session import Session
from viewer.window.ends_layer import EndsLayer, SceneSight, SliceSight
from viewer.window.kept_flags import KeptFlags
from viewer.window.pane_3d import Pane3D
from viewer.window.pane_grid import PaneGrid
from viewer.window.rename_vessel import ask_vessel_name
from viewer.window.slice_pane import SlicePane
from viewer.window.tree_hand import TreeHand
from viewer.window.tree_menu import show_tree_menu

if TYPE_CHECKING:
    from viewer.window.main_window import MainWindow


class TreeTools(QObject):
    """The hand on the tree, its rings over the slices and the 3-D view, and the flags kept."""

    def __init__(self, session: Session, panes: PaneGrid, window: "MainWindow") -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self.hand = TreeHand(session)
        self.rings = {
            name: EndsLayer(self.hand, pane, partial(slice_sight, pane))
            for name, pane in panes.slices.items()
        }
        self.rings["3-D"] = EndsLayer(self.hand, panes.scene, partial(scene_sight, panes.scene))
        self.rings["3-D"].menu_wanted.connect(
            lambda point, place: show_tree_menu(window, point, place)
        )
        self.flags = KeptFlags(session, panes.vessel.vessel)

    @property
    def _here(self) -> np.ndarray:
        return np.array(self._session.view.cursor_lps)

    def set_root_here(self) -> None:
        """Let the tree begin at the end nearest to the cursor."""
        self.hand.set_root(self._here)

    def rename_here(self) -> None:
        """Ask for the name of the selected vessel, or of the one at the cursor."""
        branch = self._session.branch
        if branch is None:
            branch = self.hand.branch_at(self._here)
        if branch is not None:
            ask_vessel_name(self.hand, self._session.case, branch, self._window)

    def rename_at(self, point_lps: np.ndarray) -> None:
        """Ask for the name of the vessel at a point."""
        branch = self.hand.branch_at(point_lps)
        if branch is not None:
            self._session.select(branch)
            ask_vessel_name(self.hand, self._session.case, branch, self._window)

    def release(self) -> None:
        """Stop listening."""
        self.hand.release()
        self.flags.release()


def slice_sight(pane: SlicePane) -> SliceSight | None:
    """How a slice shows points; None without a scan."""
    plane, view = pane.plane(), pane.view
    slab_mm = view.slab_mm if view.slab_mode != "off" else 0.0
    return None if plane is None else SliceSight(plane, slab_mm)


def scene_sight(pane: Pane3D) -> SceneSight | None:
    """How the 3-D view shows points; None where it is empty."""
    if pane.scene.empty:
        return None
    return SceneSight(pane.scene, pane.scene.size[0] / max(pane.width(), 1))
