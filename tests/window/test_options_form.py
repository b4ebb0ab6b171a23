import pytest
from PySide6.QtCore import Qt

from viewer.case.options import SegmentOptions, TraceOptions
from viewer.window.options_form import OptionsForm

pytestmark = pytest.mark.gui


def test_a_form_gives_the_options_it_shows(qtbot):
    form = OptionsForm(TraceOptions)
    qtbot.addWidget(form)
    assert form.options == TraceOptions()
    form.fields["shortest_mm"].field.setValue(20)
    assert form.options == TraceOptions(shortest_mm=20)
    form.reset()
    assert form.options == TraceOptions()


def test_the_slider_and_the_field_follow_each_other(qtbot):
    form = OptionsForm(SegmentOptions)
    qtbot.addWidget(form)
    number = form.fields["sensitivity"]
    number.slider.setValue(80)
    assert number.value == pytest.approx(0.8)
    number.field.setValue(0.25)
    assert number.slider.value() == 25
    qtbot.mouseDClick(number.slider, Qt.MouseButton.LeftButton)
    assert number.value == 0.5


def test_a_choice_is_a_list_with_its_titles(qtbot):
    form = OptionsForm(SegmentOptions)
    qtbot.addWidget(form)
    engine = form.fields["engine"]
    assert engine.list.currentText() == "With networks, if any"
    engine.list.setCurrentIndex(1)
    assert form.options == SegmentOptions(engine="rules")
    form.fields["mode"].set("draft")
    assert form.options.mode == "draft"
    form.reset()
    assert form.options == SegmentOptions()
