"""Skull, brain, face and teeth; the carotid canals stay free."""

from dataclasses import dataclass

import numpy as np

from viewer.phantom.forms import bent, beyond, chain, egg, minus, pair, rod
from viewer.phantom.layout import Organ, Places, Row, Shape, replace
from viewer.phantom.tissue import Tissue

_SOFT = frozenset({Tissue.FAT, Tissue.MUSCLE})
_BASE = (0.0, 0.34, 0.94)
_BASE_MM = 500.0
_MASTOID = ((53, 36, 512), (12, 14, 19))


def make_head(rng: np.random.Generator) -> list[Row]:
    """Everything above the neck but skin and outline, in the order of painting."""
    vault = beyond(egg((0, 2, 582), (74, 92, 76)), _BASE, _BASE_MM, 14.0)
    thick = float(rng.normal(6.5, 0.8))
    table = 1.7
    skull = Organ(
        (vault,),
        ((0.0, Tissue.CORTEX), (table, Tissue.MARROW), (thick - table, Tissue.CORTEX),
         (thick, Tissue.WATER), (thick + 2.0, Tissue.BRAIN)),
    )  # fmt: skip
    face, brain = _face(rng), _brain(rng)
    offset = rng.uniform(0, 6.3, 6).astype(np.float32)
    return [*face, skull, *brain, Sulci(offset), *_base(), Cells(offset), *_airway(rng)]


@dataclass(frozen=True, eq=False)
class Sulci:
    """Clefts filled with fluid in the outer brain."""

    offset: np.ndarray

    def __call__(self, out: np.ndarray, places: Places) -> None:
        """Paint the clefts over the brain."""
        box = places.box(np.array([-74.0, -92, 530]), np.array([74.0, 94, 660]))
        if box is None:
            return
        x, y, z = places.fine[(slice(None), *box)]
        far = np.sqrt((x / 66) ** 2 + ((y - 2) / 84) ** 2 + ((z - 582) / 68) ** 2)
        o = self.offset
        field = np.sin(0.27 * x + 0.12 * y + o[0]) + np.sin(0.25 * y - 0.11 * z + o[1])
        field += np.sin(0.26 * z + 0.10 * x + o[2])
        cleft = (np.abs(field) < 0.22) & (far > 0.80)
        cleft |= (np.abs(x) < 1.2) & (far > 0.7) & (z > 575)
        cleft |= (np.abs(z - 560 - 0.35 * (np.abs(x) - 40) - 0.2 * y) < 2) & (far > 0.62) & (y < 20)
        replace(out[box], cleft, Tissue.WATER, {Tissue.BRAIN})


@dataclass(frozen=True, eq=False)
class Cells:
    """Air cells of the mastoid bones, thin walls between them."""

    offset: np.ndarray

    def __call__(self, out: np.ndarray, places: Places) -> None:
        """Hollow the bones out."""
        center, half = (np.array(each, float) for each in _MASTOID)
        for side in (1, -1):
            middle = center * (side, 1, 1)
            box = places.box(middle - half, middle + half)
            if box is None:
                continue
            x, y, z = places.fine[(slice(None), *box)]
            away = np.stack([x, y, z], -1) - middle
            deep = np.linalg.norm(away / (half - 2.5), axis=-1) < 1
            o = self.offset
            walls = np.abs(np.sin(0.5 * x + 1.3 * np.sin(0.4 * y + o[0]) + o[1]))
            walls = np.minimum(
                walls, np.abs(np.sin(0.46 * y + 1.3 * np.sin(0.37 * z + o[2]) + o[3]))
            )
            walls = np.minimum(
                walls, np.abs(np.sin(0.42 * z + 1.3 * np.sin(0.33 * x + o[4]) + o[5]))
            )
            replace(out[box], deep & (walls > 0.28), Tissue.AIR, {Tissue.CORTEX, Tissue.MARROW})


def _brain(rng: np.random.Generator) -> list[Organ]:
    wide = float(np.clip(rng.lognormal(0, 0.3), 0.6, 2.0))
    horn = chain([(8, -32, 596), (12, -8, 606), (17, 18, 604), (24, 34, 592), (30, 26, 574)],
                 np.array([4, 4.5, 5, 6, 3.5]) * wide)  # fmt: skip
    third = rod((0, -8, 580), (0, 14, 582), 2.0 * wide, 2.0 * wide, (1, 1, 4))
    water = ((0.0, Tissue.WATER),)
    cisterns = (
        egg((0, -6, 556), (20, 17, 8)),
        rod((0, 12, 556), (0, 16, 522), 7, 8, (1.6, 1, 1)),
        rod((12, -12, 558), (48, -16, 568), 5, 5),
        egg((0, 34, 566), (16, 7, 8)),
    )
    stem = chain([(0, 14, 572), (0, 25, 548), (0, 32, 520)], [13, 13.5, 8], (1.15, 0.9, 1))
    over = frozenset({Tissue.BRAIN, Tissue.WATER})
    return [
        Organ((*cisterns[:2], *pair(cisterns[2]), cisterns[3]), water, over),
        Organ(stem, ((0.0, Tissue.BRAIN),), over, blend_mm=4.0),
        Organ((*pair(*horn), third, egg((0, 44, 540), (6, 5, 8))), water, over),
    ]


def _base() -> list[Organ]:
    """Petrous bones, clivus and sella, dense; then the carotid canals and the great foramen."""
    petrous = chain([(54, 34, 522), (40, 24, 526), (16, 8, 532)], [13, 11, 8])
    clivus = rod((0, 12, 514), (0, -14, 544), 6, 7, (2.0, 1, 1))
    wings = rod((14, -26, 548), (58, -44, 554), 4, 5)
    dense = ((0.0, Tissue.CORTEX), (3.5, Tissue.MARROW))
    mastoid = egg(*_MASTOID)
    ear = rod((78, 20, 526), (44, 22, 528), 3.5, 3.0)
    hole = rod((0, 38, 532), (0, 42, 508), 12, 13)
    return [
        Organ(pair(*petrous, wings), dense),
        Organ((clivus,), ((0.0, Tissue.CORTEX), (1.5, Tissue.MARROW))),
        Organ(pair(mastoid), ((0.0, Tissue.CORTEX),)),
        Organ(pair(ear), ((0.0, Tissue.AIR),)),
        Organ((hole,), ((0.0, Tissue.WATER),), frozenset({Tissue.CORTEX, Tissue.MARROW})),
        Organ((rod((0, 28, 540), (0, 42, 512), 7, 6),), ((0.0, Tissue.BRAIN),),
              frozenset({Tissue.WATER})),
    ]  # fmt: skip


def _face(rng: np.random.Generator) -> list[Organ]:
    """Cheeks, jaws, teeth, orbits with eyes, sinuses and glands."""
    bone = ((0.0, Tissue.CORTEX), (1.6, Tissue.MARROW))
    thin = ((0.0, Tissue.CORTEX),)
    arch = bent([(34, -34, 0), (28, -62, 0), (10, -78, 0), (-10, -78, 0), (-28, -62, 0),
                 (-34, -34, 0)], 15)  # fmt: skip
    upper = np.add(arch, (0, -2, 506))
    lower = np.add(arch * (1.05, 1, 1), (0, 2, 470))
    jaw = chain([(50, 2, 516), (49, -6, 486), (44, -22, 468)], [5.5, 6, 7], (0.7, 1.8, 1))
    cheek = chain([(62, -4, 534), (60, -34, 530), (46, -62, 528)], [4, 4.5, 7])
    teeth = [rod((x, y, 478), (x, y, 500), 3.0, 3.0) for x, y, _ in arch]
    missing = rng.random(len(teeth)) < 0.12
    kept = tuple(tooth for tooth, gone in zip(teeth, missing, strict=True) if not gone)
    orbit = rod((33, -62, 546), (17, -28, 550), 18, 5)
    sinus = egg((29, -50, 520), (16, 18, 17))
    solid = _SOFT | {Tissue.CORTEX, Tissue.MARROW, Tissue.WATER, Tissue.BRAIN}
    rows = [
        Organ(pair(egg((30, -58, 530), (30, 26, 34)), *cheek), thin, _SOFT),
        Organ(pair(egg((30, -58, 530), (27, 24, 31))), ((0.0, Tissue.FAT),),
              frozenset({Tissue.CORTEX})),
        Organ(chain(upper, 6.0, (1, 1, 1.4)), bone, None, blend_mm=2.0),
        Organ((*chain(lower, 6.0, (1, 1, 1.7)), *pair(*jaw)), bone, None),
        Organ(kept, ((0.0, Tissue.TOOTH),)),
        Organ(pair(minus(rod((33, -60, 546), (17, -26, 550), 21, 8), orbit, 0.0)), thin, solid),
        Organ(pair(orbit), ((0.0, Tissue.FAT),), solid),
        Organ(pair(egg((33, -62, 546), (12, 12, 12))),
              ((0.0, Tissue.CARTILAGE), (1.2, Tissue.WATER))),
        Organ(pair(rod((29, -51, 547), (17, -28, 550), 2.4)), ((0.0, Tissue.BRAIN),)),
        Organ(pair(sinus), ((0.0, Tissue.CORTEX), (1.4, Tissue.AIR))),
        Organ((egg((0, -46, 546), (13, 22, 14)),), ((0.0, Tissue.CORTEX), (1.2, Tissue.AIR))),
        Organ((egg((0, -20, 538), (13, 11, 10)),), ((0.0, Tissue.CORTEX), (1.2, Tissue.AIR))),
        Organ((egg((0, -82, 574), (22, 7, 12)),), ((0.0, Tissue.CORTEX), (1.5, Tissue.AIR))),
        Organ(pair(egg((54, 6, 492), (11, 15, 24))), ((0.0, Tissue.GLAND),), _SOFT, 1.0),
        Organ(pair(egg((30, -24, 462), (11, 14, 11))), ((0.0, Tissue.GLAND),), _SOFT, 1.0),
    ]  # fmt: skip
    return rows


def _airway(rng: np.random.Generator) -> list[Organ]:
    """Nose, throat and voice box with hyoid and thyroid cartilage."""
    nose: list[Shape] = [
        rod((7, -86, 512), (7, -34, 518), 4.5, 6, (1, 1, 2.6)),
        rod((-7, -86, 512), (-7, -34, 518), 4.5, 6, (1, 1, 2.6)),
    ]
    shell = [rod((s * 9, -82, z), (s * 9, -44, z), 2.4) for s in (-1, 1) for z in (506, 518, 528)]
    throat = chain([(0, -20, 524), (0, -12, 496), (0, -6, 470), (0, -2, 450), (0, 6, 432)],
                   [9, 7, 8, 7, 6], (1.5, 0.8, 1))  # fmt: skip
    shield = chain([(-20, 14, 438), (-11, -8, 436), (0, -16, 434), (11, -8, 436), (20, 14, 438)],
                   2.2, (1, 1, 4))  # fmt: skip
    hyoid = chain([(-20, 6, 460), (-12, -14, 456), (0, -20, 455), (12, -14, 456), (20, 6, 460)],
                  [2, 3, 4, 3, 2])  # fmt: skip
    air = ((0.0, Tissue.AIRWAY),)
    hard = Tissue.CORTEX if rng.random() < 0.4 else Tissue.CARTILAGE
    return [
        Organ(tuple(nose), ((0.0, Tissue.MUSCLE), (1.0, Tissue.AIRWAY))),
        Organ(tuple(shell), ((0.0, Tissue.MUSCLE),)),
        Organ(chain([(0, -44, 484), (0, -18, 472)], [19, 14], (1.2, 1.3, 0.8)),
              ((0.0, Tissue.MUSCLE),), frozenset({Tissue.FAT})),
        Organ(throat, air),
        Organ(shield, ((0.0, hard),)),
        Organ(hyoid, ((0.0, Tissue.CORTEX), (1.2, Tissue.MARROW))),
    ]  # fmt: skip
