"""Everything that a person can do: one table makes menu, toolbar, palette, keys and docs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.case import pipeline
from viewer.scene.colors import VOLUME_PRESETS
from viewer.session.session import Session

if TYPE_CHECKING:
    from viewer.window.main_window import MainWindow

MENUS = ("File", "Edit", "Steps", "Tools", "View", "3-D", "Vessel", "Teach", "Help")


def always(_: Session) -> bool:
    """Possible at any time."""
    return True


def has_volume(session: Session) -> bool:
    """Possible with a scan."""
    return session.case.volume is not None


def has_mask(session: Session) -> bool:
    """Possible with segmented vessels."""
    return session.case.mask is not None


def fits(session: Session) -> bool:
    """Possible on a scan that is fit for the vessel step."""
    return session.case.volume is not None and session.case.suitability is not None


def has_tree(session: Session) -> bool:
    """Possible with traced vessels."""
    return session.case.tree is not None


def shows_vessel(session: Session) -> bool:
    """Possible in the layout of one vessel."""
    return has_tree(session) and session.view.layout == "vessel"


def has_truth(session: Session) -> bool:
    """Possible on a made-up patient."""
    return session.case.truth is not None


def has_confidence(session: Session) -> bool:
    """Possible on vessels that networks found."""
    mask = session.case.mask
    return mask is not None and mask.confidence is not None


def has_places(session: Session) -> bool:
    """Possible where a notice names a place."""
    return any(notice.point_lps is not None for notice in session.case.warnings)


def has_bridges(session: Session) -> bool:
    """Possible where bridges are proposed."""
    return bool(session.case.bridges)


def idle_with_bridges(session: Session) -> bool:
    """Possible where bridges are proposed, while nothing but tracing runs."""
    return has_bridges(session) and session.may_edit


def step_ready(name: str) -> Callable[[Session], bool]:
    """Possible when a step is not blocked and nothing runs."""
    step = pipeline.step_named(name)

    def ready(session: Session) -> bool:
        return session.jobs.current is None and pipeline.state(session.case, step)[0] != "blocked"

    return ready


def idle_with_volume(session: Session) -> bool:
    """Possible with a scan while nothing runs."""
    return has_volume(session) and session.jobs.current is None


@dataclass(frozen=True)
class Action:
    """One thing that a person can do.

    `shortcut` is a Qt key sequence; `checked` says whether a switch is on (None: not a switch).
    """

    name: str
    title: str
    menu: str
    run: Callable[["MainWindow"], object]
    shortcut: str = ""
    icon: str = ""
    toolbar: bool = False
    enabled: Callable[[Session], bool] = always
    checked: Callable[[Session], bool] | None = None
    tip: str = ""


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


def _view(name: str, title: str, key: str, field: str, tip: str) -> Action:
    return Action(
        name,
        title,
        "View",
        lambda w: w.panes.toggle(field),
        key,
        enabled=has_volume,
        checked=lambda s: bool(getattr(s.view, field)),
        tip=tip,
    )


def _step(name: str, key: str) -> Action:
    step = pipeline.step_named(name)
    return Action(
        f"run-{name}",
        f"Run {step.title.lower()}" if name != "suitability" else "Check the scan",
        "Steps",
        lambda w: w.run_step(name),
        key,
        enabled=step_ready(name),
        tip=step.tip,
    )


def _window_preset(key: int, title: str) -> Action:
    return Action(
        f"window-{key}",
        f"Window: {title}",
        "View",
        lambda w: w.panes.window_preset(key),
        str(key),
        enabled=has_volume,
    )


def _slab(mode: str, title: str, key: str) -> Action:
    return Action(
        f"slab-{mode}",
        title,
        "View",
        lambda w: w.panes.slab(mode),
        key,
        enabled=has_volume,
        checked=lambda s: s.view.slab_mode == mode,
    )


def _layout(name: str, title: str, key: str, icon: str) -> Action:
    return Action(
        f"layout-{name}",
        title,
        "View",
        lambda w: w.panes.lay_out(name),
        key,
        icon,
        True,
        has_volume,
        lambda s: s.view.layout == name and not s.view.maximized,
        "How the panes are arranged",
    )


def _flag(name: str, title: str, key: str) -> Action:
    return Action(
        f"flag-{name}",
        f"{title} here",
        "Vessel",
        lambda w: w.panes.vessel.vessel.set_flag(name),
        key,
        enabled=shows_vessel,
        tip=f'Put the flag "{title.lower()}" at the cursor',
    )


def _look(letter: str, title: str) -> Action:
    return Action(
        f"look-{letter}",
        f"Look from {title}",
        "3-D",
        lambda w: w.panes.look_from(letter),
        f"Alt+{letter}",
        enabled=has_volume,
    )


# fmt: off
ACTIONS: tuple[Action, ...] = (
    Action("open-folder", "Open folder …", "File", lambda w: w.files.ask_folder(), "Ctrl+O",
           "folder-open", True, tip="Open a folder of DICOM files or a saved case"),
    Action("open-file", "Open file …", "File", lambda w: w.files.ask_file(), "Ctrl+Shift+O",
           tip="Open a NIfTI, NRRD or MetaImage volume"),
    Action("open-example", "Open the example", "File", lambda w: w.files.open_example(), "Ctrl+E"),
    Action("new-synthetic", "New synthetic case …", "File", lambda w: w.teaching.ask_recipe(),
           "Ctrl+N", tip="Make up a patient with exact truth and no person behind it"),
    Action("save", "Save case", "File", lambda w: w.files.save(), "Ctrl+S", "floppy-disk", True,
           idle_with_volume, tip="Write the case folder"),
    Action("save-as", "Save case as …", "File", lambda w: w.files.save_as(), "Ctrl+Shift+S",
           enabled=idle_with_volume),
    Action("save-picture", "Save picture …", "File", lambda w: w.files.save_picture(w.panes),
           "Ctrl+P", "camera", True, has_volume, tip="Save the panes as they stand as a picture"),
    Action("close-case", "Close case", "File", lambda w: w.files.close_case(), "Ctrl+W",
           enabled=has_volume),
    Action("quit", "Quit", "File", lambda w: w.close(), "Ctrl+Q"),
    Action("undo", "Undo", "Edit", lambda w: w.session.undo(), "Ctrl+Z",
           "arrow-counter-clockwise", True,
           lambda s: bool(s.history.undo_name) and s.jobs.current is None),
    Action("redo", "Redo", "Edit", lambda w: w.session.redo(), "Ctrl+Shift+Z",
           "arrow-clockwise", True,
           lambda s: bool(s.history.redo_name) and s.jobs.current is None),
    Action("settings", "Settings …", "Edit", lambda w: w.show_settings(), "Ctrl+,"),
    Action("run-all", "Reconstruct", "Steps", lambda w: w.run_all(), "F5", "play", True,
           idle_with_volume, tip="Run every step: from the scan to the 3-D map of its vessels"),
    Action("next-step", "Next step", "Steps", lambda w: w.next_step(), "Space",
           enabled=idle_with_volume, tip="Run the next step that is ready"),
    _step("suitability", "Alt+1"), _step("enhance", "Alt+2"),
    _step("segment", "Alt+3"), _step("trace", "Alt+4"),
    Action("cancel", "Cancel", "Steps", lambda w: w.cancel(), "Esc",
           enabled=lambda s: s.jobs.current is not None, tip="Stop what is running"),
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
    _layout("2x2", "Four panes", "Ctrl+Shift+1", "grid-four"),
    _layout("1+3", "One large, three small", "Ctrl+Shift+2", "layout"),
    _layout("1x1", "One pane", "Ctrl+Shift+3", "square"),
    _layout("vessel", "One vessel", "Ctrl+Shift+4", "path"),
    *(Action(f"pane-{i + 1}", f"Go to the {name} pane", "View",
             lambda w, name=name: w.panes.focus(name), f"Ctrl+{i + 1}", enabled=has_volume)
      for i, name in enumerate(("axial", "coronal", "sagittal", "3-D"))),
    Action("maximize", "Maximize this pane and back", "View", lambda w: w.panes.maximize_focused(),
           "F10", enabled=has_volume),
    _view("crosshair", "Crosshair", "Ctrl+H", "crosshair", "Lines of the other planes"),
    _view("corners", "Corner text", "Ctrl+T", "corners", "Patient, study, technique, position"),
    _view("outline", "Outline of the mask", "Ctrl+U", "mask_outline", ""),
    Action("fill", "Fill of the mask", "View", lambda w: w.panes.toggle_fill(), "Ctrl+F",
           enabled=has_mask, checked=lambda s: s.view.mask_fill > 0),
    Action("confidence", "Tint by confidence", "View",
           lambda w: w.panes.toggle("confidence_shown"), "Ctrl+I", enabled=has_confidence,
           checked=lambda s: s.view.confidence_shown,
           tip="Color the mask by how sure the program is"),
    Action("straighten", "Straighten the planes", "View", lambda w: w.panes.straighten(), "Ctrl+0",
           enabled=has_volume, tip="Back from oblique to axial, coronal and sagittal"),
    Action("fit", "Fit the picture", "View", lambda w: w.panes.fit(), "Home", "arrows-out", True,
           enabled=has_volume, tip="Whole scan in every pane"),
    _slab("off", "Single slice", "Ctrl+Alt+0"), _slab("mip", "Slab: MIP", "Ctrl+Alt+1"),
    _slab("minip", "Slab: MinIP", "Ctrl+Alt+2"), _slab("mean", "Slab: mean", "Ctrl+Alt+3"),
    Action("slab-thicker", "Thicker slab", "View", lambda w: w.panes.thicker(1.25), "Ctrl+Alt+Up",
           enabled=lambda s: has_volume(s) and s.view.slab_mode != "off"),
    Action("slab-thinner", "Thinner slab", "View", lambda w: w.panes.thicker(0.8), "Ctrl+Alt+Down",
           enabled=lambda s: has_volume(s) and s.view.slab_mode != "off"),
    _window_preset(0, "from the histogram"), _window_preset(1, "soft tissue 400/40"),
    _window_preset(2, "lung 1500/-600"), _window_preset(3, "bone 2000/350"),
    _window_preset(4, "brain 80/40"), _window_preset(5, "mediastinum 400/80"),
    _window_preset(6, "angio 700/200"),
    Action("full-screen", "Full screen", "View", lambda w: w.full_screen(), "F11"),
    _look("A", "the front"), _look("P", "the back"), _look("L", "the left"),
    _look("R", "the right"), _look("H", "the head"), _look("F", "the feet"),
    *(Action(f"preset-{name}", f"Volume: {title}", "3-D",
             lambda w, name=name: w.panes.volume_preset(name), enabled=has_volume,
             checked=lambda s, name=name: s.view.volume_preset == name)
      for name, title in ((each, each.replace("_", " ")) for each in VOLUME_PRESETS)),
    Action("remove-bones", "Remove bones", "3-D", lambda w: w.panes.toggle("bones_shown"),
           "Ctrl+Shift+B", "eye-slash", True, has_mask,
           lambda s: not s.view.bones_shown, "The volume in 3-D without bones and metal"),
    Action("organs", "Organs in 3-D", "3-D", lambda w: w.panes.toggle("organs_shown"),
           "Ctrl+Shift+G", enabled=has_mask, checked=lambda s: s.view.organs_shown,
           tip="Heart chambers and organs in the volume; their volumes stand in the inspector"),
    Action("color-radius", "Color the vessels by radius", "3-D",
           lambda w: w.panes.color_by_radius(), "Ctrl+R", enabled=has_tree,
           checked=lambda s: s.view.surface_color == "radius"),
    Action("tree", "Centerlines", "3-D", lambda w: w.panes.toggle("tree_shown"), "Ctrl+D",
           enabled=has_tree, checked=lambda s: s.view.tree_shown),
    Action("planes", "Slice planes in 3-D", "3-D", lambda w: w.panes.toggle("planes_shown"),
           "Ctrl+K", enabled=has_volume, checked=lambda s: s.view.planes_shown),
    Action("clip-box", "Clip box", "3-D", lambda w: w.panes.toggle("clip_box"), "Ctrl+B",
           enabled=has_volume, checked=lambda s: s.view.clip_box),
    Action("shading", "Shading", "3-D", lambda w: w.panes.toggle("shading"), enabled=has_volume,
           checked=lambda s: s.view.shading),
    Action("vessel-sheet", "Stretched curved view", "Vessel",
           lambda w: w.panes.vessel.toggle_sheet(), "T", enabled=shows_vessel,
           checked=lambda s: s.view.vessel_sheet == "stretched",
           tip="The vessel with its bends, rolled out; else straight"),
    Action("vessel-area", "Area along the vessel", "Vessel",
           lambda w: w.panes.vessel.toggle_profile(), "Shift+T", enabled=shows_vessel,
           checked=lambda s: s.view.vessel_profile == "area",
           tip="The profile shows the area instead of the diameter"),
    Action("vessel-turn", "Turn the curved view", "Vessel",
           lambda w: w.panes.vessel.vessel.turn(10), ".", enabled=shows_vessel,
           tip="By ten degrees about the vessel"),
    Action("vessel-turn-back", "Turn the curved view back", "Vessel",
           lambda w: w.panes.vessel.vessel.turn(-10), ",", enabled=shows_vessel),
    Action("vessel-on", "On along the vessel", "Vessel",
           lambda w: w.panes.vessel.vessel.step(1), "Ctrl+Right", enabled=shows_vessel,
           tip="By a millimeter (also the wheel)"),
    Action("vessel-back", "Back along the vessel", "Vessel",
           lambda w: w.panes.vessel.vessel.step(-1), "Ctrl+Left", enabled=shows_vessel),
    _flag("proximal", "Proximal normal", "Ctrl+Alt+P"), _flag("minimum", "Minimum", "Ctrl+Alt+M"),
    _flag("distal", "Distal normal", "Ctrl+Alt+D"),
    Action("accept-flags", "Accept the flags", "Vessel",
           lambda w: w.panes.vessel.vessel.accept_flags(), "Ctrl+Alt+Return", enabled=shows_vessel,
           tip="The normal places and the minimum stand where they should"),
    Action("vessel-next", "Next vessel", "Vessel",
           lambda w: w.panes.vessel.vessel.choose_next(1), "Ctrl+]", enabled=shows_vessel),
    Action("vessel-previous", "Previous vessel", "Vessel",
           lambda w: w.panes.vessel.vessel.choose_next(-1), "Ctrl+[", enabled=shows_vessel),
    Action("copy-vessel", "Copy the vessel's measurements", "Vessel",
           lambda w: w.panes.vessel.table.copy(), "Ctrl+Shift+C", enabled=shows_vessel),
    Action("quiz", "Quiz on a new patient", "Teach", lambda w: w.teaching.next_patient(), "Ctrl+J",
           tip="Find the diseases of a made-up patient, measure them, compare with the truth"),
    Action("quiz-case", "Quiz on this case", "Teach", lambda w: w.teaching.begin(), "Ctrl+Shift+J",
           enabled=has_truth, tip="Ask for the diseases of the made-up patient that is open"),
    Action("tool-mark", "Mark a disease", "Teach", lambda w: w.teaching.pick_mark(), "M",
           enabled=has_truth, checked=lambda s: s.view.tool == "mark",
           tip="Click where a disease lies; then name and measure it at the right"),
    Action("mark-cursor", "Mark at the crosshair", "Teach", lambda w: w.teaching.mark_cursor(),
           "Shift+M", enabled=has_truth, tip="Mark a disease without the mouse"),
    Action("unmark", "Take the last mark back", "Teach", lambda w: w.quiz.take_back(), "Ctrl+M",
           enabled=has_truth),
    Action("compare", "Compare with the truth", "Teach", lambda w: w.teaching.compare(),
           "Ctrl+Return", enabled=has_truth, tip="Show what was there, and what was found of it"),
    Action("show-truth", "Take the true vessels", "Teach", lambda w: w.teaching.show_truth(),
           enabled=lambda s: has_truth(s) and s.jobs.current is None,
           tip="Show the true vessels, bones and organs as the mask; can be undone"),
    Action("palette", "Find an action …", "Help", lambda w: w.show_palette(), "Ctrl+Shift+P",
           "command", True),
    Action("shortcuts", "Keys and mouse", "Help", lambda w: w.show_shortcuts(), "?",
           "keyboard", True),
    Action("log", "Messages and log", "Help", lambda w: w.show_log(), "Ctrl+L"),
    Action("next-panel", "Next panel", "View", lambda w: w.next_panel(), "F6"),
    Action("help", "Help", "Help", lambda w: w.show_help(), "F1"),
    Action("about", "About Angioscape", "Help", lambda w: w.show_about()),
)
# fmt: on
