"""Nothing that is written over a picture runs into its edge or into another text."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from viewer.scene.marks import Text, marks
from viewer.scene.overlay import Stamp, slice_overlay
from viewer.scene.slice import plane_through
from viewer.session.view_state import STRAIGHT, ViewState
from viewer.window.overlay_painter import line_height, overlay_font, paint_marks, text_place

pytestmark = pytest.mark.gui
SIZES = [(160, 120), (250, 200), (300, 260), (400, 300), (450, 410), (700, 400), (1400, 900)]
LONG = "THORAX^ABDOMEN WITHOUT AND WITH CONTRAST, THREE PHASES"
LEGEND = tuple((f"structure {n}", "#FF0000") for n in range(13))


@pytest.fixture
def a_wordy_overlay(a_case):
    """An axial slice of someone with long names, many stamps and many structures."""
    series = replace(
        a_case.series,
        patient_name="WOLKENSTEIN-RODENECK^MAXIMILIANA ANNUNZIATA",
        study_description=LONG,
        description=LONG,
        kernel="STANDARD-PLUS-WITH-A-NAME",
        kvp=120.0,
    )
    case = a_case.put("volume", a_case.volume)
    case = replace(case, series=series)

    def make(size):
        cursor = a_case.volume.grid.center_lps
        plane = plane_through(a_case.volume.grid, STRAIGHT["axial"], cursor, size)
        made = slice_overlay(case, ViewState(cursor_lps=tuple(cursor)), "axial", plane)
        stamps = (Stamp("SYNTHETIC", "invented"), Stamp("Denoised", "invented"))
        return replace(made, stamps=stamps, legend=LEGEND, lines=())

    return make


def boxes(overlay, size, font):
    drawn = marks(overlay, *size, line_height(font))
    found = []
    for text in (mark for mark in drawn if isinstance(mark, Text)):
        place, shown = text_place(text, font)
        if text.chip:
            place = place.adjusted(-7, -1, 7, 1)
        found.append((shown, place))
    return found


@pytest.mark.parametrize("points", [10, 24])
@pytest.mark.parametrize("size", SIZES)
def test_texts_stay_inside_and_apart_at_every_size(a_wordy_overlay, qapp, size, points):
    font = overlay_font(QFont("DejaVu Sans", points))
    found = boxes(a_wordy_overlay(size), size, font)
    whole = QRectF(0, 0, *size)
    assert [text for text, place in found if not whole.contains(place)] == []
    slack = line_height(font) * 0.2
    crossing = [
        (a, b)
        for (a, one), (b, other) in combinations(found, 2)
        if one.adjusted(0, slack, 0, -slack).intersects(other.adjusted(0, slack, 0, -slack))
    ]
    assert crossing == []


def test_a_text_is_cut_by_its_width_and_says_so(qapp):
    font = overlay_font(QFont("DejaVu Sans", 10))
    _, shown = text_place(Text(0, 0, "W" * 60, "#FFFFFF", room=100.0), font)
    place, _ = text_place(Text(0, 0, "W" * 60, "#FFFFFF", room=100.0), font)
    assert shown.endswith("…")
    assert place.width() <= 100
    assert text_place(Text(0, 0, "short", "#FFFFFF", room=100.0), font)[1] == "short"


def test_a_legend_too_long_for_its_pane_says_how_many_more_there_are(a_wordy_overlay, qapp):
    font = overlay_font(QFont("DejaVu Sans", 10))
    small = [text for text, _ in boxes(a_wordy_overlay((450, 300)), (450, 300), font)]
    (rest,) = [text for text in small if text.startswith("and ")]
    named = [text for text in small if text.startswith("structure")]
    assert rest == f"and {len(LEGEND) - len(named)} more"
    large = [text for text, _ in boxes(a_wordy_overlay((900, 700)), (900, 700), font)]
    assert "structure 12" in large
    assert not np.any([text.startswith("and ") for text in large])


def test_white_words_are_read_over_white_bone(qapp):
    picture = QImage(100, 40, QImage.Format.Format_RGB32)
    picture.fill(QColor("white"))
    painter = QPainter(picture)
    font = overlay_font(QFont())
    paint_marks(painter, [Text(20, 10, "IA", "#E6EAED")], font)
    painter.end()
    place, _ = text_place(Text(20, 10, "IA", "#E6EAED"), font)
    ground = picture.pixelColor(round(place.left()) - 1, round(place.center().y()))
    assert 1.05 / (luminance(ground) + 0.05) > 4.5


def luminance(color):
    """As seen, from 0 to 1 (WCAG 2.1)."""
    parts = [color.redF(), color.greenF(), color.blueF()]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
