"""Cross-sections of a vessel: what an outline in a plane measures."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from viewer.geometry.frames import Frames

CALIPERS = 90
QUANTITIES = (
    "area_mm2",
    "diameter_equivalent_mm",
    "diameter_min_mm",
    "diameter_max_mm",
    "inscribed_radius_mm",
    "circularity",
)


@dataclass(frozen=True, eq=False)
class Sections:
    """The lumen's outline in planes perpendicular to a path.

    `wall_mm` (n,m) is the distance from the path to the wall along m even angles from
    `frames.across` towards `frames.up`; `seen` (n,m) bool says where an edge of the scan gave it.
    `values` and `sd` hold (n,) arrays by the names in `QUANTITIES`; nan where nothing shows it.
    `whole_mm` (n,m) is the outer wall of both lumens where a flap parts the vessel, nan elsewhere;
    None where nobody looked or there is no flap. `beside` are the same planes in the restored
    scan; None where there is none.
    """

    frames: Frames
    wall_mm: np.ndarray
    seen: np.ndarray
    values: Mapping[str, np.ndarray]
    sd: Mapping[str, np.ndarray]
    whole_mm: np.ndarray | None = None
    beside: "Beside | None" = None

    def outline_lps(self, number: int) -> np.ndarray:
        """The outline (m,3) in mm of one section."""
        plane = outlines(self.wall_mm[number : number + 1])[0]
        f = self.frames
        return np.asarray(
            f.points_lps[number] + plane[:, :1] * f.across[number] + plane[:, 1:] * f.up[number]
        )


@dataclass(frozen=True, eq=False)
class Beside:
    """What the planes of some sections measure in the restored scan, beside the scan itself.

    `values` and `sd` as in `Sections`, nan where `why` (n,) says why nothing is measured there.
    """

    values: Mapping[str, np.ndarray]
    sd: Mapping[str, np.ndarray]
    why: tuple[str, ...]

    def less(self, raw: Sections, name: str) -> tuple[np.ndarray, np.ndarray]:
        """By how much (n,) a number of the restored scan is larger than the scan's, and its error.

        The error is that of two independent numbers, though they share some of theirs.
        """
        return self.values[name] - raw.values[name], np.hypot(self.sd[name], raw.sd[name])


def angles(count: int) -> np.ndarray:
    """`count` even angles (count,) of a full turn."""
    return np.arange(count) * (2 * np.pi / count)


def outlines(wall_mm: np.ndarray) -> np.ndarray:
    """Points (n,m,2) in the plane of distances (n,m) along even angles."""
    turn = angles(wall_mm.shape[1])
    return np.stack([wall_mm * np.cos(turn), wall_mm * np.sin(turn)], axis=-1)


def measured(wall_mm: np.ndarray) -> dict[str, np.ndarray]:
    """What outlines (n,m) measure: (n,) arrays by the names in `QUANTITIES`.

    To those of `spans` come the radius of the largest circle inside, and the circularity
    4 pi area / perimeter^2 of the polygon through the wall, made round between its corners.
    """
    points, found = outlines(wall_mm), spans(wall_mm)
    corner = 2 * np.pi / wall_mm.shape[1]
    edges = np.roll(points, -1, axis=1) - points
    perimeter = np.linalg.norm(edges, axis=2).sum(axis=1) * corner / 2 / np.sin(corner / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        circularity = 4 * np.pi * found["area_mm2"] / perimeter**2
    return found | {"inscribed_radius_mm": inscribed_mm(points), "circularity": circularity}


def spans(wall_mm: np.ndarray) -> dict[str, np.ndarray]:
    """How wide outlines (n,m) are: (n,) arrays by the first four names in `QUANTITIES`.

    Area of the polygon through the wall, made round between its corners; diameter of the circle
    of that area; least and greatest distance between two parallels that hold the outline (Feret
    1930).
    """
    points = outlines(wall_mm)
    ahead = np.roll(points, -1, axis=1)
    cross = points[..., 0] * ahead[..., 1] - points[..., 1] * ahead[..., 0]
    # A circle through the corners is larger than the polygon by this.
    corner = 2 * np.pi / wall_mm.shape[1]
    area = 0.5 * np.abs(cross.sum(axis=1)) * corner / np.sin(corner)
    turn = np.arange(CALIPERS) * np.pi / CALIPERS
    seen = points @ np.stack([np.cos(turn), np.sin(turn)])
    feret = seen.max(axis=1) - seen.min(axis=1)
    return {
        "area_mm2": area,
        "diameter_equivalent_mm": 2 * np.sqrt(area / np.pi),
        "diameter_min_mm": feret.min(axis=1),
        "diameter_max_mm": feret.max(axis=1),
    }


def inscribed_mm(outline_mm: np.ndarray, rounds: int = 4, side: int = 5) -> np.ndarray:
    """Radius (n,) of the largest circle inside each outline (n,m,2), to about a hundredth of it.

    Sought on ever finer squares of places round the best one so far.
    """
    middle = outline_mm.mean(axis=1)
    reach = 0.5 * np.ptp(outline_mm, axis=1).min(axis=1)
    edges = np.roll(outline_mm, -1, axis=1) - outline_mm
    square = np.maximum((edges**2).sum(axis=2), 1e-12)
    best = np.zeros(len(outline_mm))
    grid = np.linspace(-1, 1, side)
    offsets = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    for _ in range(rounds):
        places = middle[:, None] + reach[:, None, None] * offsets
        far = np.stack(
            [_distance(outline_mm, edges, square, places[:, n]) for n in range(len(offsets))],
            axis=1,
        )
        which = far.argmax(axis=1)
        best = np.maximum(best, far[np.arange(len(far)), which])
        middle = places[np.arange(len(places)), which]
        reach = reach * 0.5
    return best


def _distance(
    outline_mm: np.ndarray, edges: np.ndarray, square: np.ndarray, place: np.ndarray
) -> np.ndarray:
    """Distance (n,) from a place (n,2) inside each outline to its edges; negative outside."""
    away = place[:, None] - outline_mm
    along = np.clip((away * edges).sum(axis=2) / square, 0, 1)
    far = np.linalg.norm(away - along[..., None] * edges, axis=2).min(axis=1)
    start, end = outline_mm, outline_mm + edges
    y = place[:, None, 1]
    spans = (start[..., 1] > y) != (end[..., 1] > y)
    with np.errstate(invalid="ignore", divide="ignore"):
        x = start[..., 0] + (y - start[..., 1]) / edges[..., 1] * edges[..., 0]
    inside = (spans & (place[:, None, 0] < x)).sum(axis=1) % 2 == 1
    return np.where(inside, far, -far)
