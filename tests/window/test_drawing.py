import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QMenu

from tests.window.hand import click, double_click, drag

pytestmark = pytest.mark.gui


@pytest.fixture
def a_slice(an_open_window):
    return an_open_window.panes.slices["axial"]


@pytest.fixture
def drawings(an_open_window):
    """What is drawn now."""
    return lambda: an_open_window.session.case.drawings or ()


@pytest.fixture
def a_distance(an_open_window, trigger, a_slice, drawings, qtbot):
    """A distance of 60 pixels in the axial slice, drawn by hand."""
    trigger("tool-distance")
    middle = (a_slice.width() / 2, a_slice.height() / 2)
    drag(a_slice, middle, (middle[0] + 30, middle[1]), (middle[0] + 60, middle[1]))
    qtbot.wait(30)
    (made,) = drawings()
    return made


def ends_on(view, drawing, at=0):
    """Where a drawing's points lie in a view."""
    return [view.plane().pixel(np.array(point)) for point in drawing.points_lps]


def test_a_drag_draws_a_distance_that_is_measured_selected_and_undone(
    an_open_window, a_distance, a_slice, drawings, trigger
):
    session = an_open_window.session
    scale = a_slice.plane().mm_per_pixel
    assert a_distance.numbers["length"].value == pytest.approx(60 * scale, rel=1e-6)
    assert a_distance.name == "D1"
    assert a_distance.by == "person"
    assert a_distance.normal_lps == (0.0, 0.0, 1.0)
    assert session.view.drawing == "D1"
    undo = an_open_window.qactions["undo"]
    assert undo.text() == f"Undo distance {60 * scale:.1f} mm"
    trigger("undo")
    assert drawings() == ()
    assert session.view.drawing == ""
    trigger("redo")
    assert drawings() == (a_distance,)


def test_two_clicks_draw_a_distance_too_and_esc_drops_one_begun(
    an_open_window, trigger, a_slice, drawings
):
    trigger("tool-distance")
    click(a_slice, (100, 100))
    assert an_open_window.panes.pencil.sketch is not None
    QTest.keyClick(a_slice, Qt.Key.Key_Escape)
    assert an_open_window.panes.pencil.sketch is None
    click(a_slice, (100, 100), (140, 130))
    (made,) = drawings()
    assert made.numbers["length"].value == pytest.approx(50 * a_slice.plane().mm_per_pixel)


def test_an_angle_two_lines_an_ellipse_and_a_polygon_are_drawn(trigger, a_slice, drawings):
    scale = a_slice.plane().mm_per_pixel
    trigger("tool-angle")
    click(a_slice, (160, 100), (100, 100), (100, 160))
    assert drawings()[-1].numbers["angle"].value == pytest.approx(90)
    trigger("tool-lines")
    drag(a_slice, (40, 40), (80, 40), (90, 40))
    drag(a_slice, (40, 60), (80, 100))
    assert drawings()[-1].numbers["angle"].value == pytest.approx(45)
    trigger("tool-ellipse")
    drag(a_slice, (100, 120), (130, 150), (180, 160))
    numbers = drawings()[-1].numbers
    assert numbers["long diameter"].value == pytest.approx(80 * scale)
    assert numbers["short diameter"].value == pytest.approx(40 * scale)
    assert numbers["voxels"].value > 100
    trigger("tool-polygon")
    click(a_slice, (100, 100), (150, 100), (150, 140))
    double_click(a_slice, (100, 140))
    made = drawings()[-1]
    assert len(made.points_lps) == 4
    assert made.numbers["area"].value == pytest.approx(2000 * scale**2)
    click(a_slice, (20, 20), (60, 20), (60, 60))
    QTest.keyClick(a_slice, Qt.Key.Key_Return)
    assert drawings()[-1].numbers["area"].value == pytest.approx(800 * scale**2)
    click(a_slice, (20, 100), (60, 100), (60, 140), (22, 102))
    assert drawings()[-1].numbers["area"].value == pytest.approx(800 * scale**2)
    assert [each.name for each in drawings()] == ["A1", "A2", "E1", "P1", "P2", "P3"]


def test_a_click_with_hu_statistics_tells_the_hu_of_the_vessel(
    an_open_window, trigger, a_slice, drawings
):
    session = an_open_window.session
    branch = max(session.case.tree.branches, key=lambda each: np.median(each.radius_mm))
    middle = branch.points_lps[len(branch.points_lps) // 2]
    session.view.cursor_lps = tuple(float(v) for v in middle)
    trigger("tool-circle")
    click(a_slice, a_slice.plane().pixel(middle))
    (made,) = drawings()
    assert made.numbers["mean HU"].value == pytest.approx(400, abs=15)
    assert made.numbers["SD HU"].value == pytest.approx(12, abs=12)
    assert made.numbers["long diameter"].value == pytest.approx(8.0)


def test_an_outline_that_crosses_itself_gets_a_sentence(an_open_window, trigger, a_slice, drawings):
    trigger("tool-polygon")
    click(a_slice, (100, 100), (150, 150), (150, 100), (100, 150))
    QTest.keyClick(a_slice, Qt.Key.Key_Return)
    assert drawings() == ()
    assert "crosses itself" in an_open_window.session.messages[-1].text


def test_an_end_is_dragged_with_any_quiet_tool_and_one_undo_puts_it_back(
    an_open_window, a_distance, a_slice, drawings, trigger, qtbot
):
    trigger("tool-window")
    view = an_open_window.session.view
    before = (view.window_hu, view.level_hu)
    x, y = ends_on(a_slice, a_distance)[1]
    drag(a_slice, (x, y), (x + 10, y), (x + 20, y + 30))
    (moved,) = drawings()
    scale = a_slice.plane().mm_per_pixel
    assert moved.numbers["length"].value == pytest.approx(np.hypot(80, 30) * scale, rel=1e-6)
    assert moved.points_lps[0] == pytest.approx(a_distance.points_lps[0])
    assert (view.window_hu, view.level_hu) == before
    qtbot.wait(30)
    drag(a_slice, (x - 20, y + 11), (x - 20, y + 31))
    (again,) = drawings()
    np.testing.assert_allclose(
        np.subtract(again.points_lps, moved.points_lps), np.tile((0, 20 * scale, 0), (2, 1)), atol=1
    )
    trigger("undo")
    trigger("undo")
    assert drawings() == (a_distance,)
    drag(a_slice, (20, 20), (60, 20))
    assert view.window_hu != before[0], "beside a drawing the tool does what it always does"


def test_del_deletes_the_selected_drawing_not_the_branch(
    an_open_window, a_distance, a_slice, drawings, trigger
):
    session = an_open_window.session
    session.select(0)
    a_slice.setFocus()
    tree = session.case.tree
    QTest.keyClick(a_slice, Qt.Key.Key_Delete)
    assert drawings() == ()
    assert session.case.tree is tree
    trigger("undo")
    session.view.drawing = "D1"
    trigger("delete-drawing")
    assert drawings() == ()


def test_a_drawing_is_seen_in_its_slice_alone(an_open_window, a_distance, a_slice, qtbot):
    layer = an_open_window.panes.layers["axial"]
    qtbot.wait(30)
    assert [each.drawing for each in layer.laid] == [a_distance]
    a_slice.step(3)
    qtbot.wait(30)
    assert layer.laid == []
    assert an_open_window.panes.layers["coronal"].laid == []
    an_open_window.panes.pencil.go_to(a_distance)
    qtbot.wait(30)
    assert [each.drawing for each in layer.laid] == [a_distance]


def test_a_drawing_of_an_oblique_plane_is_gone_to_by_turning_the_planes(
    an_open_window, trigger, a_slice, drawings, qtbot
):
    from viewer.scene.turn import turn

    view = an_open_window.session.view
    turn(view, "coronal", 0.4)
    trigger("tool-distance")
    drag(a_slice, (100, 100), (150, 130))
    (made,) = drawings()
    assert abs(made.normal_lps[2]) == pytest.approx(np.cos(0.4))
    trigger("straighten")
    qtbot.wait(30)
    assert an_open_window.panes.layers["axial"].laid == []
    an_open_window.panes.pencil.go_to(made)
    qtbot.wait(30)
    (laid,) = an_open_window.panes.layers["axial"].laid
    assert laid.drawing is made
    assert len(laid.handles) == 2


def test_labels_lie_inside_the_view_and_on_no_other(an_open_window, trigger, a_slice, qtbot):
    trigger("tool-ellipse")
    wide, tall = a_slice.width(), a_slice.height()
    for x, y in ((wide - 70, 60), (wide - 60, 90), (40, tall - 60), (wide / 2, tall / 2)):
        drag(a_slice, (x, y), (x + 20, y + 15), (x + 40, y + 30))
    qtbot.wait(30)
    laid = an_open_window.panes.layers["axial"].laid
    assert len(laid) == 4
    for n, each in enumerate(laid):
        x, y, w, h = each.box
        assert x >= 0
        assert y >= 0
        assert x + w <= wide
        assert y + h <= tall
        for a, b, c, d in (other.box for other in laid[:n]):
            assert x >= a + c or a >= x + w or y >= b + d or b >= y + h


def test_the_list_tells_numbers_goes_there_and_copies(
    an_open_window, a_distance, a_slice, trigger, qtbot
):
    side = an_open_window.inspector.drawings
    length = a_distance.numbers["length"]
    item = side.rows.item(0)
    assert item.text() == f"D1  {length.value:.1f} ± {length.sd:.1f} mm"
    assert not side.isHidden()
    a_slice.step(5)
    side.rows.itemClicked.emit(item)
    assert an_open_window.session.view.cursor_lps[2] == pytest.approx(
        a_distance.points_lps[0][2], abs=1e-6
    )
    trigger("copy-drawings")
    head, row = QGuiApplication.clipboard().text().split("\n")
    assert head.split("\t")[:3] == ["Name", "Kind", "Quantity"]
    assert row.split("\t")[3:6] == [f"{length.value:.2f}", f"{length.sd:.2f}", "mm"]
    QTest.keyClick(side.rows, Qt.Key.Key_Delete)
    assert an_open_window.session.case.drawings is None
    assert side.isHidden()


def test_the_list_has_room_for_its_rows(an_open_window, a_distance, a_slice, trigger, qtbot):
    an_open_window.resize(1600, 960)
    side = an_open_window.inspector.drawings
    trigger("tool-circle")
    click(a_slice, (100, 100), (150, 100), (200, 140))
    qtbot.wait(100)
    rows = side.rows
    assert rows.count() == 4
    last = rows.visualItemRect(rows.item(3))
    assert 0 < last.bottom() <= rows.viewport().height()
    assert rows.height() < last.bottom() + 30
    assert side.copy.y() >= rows.y() + rows.height()
    assert side.height() >= side.copy.y() + side.copy.sizeHint().height()


def test_a_right_click_on_a_drawing_offers_its_menu(
    an_open_window, a_distance, a_slice, drawings, qtbot
):
    (x, y), _ = ends_on(a_slice, a_distance)
    click(a_slice, (x + 20, y), button=Qt.MouseButton.RightButton)
    menu = next(m for m in an_open_window.panes.findChildren(QMenu) if m.isVisible())
    titles = {action.text(): action for action in menu.actions() if action.text()}
    assert set(titles) == {"Go there", "Rename …", "Copy its numbers", "Delete"}
    titles["Rename …"].trigger()
    menu.close()
    dialog = an_open_window.findChild(QInputDialog)
    dialog.setTextValue("Neck")
    dialog.accept()
    (named,) = drawings()
    assert named.name == "Neck"
    assert an_open_window.session.view.drawing == "Neck"
    qtbot.wait(20)


def test_a_name_that_is_taken_gets_a_sentence(an_open_window, a_distance, a_slice, drawings):
    drag(a_slice, (30, 30), (60, 60))
    pencil = an_open_window.panes.pencil
    from viewer.errors import ViewerError

    with pytest.raises(ViewerError, match="called D1 already"):
        pencil.rename(drawings()[1], "D1")


def test_one_draws_while_a_job_runs_and_its_result_is_taken(
    an_open_window, a_slice, drawings, qtbot
):
    session = an_open_window.session
    before = session.case.tree
    session.view.tool = "distance"
    job = session.run("trace")
    drag(a_slice, (100, 100), (140, 130), (150, 130))
    an_open_window.refresh_actions()
    assert an_open_window.qactions["undo"].isEnabled()
    qtbot.waitUntil(lambda: job.over, timeout=60_000)
    assert job.state == "done"
    assert session.case.tree is not before
    assert len(drawings()) == 1


def test_a_drag_that_began_beside_a_drawing_goes_on_across_it(
    an_open_window, a_distance, a_slice, trigger, qtbot
):
    trigger("tool-window")
    qtbot.wait(30)
    view = an_open_window.session.view
    x, y = ends_on(a_slice, a_distance)[0]
    before = view.level_hu
    drag(a_slice, (x + 20, y - 60), (x + 20, y - 20), (x + 20, y), (x + 20, y + 2))
    assert view.level_hu - before == pytest.approx(62 * max(1.0, view.window_hu / 400), rel=0.05)


def test_other_tools_do_what_they_did(an_open_window, a_distance, a_slice, trigger, drawings):
    session = an_open_window.session
    (x, y), _ = ends_on(a_slice, a_distance)
    trigger("tool-crosshair")
    click(a_slice, (x + 10, y))
    assert session.view.drawing == "D1"
    np.testing.assert_allclose(
        session.view.cursor_lps, a_slice.plane().point_lps(x + 10, y), atol=0.5
    )
    assert drawings() == (a_distance,)
