"""The aorta from its root to its bifurcation, and what leaves the arch and the chest's part."""

import numpy as np

from viewer.phantom.arrange import Arrangement
from viewer.phantom.body import LANDMARKS

# Radii after Wolak 2008 (chest) and Pedersen 1993 (belly).
_AORTA = (
    ((10, -5, 251), 11.5),
    ((4, -1, 262), 16.0),
    ((-2, -4, 276), 13.5),
    ((-6, -7, 292), 14.0),
    ((-7, -5, 308), 14.0),
    ((-4, 2, 321), 13.8),
    ((4, 12, 330), 13.4),
    ((15, 23, 335), 13.0),
    ((23, 36, 332), 12.6),
    ((27, 48, 321), 12.2),
    ((27, 55, 300), 12.0),
    ((25, 55, 274), 11.8),
    ((24, 52, 245), 11.6),
    ((20, 44, 210), 11.4),
    ((16, 34, 180), 11.2),
    ((11, 23, 155), 10.8),
    ((6, 13, 129), 10.3),
    ((3.5, 8, 115), 9.8),
    ((2, 5, 100), 9.3),
    ((1.5, 2.5, 84), 8.9),
    ((1, 0.5, 71), 8.6),
    ((1, -2, 38), 8.2),
    ((0.5, -2, 15), 8.0),
    ((0, 0, 0), 7.8),
)


def add_aorta(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the aorta, the arteries of its arch and the segmental arteries of the trunk."""
    points, radii = zip(*_AORTA, strict=True)
    arrangement.add("aortic root", points, radii)
    arrangement.rename("ascending aorta", "aortic root", (-2, -4, 276))
    arrangement.rename("aortic arch", "aortic root", (0, 8, 327))
    arrangement.rename("descending thoracic aorta", "aortic root", (27, 50, 316))
    arrangement.rename("abdominal aorta", "aortic root", (7, 15, 134))
    _add_arch_arteries(arrangement, variants)
    _add_segmental_arteries(arrangement)


def _add_arch_arteries(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the brachiocephalic, carotid and subclavian arteries up to neck and arms."""
    lusoria, bovine = "aberrant-right-subclavian" in variants, "bovine-arch" in variants
    arch = "aortic arch"
    right_carotid = [(-20, 20, 382), (-22, 19, 400), (-24, 16, 425), (-28, 11, 448), (-30, 8, 462)]
    right_arm = [(-33, 24, 389), (-46, 27, 394), (-60, 26, 394), (-76, 24, 390), (-92, 19, 377)]
    right_arm += [(-106, 16, 359), (-134, 9, 341)]
    if lusoria:
        arrangement.add(
            "right common carotid artery",
            [(2, 10, 329), (-2, 10, 345), (-10, 15, 362), *right_carotid],
            (3.8, 3.5, 3.3, 3.6),
            from_=arch,
        )
        # the last branch of the arch: from its far end behind trachea and esophagus to the right
        behind = [(26, 44, 326), (18, 40, 341), (2, 38, 350), (-14, 37, 364), (-25, 30, 380)]
        arrangement.add(
            "right subclavian artery", [*behind, *right_arm], (4.6, 4.2, 3.8, 3.2), from_=arch
        )
    else:
        trunk = [(2, 10, 329), (-2, 10, 344), (-9, 15, 362), (-20, 21, 379)]
        arrangement.add("brachiocephalic artery", trunk, (6.6, 6.2, 6.0), from_=arch)
        arrangement.add(
            "right common carotid artery",
            [trunk[-1], *right_carotid[1:]],
            (3.6, 3.4, 3.3, 3.8),
            from_="brachiocephalic artery",
        )
        arrangement.add(
            "right subclavian artery",
            [trunk[-1], *right_arm],
            (4.6, 4.3, 3.9, 3.2),
            from_="brachiocephalic artery",
        )
    left_carotid = [(18, 21, 374), (22, 19, 395), (24, 16, 425), (28, 11, 448), (30, 8, 462)]
    if bovine:
        start, source = [(-2, 10, 344), (8, 14, 352)], "brachiocephalic artery"
        source = "right common carotid artery" if lusoria else source
    else:
        start, source = [(11, 19, 333), (13, 20, 352)], arch
    arrangement.add(
        "left common carotid artery",
        [*start, *left_carotid],
        (3.8, 3.5, 3.3, 3.3, 3.8),
        from_=source,
    )
    left_arm = [(24, 38, 331), (27, 39, 350), (31, 39, 370), (40, 33, 387), (54, 28, 393)]
    left_arm += [(74, 24, 390), (92, 19, 377), (106, 16, 359), (134, 9, 341)]
    arrangement.add("left subclavian artery", left_arm, (5.2, 4.8, 4.3, 3.8, 3.2), from_=arch)
    last = (26, 44, 326) if lusoria else left_arm[0]
    arrangement.rename("aortic isthmus", "aortic root", last)
    arrangement.rename("left axillary artery", "left subclavian artery", (85, 23, 387))
    arrangement.rename("right axillary artery", "right subclavian artery", (-85, 23, 387))
    arrangement.add_pair(
        "internal thoracic artery",
        [
            (40, 33, 387),
            (47, 24, 371),
            (43.5, 0.5, 357),
            (34, -43, 338.5),
            (26, -74, 316),
            (24, -86, 280),
            (24, -86, 220),
        ],
        (1.3, 1.0),
        from_="subclavian artery",
        at_detail=0.4,
    )


def _add_segmental_arteries(arrangement: Arrangement) -> None:
    """Lay the intercostal and lumbar arteries, which embrace the vertebral bodies."""
    for level in ("T5", "T6", "T7", "T8", "T9", "T10", "T11"):
        _embrace(arrangement, level, "posterior intercostal artery", 19.5, -8.0, 0.9)
    for level in ("L1", "L2", "L3", "L4"):
        _embrace(arrangement, level, "lumbar artery", 25.5, -3.0, 1.05)


def _embrace(
    arrangement: Arrangement, level: str, kind: str, reach: float, drop: float, radius: float
) -> None:
    """A pair of arteries round a vertebral body at `reach` mm from its axis."""
    x, y, z = LANDMARKS[level]
    path = arrangement.path("aortic root")
    low = len(path) // 3
    origin = path[low + int(np.argmin(np.abs(path[low:, 2] - (z - drop))))]
    front = np.arctan2(origin[0] - x, y - origin[1])
    for side, sign in (("left", 1.0), ("right", -1.0)):
        turn = np.arange(front + sign * 0.5, sign * 2.0, sign * 0.4)
        ring = np.column_stack(
            [
                x + reach * np.sin(turn),
                y - reach * np.cos(turn),
                np.linspace(z - drop, z, len(turn)),
            ]
        )
        arrangement.add(
            f"{side} {kind} {level}",
            [origin, *ring],
            (radius, 0.8 * radius),
            from_="descending thoracic aorta",
            at_detail=0.5,
        )
