"""Which of two lumens is the true one, and from which of them branches leave."""

import numpy as np
from scipy import ndimage

from viewer.geometry.course import Course, Mouth
from viewer.geometry.dissection_lumens import FIRST, SECOND, SOFT_HU, Lumens, within
from viewer.geometry.dissection_planes import Planes, offsets_mm
from viewer.geometry.tree import VesselTree
from viewer.segment.mask import ARTERY

BESIDE_MM, LEAST_SHARE = 6.0, 0.3
METAL_HU = 2.1  # of the contrast
LEAST_METAL, LEAST_BRIGHTER = 0.01, 0.07
LOOK_MM, ABOUT_MM = 2.5, 2.0
MOST_INSIDE = 0.75
FEW, STRUT_MM = 4, 12.0  # pixels; how far the rings of a stent lie apart


def true_lumen(
    planes: Planes, wall_mm: np.ndarray, found: Lumens
) -> tuple[int, float, tuple[str, ...]]:
    """The number (1 or 2) of the true lumen, how sure (0.5 to 1), and the evidence in words.

    Each sign speaks for one lumen with odds; how sure is what they make together.
    """
    part = slice(found.first, found.last + 1)
    which = found.which[part]
    odds, told = 0.0, []
    for sign, text in (
        _going_on(planes, wall_mm, found),
        _metal(planes.hu[part], which, found),
        _brighter(found),
        _smaller(which),
    ):
        if sign:
            odds += sign
            told.append((sign, text))
    number = FIRST if odds >= 0 else SECOND
    sure = 1 / (1 + np.exp(-abs(odds)))
    own = 1 if number == FIRST else -1
    words = tuple(text if sign * own > 0 else f"against it: {text}" for sign, text in told)
    return number, round(float(sure), 2), words


def _going_on(planes: Planes, wall_mm: np.ndarray, found: Lumens) -> tuple[float, str]:
    """Which lumen goes on into the undissected vessel beyond the flap's ends."""
    s = planes.frames.s_mm
    away = max(1, round(BESIDE_MM / float(np.median(np.diff(s)))))
    shares = []
    for beyond, end in ((found.first - away, found.first), (found.last + away, found.last)):
        if not 0 <= beyond < len(s) or not np.isfinite(wall_mm[beyond]).all():
            continue
        blood = within(wall_mm, planes.hu.shape[2], 1.0)[beyond] & (planes.labels[beyond] == ARTERY)
        grow = [np.count_nonzero(blood & (found.which[end] == k)) for k in (FIRST, SECOND)]
        if sum(grow):
            shares.append((grow[0] - grow[1]) / sum(grow))
    share = sum(shares)
    if abs(share) < LEAST_SHARE:
        return 0.0, ""
    return 2.0 * share, "it goes on into the undissected vessel"


def _metal(hu: np.ndarray, which: np.ndarray, found: Lumens) -> tuple[float, str]:
    """In which lumen a stent lies: it is put into the true one."""
    metal = hu > SOFT_HU + METAL_HU * (float(found.blood_hu.max()) - SOFT_HU)
    held = [np.count_nonzero(metal & (which == k)) for k in (FIRST, SECOND)]
    share = [a / b for a, b in zip(held, _sizes(which), strict=True)]
    if max(share) < LEAST_METAL or min(share) > 0.4 * max(share):
        return 0.0, ""
    return (2.0 if share[0] > share[1] else -2.0), "a stent lies in it"


def beside_stent(planes: Planes, found: Lumens) -> np.ndarray:
    """Which sections (n,) of two lumens lie so near a stent that it may stand for the flap."""
    part = slice(found.first, found.last + 1)
    blood = float(found.blood_hu.max()) - SOFT_HU
    bright = planes.hu[part] > SOFT_HU + METAL_HU * blood
    metal = (bright & (found.which[part] > 0)).sum(axis=(1, 2)) >= FEW
    step = float(np.median(np.diff(planes.frames.s_mm)))
    return ndimage.binary_dilation(metal, iterations=max(1, round(STRUT_MM / step)))


def bare_mm(planes: Planes, found: Lumens) -> float:
    """Over how long two lumens lie beside each other with no stent near: behind a bare flap."""
    bare = found.parted[found.first : found.last + 1] & ~beside_stent(planes, found)
    return float(bare.sum() * float(np.median(np.diff(planes.frames.s_mm))))


def _brighter(found: Lumens) -> tuple[float, str]:
    """The lumen that the contrast reaches first is brighter."""
    first, second = found.blood_hu - SOFT_HU
    ratio = float(np.log(max(first, 1.0) / max(second, 1.0)))
    if abs(ratio) < LEAST_BRIGHTER:
        return 0.0, ""
    return float(np.clip(4 * ratio, -1.5, 1.5)), "it is brighter"


def _smaller(which: np.ndarray) -> tuple[float, str]:
    """The true lumen is mostly the smaller one."""
    first, second = _sizes(which)
    ratio = float(np.log(second / first))
    return (float(np.clip(ratio, -0.7, 0.7)), "it is smaller") if abs(ratio) > 0.15 else (0.0, "")


def _sizes(which: np.ndarray) -> tuple[int, int]:
    """How many pixels each lumen has, 1 at least."""
    return max(int((which == FIRST).sum()), 1), max(int((which == SECOND).sum()), 1)


def leaving(
    planes: Planes,
    wall_mm: np.ndarray,
    found: Lumens,
    true: int,
    tree: VesselTree,
    course: Course,
    scale: float,
) -> list[tuple[Mouth, str, float]]:
    """Each branch that leaves a dissected stretch, the lumen it comes from, and how sure."""
    out = []
    s = planes.frames.s_mm * scale
    for mouth in course.mouths:
        if not s[found.first] <= mouth.s_mm <= s[found.last]:
            continue
        share = _at_mouth(planes, wall_mm, found, true, tree.branches[mouth.branch].points_lps)
        if share is None:
            out.append((mouth, "", 0.0))
        else:
            lumen = "true" if share >= 0.5 else "false"
            sure = max(share, 1 - share)
            out.append((mouth, lumen if sure >= MOST_INSIDE else "", round(sure, 2)))
    return out


def _at_mouth(
    planes: Planes, wall_mm: np.ndarray, found: Lumens, true: int, points_lps: np.ndarray
) -> float | None:
    """The share of the true lumen in what lies just inside the wall where a branch leaves."""
    f = planes.frames
    parts = slice(found.first, found.last + 1)
    row, offset = _in_plane(f.points_lps[parts], f.across[parts], f.up[parts], points_lps)
    row = row + found.first
    far = np.linalg.norm(offset, axis=1)
    count = wall_mm.shape[1]
    turn = np.mod(np.arctan2(offset[:, 1], offset[:, 0]), 2 * np.pi) * count / (2 * np.pi)
    wall = wall_mm[row, np.rint(turn).astype(int) % count]
    beyond = np.flatnonzero(far > wall)
    if not len(beyond):
        return None
    n = int(beyond[0])
    toward = offset[n] / max(float(far[n]), 1e-6)
    place = toward * (float(wall[n]) - LOOK_MM)
    away = offsets_mm(planes.hu.shape[2])
    near = np.hypot(away[None] - place[0], away[:, None] - place[1]) <= ABOUT_MM
    rows = slice(max(row[n] - 1, 0), row[n] + 2)
    held = [np.count_nonzero(found.which[rows][:, near] == k) for k in (FIRST, SECOND)]
    if sum(held) < 4:
        return None
    return held[true - 1] / sum(held)


def _in_plane(
    path: np.ndarray, across: np.ndarray, up: np.ndarray, points_lps: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest plane (n,) of each point (n,3), and where (n,2) mm it lies in it."""
    row = np.linalg.norm(points_lps[:, None] - path[None], axis=2).argmin(axis=1)
    away = points_lps - path[row]
    return row, np.column_stack([(away * across[row]).sum(axis=1), (away * up[row]).sum(axis=1)])
