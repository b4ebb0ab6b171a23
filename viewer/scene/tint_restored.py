"""How a restored scan is tinted: where each voxel comes from, and how far it may be off."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from viewer.enhance.halves import DOUBTFUL
from viewer.enhance.origin import DENOISED, INFERRED, INTERPOLATED, MEASURED, ORIGINS
from viewer.scene.colors import TOKENS, color_map, rgb
from viewer.scene.cpr import Picture, curved_boldest, slab_of
from viewer.scene.image import GridImage
from viewer.scene.layers import layer
from viewer.scene.slice import SlicePlane, reslice_boldest
from viewer.scene.tint import FULL, argb_of, hatched, outline_of
from viewer.session.view_state import SlabMode, Tint, ViewState

TITLES: Mapping[Tint, str] = MappingProxyType(
    {
        "none": "No tint",
        "origin": "Origin of each voxel",
        "error": "Expected error",
        "unseen": "Unseen by the scanner",
        "residual": "What was taken away",
        "apart": "What hangs on the noise",
    }
)
# Each origin's color and opacity: what was measured stays as it is, what was inferred is plainest.
ORIGIN_LOOKS: Mapping[int, tuple[str, float]] = MappingProxyType(
    {
        INTERPOLATED: ("#C3D045", 0.08),
        DENOISED: ("#35BFDE", 0.1),
        INFERRED: (TOKENS["invented"], 0.45),
    }
)
UNSEEN_COLORS = ("#4A2A85", TOKENS["invented"], "#D77BFF")
RESIDUAL_COLORS = ("#22C1EE", "#20262B", "#F5CF2B")
APART = TOKENS["caution"]
# Where each map ends, the same for all scans, so that two can be compared.
TOP_HU: Mapping[Tint, float] = MappingProxyType({"error": 100.0, "unseen": 100.0, "residual": 50.0})
STRONGEST = 0.6  # opacity at the end of a map; it grows from none, so that the gray is readable
BAR_TITLES: Mapping[Tint, str] = MappingProxyType(
    {"error": "Expected error", "unseen": "Unseen", "residual": "Taken away"}
)
BAR_STEPS = 32


@dataclass(frozen=True)
class ColorBar:
    """The colors of a map ("#RRGGBB") from low to high, and the numbers at its ends."""

    title: str
    colors: tuple[str, ...]
    low: str
    high: str


def shown_tint(case, view: ViewState) -> Tint:
    """The tint that lies over the restored scan now; "none" over the raw one."""
    restored, name = case.restored, view.tint
    if view.raw_held or restored is None or restored.untouched or name == "none":
        return "none"
    return "none" if layer(case, name) is None else name


def tint_in_plane(name: Tint, source: GridImage, plane: SlicePlane, view: ViewState) -> np.ndarray:
    """The values of a tint in a plane (height,width); in a slab the boldest that lies in it.

    What was taken away is read in the slab's middle: it has no boldest, for it has a sign.
    """
    mode: SlabMode = "off" if name == "residual" else view.slab_mode
    return reslice_boldest(source, plane, mode, view.slab_mm)


def tint_on_sheet(
    name: Tint, case, picture: Picture, view: ViewState, coarse: bool = False
) -> np.ndarray:
    """The values of a tint in a curved view (height,width); in a slab as in a plane."""
    voxels, grid = layer(case, name)
    slab = None if name == "residual" else slab_of(view, grid, coarse)
    return curved_boldest(voxels, grid, picture, slab)


def tint_argb(name: Tint, values: np.ndarray, border: int = 1) -> np.ndarray:
    """Premultiplied 0xAARRGGBB (height,width) of a tint's values (height,width).

    They are origins (uint8) or float16, also as bits; a hatching and its outline are `border`
    pixels wide.
    """
    if name == "origin":
        return _origin_table()[values]
    if name == "apart":
        doubtful = values.view(np.float16) > DOUBTFUL
        shown = hatched(doubtful, border) | outline_of(doubtful.astype(np.uint8), border)
        return np.where(shown, argb_of(np.array([rgb(APART)]), FULL)[0], np.uint32(0))
    return _map_table(name)[values.view(np.uint16)]


def tint_map(name: Tint) -> np.ndarray:
    """The colors of a tint in HU from low to high (256,3) uint8; the residual's middle is 0."""
    if name == "error":
        return color_map("cividis")
    return _blend(UNSEEN_COLORS if name == "unseen" else RESIDUAL_COLORS)


def tint_legend(case, view: ViewState) -> tuple[tuple[str, str], ...]:
    """What the colors of the tint are called, origins with their share, the boldest first."""
    return legend_of(case, shown_tint(case, view))


def legend_of(case, name: Tint) -> tuple[tuple[str, str], ...]:
    """As `tint_legend`, of a tint by name."""
    if name == "apart":
        return (("hangs on the noise", APART),)
    if name != "origin":
        return ()
    shares = case.restored.facts["shares"]
    rows = []
    for number in (INFERRED, DENOISED, INTERPOLATED, MEASURED):
        share = shares[ORIGINS[number]]
        if share > 0:
            color = TOKENS["quiet"] if number == MEASURED else ORIGIN_LOOKS[number][0]
            rows.append((f"{ORIGINS[number]} {share_text(share)}", color))
    return tuple(rows)


def tint_bar(case, view: ViewState) -> ColorBar | None:
    """The map of the tint with its ends in HU; None for one without."""
    return bar_of(shown_tint(case, view))


def bar_of(name: Tint) -> ColorBar | None:
    """As `tint_bar`, of a tint by name."""
    if name not in TOP_HU:
        return None
    top = TOP_HU[name]
    shades = tint_map(name)[np.linspace(0, 255, BAR_STEPS).astype(int)]
    colors = tuple("#{:02X}{:02X}{:02X}".format(*shade) for shade in shades)
    low = f"−{top:g}" if name == "residual" else "0"
    return ColorBar(BAR_TITLES[name], colors, low, f"{top:g} HU")


def share_text(share: float) -> str:
    """A share in percent; what would round to nothing or to all is told as under or over."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.999 < share < 1:
        return "over 99.9 %"
    fine = share < 0.1 or 0.99 < share < 1
    return f"{100 * share:.1f} %" if fine else f"{100 * share:.0f} %"


@lru_cache(maxsize=1)
def _origin_table() -> np.ndarray:
    table = np.zeros(256, np.uint32)
    for number, (color, opacity) in ORIGIN_LOOKS.items():
        table[number] = argb_of(np.array([rgb(color)]), round(opacity * FULL))[0]
    return table


@lru_cache(maxsize=len(TOP_HU))
def _map_table(name: Tint) -> np.ndarray:
    """Colors of every float16 by its bits (65536,): the opacity grows with its size."""
    values = np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float32)
    share = np.clip(np.nan_to_num(values) / TOP_HU[name], -1, 1)
    at = (share + 1) / 2 if name == "residual" else np.abs(share)
    color = tint_map(name)[np.round(at * 255).astype(int)]
    return argb_of(color, np.round(STRONGEST * np.abs(share) * FULL).astype(np.uint32))


def _blend(colors: tuple[str, ...]) -> np.ndarray:
    """A map (256,3) uint8 through colors at even distances."""
    stops = np.array([rgb(color) for color in colors], float)
    at = np.linspace(0, len(stops) - 1, 256)
    channels = [np.interp(at, np.arange(len(stops)), stops[:, n]) for n in range(3)]
    return np.round(np.column_stack(channels)).astype(np.uint8)
