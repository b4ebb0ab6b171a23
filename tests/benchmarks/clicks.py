"""A scripted person corrects the vessel map of each real case that has truth, click by click.

The truth decides only where the person clicks: the middle of the largest region that is missed
(add) or false (remove), never near a click that was refused. Run from a checkout:
`python -m tests.benchmarks.clicks`.
"""

import sys
import time

import numpy as np
from scipy import ndimage

from tests.benchmarks.accuracy import Reference, abdomen, chest, dissection, short_abdomen
from viewer.enhance.denoise import denoise
from viewer.enhance.suitability import judge
from viewer.errors import ViewerError
from viewer.progress import silent
from viewer.segment.clicks import add_at
from viewer.segment.mask import ARTERY, CALCIFICATION, THROMBUS, VEIN, VesselMask
from viewer.segment.prune import remove_at
from viewer.segment.vessels import segment_vessels

CLICKS = 3
APART_MM = 10.0


def dice(mask: VesselMask, truth: np.ndarray) -> float:
    """Agreement of all vessel labels with the truth."""
    found = vessel(mask)
    return float(2 * (found & truth).sum() / (found.sum() + truth.sum()))


def vessel(mask: VesselMask) -> np.ndarray:
    """Everything that counts as vessel (bool)."""
    return np.isin(mask.labels, (ARTERY, VEIN, CALCIFICATION, THROMBUS))


def next_click(
    mask: VesselMask, truth: np.ndarray, refused_lps: list[np.ndarray]
) -> tuple[str, np.ndarray]:
    """What the person does next and where: the middle of the largest wrong region."""
    found, most, best = vessel(mask), -1, ("add", np.zeros(3))
    for tool, wrong in (("add", truth & ~found), ("remove", found & ~truth)):
        regions, _ = ndimage.label(ndimage.binary_opening(wrong))
        size = np.bincount(regions.ravel())
        size[0] = 0
        if size.max() <= most:
            continue
        most = int(size.max())
        depth = ndimage.distance_transform_edt(
            regions == size.argmax(), sampling=mask.grid.spacing_mm
        )
        index = np.argwhere(depth > 0)
        far = np.full(len(index), np.inf)
        for point in refused_lps:
            far = np.minimum(far, np.linalg.norm(mask.grid.points_lps(index) - point, axis=1))
        value = np.where(far > APART_MM, depth[tuple(index.T)], 0)
        best = tool, mask.grid.points_lps(index[int(value.argmax())])
    return best


def correct(reference: Reference) -> str:
    """One line: Dice after each click and the seconds that each took."""
    suitability = judge(reference.volume, silent())
    volume = denoise(reference.volume, suitability.noise_hu, silent())
    mask = segment_vessels(volume, suitability, silent())
    cells, refused = [f"{dice(mask, reference.truth):.3f}"], []
    for _ in range(CLICKS):
        tool, point = next_click(mask, reference.truth, refused)
        begun = time.perf_counter()
        try:
            if tool == "add":
                mask = add_at(mask, volume, suitability, point, silent()).mask
            else:
                mask = remove_at(mask, point, silent()).mask
        except ViewerError:
            refused.append(point)
            tool = f"{tool} refused"
        seconds = time.perf_counter() - begun
        cells.append(f"{dice(mask, reference.truth):.3f} ({tool}, {seconds:.2f} s)")
    return f"| {reference.name} | {' | '.join(cells)} |"


def main() -> int:
    """Print the table."""
    print("| case | no click | one | two | three |\n|---|---|---|---|---|")
    for case in (dissection, chest, short_abdomen, abdomen):
        for reference in case():
            print(correct(reference), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
