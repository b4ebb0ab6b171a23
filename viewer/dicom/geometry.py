"""Where the slices of a series lie in the patient."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viewer.dicom.headers import Header
from viewer.errors import Notice, ViewerError
from viewer.volume.grid import Grid

FEWEST_SLICES = 3
JITTER_MM, JITTER_SHARE = 0.01, 0.01
SHIFT_PIXELS = 0.25
MOST_SLICES_A_FILE = 8


@dataclass(frozen=True, eq=False)
class Placement:
    """The grid for a series, its headers in the order of the slices, and what was found."""

    grid: Grid
    headers: tuple[Header, ...]
    notices: tuple[Notice, ...] = ()


def slice_tolerance_mm(spacing_mm: float) -> float:
    """How far a slice may lie from its place on a regular grid."""
    return max(JITTER_MM, JITTER_SHARE * spacing_mm)


def axes(header: Header) -> np.ndarray:
    """Unit vectors in LPS (3,3), one a row: along a row, down a column, the slice normal.

    Raises ViewerError where the header does not prove them.
    """
    if header.orientation is None:
        raise ViewerError("ImageOrientationPatient is missing or unreadable.")
    along, down = np.array(header.orientation[:3]), np.array(header.orientation[3:])
    lengths = np.linalg.norm(along), np.linalg.norm(down)
    if abs(lengths[0] - 1) > 1e-2 or abs(lengths[1] - 1) > 1e-2 or abs(along @ down) > 1e-3:
        raise ViewerError("ImageOrientationPatient does not hold two unit vectors at right angles.")
    along = along / lengths[0]
    down = down - (down @ along) * along
    down = down / np.linalg.norm(down)
    return np.array([along, down, np.cross(along, down)])


def along_normal(headers: Sequence[Header]) -> np.ndarray:
    """Positions along the slice normal in mm (n,), in the order given."""
    return np.array([header.position_lps for header in headers], dtype=float) @ axes(headers[0])[2]


def place(headers: Sequence[Header]) -> Placement:
    """The regular grid that holds slices of one orientation, spacing and matrix.

    Raises ViewerError where the headers do not prove a geometry.
    """
    _require_tags(headers)
    if len(headers) < FEWEST_SLICES:
        has = "one slice" if len(headers) == 1 else f"{len(headers)} slices"
        raise ViewerError(f"The series has {has}; a volume needs at least {FEWEST_SLICES} slices.")
    frame = axes(headers[0])
    order = np.argsort(along_normal(headers), kind="stable")
    ordered = tuple(headers[i] for i in order)
    points = np.array([header.position_lps for header in ordered]) @ frame.T  # (n, 3): x, y, normal
    steps = np.diff(points[:, 2])
    if steps.max() < JITTER_MM:
        raise ViewerError(f"All {len(headers)} slices have the same ImagePositionPatient.")
    drift = _drift(points, ordered)
    slots = _slots(steps, [header.instance for header in ordered])
    spacing = pixel_spacing(ordered[0])
    tilted = float(np.abs(drift).max()) * np.ptp(points[:, 2]) > 2 * SHIFT_PIXELS * min(spacing)
    notices: list[Notice]
    if slots is None:
        count = _finest_count(steps, ordered)
        notices = _spacing_notices(steps, float(steps.sum()) / (count - 1))
    else:
        count = int(slots[-1]) + 1
        notices = _gap_notices(slots, steps, ordered)
    if tilted:
        notices.append(_tilt_notice(drift))
    grid = _grid(points, frame, count, ordered[0], tilted)
    return Placement(grid, ordered, tuple(notices))


def pixel_spacing(header: Header) -> tuple[float, float]:
    """Distance in mm between rows and between columns; raises ViewerError where not proved."""
    if header.spacing_mm is None or min(header.spacing_mm) <= 0:
        raise ViewerError(
            "PixelSpacing is missing, zero or unreadable; export the series again from the "
            "scanner or the archive."
        )
    return header.spacing_mm[0], header.spacing_mm[1]


def hole_mm(steps: np.ndarray) -> float:
    """The longest step between slices, in mm, over which values may be interpolated."""
    return 2.5 * float(np.median(steps[steps > JITTER_MM]))


def _require_tags(headers: Sequence[Header]) -> None:
    lacking = [header for header in headers if header.position_lps is None]
    if lacking:
        raise ViewerError(
            f"ImagePositionPatient is missing or unreadable in {len(lacking)} of "
            f"{len(headers)} files; export the series again from the scanner or the archive."
        )
    pixel_spacing(headers[0])
    if headers[0].rows < 2 or headers[0].columns < 2:
        raise ViewerError("Rows or Columns is missing or below 2.")


def _drift(points: np.ndarray, ordered: Sequence[Header]) -> np.ndarray:
    """How far slices move within their plane per mm along the normal (2,)."""
    along = points[:, 2] - points[0, 2]
    plane = points[:, :2] - points[0, :2]
    drift = plane[-1] / along[-1] if along[-1] > 0 else np.zeros(2)
    rest = np.abs(plane - along[:, None] * drift).max(axis=1)
    spacing = pixel_spacing(ordered[0])
    if rest.max() > SHIFT_PIXELS * min(spacing):
        worst = int(np.argmax(rest))
        raise ViewerError(
            f"The field of view shifts by {rest[worst]:.1f} mm inside the series, at "
            f"{ordered[worst].path.name}; slices of different fields of view cannot be joined."
        )
    return np.asarray(drift)


def _slots(steps: np.ndarray, instances: Sequence[int | None]) -> np.ndarray | None:
    """The slice number of each file on a regular grid (n,), or None where spacing varies."""
    base = float(np.median(steps))
    if base <= 0:
        return None
    counts = np.round(steps / base)
    if counts.min() < 1 or (counts == 1).mean() < 0.5:
        return None
    slots = np.concatenate([[0.0], np.cumsum(counts)])
    along = np.concatenate([[0.0], np.cumsum(steps)])
    fine = along[-1] / slots[-1]
    if np.abs(along - slots * fine).max() > slice_tolerance_mm(fine):
        return None
    if _runs_of_wide_steps(counts, instances):
        return None
    return slots.astype(int)


def _runs_of_wide_steps(counts: np.ndarray, instances: Sequence[int | None]) -> bool:
    """Whether steps are wide by the protocol: three on end, between consecutive instances."""
    run = 0
    for at, count in enumerate(counts):
        before, after = instances[at], instances[at + 1]
        neighbors = before is not None and after is not None and abs(after - before) == 1
        run = run + 1 if count > 1 and neighbors else 0
        if run >= 3:
            return True
    return False


def _finest_count(steps: np.ndarray, ordered: Sequence[Header]) -> int:
    """How many slices the finest regular grid has."""
    finest = float(steps.min())
    if finest < JITTER_MM:
        raise ViewerError("Slices lie at the same position with different content.")
    span = float(steps.sum())
    count = int(np.ceil(span / finest - 1e-3)) + 1
    if count > MOST_SLICES_A_FILE * len(ordered):
        raise ViewerError(
            f"The distance between slices varies from {finest:.2f} to {steps.max():.2f} mm; a "
            "regular volume cannot be made of them."
        )
    return count


def _gap_notices(slots: np.ndarray, steps: np.ndarray, ordered: Sequence[Header]) -> list[Notice]:
    missing = [int(count) - 1 for count in np.diff(slots)]
    return [
        gap_notice(count, float(steps[at]), ordered[at], ordered[at + 1])
        for at, count in enumerate(missing)
        if count > 0
    ]


def gap_notice(missing: int, step_mm: float, before: Header, after: Header) -> Notice:
    """The notice that slices are missing between two files."""
    what = "One slice is" if missing == 1 else f"{missing} slices are"
    return Notice(
        "gap",
        "blocks",
        f"{what} missing between {before.path.name} and {after.path.name}, a gap of "
        f"{step_mm:.1f} mm; get the complete series from the archive.",
        (before.path.name, after.path.name),
        {"missing": float(missing), "gap_mm": step_mm},
    )


def _spacing_notices(steps: np.ndarray, spacing_mm: float) -> list[Notice]:
    notices = [
        Notice(
            "variable-spacing",
            "warning",
            f"The distance between slices varies from {steps.min():.2f} to {steps.max():.2f} mm; "
            f"the volume was resampled to {spacing_mm:.2f} mm.",
            numbers={"finest_mm": float(steps.min()), "widest_mm": float(steps.max())},
        )
    ]
    holes = steps[steps > hole_mm(steps)]
    if holes.size:
        notices.append(
            Notice(
                "gap",
                "blocks",
                f"The slices leave a gap of {holes.max():.1f} mm; get the complete series from "
                "the archive.",
                numbers={"gap_mm": float(holes.max())},
            )
        )
    return notices


def _tilt_notice(drift: np.ndarray) -> Notice:
    degrees = float(np.degrees(np.arctan(np.linalg.norm(drift))))
    return Notice(
        "tilt",
        "warning",
        f"The gantry was tilted by {degrees:.1f} degrees; the volume was made rectangular again.",
        numbers={"degrees": degrees},
    )


def _grid(points: np.ndarray, frame: np.ndarray, count: int, header: Header, tilted: bool) -> Grid:
    """The grid in LPS; a tilted one is rectangular and wide enough for every slice."""
    between_rows, between_columns = pixel_spacing(header)
    shape = np.array([count, header.rows, header.columns])
    start = points[0].copy()
    step = (points[-1] - points[0]) / (count - 1)
    if tilted:
        step[:2] = 0.0
        pixel = np.array([between_columns, between_rows])
        offsets = (points[:, :2] - start[:2]) / pixel
        first, last = np.floor(offsets.min(0) + 1e-3), np.ceil(offsets.max(0) - 1e-3)
        start[:2] += first * pixel
        shape[1:] += (last - first).astype(int)[::-1]
    matrix = np.eye(4)
    matrix[:3, 0] = step @ frame
    matrix[:3, 1] = frame[1] * between_rows
    matrix[:3, 2] = frame[0] * between_columns
    matrix[:3, 3] = start @ frame
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), matrix, header.frame_uid)
