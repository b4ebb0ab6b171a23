"""How long a person waits for one vessel of a whole scan to be traced again.

Run it from a checkout: `python -m tests.benchmarks.by_hand`. Each end of an abdominal aorta with
its branches is deleted, added by a click on its tip, dragged to the middle of its vessel and back,
in a scan of 512 x 512 x 600 voxels; then the root is set there. Names are given anew each time.
"""

import time

import numpy as np

from viewer.geometry.centerline import trace
from viewer.geometry.ends import end_at, free_ends, with_root, without_end
from viewer.geometry.names import name_vessels, renamed
from viewer.geometry.retrace import Lumen, with_end, with_end_moved
from viewer.geometry.tree import VesselTree
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import abdominal_aorta
from viewer.progress import silent
from viewer.segment.mask import VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

SHAPE = (600, 512, 512)
MM = (0.75, 0.7, 0.7)
NOISE_HU = 15.0


def main() -> None:
    """Print the seconds of one core that each change takes: the median and the worst end's."""
    lumen = a_lumen()
    tree = named(trace(lumen.mask, silent(), volume=lumen.volume, noise_hu=NOISE_HU), lumen)
    spent: dict[str, list[float]] = {}
    off: list[float] = []

    def timed(what, change):
        begun = time.process_time()
        found = named(change(), lumen)
        spent.setdefault(what, []).append(time.process_time() - begun)
        return found

    for end in (each for each in free_ends(tree) if not each.is_root):
        branch = tree.branches[end.branch]
        middle, tip = branch.points_lps[len(branch.points_lps) // 2], end.point_lps
        less = timed("delete an end", lambda end=end: without_end(tree, end))
        more = timed("add an end", lambda less=less, tip=tip: with_end(less, tip, lumen))
        short = timed(
            "drag an end", lambda end=end, to=middle: with_end_moved(tree, end, to, lumen)
        )
        far = end_at(short, middle)
        timed("drag it back", lambda s=short, far=far, to=tip: with_end_moved(s, far, to, lumen))
        timed("set the root", lambda tip=tip: with_root(tree, tip))
        added = end_at(more, tip)
        off.append(abs(more.branches[added.branch].length_mm - branch.length_mm))
    print(f"scan {SHAPE}, {len(tree.branches)} branches, {len(off)} ends")
    print(f"{'change':16}{'median s':>10}{'worst s':>10}")
    for what, seconds in spent.items():
        print(f"{what:16}{np.median(seconds):10.3f}{max(seconds):10.3f}")
    print(f"an added vessel is as long as the traced one to {max(off):.2f} mm")


def named(tree: VesselTree, lumen: Lumen) -> VesselTree:
    """The tree with its vessels' names."""
    return renamed(tree, name_vessels(tree, lumen.mask.grid))


def a_lumen() -> Lumen:
    """The scan and the mask of an abdominal aorta, in the middle of a whole scan."""
    truth = abdominal_aorta()
    small = grid_around(truth, MM)
    volume, mask = render(truth, small, noise_hu=NOISE_HU, blur_mm=0.45)
    voxels, labels = np.full(SHAPE, 40, np.int16), np.zeros(SHAPE, np.uint8)
    first = (np.array(SHAPE) - small.shape) // 2
    box = tuple(slice(a, a + n) for a, n in zip(first.tolist(), small.shape, strict=True))
    voxels[box], labels[box] = volume.voxels, mask.labels
    matrix = small.lps_from_index.copy()
    matrix[:3, 3] -= matrix[:3, :3] @ first
    grid = Grid(SHAPE, matrix)
    return Lumen(VesselMask(labels, grid), Volume(voxels, grid), NOISE_HU)


if __name__ == "__main__":
    main()
