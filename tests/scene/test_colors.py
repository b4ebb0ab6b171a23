import numpy as np
import pytest

from viewer.scene.colors import (
    TOKENS,
    VOLUME_PRESETS,
    color_map,
    histogram_window,
    label_table,
    rgb,
    volume_preset,
    window_presets,
)


def test_window_presets_are_those_of_the_number_row():
    found = {p.key: (p.window_hu, p.level_hu) for p in window_presets()}
    assert found == {
        "1": (400, 40),
        "2": (1500, -600),
        "3": (2000, 350),
        "4": (80, 40),
        "5": (400, 80),
        "6": (700, 200),
    }


@pytest.mark.parametrize("name", VOLUME_PRESETS)
def test_volume_presets_rise_from_clear_air(name):
    preset = volume_preset(name)
    hu = [at for at, _ in preset.opacity]
    assert hu == sorted(hu)
    assert preset.opacity_of(np.array([-1000.0])) == 0
    assert 0 < preset.opacity_of(np.array([400.0])) <= 1
    assert all(len(color) == 7 for _, color in preset.color)


def test_viridis_runs_from_violet_to_yellow():
    table = color_map("viridis")
    assert table.shape == (256, 3)
    assert tuple(table[0]) == (0x44, 0x01, 0x54)
    assert tuple(table[-1]) == (0xFD, 0xE7, 0x25)


def test_labels_have_their_tokens_colors():
    assert tuple(label_table()[1]) == rgb("#E54D4D")
    assert tuple(label_table()[0]) == (0, 0, 0)
    assert TOKENS["invented"] == "#B58CF2"


def test_the_histograms_window_spans_the_body():
    hu = np.concatenate([np.full(5000, -1000), np.linspace(-100, 300, 5000)]).astype(np.int16)
    window, level = histogram_window(hu)
    assert level == pytest.approx(100, abs=15)
    assert window == pytest.approx(390, abs=25)
