"""How fast and how exact curved views of a 200 mm vessel in a whole scan are.

Run it from a checkout: `python -m tests.benchmarks.curved_views`.
"""

import time

import numpy as np

from viewer.geometry.frames import Frames, frames_along
from viewer.geometry.straighten import Straightened, Stretched, point_on, resampled
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

WIDE, TALL = 900, 400
TURNS = 40


def main() -> None:
    """Print for each kind of sheet pictures a second of one core, and the way there and back."""
    volume = a_scan()
    frames = a_vessel()
    print(f"vessel {frames.s_mm[-1]:.0f} mm, scan {volume.grid.shape}, picture {WIDE}x{TALL}")
    print(f"{'sheet':14}{'pictures/s':>12}{'worst mm':>10}")
    for kind in (Straightened, Stretched):
        begun = time.process_time()
        for angle in np.linspace(0, 2 * np.pi, TURNS):
            sheet = kind(frames, float(angle))
            scale = sheet.length_mm / WIDE
            along = (np.arange(WIDE) + 0.5) * scale
            resampled(volume, sheet, along, (np.arange(TALL) + 0.5 - TALL / 2) * scale)
        rate = TURNS / (time.process_time() - begun)
        print(f"{kind.__name__:14}{rate:12.0f}{worst_mm(kind(frames, 0.8)):10.4f}")


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


def worst_mm(sheet: Straightened | Stretched) -> float:
    """How far a point of the sheet lies from itself after the way to the picture and back."""
    rng = np.random.default_rng(1)
    far = []
    for _ in range(1000):
        s = rng.uniform(0, sheet.frames.s_mm[-1])
        across = float(sheet.middle_mm(np.array(s))) + rng.uniform(-15, 15)
        point = point_on(sheet, float(sheet.along_mm(np.array(s))), across)
        far.append(np.linalg.norm(point_on(sheet, *sheet.flat(point)) - point))
    return float(max(far))


if __name__ == "__main__":
    main()
