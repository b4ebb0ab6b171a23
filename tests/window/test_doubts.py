from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QPushButton

from viewer.errors import Notice
from viewer.progress import silent
from viewer.provenance import Record
from viewer.scene.overlay import case_legend
from viewer.segment.bridges import propose_bridges
from viewer.segment.evidence import Evidence, Place, notices
from viewer.segment.mask import VesselMask

pytestmark = pytest.mark.gui
PLACE = {"x_lps_mm": 4.0, "y_lps_mm": -3.0, "z_lps_mm": 21.0}
RECORD = Record("segment", "mask", "2026-01-01T00:00:00+00:00")


@pytest.fixture
def an_uncertain_case(a_case):
    """The phantom with a gap in a branch, a confidence, and three notices."""
    branch = a_case.tree.branches[6]
    middle = branch.points_lps[len(branch.points_lps) // 2]
    grid, labels = a_case.mask.grid, a_case.mask.labels.copy()
    index = np.argwhere(labels > 0)
    gone = index[np.linalg.norm(grid.points_lps(index) - middle, axis=1) < 5]
    labels[tuple(gone.T)] = 0
    confidence = np.where(labels > 0, 237, 0).astype(np.uint8)
    confidence[labels.shape[0] // 2 :] = np.where(labels[labels.shape[0] // 2 :] > 0, 90, 0)
    mask = VesselMask(labels, grid, confidence=confidence)
    told = (
        Notice("research networks", "info", "Research use."),
        Notice("open gate", "warning", "A gate is open.", numbers=PLACE),
        Notice("noise", "warning", "It is noisy."),
    )
    case = a_case.put("mask", mask, RECORD, notices=told)
    bridges = propose_bridges(mask, case.volume, case.suitability, silent())
    assert len(bridges) >= 1
    return case.put("bridges", bridges)


@pytest.fixture
def an_uncertain_window(a_window, an_uncertain_case, qtbot):
    session = a_window.session
    session.change("Open", session.case, an_uncertain_case)
    qtbot.wait(50)
    return a_window


def texts(window):
    rows = window.inspector.doubts.rows
    return [rows.itemAt(n).widget().text.text() for n in range(rows.count())]


def test_every_notice_is_read_with_its_severity_gravest_first(an_uncertain_window):
    told = texts(an_uncertain_window)
    assert told[0].startswith("Caution: ")
    assert told[-1] == "Note: Research use."
    assert "Caution: A gate is open." in told
    card = an_uncertain_window.steps.cards["segment"]
    assert card.why.text() == "2 cautions: see How sure"


HERE = [Place((float(n), 2.0, 30.0), 12.0) for n in range(5)]
EVIDENCE = Evidence(
    networks=("context",),
    metal=HERE[0],
    dense=HERE[1],
    agreement=0.42,
    disputed=HERE[2],
    gates=(HERE[3],),
    pieces=(HERE[4],),
    doubt=0.5,
    doubt_limit=0.2,
)


@pytest.mark.parametrize(
    ("blood_hu", "noise_hu", "first"), [(120.0, 10.0, "enhancement"), (400.0, 130.0, "noise")]
)
def test_every_doubt_can_appear_with_its_sentence_and_its_place(
    a_window, a_case, trigger, qtbot, blood_hu, noise_hu, first
):
    suitability = replace(a_case.suitability, blood_hu=blood_hu, noise_hu=noise_hu)
    told = notices(EVIDENCE, suitability)
    assert {each.code for each in told} >= {
        "metal",
        "dense inflow",
        "engines disagree",
        "open gate",
        "broken branch",
        "unfamiliar scan",
        "research networks",
    }
    session = a_window.session
    session.change("Open", session.case, a_case.put("mask", a_case.mask, RECORD, notices=told))
    qtbot.wait(50)
    rows = a_window.inspector.doubts.rows
    shown = {row.text.text(): row for row in (rows.itemAt(n).widget() for n in range(rows.count()))}
    assert any(first in text for text in shown)
    for each in told:
        word = "Caution" if each.severity == "warning" else "Note"
        row = shown[f"{word}: {each.text}"]
        assert row.go.isHidden() == (each.point_lps is None)
    visited = []
    for _ in HERE:
        trigger("next-doubt")
        visited.append(session.view.cursor_lps)
    assert sorted(visited) == sorted(place.point_lps for place in HERE)


def test_many_places_of_one_kind_are_one_sentence_that_follows_the_place(
    a_window, a_case, trigger, qtbot
):
    told = notices(Evidence(pieces=tuple(HERE), gates=(HERE[0],)), a_case.suitability)
    session = a_window.session
    session.change("Open", session.case, a_case.put("mask", a_case.mask, RECORD, notices=told))
    qtbot.wait(50)
    rows = a_window.inspector.doubts.rows
    shown = [rows.itemAt(n).widget() for n in range(rows.count())]
    (pieces,) = [row for row in shown if "hangs on nothing" in row.text.text()]
    assert pieces.go.text() == "Go to the next of 5"
    pieces.go.click()
    assert session.view.cursor_lps == HERE[0].point_lps
    pieces.go.click()
    assert session.view.cursor_lps == HERE[1].point_lps
    assert "piece 2 of 5" in pieces.text.text()
    for _ in range(5):
        trigger("next-doubt")
    place = HERE.index(Place(session.view.cursor_lps, 12.0))
    assert f"piece {place + 1} of 5" in pieces.text.text()


def test_a_place_can_be_gone_to_by_key_and_by_button(an_uncertain_window, trigger, qtbot):
    window = an_uncertain_window
    trigger("next-doubt")
    assert window.session.view.cursor_lps == (4.0, -3.0, 21.0)
    window.session.view.cursor_lps = (0.0, 0.0, 0.0)
    shown = [b for b in window.inspector.doubts.findChildren(QPushButton) if b.text() == "Go there"]
    (button,) = [b for b in shown if not b.isHidden()]
    button.click()
    assert window.session.view.cursor_lps == (4.0, -3.0, 21.0)


def test_the_structure_under_the_cursor_says_how_sure_it_is(an_uncertain_window, qtbot):
    window = an_uncertain_window
    mask = window.session.case.mask
    index = np.argwhere(mask.confidence == 237)[500]
    window.session.view.cursor_lps = tuple(mask.grid.points_lps(index))
    cursor = window.inspector.doubts.cursor
    qtbot.waitUntil(lambda: cursor.text() == "Artery, 93 % sure", timeout=2000)


def test_the_tint_by_confidence_comes_with_its_legend(an_uncertain_window, trigger, qtbot):
    window = an_uncertain_window
    before = window.panes.slices["axial"].grab().toImage()
    trigger("confidence")
    assert window.inspector.doubts.tint.isChecked()
    names = [name for name, _ in case_legend(window.session.case, window.session.view)]
    assert "under 50 % sure" in names
    assert "artery" not in names, "what fills the slices is confidence, not structures"
    assert "proposed bridge" in names
    assert window.panes.slices["axial"].grab().toImage() != before
    trigger("confidence")
    assert not window.session.view.confidence_shown


def test_a_bridge_is_seen_before_it_is_accepted_and_can_be_undone(an_uncertain_window, trigger):
    window = an_uncertain_window
    case = window.session.case
    trigger("accept-bridge")
    assert window.session.case is case, "the first press only shows it"
    assert window.session.view.cursor_lps == case.bridges[0].middle_lps
    assert "rank" in window.inspector.doubts.proposal.text()
    trigger("accept-bridge")
    after = window.session.case
    assert after.mask.volume_ml(1) > case.mask.volume_ml(1)
    assert len(after.bridges) == len(case.bridges) - 1
    assert after.records_of("mask")[-1].by == "person"
    assert after.notices["mask"] == case.notices["mask"]
    assert [gap.accepted for gap in after.by_hand.gaps] == [True]
    trigger("undo")
    assert window.session.case.by_hand is None
    assert len(window.session.case.bridges) == len(case.bridges)
    np.testing.assert_array_equal(window.session.case.mask.labels, case.mask.labels)
    np.testing.assert_array_equal(window.session.case.mask.confidence, case.mask.confidence)


def test_what_a_bridge_made_of_the_tree_is_told_as_invented(an_uncertain_window, trigger):
    window = an_uncertain_window
    trigger("run-trace")
    trigger("accept-bridge")
    trigger("accept-bridge")
    case = window.session.case
    (gap,) = case.by_hand.gaps
    invented = [branch for branch in case.tree.branches if branch.invented]
    assert len(invented) == 1
    told = {m.quantity for m in case.measures if m.name == invented[0].name}
    assert "invented length" in told
    assert "bridged gap" in case_legend(case, window.session.view)[-1][0]
    low, high = invented[0].invented[0]
    gap_mm = np.linalg.norm(np.subtract(gap.path_lps[0], gap.path_lps[-1]))
    assert high - low == pytest.approx(gap_mm, abs=3.0)


def test_a_bridge_can_be_dismissed_and_asked_back(an_uncertain_window, trigger):
    window = an_uncertain_window
    case = window.session.case
    trigger("next-bridge")
    trigger("dismiss-bridge")
    after = window.session.case
    assert after.mask is case.mask
    assert after.tree is case.tree
    assert len(after.bridges) == len(case.bridges) - 1
    assert after.records_of("bridges")[-1].by == "person"
    assert [gap.accepted for gap in after.by_hand.gaps] == [False]
    trigger("undo")
    assert window.session.case.bridges is case.bridges


def test_without_networks_there_is_nothing_to_tint(an_open_window):
    assert not an_open_window.qactions["confidence"].isEnabled()
    assert not an_open_window.qactions["accept-bridge"].isEnabled()
    assert "without networks" in an_open_window.inspector.doubts.cursor.text() or (
        an_open_window.inspector.doubts.cursor.text() in ("No structure", "Outside the scan")
    )
