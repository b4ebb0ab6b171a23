"""Everything in a made-up person that is not a vessel, on any grid."""

from dataclasses import dataclass

import numpy as np

from viewer.phantom.body import Body
from viewer.phantom.bowel import make_bowel
from viewer.phantom.courses import make_courses
from viewer.phantom.foreign import make_foreign
from viewer.phantom.head import make_head
from viewer.phantom.heart import make_heart
from viewer.phantom.layout import Bumps, Places, Row, make_bumps
from viewer.phantom.organs import (
    make_abdomen,
    make_airways,
    make_beds,
    make_muscles,
    make_pelvis,
)
from viewer.phantom.skeleton import make_bones
from viewer.phantom.tissue import Tissue
from viewer.phantom.trunk import Arms, Trunk, make_trunk, paint_table
from viewer.progress import Progress, silent
from viewer.volume.grid import Grid


@dataclass(frozen=True, eq=False)
class Anatomy:
    """One person's companions: the rows to be painted, in their order."""

    bumps: Bumps
    trunk: Trunk
    rows: tuple[Row, ...]
    table: bool

    def on(self, body: Body, grid: Grid, progress: Progress | None = None) -> np.ndarray:
        """What every voxel of a grid is made of (uint8 by `Tissue`), without vessels."""
        places = Places(body, grid, self.bumps)
        out = np.full(grid.shape, Tissue.AIR, np.uint8)
        for row in (progress or silent()).over(self.rows, len(self.rows)):
            row(out, places)
        if self.table:
            back = body.place(np.array([0.0, 117 + 0.25 * self.trunk.fat_mm, 240]))
            paint_table(out, places, float(back[1]) + 4)
        return out


def make_anatomy(
    rng: np.random.Generator,
    *,
    arms: Arms = "up",
    oral: float = 0.3,
    table: bool = True,
    foreign: bool = True,
) -> Anatomy:
    """Companions of one person, the same on every grid.

    `oral` is the chance of oral contrast medium in the bowel, `foreign` allows wires and clips.
    """
    bumps = make_bumps(rng)
    trunk = make_trunk(rng, arms)
    rows: list[Row] = [trunk, *make_muscles(), *make_beds()]
    rows += make_abdomen(rng, trunk)
    rows += make_bowel(rng, oral)
    rows += make_pelvis(rng)
    rows += [make_heart(rng)]
    rows += make_airways(rng)
    rows += make_head(rng)
    rows += make_bones(rng, arms)
    rows += make_courses()
    if foreign:
        rows += make_foreign(rng, trunk)
    return Anatomy(bumps, trunk, tuple(rows), table)


def companions(
    body: Body,
    grid: Grid,
    rng: np.random.Generator,
    *,
    arms: Arms = "up",
    oral: float = 0.3,
    table: bool = True,
    foreign: bool = True,
    progress: Progress | None = None,
) -> np.ndarray:
    """What every voxel of a grid in a person is made of, without vessels.

    uint8 (slice, row, column) by `Tissue`; the chambers of the heart hold their blood. The same
    `rng` state gives the same person on every grid.
    """
    anatomy = make_anatomy(rng, arms=arms, oral=oral, table=table, foreign=foreign)
    return anatomy.on(body, grid, progress)
