"""How fast and how exact curved views are: a 200 mm vessel and a whole tree in a whole scan.

Run it from a checkout: `python -m tests.benchmarks.curved_views`.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from viewer.geometry.course import course_through
from viewer.geometry.frames import Frames, frames_along
from viewer.geometry.straighten import Slab, Straightened, Stretched, point_on
from viewer.geometry.tree import Branch, VesselTree
from viewer.geometry.tree_sheet import lanes_from
from viewer.scene.cpr import CurvedPicture, Picture, curved_hu
from viewer.scene.cpr_tree import TreePicture, fitted_sheet, tree_picture
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

WIDE, TALL = 900, 400
SLAB = Slab("mip", 10.0, 1.5)  # in steps as a slab is read while it turns
TURNS, LEAST_S = 20, 0.5


def main() -> None:
    """Print for each kind of sheet pictures a second of one core, and the way there and back."""
    volume = a_scan()
    frames, lanes = a_vessel(), lanes_from(a_tree(), course_through(a_tree(), 0))
    length = sum(float(lane.frames.s_mm[-1]) for lane in lanes)
    print(f"scan {volume.grid.shape}, picture {WIDE}x{TALL}")
    print(f"vessel {frames.s_mm[-1]:.0f} mm; tree of {len(lanes)} vessels, {length:.0f} mm")
    print(f"{'sheet':14}{'pictures/s':>12}{'turning':>10}{'in a slab':>12}{'worst mm':>10}")
    for name, picture, worst in (
        ("straightened", lambda a: curved(Straightened(frames, a)), worst_mm(frames, Straightened)),
        ("stretched", lambda a: curved(Stretched(frames, a)), worst_mm(frames, Stretched)),
        ("tree", turned_tree(a_tree()), worst_of_tree_mm(turned_tree(a_tree())(0.8))),
    ):
        rates = [
            rate(volume, picture, 1.0, None),
            rate(volume, picture, 0.5, None),
            rate(volume, picture, 0.5, SLAB),
        ]
        print(f"{name:14}{rates[0]:12.0f}{rates[1]:10.0f}{rates[2]:12.0f}{worst:10.4f}")


def rate(
    volume: Volume, picture: Callable[[float], Picture], factor: float, slab: Slab | None
) -> float:
    """Pictures a second of one core, turned each time, with `factor` pixels to a pixel."""
    begun, made = time.process_time(), 0
    while made < TURNS or time.process_time() - begun < LEAST_S:
        curved_hu(volume, picture(0.3 * made).scaled(factor), slab)
        made += 1
    return made / (time.process_time() - begun)


def curved(sheet: Straightened | Stretched) -> CurvedPicture:
    """The whole sheet in a picture."""
    return CurvedPicture(sheet, sheet.length_mm / WIDE, (sheet.length_mm / 2, 0.0), WIDE, TALL)


def turned_tree(tree: VesselTree) -> Callable[[float], TreePicture]:
    """The sheet of a tree, at an angle (radians)."""
    lanes = lanes_from(tree, course_through(tree, 0))
    laid = fitted_sheet(lanes, (WIDE, TALL), 15.0)
    picture = tree_picture(*laid, (0, (0.0, 1.0)), 0.0, (WIDE, TALL), 1.0, np.zeros(3))
    return lambda angle: replace(picture, degrees=float(np.degrees(angle)))


def a_scan() -> Volume:
    """A whole scan of noise, 512 x 512 x 600 voxels of int16."""
    matrix = np.diag([0.75, 0.75, 0.75, 1.0])[[2, 1, 0, 3]]
    matrix[:3, 3] = (-192.0, -192.0, -225.0)
    grid = Grid((600, 512, 512), matrix)
    seen = np.random.default_rng(0).integers(-100, 500, (50, 512, 512), dtype=np.int16)
    return Volume(np.tile(seen, (12, 1, 1)), grid)


def a_vessel() -> Frames:
    """A vessel that winds as an aorta does."""
    z = np.linspace(95, -97, 400)
    return frames_along(np.column_stack([15 * np.sin(z / 30), 10 * np.cos(z / 40), z]))


def a_tree() -> VesselTree:
    """The vessel with 24 others that leave it on all sides, half of them forking."""
    trunk = a_vessel().points_lps
    cuts = np.linspace(0, len(trunk) - 1, 26).astype(int)
    made: list[Branch] = []
    parent = -1
    for n, (low, high) in enumerate(pairwise(cuts.tolist())):
        made.append(_branch(trunk[low : high + 1], 9.0, parent, "aorta"))
        parent = len(made) - 1
        if n == 24:
            break
        away = np.array([np.cos(2.4 * n), np.sin(2.4 * n), -0.4])
        far = trunk[high] + (30 + 2 * n) * away
        made.append(_branch(np.linspace(trunk[high], far, 40), 2.0, parent, f"vessel {n}"))
        if n % 2:
            fork = len(made) - 1
            for side in (-1, 1):
                aside = np.array([-away[1], away[0], 0.0])
                tip = far + 20 * away + side * 15 * aside
                made.append(_branch(np.linspace(far, tip, 30), 1.0, fork))
    return VesselTree(tuple(made), np.zeros((0, 3)))


def _branch(points: np.ndarray, radius: float, parent: int, name: str = "") -> Branch:
    return Branch(np.array(points), np.full(len(points), radius), parent, name)


def worst_mm(frames: Frames, kind: type[Straightened] | type[Stretched]) -> float:
    """How far a point of the sheet lies from itself after the way to the picture and back."""
    sheet = kind(frames, 0.8)
    rng = np.random.default_rng(1)
    far = []
    for _ in range(1000):
        s = rng.uniform(0, sheet.frames.s_mm[-1])
        across = float(sheet.middle_mm(np.array(s))) + rng.uniform(-15, 15)
        point = point_on(sheet, float(sheet.along_mm(np.array(s))), across)
        far.append(np.linalg.norm(point_on(sheet, *sheet.flat(point)) - point))
    return float(max(far))


def worst_of_tree_mm(picture: TreePicture) -> float:
    """The same for points of all lanes of a tree."""
    rng = np.random.default_rng(1)
    far = []
    for number in range(len(picture.sheet.lanes)):
        chosen = replace(picture, chosen=number)
        left, top, right, bottom = picture.box(number)
        for _ in range(40):
            point = chosen.point_lps(rng.uniform(left, right), rng.uniform(top, bottom))
            far.append(np.linalg.norm(chosen.point_lps(*chosen.pixel(point)) - point))
    return float(max(far))


if __name__ == "__main__":
    main()
