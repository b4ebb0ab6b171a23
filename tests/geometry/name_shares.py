"""How much of made-up people's vessels is named right, wrong and not at all, by region.

Run as `python -m tests.geometry.name_shares [first seed] [last seed] [traced]`; shares are by
length. Of vessels that no rule knows only wrong names count. With `traced` the trees are traced
from true masks of 1.5 mm voxels; there a name is right where a vessel that bears it lies within
4 mm of the nearest one.
"""

import sys

import numpy as np
from scipy.spatial import cKDTree

from tests.geometry.true_trees import arteries, cut, is_right
from viewer.geometry.centerline import trace
from viewer.geometry.names import name_vessels
from viewer.phantom.make import make_scene
from viewer.phantom.tissue import Tissue
from viewer.phantom.truth import labels
from viewer.progress import silent

REGIONS = (
    "thoracic-aorta", "abdominal-aorta", "chest", "carotid", "head", "legs", "abdomen", "coronary"
)  # fmt: skip
PAIRED = (
    "common carotid", "internal carotid", "external carotid", "subclavian", "vertebral", "renal",
    "common iliac", "external iliac", "internal iliac", "common femoral", "superficial femoral",
    "deep femoral", "popliteal", "middle cerebral", "anterior cerebral", "posterior cerebral",
    "hepatic", "posterior communicating",
)  # fmt: skip
SINGLE = {
    "aortic root", "ascending aorta", "aortic arch", "aortic isthmus", "descending thoracic aorta",
    "abdominal aorta", "brachiocephalic artery", "celiac trunk", "splenic artery",
    "common hepatic artery", "superior mesenteric artery", "basilar artery",
    "left main coronary artery", "left anterior descending artery", "left circumflex artery",
    "right coronary artery", "proper hepatic artery", "gastroduodenal artery",
    "left gastric artery", "anterior communicating artery", "celiacomesenteric trunk",
}  # fmt: skip
SIDES, M2 = ("left", "right"), ("superior", "inferior")
TRUNKS = {f"{side} {which} M2 trunk" for side in SIDES for which in M2}
KNOWN = SINGLE | TRUNKS | {f"{side} {name} artery" for side in SIDES for name in PAIRED}
STEP_MM, NEAR_MM = 0.5, 4.0


def shares(region: str, seed: int, traced: bool) -> dict[str, float]:
    """How many mm are named right, wrong and not at all."""
    if traced:
        scene = make_scene(region, seed, spacing_mm=1.5, companions=False)
        keep = [blood is Tissue.ARTERY for blood in scene.vessels.blood]
        truth, grid = cut(scene.vessels.tree, scene.grid, keep), scene.grid
        tree = trace(labels(scene), silent())
    else:
        truth, grid = arteries(region, seed)
        tree = truth
    near = cKDTree(truth.points_lps)
    out = {"right": 0.0, "wrong": 0.0, "": 0.0}
    for each in name_vessels(tree, grid):
        branch = tree.branches[each.branch]
        s = np.arange(each.from_mm + 0.5 * STEP_MM, each.to_mm, STEP_MM)
        if traced and branch.parent >= 0:  # a side vessel begins in the middle of its parent
            s = s[s > 1.3 * tree.branches[branch.parent].radius_mm[-1]]
        points = [np.interp(s, branch.s_mm, branch.points_lps[:, axis]) for axis in range(3)]
        for point in np.column_stack(points):
            if not traced:
                names = [truth.branches[each.branch].name]
            else:
                far, first = near.query(point)
                found = [first, *near.query_ball_point(point, far + NEAR_MM)]
                names = [truth.branches[truth.branch_of_point[n]].name for n in found]
            if each.name:
                right = any(is_right(each.name, name) for name in names)
                out["right" if right else "wrong"] += STEP_MM
            elif names[0] in KNOWN:
                out[""] += STEP_MM
    return out


def main() -> None:
    """Print the table."""
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()] or [41, 48]
    print(f"seeds {numbers[0]} to {numbers[-1]}: share of length right, wrong, unnamed")
    for region in REGIONS:
        sums = {"right": 0.0, "wrong": 0.0, "": 0.0}
        for seed in range(numbers[0], numbers[-1] + 1):
            for kind, mm in shares(region, seed, "traced" in sys.argv).items():
                sums[kind] += mm
        parts = [f"{sums[kind] / sum(sums.values()):7.2%}" for kind in sums]
        print(f"{region:16}", *parts, f"{sum(sums.values()):8.0f} mm", flush=True)


if __name__ == "__main__":
    main()
