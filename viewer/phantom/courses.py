"""Where vessels run close to bone in the standard adult: none of it may lie there."""

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
            [(20, 22, 370), (25, 18, 410), LANDMARKS["left carotid bifurcation"], (33, 11, 468),
             (34, 17, 484), (31, 18, 502), (26, 16.5, 515), (24, 16, 521), (23.5, 15, 527),
             (20, 10, 532), (14, 4, 534), (10.5, 2, 538), (10, -2, 543), (10.5, -10, 544),
             (11, -15, 548), (11, -13, 553), (10.5, -7, 555)], 4.4,
        ),
        "vertebral": (
            [(20.5, 34.5, 420), (20.5, 32, 438), (20.5, 31.5, 456), (20.5, 33, 474.5),
             (21, 35.5, 489.5), (29.5, 39.5, 504.5), (25, 51.5, 516), (13.5, 49, 519),
             (5, 38, 526)], 4.0,
        ),
        "iliac vein": (
            [(48, 6, -108), (55, -20, -142), (58, -28, -160)], 7.5,
        ),
        "internal thoracic": (
            [(43.5, 0.5, 357), (34, -43, 338.5), (26, -74, 316)], 4.5,
        ),
        "facial": ([(38, 1, 483), (44, -12, 486), (50, -32, 482), (44, -52, 492), (30, -70, 516)],
                   4.5),
        "ophthalmic": ([(11, -14, 552), (12, -22, 553), (15, -32, 553), (18, -44, 554)], 2.5),
        "temporal": ([(38, 1, 484), (43, 10, 504), (46, 14, 517), (65, 12, 536), (73.5, 10, 556),
                      (77.5, 2, 582)], 4.0),
        "occipital": ([(37.5, 1, 481), (45, 16, 485), (39, 33, 490), (43, 54, 504)], 2.0),
        "jugular": ([(39.5, 18, 462), (43, 23, 485), (40, 27, 502), (33, 27, 516)], 8.5),
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
