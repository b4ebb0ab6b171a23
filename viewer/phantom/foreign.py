"""Metal on and in a person: electrodes and their wires, wires in the breast bone, clips."""

import numpy as np

from viewer.phantom.forms import bent, chain, rod
from viewer.phantom.layout import Organ, Shape
from viewer.phantom.tissue import Tissue
from viewer.phantom.trunk import Trunk

_METAL = ((0.0, Tissue.METAL),)


def make_foreign(rng: np.random.Generator, trunk: Trunk) -> list[Organ]:
    """Each kind of metal, at random."""
    rows: list[Organ] = []
    if rng.random() < 0.5:
        rows.append(_leads(rng, trunk))
    if rng.random() < 0.15:
        rows.append(_sternal_wires(rng))
    if rng.random() < 0.2:
        rows.append(_clips(rng))
    return rows


def _front_y(trunk: Trunk, x_mm: float, z_mm: float) -> float:
    """Where the skin in front lies (standard y) over a point of the frontal plane."""
    y = np.linspace(-240.0, 60, 301)
    line = np.stack([np.full_like(y, x_mm), y, np.full_like(y, z_mm)])
    skin = trunk.muscle_mm(line) - trunk.fat_at(line, np.zeros_like(y))
    return float(y[int(np.argmax(skin < 0))])


def _leads(rng: np.random.Generator, trunk: Trunk) -> Organ:
    spots = [(-95, 330), (95, 330), (105, 170), (60, 215), (-100, 160)]
    exit_x, exit_z = float(rng.uniform(-60, 60)), 300.0
    parts: list[Shape] = []
    for right_left, height in spots[: int(rng.integers(3, 6))]:
        x, z = right_left + float(rng.normal(0, 8)), height + float(rng.normal(0, 12))
        middle = ((x + exit_x) / 2 + float(rng.normal(0, 20)), (z + exit_z) / 2)
        knots = [(x, z), middle, (exit_x, exit_z), (exit_x + float(rng.normal(0, 25)), 400.0)]
        path = [(a, _front_y(trunk, a, b) - 3.0, b) for a, b in knots]
        parts += chain(bent(path, 9), 0.9)
        parts.append(rod((x, path[0][1] + 1, z), (x, path[0][1] + 2.5, z), 4.0, None, (1, 0.5, 1)))
    return Organ(tuple(parts), _METAL, frozenset({Tissue.AIR, Tissue.SKIN}))


def _sternal_wires(rng: np.random.Generator) -> Organ:
    parts: list[Shape] = []
    for z in np.linspace(322, 222, int(rng.integers(4, 7))):
        y = float(np.interp(z, [216, 300, 338], [-80, -56, -38]))
        turn = np.linspace(0, 2 * np.pi, 9)
        ring = np.column_stack([15 * np.cos(turn), y + 8 * np.sin(turn), z + 2 * np.cos(turn)])
        parts += chain(ring, 0.6)
    return Organ(tuple(parts), _METAL)


def _clips(rng: np.random.Generator) -> Organ:
    place = np.array([(-46, -40, 102), (22, -20, 290), (40, 20, -90), (10, 30, 110)], float)
    middle = place[int(rng.integers(len(place)))]
    starts = middle + rng.normal(0, 9, (int(rng.integers(2, 7)), 3))
    parts = tuple(rod(start, start + rng.normal(0, 2.6, 3), 0.7) for start in starts)
    return Organ(parts, _METAL, frozenset({Tissue.FAT, Tissue.MUSCLE, Tissue.LIVER}))
