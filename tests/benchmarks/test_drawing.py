"""How fast the panes draw: `pytest tests/benchmarks/test_drawing.py --benchmark-only -s`."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from viewer.geometry.surface import Surface
from viewer.segment.mask import VesselMask
from viewer.session.view_state import PLANES, ViewState
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume
from viewer.window.pane_3d import Pane3D
from viewer.window.slice_pane import SlicePane

pytestmark = [pytest.mark.gui, pytest.mark.slow]
SIZE = (700, 600)


def a_body(slices):
    """Soft tissue in air with thirty bright upright vessels, noisy, 512 x 512."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:512, :512]
    flat = np.where((x - 256) ** 2 + (y - 256) ** 2 < 220**2, 40, -1000).astype(np.int16)
    for cx, cy in rng.integers(120, 390, (30, 2)):
        flat[(x - cx) ** 2 + (y - cy) ** 2 < 64] = 380
    voxels = rng.integers(-25, 25, (slices, 512, 512), dtype=np.int16) + flat
    return Volume(voxels, Grid.regular(voxels.shape, (0.8, 0.7, 0.7)))


def a_million_triangles(center):
    u, w = np.meshgrid(
        np.linspace(0, 2 * np.pi, 1000, endpoint=False), np.linspace(0.01, np.pi - 0.01, 501)
    )
    r = 90 + 8 * np.sin(12 * u) * np.sin(9 * w)
    ball = np.stack([r * np.sin(w) * np.cos(u), r * np.sin(w) * np.sin(u), r * np.cos(w)], -1)
    i, j = np.meshgrid(np.arange(500), np.arange(1000), indexing="ij")
    a, b = i * 1000 + j, i * 1000 + (j + 1) % 1000
    triangles = np.concatenate(
        [
            np.stack([a, a + 1000, b], -1).reshape(-1, 3),
            np.stack([b, a + 1000, b + 1000], -1).reshape(-1, 3),
        ]
    )
    points = (ball.reshape(-1, 3) + center).astype(np.float32)
    return Surface(points, triangles.astype(np.int32))


@pytest.mark.parametrize("linked", [False, True], ids=["one pane", "three panes"])
@pytest.mark.parametrize("plane", PLANES)
def test_scrolling_512_x_512_x_600(benchmark, qtbot, plane, linked):
    volume = a_body(600)
    mask = VesselMask((volume.voxels > 300).astype(np.uint8), volume.grid)
    case = SimpleNamespace(
        volume=volume, restored=None, mask=mask, tree=None, surface=None, series=None
    )
    view = ViewState(cursor_lps=tuple(float(v) for v in volume.grid.center_lps))
    panes = [SlicePane(view, p) for p in (PLANES if linked else (plane,))]
    for pane in panes:
        qtbot.addWidget(pane)
        pane.resize(*SIZE)
        pane.show()
        pane.show_case(case)
    moving = next(p for p in panes if p.name == plane)

    def scroll():
        moving.step(1)
        for pane in panes:
            pane.grab()

    benchmark.pedantic(scroll, rounds=60, warmup_rounds=3)
    print(f"\nscrolling {plane}, {len(panes)} shown: {1 / benchmark.stats['mean']:.0f} a second")
    for pane in panes:
        pane.release()


@pytest.fixture(scope="module")
def a_heavy_case():
    volume = a_body(400)
    surface = a_million_triangles(volume.grid.center_lps)
    return SimpleNamespace(
        volume=volume, restored=None, mask=None, tree=None, surface=surface, series=None
    )


def settle(pane, seconds=60):
    """Turn the event loop until the pane is fine; the seconds taken and the longest turn."""
    begun = last = time.perf_counter()
    longest = 0.0
    while time.perf_counter() - begun < seconds:
        QApplication.processEvents()
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        if pane.fine and not pane.preparing:
            break
    return time.perf_counter() - begun, longest


def test_dragging_a_volume_and_a_million_triangles(benchmark, qtbot, a_heavy_case):
    pane = Pane3D(ViewState(volume_opacity=0.6))
    qtbot.addWidget(pane)
    pane.resize(800, 600)
    pane.show()
    pane.show_case(a_heavy_case)
    first, longest_first = settle(pane)

    def drag():
        pane.scene.orbit(12, 3)
        pane.touch()
        while pane._dirty:
            QApplication.processEvents()
        pane.repaint()

    benchmark.pedantic(drag, rounds=40, warmup_rounds=5)
    rest, longest = settle(pane)
    print(
        f"\ndragging: {1 / benchmark.stats['mean']:.1f} pictures a second, "
        f"refined {rest:.2f} s after rest (longest turn {1000 * longest:.0f} ms); "
        f"first fine picture after {first:.2f} s (longest turn {1000 * longest_first:.0f} ms)"
    )
    pane.release()
