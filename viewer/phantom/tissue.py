"""What a made-up person is made of, and how bright each tissue is on CT."""

from enum import IntEnum
from typing import Literal

import numpy as np

from viewer.enhance.tube_voltage import CALCIUM_AT_KVP, IODINE_AT_KVP
from viewer.segment.mask import (
    ARTERY,
    BONE,
    CALCIFICATION,
    CHAMBER,
    ORGAN,
    THROMBUS,
    VEIN,
)

Phase = Literal["arterial", "late", "portal", "plain"]
PHASES: tuple[Phase, ...] = ("arterial", "late", "portal", "plain")


class Tissue(IntEnum):
    """Every voxel of a made-up person is one of these; blood stands last."""

    AIR = 0
    FAT = 1
    SKIN = 2
    MUSCLE = 3
    LUNG = 4
    AIRWAY = 5
    CORTEX = 6
    MARROW = 7
    CARTILAGE = 8
    LIVER = 9
    SPLEEN = 10
    KIDNEY = 11
    KIDNEY_MEDULLA = 12
    PANCREAS = 13
    BOWEL_WALL = 14
    GAS = 15
    BOWEL_FLUID = 16
    ORAL_CONTRAST = 17
    BRAIN = 18
    WATER = 19
    HEART_WALL = 20
    THYROID = 21
    GLAND = 22
    TUMOR = 23
    THROMBUS = 24
    PLAQUE = 25
    CALCIUM = 26
    METAL = 27
    TABLE = 28
    VESSEL_WALL = 29
    TOOTH = 30
    LEFT_HEART = 32
    RIGHT_HEART = 33
    ARTERY = 34
    CAVAL = 35
    PORTAL = 36
    PULMONARY_ARTERY = 37
    PULMONARY_VEIN = 38
    INFLOW = 39
    RENAL_VEIN = 40
    HEPATIC_VEIN = 41


BLOOD = frozenset(t for t in Tissue if t >= Tissue.LEFT_HEART)
ARTERIAL = frozenset({Tissue.ARTERY})
VENOUS = frozenset(
    {
        Tissue.CAVAL,
        Tissue.PORTAL,
        Tissue.PULMONARY_ARTERY,
        Tissue.PULMONARY_VEIN,
        Tissue.INFLOW,
        Tissue.RENAL_VEIN,
        Tissue.HEPATIC_VEIN,
    }
)

# Mean HU at 120 kVp in each phase (arterial, late arterial, portal, without contrast), the
# standard deviation between people, and that of the texture inside one tissue. Ranges after
# Hounsfield tables of body CT (Kalender 2011, ch. 1) and enhancement curves (Bae 2010).
_HU: dict[Tissue, tuple[float, float, float, float, float, float]] = {
    Tissue.AIR: (-1000, -1000, -1000, -1000, 5, 2),
    Tissue.FAT: (-105, -105, -103, -106, 8, 8),
    Tissue.SKIN: (20, 25, 30, 15, 15, 10),
    Tissue.MUSCLE: (58, 62, 66, 54, 7, 7),
    Tissue.LUNG: (-820, -815, -810, -830, 45, 35),
    Tissue.AIRWAY: (-990, -990, -990, -990, 8, 3),
    Tissue.CORTEX: (750, 750, 755, 745, 220, 90),
    Tissue.MARROW: (190, 195, 200, 180, 65, 45),
    Tissue.CARTILAGE: (95, 97, 100, 92, 20, 10),
    Tissue.LIVER: (66, 78, 112, 58, 10, 6),
    Tissue.SPLEEN: (115, 125, 122, 48, 20, 14),
    Tissue.KIDNEY: (165, 185, 190, 34, 30, 12),
    Tissue.KIDNEY_MEDULLA: (65, 105, 175, 32, 22, 12),
    Tissue.PANCREAS: (88, 105, 95, 42, 12, 9),
    Tissue.BOWEL_WALL: (70, 88, 90, 40, 15, 10),
    Tissue.GAS: (-950, -950, -950, -950, 30, 10),
    Tissue.BOWEL_FLUID: (20, 22, 25, 18, 15, 14),
    Tissue.ORAL_CONTRAST: (260, 260, 260, 260, 110, 40),
    Tissue.BRAIN: (38, 39, 40, 35, 3, 5),
    Tissue.WATER: (8, 8, 10, 7, 6, 4),
    Tissue.HEART_WALL: (95, 110, 100, 42, 15, 9),
    Tissue.THYROID: (165, 180, 160, 95, 25, 12),
    Tissue.GLAND: (55, 65, 72, 40, 14, 9),
    Tissue.TUMOR: (65, 78, 85, 38, 18, 12),
    Tissue.THROMBUS: (42, 44, 45, 42, 10, 7),
    Tissue.PLAQUE: (55, 58, 60, 45, 25, 14),
    Tissue.CALCIUM: (850, 850, 850, 850, 320, 120),
    Tissue.METAL: (2900, 2900, 2900, 2900, 250, 50),
    Tissue.TABLE: (-300, -300, -300, -300, 220, 40),
    Tissue.VESSEL_WALL: (65, 70, 72, 50, 12, 8),
    Tissue.TOOTH: (1800, 1800, 1800, 1800, 350, 150),
    Tissue.LEFT_HEART: (370, 300, 155, 42, 80, 7),
    Tissue.RIGHT_HEART: (280, 220, 150, 42, 110, 18),
    Tissue.ARTERY: (380, 310, 160, 43, 80, 5),
    Tissue.CAVAL: (70, 95, 140, 41, 25, 8),
    Tissue.PORTAL: (65, 130, 170, 41, 25, 6),
    Tissue.PULMONARY_ARTERY: (300, 230, 150, 42, 110, 9),
    Tissue.PULMONARY_VEIN: (360, 280, 155, 42, 85, 8),
    Tissue.INFLOW: (1100, 300, 150, 42, 400, 60),
    Tissue.RENAL_VEIN: (150, 180, 165, 41, 40, 9),
    Tissue.HEPATIC_VEIN: (62, 85, 155, 41, 15, 6),
}

SIZE = max(Tissue) + 1


def mean_hu(phase: Phase, kvp: int = 120) -> np.ndarray:
    """Mean HU of every tissue in a phase and at a tube voltage (`SIZE`,) float32, by `Tissue`."""
    column, plain = PHASES.index(phase), PHASES.index("plain")
    out = np.zeros(SIZE, np.float32)
    for tissue, row in _HU.items():
        iodine = (row[column] - row[plain]) * IODINE_AT_KVP[kvp]
        base = row[plain]
        if tissue in (Tissue.CORTEX, Tissue.MARROW, Tissue.CALCIUM, Tissue.TOOTH):
            base *= CALCIUM_AT_KVP[kvp]
        if tissue is Tissue.ORAL_CONTRAST:
            base *= IODINE_AT_KVP[kvp]
        out[tissue] = min(base + iodine, 3071.0)
    return out


def spread_hu() -> np.ndarray:
    """How much the mean of a tissue differs between people (`SIZE`,), one standard deviation."""
    return np.array([_HU[Tissue(t)][4] if t in _HU else 0 for t in range(SIZE)], np.float32)


def texture_hu() -> np.ndarray:
    """How uneven a tissue is inside one person (`SIZE`,), one standard deviation, no noise."""
    return np.array([_HU[Tissue(t)][5] if t in _HU else 0 for t in range(SIZE)], np.float32)


def mask_labels() -> np.ndarray:
    """The label of `VesselMask` that each tissue bears (`SIZE`,) uint8."""
    out = np.zeros(SIZE, np.uint8)
    out[[Tissue.CORTEX, Tissue.MARROW, Tissue.TOOTH]] = BONE
    out[[Tissue.LEFT_HEART, Tissue.RIGHT_HEART]] = CHAMBER
    out[[Tissue.LIVER, Tissue.SPLEEN, Tissue.KIDNEY, Tissue.KIDNEY_MEDULLA]] = ORGAN
    out[Tissue.THROMBUS] = THROMBUS
    out[Tissue.CALCIUM] = CALCIFICATION
    out[sorted(ARTERIAL)] = ARTERY
    out[sorted(VENOUS)] = VEIN
    return out
