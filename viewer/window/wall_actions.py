"""What the vessels' wall can be colored by in 3-D."""

from collections.abc import Callable

from viewer.session.session import Session
from viewer.window.action import Action, has_tree
from viewer.window.restored_actions import has_restored


def has_restored_wall(session: Session) -> bool:
    """Possible on vessels of a scan that was restored."""
    return session.case.surface is not None and has_restored(session)


def _color(
    by: str, words: str, key: str, enabled: Callable[[Session], bool], tip: str = ""
) -> Action:
    return Action(
        f"color-{by}",
        f"Color the vessels by {words}",
        "3-D",
        lambda w: w.panes.color_wall(by),
        key,
        enabled=enabled,
        checked=lambda s: s.view.surface_color == by,
        tip=tip,
    )


WALL_ACTIONS: tuple[Action, ...] = (
    _color("radius", "diameter", "Ctrl+R", has_tree),
    _color(
        "origin",
        "origin",
        "Ctrl+Shift+R",
        has_restored_wall,
        "Whence the voxels at the wall come: measured, interpolated, denoised or inferred",
    ),
    _color(
        "error",
        "expected error",
        "Ctrl+Shift+E",
        has_restored_wall,
        "The standard deviation of the error to be expected of the voxels at the wall, in HU",
    ),
)
