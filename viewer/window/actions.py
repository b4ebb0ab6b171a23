"""Everything that a person can do: one table makes menu, toolbar, palette, keys and docs."""

from viewer.case import pipeline
from viewer.scene.colors import VOLUME_PRESETS
from viewer.window.action import (
    Action,
    has_confidence,
    has_mask,
    has_tree,
    has_volume,
    idle_with_volume,
    may_redo,
    may_undo,
    step_ready,
)
from viewer.window.compare_actions import COMPARE_ACTIONS, cancel, cancels
from viewer.window.findings_actions import FINDINGS_ACTIONS
from viewer.window.restored_actions import RESTORED_ACTIONS
from viewer.window.teach_actions import TEACH_ACTIONS
from viewer.window.tool_actions import TOOL_ACTIONS
from viewer.window.vessel_actions import VESSEL_ACTIONS
from viewer.window.wall_actions import WALL_ACTIONS

MENUS = ("File", "Edit", "Steps", "Tools", "View", "3-D", "Vessel", "Teach", "Help")


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
           may_undo),
    Action("redo", "Redo", "Edit", lambda w: w.session.redo(), "Ctrl+Shift+Z",
           "arrow-clockwise", True,
           may_redo),
    Action("settings", "Settings …", "Edit", lambda w: w.show_settings(), "Ctrl+,"),
    Action("run-all", "Reconstruct", "Steps", lambda w: w.run_all(), "F5", "play", True,
           idle_with_volume, tip="Run every step: from the scan to the 3-D map of its vessels"),
    Action("next-step", "Next step", "Steps", lambda w: w.next_step(), "Space",
           enabled=idle_with_volume, tip="Run the next step that is ready"),
    _step("suitability", "Alt+1"), _step("enhance", "Alt+2"),
    _step("segment", "Alt+3"), _step("trace", "Alt+4"), _step("measure", "Alt+5"),
    *COMPARE_ACTIONS,
    Action("cancel", "Cancel", "Steps", cancel, "Esc", enabled=cancels,
           tip="Take the preview away, or stop what is running"),
    *TOOL_ACTIONS,
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
    *RESTORED_ACTIONS,
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
    *WALL_ACTIONS,
    Action("tree", "Centerlines", "3-D", lambda w: w.panes.toggle("tree_shown"), "Ctrl+D",
           enabled=has_tree, checked=lambda s: s.view.tree_shown),
    Action("planes", "Slice planes in 3-D", "3-D", lambda w: w.panes.toggle("planes_shown"),
           "Ctrl+K", enabled=has_volume, checked=lambda s: s.view.planes_shown),
    Action("clip-box", "Clip box", "3-D", lambda w: w.panes.toggle("clip_box"), "Ctrl+B",
           enabled=has_volume, checked=lambda s: s.view.clip_box),
    Action("shading", "Shading", "3-D", lambda w: w.panes.toggle("shading"), enabled=has_volume,
           checked=lambda s: s.view.shading),
    *VESSEL_ACTIONS,
    *FINDINGS_ACTIONS,
    *TEACH_ACTIONS,
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
