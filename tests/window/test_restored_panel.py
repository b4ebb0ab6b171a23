"""What the window tells of a restored scan: tints on every picture, and numbers beside them."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from viewer.enhance.halves import checked
from viewer.enhance.origin import INFERRED, MEASURED
from viewer.enhance.restore import restore
from viewer.progress import silent

pytestmark = pytest.mark.gui
VIOLET = 25  # by which blue exceeds green where violet lies over gray


@pytest.fixture(scope="session")
def a_restoration(a_volume):
    """The phantom within its noise, one half of it said to be inferred."""
    made = restore(a_volume, 12.0, silent(), mode="noise")
    origin = np.full_like(made.origin, MEASURED)
    origin[: len(origin) // 2] = INFERRED
    return replace(made, origin=origin)


@pytest.fixture
def a_restored_window(an_open_window, a_restoration, qtbot):
    session = an_open_window.session
    session.change("Enhance", session.case, replace(session.case, restored=a_restoration))
    session.view.crosshair = False
    qtbot.wait(50)
    return an_open_window


def told(window):
    found = window.inspector.restored.findChildren(QLabel)
    return {label.text(): label.toolTip() for label in found if label.text()}


def violet(widget):
    """How many pixels of a picture are violet: blue over gray, and no green."""
    image = widget.grab().toImage()
    image = image.convertToFormat(image.Format.Format_RGB888)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    rgb = flat[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)
    return int(((rgb[..., 2] - rgb[..., 1] > VIOLET) & (rgb[..., 0] > rgb[..., 1])).sum())


def test_the_numbers_stand_in_the_inspector_each_with_its_tip(an_open_window, a_restoration, qtbot):
    panel = an_open_window.inspector.restored
    assert not panel.isVisibleTo(an_open_window.inspector)
    session = an_open_window.session
    session.change("Enhance", session.case, replace(session.case, restored=a_restoration))
    assert panel.isVisibleTo(an_open_window.inspector)
    lines = told(an_open_window)
    assert {"Quieter, within the noise", "Voxels as scanned", "Noise of the scan 12.0 HU"} <= set(
        lines
    )
    assert f"Chi-square {a_restoration.chi_square:.2f}" in lines
    assert f"Inferred {50:.0f} %" in lines
    assert "Guessed without a network" in lines
    assert all(tip for text, tip in lines.items() if text != "RESTORED")


def test_the_voxel_under_the_crosshair_is_told_with_its_error(a_restored_window, qtbot):
    session = a_restored_window.session
    restored = session.case.restored
    for index, origin in (((2, 30, 30), "inferred"), ((-3, 30, 30), "measured")):
        at = tuple(n % size for n, size in zip(index, restored.origin.shape, strict=True))
        point = restored.volume.grid.points_lps(np.array([at]))[0]
        session.view.cursor_lps = tuple(float(mm) for mm in point)
        qtbot.wait(20)
        number = f"{restored.volume.voxels[at]} ± {restored.sd_hu[at]:.0f} HU"
        shown = a_restored_window.inspector.restored.here.text()
        assert shown == f"Crosshair: {origin}, {number}"
    session.view.cursor_lps = (900.0, 0.0, 0.0)
    qtbot.wait(20)
    assert a_restored_window.inspector.restored.here.text() == ""


def test_a_scan_left_as_it_is_says_so(an_open_window, a_volume):
    session = an_open_window.session
    kept = restore(a_volume, float("nan"), silent(), mode="exact")
    session.change("Enhance", session.case, replace(session.case, restored=kept))
    assert any(text.startswith("The scan as it was read") for text in told(an_open_window))
    assert not an_open_window.inspector.restored.tint.isVisibleTo(an_open_window)
    assert not an_open_window.qactions["tint-next"].isEnabled()


def test_exact_promises_no_residual(an_open_window, a_volume):
    session = an_open_window.session
    exact = restore(a_volume, 12.0, silent(), mode="exact", factor=(2, 1, 1))
    session.change("Enhance", session.case, replace(session.case, restored=exact))
    lines = told(an_open_window)
    assert {"Residual 0 HU", "Each voxel divided in 2 x 1 x 1"} <= set(lines)
    assert not any(text.startswith("Chi-square") for text in lines)


def test_a_key_goes_through_the_tints_that_tell_something(a_restored_window, trigger):
    session = a_restored_window.session
    seen = []
    for _ in range(5):
        trigger("tint-next")
        seen.append(session.view.tint)
    assert seen == ["error", "unseen", "residual", "none", "origin"]
    assert a_restored_window.inspector.restored.tint.currentData() == "origin"
    check = checked(np.ones_like(session.case.restored.sd_hu), session.case.restored.volume.grid)
    session.change("Check", session.case, replace(session.case, check=check))
    session.view.tint = "residual"
    trigger("tint-next")
    assert session.view.tint == "apart"
    trigger("tint")
    assert session.view.tint == "none"
    trigger("tint")
    assert session.view.tint == "origin"


def test_slices_are_violet_where_voxels_were_inferred_but_not_over_the_raw_scan(a_restored_window):
    window, view = a_restored_window, a_restored_window.session.view
    pane = window.panes.slices["coronal"]
    view.mask_fill, view.mask_outline = 0.0, False
    tinted = violet(pane)
    view.raw_held = True
    raw = violet(pane)
    view.raw_held, view.tint = False, "none"
    assert tinted > raw + 1000
    assert violet(pane) < tinted / 4, "but the stamp"


def test_the_curved_view_and_its_sections_are_tinted_too(a_vessel_window, a_restoration, qtbot):
    session, parts = a_vessel_window.session, a_vessel_window.panes.vessel
    session.view.crosshair = False
    made = replace(a_restoration, origin=np.full_like(a_restoration.origin, INFERRED))
    session.change("Enhance", session.case, replace(session.case, restored=made))
    qtbot.wait(50)
    for pane in (parts.curve, parts.sections["cursor"]):
        tinted = violet(pane)
        session.view.raw_held = True
        raw = violet(pane)
        session.view.raw_held = False
        assert tinted > raw + 1000
