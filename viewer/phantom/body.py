"""Where things lie in a person: a standard adult, and people who differ from him smoothly."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

# The standard adult (1.75 m, supine, arms up), in his own frame: millimeters, axes as in LPS
# (+x his left, +y his back, +z his head), origin at the aortic bifurcation before L4. Centers of
# what the names say; for vertebrae the centers of their bodies. Arranged by hand from textbook
# proportions (Gray's Anatomy, 41st ed.), so that what touches in people touches here.
LANDMARKS: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        # spine: the bodies' radii are about 15 mm (neck), 17 mm (chest), 23 mm (lumbar spine)
        "C1": (0, 38, 508),
        "C2": (0, 36, 492),
        "C3": (0, 34, 474),
        "C4": (0, 33, 456),
        "C5": (0, 34, 438),
        "C6": (0, 37, 420),
        "C7": (0, 42, 402),
        "T1": (0, 50, 382),
        "T2": (0, 57, 361),
        "T3": (0, 63, 340),
        "T4": (0, 68, 318),
        "T5": (0, 71, 296),
        "T6": (0, 73, 274),
        "T7": (0, 73, 251),
        "T8": (0, 71, 228),
        "T9": (0, 67, 204),
        "T10": (0, 61, 180),
        "T11": (0, 54, 155),
        "T12": (0, 47, 129),
        "L1": (0, 40, 101),
        "L2": (0, 35, 71),
        "L3": (0, 32, 40),
        "L4": (0, 34, 8),
        "L5": (0, 41, -25),
        "S1": (0, 56, -56),
        # trunk arteries
        "aortic root": (4, 0, 262),
        "arch top": (12, 26, 336),
        "brachiocephalic origin": (0, 12, 336),
        "left carotid origin": (10, 22, 340),
        "left subclavian origin": (20, 36, 338),
        "aorta at T6": (24, 56, 274),
        "aorta at T10": (16, 34, 180),
        "celiac origin": (3, 13, 115),
        "SMA origin": (2, 12, 100),
        "left renal origin": (9, 14, 84),
        "right renal origin": (-7, 13, 82),
        "IMA origin": (6, -4, 38),
        "aortic bifurcation": (0, 0, 0),
        "left iliac bifurcation": (38, 22, -58),
        "right iliac bifurcation": (-38, 22, -58),
        "left femoral": (72, -32, -160),
        "right femoral": (-72, -32, -160),
        "left carotid bifurcation": (30, 8, 462),
        "right carotid bifurcation": (-30, 8, 462),
        "left carotid canal": (24, 16, 520),
        "right carotid canal": (-24, 16, 520),
        "basilar tip": (0, 8, 556),
        "circle of Willis": (0, -4, 558),
        # heart: center of each blood pool; the apex points left, forward and down
        "left ventricle": (46, -18, 218),
        "right ventricle": (10, -44, 218),
        "left atrium": (6, 26, 246),
        "right atrium": (-36, -8, 232),
        "heart apex": (82, -42, 186),
        "pulmonary trunk": (22, -16, 282),
        "pulmonary bifurcation": (14, 10, 296),
        # veins
        "superior vena cava": (-28, 6, 296),
        "inferior vena cava at liver": (-24, 18, 130),
        "inferior vena cava at L3": (-22, 6, 40),
        "portal confluence": (-4, -8, 92),
        "portal hilum": (-46, -10, 122),
        # organs
        "liver": (-72, -10, 132),
        "spleen": (98, 46, 130),
        "left kidney": (58, 44, 84),
        "right kidney": (-58, 44, 72),
        "pancreas": (14, -16, 92),
        "stomach": (56, -30, 126),
        "bladder": (0, -22, -130),
        "left lung": (92, 20, 268),
        "right lung": (-90, 20, 268),
        "carina": (-2, 34, 312),
        "brain": (0, 4, 590),
        "skull center": (0, 2, 580),
        "thyroid": (0, 6, 404),
        # outlines: half widths of the trunk (x, y) stand with their center
        "chest outline": (0, 8, 270),
        "belly outline": (0, 4, 80),
        "pelvis outline": (0, 10, -100),
        "neck outline": (0, 20, 440),
        "left femoral head": (88, 8, -148),
        "right femoral head": (-88, 8, -148),
    }
)
HALF_WIDTHS_MM: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "chest outline": (172, 112),
        "belly outline": (158, 104),
        "pelvis outline": (176, 110),
        "neck outline": (66, 66),
    }
)


@dataclass(frozen=True, eq=False)
class Body:
    """One person: the standard adult scaled by `scale` (3,), then bent by a few smooth waves.

    `amplitude_mm` (w,3), `wave` (w,3) in rad/mm and `offset` (w,) in rad are the waves of the
    way back from the person to the standard frame, which therefore is exact.
    """

    scale: np.ndarray
    amplitude_mm: np.ndarray
    wave: np.ndarray
    offset: np.ndarray

    def standard(self, points_lps: np.ndarray) -> np.ndarray:
        """Where points of this person (...,3) lie in the standard adult."""
        points = np.asarray(points_lps, float) / self.scale
        return points + np.sin(points @ self.wave.T + self.offset) @ self.amplitude_mm

    def place(self, points_standard: np.ndarray) -> np.ndarray:
        """Where points of the standard adult (...,3) lie in this person (within 0.01 mm)."""
        wanted = np.asarray(points_standard, float)
        points = wanted.copy()
        for _ in range(25):
            points = wanted - np.sin(points @ self.wave.T + self.offset) @ self.amplitude_mm
        return points * self.scale

    def landmark(self, name: str) -> np.ndarray:
        """Where a landmark lies in this person (3,)."""
        return self.place(np.array(LANDMARKS[name], float))


def make_body(rng: np.random.Generator, variety: float = 1.0) -> Body:
    """A person; `variety` 0 is the standard adult, 1 as people differ, 2 beyond."""
    size = 1 + variety * rng.normal(0, 0.06)
    scale = size * (1 + variety * rng.normal(0, [0.07, 0.08, 0.05]))
    count = 8
    length_mm = rng.uniform(120, 500, count)
    heading = rng.normal(size=(count, 3))
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    wave = 2 * np.pi / length_mm[:, None] * heading
    # the bend of one wave stays under a sixth of its turn, so that the way there can be found
    amplitude = variety * rng.normal(0, 1, (count, 3)) * np.minimum(length_mm / 120, 3.0)[:, None]
    return Body(np.clip(scale, 0.6, 1.5), amplitude, wave, rng.uniform(0, 2 * np.pi, count))
