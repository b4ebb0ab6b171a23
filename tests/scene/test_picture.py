import subprocess
import sys
from types import SimpleNamespace

import numpy as np
from PIL import Image

from viewer.case.case import Case
from viewer.scene.picture import meaningful_point, overview, save_overview, slice_picture
from viewer.session.view_state import ViewState


def quarter(picture, n):
    width, height = picture.size
    top = 34
    box = (n % 2 * width // 2, top + n // 2 * (height - top) // 2)
    return np.asarray(picture)[box[1] : box[1] + (height - top) // 2, box[0] : box[0] + width // 2]


def test_the_overview_shows_four_pictures_and_the_vessels_in_red(a_tube):
    made = overview(a_tube, (800, 600))
    assert made.size == (800, 600)
    for n in range(4):
        part = quarter(made, n).astype(int)
        assert (part.max(axis=2) > 40).mean() > 0.03
        assert ((part[..., 0] - part[..., 1] > 80) & (part[..., 0] > 180)).sum() > 30


def test_slices_show_the_tint_below_the_mask_and_the_stamp(a_restored_tube):
    view = ViewState(cursor_lps=(8.0, -4.0, 0.0), crosshair=False)

    def shown(**look):
        for name, value in look.items():
            setattr(view, name, value)
        return np.asarray(slice_picture(a_restored_tube, view, "axial", 400, 400)).astype(int)

    tinted, raw = shown(), shown(raw_held=True)
    plain = shown(raw_held=False, tint="none")
    red = np.all(plain == (0xE5, 0x4D, 0x4D), axis=2)
    assert red.sum() > 50
    assert np.all(tinted[red] == plain[red]), "the outline lies over the tint"
    inner = slice(150, 250), slice(150, 300)
    violet = (tinted[..., 2] - tinted[..., 1]) - (plain[..., 2] - plain[..., 1])
    assert (violet[inner] > 25).sum() > 100
    stamp = slice(20, 50), slice(100, 300)
    assert (plain[stamp] != raw[stamp]).any()


def test_the_overview_works_with_a_volume_alone(a_tube, tmp_path):
    bare = Case(volume=a_tube.volume)
    save_overview(bare, tmp_path / "overview.png")
    with Image.open(tmp_path / "overview.png") as made:
        assert made.size == (1600, 1000)


def test_the_point_shown_lies_in_the_vessel(a_tube):
    assert a_tube.tree.branches[0].points_lps[17] in np.array([meaningful_point(a_tube)])
    without = SimpleNamespace(**{**vars(a_tube), "tree": None})
    index = np.round(a_tube.volume.grid.index(meaningful_point(without))).astype(int)
    assert a_tube.mask.labels[tuple(index)] == 1


def test_drawing_needs_no_qt():
    code = "import sys, viewer.scene.picture; sys.exit('PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
