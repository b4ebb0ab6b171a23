"""The spine: bodies with thin cortex, discs, arches, processes and the canal; the sacrum."""

import numpy as np

from viewer.phantom.body import LANDMARKS
from viewer.phantom.forms import chain, egg, rod
from viewer.phantom.layout import Organ, Shape
from viewer.phantom.tissue import Tissue

# Start and end beside the midline, their radii, and how much taller than wide a process is.
Sided = tuple[tuple[float, float, float], tuple[float, float, float], float, float, float]

_NECK = tuple(f"C{n}" for n in range(1, 8))
_CHEST = tuple(f"T{n}" for n in range(1, 13))
_LOINS = tuple(f"L{n}" for n in range(1, 6))
LEVELS = (*_NECK, *_CHEST, *_LOINS)

# Half width, half depth of the body; half width and half depth of the canal; how far the tip of
# the spinous process lies behind the body's center and how far it drops; reach of the
# transverse processes (mm; after Panjabi 1991 and 1992, rounded).
_SIZES = {
    "C1": (9.0, 7, 12, 9, 28, 2, 36), "C2": (9, 7.5, 11, 8.5, 36, 8, 26),
    "C4": (10, 8, 11.5, 7, 36, 7, 25), "C7": (13, 9, 11.5, 7, 50, 10, 32),
    "T1": (14, 9, 10, 7.5, 50, 14, 35), "T4": (14, 11.5, 8.5, 7.5, 44, 26, 31),
    "T6": (14.5, 13, 8.5, 7.5, 42, 26, 31), "T10": (17.5, 15.5, 8.5, 7.5, 45, 14, 28),
    "T12": (20, 15.5, 10, 8, 50, 6, 24), "L1": (21.5, 16, 11, 8, 56, 5, 36),
    "L3": (23, 17, 11.5, 8, 58, 4, 44), "L5": (25, 17, 13, 8, 50, 5, 46),
    "S1": (25, 15, 14, 7, 36, 4, 44),
}  # fmt: skip


def _sizes(level: int) -> np.ndarray:
    """The measures of the vertebra with this place in `LEVELS`, between those listed."""
    names = [*LEVELS, "S1"]
    known = [(names.index(name), row) for name, row in _SIZES.items()]
    places, rows = [n for n, _ in known], np.array([row for _, row in known], float)
    return np.array([np.interp(level, places, rows[:, c]) for c in range(rows.shape[1])])


def _centers() -> np.ndarray:
    return np.array([LANDMARKS[name] for name in (*LEVELS, "S1")], float)


def _body(center: np.ndarray, down: np.ndarray, half: tuple[float, float, float]) -> Shape:
    """A vertebral body: an oval drum with a waist, a flat back and end plates across `down`."""
    a, b, h = half
    c = center.astype(np.float32)
    up = (-down / np.linalg.norm(down)).astype(np.float32)

    def distance(points: np.ndarray) -> np.ndarray:
        x, y, z = points[0] - c[0], points[1] - c[1], points[2] - c[2]
        along = y * up[1] + z * up[2]
        deep = y * up[2] - z * up[1]
        waist = 1 - np.float32(0.10) * (1 - np.minimum(along * along / (h * h), 1))
        back = 1 + np.float32(0.14) * (deep > 0)
        u, v = x / (a * waist), deep * back / (b * waist)
        far = np.sqrt(u * u + v * v)
        out = (far - 1) * np.where(np.abs(u) > np.abs(v), np.float32(a), np.float32(b))
        return np.maximum(out, np.abs(along) - h)

    reach = np.array([a + 3, b + h * 0.6 + 4, h + b * 0.6 + 3])
    return Shape(center - reach, center + reach, distance)


def _arch(center: np.ndarray, height: float, sizes: np.ndarray) -> tuple[Shape, ...]:
    """Pedicles, laminae, spinous, transverse and articular processes of one vertebra."""
    a, b, wide, deep, tip, drop, reach = (float(v) for v in sizes)
    y0 = b * 0.85 + deep
    lean = min(height * 0.42, 7.0)
    thick = 3.2 if b < 10 else 3.8
    root, end_of_it = (0, y0 + deep + 3.5, -lean), (0, tip - 2, -lean - drop)
    spinous = rod(np.add(center, root), np.add(center, end_of_it), 2.6, 3, (1, 1, 2))
    sided: list[Sided] = [
        ((a * 0.62, b * 0.5, lean), (wide + 2.5, y0, lean * 0.6), thick, thick, 1.5),
        ((wide + 3.0, y0 + 2, 0), (1.5, y0 + deep + 3.5, -lean), 2.6, 2.8, 2.6),
        ((wide + 4.5, y0 + 4, height * 0.8), (wide + 4.5, y0 + 5, -height), 4.2, 4.2, 1.0),
    ]
    if b < 10:
        sided += _foramen(a, wide, y0, lean, reach)
    else:
        end = (reach - 4, y0 + deep * 0.5 + 3, lean * 0.4)
        sided.append(((wide + 3.5, y0, lean * 0.5), end, 3.4, 3.0, 1.0))
    parts = [spinous]
    for start, stop, first, last, tall in sided:
        for side in (-1, 1):
            beside = np.array([side, 1, 1])
            a_end, b_end = center + beside * start, center + beside * stop
            parts.append(rod(a_end, b_end, first, last, (1, 1, tall)))
    return tuple(parts)


def _foramen(a: float, wide: float, y0: float, lean: float, reach: float) -> list[Sided]:
    """The two roots of a neck vertebra's transverse process; between them runs an artery."""
    end = (max(min(reach, a + 17) - 2, 25), y0 * 0.3, -1.0)
    return [
        ((a * 0.8, -1.5, 0), end, 1.8, 2.0, 1.0),
        ((wide + 3, y0, lean * 0.3), end, 2.0, 2.0, 1.0),
    ]


def _dens() -> tuple[Shape, ...]:
    c1, c2 = (np.array(LANDMARKS[name], float) for name in ("C1", "C2"))
    ring = [
        (c1[0] + 22 * np.sin(t), c1[1] + 10 - 20 * np.cos(t), c1[2])
        for t in np.linspace(0, 2 * np.pi, 15)
    ]
    mass = [egg((side * 20, c1[1] + 4, c1[2]), (7, 9, 9)) for side in (-1, 1)]
    return (rod(c2, np.add(c1, (0, -1, 2)), 6.0, 4.5), *chain(ring, 3.0, (1, 1, 1.6)), *mass)


def make_spine(rng: np.random.Generator) -> list[Organ]:
    """Vertebrae C1 to L5 with discs between, the sacrum, and the canal with the cord."""
    centers = _centers()
    wide, cortex_mm = rng.normal(1, 0.04), float(np.clip(rng.lognormal(-0.1, 0.25), 0.5, 1.6))
    disc = float(rng.uniform(0.10, 0.17))
    rows = [Organ(_discs(centers, wide), ((0.0, Tissue.CARTILAGE),))]
    bone = ((0.0, Tissue.CORTEX), (cortex_mm, Tissue.MARROW))
    arch_bone = ((0.0, Tissue.CORTEX), (cortex_mm * 1.4, Tissue.MARROW))
    for level in range(len(LEVELS)):
        sizes = _sizes(level)
        sizes[:2] *= min(wide, 1.03) * rng.normal(1, 0.012)
        here = centers[level]
        above, below = centers[max(level - 1, 0)], centers[level + 1]
        down = below - above
        height = float(np.linalg.norm(down)) / (2 if level else 1) / 2
        rows.append(Organ(_arch(here, height, sizes), arch_bone))
        if level == 0:
            rows.append(Organ(_dens(), arch_bone))
            continue
        half = (float(sizes[0]), float(sizes[1]), height * (1 - 2 * disc))
        rows.append(Organ((_body(here, down, half),), bone))
    return [*rows, *_sacrum(cortex_mm), *_canal(centers)]


def _discs(centers: np.ndarray, wide: float) -> tuple[Shape, ...]:
    """A column through C2 to S1 as wide as the bodies."""
    parts = []
    for level in range(1, len(LEVELS)):
        a, b = _sizes(level)[:2] * min(wide, 1.03) * 0.97
        flat = (float(a / b), 1.0, 1.0)
        parts.append(rod(centers[level], centers[level + 1], float(b), None, flat))
    return tuple(parts)


def _sacrum(cortex_mm: float) -> list[Organ]:
    """Sacrum and coccyx: a curved wedge with wings."""
    path = np.array([(56, -56), (77, -80), (90, -102), (96, -124), (95, -146)], float)
    half = [(26, 14, 14), (23, 11, 13), (19, 9, 13), (15, 8, 13), (12, 7, 12)]
    wings = [(46, 12, 17), (45, 11, 15), (36, 9, 14), (26, 7, 13), (18, 6, 12)]
    parts: list[Shape] = []
    for (y, z), size, wing in zip(path, half, wings, strict=True):
        parts += [egg((0, y, z), np.array(size) * 1.06), egg((0, y + 7, z - 4), wing)]
    for side in (-1, 1):
        parts.append(egg((side * 34, 66, -66), (17, 17, 18)))
    parts += [rod((0, 92, -155), (0, 80, -178), 6, 4)]
    spines = chain([(0, 84, -52), (0, 104, -84), (0, 110, -120)], 3.5)
    layers = ((0.0, Tissue.CORTEX), (cortex_mm * 1.3, Tissue.MARROW))
    return [Organ((*parts, *spines), layers, blend_mm=3.0)]


def _canal(centers: np.ndarray) -> list[Organ]:
    """The canal from the skull to the sacrum, with fat, fluid and the cord."""
    sizes = np.array([_sizes(level) for level in range(len(LEVELS) + 1)])
    middle = centers + np.stack(
        [np.zeros(len(sizes)), sizes[:, 1] * 0.88 + sizes[:, 3], np.zeros(len(sizes))], axis=1
    )
    middle = np.vstack([(0, 42, 530), middle, (0, 90, -84), (0, 103, -115)])
    deep = np.r_[9, sizes[:, 3] - 0.5, 5, 3]
    canal = chain(middle, deep, (1.35, 1.0, 1.0))
    cord = chain(middle[:22], np.r_[5, np.full(19, 3.8), 3.2, 2.0], (1.4, 1, 1))
    return [
        Organ(canal, ((0.0, Tissue.FAT), (1.0, Tissue.WATER))),
        Organ(cord, ((0.0, Tissue.BRAIN),), frozenset({Tissue.WATER})),
    ]
