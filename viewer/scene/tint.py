"""A mask over a slice, in its labels' colors or by how sure the networks are of them."""

from functools import cache

import numpy as np

from viewer.scene.colors import TOKENS, color_map, label_table, rgb
from viewer.segment.mask import BONE, CHAMBER, ORGAN

FULL = 255
# Least share of certainty, what a legend calls it, and its place on the map: doubt is bright.
BANDS = (
    (0.95, "over 95 % sure", 60),
    (0.8, "80 to 95 % sure", 130),
    (0.5, "50 to 80 % sure", 190),
    (0.0, "under 50 % sure", 255),
)
BY_HAND = "drawn by hand"
LEAST_FILL = 0.6
SURROUNDINGS = (BONE, CHAMBER, ORGAN)  # wide, so that a third of the fill is enough
FAINT = 1 / 3
PERIOD, STRIPE = 7, 2  # pixels


def mask_argb(
    labels: np.ndarray, fill: float, outline: bool, hidden: tuple[int, ...] = (), border: int = 1
) -> np.ndarray:
    """Premultiplied 0xAARRGGBB (height,width) of labels (height,width) uint8.

    `fill` is the opacity inside vessels (0 to 1), a third of it in bones and organs; the outline,
    `border` pixels wide, is opaque.
    """
    labels = _shown(labels, hidden)
    table = _argb_table(round(fill * FULL))
    table[list(SURROUNDINGS)] = _argb_table(round(fill * FAINT * FULL))[list(SURROUNDINGS)]
    made = table[labels]
    if outline:
        edge = outline_of(labels, border)
        made[edge] = _argb_table(FULL)[labels[edge]]
    return made


def confidence_argb(
    labels: np.ndarray,
    confidence: np.ndarray,
    fill: float,
    outline: bool,
    hidden: tuple[int, ...] = (),
    border: int = 1,
) -> np.ndarray:
    """As `mask_argb`, but filled by confidence (height,width) uint8; outlines keep their color."""
    labels = _shown(labels, hidden)
    fill = max(fill, LEAST_FILL)
    made = argb_of(_confidence_table(), round(fill * FULL))[confidence]
    wide = np.isin(labels, SURROUNDINGS)
    made[wide] = argb_of(_confidence_table(), round(fill * FAINT * FULL))[confidence[wide]]
    made[labels == 0] = 0
    if outline:
        edge = outline_of(labels, border)
        made[edge] = _argb_table(FULL)[labels[edge]]
    return made


def confidence_legend() -> tuple[tuple[str, str], ...]:
    """Names and colors ("#RRGGBB") of the bands of confidence."""
    colors = color_map("viridis")
    bands = ((name, "#{:02X}{:02X}{:02X}".format(*colors[at])) for _, name, at in BANDS)
    return (*bands, (BY_HAND, TOKENS["quiet"]))


def outline_of(labels: np.ndarray, border: int = 1) -> np.ndarray:
    """Which pixels of a label touch another label or the background (height,width) bool."""
    edge = np.zeros(labels.shape, dtype=bool)
    for step in range(1, border + 1):
        down = labels[step:] != labels[:-step]
        right = labels[:, step:] != labels[:, :-step]
        edge[step:] |= down
        edge[:-step] |= down
        edge[:, step:] |= right
        edge[:, :-step] |= right
    edge &= labels != 0
    return edge


def hatched(where: np.ndarray, border: int = 1) -> np.ndarray:
    """The pixels (height,width) bool of those where something is that lie on slanting stripes."""
    rows, columns = np.ogrid[: where.shape[0], : where.shape[1]]
    return np.asarray(where & ((rows + columns) % (PERIOD * border) < STRIPE * border))


def over(shown: np.ndarray, argb: np.ndarray) -> np.ndarray:
    """Grays (height,width) or RGB (height,width,3) under a premultiplied picture, as RGB uint8."""
    parts = argb[..., None] >> np.array([16, 8, 0], dtype=np.uint32) & 255
    clear = FULL - (argb >> 24)
    under = shown if shown.ndim == 3 else shown[..., None]
    return (parts + under * clear[..., None] // FULL).astype(np.uint8)


def argb_of(colors: np.ndarray, alpha: int | np.ndarray) -> np.ndarray:
    """Premultiplied 0xAARRGGBB (n,) of colors (n,3); `alpha` (0 to 255) is one for all or (n,)."""
    red, green, blue = (colors[:, n].astype(np.uint32) * alpha // FULL for n in range(3))
    return np.asarray(alpha << 24 | red << 16 | green << 8 | blue, np.uint32)


def _shown(labels: np.ndarray, hidden: tuple[int, ...]) -> np.ndarray:
    shown = np.arange(256, dtype=np.uint8)
    shown[list(hidden)] = 0
    return shown[labels] if hidden else labels


@cache
def _confidence_table() -> np.ndarray:
    """Colors of confidence 0 to 255 (256,3); 0 was drawn by hand."""
    share = np.arange(256) / FULL
    at = [next(place for least, _, place in BANDS if each >= least) for each in share]
    table = color_map("viridis")[at].copy()
    table[0] = rgb(TOKENS["quiet"])
    return table


def _argb_table(alpha: int) -> np.ndarray:
    table = argb_of(label_table(), alpha)
    table[0] = 0
    return table
