"""Soft organs of chest, belly, pelvis and neck, muscles, and the fat beds that vessels run in."""

from dataclasses import dataclass

import numpy as np

from viewer.phantom.body import LANDMARKS
from viewer.phantom.forms import bent, chain, egg, pair, rod, toward
from viewer.phantom.layout import Distance, Organ, Places, Row, Shape, joined, replace
from viewer.phantom.tissue import Tissue
from viewer.phantom.trunk import Trunk, cage_mm

_FAT = frozenset({Tissue.FAT})
_SOFT = frozenset({Tissue.FAT, Tissue.MUSCLE})
_CHEST = frozenset({Tissue.LUNG, Tissue.MUSCLE, Tissue.FAT})


def make_muscles() -> list[Organ]:
    """Muscles that stand inside the trunk's cavity: along the spine, psoas, iliacus, crura."""
    back = chain(
        [(32, 94, 330), (34, 96, 260), (34, 91, 180), (37, 86, 110), (38, 83, 40), (34, 92, -40)],
        [12, 14, 17, 21, 22, 17], (1.25, 0.85, 1.0),
    )  # fmt: skip
    loin = chain([(66, 72, 112), (62, 70, 60), (66, 68, -10)], [9, 12, 12], (1.6, 0.7, 1.0))
    psoas = chain(
        [(27, 40, 108), (34, 38, 60), (43, 37, 10), (54, 32, -40), (70, 10, -95), (84, 0, -150),
         (100, 22, -205)], [7, 14, 18, 20, 18, 15, 9],
    )  # fmt: skip
    iliac = chain([(92, 24, -36), (88, 16, -72), (84, 6, -105)], [11, 14, 13], (1.3, 1.3, 1.6))
    inner = chain([(62, 24, -130), (56, 30, -165)], [9, 8], (0.7, 2.6, 1.6))
    floor = chain([(46, 50, -160), (20, 56, -185), (0, 50, -194)], [5, 5, 5])
    crus = (
        *chain([(16, 42, 152), (16, 30, 116), (14, 26, 90), (13, 22, 60)], [4, 5.5, 4.5, 3]),
        *chain([(-16, 40, 152), (-16, 28, 116), (-14, 24, 80), (-13, 20, 44)], [4, 6, 5, 3]),
    )
    muscle = ((0.0, Tissue.MUSCLE),)
    return [
        Organ(pair(*back, *loin), muscle, _FAT, 1.5, smooth=True),
        Organ(pair(*psoas), muscle, _FAT, 1.0, 4.0, smooth=True),
        Organ(pair(*iliac, *inner, *floor), muscle, _FAT, 1.5, smooth=True),
        Organ(crus, muscle, _FAT),
    ]


def make_beds() -> list[Organ]:
    """Fat beds in which great vessels run: mediastinum, armpits, neck sheaths, groins, thighs."""
    fat = ((0.0, Tissue.FAT),)
    middle = (
        egg((-2, 22, 352), (42, 42, 44)),
        egg((2, 8, 305), (44, 44, 44)),
        *chain([(7, 66, 340), (10, 64, 270), (8, 54, 200), (2, 44, 130)], [29, 28, 28, 30],
               (1.08, 0.9, 1.0)),
        rod((4, -62, 300), (8, -66, 215), 12, 24, (1.2, 1, 1)),
    )  # fmt: skip
    beds = (
        rod((26, 22, 385), (32, 14, 500), 11, 10),
        egg((122, 26, 338), (26, 22, 34)),
        rod((60, 20, 366), (112, 26, 352), 13, 15),
        egg((72, -40, -168), (22, 17, 46)),
        rod((66, -24, -190), (70, -4, -400), 10, 9),
        rod((70, 0, -420), (78, 42, -560), 10, 15),
        egg((120, 40, -206), (20, 30, 30)),
        rod((46, 74, -90), (60, 60, -150), 9, 10),
    )
    return [
        Organ(middle, fat, _CHEST, 2.0, 10.0, smooth=True),
        Organ(pair(*beds), fat, frozenset({Tissue.MUSCLE}), 2.0, smooth=True),
    ]


@dataclass(frozen=True, eq=False)
class Liver:
    """The liver fills the room below the right dome, between the ribs and its other organs."""

    trunk: Trunk
    parts: tuple[Shape, ...]

    def __call__(self, out: np.ndarray, places: Places) -> None:
        """Paint the liver over the belly's fat."""
        box = places.box(np.array([-150.0, -110, 30]), np.array([80.0, 110, 225]))
        if box is None:
            return
        near = (slice(None), *places.coarse_box(box))
        points = places.coarse[near]
        depth = -self.parts[0].distance_mm(points)
        for part in self.parts[1:]:
            depth = joined(depth, -part.distance_mm(points), 16.0)
        depth += 2.5 * places.coarse_bumps[near][1]
        depth = np.minimum(depth, -self.trunk.diaphragm_mm(points) - 3)
        depth = np.minimum(depth, np.where(points[2] > 85, -cage_mm(points) - 12, depth))
        spared = Organ.depth_of(_liver_fossae(), points)
        inside = places.lift(np.minimum(depth, -spared), box) > 0
        replace(out[box], inside, Tissue.LIVER, _SOFT)


def _liver_fossae() -> tuple[Shape, ...]:
    """Room that the liver leaves for kidney, vena cava, porta and spine."""
    return (
        egg((-56, 48, 74), (38, 36, 66)),
        rod((-24, 16, 60), (-24, 20, 140), 13, 13),
        rod((4, 36, 60), (10, 56, 220), 34, 30),
        egg((-28, -4, 96), (30, 17, 20)),
    )


def _make_liver(rng: np.random.Generator, trunk: Trunk) -> Liver:
    size = rng.normal(1, 0.05)
    parts = (
        egg((-78, -2, 146), np.array([70, 92, 83]) * size),
        egg((-92, 14, 106), np.array([42, 64, 66]) * size),
        egg((-18, -42, 152), np.array([76, 40, 38]) * rng.normal(1, 0.08)),
    )
    return Liver(trunk, parts)


@dataclass(frozen=True, eq=False)
class Kidney:
    """One kidney: cortex with columns, pyramids, sinus fat and pelvis; `side` is +1 at left."""

    center: np.ndarray
    half_mm: np.ndarray
    side: int
    pyramids: int
    fat_mm: float

    def __call__(self, out: np.ndarray, places: Places) -> None:
        """Paint the kidney and the fat around it."""
        reach = np.array([48, 48, self.half_mm[2] + 18])
        box = places.box(self.center - reach, self.center + reach)
        if box is None:
            return
        hilum = np.array([-self.side * 0.86, -0.5, 0])
        axes = toward((self.side * 0.22, 0.2, -1), hilum)
        whole = egg(self.center, self.half_mm, axes)
        points = places.fine[(slice(None), *box)]
        bump = places.fine_bumps[0][box]
        far = whole.distance_mm(points) + 0.8 * bump
        local = np.tensordot(axes.astype(np.float32), points, 1)
        local -= (axes @ self.center).astype(np.float32)[:, None, None, None]
        _, toward_hilum, along = local
        mouth = ((toward_hilum - 24) / 19) ** 2 + (local[0] / 10) ** 2 + (along / 25) ** 2
        here = out[box]
        bed = frozenset({Tissue.FAT, Tissue.MUSCLE, Tissue.LIVER})
        replace(here, far < self.fat_mm, Tissue.FAT, bed)
        inside = (far < 0) & (mouth > 1)
        np.copyto(here, np.uint8(Tissue.KIDNEY), where=inside)
        turn = np.arctan2(local[0], -toward_hilum)
        lobes = np.sin(along * np.float32(self.pyramids / 16)) + np.cos(2.9 * turn)
        wedge = inside & (far < -6.5) & (lobes > -0.6 - 0.05 * (far + 6.5))
        np.copyto(here, np.uint8(Tissue.KIDNEY_MEDULLA), where=wedge)
        np.copyto(here, np.uint8(Tissue.FAT), where=(far < 0) & (mouth <= 1))
        pelvis = ((toward_hilum - 15) / 11) ** 2 + (local[0] / 4.5) ** 2 + ((along + 3) / 11) ** 2
        np.copyto(here, np.uint8(Tissue.WATER), where=pelvis < 1)


def _make_kidney(rng: np.random.Generator, name: str, side: int) -> Kidney:
    center = np.array(LANDMARKS[name], float) + rng.normal(0, 2, 3)
    half = np.array([26.5, 29, 54]) * rng.normal(1, 0.05) * rng.normal(1, 0.03, 3)
    return Kidney(center, half, side, int(rng.integers(4, 7)), float(rng.uniform(3, 11)))


def make_abdomen(rng: np.random.Generator, trunk: Trunk) -> list[Row]:
    """Liver, gallbladder, spleen, kidneys, adrenals and pancreas."""
    jitter = rng.normal(0, 2.0, (4, 3))
    spleen = egg(
        np.array([92, 46, 132]) + jitter[0],
        np.array([37, 52, 66]) * rng.normal(1, 0.09),
        toward((0.1, -0.5, 1), (0, 1, 0.3)),
    )
    pancreas = chain(
        bent([(-24, -2, 74), (-20, -14, 88), (4, -23, 95), (34, -10, 102), (62, 16, 112),
              (78, 32, 120)], 9),
        np.array([13, 13, 10, 8.5, 8.5, 9, 8.5, 8, 6]) * rng.normal(1, 0.1), (1, 0.9, 1.25),
    )  # fmt: skip
    adrenal = (
        *chain([(28, 26, 122), (32, 34, 116), (38, 42, 108)], [2.4, 2.6, 2.2], (1, 1, 3)),
        rod((30, 30, 118), (28, 44, 110), 2.2, 2.0, (1, 1, 3)),
        rod((-28, 30, 124), (-34, 50, 116), 2.4, 2.0, (1, 1, 3)),
    )
    return [
        _make_liver(rng, trunk),
        Organ((egg((-48, -52, 96) + jitter[1], (15, 18, 30)),),
              ((0.0, Tissue.BOWEL_WALL), (1.6, Tissue.WATER)),
              frozenset({Tissue.FAT, Tissue.LIVER}), 1.0),
        Spleen(spleen, trunk),
        _make_kidney(rng, "left kidney", 1),
        _make_kidney(rng, "right kidney", -1),
        Organ(adrenal, ((0.0, Tissue.GLAND),), _FAT),
        Organ(pancreas, ((0.0, Tissue.PANCREAS),), _FAT, 2.2, 2.0),
    ]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Spleen:
    """The spleen lies against the left dome and the ribs."""

    shape: Shape
    trunk: Trunk

    def __call__(self, out: np.ndarray, places: Places) -> None:
        """Paint the spleen over the belly's fat."""
        box = places.box(self.shape.low, self.shape.high)
        if box is None:
            return
        near = (slice(None), *places.coarse_box(box))
        points = places.coarse[near]
        depth = -self.shape.distance_mm(points) + 1.5 * places.coarse_bumps[near][0]
        depth = np.minimum(depth, -self.trunk.diaphragm_mm(points) - 3)
        depth = np.minimum(depth, -cage_mm(points) - 12)
        depth = np.minimum(depth, egg((60, 38, 92), (34, 36, 64)).distance_mm(points))
        replace(out[box], places.lift(depth, box) > 0, Tissue.SPLEEN, _SOFT)


def make_airways(rng: np.random.Generator) -> list[Organ]:
    """Windpipe and bronchi with their wall, gullet, thyroid, bladder and what lies behind it."""
    pipe = bent([(0, 10, 432), (0, 12, 404), (-4, 24, 364), (-9, 35, 330), (-2, 34, 312)], 8)
    left = bent([(-2, 34, 312), (18, 32, 296), (44, 32, 280), (60, 38, 262), (70, 50, 236)], 6)
    right = bent([(-2, 34, 312), (-20, 34, 296), (-34, 32, 276), (-44, 40, 250), (-56, 54, 222)], 6)
    twigs = [
        [(-22, 34, 295), (-46, 34, 302), (-66, 30, 322)], [(-38, 34, 268), (-58, 8, 248)],
        [(40, 32, 282), (60, 20, 296), (68, 16, 318)], [(56, 36, 268), (72, 10, 258)],
        [(-44, 40, 250), (-70, 34, 232), (-84, 40, 214)], [(60, 38, 262), (84, 36, 238)],
        [(-66, 30, 322), (-74, 20, 344)], [(68, 16, 318), (72, 30, 342)],
    ]  # fmt: skip
    wide = rng.normal(1, 0.06)
    lumen = [*chain(pipe, 8.2 * wide, (1.0, 1.0, 1.0))]
    lumen += chain(left, np.array([6.6, 5.8, 5.2, 4.6, 4.0, 3.0]) * wide)
    lumen += chain(right, np.array([7.4, 6.6, 5.8, 4.8, 4.0, 3.2]) * wide)
    for twig in twigs:
        lumen += chain(twig, np.linspace(3.8, 2.2, len(twig)) * wide)
    # the wall is about 1.5 mm: the rods are drawn that much wider, the lumen that deep
    walled = tuple(Shape(s.low - 2, s.high + 2, _wider(s, 1.5)) for s in lumen)
    gullet = bent([(0, 24, 436), (3, 30, 402), (6, 44, 350), (2, 52, 312), (4, 51, 270),
                   (5, 47, 230), (8, 36, 190), (16, 12, 160), (28, 0, 148)], 16)  # fmt: skip
    gas = float(rng.choice([0.0, 2.5]))
    tube = Organ(
        chain(gullet, 6.2, (1.25, 0.9, 1.0)), ((0.0, Tissue.BOWEL_WALL), (3.6, Tissue.GAS))
        if gas else ((0.0, Tissue.BOWEL_WALL),),
        _CHEST,
    )  # fmt: skip
    gland = (
        *pair(egg((18, 12, 408), np.array([9.5, 10.5, 24]) * rng.normal(1, 0.1))),
        rod((-12, 1, 402), (12, 1, 402), 4, 4),
    )
    return [
        tube,
        Organ(gland, ((0.0, Tissue.THYROID),), _SOFT, 0.8),
        Organ(walled, ((0.0, Tissue.CARTILAGE), (1.5, Tissue.AIRWAY))),
    ]


def _wider(shape: Shape, more_mm: float) -> Distance:
    def distance(points: np.ndarray) -> np.ndarray:
        return shape.distance_mm(points) - np.float32(more_mm)

    return distance


def make_pelvis(rng: np.random.Generator) -> list[Organ]:
    """Bladder, and the womb or the prostate behind and below it."""
    fill = rng.uniform(0.7, 1.15)
    bladder = Organ(
        (egg((0, -22, -130), np.array([42, 32, 32]) * fill),),
        ((0.0, Tissue.MUSCLE), (3.5, Tissue.WATER)), _SOFT, 2.0,
    )  # fmt: skip
    if rng.random() < 0.5:
        behind: tuple[Shape, ...] = (
            egg((3, 16, -112), (25, 22, 34)),
            egg((0, 14, -150), (13, 11, 16)),
        )
    else:
        behind = (egg((0, -4, -166), (24, 18, 19)), *pair(rod((6, 20, -148), (32, 22, -140), 5)))
    return [Organ(behind, ((0.0, Tissue.GLAND),), _SOFT, 1.0, 3.0), bladder]
