"""The outline of a person: skin, fat and muscle, rib cage, lungs, belly, limbs, and the table."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from viewer.phantom.forms import chain, egg, pair, rod
from viewer.phantom.layout import Places, Shape, joined, replace
from viewer.phantom.tissue import Tissue

Arms = Literal["up", "down"]

# Half width, front and back (standard frame, mm) by height: of the muscles' surface, of the outer
# side of the ribs, and of the belly's cavity.
_MUSCLE = (
    (530, 52, -26, 74), (470, 56, -28, 76), (440, 57, -30, 80),
    (400, 62, -24, 92), (380, 88, -34, 104),
    (350, 118, -60, 114), (318, 142, -78, 118), (270, 153, -92, 121), (220, 152, -96, 120),
    (180, 148, -96, 116), (130, 143, -92, 108), (80, 139, -90, 101), (30, 137, -90, 100),
    (-20, 142, -90, 106), (-60, 150, -88, 114), (-100, 158, -82, 117), (-150, 160, -72, 112),
    (-200, 150, -55, 100),
)  # fmt: skip
_CAGE = (
    (400, 30, 20, 76), (380, 60, -2, 90), (360, 86, -24, 99), (340, 104, -46, 105),
    (318, 118, -62, 108), (290, 130, -75, 110), (250, 137, -84, 111), (210, 139, -87, 108),
    (170, 138, -86, 104), (130, 134, -82, 98), (90, 130, -78, 92),
)  # fmt: skip
_BELLY = (
    (180, 130, -80, 92), (130, 126, -78, 88), (80, 121, -76, 86), (30, 118, -76, 84),
    (-20, 110, -76, 82), (-60, 92, -74, 86), (-100, 70, -68, 84), (-140, 58, -58, 78),
    (-180, 38, -26, 62), (-200, 10, 0, 40),
)  # fmt: skip
_SOFT = (Tissue.MUSCLE, Tissue.FAT)


def _ring(table: tuple[tuple[int, int, int, int], ...], points: np.ndarray) -> np.ndarray:
    """Signed distance across to a stack of rounded ovals, negative inside."""
    rows = np.array(sorted(table), float)
    half, front, back = (np.interp(points[2], rows[:, 0], rows[:, n]) for n in (1, 2, 3))
    u = points[0] / half
    v = (points[1] - (front + back) / 2) / ((back - front) / 2)
    uu, vv = u * u, v * v
    far = np.sqrt(uu + vv - 0.55 * uu * vv / np.maximum(uu + vv, 1e-3))
    radial = np.sqrt((u * half) ** 2 + (v * (back - front) / 2) ** 2)
    return np.where(far > 0.05, radial * (1 - 1 / np.maximum(far, 0.05)), -FLOOR)


FLOOR = 60.0


@dataclass(frozen=True, eq=False)
class Trunk:
    """A person's outline; fat in mm on the belly, domes of the diaphragm by their height."""

    fat_mm: float
    arms: Arms
    dome_mm: tuple[float, float]
    limbs: tuple[Shape, ...]

    def muscle_mm(self, points_standard: np.ndarray) -> np.ndarray:
        """Signed distance to the muscles' surface at points (3,...), negative inside."""
        z = points_standard[2]
        depth = -_ring(_MUSCLE, points_standard)
        depth = np.minimum(depth, np.minimum(520 - z, z + 200))
        for limb in self.limbs:
            depth = joined(depth, -limb.distance_mm(points_standard), 14.0)
        return -depth

    def fat_at(self, points_standard: np.ndarray, bump: np.ndarray) -> np.ndarray:
        """How thick the fat below the skin is (mm) at points (3,...)."""
        x, y, z = points_standard
        heights = [-900, -500, -200, -120, 0, 100, 250, 330, 420, 480, 520]
        shares = [0.5, 0.6, 0.9, 1.15, 1.0, 0.85, 0.6, 0.5, 0.4, 0.2, 0.1]
        share = np.interp(z, heights, shares)
        flank = 1 - 0.45 * np.exp(-(((np.abs(x) - 5) / 30) ** 2)) * (z > 60) * (y > 0)
        arm = np.where(np.abs(x) > 185, 0.5, 1.0)
        return 1.5 + self.fat_mm * share * flank * arm * (1 + 0.25 * np.clip(bump, -1.5, 1.5))

    def diaphragm_mm(self, points_standard: np.ndarray) -> np.ndarray:
        """How far above the diaphragm points (3,...) lie (mm)."""
        x, y, z = points_standard
        right = 1 / (1 + np.exp(np.clip(x / 14, -30, 30)))
        top = self.dome_mm[0] * right + self.dome_mm[1] * (1 - right)
        middle = 9 * np.exp(-((x / 26) ** 2))
        far = np.sqrt((x / 132) ** 2 + ((y - 4) / 94) ** 2)
        back = np.clip((y + 40) / 120, 0, 1)
        fall = np.minimum(far, 1.15) ** 3.2 * (48 + 40 * back)
        slope = 1 / np.sqrt(1 + (1.1 * np.minimum(far, 1) ** 2.2) ** 2)
        return (z - (top - middle - fall)) * slope

    def __call__(self, out: np.ndarray, places: Places) -> None:
        """Paint skin, fat, muscle, chest wall, lungs, diaphragm and the belly's fat."""
        points, bump = places.coarse, places.coarse_bumps
        muscle = self.muscle_mm(points)
        fat = self.fat_at(points, bump[0])
        skin = places.lift(muscle - fat)
        np.copyto(out, np.uint8(Tissue.SKIN), where=skin < 0)
        np.copyto(out, np.uint8(Tissue.FAT), where=skin < -2)
        deep = places.lift(muscle)
        np.copyto(out, np.uint8(Tissue.MUSCLE), where=deep < 0)
        self._septa(out, places, deep)
        self._inside(out, places)

    def _septa(self, out: np.ndarray, places: Places, deep: np.ndarray) -> None:
        """Thin wavy sheets of fat between layers of muscle."""
        bump = places.fine_bumps
        level = deep * np.float32(1 / 15) + np.float32(0.55) * bump[1] + np.float32(0.2) * bump[0]
        level -= np.rint(level)
        sheet = np.abs(level) < np.float32(0.05) * np.clip(bump[0] + np.float32(0.7), 0, 1)
        np.copyto(out, np.uint8(Tissue.FAT), where=sheet & (deep < -2))

    def _inside(self, out: np.ndarray, places: Places) -> None:
        """The belly's cavity, the chest and the diaphragm between them."""
        points = places.coarse
        low, high = points[2].min(), points[2].max()
        if low > 410 or high < -205:
            return
        above = self.diaphragm_mm(points)
        cage = _ring(_CAGE, points)
        belly = np.maximum(_ring(_BELLY, points), np.maximum(-(points[2] + 192), points[2] - 230))
        belly = np.maximum(belly, np.where(points[2] > 110, cage + 11, -FLOOR))
        hollow = places.lift(np.maximum(belly, above + 3))
        replace(out, hollow < 0, Tissue.FAT, _SOFT)
        if high < 95:
            return
        wall = places.lift(np.maximum(cage, points[2] - 392))
        over = places.lift(above)
        chest = (wall < -1) & (over > 0)
        replace(out, chest, Tissue.MUSCLE, _SOFT)
        replace(out, (wall < -9) & (over > 0), Tissue.LUNG, _SOFT)
        band = (wall < -7) & (over > -3) & (over <= 0)
        replace(out, band, Tissue.MUSCLE, _SOFT)


def cage_mm(points_standard: np.ndarray) -> np.ndarray:
    """Signed distance across to the outer side of the ribs at points (3,...)."""
    return _ring(_CAGE, points_standard)


def make_trunk(rng: np.random.Generator, arms: Arms) -> Trunk:
    """A person's outline: how fat, how the domes stand, and how thick the limbs are."""
    fat_mm = float(np.clip(rng.lognormal(np.log(14), 0.5), 3, 45))
    dome_mm = (float(rng.normal(206, 6)), float(rng.normal(196, 6)))
    return Trunk(fat_mm, arms, dome_mm, _limbs(rng.normal(1, 0.06), arms))


def _limbs(size: float, arms: Arms) -> tuple[Shape, ...]:
    """Shapes of head, shoulders, arms and legs below skin and fat."""
    head = (
        egg((0, 2, 582), (77, 95, 79)),
        egg((0, 14, 530), (71, 80, 46)),
        egg((0, -26, 518), (63, 66, 62)),
        egg((0, -36, 478), (48, 48, 32)),
        *chain([(0, -82, 545), (0, -100, 518)], [7, 11]),
    )
    shoulder = rod((60, 58, 376), (146, 46, 362), 34 * size, 42 * size)
    if arms == "up":
        arm = chain([(152, 44, 372), (196, 10, 520), (205, 0, 640)], [45 * size, 42 * size, 36])
    else:
        arm = chain([(158, 44, 356), (212, 40, 110), (236, 6, -120)], [44 * size, 38 * size, 26])
    leg = (
        rod((86, 14, -150), (92, 12, -300), 84 * size, 76 * size),
        rod((92, 12, -300), (78, 6, -570), 76 * size, 52 * size),
        rod((78, 14, -600), (76, 26, -700), 52 * size, 54 * size),
        rod((76, 26, -700), (74, 18, -1000), 54 * size, 32 * size),
        rod((74, 16, -1010), (80, -150, -1030), 32, 24),
    )
    return (*head, *pair(shoulder, *arm, *leg))


def paint_table(out: np.ndarray, places: Places, back_mm: float) -> None:
    """Paint the couch below the back: a shallow trough, `back_mm` behind (y, LPS), two shells."""
    grid = places.grid
    matrix = grid.lps_from_index
    k, j, i = np.ogrid[: grid.shape[0], : grid.shape[1], : grid.shape[2]]
    x, y = (
        (matrix[a, 0] * k + matrix[a, 1] * j + matrix[a, 2] * i + matrix[a, 3]).astype(np.float32)
        for a in (0, 1)
    )
    below = y - (back_mm - x * x / 1500)
    if float(below.max()) < 0:
        return
    inside = np.abs(x) < 230
    np.copyto(out, np.uint8(Tissue.AIR), where=below > 0)
    shell = ((below > 0) & (below < 3)) | ((below > 42) & (below < 45))
    np.copyto(out, np.uint8(Tissue.TABLE), where=shell & inside)
