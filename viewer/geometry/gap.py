"""Paths through a gap between two stumps: smooth ones, and ones that bend around bone."""

import numpy as np
from scipy import ndimage

from viewer.geometry.stump import Stump, sampled
from viewer.volume.volume import Volume

STEPS = 48
BOW, SIDEWAYS = 0.25, 12  # of a gap's length: how far aside a path may bow, in so many steps
SOFT, HARD = 0.02, 1.02  # what a step through soft tissue costs, and one through anything else
SMOOTH = 2.0  # steps


def between(one: Stump, other: Stump) -> np.ndarray:
    """A smooth path (k,3) from face to face that sets out where the stumps point (Bezier)."""
    t = np.linspace(0.0, 1.0, STEPS)[:, None]
    a, b = one.face_lps, other.face_lps
    third = float(np.linalg.norm(b - a)) / 3
    ahead, back = a + third * one.heading, b + third * other.heading
    return np.asarray(
        (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * ahead + 3 * (1 - t) * t**2 * back + t**3 * b
    )


def through_soft(path_lps: np.ndarray, soft_hu: tuple[float, float], volume: Volume) -> np.ndarray:
    """A path (k,3) bowed to where it passes soft tissue: a closed vessel may lie in bone.

    `soft_hu` are the least and the most that soft tissue has; the ends stay.
    """
    away = path_lps[-1] - path_lps[0]
    across = np.linalg.svd(away[None])[2][1:]
    even = np.linspace(-BOW, BOW, 2 * SIDEWAYS + 1)
    shift = even[:, None, None] * across[0] + even[None, :, None] * across[1]
    aside = float(np.linalg.norm(away)) * shift
    hu = sampled(volume, path_lps[:, None, None] + aside)
    hu = ndimage.uniform_filter(hu, (1, 3, 3))
    soft = (hu > soft_hu[0]) & (hu < soft_hu[1])
    cost = np.where(soft, SOFT, HARD) + (shift**2).sum(axis=-1)
    bow = np.array([aside[tuple(place)] for place in _cheapest(cost)])
    bow = ndimage.gaussian_filter1d(bow, SMOOTH, axis=0, mode="constant")
    bow[[0, -1]] = 0.0
    return np.asarray(path_lps + bow)


def _cheapest(cost: np.ndarray) -> np.ndarray:
    """The cheapest way (k,2) through layers (k,n,n), from middle to middle, by single steps."""
    middle = np.array(cost.shape[1:]) // 2
    total = np.full(cost.shape, np.inf)
    total[0][tuple(middle)] = 0.0
    for k in range(1, len(cost)):
        before = ndimage.minimum_filter(total[k - 1], 3, mode="constant", cval=np.inf)
        total[k] = cost[k] + before
    places = [middle]
    for layer in total[-2::-1]:
        low = np.maximum(places[-1] - 1, 0)
        near = layer[low[0] : places[-1][0] + 2, low[1] : places[-1][1] + 2]
        places.append(low + np.array(np.unravel_index(int(np.argmin(near)), near.shape)))
    return np.array(places[::-1])
