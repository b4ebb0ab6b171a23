"""Bones around the spine: ribs, breast bone, shoulder girdle, pelvis and limbs."""

from dataclasses import dataclass

import numpy as np

from viewer.phantom.body import LANDMARKS
from viewer.phantom.forms import bent, beyond, chain, egg, minus, pair, plate, rod
from viewer.phantom.layout import Organ, Places, Shape
from viewer.phantom.spine import make_spine
from viewer.phantom.tissue import Tissue
from viewer.phantom.trunk import Arms, cage_mm

# Where each rib's bone ends (share of the way from the spine round to the midline in front), how
# far it has dropped on the way round, and how far its cartilage climbs back (mm).
_RIB_ENDS = (0.80, 0.81, 0.82, 0.82, 0.81, 0.79, 0.76, 0.72, 0.67, 0.62, 0.46, 0.30)
_RIB_DROPS = (46, 62, 76, 88, 98, 108, 116, 118, 114, 106, 86, 60)
_RIB_CLIMBS = (0, 0, 4, 10, 22, 40, 62, 80, 90, 96, 0, 0)


@dataclass(frozen=True)
class Ribs:
    """Twelve pairs in the chest wall, each `high_mm` high and `thick_mm` thick (half measures)."""

    high_mm: float
    thick_mm: float
    cortex_mm: float
    shift_mm: tuple[float, ...]

    def __call__(self, out: np.ndarray, places: Places) -> None:
        """Paint the ribs and their cartilage."""
        z = places.coarse[2]
        if z.max() < 20 or z.min() > 405:
            return
        depth = places.lift(cage_mm(places.coarse) + self.thick_mm + 0.5)
        shell = np.flatnonzero(np.abs(depth) < self.thick_mm)
        if not len(shell):
            return
        across = (depth.ravel()[shell] / self.thick_mm) ** 2
        x, y, z = (axis.ravel()[shell] for axis in places.fine)
        round_ = np.arctan2(np.abs(x), (y - 8) * 1.25) / np.float32(np.pi)
        flat = out.reshape(-1)
        for n in range(12):
            self._paint(flat, shell, (np.abs(x), z, round_, across), n)

    def _paint(
        self, flat: np.ndarray, shell: np.ndarray, local: tuple[np.ndarray, ...], n: int
    ) -> None:
        x, z, round_, across = local
        head = LANDMARKS[f"T{n + 1}"][2] + 6 + self.shift_mm[n]
        path = head - _RIB_DROPS[n] * np.minimum(round_ / 0.82, 1) ** 1.25
        path += _RIB_CLIMBS[n] * np.clip((round_ - _RIB_ENDS[n]) / (1 - _RIB_ENDS[n]), 0, 1)
        lean = 0.85 if n else 0.75
        far = np.sqrt(((z - path) * lean / self.high_mm) ** 2 + across)
        deep = (1 - far) * self.thick_mm
        bone = (deep > 0) & (round_ < _RIB_ENDS[n]) & (x > 12)
        flat[shell[bone]] = Tissue.CORTEX
        flat[shell[bone & (deep > self.cortex_mm)]] = Tissue.MARROW
        if n < 10:
            soft = (deep > 0) & (round_ >= _RIB_ENDS[n]) & (x > 12)
            flat[shell[soft]] = Tissue.CARTILAGE


def make_bones(rng: np.random.Generator, arms: Arms) -> list[Organ | Ribs]:
    """All bones but the skull, in the order in which they are painted."""
    cortex_mm = float(np.clip(rng.lognormal(0.1, 0.2), 0.7, 1.8))
    shift = tuple(float(v) for v in rng.normal(0, 1.5, 12))
    ribs = Ribs(float(rng.normal(6.8, 0.5)), float(rng.normal(4.0, 0.3)), cortex_mm * 0.9, shift)
    spongy = ((0.0, Tissue.CORTEX), (cortex_mm, Tissue.MARROW))
    rows: list[Organ | Ribs] = [ribs, *make_spine(rng)]
    rows += [Organ(part, spongy) for part in (_breastbone(), _collar(), _blades(), _pelvis())]
    rows += _hips(cortex_mm)
    rows += _arm(arms)
    rows += _leg()
    return rows


def _breastbone() -> tuple[Shape, ...]:
    flat = (1.0, 0.34, 1.0)
    return (
        rod((0, -36, 338), (0, -46, 318), 27, 19, flat),
        rod((0, -52, 300), (0, -80, 226), 16, 20, flat),
        rod((0, -80, 216), (0, -80, 194), 8, 5, (1, 0.5, 1)),
    )


def _collar() -> tuple[Shape, ...]:
    path = bent([(22, -34, 348), (60, -32, 362), (105, 10, 374), (146, 30, 374)], 9)
    return pair(*chain(path, [9, 7, 6, 6, 6, 6, 6, 7, 7]))


def _blades() -> tuple[Shape, ...]:
    """Shoulder blades: a plate on the back ribs, its spine, the socket and the coracoid."""
    blade = plate(((86, 98, 225), (98, 89, 225)), ((58, 105, 352), (132, 66, 352)), 2.4, 6)
    spine = rod((72, 104, 335), (142, 74, 366), 4.5, 6)
    socket = egg((133, 58, 348), (11, 14, 18))
    tip = rod((150, 60, 374), (142, 76, 366), 8, 7)
    return pair(blade, spine, socket, tip, rod((128, 46, 360), (122, 22, 358), 6, 5))


def _pelvis() -> tuple[Shape, ...]:
    """Hip bones: wings, sockets, seat bones and pubic rami, with the head's room left free."""
    head = np.array(LANDMARKS["left femoral head"], float)
    wing = plate(((52, 66, -118), (88, -8, -118)), ((48, 84, -36), (128, -36, -36)), 4.2, 34)
    joint = plate(((42, 74, -98), (50, 60, -98)), ((40, 86, -46), (56, 62, -46)), 5.0, 4)
    room = egg(head, (26.5, 26.5, 26.5))
    ball = minus(egg(np.add(head, (-7, 3, 6)), (31, 31, 32)), room, 0.0)
    inward = np.array([-0.8, 0.15, 0.58])
    cup = beyond(ball, inward, float(head @ inward) - 3, 3.0)
    front = chain([(70, -2, -140), (46, -22, -148), (10, -42, -160)], [9, 7, 8])
    seam = rod((9, -42, -160), (9, -40, -182), 7, 6, (0.8, 1, 1))
    seat = chain([(72, 26, -150), (66, 40, -180), (60, 34, -208)], [14, 13, 14])
    ramus = chain([(58, 28, -208), (34, -12, -200), (10, -38, -180)], [9, 6, 7])
    free = [minus(part, room, 0.0) for part in (wing, *front, *seat)]
    return pair(cup, joint, seam, *ramus, *free)


def _hips(cortex_mm: float) -> list[Organ]:
    """The upper ends of the thigh bones."""
    head = np.array(LANDMARKS["left femoral head"], float)
    neck = rod(head, (124, 22, -176), 15, 15)
    knob = rod((124, 26, -160), (128, 22, -188), 15, 16)
    inner = rod((112, 32, -205), (116, 28, -215), 10, 10)
    ball = egg(head, (23.5, 23.5, 23.5))
    layers = ((0.0, Tissue.CORTEX), (cortex_mm + 0.4, Tissue.MARROW))
    gap = Organ(pair(egg(head, (25.5, 25.5, 25.5))), ((0.0, Tissue.CARTILAGE),))
    return [gap, Organ(pair(ball, neck, knob, inner), layers, blend_mm=3.0)]


def _long(parts: tuple[Shape, ...], wall_mm: float) -> Organ:
    """A shaft with thick cortex and yellow marrow."""
    return Organ(pair(*parts), ((0.0, Tissue.CORTEX), (wall_mm, Tissue.FAT)))


def _ends(parts: tuple[Shape, ...]) -> Organ:
    """Spongy ends of a long bone."""
    return Organ(pair(*parts), ((0.0, Tissue.CORTEX), (1.2, Tissue.MARROW)), blend_mm=3.0)


def _leg() -> list[Organ]:
    thigh = bent([(125, 22, -190), (120, 8, -290), (104, 2, -420), (86, 4, -545)], 6)
    shin = bent([(80, 6, -615), (78, 2, -720), (76, 6, -860), (74, 12, -985)], 6)
    calf = bent([(108, 30, -610), (104, 34, -760), (98, 26, -1000)], 4)
    knee = (
        egg((64, 8, -562), (21, 27, 22)), egg((96, 8, -562), (20, 27, 22)),
        egg((80, 8, -600), (36, 23, 14)), rod((80, 6, -600), (80, 6, -632), 22, 15),
    )  # fmt: skip
    return [
        _long(chain(thigh, [15, 14, 13, 13, 15, 20]), 5.0),
        _long(chain(shin, [15, 13, 12, 12, 12, 15]), 4.0),
        _long(chain(calf, [8, 6.5, 6.5, 8]), 2.5),
        _ends((egg((80, -30, -560), (21, 10, 21)),)),
        _ends(knee),
        _ends((egg((74, 14, -1000), (22, 20, 14)), egg((74, 22, -1028), (22, 34, 14)))),
    ]


def _arm(arms: Arms) -> list[Organ]:
    if arms == "up":
        head, shaft = (158, 44, 368), [(160, 44, 380), (194, 10, 520), (204, 0, 650)]
    else:
        head, shaft = (158, 46, 356), [(164, 46, 340), (208, 40, 110), (232, 10, -100)]
    return [
        _long(chain(bent(shaft, 5), [13, 11, 10, 10, 12]), 3.5),
        _ends((egg(head, (23, 23, 23)),)),
    ]
