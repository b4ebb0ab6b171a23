"""Cross-sections: turned as one reads them, with their true diameters."""

import numpy as np
import pytest

from tests.scene.test_cpr_marks import RUNS
from viewer.case.case import Case
from viewer.geometry.frames import frames_along
from viewer.scene.cpr_section import calipers, section_marks, section_plane
from viewer.scene.marks import Text
from viewer.scene.overlay import edge_letters
from viewer.session.view_state import ViewState


@pytest.mark.parametrize(
    ("run", "letters"),
    [("down", "RLAP"), ("up", "RLAP"), ("forwards", "RLSI"), ("left", "APSI"), ("right", "APSI")],
)
def test_cross_sections_are_turned_as_one_reads(run, letters):
    plane = section_plane(frames_along(np.linspace(*RUNS[run], 80)), 50.0, 30.0, (200, 200))
    found = edge_letters(np.array(plane.right), np.array(plane.down))
    assert "".join(found[edge] for edge in ("left", "right", "top", "bottom")) == letters
    np.testing.assert_allclose(np.cross(plane.right, plane.down), plane.into, atol=1e-9)


def test_a_section_tells_its_scale_and_how_thick_it_is(a_measured_tube):
    _, volume, mask, _, sections = a_measured_tube
    plane = section_plane(sections.frames, 30.0, 20.0, (180, 180))
    view = ViewState(slab_mode="minip", slab_mm=8)
    made = section_marks(Case(volume=volume, mask=mask), view, plane, 16.0)
    texts = {m.text for m in made if isinstance(m, Text)}
    assert "MinIP 8 mm" in texts
    assert any(text.endswith(" mm") and "MinIP" not in text for text in texts)


def test_calipers_are_the_diameters_of_an_ellipse():
    turn = np.arange(360) * np.pi / 180
    wide = np.column_stack([5 * np.cos(turn), 2 * np.sin(turn)])
    tilt = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    outline = wide @ tilt.T + (30, 40)
    least, greatest = calipers(outline)
    assert np.linalg.norm(np.diff(least, axis=0)) == pytest.approx(4.0, abs=0.02)
    assert np.linalg.norm(np.diff(greatest, axis=0)) == pytest.approx(10.0, abs=0.02)
    np.testing.assert_allclose(least.mean(axis=0), (30, 40), atol=0.1)
    np.testing.assert_allclose(greatest.mean(axis=0), (30, 40), atol=0.1)


def test_a_small_section_keeps_its_stamp_and_two_letters(a_measured_tube):
    _, volume, mask, _, sections = a_measured_tube
    plane = section_plane(sections.frames, 30.0, 20.0, (120, 100))
    view = ViewState(slab_mode="minip", slab_mm=8)
    made = section_marks(Case(volume=volume, mask=mask), view, plane, 36.0)
    letters, stamped = ([m for m in made if m.chip is chip] for chip in (False, True))
    assert len(letters) == 2
    assert [m.text for m in stamped] == ["MinIP 8 mm"]
