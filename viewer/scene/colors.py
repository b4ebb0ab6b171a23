"""Colors of the screen: tokens, labels, maps and presets."""

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from viewer.resource import resource
from viewer.segment.mask import ARTERY, BONE, CALCIFICATION, CHAMBER, ORGAN, THROMBUS, VEIN

TOKENS = {
    "background": "#0E1114",
    "surface": "#161B20",
    "raised": "#1E252B",
    "line": "#2B343C",
    "text": "#E6EAED",
    "quiet": "#9AA7B2",
    "disabled": "#5B6770",
    "accent": "#3BA7F0",
    "good": "#4CC38A",
    "caution": "#F2B84B",
    "danger": "#F26D6D",
    "invented": "#B58CF2",
    "axial": "#E5484D",
    "coronal": "#46A758",
    "sagittal": "#F5D90A",
}
LABELS = {
    ARTERY: "#E54D4D",
    VEIN: "#4A7DDF",
    BONE: "#D9CDB4",
    CALCIFICATION: "#F7F7F2",
    CHAMBER: "#D98A6A",
    ORGAN: "#7FB08A",
    THROMBUS: "#8E6BBF",
}
OTHER_LABEL = "#8FD3D1"
VOLUME_PRESETS = ("angio", "bone_and_vessels", "soft_tissue")


@dataclass(frozen=True)
class VolumePreset:
    """How HU become color and opacity: `opacity` holds (hu, 0..1) for 1 mm, `color` (hu, hex)."""

    name: str
    title: str
    opacity: tuple[tuple[float, float], ...]
    color: tuple[tuple[float, str], ...]
    ambient: float
    diffuse: float
    specular: float
    specular_power: float

    def opacity_of(self, hu: np.ndarray) -> np.ndarray:
        """Opacity per millimeter of HU values, same shape."""
        at, value = np.array(self.opacity).T
        return np.interp(hu, at, value)


@dataclass(frozen=True)
class WindowPreset:
    """A window and level on one key of the number row."""

    key: str
    title: str
    window_hu: float
    level_hu: float


def rgb(color: str) -> tuple[int, int, int]:
    """Red, green and blue (0 to 255) of "#RRGGBB"."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def unit_rgb(color: str) -> tuple[float, float, float]:
    """Red, green and blue (0 to 1) of "#RRGGBB"."""
    red, green, blue = rgb(color)
    return red / 255, green / 255, blue / 255


def label_color(label: int) -> str:
    """The color of a mask's label."""
    return LABELS.get(label, OTHER_LABEL)


@cache
def label_table() -> np.ndarray:
    """Colors of the labels 0 to 255 (256,3) uint8; background is black."""
    table = np.array([rgb(label_color(n)) for n in range(256)], dtype=np.uint8)
    table[0] = 0
    table.flags.writeable = False
    return table


@cache
def color_map(name: str) -> np.ndarray:
    """A color map from low to high (256,3) uint8: "viridis" or "cividis"."""
    lines = resource(f"colors/{name}.txt").read_text(encoding="ascii").split()
    table = np.array([rgb(line) for line in lines], dtype=np.uint8)
    table.flags.writeable = False
    return table


@cache
def volume_preset(name: str) -> VolumePreset:
    """A preset of the volume picture by its file's name."""
    data = _toml(f"presets/{name}.toml")
    return VolumePreset(
        name,
        data["title"],
        tuple((float(hu), float(alpha)) for hu, alpha in data["opacity"]),
        tuple((float(hu), str(color)) for hu, color in data["color"]),
        *(float(data[key]) for key in ("ambient", "diffuse", "specular", "specular_power")),
    )


@cache
def window_presets() -> tuple[WindowPreset, ...]:
    """The window presets of the number row, in its order."""
    return tuple(
        WindowPreset(w["key"], w["title"], float(w["window_hu"]), float(w["level_hu"]))
        for w in _toml("presets/windows.toml")["window"]
    )


def histogram_window(hu: np.ndarray) -> tuple[float, float]:
    """Window and level that spread the body's values (2nd to 99.5th percentile) over the grays."""
    body = hu.ravel()[:: max(1, hu.size // 200_000)]
    inside = body[body > -700]
    low, high = np.percentile(inside if inside.size else body, (2, 99.5))
    return max(float(high - low), 1.0), float(high + low) / 2


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(resource(name).read_text(encoding="utf-8"))
