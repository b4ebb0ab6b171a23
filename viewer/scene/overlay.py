"""What is written and drawn over a slice, as data that any painter can draw."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from viewer.dicom.series import Series
from viewer.enhance.restored import Restored
from viewer.geometry.surface import Surface
from viewer.scene.colors import TOKENS, label_color
from viewer.scene.slice import SlicePlane
from viewer.scene.tint import confidence_legend
from viewer.scene.tint_restored import ColorBar, bar_of, legend_of, tint_bar, tint_legend
from viewer.scene.voxel_tint import tints_in_3d, wall_color
from viewer.segment.mask import ARTERY, NAMES, VesselMask
from viewer.session.view_state import PLANES, ViewState
from viewer.volume.grid import Grid

LETTERS = (("L", "R"), ("P", "A"), ("S", "I"))  # towards +x, -x, +y, -y, +z, -z of LPS
LEAST_SHARE = 0.17  # a direction counts from about ten degrees of tilt
BAR_LENGTHS_MM = (1, 2, 5, 10, 20, 50, 100, 200, 500)
Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]


@dataclass(frozen=True)
class Stamp:
    """A short warning on the picture; `color` is a token's name, `short` says it in a small one."""

    text: str
    color: str
    short: str = ""


PREPARING = Stamp("Preparing …", "accent")


@dataclass(frozen=True)
class ScaleBar:
    """A bar of a round length."""

    text: str
    pixels: float


@dataclass(frozen=True)
class ReferenceLine:
    """Where another plane cuts this one: a line through `at` in direction (dx, dy), in pixels."""

    plane: str
    at: tuple[float, float]
    direction: tuple[float, float]
    color: str

    def ends(self, width: float, height: float, margin: float = 0.0) -> tuple[tuple, tuple] | None:
        """The two points where the line leaves the picture less a margin, or None outside it."""
        low, high = -np.inf, np.inf
        box = ((margin, width - margin), (margin, height - margin))
        for (start, stop), p, d in zip(box, self.at, self.direction, strict=True):
            if abs(d) < 1e-9:
                if not start <= p <= stop:
                    return None
                continue
            a, b = sorted(((start - p) / d, (stop - p) / d))
            low, high = max(low, a), min(high, b)
        if low >= high:
            return None
        (x, y), (dx, dy) = self.at, self.direction
        return (x + low * dx, y + low * dy), (x + high * dx, y + high * dy)


@dataclass(frozen=True)
class Overlay:
    """Everything over one slice."""

    title: str
    color: str
    letters: dict[str, str]  # by edge: left, right, top, bottom
    corners: dict[Corner, tuple[str, ...]]
    bar: ScaleBar
    stamps: tuple[Stamp, ...] = ()
    lines: tuple[ReferenceLine, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()  # name and "#RRGGBB"
    radius_range_mm: tuple[float, float] | None = None  # where color means radius
    tinted: tuple[tuple[str, str], ...] = ()  # as the legend: what a restored scan's tint means
    color_bar: ColorBar | None = None


def direction_letters(direction: np.ndarray) -> str:
    """Where a direction points in the patient, strongest first, up to three letters."""
    unit = np.asarray(direction, dtype=float) / np.linalg.norm(direction)
    order = sorted(range(3), key=lambda axis: -abs(unit[axis]))
    strong = [axis for axis in order if abs(unit[axis]) >= LEAST_SHARE]
    return "".join(LETTERS[axis][0 if unit[axis] > 0 else 1] for axis in strong)


def edge_letters(right: np.ndarray, down: np.ndarray) -> dict[str, str]:
    """The letters at the four edges of a picture."""
    right, down = np.asarray(right, dtype=float), np.asarray(down, dtype=float)
    return {
        "left": direction_letters(-right),
        "right": direction_letters(right),
        "top": direction_letters(-down),
        "bottom": direction_letters(down),
    }


def scale_bar(mm_per_pixel: float, width: float) -> ScaleBar:
    """The longest round bar under a fifth of the picture's width."""
    fitting = [mm for mm in BAR_LENGTHS_MM if mm / mm_per_pixel <= width / 5]
    length = fitting[-1] if fitting else BAR_LENGTHS_MM[0]
    text = f"{length} mm" if length < 100 else f"{length // 10} cm"
    return ScaleBar(text, length / mm_per_pixel)


def is_oblique(plane: SlicePlane) -> bool:
    """Whether a plane leaves the patient's axes by more than half a degree."""
    return max(np.abs(plane.into)) < 0.99996


def slice_number(grid: Grid, plane: SlicePlane) -> tuple[int, int] | None:
    """Which image of how many a plane shows; None when it follows no axis of the grid.

    Images count from the head, from the front and from the right, as one pages through them.
    """
    axis, sign = along_axis(grid, plane.into)
    if abs(sign) < 0.99:
        return None
    index = float(grid.index(plane.center_lps)[axis])
    main = int(np.argmax(np.abs(plane.into)))
    forward = grid.lps_from_index[main, axis] > 0  # towards left, back or head
    counted = round(index) if forward != (main == 2) else grid.shape[axis] - 1 - round(index)
    return counted + 1, grid.shape[axis]


def along_axis(grid: Grid, into: np.ndarray) -> tuple[int, float]:
    """The array axis whose planes of voxels lie most nearly in a slice, and the cosine."""
    normals = grid.index_from_lps[:3, :3]
    cosines = normals @ np.asarray(into) / np.linalg.norm(normals, axis=1)
    axis = int(np.argmax(np.abs(cosines)))
    return axis, float(cosines[axis])


def position_text(plane: SlicePlane) -> str:
    """Where a plane lies along its direction in the patient ("S 34.5 mm")."""
    main = int(np.argmax(np.abs(plane.into)))
    if is_oblique(plane):
        value = float(np.dot(plane.center_lps, plane.into))
        return f"{direction_letters(plane.into)} {value:.1f} mm"
    value = plane.center_lps[main]
    return f"{LETTERS[main][0 if value >= 0 else 1]} {abs(value):.1f} mm"


def name_text(patient_name: str) -> str:
    """A DICOM person name as people write it ("DOE, JANE")."""
    family, _, rest = patient_name.split("=")[0].partition("^")
    given = " ".join(part for part in rest.split("^") if part)
    return f"{family}, {given}" if given else family


def patient_lines(series: Series | None) -> tuple[str, ...]:
    """Who is shown."""
    if series is None:
        return ()
    born = date_text(series.patient_birth_date)
    about = "  ".join(t for t in (born, series.patient_sex, series.patient_age) if t)
    known = f"ID {series.patient_id}" if series.patient_id else ""
    return _told(name_text(series.patient_name), known, about)


def study_lines(series: Series | None) -> tuple[str, ...]:
    """Which study and series."""
    if series is None:
        return ()
    number = f"Series {series.number}" if series.number is not None else ""
    named = "  ".join(t for t in (number, series.description) if t)
    return _told(series.study_description, date_text(series.study_date), named)


def technique_lines(series: Series | None, grid: Grid) -> tuple[str, ...]:
    """How the scan was made."""
    thickness = series.slice_thickness_mm if series else None
    thick = f"{thickness:g} mm" if thickness else f"{grid.spacing_mm[0]:.2g} mm apart"
    if series is None:
        return (thick,)
    kvp = f"{series.kvp:g} kVp" if series.kvp else ""
    lines = ((kvp, series.kernel), (thick, series.phase))
    return _told(*("  ".join(text for text in line if text) for line in lines))


def date_text(date: str) -> str:
    """A DICOM date with hyphens; anything else as it is."""
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 and date.isdigit() else date


def stamps(case, view: ViewState, plane: SlicePlane | None = None) -> tuple[Stamp, ...]:
    """What a reader must know about the picture itself."""
    found = []
    series = case.series
    if series is not None and series.synthetic:
        found.append(Stamp("SYNTHETIC", "invented"))
    if series is not None and series.lossy:
        found.append(Stamp("Lossy", "caution"))
    if case.restored is not None and not case.restored.untouched:
        short = "By network" if case.restored.networks else "Restored"
        restored = Stamp(restored_text(case.restored), "invented", short)
        found.append(Stamp("Raw scan", "text") if view.raw_held else restored)
    if plane is not None and is_oblique(plane):
        found.append(Stamp("Oblique", "caution"))
    return (*found, *slab_stamps(view)) if plane is not None else tuple(found)


def restored_text(restored: Restored) -> str:
    """What was promised of a restored scan, into how many each voxel was divided, and who guessed.

    ("Restored, exact 3 x 1 x 1, network")
    """
    promise = "exact" if restored.mode == "exact" else "within noise"
    factor = " x ".join(str(each) for each in restored.acquisition.factor)
    divided = f" {factor}" if restored.acquisition.voxels > 1 else ""
    return f"Restored, {promise}{divided}{', network' if restored.networks else ''}"


def slab_stamps(view: ViewState) -> tuple[Stamp, ...]:
    """How thick the picture is, where it is no single slice."""
    if view.slab_mode == "off":
        return ()
    title = {"mip": "MIP", "minip": "MinIP", "mean": "Mean"}[view.slab_mode]
    return (Stamp(f"{title} {view.slab_mm:g} mm", "accent"),)


def reference_lines(plane: SlicePlane, name: str, view: ViewState) -> tuple[ReferenceLine, ...]:
    """Where the other two planes cut this one."""
    at = plane.pixel(np.array(view.cursor_lps))
    found = []
    for other in PLANES:
        along = np.cross(view.panes[other].axes[2], plane.into)
        if other == name or np.linalg.norm(along) < 1e-3:
            continue
        direction = np.array([np.dot(along, plane.right), np.dot(along, plane.down)])
        dx, dy = direction / np.linalg.norm(direction)
        found.append(ReferenceLine(other, at, (float(dx), float(dy)), TOKENS[other]))
    return tuple(found)


def legend(mask: VesselMask | None, hidden: tuple[int, ...] = ()) -> tuple[tuple[str, str], ...]:
    """Names and colors of the labels that are shown."""
    if mask is None:
        return ()
    shown = [label for label in mask.present if label not in hidden]
    return tuple((mask.names.get(n, f"label {n}"), label_color(n)) for n in shown)


def case_legend(case, view: ViewState) -> tuple[tuple[str, str], ...]:
    """Names and colors of what fills the slices, labels or confidence, and of proposals."""
    tinted = view.confidence_shown and case.mask is not None and case.mask.confidence is not None
    shown = confidence_legend() if tinted else legend(case.mask, view.hidden_labels)
    return (*shown, *proposed(case))


def proposed(case) -> tuple[tuple[str, str], ...]:
    """The color of proposed bridges and of bridged gaps, where there are any."""
    bridged = case.tree is not None and any(branch.invented for branch in case.tree.branches)
    words = [*(["proposed bridge"] if case.bridges else []), *(["bridged gap"] if bridged else [])]
    return ((", ".join(words), TOKENS["invented"]),) if words else ()


def slice_overlay(case, view: ViewState, name: str, plane: SlicePlane) -> Overlay:
    """Everything over the slice of a case that the pane `name` shows."""
    grid = case.volume.grid
    number = slice_number(grid, plane)
    image = f"im {number[0]}/{number[1]}  " if number else ""
    zoom = min(grid.spacing_mm) / plane.mm_per_pixel * 100
    bottom_right = (
        f"W {view.window_hu:.0f}  L {view.level_hu:.0f}",
        f"Zoom {zoom:.0f} %",
        f"{image}{position_text(plane)}",
    )
    return Overlay(
        name.capitalize(),
        TOKENS[name],
        edge_letters(plane.right, plane.down),
        {
            "top-left": patient_lines(case.series),
            "top-right": study_lines(case.series),
            "bottom-left": technique_lines(case.series, grid),
            "bottom-right": bottom_right,
        },
        scale_bar(plane.mm_per_pixel, plane.width),
        stamps(case, view, plane),
        reference_lines(plane, name, view) if view.crosshair else (),
        case_legend(case, view),
        tinted=tint_legend(case, view),
        color_bar=tint_bar(case, view),
    )


def scene_overlay(
    case,
    view: ViewState,
    axes: tuple[np.ndarray, np.ndarray, np.ndarray],
    mm_per_pixel: float,
    width: int,
    radius_range_mm: tuple[float, float] | None,
    table_hidden: bool = False,
    preparing: bool = False,
) -> Overlay:
    """Everything over the 3-D view, whose camera looks along `axes` (right, down, into).

    While another picture is `preparing`, what is drawn is out of date, and a stamp says so.
    """
    shown = case.surface is not None and view.surface_opacity > 0
    by_radius = shown and view.surface_color == "radius" and radius_range_mm is not None
    told = tints_in_3d(case, view)
    by_label = shown and not by_radius and wall_color(case, view) == "label"
    drawn = surface_labels(case.surface) if by_label else ()
    names = case.mask.names if case.mask is not None else NAMES
    return Overlay(
        "3-D",
        TOKENS["text"],
        edge_letters(axes[0], axes[1]),
        {
            "top-left": patient_lines(case.series),
            "top-right": study_lines(case.series),
            "bottom-left": not_shown(case, view, table_hidden),
        },
        scale_bar(mm_per_pixel, width),
        (*stamps(case, view), *([PREPARING] if preparing else [])),
        (),
        (*((names.get(n, f"label {n}"), label_color(n)) for n in drawn), *proposed(case)),
        radius_range_mm if by_radius else None,
        tuple(row for name in told for row in legend_of(case, name)),
        next((bar for name in told if (bar := bar_of(name)) is not None), None),
    )


def not_shown(case, view: ViewState, table_hidden: bool) -> tuple[str, ...]:
    """What was left out of the volume picture, in one line."""
    masked = case.mask is not None and view.volume_opacity > 0
    left_out = [
        *(["table"] if table_hidden else []),
        *(["bones"] if masked and not view.bones_shown else []),
        *(["organs"] if masked and not view.organs_shown else []),
    ]
    return (f"{', '.join(left_out).capitalize()} not shown",) if left_out else ()


@lru_cache(maxsize=4)
def surface_labels(surface: Surface) -> tuple[int, ...]:
    """The labels that a surface shows."""
    labels = surface.point_data.get("label")
    return (ARTERY,) if labels is None else tuple(int(n) for n in np.unique(labels))


def without_corners(overlay: Overlay) -> Overlay:
    """The same without the texts in the corners."""
    return replace(overlay, corners={})


def _told(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)
