"""Planes perpendicular to a path that turn no more than the path does."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from viewer.geometry.tree import distance_along

PARALLEL = 0.9


@dataclass(frozen=True, eq=False)
class Frames:
    """Right-handed frames along a path: `across` x `up` = `tangent`, all (n,3) and one long.

    `points_lps` (n,3) in mm are their origins.
    """

    points_lps: np.ndarray
    tangent: np.ndarray
    across: np.ndarray
    up: np.ndarray

    @cached_property
    def s_mm(self) -> np.ndarray:
        """Distance of each origin from the first one along the path (n,)."""
        return distance_along(self.points_lps)

    def in_planes(self, offset_mm: np.ndarray) -> np.ndarray:
        """The points (n,3) at offsets (n,2) in the planes: along `across`, and along `up`."""
        return np.asarray(
            self.points_lps + offset_mm[:, :1] * self.across + offset_mm[:, 1:] * self.up
        )

    def turned(self, angle: float) -> np.ndarray:
        """The direction (n,3) in each plane at an angle (radians) from `across` towards `up`."""
        return np.asarray(np.cos(angle) * self.across + np.sin(angle) * self.up)


def frames_along(points_lps: np.ndarray) -> Frames:
    """The rotation-minimizing frames of a path of two or more points (n,3).

    By double reflection (Wang, Juettler, Zheng and Liu 2008). The first `across` points as far to
    the patient's left as the plane allows, or to the back where the path itself runs left.
    """
    points_lps = np.asarray(points_lps, np.float64)
    if len(points_lps) < 2:
        raise ValueError("a path needs two or more points")
    tangent = tangents(points_lps)
    across = np.empty_like(points_lps)
    left = np.array([1.0, 0.0, 0.0])
    first = left if abs(tangent[0] @ left) < PARALLEL else np.array([0.0, 1.0, 0.0])
    across[0] = _one_long(first - (first @ tangent[0]) * tangent[0])
    for n in range(len(points_lps) - 1):
        across[n + 1] = _carried(across[n], points_lps[n : n + 2], tangent[n : n + 2])
    return Frames(points_lps, tangent, across, np.cross(tangent, across))


def tangents(points_lps: np.ndarray) -> np.ndarray:
    """The direction (n,3), one long, of a path (n,3) at its points."""
    s = distance_along(points_lps)
    s += np.arange(len(s)) * 1e-9  # two points may lie at one place
    slope = np.gradient(points_lps, s, axis=0, edge_order=2 if len(s) > 2 else 1)
    length = np.linalg.norm(slope, axis=1, keepdims=True)
    return np.asarray(slope / np.maximum(length, 1e-12))


def _carried(across: np.ndarray, points: np.ndarray, tangent: np.ndarray) -> np.ndarray:
    """A direction across a path at one point, carried to the next without a twist."""
    step = points[1] - points[0]
    square = float(step @ step)
    if square < 1e-18:
        return _one_long(across - (across @ tangent[1]) * tangent[1])
    mirrored = across - 2 / square * (step @ across) * step
    ahead = tangent[0] - 2 / square * (step @ tangent[0]) * step
    second = tangent[1] - ahead
    square = float(second @ second)
    if square > 1e-18:
        mirrored = mirrored - 2 / square * (second @ mirrored) * second
    return _one_long(mirrored - (mirrored @ tangent[1]) * tangent[1])


def _one_long(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / np.linalg.norm(vector))
