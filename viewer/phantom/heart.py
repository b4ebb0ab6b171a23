"""The heart: four chambers, their walls, and the fat around them."""

from dataclasses import dataclass

import numpy as np

from viewer.phantom.body import LANDMARKS
from viewer.phantom.forms import egg, rod, toward
from viewer.phantom.layout import Places, Shape, joined, replace
from viewer.phantom.tissue import Tissue

_LOW = np.array([-85.0, -100, 140])
_HIGH = np.array([125.0, 75, 310])
_AROUND = frozenset({Tissue.FAT, Tissue.MUSCLE, Tissue.LUNG})


@dataclass(frozen=True, eq=False)
class Heart:
    """Shapes of the blood in the chambers and of what lies around; walls in mm."""

    left_ventricle: tuple[Shape, ...]
    left_atrium: tuple[Shape, ...]
    right: tuple[Shape, ...]
    wall_mm: float
    fat_mm: float

    def __call__(self, out: np.ndarray, places: Places) -> None:
        """Paint the heart over lungs and mediastinal fat."""
        box = places.box(_LOW, _HIGH)
        if box is None:
            return
        points = places.coarse[(slice(None), *places.coarse_box(box))]
        bump = places.coarse_bumps[(slice(None), *places.coarse_box(box))]
        pools = [_depth(parts, points) for parts in self._pools()]
        ventricle, atrium, right = (
            places.lift(pool + 1.2 * bump[n % 2], box) for n, pool in enumerate(pools)
        )
        here = out[box]
        wall = np.maximum(ventricle + self.wall_mm, np.maximum(atrium + 2.5, right + 3.0))
        replace(here, wall > -self.fat_mm, Tissue.FAT, _AROUND)
        replace(here, wall > 0, Tissue.HEART_WALL, _AROUND)
        heart = frozenset({Tissue.HEART_WALL})
        septum = np.maximum(ventricle + self.wall_mm, atrium + 3.0)
        replace(here, (right > 0) & (septum < 0), Tissue.RIGHT_HEART, heart)
        replace(here, np.maximum(ventricle, atrium) > 0, Tissue.LEFT_HEART, heart)

    def _pools(self) -> tuple[tuple[Shape, ...], ...]:
        return self.left_ventricle, self.left_atrium, self.right


def _depth(parts: tuple[Shape, ...], points: np.ndarray) -> np.ndarray:
    """Depth below the joint surface of parts (mm)."""
    depth = -parts[0].distance_mm(points)
    for part in parts[1:]:
        depth = joined(depth, -part.distance_mm(points), 6.0)
    return depth


def _at(name: str) -> np.ndarray:
    return np.array(LANDMARKS[name], float)


def make_heart(rng: np.random.Generator) -> Heart:
    """A heart somewhere between systole and diastole, its chambers at their landmarks.

    A thick wall means a small chamber: outside, where the coronary arteries run, hearts differ
    little.
    """
    beat, size = rng.normal(1, 0.04), rng.normal(1, 0.03, 4)
    wall_mm = float(np.clip(rng.normal(9.5, 1.5), 7, 14))
    axis = toward(_at("heart apex") - _at("aortic root"))
    root, trunk = _at("aortic root"), _at("pulmonary trunk")
    left = (
        egg(
            np.add(_at("left ventricle"), (1, -1, 1)),
            np.array([33.5, 33.5, 50.5]) * size[0] - wall_mm,
            axis,
        ),
        rod((28, -9, 234), np.add(root, (3, -1, -3)), 14, 12.5),
    )
    atrium = (
        egg(np.add(_at("left atrium"), (0, -3, 0)), np.array([35, 18.5, 24]) * size[1]),
        rod((14, 12, 240), (34, -7, 228), 15, 14),
        rod((30, 18, 258), (44, -8, 266), 10, 6),
    )
    right = (
        egg(
            np.add(_at("right ventricle"), (3, 2, -6)),
            np.array([27, 26, 39]) * beat * size[2],
            axis,
        ),
        rod((12, -44, 232), np.add(trunk, (-1, -5, -8)), 19, 13.5),
        egg(_at("right atrium"), np.array([24, 27, 33]) * size[3]),
        rod((-28, -16, 226), (2, -38, 216), 18, 18),
        rod((-31, 2, 250), (-29, 6, 276), 12, 10),
        rod((-30, 2, 218), (-26, 12, 180), 14, 12),
    )
    return Heart(left, atrium, right, wall_mm, float(rng.uniform(4.5, 8)))
