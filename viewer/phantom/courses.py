"""Where great arteries run in the standard adult: no bone may lie there."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from viewer.phantom.body import LANDMARKS
from viewer.phantom.forms import bent, chain, pair
from viewer.phantom.layout import Organ
from viewer.phantom.tissue import Tissue

_HARD = frozenset({Tissue.CORTEX, Tissue.MARROW, Tissue.CARTILAGE, Tissue.TOOTH})


def _at(*names: str) -> list[tuple[float, float, float]]:
    return [LANDMARKS[name] for name in names]


_BIFURCATION = LANDMARKS["aortic bifurcation"]

# Courses and the radius (mm) that is kept free of bone around them; paired ones at the left.
COURSES: Mapping[str, tuple[list[tuple[float, float, float]], float]] = MappingProxyType(
    {
        "aorta": (
            [LANDMARKS["aorta at T6"], (22, 50, 230), LANDMARKS["aorta at T10"], (5, 20, 116),
             (3, 12, 84), (2, 4, 40), _BIFURCATION], 11.0,
        ),
        "iliac": (
            [_BIFURCATION, LANDMARKS["left iliac bifurcation"], (58, 4, -110),
             LANDMARKS["left femoral"]], 6.5,
        ),
        "carotid": (
            [(20, 22, 370), (25, 18, 410), LANDMARKS["left carotid bifurcation"], (29, 15, 498),
             LANDMARKS["left carotid canal"], (16, 2, 530), (11, -10, 540), (9, -6, 552)], 4.4,
        ),
        "vertebral": ([(16, 36, 425), (16, 32, 474), (19, 34, 492), (20, 44, 511), (6, 30, 524)],
                      3.0),
    }
)  # fmt: skip


def make_courses() -> list[Organ]:
    """Fat instead of bone along the courses."""
    rows = []
    for name, (knots, free_mm) in COURSES.items():
        path = bent(knots, max(8, 3 * len(knots)))
        parts = chain(np.asarray(path), free_mm)
        tissue = Tissue.MUSCLE if name == "carotid" else Tissue.FAT
        rows.append(Organ(parts if name == "aorta" else pair(*parts), ((0.0, tissue),), _HARD))
    return rows
