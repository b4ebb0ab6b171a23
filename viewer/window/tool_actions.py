"""What a person can do with a tool in the hand."""

from viewer.window.action import (
    Action,
    has_bridges,
    has_mask,
    has_places,
    has_volume,
    idle_with_bridges,
)


def _tool(name: str, title: str, key: str, icon: str, tip: str, toolbar: bool = True) -> Action:
    return Action(
        f"tool-{name}",
        title,
        "Tools",
        lambda w: w.panes.pick_tool(name),
        key,
        icon,
        toolbar,
        has_mask if name in ("remove", "swap", "cut", "erase", "paint") else has_volume,
        lambda s: s.view.tool == name,
        tip,
    )


# fmt: off
TOOL_ACTIONS: tuple[Action, ...] = (
    _tool("window", "Window/level", "W", "circle-half",
          "Drag: left and right the width, up and down the level"),
    _tool("pan", "Pan", "P", "hand", "Drag the picture (also the middle button)"),
    _tool("zoom", "Zoom", "Z", "magnifying-glass", "Drag up or down (also the right button)"),
    _tool("scroll", "Scroll", "S", "arrows-down-up", "Drag through the slices (also the wheel)"),
    _tool("crosshair", "Crosshair", "C", "crosshair", "Click or drag: all panes follow"),
    _tool("measure", "Ruler", "L", "ruler",
          "Drag across a vessel on a slice: its length in mm; a click takes the ruler away"),
    _tool("grow", "Add vessel", "G", "plus-circle",
          "Click a vessel that was missed, in a slice or in 3-D (Ctrl: remove)"),
    _tool("remove", "Remove", "R", "minus-circle",
          "Click a branch: it and all that hangs on it goes"),
    _tool("swap", "Artery or vein", "A", "arrows-left-right",
          "Click a vessel of the map: an artery becomes a vein, a vein an artery"),
    Action("take-preview", "Do what the preview shows", "Tools",
           lambda w: w.session.take_preview(), "Return",
           enabled=lambda s: s.preview is not None and s.may_edit,
           tip="With a tool that clicks: rest the pointer, then press Enter or click"),
    _tool("scribble", "Scribble", "D", "scribble-loop",
          "Draw roughly along a missed vessel (Ctrl: take away along the stroke)"),
    _tool("box", "Box", "V", "bounding-box",
          "Drag a box: its vessels are segmented afresh (Ctrl: all vessels in it go)"),
    _tool("cut", "Cut", "X", "scissors", "Draw across a vessel to sever it"),
    _tool("paint", "Paint", "B", "paint-brush", "Draw vessel with the brush ([ and ] its size)"),
    _tool("erase", "Erase", "E", "eraser", "Wipe vessel away with the brush"),
    Action("brush-smaller", "Smaller brush", "Tools", lambda w: w.panes.brush(1 / 1.25), "[",
           enabled=has_mask),
    Action("brush-bigger", "Bigger brush", "Tools", lambda w: w.panes.brush(1.25), "]",
           enabled=has_mask),
    Action("delete-branch", "Remove the selected branch", "Tools",
           lambda w: w.editing.remove_branch(w.session.branch), "Del",
           enabled=lambda s: s.branch is not None and s.jobs.current is None),
    Action("next-doubt", "Next doubtful place", "Tools", lambda w: w.inspector.doubts.next_place(),
           "N", enabled=has_places, tip="Go to the next place that a caution names"),
    Action("next-bridge", "Next proposed bridge", "Tools",
           lambda w: w.inspector.doubts.next_bridge(), "Shift+N", enabled=has_bridges,
           tip="Go to the next gap that could be bridged"),
    Action("accept-bridge", "Accept the bridge", "Tools", lambda w: w.inspector.doubts.accept(),
           "Y", enabled=idle_with_bridges, tip="Make the proposed bridge part of the map"),
    Action("dismiss-bridge", "Dismiss the bridge", "Tools", lambda w: w.inspector.doubts.dismiss(),
           "Shift+Y", enabled=idle_with_bridges, tip="Drop the proposed bridge"),
)
# fmt: on
