"""The tint of a restored scan: over slices, oblique planes, slabs and curved views."""

from types import SimpleNamespace

import numpy as np
import pytest

from viewer.enhance.halves import DOUBTFUL
from viewer.enhance.origin import DENOISED, INFERRED, INTERPOLATED, MEASURED
from viewer.geometry.course import course_through
from viewer.geometry.frames import frames_along
from viewer.geometry.straighten import Straightened
from viewer.scene.colors import LABELS, TOKENS, rgb
from viewer.scene.cpr import CurvedPicture
from viewer.scene.image import grid_image
from viewer.scene.layers import layer
from viewer.scene.slice import plane_through
from viewer.scene.tint import over
from viewer.scene.tint_restored import (
    ORIGIN_LOOKS,
    share_text,
    shown_tint,
    tint_argb,
    tint_bar,
    tint_in_plane,
    tint_legend,
    tint_on_sheet,
)
from viewer.scene.turn import turn

TUBE = (8.0, -4.0, 0.0)


def cut(case, name, view, at=TUBE, pane="axial"):
    plane = plane_through(case.volume.grid, view.panes[pane].axes, at, (200, 200), 0.4)
    return tint_in_plane(name, grid_image(*layer(case, name)), plane, view), plane


def alpha(argb):
    return argb >> 24


def test_what_was_measured_is_clear_and_what_was_inferred_the_plainest():
    codes = np.array([[MEASURED, INTERPOLATED, DENOISED, INFERRED]], np.uint8)
    shown = tint_argb("origin", codes)[0]
    assert shown[0] == 0
    assert 0 < alpha(shown[1]) < 0.5 * alpha(shown[3])
    assert 0 < alpha(shown[2]) < 0.5 * alpha(shown[3])
    assert len(set(shown.tolist())) == 4
    assert ORIGIN_LOOKS[INFERRED][0] == TOKENS["invented"]
    grays = over(np.array([[0, 60, 120, 180, 240]], np.uint8), np.full((1, 5), shown[3]))
    assert (np.diff(grays.astype(int).sum(axis=2)[0]) > 60).all(), "the gray is still read"


def test_no_origins_color_is_that_of_a_label():
    for color, _ in ORIGIN_LOOKS.values():
        apart = [np.abs(np.subtract(rgb(color), rgb(other))).max() for other in LABELS.values()]
        assert min(apart) > 40


@pytest.mark.parametrize("pane", ["axial", "coronal", "sagittal"])
@pytest.mark.parametrize("turned", [0.0, 0.4])
def test_a_plane_shows_the_origin_of_the_voxels_it_cuts(a_restored_tube, a_view, pane, turned):
    turn(a_view, "coronal", turned)
    a_view.cursor_lps = TUBE
    values, plane = cut(a_restored_tube, "origin", a_view, pane=pane)
    x, y = (int(v) for v in plane.pixel(np.array(TUBE)))
    assert values[y, x] == INFERRED
    beside = np.add(TUBE, np.multiply(12.0, plane.right if pane != "sagittal" else (0, 1, 0)))
    x, y = (int(v) for v in plane.pixel(beside))
    assert values[y, x] == INTERPOLATED


def test_beyond_the_scan_nothing_is_tinted(a_restored_tube, a_view):
    for name in ("origin", "error", "residual", "apart"):
        values, _ = cut(a_restored_tube, name, a_view, at=(0.0, 0.0, 90.0))
        assert not tint_argb(name, values).any()


def test_a_slab_tells_the_boldest_that_lies_in_it(a_restored_tube, a_view):
    off = (8.0, 5.0, 0.0)  # 9 mm in front of the tube's middle, 3 mm beside its wall
    assert (cut(a_restored_tube, "origin", a_view, off, "coronal")[0] != INFERRED).all()
    a_view.slab_mode, a_view.slab_mm = "mean", 12.0
    for name, bold in (("origin", INFERRED), ("error", np.float16(20).view(np.int16))):
        assert (cut(a_restored_tube, name, a_view, off, "coronal")[0] == bold).any()


def test_the_expected_error_grows_from_nothing_to_its_maps_end(a_restored_tube, a_view):
    values, plane = cut(a_restored_tube, "error", a_view)
    shown = alpha(tint_argb("error", values))
    x, y = (int(v) for v in plane.pixel(np.array(TUBE)))
    assert shown[y, x] == pytest.approx(20 / 100 * 0.6 * 255, abs=1)
    assert shown[y, x + 40] == pytest.approx(4 / 100 * 0.6 * 255, abs=1)


def test_what_was_taken_away_has_two_colors_about_nothing():
    values = np.array([[-8.0, -4.0, 0.0, 4.0, 8.0]], np.float16)
    shown = tint_argb("residual", values)[0]
    assert shown[2] == 0
    assert alpha(shown[0]) == alpha(shown[4]) > alpha(shown[1]) == alpha(shown[3])
    blue, yellow = shown[0] & 0xFF, shown[4] & 0xFF
    assert blue > yellow


def test_only_what_hangs_on_the_noise_is_hatched_and_outlined():
    values = np.full((40, 40), DOUBTFUL, np.float16)
    assert not tint_argb("apart", values).any()
    values[10:30, 10:30] = 2 * DOUBTFUL
    shown = tint_argb("apart", values) > 0
    assert not shown[:10].any()
    assert shown[10, 10:30].all()
    assert 0.2 < shown[12:28, 12:28].mean() < 0.5


def test_the_tint_vanishes_over_the_raw_scan_and_without_a_restoration(
    a_tube, a_restored_tube, a_view
):
    assert shown_tint(a_restored_tube, a_view) == "origin"
    assert shown_tint(a_tube, a_view) == "none"
    a_view.raw_held = True
    assert shown_tint(a_restored_tube, a_view) == "none"
    assert tint_legend(a_restored_tube, a_view) == ()
    a_view.raw_held, a_view.tint = False, "apart"
    assert shown_tint(a_restored_tube, a_view) == "apart"
    unchecked = SimpleNamespace(**{**vars(a_restored_tube), "check": None})
    assert shown_tint(unchecked, a_view) == "none"
    assert tint_legend(unchecked, a_view) == ()


def test_the_legend_names_only_what_there_is_with_its_share(a_restored_tube, a_view):
    inside = float((a_restored_tube.mask.labels > 0).mean())
    first, second = tint_legend(a_restored_tube, a_view)
    assert first == (f"inferred {100 * inside:.1f} %", TOKENS["invented"])
    assert second[0].startswith("interpolated 9")
    assert tint_bar(a_restored_tube, a_view) is None
    a_view.tint = "residual"
    assert tint_legend(a_restored_tube, a_view) == ()
    bar = tint_bar(a_restored_tube, a_view)
    assert (bar.low, bar.high) == ("−50", "50 HU")
    a_view.tint = "apart"
    ((name, _),) = tint_legend(a_restored_tube, a_view)
    assert name == "hangs on the noise"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0.0 %"),
        (2e-6, "under 0.1 %"),
        (0.023, "2.3 %"),
        (0.76, "76 %"),
        (0.995, "99.5 %"),
        (0.9997, "over 99.9 %"),
        (1, "100 %"),
    ],
)
def test_shares_never_round_to_nothing_or_all(share, text):
    assert share_text(share) == text


def test_a_curved_view_shows_the_origin_along_the_vessel(a_restored_tube, a_view):
    course = course_through(a_restored_tube.tree, 0)
    sheet = Straightened(frames_along(course.points_lps), 0.0)
    picture = CurvedPicture(sheet, 0.5, (sheet.length_mm / 2, 0.0), 120, 60)
    values = tint_on_sheet("origin", a_restored_tube, picture, a_view)
    assert (values[30, 20:100] == INFERRED).all()
    assert (values[2, 20:100] == INTERPOLATED).all()
    known = tint_on_sheet("error", a_restored_tube, picture, a_view)
    assert known[30, 60] == 20
    assert known[2, 60] == 4
    a_view.slab_mode, a_view.slab_mm = "mip", 30.0
    picture = CurvedPicture(sheet, 0.5, (sheet.length_mm / 2, 5.0), 120, 60)
    assert tint_on_sheet("error", a_restored_tube, picture, a_view).max() == 20
