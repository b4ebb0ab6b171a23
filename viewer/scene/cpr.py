"""A vessel's curved view as a picture: which sheet, where it lies in the pane, what it shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from viewer.geometry.frames import Frames
from viewer.geometry.straighten import (
    Lines,
    Sheet,
    Slab,
    Straightened,
    Stretched,
    lines_on,
    point_on,
    resampled,
    resampled_labels,
)
from viewer.scene.slice import OUTSIDE
from viewer.segment.mask import VesselMask
from viewer.session.view_state import ViewState
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

MARGIN = 56  # pixels left and right of the vessel: room for the profile's numbers
LEAST_MM_PER_PIXEL, MOST_MM_PER_PIXEL = 0.01, 5.0
SIDE_MM = 6.0  # shown beside the widest place of the vessel
SIDE_SHARE = 0.6  # of its diameter
TILTED = 0.35
LEAST_FACTOR, MOST_FACTOR = 0.25, 0.5
COARSE = 2  # steps of a slab while it is turned

Read = Callable[[Lines, np.ndarray], Sequence[np.ndarray]]


class Picture(Protocol):
    """A curved view in a pane; pixels count from the top left corner."""

    mm_per_pixel: float
    middle_mm: tuple[float, float]
    width: int
    height: int

    def x_of(self, s_mm: np.ndarray) -> np.ndarray:
        """Where places of the chosen vessel lie from left to right."""

    def s_at(self, x: float) -> float:
        """The place of the chosen vessel at a pixel, that of an end beyond it."""

    def point_lps(self, x: float, y: float) -> np.ndarray:
        """The point (3,) shown at a pixel, or the nearest that is shown."""

    def pixel(self, point_lps: np.ndarray) -> tuple[float, float]:
        """Where a point appears when it is dropped onto the chosen vessel's sheet."""

    def scaled(self, factor: float) -> "Picture":
        """The same picture with `factor` times as many pixels a side."""

    def painted(self, read: Read, empty: Sequence[int]) -> tuple[np.ndarray, ...]:
        """What is read at its pixels, each layer (height,width); `empty` beside the vessels.

        Nothing where no vessel is in sight.
        """


@dataclass(frozen=True, eq=False)
class CurvedPicture:
    """A sheet's place in a picture: the vessel runs to the right, `across` grows upwards.

    Pixels count from the top left corner; `middle_mm` is (along, across) in the picture's middle.
    """

    sheet: Sheet
    mm_per_pixel: float
    middle_mm: tuple[float, float]
    width: int
    height: int

    def x_of(self, s_mm: np.ndarray) -> np.ndarray:
        """Where places of the path lie from left to right."""
        along = self.sheet.along_mm(s_mm)
        return np.asarray(self.width / 2 + (along - self.middle_mm[0]) / self.mm_per_pixel)

    def y_of(self, across_mm: np.ndarray) -> np.ndarray:
        """Where places across the sheet lie from the top down."""
        return np.asarray(self.height / 2 - (across_mm - self.middle_mm[1]) / self.mm_per_pixel)

    def s_at(self, x: float) -> float:
        """The place of the path at a pixel, that of an end beyond it."""
        return float(self.sheet.s_mm(np.array(self._along(x))))

    def point_lps(self, x: float, y: float) -> np.ndarray:
        """The point (3,) shown at a pixel."""
        across = self.middle_mm[1] - (y - self.height / 2) * self.mm_per_pixel
        return point_on(self.sheet, float(self._along(x)), across)

    def pixel(self, point_lps: np.ndarray) -> tuple[float, float]:
        """Where a point appears when it is dropped onto the sheet."""
        along, across = self.sheet.flat(point_lps)
        x = self.width / 2 + (along - self.middle_mm[0]) / self.mm_per_pixel
        return float(x), float(self.y_of(np.array(across)))

    def scaled(self, factor: float) -> "CurvedPicture":
        """The same picture with `factor` times as many pixels a side (HiDPI)."""
        size = {"width": round(self.width * factor), "height": round(self.height * factor)}
        return replace(self, mm_per_pixel=self.mm_per_pixel / factor, **size)

    def painted(self, read: Read, empty: Sequence[int]) -> tuple[np.ndarray, ...]:
        """What is read at its pixels (height,width); `empty` beyond the vessel's ends."""
        columns = (np.arange(self.width) + 0.5 - self.width / 2) * self.mm_per_pixel
        along = self.middle_mm[0] + columns
        rows = (self.height / 2 - np.arange(self.height) - 0.5) * self.mm_per_pixel
        held = np.flatnonzero((along >= 0) & (along <= self.sheet.length_mm))
        made = []
        if held.size:
            lines = lines_on(self.sheet, along[held])
            for cut, none in zip(read(lines, self.middle_mm[1] + rows), empty, strict=True):
                made.append(np.full((self.height, self.width), none, cut.dtype))
                made[-1][:, held[0] : held[-1] + 1] = cut.T
        return tuple(made)

    def _along(self, x: float) -> float:
        wanted = self.middle_mm[0] + (x - self.width / 2) * self.mm_per_pixel
        return min(max(wanted, 0.0), self.sheet.length_mm)


def sheet_of(frames: Frames, view: ViewState) -> Sheet:
    """The sheet that the view asks for."""
    kind = Stretched if view.vessel_sheet == "stretched" else Straightened
    return kind(frames, sheet_angle(frames, view))


def sheet_angle(frames: Frames, view: ViewState) -> float:
    """The angle (radians) in the planes of what lies above in the curved view."""
    return front_angle(frames) + float(np.radians(view.vessel_angle))


def front_angle(frames: Frames) -> float:
    """The angle (radians) of what lies above in a curved view that is not turned.

    One looks from the front half way along a vessel that runs up or down; above lies the head
    where it runs across.
    """
    half = len(frames.points_lps) // 2
    tangent = frames.tangent[half]
    head, back = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    above = np.cross(tangent, back) if abs(tangent[2]) > TILTED else head
    return float(np.arctan2(above @ frames.up[half], above @ frames.across[half]))


def fitted(
    sheet: Sheet, frames: Frames, side: float, size: tuple[int, int], zoom: float, s_mm: float
) -> CurvedPicture:
    """The picture that holds a whole sheet at `zoom` 1; enlarged, it follows the place `s_mm`.

    It shows `side` mm on each side of the path.
    """
    width, height = size
    middle = sheet.middle_mm(frames.s_mm)
    low, high = float(middle.min()), float(middle.max())
    room = max(width - 2 * MARGIN, 1)
    fit = max(sheet.length_mm / room, (high - low + 2 * side) / max(height, 1))
    scale = float(np.clip(fit / zoom, LEAST_MM_PER_PIXEL, MOST_MM_PER_PIXEL))
    along, across = sheet.length_mm / 2, (low + high) / 2
    if zoom > 1:
        half = room / 2 * scale
        wanted = float(sheet.along_mm(np.array(s_mm)))
        along = float(np.clip(wanted, min(half, along), max(sheet.length_mm - half, along)))
        across += (1 - 1 / zoom) * (float(sheet.middle_mm(np.array(s_mm))) - across)
    return CurvedPicture(sheet, scale, (along, across), width, height)


def side_mm(diameter_mm: np.ndarray) -> float:
    """How far from its path a vessel of such diameters (n,) is shown; nan where not known."""
    seen = diameter_mm[np.isfinite(diameter_mm)]
    return SIDE_MM + SIDE_SHARE * float(np.percentile(seen, 90)) if seen.size else 2 * SIDE_MM


def turning_factor(picture: Picture, grid: Grid) -> float:
    """How many pixels to a picture's pixel show a turning vessel: two to a voxel are enough."""
    wanted = 2 * picture.mm_per_pixel / min(grid.spacing_mm)
    return float(np.clip(wanted, LEAST_FACTOR, MOST_FACTOR))


def slab_of(view: ViewState, grid: Grid, coarse: bool = False) -> Slab | None:
    """The slab that the view asks for, in steps of a voxel."""
    if view.slab_mode == "off":
        return None
    return Slab(view.slab_mode, view.slab_mm, min(grid.spacing_mm) * (COARSE if coarse else 1))


def curved_hu(volume: Volume, picture: Picture, slab: Slab | None = None) -> np.ndarray:
    """HU of a picture (height,width) int16; `OUTSIDE` beyond the scan and the vessel's ends."""

    def read(lines: Lines, across_mm: np.ndarray) -> list[np.ndarray]:
        cut = resampled(volume, lines, across_mm, slab)
        cut = np.where(np.isfinite(cut), np.rint(cut), OUTSIDE)
        return [np.clip(cut, OUTSIDE, 32767).astype(np.int16)]

    found = picture.painted(read, (OUTSIDE,))
    return found[0] if found else np.full((picture.height, picture.width), OUTSIDE, np.int16)


def curved_labels(mask: VesselMask, picture: Picture) -> tuple[np.ndarray, np.ndarray | None]:
    """Labels and confidence of a picture (height,width) uint8; 0 beyond grid and vessel.

    No confidence where no networks were asked.
    """
    sure = mask.confidence
    layers = [mask.labels] if sure is None else [mask.labels, sure]

    def read(lines: Lines, across_mm: np.ndarray) -> list[np.ndarray]:
        return resampled_labels(layers, mask.grid, lines, across_mm)

    found = picture.painted(read, (0,) * len(layers))
    if not found:
        found = (np.zeros((picture.height, picture.width), np.uint8),) * len(layers)
    return found[0], found[1] if sure is not None else None


def curved_boldest(
    voxels: np.ndarray, grid: Grid, picture: Picture, slab: Slab | None = None
) -> np.ndarray:
    """Values of a picture (height,width) from the nearest voxels; 0 beyond grid and vessel.

    In a slab of any mode it is the greatest that lies in it.
    """
    offsets = (0.0,) if slab is None else slab.offsets_mm.tolist()

    def read(lines: Lines, across_mm: np.ndarray) -> list[np.ndarray]:
        made = resampled_labels([voxels], grid, lines, across_mm, offsets[0])[0]
        for offset in offsets[1:]:
            np.maximum(
                made, resampled_labels([voxels], grid, lines, across_mm, offset)[0], out=made
            )
        return [made]

    found = picture.painted(read, (0,))
    return found[0] if found else np.zeros((picture.height, picture.width), voxels.dtype)


def walls_on(
    frames: Frames, wall_mm: np.ndarray, picture: CurvedPicture
) -> tuple[np.ndarray, np.ndarray]:
    """The edges (n,2) in pixels of outlines (n,m) on a straightened sheet; nan where none is."""
    angle = picture.sheet.angle if isinstance(picture.sheet, Straightened) else 0.0
    above, below = _wall(wall_mm, angle), -_wall(wall_mm, angle + np.pi)
    x = picture.x_of(frames.s_mm)
    return np.column_stack([x, picture.y_of(above)]), np.column_stack([x, picture.y_of(below)])


def _wall(wall_mm: np.ndarray, angle: float) -> np.ndarray:
    """Distance (n,) to a wall (n,m) at an angle, between the rays beside it."""
    count = wall_mm.shape[1]
    place = (angle / (2 * np.pi) * count) % count
    low = int(place)
    share = place - low
    return np.asarray((1 - share) * wall_mm[:, low % count] + share * wall_mm[:, (low + 1) % count])
