from dataclasses import fields

import pytest

from viewer.case.options import EnhanceOptions, SegmentOptions, TraceOptions, check
from viewer.case.pipeline import STEPS
from viewer.errors import ViewerError


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_option_has_what_a_form_needs_and_a_good_default(step):
    for each in fields(step.options):
        assert each.metadata["title"]
        assert each.metadata["tip"].endswith(".")
        if "choices" in each.metadata:
            assert each.default in each.metadata["choices"]
            continue
        assert each.metadata["low"] <= each.default <= each.metadata["high"]
    check(step.options())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (SegmentOptions(sensitivity=1.5), "between 0 and 1, not 1.5"),
        (EnhanceOptions(divide="thin"), "Divide must be none"),
        (TraceOptions(shortest_mm=float("nan")), "between 2 and 50 mm"),
        (TraceOptions(smoothing="much"), "must be a number"),
        (TraceOptions(smoothing=True), "must be a number"),
        (SegmentOptions(engine="magic"), "must be networks or rules"),
        (SegmentOptions(mode=0.5), "must be draft or final"),
    ],
)
def test_a_value_out_of_range_gets_a_sentence(options, words):
    with pytest.raises(ViewerError, match=words):
        check(options)
