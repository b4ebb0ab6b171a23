"""A made-up person on a grid: what lies where, exactly."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from viewer.geometry.tree import VesselTree
from viewer.phantom.body import Body
from viewer.phantom.tissue import Tissue
from viewer.volume.grid import Grid

# How a solid changes the lumen: joins it, fills it (its tissue displaces blood), lies around it
# (only outside the lumen), or stains it (the blood inside is brighter or darker by `share`).
ADDS, FILLS, SURROUNDS, STAINS = "adds", "fills", "surrounds", "stains"


@dataclass(frozen=True, eq=False)
class Vessels:
    """Made-up vessels: a tree (or several) whose branches each carry one kind of blood."""

    tree: VesselTree
    blood: tuple[Tissue, ...]

    def __post_init__(self) -> None:
        if len(self.blood) != len(self.tree.branches):
            raise ValueError("every branch needs its blood")


@dataclass(frozen=True, eq=False)
class Solid:
    """A body of known shape: `distance_mm(points_lps (n,3)) -> (n,)` is negative inside.

    It changes by little more than the way gone, so that a few points tell where more are needed.

    `box_lps` (2,3) holds all of it. `effect` is one of ADDS, FILLS, SURROUNDS, STAINS; `tissue`
    is what it is made of (its blood for ADDS); `share` multiplies the enhancement inside. What
    FILLS or STAINS may reach past the wall, and touches vessels with `blood` alone (all where it
    is None); what ADDS to or SURROUNDS vessels with `blood` presses all others aside.
    """

    effect: str
    tissue: Tissue
    box_lps: np.ndarray
    distance_mm: Callable[[np.ndarray], np.ndarray]
    share: float = 1.0
    blood: Tissue | None = None


@dataclass(frozen=True, eq=False)
class Wires:
    """Metal thinner than voxels: points (n,3) along its wires, and how much each stands for."""

    points_lps: np.ndarray
    each_mm3: float


@dataclass(frozen=True, eq=False)
class Lesion:
    """A disease that was put in: its kind, how severe (0 to 1), where, and its true numbers.

    `branch` is the index in the vessels' tree (-1 where there is none), `from_mm` and `to_mm`
    the distances along it; `numbers` are true measures with their unit in the name.
    """

    kind: str
    severity: float
    at_lps: np.ndarray
    branch: int = -1
    from_mm: float = 0.0
    to_mm: float = 0.0
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Scene:
    """A made-up person on a grid.

    `tissue` uint8 by `Tissue`, the lumen included; `wall_mm` float32 is the signed distance to
    the nearest lumen wall (negative inside, cut off at +-`REACH_MM`); `blood` uint8 is the kind
    of blood of the nearest lumen within that reach (0 elsewhere); `branch` int16 the nearest
    branch of `vessels.tree` (-1 elsewhere); `stain` float32 or None multiplies enhancement, and
    the brightness of metal thinner than a voxel. `variants` are the keys of those that it has.
    """

    grid: Grid
    tissue: np.ndarray
    wall_mm: np.ndarray
    blood: np.ndarray
    branch: np.ndarray
    vessels: Vessels
    body: Body
    lesions: tuple[Lesion, ...] = ()
    solids: tuple[Solid | Wires, ...] = ()
    stain: np.ndarray | None = None
    region: str = ""
    seed: int = 0
    variants: tuple[str, ...] = ()


REACH_MM = 8.0
