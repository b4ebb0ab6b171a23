"""Calcium scattered over the walls of the arteries."""

import numpy as np

from viewer.phantom.scene import Lesion, Solid, Vessels
from viewer.phantom.shapes import patch, patch_volume_mm3
from viewer.phantom.site import Change, Site, course_of
from viewer.phantom.tissue import ARTERIAL


def calcification(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """Plates of calcium on arteries, most where they begin and divide; severity is how many.

    Their number goes up to one for each 10 mm of artery, and to 150.
    """
    tree = vessels.tree
    arteries = [
        n
        for n, (branch, blood) in enumerate(zip(tree.branches, vessels.blood, strict=True))
        if blood in ARTERIAL and np.median(branch.radius_mm) > 1.2 and branch.length_mm > 4
    ]
    lengths = np.array([tree.branches[n].length_mm for n in arteries])
    weight = lengths * np.sqrt([np.median(tree.branches[n].radius_mm) for n in arteries])
    length = float(lengths.sum())
    count = int(np.clip(round(severity * length / 10), 1, 150))
    chosen = rng.choice(arteries, count, p=weight / weight.sum())
    courses = {n: course_of(tree, (int(n),)) for n in np.unique(chosen)}
    plates: list[Solid] = []
    volume = 0.0
    for number in chosen:
        course = courses[number]
        at = float(rng.choice([rng.beta(1, 2.5), rng.beta(2.5, 1)])) * course.s_mm[-1]
        radius = float(course.radius_at(at))
        thick = float(np.clip(rng.uniform(0.05, 0.16) * radius, 0.3, 1.2))
        half = (
            float(thick + rng.uniform(0.05, 0.5) * min(radius, 0.2 * course.s_mm[-1])),
            float(thick + rng.uniform(0.1, 0.9) * radius),
            thick,
        )
        angle = float(rng.uniform(0, 2 * np.pi))
        plates.append(patch(course, at, angle, half, radius + thick))
        volume += patch_volume_mm3(half)
    numbers = {"plaque_count": float(count), "calcium_volume_ml": volume / 1000}
    at_lps = site.points_lps[0].copy()
    lesion = Lesion("calcification", severity, at_lps, numbers=numbers)
    return Change(vessels, tuple(plates), (lesion,))
