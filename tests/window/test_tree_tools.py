import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from tests.window.hand import click, drag, let_go, move, press
from viewer.geometry.ends import end_at, free_ends
from viewer.scene.turn import to_point
from viewer.window.rename_vessel import RenameVessel

pytestmark = pytest.mark.gui
SLICE = "axial"


@pytest.fixture
def a_tip(an_open_window):
    """The end of the left renal artery."""
    tree = an_open_window.session.case.tree
    tips = [end for end in free_ends(tree) if not end.is_root]
    return next(end for end in tips if "left renal" in tree.branches[end.branch].name)


@pytest.fixture
def a_slice(an_open_window, a_tip, trigger, qtbot):
    """The axial slice through that end, with the tool in the hand."""
    an_open_window.session.view.cursor_lps = to_point(a_tip.point_lps)
    trigger("tool-ends")
    qtbot.wait(30)
    return an_open_window.panes.slices[SLICE]


@pytest.fixture
def done(an_open_window, qtbot):
    """Waits for the tree to be changed."""

    def wait(before):
        session = an_open_window.session
        qtbot.waitUntil(lambda: session.case.tree is not before.tree, timeout=20_000)
        qtbot.waitUntil(lambda: session.jobs.current is None, timeout=20_000)

    return wait


def place(view, point):
    return view.plane().pixel(np.asarray(point))


def last_words(window):
    return window.session.messages[-1].text


def test_a_ring_is_picked_and_del_deletes_its_vessel(
    an_open_window, a_tip, a_slice, done, trigger, qtbot
):
    session, before = an_open_window.session, an_open_window.session.case
    click(a_slice, place(a_slice, a_tip.point_lps))
    assert an_open_window.tree.hand.picked_end.branch == a_tip.branch
    assert session.branch == a_tip.branch
    a_slice.setFocus()
    QTest.keyClick(a_slice, Qt.Key.Key_Delete)
    done(before)
    assert end_at(session.case.tree, a_tip.point_lps) is None
    assert session.case.mask is before.mask, "the map keeps the vessel"
    assert session.branch is None
    assert an_open_window.qactions["undo"].text() == "Undo end deleted of the left renal artery"
    trigger("undo")
    assert session.case.tree is before.tree
    trigger("redo")
    assert end_at(session.case.tree, a_tip.point_lps) is None


def test_a_click_beside_all_rings_adds_an_end(an_open_window, a_tip, a_slice, done, trigger, qtbot):
    session, whole = an_open_window.session, an_open_window.session.case
    click(a_slice, place(a_slice, a_tip.point_lps))
    trigger("delete-end")
    done(whole)
    less = session.case
    qtbot.wait(30)
    click(a_slice, place(a_slice, a_tip.point_lps))
    done(less)
    again = end_at(session.case.tree, a_tip.point_lps)
    assert again is not None
    assert np.linalg.norm(again.point_lps - a_tip.point_lps) < 1.5
    assert session.history.undo_name == "End added to the left renal artery"
    assert len(session.case.tree.branches) == len(whole.tree.branches)


def test_a_click_where_no_vessel_is_says_what_to_do(an_open_window, a_slice, qtbot):
    session, before = an_open_window.session, an_open_window.session.case
    click(a_slice, (12, 12))
    qtbot.waitUntil(lambda: "no artery" in last_words(an_open_window), timeout=5000)
    assert "add the vessel to the map first (tool Add vessel, G)" in last_words(an_open_window)
    assert session.case is before


def test_a_ring_is_dragged_along_its_vessel_and_esc_puts_it_back(
    an_open_window, a_tip, a_slice, done, qtbot
):
    session, before = an_open_window.session, an_open_window.session.case
    branch = before.tree.branches[a_tip.branch]
    depth = np.abs(branch.points_lps[:, 2] - a_tip.point_lps[2])
    to = branch.points_lps[int(np.flatnonzero(depth < 1.0)[0])]
    start, stop = place(a_slice, a_tip.point_lps), place(a_slice, to)
    a_slice.setFocus()
    press(a_slice, start)
    move(a_slice, stop)
    assert an_open_window.tree.hand.dragged_to is not None
    QTest.keyClick(a_slice, Qt.Key.Key_Escape)
    let_go(a_slice, stop)
    assert session.case is before
    drag(a_slice, start, stop)
    done(before)
    moved = session.case.tree.branches[a_tip.branch]
    assert moved.length_mm < branch.length_mm - 2
    assert session.history.undo_name == "End dragged of the left renal artery"
    others = [n for n in range(len(before.tree.branches)) if n != a_tip.branch]
    assert all(
        session.case.tree.branches[n].points_lps is before.tree.branches[n].points_lps
        for n in others
    )


def test_in_3d_a_click_adds_and_a_drag_beside_the_rings_turns(
    an_open_window, a_tip, trigger, qtbot
):
    scene = an_open_window.panes.scene
    qtbot.waitUntil(lambda: not scene.preparing and not scene.scene.empty, timeout=30_000)
    trigger("tool-ends")
    hand = an_open_window.tree.hand
    sight = an_open_window.tree.rings["3-D"]._sight()
    click(scene, sight.pixel(a_tip.point_lps))
    assert hand.picked_end.branch == a_tip.branch
    before = scene.scene.axes[2].copy()
    drag(scene, (5, 5), (40, 30), (60, 60))
    assert not np.allclose(before, scene.scene.axes[2])
    assert hand.picked_end.branch == a_tip.branch
    assert an_open_window.session.case.by_hand is None


def test_the_root_is_set_at_the_end_nearest_to_the_cursor(an_open_window, a_tip, done, trigger):
    session, before = an_open_window.session, an_open_window.session.case
    session.view.cursor_lps = to_point(a_tip.point_lps)
    trigger("set-root")
    if session.case.tree is before.tree:
        done(before)
    root = next(end for end in free_ends(session.case.tree) if end.is_root)
    np.testing.assert_allclose(root.point_lps, a_tip.point_lps, atol=1e-9)
    assert session.history.undo_name == "Root set"


def test_a_vessel_is_renamed_and_named_by_the_program_again(
    an_open_window, a_tip, done, trigger, qtbot
):
    session, before = an_open_window.session, an_open_window.session.case
    session.select(a_tip.branch)
    an_open_window.qactions["rename-vessel"].trigger()
    dialog = an_open_window.findChild(RenameVessel)
    assert dialog.told.text().startswith("Named by the program, ")
    assert dialog.told.text() in an_open_window.inspector.selected.text()
    assert not dialog.back.isVisible()
    dialog.name.setText("   ")
    dialog._check()
    assert not dialog.buttons.button(dialog.buttons.StandardButton.Ok).isEnabled()
    dialog.name.setText("left accessory renal artery")
    dialog._take()
    done(before)
    named = session.case
    assert session.branch == a_tip.branch, "the vessel stays selected"
    assert named.tree.branches[a_tip.branch].name == "left accessory renal artery"
    assert session.history.undo_name == "Named left accessory renal artery"
    qtbot.wait(20)
    session.select(a_tip.branch)
    an_open_window.qactions["rename-vessel"].trigger()
    dialog = an_open_window.findChild(RenameVessel)
    assert dialog.told.text() == "Named by hand."
    assert "Named by hand." in an_open_window.inspector.selected.text()
    assert dialog.back.text() == "As named by the program: left renal artery"
    dialog.back.click()
    done(named)
    assert session.case.tree.branches[a_tip.branch].name == "left renal artery"
    assert session.case.by_hand.names == ()


def test_the_menu_of_a_slice_offers_what_can_be_done_to_the_vessel(
    an_open_window, a_tip, a_slice, done, qtbot
):
    before = an_open_window.session.case
    at = place(a_slice, a_tip.point_lps)
    click(a_slice, at, button=Qt.MouseButton.RightButton)
    menu = next(m for m in an_open_window.findChildren(QMenu) if m.isVisible())
    offered = {action.text(): action for action in menu.actions()}
    offered["Set the root here"].trigger()
    menu.close()
    done(before)
    assert an_open_window.session.case.by_hand.root_lps is not None


def test_flags_are_kept_with_the_case_and_undone(an_open_window, trigger, qtbot):
    session, vessel = an_open_window.session, an_open_window.panes.vessel.vessel
    trigger("layout-vessel")
    qtbot.waitUntil(lambda: vessel.sections is not None, timeout=30_000)
    qtbot.waitUntil(lambda: vessel.flags is not None, timeout=5000)
    proposed = vessel.flags
    vessel.set_flag("minimum", proposed.minimum_mm + 2.0)
    assert vessel.proposed == {"proximal", "distal"}
    qtbot.waitUntil(lambda: session.case.by_hand is not None, timeout=5000)
    (kept,) = session.case.by_hand.flags
    assert kept.own == ("minimum",)
    assert session.history.undo_name == "Flags placed"
    trigger("accept-flags")
    qtbot.waitUntil(lambda: len(session.case.by_hand.flags[0].own) == 3, timeout=5000)
    assert len(session.case.by_hand.flags) == 1
    own = vessel.flags
    branch = vessel.chosen
    trigger("vessel-next")
    qtbot.waitUntil(lambda: vessel.sections is not None, timeout=30_000)
    assert vessel.proposed == {"proximal", "minimum", "distal"}
    session.select(branch)
    qtbot.waitUntil(lambda: vessel.sections is not None and vessel.proposed == set(), timeout=9000)
    assert vessel.flags.minimum_mm == pytest.approx(own.minimum_mm, abs=0.05)
    trigger("undo")
    assert vessel.proposed == {"proximal", "distal"}
    trigger("undo")
    assert session.case.by_hand is None
    assert vessel.proposed == {"proximal", "minimum", "distal"}
    assert vessel.flags.minimum_mm == pytest.approx(proposed.minimum_mm, abs=0.05)


def test_flags_stand_again_after_a_new_tracing(an_open_window, trigger, qtbot):
    session, vessel = an_open_window.session, an_open_window.panes.vessel.vessel
    trigger("layout-vessel")
    qtbot.waitUntil(lambda: vessel.flags is not None, timeout=30_000)
    vessel.set_flag("minimum", vessel.flags.minimum_mm + 2.0)
    at = vessel.flags.minimum_mm
    qtbot.waitUntil(lambda: session.case.by_hand is not None, timeout=5000)
    branch = vessel.chosen
    trigger("run-trace")
    session.select(branch)
    qtbot.waitUntil(
        lambda: vessel.sections is not None and vessel.proposed == {"proximal", "distal"},
        timeout=30_000,
    )
    assert vessel.flags.minimum_mm == pytest.approx(at, abs=0.3)


def test_where_the_pointer_rests_the_way_is_shown_that_a_click_would_trace(
    an_open_window, a_tip, a_slice, done, trigger, qtbot
):
    session, whole = an_open_window.session, an_open_window.session.case
    hand = an_open_window.tree.hand
    click(a_slice, place(a_slice, a_tip.point_lps))
    trigger("delete-end")
    done(whole)
    qtbot.wait(30)
    at = place(a_slice, a_tip.point_lps)
    before = a_slice.grab().toImage()
    move(a_slice, at, Qt.MouseButton.NoButton)
    qtbot.waitUntil(lambda: hand.way is not None, timeout=5000)
    assert np.linalg.norm(hand.way.points_lps[-1] - a_tip.point_lps) < 1.5
    assert a_slice.grab().toImage() != before
    assert end_at(session.case.tree, a_tip.point_lps) is None
    told = []
    session.previewed.connect(lambda _, words: told.append(words))
    move(a_slice, (10, 10), Qt.MouseButton.NoButton)
    assert hand.way is None
    qtbot.waitUntil(lambda: any("no artery" in words for words in told), timeout=5000)


def test_what_was_measured_of_another_vessel_holds(an_open_window, a_tip, done, trigger, qtbot):
    session, vessel = an_open_window.session, an_open_window.panes.vessel.vessel
    tree = session.case.tree
    other = next(n for n, b in enumerate(tree.branches) if "right renal" in b.name)
    session.select(other)
    trigger("layout-vessel")
    qtbot.waitUntil(lambda: vessel.sections is not None, timeout=30_000)
    sections, flags, before = vessel.sections, vessel.flags, session.case
    an_open_window.tree.hand.delete(a_tip.point_lps)
    done(before)
    assert "right renal" in session.case.tree.branches[session.branch].name
    assert vessel.sections is sections
    assert vessel.flags is flags
