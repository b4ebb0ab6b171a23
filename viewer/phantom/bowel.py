"""Stomach, small bowel and colon, and what is in them."""

from dataclasses import dataclass

import numpy as np

from viewer.phantom.forms import bent, chain, egg
from viewer.phantom.layout import Organ, Places, Row
from viewer.phantom.tissue import Tissue

_FAT = frozenset({Tissue.FAT})
_ROOM = (
    egg((0, -36, 20), (104, 37, 74)),
    egg((46, -22, 44), (56, 36, 46)),
    egg((0, -28, -64), (64, 36, 46)),
)


@dataclass(frozen=True, eq=False)
class SmallBowel:
    """Loops as bent tubes side by side, each with its own content along the way.

    The tubes are straight and parallel in a frame that smooth waves fold into loops. `full` is
    the share of loops that hold something, `oral` the share of those with contrast medium.
    """

    wave: np.ndarray
    offset: np.ndarray
    fold: np.ndarray
    turn: np.ndarray
    phase: float
    pitch_mm: float
    full: float
    oral: float

    def __call__(self, out: np.ndarray, places: Places) -> None:
        """Paint the loops over the belly's fat."""
        box = places.box(np.array([-106.0, -78, -112]), np.array([106.0, 16, 96]))
        if box is None:
            return
        near = (slice(None), *places.coarse_box(box))
        points = places.coarse[near]
        depth = places.lift(Organ.depth_of(_ROOM, points), box)
        waves = np.sin(np.tensordot(self.wave, points, 1) + self.offset[:, None, None, None])
        folded = np.tensordot(self.turn, points + np.tensordot(self.fold, waves, 1), 1)
        room = np.flatnonzero(depth > 0)
        along, u, v = (places.lift(axis, box).ravel()[room] for axis in folded)
        here = out[box]
        flat = here.ravel()
        flat[room] = self._filled(along, u, v, flat[room])
        out[box] = flat.reshape(here.shape)

    def _filled(self, s: np.ndarray, u: np.ndarray, v: np.ndarray, was: np.ndarray) -> np.ndarray:
        """Tissue (n,) at `s` mm along tubes that cross the plane of `u` and `v` (mm, n)."""
        u, v = u / np.float32(self.pitch_mm), v / np.float32(self.pitch_mm)
        row = np.rint(v * np.float32(1.1547))
        odd = np.float32(0.5) * (row % 2)
        column = np.rint(u - odd)
        aside = u - odd - column
        far = np.sqrt(aside**2 + (v - row * np.float32(0.866)) ** 2)
        far += np.float32(0.02) * np.sin(s * np.float32(1.3))
        wall = (far < 0.47) & (was == Tissue.FAT)
        was[wall] = Tissue.BOWEL_WALL
        inner = np.flatnonzero(wall & (far < 0.47 - 2.0 / self.pitch_mm))
        s, aside = s[inner], aside[inner]
        name = (7 * row[inner] + 13 * column[inner]) % 17
        what = np.sin(s / 38 + name * np.float32(1.7)) + np.sin(s / 23 + name * np.float32(0.9))
        limit = np.float32(2.2 * self.full - 1.3)
        holds = np.full(len(inner), Tissue.BOWEL_FLUID, np.uint8)
        if self.oral > 0:
            bright = np.sin(s / 150 + name * np.float32(0.11) + self.phase) < 2 * self.oral - 1
            holds[bright] = Tissue.ORAL_CONTRAST
        front = aside * np.sign(self.turn[1, 1]) < -0.12
        holds[front & (what < limit - 1.5)] = Tissue.GAS
        full = what < limit
        was[inner[full]] = holds[full]
        return was


def make_bowel(rng: np.random.Generator, oral: float) -> list[Row]:
    """Stomach, duodenum, small bowel, colon; `oral` is the chance and share of contrast in it."""
    share = float(rng.uniform(0.3, 1.0)) if rng.random() < oral else 0.0
    wave_mm = rng.uniform(55, 100, 6)
    heading = rng.normal(size=(6, 3))
    wave = 2 * np.pi / wave_mm[:, None] * heading / np.linalg.norm(heading, axis=1)[:, None]
    fold = rng.normal(0, 5.0, (3, 6))
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    small = SmallBowel(
        wave.astype(np.float32), rng.uniform(0, 6.3, 6).astype(np.float32),
        fold.astype(np.float32), turn.astype(np.float32), float(rng.uniform(0, 6.3)),
        float(rng.uniform(25, 30)),
        float(rng.uniform(0.3, 0.9)), share,
    )  # fmt: skip
    return [*_stomach(rng, share), small, *_colon(rng, share)]


def _stomach(rng: np.random.Generator, share: float) -> list[Organ]:
    size = rng.uniform(0.75, 1.15)
    path = bent([(66, 18, 168), (70, -14, 148), (58, -42, 118), (30, -56, 96), (-14, -46, 92),
                 (-32, -30, 92)], 9)  # fmt: skip
    wide = np.array([26, 29, 29, 26, 23, 19, 16, 12, 9]) * size
    held = Tissue.ORAL_CONTRAST if share else Tissue.BOWEL_FLUID
    level = float(rng.uniform(-70, -25))
    duodenum = chain(
        bent([(-34, -28, 92), (-46, -6, 86), (-46, 4, 60), (-36, 4, 38), (0, -13, 32),
              (26, -8, 44)], 10), [9, 10, 11, 11, 11, 11, 9, 5, 9, 9],
    )  # fmt: skip
    content = held if rng.random() < 0.6 else Tissue.BOWEL_WALL
    return [
        Organ(chain(path, wide), ((0.0, Tissue.BOWEL_WALL), (float(rng.uniform(3, 5)), held)),
              frozenset({Tissue.FAT, Tissue.LIVER}), 1.5, 6.0, smooth=True, gas_y=level),
        Organ(duodenum, ((0.0, Tissue.BOWEL_WALL), (3.0, content)),
              frozenset({Tissue.FAT, Tissue.LIVER}), 1.0),
    ]  # fmt: skip


def _colon(rng: np.random.Generator, share: float) -> list[Organ]:
    """The colon's frame with haustra; feces at right, gas in front, the rectum behind."""
    shift = rng.normal(0, 4, 3)
    right = bent([(-74, -8, -48), (-88, 0, -10), (-92, 8, 30), (-84, -16, 70)], 9)
    across = bent([(-84, -16, 70), (-58, -54, 66), (-6, -64, 46 + 3 * shift[0]), (56, -56, 76),
                   (92, -4, 116)], 14)  # fmt: skip
    left = bent([(92, -4, 116), (100, 26, 82), (100, 28, 20), (92, 16, -40)], 9)
    sigma = bent([(92, 16, -40), (74, -8, -72), (36, -4, -84), (8, 14, -72), (12, 42, -78),
                  (0, 62, -100)], 12)  # fmt: skip
    end = bent([(0, 62, -100), (0, 76, -128), (0, 66, -155), (0, 56, -186)], 6)
    wide = rng.uniform(0.85, 1.15, 5) * np.array([23, 18, 14, 12, 16])
    lumen: list[Organ] = []
    stool = Tissue.ORAL_CONTRAST if share and rng.random() < 0.4 else Tissue.BOWEL_FLUID
    for path, radius, level in zip(
        (right, across, left, sigma, end), wide, (-30, -40, 0, -40, 40), strict=True
    ):
        waist = 1 + 0.16 * np.cos(np.pi * np.arange(len(path)))
        if path is end:
            waist = np.array([0.9, 1.2, 1.3, 1.0, 0.7, 0.5])
        gas = level + float(rng.uniform(-8, 14))
        lumen.append(
            Organ(chain(path, radius * waist), ((0.0, Tissue.BOWEL_WALL), (2.2, stool)),
                  frozenset({Tissue.FAT, Tissue.MUSCLE}) if path is end else
                  frozenset({Tissue.FAT, Tissue.BOWEL_WALL, Tissue.BOWEL_FLUID, Tissue.GAS,
                             Tissue.ORAL_CONTRAST}),
                  1.2, gas_y=gas)
        )  # fmt: skip
    return lumen
