"""What a person can do with the vessel tree by hand."""

from viewer.session.session import Session
from viewer.window.action import Action, has_tree


def may_change(session: Session) -> bool:
    """Possible with traced vessels, while no step runs."""
    return has_tree(session) and session.may_edit


# fmt: off
TREE_ACTIONS: tuple[Action, ...] = (
    Action("tool-ends", "Ends of vessels", "Tools", lambda w: w.panes.pick_tool("ends"), "U",
           "git-branch", True, has_tree, lambda s: s.view.tool == "ends",
           "Click a vessel to trace it to there, drag a ring, Del deletes its line from the tree"),
    Action("delete-end", "Delete the picked end", "Vessel", lambda w: w.tree.hand.delete(),
           enabled=may_change,
           tip="The tree without this vessel; the map keeps it (also Del, with the tool)"),
    Action("set-root", "Set the root here", "Vessel", lambda w: w.tree.set_root_here(), "Shift+U",
           enabled=may_change, tip="The tree begins at the end nearest to the cursor"),
    Action("rename-vessel", "Rename the vessel …", "Vessel", lambda w: w.tree.rename_here(), "F2",
           enabled=may_change, tip="The selected vessel, or the one at the cursor"),
)
# fmt: on
