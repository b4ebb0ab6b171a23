from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from viewer.enhance.restore import restore
from viewer.progress import silent
from viewer.scene.marks import Line, Text, handles, marks, stamp_marks
from viewer.scene.overlay import (
    direction_letters,
    edge_letters,
    is_oblique,
    legend,
    name_text,
    position_text,
    reference_lines,
    restored_text,
    scale_bar,
    scene_overlay,
    slice_number,
    slice_overlay,
    stamps,
)
from viewer.scene.slice import plane_through
from viewer.scene.turn import turn
from viewer.session.view_state import PLANES, STRAIGHT
from viewer.volume.grid import Grid

KNOWN = {"axial": "RLAP", "coronal": "RLSI", "sagittal": "APSI"}


@pytest.mark.parametrize("name", PLANES)
def test_letters_are_radiologic(name):
    found = edge_letters(*STRAIGHT[name][:2])
    assert "".join(found[e] for e in ("left", "right", "top", "bottom")) == KNOWN[name]


def test_oblique_directions_have_up_to_three_letters_strongest_first():
    assert direction_letters((1, 0.05, 0)) == "L"
    assert direction_letters((0.5, -0.8, 0)) == "AL"
    assert direction_letters((-0.4, 0.5, 0.8)) == "SPR"


def test_scale_bar_is_round_and_true():
    bar = scale_bar(0.5, 500)
    assert bar.text == "50 mm"
    assert bar.pixels == 100
    assert scale_bar(2.0, 500).text == "20 cm"


def test_images_count_from_the_head_the_front_and_the_right():
    grid = Grid.regular((10, 20, 30), (2.0, 1.0, 1.0))
    top = plane_through(grid, STRAIGHT["axial"], (0.0, 0.0, 18.0), (50, 50))
    front = plane_through(grid, STRAIGHT["coronal"], (0.0, 0.0, 0.0), (50, 50))
    left = plane_through(grid, STRAIGHT["sagittal"], (29.0, 0.0, 0.0), (50, 50))
    assert slice_number(grid, top) == (1, 10)
    assert slice_number(grid, front) == (1, 20)
    assert slice_number(grid, left) == (30, 30)


def test_position_names_the_side(a_tube):
    grid = a_tube.volume.grid
    plane = plane_through(grid, STRAIGHT["axial"], (0.0, 0.0, -12.3), (50, 50))
    assert position_text(plane) == "I 12.3 mm"
    assert not is_oblique(plane)


def test_corners_tell_patient_study_technique_and_window(a_tube, a_view):
    plane = plane_through(a_tube.volume.grid, STRAIGHT["axial"], (0.0, 0.0, 0.0), (400, 400))
    overlay = slice_overlay(a_tube, a_view, "axial", plane)
    assert overlay.corners["top-left"][:2] == ("DOE, JANE", "ID 4711")
    assert overlay.corners["top-right"] == ("CTA",)
    assert overlay.corners["bottom-left"] == ("120 kVp  B30f", "1.5 mm  arterial")
    assert overlay.corners["bottom-right"][0] == "W 700  L 200"
    assert overlay.corners["bottom-right"][2] == "im 24/48  S 0.0 mm"
    assert overlay.legend == (("artery", "#E54D4D"),)


def test_stamps_say_what_the_picture_is(a_tube, a_restored_tube, a_view):
    plane = plane_through(a_tube.volume.grid, STRAIGHT["axial"], (0.0, 0.0, 0.0), (400, 400))
    assert stamps(a_tube, a_view, plane) == ()
    series = replace(a_tube.series, lossy=True, synthetic=True)
    case = SimpleNamespace(**{**vars(a_restored_tube), "series": series})
    a_view.slab_mode, a_view.slab_mm = "mip", 12.0
    turn(a_view, "sagittal", 0.3)
    grid = a_tube.volume.grid
    oblique = plane_through(grid, a_view.panes["axial"].axes, (0.0, 0.0, 0.0), (400, 400))
    found = [s.text for s in stamps(case, a_view, oblique)]
    restored = "Restored, within noise 2 x 1 x 1, network"
    assert found == ["SYNTHETIC", "Lossy", restored, "Oblique", "MIP 12 mm"]
    a_view.raw_held = True
    assert "Raw scan" in [s.text for s in stamps(case, a_view)]
    exact = replace(a_restored_tube.restored, mode="exact", networks={})
    assert restored_text(exact) == "Restored, exact 2 x 1 x 1"


def test_a_small_picture_says_it_in_short(a_restored_tube, a_view):
    told = stamps(a_restored_tube, a_view)
    wide, small = (stamp_marks(told, width, 200, 15, False)[0].text for width in (600, 120))
    assert wide == "Restored, within noise 2 x 1 x 1, network"
    assert small == "By network"


def test_a_scan_that_was_left_as_it_is_gets_no_stamp(a_tube, a_view):
    kept = restore(a_tube.volume, float("nan"), silent(), mode="exact")
    case = SimpleNamespace(**{**vars(a_tube), "restored": kept})
    assert stamps(case, a_view) == ()
    a_view.raw_held = True
    assert stamps(case, a_view) == ()


def test_the_legend_tells_what_the_tint_means_above_the_labels(a_restored_tube, a_view):
    plane = plane_through(a_restored_tube.volume.grid, STRAIGHT["axial"], (0, 0, 0), (400, 400))
    overlay = slice_overlay(a_restored_tube, a_view, "axial", plane)
    assert [name.split()[0] for name, _ in overlay.tinted] == ["inferred", "interpolated"]
    assert overlay.color_bar is None
    texts = [m for m in marks(overlay, 500, 400, 15) if isinstance(m, Text)]
    rows = [m.text.split()[0] for m in sorted(texts, key=lambda m: m.y) if 260 < m.y < 340]
    assert [word for word in rows if word[0] in "iap"] == ["inferred", "interpolated", "artery"]
    small = [m.text for m in marks(overlay, 300, 200, 15) if isinstance(m, Text)]
    assert any(text.startswith("inferred") for text in small)
    assert "artery" not in small
    a_view.tint = "error"
    overlay = slice_overlay(a_restored_tube, a_view, "axial", plane)
    assert overlay.tinted == ()
    made = marks(overlay, 500, 400, 15)
    texts = {m.text: m for m in made if isinstance(m, Text)}
    assert {"Expected error", "0", "100 HU"} <= set(texts)
    assert texts["Expected error"].y < texts["100 HU"].y < texts["artery"].y
    a_view.raw_held = True
    assert slice_overlay(a_restored_tube, a_view, "axial", plane).color_bar is None


def test_reference_lines_cross_at_the_cursor_in_the_other_planes_colors(a_tube, a_view):
    a_view.cursor_lps = (8.0, -4.0, 0.0)
    grid = a_tube.volume.grid
    plane = plane_through(grid, STRAIGHT["axial"], a_view.cursor_lps, (300, 300))
    coronal, sagittal = reference_lines(plane, "axial", a_view)
    assert (coronal.plane, coronal.color) == ("coronal", "#46A758")
    assert (sagittal.plane, sagittal.color) == ("sagittal", "#F5D90A")
    assert coronal.at == sagittal.at == pytest.approx(plane.pixel((8.0, -4.0, 0.0)))
    assert abs(coronal.direction[0]) == pytest.approx(1)
    assert abs(sagittal.direction[1]) == pytest.approx(1)
    (x0, _), (x1, _) = coronal.ends(300, 300)
    assert sorted((x0, x1)) == pytest.approx([0, 300])
    assert len(handles(coronal, 300, 300)) == 2


def test_hidden_labels_leave_the_legend(a_tube):
    assert legend(a_tube.mask, (1,)) == ()


def test_corners_hide_as_the_pane_shrinks_but_letters_stay(a_tube, a_view):
    plane = plane_through(a_tube.volume.grid, STRAIGHT["axial"], (0.0, 0.0, 0.0), (400, 400))
    overlay = slice_overlay(a_tube, a_view, "axial", plane)

    def texts(size):
        return [m.text for m in marks(overlay, *size, 15) if isinstance(m, Text)]

    assert "DOE, JANE" in texts((500, 400))
    assert "DOE, JANE" not in texts((260, 200))
    assert "im 24/48  S 0.0 mm" in texts((260, 200))
    assert {"R", "L", "A", "P"} <= set(texts((150, 120)))
    assert texts((60, 60)) == []


def test_the_3_d_view_tells_what_its_colors_mean(a_tube, a_view):
    axes = tuple(np.array(a) for a in STRAIGHT["coronal"])
    by_label = scene_overlay(a_tube, a_view, axes, 0.5, 400, (4.0, 8.0))
    assert by_label.legend == (("artery", "#E54D4D"),)
    assert by_label.radius_range_mm is None
    a_view.surface_color = "radius"
    by_radius = scene_overlay(a_tube, a_view, axes, 0.5, 400, (4.0, 8.0))
    assert by_radius.legend == ()
    made = [m.text for m in marks(by_radius, 600, 500, 15) if isinstance(m, Text)]
    assert {"⌀ mm", "8.0", "12.0", "16.0"} <= set(made)


def test_the_3_d_view_says_when_its_picture_is_out_of_date(a_tube, a_view):
    axes = tuple(np.array(a) for a in STRAIGHT["coronal"])
    calm = scene_overlay(a_tube, a_view, axes, 0.5, 400, None)
    busy = scene_overlay(a_tube, a_view, axes, 0.5, 400, None, preparing=True)
    assert "Preparing …" not in [stamp.text for stamp in calm.stamps]
    assert busy.stamps[-1].text == "Preparing …"


def test_names_read_as_people_write_them():
    assert name_text("DOE^JANE^A") == "DOE, JANE A"
    assert name_text("Anonymous") == "Anonymous"


def test_the_scale_bar_is_drawn_at_its_length(a_tube, a_view):
    plane = plane_through(a_tube.volume.grid, STRAIGHT["axial"], (0.0, 0.0, 0.0), (400, 400))
    overlay = slice_overlay(a_tube, a_view, "axial", plane)
    bars = [m for m in marks(overlay, 400, 400, 15) if isinstance(m, Line) and m.shadow]
    widest = max(abs(m.x1 - m.x0) for m in bars)
    millimeters = float(overlay.bar.text.split()[0])
    assert widest * plane.mm_per_pixel == pytest.approx(millimeters)


def test_the_ramp_of_diameters_and_the_legend_do_not_touch(a_tube, a_view):
    a_view.surface_color = "radius"
    axes = tuple(np.array(a) for a in STRAIGHT["coronal"])
    overlay = scene_overlay(a_tube, a_view, axes, 0.5, 400, (4.0, 8.0))
    overlay = replace(overlay, legend=(("proposed bridge", "#B58CF2"), ("organ", "#6FA582")))
    placed = {m.text: m.y for m in marks(overlay, 600, 500, 15) if isinstance(m, Text)}
    assert placed["8.0"] + 15 / 2 < placed["proposed bridge"], "numbers stand about their middle"
