"""What a person can do with one vessel."""

from viewer.window.action import Action, shows_vessel


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


def _sheet(name: str, title: str) -> Action:
    return Action(
        f"sheet-{name}",
        f"{title} curved view",
        "Vessel",
        lambda w: w.panes.vessel.show_sheet(name),
        enabled=shows_vessel,
        checked=lambda s: s.view.vessel_sheet == name,
    )


# fmt: off
VESSEL_ACTIONS: tuple[Action, ...] = (
    Action("vessel-sheet", "Next curved view", "Vessel",
           lambda w: w.panes.vessel.next_sheet(), "T", enabled=shows_vessel,
           tip="Straightened, stretched with its bends, or all vessels of the tree"),
    *(_sheet(name, title) for name, title in (
        ("straightened", "Straightened"), ("stretched", "Stretched"), ("tree", "Whole tree"))),
    Action("vessel-branches", "Only what hangs on this vessel", "Vessel",
           lambda w: w.panes.vessel.toggle_branches(), "Ctrl+Alt+T",
           enabled=lambda s: shows_vessel(s) and s.view.vessel_sheet == "tree",
           checked=lambda s: s.view.vessel_branches == "own",
           tip="The sheet of the tree shows the chosen vessel and its branches, else all vessels"),
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
)
# fmt: on
